"""From the command line's options to accounts that can be scanned: credentials, roles, accounts, regions and services."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from tierwise.config import AwsConfig
from tierwise.connectors.aws.aggregator import Aggregator, look_for
from tierwise.connectors.aws.calls import Caller, ListingFailedError, attempt
from tierwise.connectors.aws.collectors import REGIONS, SESSION_READS, collectors, declared_calls
from tierwise.connectors.aws.credentials import explained
from tierwise.connectors.aws.members import AwsOrganisation
from tierwise.connectors.aws.organisation import ACTIVE, INHERITED, Within, chosen, membership, not_active
from tierwise.connectors.aws.role import ROLE_NAME, Role, role_arn, roles_by_account
from tierwise.connectors.aws.session import Access, Account, new_session
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.connectors.aws.task import Elsewhere, Reach
from tierwise.connectors.base import Detailed
from tierwise.connectors.declared import Doc
from tierwise.connectors.rescan import Rescan
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.content import Depth
from tierwise.model.fact import NOT_COLLECTED, Maybe, Unknown

PARTITIONS: Final = ("aws", "aws-us-gov", "aws-cn")
_IDENTITY = SESSION_READS[0]
_ROLE_NAME = re.compile(r"(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)
"""With its path, where it has one (IAM User Guide, "IAM and AWS STS quotas, name requirements")."""
_ACCOUNT = re.compile(r"\d{12}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
"""AWS STS API reference, `AssumeRole`, parameter `ExternalId`."""


def open_accounts(
    options: AwsConfig,
    now: datetime,
    *,
    threads: int = 24,
    depth: Depth = Depth.METADATA,
    elsewhere: Elsewhere | None = None,
    rescan: Rescan | None = None,
) -> tuple[Detailed, ...]:
    """One source per account, or one for an organisation; `elsewhere` runs their tasks, `rescan` has what an earlier scan read. CredentialsError where no account can be read at all, UsageError for names that do not exist."""
    _check_names(options)
    access = access_of(options, threads, depth)
    session = attempt(partial(new_session, calls=access.declared))
    region = session if isinstance(session, Unknown) else attempt(lambda: session.region_name)
    if isinstance(region, Unknown):
        raise CredentialsError(explained(region.detail))
    # Before any call: credentials without a region are tried in the first one that is named.
    _check_regions(session, PARTITIONS, options.regions)
    base = Account(lambda: session, access, own=True)
    caller = _caller(base, region or (options.regions[0] if options.regions else "us-east-1"), now)
    identity = caller.ask(_IDENTITY)
    if isinstance(identity, Unknown):
        raise CredentialsError(explained(identity.detail))
    found = identity.value or {}
    own, partition = str(found["Account"]), str(found["Arn"]).split(":")[1]
    if partition not in PARTITIONS:
        raise UsageError(f"partition {partition!r} is not supported; supported are {', '.join(PARTITIONS)}")
    _check_regions(session, (partition,), options.regions)
    scope = AwsScope(options.regions, frozenset(options.services))
    opened = _Opened(options, caller, base, access, scope, own, partition, elsewhere, *_inventory(options, base, caller), rescan)
    if options.organization:
        return (_organisation(opened),)
    arns = options.role_arns or tuple(role_arn(partition, account, options.role) for account in options.accounts if options.role)
    sources = _through_roles(opened, arns) if arns else (opened.source(AwsAccount(own, base, partition, now)),)
    return _chosen(sources, options.accounts, by_role=bool(arns))


def _inventory(options: AwsConfig, base: Account, caller: Caller) -> tuple[Aggregator | None, str]:
    """The aggregator that was asked for, or why there is none and everything is read from the services."""
    if not options.inventory:
        return None, ""
    found = look_for(_everywhere(options, base, replace(caller, failures=[])), options.aggregator)
    return (None, found) if isinstance(found, str) else (found, "")


def _everywhere(options: AwsConfig, base: Account, caller: Caller) -> Iterator[Caller]:
    """One caller for each region that is scanned, the caller's own first, whose failures are nobody's gaps; which others there are is asked when they are wanted."""
    yield caller
    try:
        regions = options.regions or [str(one["RegionName"]) for one in caller.listing(REGIONS, "Regions")]
    except ListingFailedError:
        return
    for region in sorted({*regions} - {caller.region}):
        yield replace(_caller(base, region, caller.now), counts=caller.counts)


def access_of(options: AwsConfig, threads: int, depth: Depth) -> Access:
    """How accounts are reached, whoever reads them."""
    return Access(declared_calls(depth), options.requests_per_second, options.endpoint_compat, threads)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The caller's credentials, and what all accounts share."""

    options: AwsConfig
    caller: Caller
    base: Account
    access: Access
    scope: AwsScope
    account: str
    partition: str
    elsewhere: Elsewhere | None
    aggregator: Aggregator | None
    unaided: str
    """Why there is no aggregator, where one was asked for."""
    rescan: Rescan | None

    def source(self, account: AwsAccount) -> AwsSource:
        """An account as a source."""
        account.aggregator = self.aggregator
        said = f"{self.unaided}; everything is read from the services" if self.unaided else ""
        return AwsSource(account, self.scope, self.elsewhere, said, self.rescan)

    def through(self, arn: str, *, home: bool = False, within: Within | None = None) -> AwsAccount:
        """An account, by a role in it; nothing is called before something of it is read."""
        caller = replace(self.caller, counts=Counter(), failures=[])
        return _entered(Role(caller, arn, self.options.external_id), self.access, home=home, within=within)


