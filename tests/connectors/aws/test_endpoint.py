"""S3 Control's account id before the host: dropped where no such name can resolve, and nowhere else unless asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tierwise.connectors.aws.session import _without_account_host


@pytest.mark.parametrize(
    ("url", "always", "rewritten"),
    [
        ("http://123456789012.127.0.0.1:5000/v20180820/x", False, "http://127.0.0.1:5000/v20180820/x"),
        ("http://123456789012.localhost:5000/x", False, "http://localhost:5000/x"),
        ("https://123456789012.s3-control.eu-west-2.amazonaws.com/x", False, None),
        ("https://123456789012.emulator.test/x", False, None),
        ("https://123456789012.emulator.test/x", True, "https://emulator.test/x"),
        ("http://127.0.0.1:5000/x", True, None),
        ("http://10.0.0.1:5000/x", False, None),
    ],
)
def test_the_account_is_dropped_before_addresses_only(url: str, always: bool, rewritten: str | None) -> None:
    request = SimpleNamespace(url=url)
    _without_account_host(request, always=always)
    assert request.url == (rewritten or url)
