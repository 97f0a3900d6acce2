"""From an object to its columns: what it is by its bytes rather than by its name, and then the reader of that format."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from tierwise.content.aligned import read_aligned
from tierwise.content.avro import read_avro
from tierwise.content.blob import Blob, Bounds, Bytes, Reason, UnreadableError, Window, spread
from tierwise.content.delimited import delimiter_of, read_delimited
from tierwise.content.documents import read_json
from tierwise.content.parquet import read_parquet
from tierwise.content.sheet import read_ods, read_xlsx
from tierwise.content.table import Reading
from tierwise.content.text import decode, read_text
from tierwise.content.unpack import expands, inflate, zstd

_ENCRYPTED_MEMBER: Final = 0x1
"""The bit of a ZIP member's flags (APPNOTE.TXT, section 4.4.4)."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An object, or a member of an archive, that was not read."""

    format: str
    reason: Reason


ZIP_ERRORS: Final = (BadZipFile, LargeZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""What zipfile raises for archives that are broken, have a password, or are packed by a method that it lacks (its documentation)."""
_NOT_READ: Final = (
    (b"%PDF", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"ORC", "orc"), (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"), (b"7z\xbc\xaf", "7z"), (b"Rar!", "rar"), (b"SQLite format 3", "sqlite"), (b"\x7fELF", "elf"),
    (b"\x04\x22\x4d\x18", "lz4"), (b"PGDMP", "pg_dump"), (b"\xd0\xcf\x11\xe0", "ole"), (b"RIFF", "riff"), (b"\x89HDF", "hdf5"),
)  # fmt: skip
"""First bytes of formats that are known and not read; they are counted by these names."""
_CIPHERS: Final = (b"age-encryption.org/", b"-----BEGIN PGP MESSAGE", b"Salted__", b"PARE", b"\x85\x01\x0c\x03", b"\x85\x02\x0c\x03")
_SEALED: Final = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office keeps a workbook with a password ([MS-OFFCRYPTO], section 2.1)."""


def read(blob: Blob, name: str, bounds: Bounds, layer: int = 0) -> Iterator[Reading | Unread]:
    """What an object holds: one reading, or one for each member of an archive, or why it was not read; never an error."""
    known = ""
    if not blob.size:
        yield Unread("empty", Reason.EMPTY)
        return
    try:
        head = blob.read(0, min(bounds.head, blob.size))
        known = format_of(head)
        yield from _READERS.get(known, _text)(blob, head, name, bounds, layer)
    except UnreadableError as error:
        yield Unread(error.kind or known or "unknown", error.reason)


def format_of(head: bytes) -> str:
    """The format by first bytes; empty for what may be text. UnreadableError for formats that are known and not read."""
    if head.startswith(_CIPHERS) or (head.startswith(b"\xd0\xcf\x11\xe0") and _SEALED in head):
        raise UnreadableError(Reason.ENCRYPTED, "encrypted")
    for magic, name in _NOT_READ:
        if head.startswith(magic):
            raise UnreadableError(Reason.BINARY, name)
    for magic, name in ((b"PAR1", "parquet"), (b"Obj\x01", "avro"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gzip")):
        if head.startswith(magic):
            return name
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else ""


def _text(blob: Blob, head: bytes, name: str, bounds: Bounds, _layer: int) -> Iterator[Reading]:
    text, whole, tail = decode(head), len(head) >= blob.size, extension(name)
    if text.lstrip()[:1] in ("{", "["):
        try:
            yield read_json(text, bounds, whole=whole)
        except UnreadableError as error:
            # A log whose lines begin with a bracket.
            if error.reason is not Reason.CORRUPT or tail.startswith(("json", "ndjson")):
                raise
        else:
            return
    delimiter = {"tsv": "\t", "tab": "\t", "psv": "|"}.get(tail)
    if delimiter is None and tail not in _PROSE:
        if tail != "csv" and (aligned := read_aligned(text, bounds, whole=whole)) is not None:
            yield aligned
            return
        delimiter = delimiter_of(text) or ("," if tail == "csv" else None)
    if delimiter is not None:
        yield read_delimited(text, delimiter, bounds, whole=whole)
    else:
        yield read_text(text, "log" if tail == "log" else "xml" if text.lstrip()[:1] == "<" else "text", bounds)


_PROSE: Final = frozenset({"log", "md", "html", "htm", "xml", "py", "js", "sql", "sh", "yaml", "yml", "toml", "ini"})
"""Where lines of as many commas as each other are a coincidence."""


def extension(name: str) -> str:
    """The last part of a name that says a format, in lower case: `csv` of `a.csv.gz`."""
    parts = name.lower().rsplit("/", 1)[-1].split(".")[1:]
    while parts and parts[-1] in ("gz", "gzip", "zst", "zstd"):
        parts.pop()
    return parts[-1] if parts else ""


def _parquet(blob: Blob, _head: bytes, _name: str, bounds: Bounds, _layer: int) -> Iterator[Reading]:
    yield read_parquet(blob, bounds)


def _avro(_blob: Blob, head: bytes, _name: str, bounds: Bounds, _layer: int) -> Iterator[Reading]:
    yield read_avro(head, bounds)


def _gzip(blob: Blob, head: bytes, name: str, bounds: Bounds, layer: int) -> Iterator[Reading | Unread]:
    yield from _inside("gzip", head, inflate(head, bounds.expanded), name, bounds, layer, whole=len(head) >= blob.size)


def _zstd(blob: Blob, head: bytes, name: str, bounds: Bounds, layer: int) -> Iterator[Reading | Unread]:
    yield from _inside("zstd", head, zstd(head, bounds.expanded), name, bounds, layer, whole=len(head) >= blob.size)


def _inside(kind: str, packed: bytes, data: bytes, name: str, bounds: Bounds, layer: int, *, whole: bool) -> Iterator[Reading | Unread]:
    if expands(len(packed), len(data), bounds.ratio):
        raise UnreadableError(Reason.EXPANDS, kind)
    if layer + 1 >= bounds.layers:
        raise UnreadableError(Reason.TOO_DEEP, kind)
    inner = Bytes(data) if whole and len(data) < bounds.expanded else CutOff(data)
    for one in read(inner, name, replace(bounds, head=bounds.expanded), layer + 1):
        yield replace(one, format=f"{one.format} in {kind}")


@dataclass(frozen=True, slots=True)
class CutOff:
    """The start of something longer, in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Longer than what is there."""
        return len(self.data) + 1

    def read(self, start: int, length: int) -> bytes:
        """A range of what is there."""
        return self.data[start : start + length]


def _zip(blob: Blob, _head: bytes, _name: str, bounds: Bounds, layer: int) -> Iterator[Reading | Unread]:
    try:
        with ZipFile(Window(blob, bounds.most)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                yield from _office(archive, bounds, read_xlsx)
            elif "content.xml" in names and "mimetype" in names:
                yield from _office(archive, bounds, read_ods)
            else:
                yield from _members(archive, bounds, layer)
    except ZIP_ERRORS as error:
        raise UnreadableError(Reason.CORRUPT, "zip") from error


def _office(archive: ZipFile, bounds: Bounds, reader: Callable[[ZipFile, Bounds], Iterator[Reading]]) -> Iterator[Reading]:
    refuse_sealed(archive, bounds)
    yield from reader(archive, bounds)


def refuse_sealed(archive: ZipFile, bounds: Bounds) -> None:
    """UnreadableError for a document with a password."""
    for member in archive.infolist():
        if member.flag_bits & _ENCRYPTED_MEMBER:
            raise UnreadableError(Reason.ENCRYPTED)
    if "META-INF/manifest.xml" in archive.namelist() and b"manifest:encryption-data" in _start(archive, "META-INF/manifest.xml", bounds):
        # OpenDocument 1.3 part 2, section 3.4: the entries of an encrypted document say so in its manifest.
        raise UnreadableError(Reason.ENCRYPTED, "ods")


def _members(archive: ZipFile, bounds: Bounds, layer: int) -> Iterator[Reading | Unread]:
    members = [one for one in archive.infolist() if not one.is_dir()]
    if layer + 1 >= bounds.layers:
        raise UnreadableError(Reason.TOO_DEEP, "zip")
    for place in spread(range(len(members)), bounds.members):
        for one in _member(archive, members[place], bounds, layer):
            yield replace(one, format=f"{one.format} in zip")


def _member(archive: ZipFile, member: ZipInfo, bounds: Bounds, layer: int) -> Iterator[Reading | Unread]:
    if member.flag_bits & _ENCRYPTED_MEMBER:
        yield Unread("member", Reason.ENCRYPTED)
        return
    most = bounds.expanded // 4
    if expands(member.compress_size, member.file_size, bounds.ratio):
        yield Unread("member", Reason.EXPANDS)
        return
    try:
        with archive.open(member) as file:
            data = file.read(most)
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        yield Unread("member", Reason.BINARY if isinstance(error, NotImplementedError) else Reason.CORRUPT)
        return
    inner = Bytes(data) if member.file_size <= len(data) else CutOff(data)
    yield from read(inner, member.filename, replace(bounds, head=most, most=most), layer + 1)


def _start(archive: ZipFile, name: str, bounds: Bounds) -> bytes:
    with archive.open(name) as file:
        return file.read(bounds.head)


_READERS: Final[dict[str, Callable[[Blob, bytes, str, Bounds, int], Iterator[Reading | Unread]]]] = {
    "parquet": _parquet,
    "avro": _avro,
    "zip": _zip,
    "gzip": _gzip,
    "zstd": _zstd,
}