def _entered(role: Role, access: Access, *, home: bool = False, within: Within | None = None) -> AwsAccount:
    session = Account(partial(new_session, region=role.caller.region, provider=role, calls=access.declared), access)
    return AwsAccount(role.account, session, role.arn.split(":")[1], role.caller.now, home=home, role=role, within=within)


def _organisation(opened: _Opened) -> AwsOrganisation:
    options, caller = opened.options, opened.caller
    found = membership(caller)
    some = chosen(found, options.units, options.exclude, options.accounts)
    sources: list[AwsSource] = []
    for member in some:
        if member.state != ACTIVE:
            continue
        within = Within(member, opened.base, options.inherit_tags, opened.access.organisation)
        account = opened.through(role_arn(opened.partition, member.id, options.role or ROLE_NAME), within=within)
        # Who runs scans need not be able to read its own account: it goes in by the role like everywhere, where it has one there.
        if member.id == opened.account and account.role is not None and account.role.check() is not None:
            account = AwsAccount(member.id, opened.base, opened.partition, caller.now, home=False, within=within)
        sources.append(opened.source(account))
    return AwsOrganisation(found, caller, sources, [not_active(one) for one in some if one.state != ACTIVE])


def _through_roles(opened: _Opened, arns: tuple[str, ...]) -> tuple[Detailed, ...]:
    accounts, own = opened.options.accounts, opened.account
    wanted = {account: arn for account, arn in roles_by_account(arns).items() if not accounts or account in accounts}
    # The organisation is listed once, from the caller's own account where it is scanned, else from the first.
    home = own if own in wanted else next(iter(wanted), "")
    reached = [opened.through(arn, home=account == home) for account, arn in wanted.items()]
    refused = [(role.arn, why) for one in reached if (role := one.role) is not None and (why := role.check()) is not None]
    if refused and len(refused) == len(wanted):
        raise CredentialsError(_no_role([(arn, why.detail or why.reason.value) for arn, why in refused]))
    return tuple(opened.source(one) for one in reached)


def opened_again(reach: Reach, access: Access) -> AwsAccount:
    """An account that another process has found, for a task of it."""
    base = Account(partial(new_session, calls=access.declared), access, own=True)
    within = Within(reach.member, base, (), access.organisation) if reach.member is not None else None
    if not reach.role:
        return AwsAccount(reach.account, base, reach.partition, reach.now, home=False, within=within)
    return _entered(Role(_caller(base, reach.region, reach.now), reach.role, reach.external_id), access, within=within)


def _caller(account: Account, region: str, now: datetime) -> Caller:
    def once(_name: str, make: Callable[[], Maybe[Doc | None]]) -> Maybe[Doc | None]:
        return make()

    return Caller("", region, "aws", lambda service: account.client(service, region), lambda: NOT_COLLECTED, now, once, once)


def _chosen(sources: tuple[Detailed, ...], accounts: tuple[str, ...], *, by_role: bool) -> tuple[Detailed, ...]:
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


def _check_names(options: AwsConfig) -> None:
    known = sorted({collector.service for collector in collectors()})
    for service in options.services:
        if service not in known:
            raise UsageError(f"unknown service {service!r}{_near(service, known)}\n  services: {', '.join(known)}")
    for account in options.accounts:
        if not _ACCOUNT.fullmatch(account):
            raise UsageError(f"--account {account!r} is not an account id; write its 12 digits")
    roles_by_account(options.role_arns)
    for level in options.inherit_tags:
        if level not in INHERITED:
            raise UsageError(f"tags cannot be inherited from {level!r}{_near(level, INHERITED)}\n  levels: {', '.join(INHERITED)}")
    _check_scope(options)


def _check_scope(options: AwsConfig) -> None:
    """UsageError for options that do not go together."""
    if options.role and not _ROLE_NAME.fullmatch(options.role):
        raise UsageError(f"--role {options.role!r} is no name of a role; for a whole ARN there is --role-arn")
    if options.external_id and not _EXTERNAL_ID.fullmatch(options.external_id):
        raise UsageError("--external-id is no id that AWS would take: it has 2 to 1224 letters, digits and +=,.@:/_-")
    if options.organization and options.role_arns:
        raise UsageError("--organization enters each account by --role NAME; leave --role-arn out, or list the accounts' roles without it")
    if options.organization:
        return
    for option, given in (("--ou", options.units), ("--exclude", options.exclude), ("--inherit-tags", options.inherit_tags)):
        if given:
            raise UsageError(f"{option} speaks of an organisation; add --organization")
    if options.role and not options.role_arns and not options.accounts:
        raise UsageError("--role NAME is the role in each account; say in which: --organization, --accounts-file FILE or --account ID")


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
