"""What OpenDocument files of any kind share: the package, the namespaces, and spaces that readers keep.

Source: OASIS OpenDocument 1.3, part 2 (packages) and part 3, section 6.1.2 (white space).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same content gives the same bytes."""
_RUN: Final = re.compile("^ +| {2,}| +$")
"""Spaces that a reader would otherwise take for one or none."""
VERSION: Final = 'office:version="1.3"'
SPACES: Final = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
    for name, rest in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("config", "config"),
        ("fo", "xsl-fo-compatible"),
    )
) + ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:ooo="http://openoffice.org/2004/office"'  # fmt: skip


def package(mime: str, members: Mapping[str, str | Iterable[str]]) -> bytes:
    """The file: its type, its manifest and its members, each a text or its pieces."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        # The type comes first and is not packed, so that it can be read at a fixed place (part 2, section 3.3).
        archive.writestr(_member("mimetype", ZIP_STORED), mime)
        archive.writestr(_member("META-INF/manifest.xml"), _manifest(mime, members))
        for name, text in members.items():
            with archive.open(_member(name), "w", force_zip64=True) as content:
                content.writelines(piece.encode() for piece in ([text] if isinstance(text, str) else text))
    return file.getvalue()


def _manifest(mime: str, members: Iterable[str]) -> str:
    entries = "".join(f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in members)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{mime}"/>{entries}</manifest:manifest>'
    )


def _member(name: str, method: int = ZIP_DEFLATED) -> ZipInfo:
    info = ZipInfo(name, _EARLIEST)
    info.compress_type = method
    return info


def spaced(text: str) -> str:
    """Escaped text with the spaces kept that would be folded."""
    return _RUN.sub(lambda run: f'<text:s text:c="{len(run[0])}"/>', text)
