"""The role in an account through which it is read: assumed when the first call needs it, renewed as it expires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.credentials import EXPIRED, REVOKED, SKEWED, UNREACHED
from tierwise.connectors.aws.read import Read
from tierwise.errors import UsageError
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import ALL_KINDS, Gap

SESSION_NAME: Final = "tierwise-scan"
"""The name under which CloudTrail shows every call that is made through a role."""
ROLE_NAME: Final = "tierwise-scan"
"""The role in each account of an organisation where no other is named: what `tierwise permissions aws --stackset` rolls out."""
ASSUME: Final = Read("sts", "AssumeRole", "sts:AssumeRole")
_ROLE: Final = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/\S+")
_METHOD: Final = "sts-assume-role"


@dataclass(slots=True)
class Role:
    """A role, and a credential resolver for botocore that knows its credentials only."""

    caller: Caller
    """Whose credentials assume it."""
    arn: str
    external_id: str = ""
    refused: Unknown | None = None
    """Why it could not be assumed when that was last tried; None where it could."""
    _credentials: Any = None
    _assumed: bool = False

    def __post_init__(self) -> None:
        """Make credentials that are fetched when they are first needed."""
        self._credentials = DeferredRefreshableCredentials(self._renew, _METHOD)

    @property
    def account(self) -> str:
        """The account that it is in."""
        return self.arn.split(":")[4]

    def load_credentials(self) -> Any:
        """What botocore asks a resolver for; no call is made."""
        return self._credentials

    def check(self) -> Unknown | None:
        """Assume it, unless that was done or refused; why it could not be."""
        if self._assumed:
            return None
        if self.refused is not None and self.refused.reason is UnknownReason.PERMISSION_DENIED:
            return self.refused
        try:
            self._credentials.get_frozen_credentials()
        except CredentialRetrievalError:
            return self.refused
        return None

    def _renew(self) -> dict[str, str]:
        extra = {"ExternalId": self.external_id} if self.external_id else {}
        answer = self.caller.ask(ASSUME, RoleArn=self.arn, RoleSessionName=SESSION_NAME, **extra)
        self.refused = answer if isinstance(answer, Unknown) else None
        if not isinstance(answer, Known):
            # An error of the SDK's own kind, so that the call that needed the credentials turns into an unknown fact like any other.
            raise CredentialRetrievalError(provider=_METHOD, error_msg=answer.detail)
        keys = (answer.value or {})["Credentials"]
        if keys["Expiration"] <= datetime.now(UTC):
            # The SDK would take them, find that they are over by this machine's clock, and raise a RuntimeError.
            self.refused = Unknown(UnknownReason.API_ERROR, ASSUME.via, SKEWED)
            raise CredentialRetrievalError(provider=_METHOD, error_msg=SKEWED)
        self._assumed = True
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }


def unreachable(role: Role, why: Unknown) -> Gap:
    """The gap of an account whose role cannot be assumed; it may hold anything."""
    return Gap("aws", role.account, "", "account", why.reason.value, ASSUME.action, _remedy(role, why), ALL_KINDS)


def _remedy(role: Role, why: Unknown) -> str:
    """In one line, why a role cannot be assumed and what mends it."""
    if why.detail in EXPIRED:
        return f"the caller's own credentials have expired ({why.detail}): renew them, then go on with --resume"
    if why.detail == REVOKED:
        return f"the caller's own credentials are no longer accepted ({why.detail}): sign in with others, then go on with --resume"
    if why.detail == SKEWED:
        return f"by this machine's clock STS is at another time ({why.detail}): set the clock, then scan again"
    if why.detail in UNREACHED:
        return f"STS could not be reached ({why.detail}): check the network and the region, then go on with --resume"
    asked = "with the external id that was given" if role.external_id else "without an external id, or pass it by --external-id"
    return (
        f"{role.arn} cannot be assumed ({why.detail}): it has to exist and to trust the caller, {asked};"
        " 'tierwise permissions aws --stackset' rolls it out"
    )


def role_arn(partition: str, account: str, name: str) -> str:
    """The ARN of a role, by its name with its path."""
    return f"arn:{partition}:iam::{account}:role/{name}"


def roles_by_account(arns: tuple[str, ...]) -> dict[str, str]:
    """Role ARNs by account; UsageError for what is none, and for two in one account."""
    found: dict[str, str] = {}
    for arn in arns:
        match = _ROLE.fullmatch(arn)
        if match is None:
            raise UsageError(f"--role-arn {arn!r} is not a role; write arn:aws:iam::123456789012:role/NAME")
        if found.get(match[2], arn) != arn:
            raise UsageError(f"two roles in account {match[2]}: {found[match[2]]} and {arn}; keep one, an account is scanned once")
        found[match[2]] = arn
    return found
