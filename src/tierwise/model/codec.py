"""Resources, facts and gaps as plain JSON values and back: the shape of the machine contract and of saved inventories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

import msgspec

from tierwise.model.change import Action, Change, Part
from tierwise.model.content import NOT_SAMPLED, Depth, Found, Look, Sampled
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import UNLIMITED, AnyFact, Facts, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason, Value
from tierwise.model.resource import (
    EMPTY_EVIDENCE,
    FACTS,
    Column,
    Evidence,
    FactUpdate,
    Gap,
    Grant,
    Inherited,
    Kind,
    Link,
    ReadOutcome,
    RegionStatus,
    Rel,
    Resource,
)
from tierwise.model.vocabulary import check_fact, find_spec

INVENTORY_SCHEMA: Final = "tierwise/inventory/1"
SCAN_SCHEMA: Final = "tierwise/scan/1"


def value_out(value: Value) -> Any:
    """A fact's value as JSON: sets as sorted lists, unlimited as a word."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, float):
        return "unlimited" if value == UNLIMITED else int(value) if value.is_integer() else value
    return value


def value_in(value: Any, *, number: bool = False) -> Value:
    """The reverse; TypeError for what no fact holds."""
    if isinstance(value, list):
        return frozenset(str(one) for one in value)
    if number and value == "unlimited":
        return UNLIMITED
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no fact holds {type(value).__name__}")


def unknown_out(fact: Unknown) -> dict[str, Any]:
    """An unknown with what is known of it."""
    out: dict[str, Any] = {"unknown": fact.reason, "via": fact.via.via}
    if fact.via.action:
        out["action"] = fact.via.action
    if fact.detail:
        out["detail"] = fact.detail
    if fact.between is not None:
        out["between"] = [value_out(bound) for bound in fact.between]
    if fact.includes:
        out["includes"] = sorted(fact.includes)
    return out


def fact_out(fact: AnyFact) -> dict[str, Any]:
    """A fact in the contract's shape."""
    if isinstance(fact, Known):
        via, value = fact.via, fact.value
        if isinstance(value, frozenset | float):
            value = value_out(value)
        out = {"value": value, "via": via.via, "action": via.action} if via.action else {"value": value, "via": via.via}
    else:
        out = unknown_out(fact) if isinstance(fact, Unknown) else {"not-applicable": fact.because, "via": fact.via.via}
    if fact.via.as_of:
        out["as_of"] = fact.via.as_of
    return out


def unknown_in(data: Mapping[str, Any], *, number: bool = False) -> Unknown:
    """The reverse of `unknown_out`; `number`: bounds may be unlimited."""
    via = Provenance(str(data.get("via", "")), str(data.get("action", "")), str(data.get("as_of", "")))
    bounds = data.get("between")
    between = (value_in(bounds[0], number=number), value_in(bounds[1], number=number)) if bounds else None
    includes = frozenset(str(one) for one in data.get("includes") or ())
    return Unknown(UnknownReason(data["unknown"]), via, str(data.get("detail", "")), between, includes)


@lru_cache(maxsize=1 << 14)
def _via(via: str, action: str, as_of: str) -> Provenance:
    """One object for all facts that come from there."""
    return Provenance(via, action, as_of)


@lru_cache(maxsize=1 << 14, typed=True)
def _known(name: str, value: bool | int | float | str, via: tuple[str, str, str], kind: Kind | None) -> AnyFact:
    """One object for all resources of a kind that have it; ValueError or TypeError where the vocabulary has no such fact."""
    return _checked(name, Known(value_in(value, number=_is_number(name)), _via(*via)), kind)


def _is_number(name: str) -> bool:
    spec = find_spec(name)
    return spec is not None and spec.type.value == "int"


def _checked(name: str, fact: AnyFact, kind: Kind | None) -> AnyFact:
    wrong = check_fact(name, fact, kind) if kind is not None else ""
    if wrong:
        raise ValueError(wrong)
    return fact


