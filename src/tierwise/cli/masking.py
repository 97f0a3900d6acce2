"""The key under which identifiers in names are masked: one of the user's, or one that several machines share."""

from __future__ import annotations

import os
import secrets
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.classify.mask import Mask

VARIABLE: Final = "TIERWISE_MASK_KEY"
FILE: Final = "mask.key"
_SHORTEST: Final = 16
"""Characters: whoever can guess the key can try all numbers."""


def mask_of_user() -> Mask:
    """The mask under TIERWISE_MASK_KEY, else under the key in the user's data directory, which is made when something is masked first."""
    from tierwise.classify.mask import Mask
    from tierwise.cli.files import data_dir

    given = os.environ.get(VARIABLE)
    if given is not None and len(given) < _SHORTEST:
        raise UsageError(f"{VARIABLE} has fewer than {_SHORTEST} characters and could be guessed; make one with: openssl rand -hex 32")
    path = data_dir() / FILE
    return Mask(given.encode if given else cache(lambda: _kept(path)))


def _kept(path: Path) -> bytes:
    """The key of a file, which is made where there is none: of two runs that make it at once one wins. One for this run alone where neither can be."""
    made = secrets.token_hex(32).encode()
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with open(handle, "wb") as file:  # noqa: PTH123 - an open descriptor, not a path
                file.write(made)
            try:
                os.link(name, path)
            except FileExistsError:
                pass
            finally:
                Path(name).unlink()
        return path.read_bytes()
    except OSError:
        return made
