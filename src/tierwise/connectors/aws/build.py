"""Which code this process runs, so that what two of them read can stand in one result; knows nothing of clusters."""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import tierwise

_DIGITS: Final = 12


@cache
def build() -> str:
    """The version, and a digest of the code: `0.1.0+4f53cda18c2b`. Two checkouts may have a version in common and nothing else."""
    root = Path(tierwise.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(chain(root.rglob("*.py"), (root / "connectors").glob("*.json"))):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return f"{tierwise.__version__}+{digest.hexdigest()[:_DIGITS]}"


def unlike(where: str, its: str, own: str) -> str:
    """What is said of a worker whose build is not this one: its address, both versions and what mends it, in one line; `its` is empty where it has none."""
    (its, its_code), (mine, code) = (one.partition("+")[::2] for one in (its, own))
    has, this = (f"{its} of other code ({its_code})", f"{mine} ({code})") if its == mine else (its, mine)
    return f"worker {where} has {f'tierwise {has}' if its else 'no tierwise'}, and this is {this}: install the same on all of them (pip install tierwise=={mine})"
