"""Whether the caller's own credentials still hold while a scan runs, and what is said where they do not."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tierwise.connectors.aws.given_up import GivenUpError

EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOTokenLoadError"}
)
UNREACHED: Final = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyConnectionError", "SSLError"})
SKEWED: Final = "RequestTimeTooSkewed"
"""What S3 calls a clock that is wrong, and what is said here of any service that refuses a request for its time."""
_TIMES: Final = frozenset({SKEWED, "RequestExpired", "RequestInTheFuture"})
_OF_TIME: Final = re.compile(r"Signature (?:expired|not yet current)", re.IGNORECASE)
"""How the other services tell it, in the message of an error that a wrong key gives too."""
_REFUSED: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "InvalidAccessKeyId"}
)
_FAILURES: Final = 3
"""Calls in a row after which no more is made: credentials that renew themselves may be late for one."""


def code_of(error: Mapping[str, Any]) -> str:
    """The code of an error as a service answered it; `SKEWED` where it refused the request's time."""
    code = str(error.get("Code", ""))
    return SKEWED if code in _TIMES or _OF_TIME.search(str(error.get("Message", ""))) else code


@dataclass(slots=True)
class Credentials:
    """Whether the caller's own credentials were taken when they were last used; shared by all accounts of a process."""

    code: str = ""
    """Why they were not; empty where they were."""
    _refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """GivenUpError where they have been refused several times in a row."""
        if self._refused >= _FAILURES:
            raise GivenUpError(because=self.code)

    def used(self, code: str) -> None:
        """A call was made with them; `code` is that of the error, if it was one."""
        lapsed = code == SKEWED or code in EXPIRED
        with self._lock:
            self._refused = self._refused + 1 if lapsed else 0
            self.code = code if lapsed else ""


def explained(code: str) -> str:
    """Cause and fix of a failure to find or use credentials, in at most six lines."""
    if code in EXPIRED:
        return f"the AWS credentials have expired ({code})\nrenew them: aws sso login --profile NAME, or assume the role again"
    if code == SKEWED:
        return f"AWS refused the request's time ({code})\nset this machine's clock (its time must be within five minutes of AWS's)"
    if code in _REFUSED:
        return (
            f"AWS does not accept the credentials ({code})\n"
            "the access key is deleted, inactive, mistyped or of another partition; or this machine's clock is wrong\n"
            "check: aws sts get-caller-identity"
        )
    if code in UNREACHED:
        return f"AWS could not be reached ({code})\ncheck the network, the proxy (HTTPS_PROXY) and the region (AWS_DEFAULT_REGION)"
    if code == "ProfileNotFound":
        return "the AWS profile that AWS_PROFILE names does not exist\nsee the names: aws configure list-profiles"
    if code == "NoCredentialsError":
        return (
            "no AWS credentials found (looked in: environment, shared credentials and config files, SSO cache, container and instance role)\n"
            "log in: aws sso login --profile NAME && export AWS_PROFILE=NAME\n"
            "or, with no account: tierwise demo"
        )
    return f"the AWS credentials cannot be used ({code})\ncheck: aws sts get-caller-identity"
