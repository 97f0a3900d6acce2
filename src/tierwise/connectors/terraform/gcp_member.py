"""Who a member of a planned IAM binding is, by its text or by what it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from tierwise.access import google_member
from tierwise.access.google_member import Home, Member
from tierwise.connectors.terraform.gcp_project import PROJECT, is_open, project_mark, same_project
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import Provenance, Unknown, UnknownReason

ACCOUNT: Final = "google_service_account"
_AGENTS: Final = frozenset(
    {
        "google_project_service_identity",
        "data.google_storage_project_service_account",
        "data.google_bigquery_default_service_account",
        "data.google_compute_default_service_account",
        "data.google_app_engine_default_service_account",
        "data.google_logging_project_cmek_settings",
        "data.google_project",
        PROJECT,
    }
)
"""What names a service account that Google made for a project."""
IDENTITIES: Final = frozenset({ACCOUNT, f"data.{ACCOUNT}"}) | _AGENTS


def members_at(plan: Plan, holder: Planned, node: Node, attribute: str, project: str) -> tuple[Member, ...]:
    """The members that an argument lists."""
    found = node.texts(attribute)
    via = node.at(attribute)
    if isinstance(found, Unknown):
        return tuple(_referred(plan, holder, node, attribute, project, found))
    known = tuple(read_member(plan, one, project, via) for one in found.value.known)
    if found.value.open is None:
        return known
    return (*known, *_referred(plan, holder, node, attribute, project, found.value.open))


def _referred(plan: Plan, holder: Planned, node: Node, attribute: str, project: str, why: Unknown) -> Iterator[Member]:
    """Members that are not known yet, by what they refer to."""
    way = plan.resolve(holder, node, (attribute,), IDENTITIES)
    addresses: tuple[str, ...] = ()
    if isinstance(way, Resolved):
        addresses = (way.address,)
    elif isinstance(way, Unresolved) and way.complete:
        addresses = way.candidates
    if not addresses:
        yield Member("open", why=Unknown(why.reason, why.via, why.detail or "a member is not known yet"))
    for address in addresses:
        yield replace(_identity(plan, address, project, why.via), identity=address)


def _identity(plan: Plan, address: str, project: str, via: Provenance) -> Member:
    target = plan.by_address.get(address)
    mine = same_project(plan, project, project_mark(plan, target)) if target is not None else None
    if mine:
        return Member("own", shown=address)
    if mine is False and target is not None and not is_open(plan, mark := project_mark(plan, target)):
        return Member("outside", who=mark, shown=address)
    return Member("perhaps", shown=address, why=_unsure(via, f"the project of {address}"))


def read_member(plan: Plan, text: str, project: str, via: Provenance) -> Member:
    """A member by its text."""
    return google_member.read_member(text, home_of(plan, project, via))


def home_of(plan: Plan, project: str, via: Provenance) -> Home:
    """What a plan knows of whose members are."""
    return Home(partial(same_project, plan, project), _of_no_domain, partial(_unsure, via))


def _of_no_domain(_domain: str) -> bool | None:
    """Whose a domain is, a plan never says."""
    return None


def _unsure(via: Provenance, what: str) -> Unknown:
    return Unknown(UnknownReason.OUT_OF_SCOPE, via, f"a plan does not say whether {what} is the organisation's own")
