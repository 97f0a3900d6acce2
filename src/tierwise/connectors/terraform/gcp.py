"""What the Google converters share: project, place, labels, key, defaults, and what holds for every store behind Google's APIs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.gcp_edge import edge
from tierwise.connectors.terraform.gcp_guard import audit_facts, oldest_tls
from tierwise.connectors.terraform.gcp_project import project_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import EMPTY_EVIDENCE, Evidence, Grant, Kind, Link, Rel, Resource

KEY: Final = "google_kms_crypto_key"
KEY_TYPES: Final = frozenset({KEY, f"{KEY}_version", f"data.{KEY}", f"data.{KEY}_version", "google_kms_key_handle"})
"""What a converter of stores under a key has to read."""
T = TypeVar("T")


def resource(
    plan: Plan,
    planned: Planned,
    kind: Kind,
    name: str,
    sheet: FactSheet,
    *,
    links: Iterable[Link] = (),
    aliases: Iterable[str] = (),
    description: str = "",
    grants: tuple[Grant, ...] = (),
    region: str | None = None,
    labels: tuple[Planned, Sequence[Step]] | None = None,
) -> Resource:
    """A resource with what every Google converter fills in alike; `labels` says where they stand, if not on the resource itself."""
    holder, path = labels or (planned, ("labels",))
    tags, unread = labels_of(plan, holder, path)
    every = (*aliases, *(text_or(planned.root, one) for one in ("id", "self_link")))
    made = plan.resource(planned, kind, name, sheet.facts, links=links, aliases=every, description=description, grants=grants)
    evidence = Evidence(description=description, unread=unread) if description or unread else EMPTY_EVIDENCE
    place = region_of(plan, planned) if region is None else region
    return replace(made, account=project_of(plan, planned), region=place, tags=tags, evidence=evidence)


def region_of(plan: Plan, planned: Planned) -> str:
    """The region, multi-region or `global` of a resource, in lower case; empty where the plan does not say."""
    for attribute in ("location", "region", "zone"):
        if own := text_or(planned.root, attribute):
            return gcp_terms.as_region(own)
        if planned.root.is_written(attribute):
            return ""
    for attribute in ("region", "zone"):
        given = plan.providers.setting(planned, attribute)
        if isinstance(given, str) and given:
            return gcp_terms.as_region(given)
    return ""


def labels_of(plan: Plan, planned: Planned, path: Sequence[Step]) -> tuple[Maybe[Mapping[str, str]], tuple[Unknown, ...]]:
    """The labels and what of them is not known: effective ones, else Terraform's, else the resource's own over the provider's defaults.

    The provider's defaults are for labels at the top of a resource alone (Terraform Google provider, provider reference, `default_labels`).
    """
    for name in ("effective_labels", "terraform_labels") if path == ("labels",) else ():
        every = planned.root.entries(name)
        if isinstance(every, Known) and every.value:
            return _labels(every.value, planned.at(name))
    own = planned.root.entries(*path)
    if isinstance(own, Unknown):
        # Where nobody wrote labels, those of the provider block are all that there can be.
        if not (planned.is_new and is_unwritten(planned.root, path)):
            return own, ()
        own = Known((), own.via)
    mine, unread = _labels(own.value, planned.at(*path))
    defaults = plan.providers.setting(planned, "default_labels") if path == ("labels",) else None
    if isinstance(defaults, Mapping) and isinstance(mine, Known):
        mine = Known({**{str(key): str(value) for key, value in defaults.items()}, **mine.value}, mine.via)
    return mine, unread


def _labels(entries: tuple[tuple[str, Maybe[object]], ...], via: Provenance) -> tuple[Maybe[Mapping[str, str]], tuple[Unknown, ...]]:
    known = {key: str(value.value) for key, value in entries if isinstance(value, Known) and value.value is not None}
    unread = tuple(value for _, value in entries if isinstance(value, Unknown))
    return (unread[0], ()) if unread and not known else (Known(known, via), unread)


def put_key(plan: Plan, planned: Planned, path: Sequence[Step], sheet: FactSheet, node: Node | None = None) -> tuple[Link, ...]:
    """Sets encryption at rest and the custody of its key; returns the link to the key."""
    root = node or planned.root
    sheet.constant("encryption.at_rest", True, gcp_terms.ENCRYPTED)
    sheet.put("encryption.key_custody", custody(plan, planned, root, path))
    return () if is_unwritten(root, path) else plan.links(Rel.USES_KEY, planned, root, path, KEY_TYPES)


def custody(plan: Plan, planned: Planned, node: Node, path: Sequence[Step]) -> AnyFact:
    """`encryption.key_custody` for a key argument: no key is Google's own, a reference to a key settles it before its name is known."""
    value, via = node.text(*path), node.at(*path)
    if isinstance(value, Known) and value.value:
        return Known("customer", via)
    if isinstance(value, Known) and not node.is_written(*path):
        return Known("provider-owned", Provenance(f"constant: {gcp_terms.ENCRYPTED}"))
    if is_unwritten(node, path):
        return Known("provider-owned", Provenance(f"constant: {gcp_terms.ENCRYPTED}"))
    way = plan.resolve(planned, node, path, KEY_TYPES)
    match way:
        case Resolved():
            return Known("customer", via)
        case Unresolved(candidates=candidates, complete=True) if candidates:
            return Known("customer", via)
    if isinstance(value, Known):
        return Known("provider-owned", Provenance(f"constant: {gcp_terms.ENCRYPTED}"))
    if isinstance(way, Unresolved):
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, way.detail, between=("provider-owned", "customer"))
    return Unknown(value.reason, via, value.detail, between=("provider-owned", "customer"))


