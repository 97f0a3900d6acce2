"""What well-known libraries make of small hostile files; run where they are installed.

    pip install pyarrow fastavro python-calamine && python -m benchmarks.hostile_readers

Each file is read in a process of its own, whose end and peak memory are printed. The figures of ADR 0022 come from here.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_MEASURE = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="60000"><c r="BZZ60000"><v>1</v></c></row></sheetData></worksheet>',
}
_MAKE_PARQUET = (
    "import sys, pyarrow as pa, pyarrow.parquet as pq; pq.write_table(pa.table({'a': pa.array([bytes(1000**3)], pa.large_binary())}),"
    " sys.argv[1], compression='zstd', use_dictionary=False, write_statistics=False)"
)
_PARQUET = f"import sys, pyarrow.parquet as pq; next(pq.ParquetFile(sys.argv[1]).iter_batches(1)); {_MEASURE}"
_AVRO = (
    "import sys, fastavro; schema = {'type': 'record', 'name': 'N', 'fields': [{'name': 'next', 'type': ['null', 'N']}]};"
    f" fastavro.schemaless_reader(open(sys.argv[1], 'rb'), schema); {_MEASURE}"
)
_WORKBOOK = (
    f"import sys, python_calamine as c; c.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python(nrows=5); {_MEASURE}"
)


def read(what: str, code: str, path: Path) -> None:
    """Read a file in a process of its own and print what came of it."""
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    end = f"exit {ran.returncode}" if ran.returncode else f"peak {int(ran.stdout):,} MB"
    print(f"{what}: {path.stat().st_size:,} bytes: {end}")


def main() -> None:
    """Make the files and read each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", _MAKE_PARQUET, str(folder / "a.parquet")], check=True)
        read("pyarrow, one row of a page that expands", _PARQUET, folder / "a.parquet")
        (folder / "a.avro").write_bytes(b"\x02" * 8_000_000)
        read("fastavro, a record that links to itself", _AVRO, folder / "a.avro")
        with zipfile.ZipFile(folder / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
            for part, text in _PARTS.items():
                book.writestr(part, text)
        read("calamine, two cells far apart", _WORKBOOK, folder / "a.xlsx")


if __name__ == "__main__":
    main()