def fact_in(name: str, data: Mapping[str, Any], kind: Kind | None) -> AnyFact:
    """A fact from its JSON; ValueError, TypeError or KeyError where it is none or breaks the vocabulary (which takes the kind of its resource)."""
    via = str(data.get("via", "")), str(data.get("action", "")), str(data.get("as_of", ""))
    if "value" not in data:
        unknown = "unknown" in data
        fact = unknown_in(data, number=_is_number(name)) if unknown else NotApplicable(str(data["not-applicable"]), _via(*via))
        return _checked(name, fact, kind)
    value = data["value"]
    if isinstance(value, bool | int | float | str):
        return _known(name, value, via, kind)
    return _checked(name, Known(value_in(value), _via(*via)), kind)


def facts_out(facts: Facts) -> Any:
    """Facts by name, in the order of their names."""
    return {name: fact_out(fact) for name, fact in sorted(facts.items())}


def facts_json(facts: Facts) -> Any:
    """The same for a JSON encoder, which finds it written; as it is where it cannot be written as it is."""
    known, written = zip(facts, FACTS.numbers(facts), strict=True), _WRITTEN
    try:
        made = [(name, written.get(number) or _fact_json(name, facts[name], number)) for name, number in known]
    except UnicodeEncodeError:
        return facts_out(facts)
    made.sort()
    return msgspec.Raw(b"{%s}" % b",".join([text for _, text in made]))


_WRITTEN: Final[dict[int, bytes]] = {}
"""What many resources have alike, by its number."""


def _fact_json(name: str, fact: AnyFact, number: int) -> bytes:
    made = b"%s:%s" % (msgspec.json.encode(name), msgspec.json.encode(fact_out(fact)))
    if number:
        _WRITTEN[number] = made
    return made


def link_out(link: Link) -> dict[str, Any]:
    """A link; one that could not be read says why."""
    out: dict[str, Any] = {"rel": link.rel, "to": link.to}
    if link.waits:
        out["waits"] = True
    return {**out, **unknown_out(link.unknown)} if link.unknown else out


def link_in(data: Mapping[str, Any]) -> Link:
    """The reverse of `link_out`."""
    return Link(Rel(data["rel"]), str(data["to"]), unknown_in(data) if "unknown" in data else None, waits=bool(data.get("waits")))


def tags_out(tags: Maybe[Mapping[str, str]]) -> Any:
    """Tags as a mapping; where they could not be read, why."""
    return dict(tags.value) if isinstance(tags, Known) else unknown_out(tags)


def found_out(one: Found) -> dict[str, Any]:
    """What a detector found inside a store: counts and a place."""
    told = asdict(one.detection)
    return {
        **told,
        "strength": one.detection.strength.value,
        "evidence": list(one.detection.evidence),
        "place": one.place,
        "objects": one.objects,
    }


def _found_in(data: Mapping[str, Any]) -> Found:
    column = data.get("column")
    hits, checked, synthetic, distinct = (int(data[name]) for name in ("hits", "checked", "synthetic", "distinct"))
    evidence = tuple(str(one) for one in data.get("evidence") or ())
    detection = Detection(
        str(data["detector"]), None if column is None else str(column), hits, checked, synthetic, distinct,
        float(data["confidence"]), Strength(data["strength"]), float(data.get("chance", 0.0)), evidence,
    )  # fmt: skip
    return Found(detection, str(data["place"]), int(data["objects"]))


def _sampled_in(data: Mapping[str, Any]) -> Sampled:
    people = tuple((str(detector), int(count)) for detector, count in data.get("people") or ())
    return Sampled(int(data.get("rows") or 0), int(data.get("signs") or 0), people)


def look_out(one: Look) -> dict[str, Any]:
    """What came of looking into a store."""
    told = {**asdict(one), "depth": one.depth.value, "read": dict(one.read), "unread": dict(one.unread)}
    return {**told, "found": [found_out(part) for part in one.found], "refused": one.refused or None, "blocked": one.blocked or None}


