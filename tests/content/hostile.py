"""Objects that are made to harm their readers, by what they are called."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
MIB = 1 << 20
_CONTENT = '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
    ) + "]>{}"
)  # fmt: skip


def archive(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of some members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return made.getvalue()


def workbook(sheet: str, strings: str = "") -> bytes:
    """An XLSX with one sheet."""
    members = {"xl/workbook.xml": _CONTENT.encode(), "xl/worksheets/sheet1.xml": sheet.encode()}
    return archive({**members, "xl/sharedStrings.xml": strings.encode()} if strings else members)


def avro(schema: object, block: bytes, *, codec: str = "null", count: int = 1) -> bytes:
    """An Avro file with one block."""
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    head = b"Obj\x01" + _long(len(meta))
    for name, data in meta.items():
        head += _long(len(name)) + name.encode() + _long(len(data)) + data
    return head + b"\0" + b"s" * 16 + _long(count) + _long(len(block)) + block + b"s" * 16


def _long(number: int) -> bytes:
    number = (number << 1) ^ (number >> 63)
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _packed(data: bytes, times: int) -> bytes:
    """Gzip of something as often as that; quickly."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(data) for _ in range(times)), packer.flush()])


def _with_password(data: bytes) -> bytes:
    """The same archive, whose flags say that it is encrypted: at 6 of a member's header and at 8 of its entry (APPNOTE.TXT, 4.3.7 and 4.3.12)."""
    made, entry = bytearray(data), data.index(b"PK\x01\x02")
    made[6] |= 1
    made[entry + 8] |= 1
    return bytes(made)


