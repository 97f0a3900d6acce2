"""Which policies apply to a principal, where each is written, and what they amount to; pure.

`privilege.admin` is effective: inline, attached and group policies together, within the permissions boundary. The other privilege facts look
only at what is written into the principal and at what AWS has written into policies that it attaches, because a customer-managed policy
is a resource of its own and is judged there, once (ADR 0008).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.access.document import Policy, PolicyError, parse_policy
from tierwise.access.managed import KNOWN, KnownPolicy
from tierwise.access.privilege import privilege_of
from tierwise.access.reads import read_links, whole_service
from tierwise.model.fact import Fact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

ADMIN: Final = "privilege.admin"
ESCALATION: Final = "privilege.escalation"
WIDE_ACTIONS: Final = "privilege.wildcard_data_actions"
WIDE_RESOURCES: Final = "privilege.wildcard_data_resources"
INLINE: Final = "privilege.inline_wildcard"
BOUND: Final = "privilege.condition_bound"
_AWS_MANAGED: Final = ":iam::aws:policy/"


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed policy that is attached somewhere."""

    arn: str
    policy: Maybe[Policy]
    """Its default version; unknown where the walk did not give it or it cannot be parsed."""

    @property
    def by_aws(self) -> bool:
        """Whether AWS wrote it."""
        return _AWS_MANAGED in self.arn

    @property
    def known(self) -> KnownPolicy | None:
        """What is known of an AWS-managed policy by its name alone."""
        return KNOWN.get(self.arn.rsplit("/", 1)[-1]) if self.by_aws else None


@dataclass(frozen=True, slots=True)
class Applied:
    """All policies that apply to one user, role or group (or the document of one policy)."""

    inline: tuple[Maybe[Policy], ...] = ()
    attached: tuple[Managed, ...] = ()
    inherited: tuple[Applied, ...] = ()
    """Those of a user's groups."""
    boundary: Managed | None = None
    unresolved: Unknown | None = None
    """Where a group that the user belongs to was not in the answer."""

    def everything(self) -> tuple[tuple[Maybe[Policy], ...], tuple[Managed, ...]]:
        """Inline documents and attachments, those of groups included."""
        groups = [group.everything() for group in self.inherited]
        return (
            self.inline + tuple(one for inline, _ in groups for one in inline),
            self.attached + tuple(one for _, attached in groups for one in attached),
        )


def parsed(document: object, via: Provenance) -> Maybe[Policy]:
    """A policy document as botocore gives it (decoded, or text where it could not be decoded)."""
    if not isinstance(document, str | Mapping):
        return Unknown(UnknownReason.NOT_COLLECTED, via, "the answer has no document for the policy")
    try:
        return Known(parse_policy(document), via)
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, via, str(error))


def inline(entries: Iterable[Mapping[str, Any]], via: Provenance) -> tuple[Maybe[Policy], ...]:
    """The documents of inline policies."""
    return tuple(parsed(entry.get("PolicyDocument"), via) for entry in entries)


def privilege_facts(applied: Applied, via: Provenance, sheet: FactSheet) -> None:
    """Sets `privilege.*` of a user, role or group."""
    documents, attachments = applied.everything()
    sheet.put(ADMIN, _within(applied.boundary, _admin(documents, attachments, applied.unresolved, via), via))
    aws = tuple(one for one in applied.attached if one.by_aws)
    policies, missing = _readable((*applied.inline, *_documents(aws)))
    named = _by_name(aws)
    found = privilege_of(policies, via=via)
    for name, fact, worst in (
        (ESCALATION, found.escalation, any(one.escalation for one in named)),
        (WIDE_ACTIONS, found.wildcard_data_actions, any(one.wide_actions for one in named)),
        (WIDE_RESOURCES, found.wildcard_data_resources, any(one.wide_resources for one in named)),
    ):
        sheet.put(name, _or_unknown(Known(True, via) if worst else fact, missing, bad=True))
    inside, unread = _readable(applied.inline)
    own = privilege_of(inside, via=via)
    sheet.put(INLINE, _or_unknown(either(own.wildcard_data_actions, own.wildcard_data_resources), unread, bad=True))
    unbound = any(one.wide_resources for one in named)
    sheet.put(BOUND, _or_unknown(Known(False, via) if unbound else _bound(found.condition_bound, via), missing, bad=False))


