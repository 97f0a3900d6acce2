"""Writes the sample files of this directory with the libraries that people use; needs pyarrow, fastavro, backports.zstd and openpyxl, which the tests do not.

    python tests/content/samples/make.py

All values are made up; the NHS numbers are of the range that is never issued.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROWS = 40


def rows() -> list[dict[str, Any]]:
    return [
        {"nhs_number": f"99900{number:05d}", "age": None if number % 3 else number, "born": date(1980, 1, 1 + number % 28), "parts": ["a", f"b{number}"]}
        for number in range(ROWS)
    ]  # fmt: skip


def main() -> None:
    import fastavro
    import openpyxl
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows())
    for codec in ("snappy", "gzip", "zstd", "none"):
        for version in ("1.0", "2.0"):
            pq.write_table(table, HERE / f"{codec}-v{version[0]}.parquet", compression=codec, data_page_version=version, row_group_size=25)
    pq.write_table(table, HERE / "delta.parquet", use_dictionary=False, column_encoding={"nhs_number": "DELTA_BYTE_ARRAY"})
    fields = [
        {"name": "nhs_number", "type": "string"},
        {"name": "age", "type": ["null", "long"]},
        {"name": "parts", "type": {"type": "array", "items": "string"}},
    ]
    schema = {"type": "record", "name": "Person", "fields": fields}
    kept = [{name: row[name] for name in ("nhs_number", "age", "parts")} for row in rows()]
    for codec in ("null", "deflate", "snappy", "zstandard", "bzip2"):
        with (HERE / f"{codec}.avro").open("wb") as file:
            fastavro.writer(file, schema, kept, codec=codec, sync_interval=200)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["nhs_number", "age"])
    for row in rows():
        sheet.append([row["nhs_number"], row["age"]])
    book.save(HERE / "book.xlsx")


if __name__ == "__main__":
    main()