def _nest(data: bytes, layers: int) -> bytes:
    for _ in range(layers):
        data = archive({"inner.zip": data})
    return data


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """Name, file name and bytes of each."""
    bomb = zlib.compressobj(9)
    zeros = b"\0" * MIB
    packed = b"".join([*(bomb.compress(zeros) for _ in range(8)), bomb.flush()])
    parquet = (SAMPLES / "snappy-v1.parquet").read_bytes()
    length = int.from_bytes(parquet[-8:-4], "little")
    yield "an empty object", "a.csv", b""
    yield "gzip of 100 MB of zeros", "a.csv.gz", _packed(zeros, 100)
    yield "gzip in gzip in gzip in gzip", "a.gz", gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"a,b\n1,2\n"))))
    yield "a zip of members of 20 MB", "a.zip", archive({f"{n}.csv": zeros * 20 for n in range(2)})
    yield "a zip in a zip, 20 deep", "a.zip", _nest(b"x", 20)
    yield "a zip of 5,000 members", "a.zip", archive({f"{n}": b"" for n in range(5000)}, method=zipfile.ZIP_STORED)
    yield "a zip whose member is encrypted", "a.zip", _with_password(archive({"a.csv": b"a,b\n1,2\n"}))
    yield "a zip that is cut off", "a.zip", archive({"a.csv": b"a,b\n" * 999})[:-30]
    yield "an unknown method of packing", "a.zip", archive({"a.csv": b"a,b\n1,2\n"}).replace(b"\x08\x00", b"\x63\x00")
    yield "billion laughs in a sheet", "a.xlsx", workbook(_LAUGHS.format("<worksheet>&m;</worksheet>"))
    yield "billion laughs as XML", "a.xml", _LAUGHS.format("<r>&m;</r>").encode()
    yield "a cell in the last column", "a.xlsx", workbook('<worksheet><row r="1"><c r="XFD1048576"><v>1</v></c></row></worksheet>')
    yield "a sheet of deep elements", "a.xlsx", workbook("<a>" * 100_000)
    yield "a shared string that is not there", "a.xlsx", workbook('<w><row><c r="A1" t="s"><v>99999</v></c></row></w>')
    yield "a cell repeated a billion times", "a.ods", archive(
        {"mimetype": b"x", "content.xml": b'<o xmlns:t="t"><t:table><t:table-row><t:table-cell t:number-columns-repeated="999999999"><p>1</p></t:table-cell></t:table-row></t:table></o>'}
    )  # fmt: skip
    yield "CSV of 10 million columns", "a.csv", b"c," * 10_000_000 + b"c\n"
    yield "a line of 40 MB", "a.txt", b"x" * (40 * MIB)
    yield "a quote that never ends", "a.csv", b'a,b\n1,"' + b"y" * (2 * MIB)
    yield "JSON of a million brackets", "a.json", b"[" * 1_000_000
    yield "JSON of 100,000 keys", "a.json", json.dumps({f"k{n}": n for n in range(100_000)}).encode()
    yield "JSON with a number of a million digits", "a.json", b'{"a": ' + b"9" * MIB + b"}"
    yield "JSON that is cut off", "a.json", b'[{"a": "x"}, {"a": "y'
    yield "a parquet footer longer than the file", "a.parquet", parquet[:-8] + struct.pack("<I", 1 << 30) + b"PAR1"
    yield "a parquet footer of zeros", "a.parquet", parquet[: -8 - length] + b"\0" * length + parquet[-8:]
    yield (
        "a parquet footer that lists a billion columns",
        "a.parquet",
        b"PAR1\x15\x02\x19\xfc\xff\xff\xff\xff\x03" + struct.pack("<I", 9) + b"PAR1",
    )
    yield "a parquet page of 2 GB by its own word", "a.parquet", _lying_page(parquet)
    for what, fields in _FOOTERS.items():
        yield f"a parquet footer {what}", "a.parquet", b"PAR1" + fields + struct.pack("<I", len(fields)) + b"PAR1"
    yield "an encrypted parquet", "a.parquet", b"PARE" + b"x" * 50 + b"PARE"
    yield "a parquet that is text", "a.parquet", b"name,age\nx,1\n"
    yield "text that is an executable", "a.csv", b"\x7fELF" + bytes(200)
    yield "avro: a list that links 8 million times", "a.avro", avro(
        {"type": "record", "name": "N", "fields": [{"name": "next", "type": ["null", "N"]}]}, b"\x02" * 60_000
    )  # fmt: skip
    yield "avro: an array of a quintillion nulls", "a.avro", avro({"type": "array", "items": "null"}, _long(1 << 60) + b"\0")
    yield "avro: a schema of 16,000 levels", "a.avro", b"Obj\x01\x02\x16avro.schema" + _long(48_000) + b'[{"a":' * 8000 + b"\0" + b"s" * 16
    yield "avro: a string of 4 GB", "a.avro", avro("string", _long(1 << 32))
    yield "avro: a deflate bomb", "a.avro", avro({"type": "array", "items": "int"}, packed[:60_000], codec="deflate")
    yield "avro: a type that is itself", "a.avro", avro({"type": "record", "name": "A", "fields": [{"name": "a", "type": "A"}]}, b"\0")
    yield "zstd with a window of 2 GB", "a.zst", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x01\x00\x00" * 9
    yield "zstd that is cut off", "a.zst", b"\x28\xb5\x2f\xfd\x04"
    yield "a workbook with a password", "a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(99) + "EncryptedPackage".encode("utf-16-le")
    yield "bytes of no format", "a.csv", bytes(range(256)) * 99


_COLUMN = b"\x15\x0c\x38\x01a\x00"
"""A node of the schema in Thrift's compact protocol: its type (field 1) is bytes, its name (field 4) is `a`."""
_ROOT = b"\x48\x01r\x15\x02\x00"
"""The node above it: a name and one child (field 5)."""
_FOOTERS = {
    "whose row groups are numbers": b"\x29\x2c" + _ROOT + _COLUMN + b"\x29\x15\x02\x00",
    "whose row groups are a number": b"\x29\x2c" + _ROOT + _COLUMN + b"\x25\x02\x00",
    "whose chunks are a number": b"\x29\x2c" + _ROOT + _COLUMN + b"\x29\x1c\x15\x02\x00\x00",
    "that names a column with a number": b"\x29\x2c" + _ROOT + b"\x15\x0c\x35\x80\x80\x80\x80\x20\x00" + b"\x00",
    "of lists in lists": b"\x29" + b"\x19" * 200_000,
}


def _lying_page(parquet: bytes) -> bytes:
    """The same file, whose first page says that it unpacks to 2 GB."""
    at = parquet.index(b"\x15", 4)
    assert at == 4
    after = at + 3
    while parquet[after] & 0x80:
        after += 1
    return parquet[: at + 2] + b"\x15\xfc\xff\xff\xff\x0f" + parquet[after + 1 :]