def either(one: Maybe[bool], other: Maybe[bool]) -> Maybe[bool]:
    """True if either is, unknown if one is open and none is true."""
    for fact in (one, other):
        if isinstance(fact, Known) and fact.value:
            return fact
    return one if isinstance(one, Unknown) else other


def policy_facts(policy: Maybe[Policy], via: Provenance, sheet: FactSheet) -> None:
    """Sets `privilege.*` of a customer-managed policy."""
    sheet.not_applicable(INLINE, "a managed policy stands by itself", via)
    if isinstance(policy, Unknown):
        for name in (ADMIN, ESCALATION, WIDE_ACTIONS, WIDE_RESOURCES, BOUND):
            sheet.put(name, policy)
        return
    found = privilege_of([policy.value], via=via)
    sheet.put(ADMIN, found.admin)
    sheet.put(ESCALATION, found.escalation)
    sheet.put(WIDE_ACTIONS, found.wildcard_data_actions)
    sheet.put(WIDE_RESOURCES, found.wildcard_data_resources)
    sheet.put(BOUND, _bound(found.condition_bound, via))


def links(applied: Applied) -> tuple[Link, ...]:
    """What the principal attaches, and what it reads by what is written into it or into AWS-managed policies."""
    documents, attachments = applied.everything()
    everything = [one.value for one in (*documents, *(item.policy for item in attachments)) if isinstance(one, Known)]
    aws = tuple(one for one in applied.attached if one.by_aws)
    written, missing = _readable((*applied.inline, *_documents(aws)))
    named = _by_name(aws)
    reads = (*read_links(written, everything), *(link for one in named for link in whole_service(*one.reads)))
    unread = (Link(Rel.READS, "", missing),) if missing else ()
    return (*(Link(Rel.ATTACHES, one.arn) for one in applied.attached), *dict.fromkeys(reads), *unread)


def policy_links(policy: Maybe[Policy]) -> tuple[Link, ...]:
    """What a customer-managed policy lets its holders read."""
    return (Link(Rel.READS, "", policy),) if isinstance(policy, Unknown) else read_links([policy.value])


def _admin(documents: Iterable[Maybe[Policy]], attachments: Iterable[Managed], unresolved: Unknown | None, via: Provenance) -> Maybe[bool]:
    attached = tuple(attachments)
    if any(one.known is not None and one.known.admin for one in attached):
        return Known(True, via)
    policies, missing = _readable((*documents, *_documents(attached)))
    return _or_unknown(privilege_of(policies, via=via).admin, missing or unresolved, bad=True)


def _documents(attached: Iterable[Managed]) -> Iterator[Maybe[Policy]]:
    """The documents of attachments, without those that were not answered and are known by name."""
    return (one.policy for one in attached if isinstance(one.policy, Known) or one.known is None)


def _by_name(attached: Iterable[Managed]) -> list[KnownPolicy]:
    return [one.known for one in attached if isinstance(one.policy, Unknown) and one.known is not None]


def _within(boundary: Managed | None, admin: Maybe[bool], via: Provenance) -> Maybe[bool]:
    """A permissions boundary that does not allow everything leaves nobody an administrator."""
    if boundary is None or admin == Known(False, via):
        return admin
    allowed = _admin((), (boundary,), None, via)
    if isinstance(allowed, Known):
        return admin if allowed.value else Known(False, via)
    return allowed


def _readable(documents: Iterable[Maybe[Policy]]) -> tuple[list[Policy], Unknown | None]:
    found: list[Policy] = []
    missing: Unknown | None = None
    for one in documents:
        if isinstance(one, Unknown):
            missing = missing or one
        else:
            found.append(one.value)
    return found, missing


def _bound(fact: Fact[bool], via: Provenance) -> Maybe[bool]:
    # Where nothing is granted on data, every grant (there is none) is bound.
    return Known(True, via) if isinstance(fact, NotApplicable) else fact


def _or_unknown(fact: Maybe[bool], missing: Unknown | None, *, bad: bool) -> Maybe[bool]:
    """What the readable policies say: the bad answer stands whatever the others hold, the good one only if none is missing."""
    if missing is None or isinstance(fact, Unknown) or fact.value is bad:
        return fact
    return missing
