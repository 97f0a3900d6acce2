"""Whom IAM lets into a resource, by its own policy and by those above it, and what Data Access audit logs record. Pure over documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from tierwise.access.google_iam import Binding, Policy, allowed, bindings_in, merged, put_audience
from tierwise.access.google_member import Home
from tierwise.access.google_roles import data_of
from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp import bound, tags
from tierwise.connectors.gcp.above import domain_of, levels_of
from tierwise.connectors.gcp.place import Place
from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind

_WHOLE: Final = "allServices"
PLACE: Final = "place"
"""The name under which a draft keeps whose it is and when the run began."""


def home_of(place: Place, domain: Maybe[str], via: Provenance) -> Home:
    """What is known of whose members are: the project, and the organisation's primary domain where it could be read."""

    def has_domain(named: str) -> bool | None:
        return True if isinstance(domain, Known) and domain.value and named == domain.value else None

    def unsure(what: str) -> Unknown:
        if not what.startswith("the domain"):
            return Unknown(UnknownReason.OUT_OF_SCOPE, via, f"whether {what} is the organisation's own is not told by IAM")
        if isinstance(domain, Unknown):
            return domain
        primary = f"the organisation's primary domain is {domain.value}" if domain.value else "the project is in no organisation"
        return Unknown(UnknownReason.OUT_OF_SCOPE, via, f"{primary}; whether {what} is its own too is not told by IAM")

    return Home(partial(_has_project, place), has_domain, unsure)


def _has_project(place: Place, named: str) -> bool | None:
    if place.has_project(named):
        return True
    # A project by number, where only the id is known, could be the own one.
    return None if named.isdecimal() and not place.number else False


def own_policy(draft: Draft, read: Read, above: Read, place: Place) -> Policy:
    """The bindings of a resource's own IAM policy."""
    document = draft.doc(read)
    return policy_in(draft, document, home_of(place, domain_of(draft.doc(above)), document.via))


def policy_in(draft: Draft, document: Maybe[Doc | None], home: Home) -> Policy:
    """The bindings of a policy as a service gave it, as far as the draft's tags leave them; of one that could not be read, that there may be any."""
    if isinstance(document, Unknown):
        return Policy((), document, document.via)
    every = tuple(bindings_in(document.value or {}, home, document.via, tags.held(draft)))
    bindings = tuple(one for one in every if isinstance(one, Binding))
    return Policy(bindings, next((one for one in every if isinstance(one, Unknown)), None), document.via)


def inherited(draft: Draft, above: Read, place: Place, service: str) -> Policy:
    """The bindings above it that reach the data of a service; what could not be read of them may hold more."""
    levels = levels_of(draft.doc(above))
    if isinstance(levels, Unknown):
        return Policy((), levels, levels.via)
    found: list[Binding] = []
    more: Unknown | None = None
    for _node, told in levels.value:
        if isinstance(told, Unknown):
            more = more or told
            continue
        policy = resolved(draft, policy_in(draft, told, home_of(place, domain_of(draft.doc(above)), told.via)))
        more = more or policy.more
        found += [one for one in policy.bindings if _reaches(one, service)]
    return Policy(tuple(found), more, levels.via)


def _reaches(binding: Binding, service: str) -> bool:
    gives = allowed(binding, service)
    return any(isinstance(one, Unknown) or one.value for one in gives) and not _elsewhere(binding, service)


def _elsewhere(binding: Binding, service: str) -> bool:
    """Whether a predefined role is another service's: what is not in the list of a service's own roles gives nothing of it."""
    name = binding.role.value if isinstance(binding.role, Known) else ""
    return name.startswith("roles/") and data_of(service, name) == (None, None) and name.removeprefix("roles/").partition(".")[0] != service


def resolved(draft: Draft, policy: Policy) -> Policy:
    """A policy whose bindings of custom roles know what these permit, as far as it was read."""
    known = tuple(
        one
        if isinstance(one.role, Unknown) or (permits := bound.permits_in(draft, one.role.value)) is None
        else replace(one, permits=permits)
        for one in policy.bindings
    )
    return replace(policy, bindings=known)


def everyone(draft: Draft, service: str, own: Policy, above: Read, place: Place) -> Policy:
    """The bindings of a resource and those above it that reach its data."""
    return merged(resolved(draft, own), inherited(draft, above, place, service))


def put_reach(
    draft: Draft, sheet: FactSheet, kind: Kind, service: str, own: Policy, above: Read, place: Place, public: Maybe[bool] | None = None
) -> tuple[Grant, ...]:
    """Sets whom IAM lets in; returns the grants of the resource's own policy as evidence."""
    put_audience(everyone(draft, service, own, above, place), service, sheet, kind, public, bound.left_in(draft, service))
    return put_audience(own, service, FactSheet(), kind, public)


def audited(doc: Maybe[Doc | None], service: str, log: str) -> Maybe[bool]:
    """Whether Data Access audit logs record a kind of access (`DATA_READ`) to a service, by the configurations of all levels together.

    Log types and exemptions of all levels add up (Cloud Audit Logs documentation, "Configure Data Access audit logs").
    """
    levels = levels_of(doc)
    if isinstance(levels, Unknown):
        return levels
    on: Provenance | None = None
    for _node, told in levels.value:
        if isinstance(told, Unknown):
            return told
        logs = _logs(told, service)
        if isinstance(logs, Unknown):
            return logs
        for one in logs.value:
            kind = fields.word(fields.inner(logs, one), "logType")
            if isinstance(kind, Unknown):
                return kind
            if kind.value == log:
                if one.get("exemptedMembers"):
                    return Unknown(UnknownReason.NOT_SUPPORTED, told.via, "some principals are exempted")
                on = on or told.via
    return Known(on is not None, on or levels.via)


def _logs(policy: Maybe[Doc | None], service: str) -> Maybe[list[Mapping[str, object]]]:
    """What the configurations of a level that speak of a service have recorded; unknown where one is none."""
    configs = fields.items(policy, "auditConfigs", because=gcp_terms.NO_LIST)
    if isinstance(configs, Unknown):
        return configs
    found: list[Mapping[str, object]] = []
    for config in configs.value:
        whose = fields.word(fields.inner(configs, config), "service")
        logs = fields.items(fields.inner(configs, config), "auditLogConfigs", because=gcp_terms.NO_LIST)
        if isinstance(whose, Unknown) or isinstance(logs, Unknown):
            return whose if isinstance(whose, Unknown) else logs
        found += logs.value if whose.value in (service, _WHOLE) else ()
    return Known(found, policy.via)


def put_recorded(draft: Draft, sheet: FactSheet, above: Read, service: str) -> None:
    """Sets whether reads and changes of data are recorded."""
    doc = draft.doc(above)
    sheet.put("logging.data_read", audited(doc, service, "DATA_READ"))
    sheet.put("logging.data_write", audited(doc, service, "DATA_WRITE"))


def place_in(draft: Draft) -> Place:
    """The project that a draft was surveyed in."""
    kept = draft.docs.get(PLACE)
    found = kept.value.get("place") if isinstance(kept, Known) and kept.value else None
    return found if isinstance(found, Place) else Place(draft.resource.account)
