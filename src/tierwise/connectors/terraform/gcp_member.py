"""Who a member of an IAM binding is: everybody, the project's own, another project's, or someone of whom the plan does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

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
_OF_PROJECT: Final = re.compile(r"serviceAccount:[^@]+@([a-z0-9.:-]+)\.iam\.gserviceaccount\.com\Z")
_APP_ENGINE: Final = re.compile(r"serviceAccount:([a-z0-9.:-]+)@appspot\.gserviceaccount\.com\Z")
_WORKLOAD: Final = re.compile(r"serviceAccount:([a-z0-9.:-]+)\.svc\.id\.goog\[")
_CONVENIENCE: Final = re.compile(r"project(?:Owner|Editor|Viewer):(.+)\Z")
_CONSUMER: Final = frozenset({"gmail.com", "googlemail.com"})
_GOOGLE: Final = re.compile(
    r"gcp-sa-|gs-project-accounts|bigquery-encryption|compute-system|container-engine-robot|cloudbuild|system|cloudservices"
)
Kinds = Literal["anyone", "authenticated", "own", "outside", "perhaps", "nobody", "open"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member."""

    kind: Kinds
    who: str = ""
    """The project or domain, where it is outside for certain."""
    shown: str = ""
    """The member as evidence: of a person or group only the domain."""
    identity: str = field(repr=False, default="")
    """What tells members apart; never shown, for it may be a person's address."""
    why: Unknown | None = None
    """For `perhaps` (whether it is the organisation's own is not known) and `open` (it may be anybody)."""


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
    return replace(_read(plan, text, project, via), identity=text)


def _read(plan: Plan, text: str, project: str, via: Provenance) -> Member:
    if text == "allUsers":
        return Member("anyone", shown=text)
    if text == "allAuthenticatedUsers":
        return Member("authenticated", shown=text)
    if text.startswith("deleted:"):
        return Member("nobody", shown="deleted")
    for pattern in (_OF_PROJECT, _APP_ENGINE, _WORKLOAD, _CONVENIENCE):
        if (match := pattern.match(text)) and not _GOOGLE.match(match[1]):
            return _of_project(plan, match[1], project, text, via)
    kind, _, rest = text.partition(":")
    if kind in ("user", "group", "domain"):
        domain = rest.rpartition("@")[2].lower()
        shown = f"{kind}:{domain}"
        if domain in _CONSUMER:
            return Member("outside", who=domain, shown=shown)
        return Member("perhaps", shown=shown, why=_unsure(via, f"the domain {domain}"))
    return Member("perhaps", shown=text, why=_unsure(via, "the project of a service agent or identity pool"))


def _of_project(plan: Plan, named: str, project: str, text: str, via: Provenance) -> Member:
    mine = same_project(plan, project, named)
    if mine is None:
        return Member("perhaps", shown=text, why=_unsure(via, f"the project {named}"))
    return Member("own", shown=text) if mine else Member("outside", who=named, shown=text)


def _unsure(via: Provenance, what: str) -> Unknown:
    return Unknown(UnknownReason.OUT_OF_SCOPE, via, f"a plan does not say whether {what} is the organisation's own")
