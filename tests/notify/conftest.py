from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notify.receiver import Receiver, receiving


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver on this machine, whose certificate is trusted."""
    folder = tmp_path / "receiver"
    folder.mkdir()
    with receiving(folder) as made:
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
        yield made
