"""How AWS and its SDK say that the caller's own credentials do not hold, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOTokenLoadError"}
)
UNREACHED: Final = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyConnectionError", "SSLError"})
SKEWED: Final = "RequestTimeTooSkewed"
"""What S3 calls a clock that is wrong, and what is said here of any service that refuses a request for its time."""
_TIMES: Final = frozenset({SKEWED, "RequestExpired", "RequestInTheFuture"})
_OF_TIME: Final = re.compile(r"Signature (?:expired|not yet current)", re.IGNORECASE)
"""How the other services tell it, in the message of an error that a wrong key gives too."""
NO_KEY: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"})
"""How services say that there is no such key, or none that is active ("Common Errors" of each; Amazon S3, "Error responses"; Amazon EC2, "Error codes")."""
REVOKED: Final = "AccessKeyRevoked"
"""What is said here of any of these from a region that had taken the key before."""
_REFUSED: Final = NO_KEY | {"SignatureDoesNotMatch"}
_UNRENEWED: Final = frozenset({"CredentialRetrievalError", "NoCredentialsError", "InvalidIdentityToken", "MetadataRetrievalError"})
"""What the SDK raises where credentials that held have ended, and whoever gave them gives no others: a process, a container, an instance, a token file."""


def code_of(error: Mapping[str, Any]) -> str:
    """The code of an error as a service answered it; `SKEWED` where it refused the request's time."""
    code = str(error.get("Code", ""))
    return SKEWED if code in _TIMES or _OF_TIME.search(str(error.get("Message", ""))) else code


def is_over(code: str) -> bool:
    """Whether a code of the service or a name of the SDK says that the caller's own credentials no longer hold."""
    return code in (SKEWED, REVOKED) or code in EXPIRED or code in _UNRENEWED


def explained(code: str) -> str:
    """Cause and fix of a failure to find or use credentials, in at most six lines."""
    if code in EXPIRED:
        return f"the AWS credentials have expired ({code})\nrenew them: aws sso login --profile NAME, or assume the role again"
    if code == SKEWED:
        return f"AWS refused the request's time ({code})\nset this machine's clock (its time must be within five minutes of AWS's)"
    if code == REVOKED:
        return (
            f"AWS no longer accepts the credentials ({code})\n"
            "the access key was deleted, or made inactive, after it had been taken: sign in with another (check: aws sts get-caller-identity)"
        )
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
    if code in _UNRENEWED:
        return (
            f"the AWS credentials cannot be renewed ({code})\n"
            "what gives them gives no others: see to the profile's process, the container's or instance's role, or the token file"
        )
    return f"the AWS credentials cannot be used ({code})\ncheck: aws sts get-caller-identity"
