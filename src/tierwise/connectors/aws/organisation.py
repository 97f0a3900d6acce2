"""The accounts of an organisation: which there are, in which organisational units, in which state, and which of them are scanned."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Read, tag_map
from tierwise.connectors.aws.session import Account
from tierwise.connectors.declared import Doc, Once
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import ALL_KINDS, Gap, Inherited

_NOT_IN_USE: Final = frozenset({"AWSOrganizationsNotInUseException"})
DESCRIBE: Final = Read("organizations", "DescribeOrganization", "organizations:DescribeOrganization", absent=_NOT_IN_USE)
ROOTS: Final = Read("organizations", "ListRoots", "organizations:ListRoots")
UNITS: Final = Read("organizations", "ListOrganizationalUnitsForParent", "organizations:ListOrganizationalUnitsForParent", kinds=ALL_KINDS)
ACCOUNTS: Final = Read("organizations", "ListAccountsForParent", "organizations:ListAccountsForParent", kinds=ALL_KINDS)
ACCOUNT: Final = Read("organizations", "DescribeAccount", "organizations:DescribeAccount")
TAGS: Final = Read(
    "organizations",
    "ListTagsForResource",
    "organizations:ListTagsForResource",
    # An account that belongs to no organisation, or not to one that knows it, has no tags there.
    absent=frozenset({"AWSOrganizationsNotInUseException", "TargetNotFoundException"}),
)
READS: Final = (DESCRIBE, ROOTS, UNITS, ACCOUNTS, ACCOUNT)
INHERITED: Final = ("account", "unit")
"""From where tags may be taken over, the nearest first."""
ACTIVE: Final = "ACTIVE"
_DEPTH: Final = 8
"""Organisations nest organisational units five deep (Organizations User Guide, "Quotas"); the bound stops a loop in a broken answer."""
_SCOPE: Final = re.compile(r"\d{12}|(?:ou|r)-[a-z0-9]{4,32}(?:-[a-z0-9]{8,32})?")
"""Ids of accounts, organisational units and roots (Organizations API Reference, patterns of `ParentId`)."""
_MOST_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One account of an organisation."""

    id: str
    name: str
    state: str
    """`ACTIVE`, `PENDING_ACTIVATION`, `SUSPENDED`, `PENDING_CLOSURE` or `CLOSED` (Organizations API Reference, Account)."""
    above: tuple[tuple[str, str], ...] = ()
    """(id, name) of the root and of the organisational units that it is in, from the top."""

    @property
    def unit(self) -> str:
        """The organisational units that it is in, by name from the top, without the root: `Health/Clinical`."""
        return "/".join(name for key, name in self.above if not key.startswith("r-"))

    def below(self, ids: Iterable[str]) -> bool:
        """Whether it is, or lies in, one of these accounts and units."""
        return not {self.id, *(key for key, _ in self.above)}.isdisjoint(ids)


@dataclass(frozen=True, slots=True)
class Membership:
    """An organisation and the accounts in it."""

    id: str
    management: str
    """The account that pays for the others; no policy of the organisation restricts it, and no service-managed StackSet reaches it."""
    members: tuple[Member, ...]
    gaps: tuple[Gap, ...] = ()
    """Units whose accounts could not be listed."""


def membership(caller: Caller) -> Membership:
    """The organisation of the caller's account, and its accounts; CredentialsError where they cannot be listed at all."""
    answer = caller.ask(DESCRIBE)
    if isinstance(answer, Unknown):
        raise CredentialsError(_closed(answer.detail))
    if answer.value is None:
        raise UsageError("--organization: the caller's account is in no organisation\n  scan it alone, or name roles: --role-arn")
    found = answer.value["Organization"]
    gaps: list[Gap] = []
    try:
        roots = [(str(one["Id"]), str(one.get("Name") or "Root")) for one in caller.listing(ROOTS, "Roots")]
    except ListingFailedError as failed:
        raise CredentialsError(_closed(failed.gap.detail)) from None
    members = {one.id: one for root in roots for one in _below(caller, (root,), gaps)}
    if not members:
        raise CredentialsError(_closed(gaps[0].detail if gaps else "it lists no account"))
    return Membership(
        str(found["Id"]), str(found.get("MasterAccountId") or ""), tuple(members[key] for key in sorted(members)), tuple(gaps)
    )