def resource_out(resource: Resource, facts: Callable[[Facts], Any] = facts_out) -> dict[str, Any]:
    """A resource without its classification; `facts` is how its facts are told where others have them too, as hardly any have what a plan says of one."""
    out: dict[str, Any] = {
        "id": resource.id,
        "kind": resource.kind,
        "type": resource.type,
        "provider": resource.provider,
        "account": resource.account,
        "region": resource.region,
        "name": resource.name,
        "address": resource.address,
        **_tags_out(resource.tags),
        "facts": facts(resource.facts) if resource.address is None else facts_out(resource.facts),
        "links": [link_out(link) for link in resource.links],
    }
    if resource.aliases:
        out["aliases"] = list(resource.aliases)
    if resource.unit:
        out["unit"] = resource.unit
    if resource.existing:
        out["existing"] = True
    evidence = resource.evidence
    if evidence is not EMPTY_EVIDENCE and evidence != EMPTY_EVIDENCE:
        out["evidence"] = {
            "description": evidence.description,
            "columns": [_column_out(column) for column in evidence.columns],
            "unread": [unknown_out(one) for one in evidence.unread],
            "external": list(evidence.external),
        }
        if evidence.found:
            out["evidence"]["found"] = [found_out(one) for one in evidence.found]
        if evidence.looked is not Depth.METADATA:
            out["evidence"]["looked"] = evidence.looked.value
        if evidence.sampled != NOT_SAMPLED:
            out["evidence"]["sampled"] = asdict(evidence.sampled)
        if evidence.rows:
            out["evidence"]["rows"] = [list(one) for one in evidence.rows]
        if evidence.inherited:
            out["evidence"]["inherited"] = [_inherited_out(one) for one in evidence.inherited]
    return out


def _column_out(column: Column) -> list[object]:
    """Table, name and type; then whether it is of the key and its labels, where there is either."""
    plain: list[object] = [column.table, column.name, column.type]
    return [*plain, column.key, *column.labels] if column.key or column.labels else plain


def _column_in(told: Sequence[object]) -> Column:
    table, name, declared, *more = told
    return Column(str(table), str(name), str(declared), bool(more and more[0]), tuple(str(one) for one in more[1:]))


def _tags_out(tags: Maybe[Mapping[str, str]]) -> dict[str, Any]:
    return {"tags": None, "tags_unknown": unknown_out(tags)} if isinstance(tags, Unknown) else {"tags": dict(tags.value)}


def _tags_in(data: Mapping[str, Any]) -> Maybe[Mapping[str, str]]:
    if "tags_unknown" in data:
        return unknown_in(data["tags_unknown"])
    return Known({str(k): str(v) for k, v in (data.get("tags") or {}).items()})


def _inherited_out(one: Inherited) -> dict[str, Any]:
    return {"source": one.source, **_tags_out(one.tags)}


def resource_in(data: Mapping[str, Any]) -> Resource:
    """A resource from its JSON; what a judgement derived is left out, since the next derives it anew. ValueError, TypeError or KeyError where it is none."""
    kind = Kind(data["kind"])
    facts: dict[str, AnyFact] = {}
    for name, fact in (data.get("facts") or {}).items():
        spec = find_spec(name)
        if spec is None or not spec.derived or not str(fact.get("via", "")).startswith("derived:"):
            facts[name] = fact_in(name, fact, kind)
    told = data.get("evidence") or {}
    evidence = Evidence(
        str(told.get("description", "")),
        tuple(_column_in(column) for column in told.get("columns") or ()),
        tuple(unknown_in(one) for one in told.get("unread") or ()),
        tuple(str(one) for one in told.get("external") or ()),
        tuple(_found_in(one) for one in told.get("found") or ()),
        tuple((str(table), int(count)) for table, count in told.get("rows") or ()),
        tuple(Inherited(str(one["source"]), _tags_in(one)) for one in told.get("inherited") or ()),
        Depth(told.get("looked") or Depth.METADATA),
        _sampled_in(told.get("sampled") or {}),
    )
    address = data.get("address")
    return Resource(
        id=str(data["id"]),
        kind=kind,
        type=str(data.get("type", "")),
        provider=str(data["provider"]),
        account=str(data.get("account") or ""),
        region=str(data.get("region") or ""),
        name=str(data.get("name") or ""),
        address=None if address is None else str(address),
        tags=_tags_in(data),
        facts=facts,
        links=tuple(link_in(link) for link in data.get("links") or ()),
        aliases=tuple(str(one) for one in data.get("aliases") or ()),
        evidence=evidence,
        unit=str(data.get("unit") or ""),
        existing=bool(data.get("existing")),
    )