def is_unwritten(node: Node, path: Sequence[Step]) -> bool:
    """Whether the configuration is at hand and says nothing for an argument.

    False inside a block that the plan does not show (an empty expression) or that is given as a value. A dynamic block leaves no trace in
    the configuration of a plan (seen with Terraform 1.11.4), so that one whose length is not known passes for a block that nobody wrote.
    """
    if not node.is_configured:
        return False
    for depth, step in enumerate(path):
        if not isinstance(step, str) or node.is_written(*path[: depth + 1]):
            continue
        above = path[:depth]
        # The arguments that a written block does not have; an empty expression is a block that the plan does not show.
        inside = node.expression(*above) if above else None
        return not above or (bool(inside) and "references" not in (inside or {}))
    return False


def or_default(planned: Planned, path: Sequence[Step], found: Maybe[T | None], default: T, doc: str) -> Maybe[T]:
    """A setting; where nobody wrote it, the default that is documented for new resources."""
    stands = Known(default, Provenance(f"constant: {doc}"))
    if isinstance(found, Known):
        if found.value is not None:
            return Known(found.value, found.via)
        if planned.is_new or planned.root.has(str(path[0])):
            return stands
        return Unknown(UnknownReason.NOT_COLLECTED, found.via, "not in this plan: its provider version does not show it")
    if planned.is_new and found.reason is UnknownReason.KNOWN_AFTER_APPLY and is_unwritten(planned.root, path):
        return stands
    return found


def flag(planned: Planned, *path: Step, default: bool, doc: str) -> Maybe[bool]:
    """A switch with its documented default."""
    return or_default(planned, path, planned.root.flag(*path), default, doc)


def number(planned: Planned, *path: Step, default: int, doc: str) -> Maybe[int]:
    """A whole number with its documented default."""
    return or_default(planned, path, planned.root.number(*path), default, doc)


def text(planned: Planned, *path: Step, default: str, doc: str) -> Maybe[str]:
    """A text with its documented default."""
    return or_default(planned, path, planned.root.text(*path), default, doc)


def blocks(planned: Planned, *path: Step) -> Maybe[tuple[Node, ...]]:
    """The blocks at a path; none where the provider would compute them because nobody wrote one."""
    found = planned.root.blocks(*path)
    if isinstance(found, Unknown) and planned.is_new and is_unwritten(planned.root, path):
        return Known((), found.via)
    if isinstance(found, Known) and not found.value and not planned.is_new and not planned.root.has(str(path[0])):
        return Unknown(UnknownReason.NOT_COLLECTED, found.via, "not in this plan: its provider version does not show it")
    return found


def put_api_store(plan: Plan, planned: Planned, service: str, sheet: FactSheet, kind: Kind) -> None:
    """Sets the network and TLS facts of a store that is reached through the public API endpoints of a service (`storage.googleapis.com`)."""
    gcp_terms.put_api_store(sheet, kind, oldest_tls(plan, planned), edge(plan, planned, service).inward)


def put_audit(plan: Plan, planned: Planned, service: str, sheet: FactSheet) -> None:
    """Sets whether reads and changes of data are recorded, from the data access audit logs of the project."""
    reads, writes = audit_facts(plan, planned, service)
    sheet.put("logging.data_read", reads)
    sheet.put("logging.data_write", writes)
