"""From the command line's options to accounts that can be scanned: credentials, roles, accounts, regions and services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from tierwise.config import AwsConfig
from tierwise.connectors.aws.calls import Caller, attempt
from tierwise.connectors.aws.collectors import SESSION_READS, collectors, declared_calls
from tierwise.connectors.aws.session import Access, Account, new_session
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.connectors.base import Item, Source, Unit
from tierwise.connectors.declared import Doc
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.content import Depth
from tierwise.model.fact import NOT_COLLECTED, Maybe, Unknown
from tierwise.model.resource import ALL_KINDS, Gap

SESSION_NAME: Final = "tierwise-scan"
"""The name under which CloudTrail shows every call that is made through a role."""
PARTITIONS: Final = ("aws", "aws-us-gov", "aws-cn")
_IDENTITY, _ASSUME = SESSION_READS[0], SESSION_READS[1]
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/\S+")
_ACCOUNT = re.compile(r"\d{12}")
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOTokenLoadError"}
)
_REFUSED: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "InvalidAccessKeyId"}
)
_SKEWED: Final = frozenset({"RequestExpired", "RequestTimeTooSkewed"})
_UNREACHED: Final = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyConnectionError", "SSLError"})


@dataclass(frozen=True, slots=True)
class ClosedAccount:
    """An account whose role cannot be assumed: a source that holds nothing but the gap."""

    account: str
    gap: Gap

    @property
    def name(self) -> str:
        """`aws:<account id>`."""
        return f"aws:{self.account}"

    def survey(self) -> Iterable[Unit]:
        """One unit, which yields the gap."""
        items: tuple[Item, ...] = (self.gap,)
        yield Unit(self.account, "", "account", lambda: items)

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """Nothing was listed, so that nothing is asked for."""
        del asks
        return ()


@dataclass(frozen=True, slots=True)
class _Renewed:
    """A credential resolver for botocore that knows one answer."""

    credentials: Any

    def load_credentials(self) -> Any:
        return self.credentials


def open_accounts(options: AwsConfig, now: datetime, *, threads: int = 24, depth: Depth = Depth.METADATA) -> tuple[Source, ...]:
    """One source per account. CredentialsError where no account can be read at all, UsageError for names that do not exist."""
    _check_names(options)
    access = Access(declared_calls(depth), options.requests_per_second, options.endpoint_compat, threads)
    session = attempt(new_session)
    region = session if isinstance(session, Unknown) else attempt(lambda: session.region_name)
    if isinstance(region, Unknown):
        raise CredentialsError(_explained(region.detail))
    # Before any call: credentials without a region are tried in the first one that is named.
    _check_regions(session, PARTITIONS, options.regions)
    base = Account(session, access)
    caller = _caller(base, region or (options.regions[0] if options.regions else "us-east-1"), now)
    identity = caller.ask(_IDENTITY)
    if isinstance(identity, Unknown):
        raise CredentialsError(_explained(identity.detail))
    found = identity.value or {}
    own, partition = str(found["Account"]), str(found["Arn"]).split(":")[1]
    if partition not in PARTITIONS:
        raise UsageError(f"partition {partition!r} is not supported; supported are {', '.join(PARTITIONS)}")
    _check_regions(session, (partition,), options.regions)
    scope = AwsScope(options.regions, frozenset(options.services))
    if options.role_arns:
        sources = _through_roles(options, caller, access, scope, own)
    else:
        sources = (AwsSource(AwsAccount(own, base, partition, now), scope),)
    return _chosen(sources, options.accounts, by_role=bool(options.role_arns))


def _through_roles(options: AwsConfig, caller: Caller, access: Access, scope: AwsScope, own: str) -> tuple[Source, ...]:
    roles = _roles(options.role_arns)
    wanted = {account: arn for account, arn in roles.items() if not options.accounts or account in options.accounts}
    # The organisation is listed once, from the caller's own account where it is scanned, else from the first.
    home = own if own in wanted else next(iter(wanted), "")
    sources: list[Source] = []
    failed: list[tuple[str, str]] = []
    for account, arn in wanted.items():
        partition = arn.split(":")[1]
        credentials = _assumed(caller, arn, options.external_id)
        if isinstance(credentials, Unknown):
            failed.append((arn, credentials.detail or credentials.reason.value))
            sources.append(ClosedAccount(account, _role_gap(account, arn, credentials)))
            continue
        session = Account(new_session(region=caller.region, provider=_Renewed(credentials)), access)
        sources.append(AwsSource(AwsAccount(account, session, partition, caller.now, home=account == home), scope))
    if failed and len(failed) == len(wanted):
        raise CredentialsError(_no_role(failed))
    return tuple(sources)


def _role_gap(account: str, arn: str, unknown: Unknown) -> Gap:
    return Gap("aws", account, "", "sts", unknown.reason.value, "sts:AssumeRole", f"{arn}: {unknown.detail}", ALL_KINDS)


def _assumed(caller: Caller, arn: str, external_id: str) -> Any:
    """Credentials of a role that renew themselves, or why it cannot be assumed."""
    first = _ask_role(caller, arn, external_id)
    if isinstance(first, Unknown):
        return first
    return RefreshableCredentials.create_from_metadata(
        metadata=_metadata(first.value), refresh_using=partial(_renew, caller, arn, external_id), method="sts-assume-role"
    )


def _renew(caller: Caller, arn: str, external_id: str) -> dict[str, str]:
    answer = _ask_role(caller, arn, external_id)
    if isinstance(answer, Unknown):
        # An error of the SDK's own kind, so that the call that needed the credentials turns into an unknown fact like any other.
        raise CredentialRetrievalError(provider="sts-assume-role", error_msg=answer.detail)
    return _metadata(answer.value)


def _ask_role(caller: Caller, arn: str, external_id: str) -> Maybe[Doc | None]:
    extra = {"ExternalId": external_id} if external_id else {}
    return caller.ask(_ASSUME, RoleArn=arn, RoleSessionName=SESSION_NAME, **extra)


def _metadata(answer: Doc | None) -> dict[str, str]:
    keys = (answer or {})["Credentials"]
    return {
        "access_key": keys["AccessKeyId"],
        "secret_key": keys["SecretAccessKey"],
        "token": keys["SessionToken"],
        "expiry_time": keys["Expiration"].isoformat(),
    }


def _caller(account: Account, region: str, now: datetime) -> Caller:
    def once(_name: str, make: Callable[[], Maybe[Doc | None]]) -> Maybe[Doc | None]:
        return make()

    return Caller("", region, "aws", lambda service: account.client(service, region), lambda: NOT_COLLECTED, now, once, once)


def _chosen(sources: tuple[Source, ...], accounts: tuple[str, ...], *, by_role: bool) -> tuple[Source, ...]:
    if not accounts:
        return sources
    reached = {source.name.removeprefix("aws:"): source for source in sources}
    missing = [account for account in accounts if account not in reached]
    if missing:
        way = "no --role-arn names it" if by_role else f"the credentials belong to {next(iter(reached))}"
        raise UsageError(
            f"account {missing[0]} cannot be reached: {way}\n  add --role-arn arn:aws:iam::{missing[0]}:role/NAME or drop --account"
        )
    return tuple(reached[account] for account in dict.fromkeys(accounts))


def _roles(arns: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for arn in arns:
        match = _ROLE.fullmatch(arn)
        if match is None:
            raise UsageError(f"--role-arn {arn!r} is not a role; write arn:aws:iam::123456789012:role/NAME")
        if found.get(match[2], arn) != arn:
            raise UsageError(f"two roles in account {match[2]}: {found[match[2]]} and {arn}; keep one, an account is scanned once")
        found[match[2]] = arn
    return found


def _check_names(options: AwsConfig) -> None:
    known = sorted({collector.service for collector in collectors()})
    for service in options.services:
        if service not in known:
            raise UsageError(f"unknown service {service!r}{_near(service, known)}\n  services: {', '.join(known)}")
    for account in options.accounts:
        if not _ACCOUNT.fullmatch(account):
            raise UsageError(f"--account {account!r} is not an account id; write its 12 digits")
    _roles(options.role_arns)


def _check_regions(session: Any, partitions: tuple[str, ...], regions: tuple[str, ...]) -> None:
    """Region names against the list that the SDK carries; no call is made."""
    known = [name for partition in partitions for name in session.get_available_regions("ec2", partition_name=partition)]
    for region in regions:
        if region not in known:
            where = f" in partition {partitions[0]}" if len(partitions) == 1 else ""
            raise UsageError(f"unknown region {region!r}{where}{_near(region, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _no_role(failed: list[tuple[str, str]]) -> str:
    shown = [f"  {arn}: {why}" for arn, why in failed[:2]]
    more = [f"  and {len(failed) - 2} more"] if len(failed) > 2 else []
    return "\n".join(
        [
            "no role could be assumed, so no account can be scanned",
            *shown,
            *more,
            "  let each role's trust policy name the caller (aws sts get-caller-identity), and the caller be allowed sts:AssumeRole on it",
            "  if the trust policy asks for an external id, pass --external-id",
        ]
    )


def _explained(code: str) -> str:
    """Cause and fix of a failure to find or use credentials, in at most six lines."""
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code})\n  renew them: aws sso login --profile NAME, or assume the role again"
    if code in _REFUSED:
        return (
            f"AWS does not accept the credentials ({code})\n"
            "  the access key is deleted, inactive, mistyped or of another partition\n"
            "  check: aws sts get-caller-identity"
        )
    if code in _SKEWED:
        return f"AWS refused the request's time ({code})\n  set this machine's clock (its time must be within five minutes of AWS's)"
    if code in _UNREACHED:
        return f"AWS could not be reached ({code})\n  check the network, the proxy (HTTPS_PROXY) and the region (AWS_REGION)"
    if code == "ProfileNotFound":
        return "the AWS profile that AWS_PROFILE names does not exist\n  see the names: aws configure list-profiles"
    if code == "NoCredentialsError":
        return (
            "no AWS credentials found (looked in: environment, shared credentials and config files, SSO cache, container and instance role)\n"
            "  log in: aws sso login --profile NAME && export AWS_PROFILE=NAME\n"
            "  or, with no account: tierwise demo"
        )
    return f"the AWS credentials cannot be used ({code})\n  check: aws sts get-caller-identity"
