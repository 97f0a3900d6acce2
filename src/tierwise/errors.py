"""The errors that a person can cause and mend; a bug in tierwise itself is never one of these."""

from __future__ import annotations


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read, in words: the system's, or which byte is not UTF-8."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"byte {error.start} is not UTF-8; save the file as UTF-8"


class ScannerError(Exception):
    """A user error: the message says what happened, where, and how to mend it; exit code 2."""

    exit_code = 2


class UsageError(ScannerError):
    """A wrong option, name or combination of options."""


class ConfigError(ScannerError):
    """A configuration, register or profile file that cannot be used as it stands."""


class CatalogueError(ScannerError):
    """Controls or profiles that do not validate; carries every problem found, one a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class InputError(ScannerError):
    """A plan, inventory or other input that cannot be read whole."""


class CredentialsError(ScannerError):
    """No usable credentials, or none that the provider accepts; exit code 4."""

    exit_code = 4


class NotifyError(ScannerError):
    """A notice that could not be sent; never says where to, since a webhook's URL is a secret."""


class StoreError(ScannerError):
    """A store that cannot be opened, read or written."""
