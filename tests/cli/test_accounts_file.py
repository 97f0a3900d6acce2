"""A file of accounts: one id a line, remarks after a hash, and an error with its line for anything else."""

from __future__ import annotations

import pytest

from tierwise.cli.scan import accounts_in
from tierwise.errors import UsageError


def test_a_file_names_accounts(tmp_path):
    path = tmp_path / "accounts"
    path.write_text("# nightly\n111111111111\n\n222222222222  # payments\n")
    assert accounts_in(path) == ("111111111111", "222222222222")
    path.write_bytes("\ufeff111111111111\r\n222222222222\r\n".encode())
    assert accounts_in(path) == ("111111111111", "222222222222")
    assert accounts_in(None) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"111111111111\n22222222222\n", "accounts:2: '22222222222' is not an account id; write its 12 digits"),
        (b"111111111111,222222222222\n", "accounts:1: '111111111111,222222222222' is not"),
        ("١١١١١١١١١١١١\n".encode(), "is not an account id"),
        (b"# none\n", "there is no account id in it"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
    ],
)
def test_anything_else_is_told_with_its_line(tmp_path, text, words):
    path = tmp_path / "accounts"
    path.write_bytes(text)
    with pytest.raises(UsageError) as raised:
        accounts_in(path)
    assert words in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        accounts_in(tmp_path / "accounts")