def _below(caller: Caller, above: tuple[tuple[str, str], ...], gaps: list[Gap]) -> Iterator[Member]:
    parent = above[-1][0]
    try:
        for one in caller.listing(ACCOUNTS, "Accounts", ParentId=parent):
            yield Member(str(one["Id"]), str(one.get("Name") or ""), state_of(one), above)
        units = [(str(one["Id"]), str(one.get("Name") or "")) for one in caller.listing(UNITS, "OrganizationalUnits", ParentId=parent)]
    except ListingFailedError as failed:
        # Not a gap of every account: who is listed lies elsewhere.
        gaps.append(replace(failed.gap, account=parent))
        return
    for unit in units if len(above) < _DEPTH else ():
        yield from _below(caller, (*above, unit), gaps)


def state_of(account: Doc) -> str:
    """An account's state; `Status`, which the API is to drop in September 2026, where there is none."""
    return str(account.get("State") or account.get("Status") or ACTIVE)


def chosen(found: Membership, units: tuple[str, ...], exclude: tuple[str, ...], accounts: tuple[str, ...]) -> tuple[Member, ...]:
    """The accounts that are asked for, all without a wish; UsageError for an id that is none of the organisation's."""
    known = {key for one in found.members for key in (one.id, *(key for key, _ in one.above))}
    for option, ids in (("--ou", units), ("--exclude", exclude), ("--account", accounts)):
        for one in ids:
            if not _SCOPE.fullmatch(one):
                raise UsageError(f"{option} {one!r} is no id of an account (12 digits) or of an organisational unit (ou-abcd-12345678)")
        if lost := [one for one in ids if one not in known]:
            shown = ", ".join(lost[:_MOST_SHOWN]) + (", ..." if len(lost) > _MOST_SHOWN else "")
            raise UsageError(f"{option}: organisation {found.id} has no account in {shown}\n  see them: aws organizations list-accounts")
    some = tuple(
        one for one in found.members if (not units or one.below(units)) and (not accounts or one.id in accounts) and not one.below(exclude)
    )
    if not some:
        raise UsageError("--ou, --account and --exclude leave no account to scan")
    return some


def not_active(member: Member) -> Gap:
    """What is told of an account that nobody can enter: nothing of it is missing that anyone could read."""
    told = f"the account is {member.state}, and no role in it can be assumed; what it still holds is not in this result"
    return Gap("aws", member.id, "", "account", "out-of-scope", "", told, ALL_KINDS, expected=True)


def tags_of(caller: Caller, identifier: str, once: Callable[[str, Callable[[], Maybe[Doc | None]]], Maybe[Doc | None]]) -> Maybe[Doc]:
    """The tags of an account or an organisational unit; an organisation tags at most 50 a resource, which is one page (its User Guide, "Quotas")."""
    answer = once(f"{TAGS.operation}/{identifier}", lambda: caller.ask(TAGS, ResourceId=identifier))
    return answer if isinstance(answer, Unknown) else Known(tag_map((answer.value or {}).get("Tags") or ()), TAGS.via)


@dataclass(frozen=True, slots=True)
class Within:
    """What an account's organisation says of it, and who may ask."""

    member: Member
    session: Account
    """For calls to Organizations, which answers its management account and delegated administrators alone."""
    inherits: tuple[str, ...]
    """From which of `INHERITED` resources take tags that they lack."""
    once: Once
    """Shared by all accounts of the organisation."""

    def described(self, caller: Caller) -> Maybe[Doc | None]:
        """What the organisation says of the account now."""
        return caller.ask(ACCOUNT, AccountId=self.member.id)

    def closed(self, answer: Maybe[Doc | None]) -> Member | None:
        """The account, where it is no longer active."""
        found = (answer.value or {}).get("Account") if isinstance(answer, Known) else None
        now = replace(self.member, state=state_of(found)) if found else self.member
        return None if now.state == ACTIVE else now

    def inherited(self, caller: Caller) -> tuple[Inherited, ...]:
        """The tags that its resources take over, those of the account first, then those of its units from the nearest up."""
        found: list[Inherited] = []
        if "account" in self.inherits:
            found.append(Inherited(f"account {self.member.id}", tags_of(caller, self.member.id, caller.once_per_account)))
        units = [key for key, _ in self.member.above]
        for place, key in reversed(list(enumerate(units))) if "unit" in self.inherits else ():
            name = replace(self.member, above=self.member.above[: place + 1]).unit
            found.append(Inherited(f"unit {name}" if name else "the organisation's root", tags_of(caller, key, self.once)))
        return tuple(found)


def _closed(code: str) -> str:
    return (
        f"the organisation's accounts cannot be listed ({code})\n"
        "  run from the management account, or from a member that is a delegated administrator for some service\n"
        "  allow the caller what 'tierwise permissions aws --caller' prints\n"
        "  or name the accounts: --accounts-file FILE --role NAME"
    )
