"""Where the read-only test material lies: `TIERWISE_SHARED`, else `../shared` beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_path(*parts: str) -> Path:
    """A path in the test material; skips with a reason where it is absent, fails where `TIERWISE_REQUIRE_SHARED=1`."""
    root = Path(os.environ.get("TIERWISE_SHARED", Path(__file__).parents[2] / "shared"))
    path = root.joinpath(*parts)
    if not path.exists():
        if os.environ.get("TIERWISE_REQUIRE_SHARED") == "1":
            pytest.fail(f"test material is missing: {'/'.join(parts)} (set TIERWISE_SHARED)")
        pytest.skip(f"test material is not here: {'/'.join(parts)}")
    return path
