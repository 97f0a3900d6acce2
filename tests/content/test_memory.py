"""No object, however it is made, ends a look or takes more memory than is said: the readers run in a process that cannot have more."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.content.hostile import hostile
from tierwise.content.blob import Reason

TOLD = {
    "an empty object": {Reason.EMPTY},
    "gzip in gzip in gzip in gzip": {Reason.TOO_DEEP},
    "a zip of members of 20 MB": {Reason.EXPANDS},
    "a zip in a zip, 20 deep": {Reason.TOO_DEEP},
    "a zip whose member is encrypted": {Reason.ENCRYPTED},
    "a zip that is cut off": {Reason.CORRUPT},
    "billion laughs in a sheet": {Reason.ENTITIES},
    "a sheet of deep elements": {Reason.TOO_DEEP},
    "JSON of a million brackets": {Reason.TOO_DEEP},
    "a parquet footer longer than the file": {Reason.CORRUPT},
    "a parquet footer of zeros": {Reason.CORRUPT},
    "a parquet footer that lists a billion columns": {Reason.CORRUPT},
    "an encrypted parquet": {Reason.ENCRYPTED},
    "text that is an executable": {Reason.BINARY},
    "avro: a list that links 8 million times": {Reason.TOO_DEEP},
    "avro: an array of a quintillion nulls": {Reason.TOO_DEEP},
    "avro: a schema of 16,000 levels": {Reason.TOO_DEEP},
    "zstd with a window of 2 GB": {Reason.EXPANDS, Reason.CORRUPT},
    "a workbook with a password": {Reason.ENCRYPTED},
    "bytes of no format": {Reason.BINARY},
}
"""Why, for those of which nothing can be read; of the others something is."""
LIMIT_MB = 512
_CHILD = r"""
import json, re, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) << 20,) * 2)
from tierwise.content.blob import Bounds
from tierwise.content.read import Reading, read

class File:
    def __init__(self, path):
        self.path, self.size = path, path.stat().st_size
    def read(self, start, length):
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)

found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    number, _, name = path.name.partition("_")
    told = found[number] = []
    for one in read(File(path), name, Bounds()):
        told.append("" if isinstance(one, Reading) else one.reason)
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
json.dump({"found": found, "peak": int(peak[1]) >> 10}, sys.stdout)
"""


def test_no_hostile_object_ends_a_look_or_takes_more_than_512_mb(tmp_path):
    made = {}
    for number, (what, name, data) in enumerate(hostile()):
        made[f"{number:03d}"] = what
        (tmp_path / f"{number:03d}_{name}").write_bytes(data)
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD, str(tmp_path), str(LIMIT_MB)], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.stderr == ""
    told = json.loads(ran.stdout)
    found = {made[number]: set(reasons) for number, reasons in told["found"].items()}
    assert len(found) == len(made)
    assert all(found.values())
    assert {what: why for what, why in found.items() if what in TOLD and not why <= TOLD[what]} == {}
    assert TOLD.keys() <= found.keys()
    assert told["peak"] < LIMIT_MB / 2
