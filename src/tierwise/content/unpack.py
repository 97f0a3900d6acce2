"""Decompression that stops at a bound: gzip, DEFLATE, Zstandard, Snappy. Never more than was asked for, whatever the bytes claim."""

from __future__ import annotations

import zlib
from typing import Any

from tierwise.content.blob import KIB, Reason, UnreadableError

_WINDOW_LOG = 23
"""The largest Zstandard window that is taken, 8 MiB: what every decoder has to support (RFC 8878, section 3.1.1.1.2)."""


def inflate(data: bytes, most: int, *, raw: bool = False) -> bytes:
    """At most so many bytes of what gzip, zlib or raw DEFLATE packed; the input may be cut off."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)
    try:
        return unpacker.decompress(data, max(1, most))
    except zlib.error as error:
        raise UnreadableError(Reason.CORRUPT) from error


def zstd(data: bytes, most: int) -> bytes:
    """The same of Zstandard."""
    library = _zstandard()
    unpacker = library.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG)
    try:
        with unpacker.stream_reader(data, read_across_frames=True) as stream:
            return bytes(stream.read(most))
    except library.ZstdError as error:
        raise UnreadableError(Reason.EXPANDS if "memory" in str(error) else Reason.CORRUPT) from error


def zstd_frame(data: bytes, full: int) -> bytes:
    """A whole frame of a known length."""
    found = zstd(data, full)
    if len(found) < full:
        raise UnreadableError(Reason.CORRUPT)
    return found


def snappy(data: bytes, full: int) -> bytes:
    """A raw Snappy block that says itself that it is as long as is known; the format's own length could claim 4 GiB."""
    said, at = 0, 0
    for at, byte in enumerate(data[:5]):
        said |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            break
    if said > full:
        raise UnreadableError(Reason.CORRUPT)
    library = _cramjam()
    try:
        return bytes(library.snappy.decompress_raw(data))
    except library.DecompressionError as error:
        raise UnreadableError(Reason.CORRUPT) from error


def expands(packed: int, unpacked: int, ratio: int) -> bool:
    """Whether something is packed beyond the bounds' ratio; what is shorter than a kibibyte says nothing."""
    return unpacked > KIB and unpacked > ratio * max(1, packed)


def _zstandard() -> Any:
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise UnreadableError(Reason.NEEDS_EXTRA, "zstd") from error
    return zstandard


def _cramjam() -> Any:
    try:
        import cramjam
    except ModuleNotFoundError as error:
        raise UnreadableError(Reason.NEEDS_EXTRA, "snappy") from error
    return cramjam