def earlier_out(change: Change) -> dict[str, Any]:
    """What a plan does to a resource that is there, with the resource as it is before."""
    return {
        "resource": change.resource,
        "action": change.action.value,
        "before": resource_out(change.before),
        "destroys": change.destroys,
        "previous_address": change.previous_address,
        "parts": [[part.address, part.type, part.action.value] for part in change.parts],
        "detail": change.detail,
    }


def earlier_in(data: Mapping[str, Any]) -> Change:
    """The reverse of `earlier_out`; ValueError, TypeError or KeyError where it is none."""
    return Change(
        resource=str(data["resource"]),
        action=Action(data["action"]),
        before=resource_in(data["before"]),
        destroys=bool(data.get("destroys")),
        previous_address=str(data.get("previous_address") or ""),
        parts=tuple(Part(str(address), str(kind), Action(action)) for address, kind, action in data.get("parts") or ()),
        detail=str(data.get("detail") or ""),
    )


def gap_out(gap: Gap) -> dict[str, Any]:
    """A gap."""
    return {
        "provider": gap.provider,
        "account": gap.account,
        "region": gap.region,
        "service": gap.service,
        "reason": gap.reason,
        "action": gap.action,
        "detail": gap.detail,
        "kinds": sorted(kind.value for kind in gap.kinds),
        "expected": gap.expected,
    }


def gap_in(data: Mapping[str, Any]) -> Gap:
    """The reverse of `gap_out`."""
    provider, account, region, service, reason, action, detail = (
        str(data.get(key) or "") for key in ("provider", "account", "region", "service", "reason", "action", "detail")
    )
    kinds = frozenset(Kind(kind) for kind in data.get("kinds") or ())
    # What a profile expects of an account is judged again; what a plan cannot hold, which names no account, is expected for good.
    return Gap(provider, account, region, service, reason, action, detail, kinds, expected=bool(data.get("expected")) and not account)


def outcome_out(outcome: ReadOutcome) -> list[Any]:
    """A read's outcome, in short."""
    told: list[Any] = [outcome.account, outcome.region, outcome.operation, outcome.outcome, outcome.resource, outcome.count]
    return [*told, outcome.shared] if outcome.shared else told


def outcome_in(data: list[Any]) -> ReadOutcome:
    """The reverse of `outcome_out`."""
    account, region, operation, outcome, resource, count, *shared = data
    return ReadOutcome(str(account), str(region), str(operation), str(outcome), str(resource), int(count), *(str(one) for one in shared))


def region_out(status: RegionStatus) -> dict[str, str]:
    """A region that is closed to the scan."""
    return {"provider": status.provider, "account": status.account, "region": status.region, "status": status.status, "via": status.via}


def region_in(data: Mapping[str, Any]) -> RegionStatus:
    """The reverse of `region_out`."""
    return RegionStatus(*(str(data.get(key) or "") for key in ("provider", "account", "region", "status", "via")))


def grant_out(grant: Grant) -> dict[str, Any]:
    """A grant, as evidence."""
    return {
        "principal": grant.principal,
        "actions": list(grant.actions),
        "resources": list(grant.resources),
        "effect": grant.effect,
        "conditioned": grant.conditioned,
        "via": [grant.via.via, grant.via.action],
    }


def grant_in(data: Mapping[str, Any]) -> Grant:
    """The reverse of `grant_out`."""
    via, action = data["via"]
    return Grant(
        str(data["principal"]),
        tuple(str(one) for one in data["actions"]),
        tuple(str(one) for one in data["resources"]),
        str(data["effect"]),
        bool(data["conditioned"]),
        Provenance(str(via), str(action)),
    )


def update_out(update: FactUpdate) -> dict[str, Any]:
    """What stage 2 read of a resource."""
    out: dict[str, Any] = {"resource": update.resource, "facts": {name: fact_out(fact) for name, fact in update.facts.items()}}
    if update.grants:
        out["grants"] = [grant_out(one) for one in update.grants]
    if update.links is not None:
        out["links"] = [link_out(one) for one in update.links]
    return out


def update_in(data: Mapping[str, Any]) -> FactUpdate:
    """The reverse of `update_out`."""
    facts = {str(name): fact_in(name, fact, None) for name, fact in data["facts"].items()}
    links = tuple(link_in(one) for one in data["links"]) if "links" in data else None
    return FactUpdate(str(data["resource"]), facts, tuple(grant_in(one) for one in data.get("grants") or ()), links)
