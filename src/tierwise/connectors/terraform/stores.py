"""What converters of AWS stores share: documented defaults, blocks, neighbours of a resource, encryption and policies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from tierwise.access.document import Policy
from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step, absent
from tierwise.connectors.terraform.policies import policy_at
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel

T = TypeVar("T")
U = TypeVar("U")
GIB: Final = 1024**3
LOCATED: Final = frozenset({"aws_s3_bucket", "aws_dynamodb_table"})
"""What a location may name."""


def mapped(fact: Maybe[T], make: Callable[[T], U]) -> Maybe[U]:
    """What a known value means."""
    return fact if isinstance(fact, Unknown) else Known(make(fact.value), fact.via)


def documented(planned: Planned, name: str, default: object) -> Provenance:
    """The provider's documentation of a default."""
    return Provenance(f"constant: Terraform AWS provider, {planned.type}: {name} is {str(default).lower()} by default")


def filled(planned: Planned, path: Sequence[Step], found: Maybe[T | None], default: T) -> Maybe[T]:
    """A value; where nobody wrote it, what the provider documents as its default."""
    if isinstance(found, Known):
        return Known(default, found.via) if found.value is None else Known(found.value, found.via)
    return Known(default, documented(planned, str(path[-1]), default)) if is_filled_in(planned, *path, found=found) else found


def is_filled_in(planned: Planned, *path: Step, found: Maybe[object]) -> bool:
    """Whether an argument of a new resource is unknown because nobody wrote it.

    Inside a block only where the block itself is written out: a dynamic block, or one given as a value, hides its arguments.
    """
    if isinstance(found, Known) or found.reason is not UnknownReason.KNOWN_AFTER_APPLY or not planned.is_new:
        return False
    root = planned.root
    if not root.is_configured or root.is_written(*path):
        return False
    return len(path) == 1 or (root.is_written(path[0]) and "references" not in (root.expression(*path[:-1]) or {}))


def number(planned: Planned, name: str, default: int) -> Maybe[int]:
    """A whole number or its documented default."""
    return filled(planned, (name,), planned.root.number(name), default)


def word(planned: Planned, name: str, default: str) -> Maybe[str]:
    """A text or its documented default."""
    return filled(planned, (name,), planned.root.text(name), default)


def switch(planned: Planned, block: str, name: str, *, absent_is: bool, default: bool) -> Maybe[bool]:
    """A switch inside a block; `absent_is` where there is no such block."""
    found = part(planned, block)
    if isinstance(found, Unknown) or found.value is None:
        return found if isinstance(found, Unknown) else Known(absent_is, found.via)
    return filled(planned, (block, 0, name), found.value.flag(name), default)


def part(planned: Planned, name: str) -> Maybe[Node | None]:
    """The one block of a name; None where a new resource has none written."""
    found = planned.root.block(name)
    if isinstance(found, Unknown) and is_filled_in(planned, name, found=found):
        return Known(None, found.via)
    return found


def texts(planned: Planned, *path: Step) -> tuple[tuple[str, ...], Unknown | None]:
    """The texts of a list that are known, and why there may be more."""
    found = planned.root.texts(*path)
    if isinstance(found, Unknown):
        return (), None if is_filled_in(planned, *path, found=found) else found
    return found.value.known, found.value.open


def neighbour(plan: Plan, planned: Planned, path: Sequence[Step], types: Iterable[str], keys: Sequence[str]) -> Planned | None:
    """The resource of this plan that an argument names: by reference, else by one of its known names."""
    wanted = tuple(types)
    way = plan.resolve(planned, planned.root, path, wanted)
    if isinstance(way, Resolved) and way.address in plan.by_address:
        return plan.by_address[way.address]
    named = planned.root.text(*path)
    if isinstance(named, Known) and named.value:
        same = [
            one
            for kind in wanted
            for one in plan.by_type.get(kind, ())
            if not one.is_gone and any(aws.text_or(one.root, key) == named.value for key in keys)
        ]
        return same[0] if len(same) == 1 else None
    return None


def named(plan: Plan, planned: Planned, path: Sequence[Step], kind: str, keys: Sequence[str]) -> tuple[tuple[Planned, ...], Unknown | None]:
    """The resources of this plan that an argument, or each member of a list, names; and why there may be more."""
    listed, via = planned.root.texts(*path), planned.at(*path)
    if isinstance(listed, Known):
        by_name = {
            name: one for one in plan.by_type.get(kind, ()) if not one.is_gone for key in keys if (name := aws.text_or(one.root, key))
        }
        lost = next((name for name in listed.value.known if name not in by_name), None)
        if listed.value.open is None:
            found = tuple(by_name[name] for name in listed.value.known if name in by_name)
            return found, Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, f"{kind} {lost} is not in this plan") if lost else None
    way = plan.resolve(planned, planned.root, path, {kind})
    match way:
        case Resolved(address=address):
            return (plan.by_address[address],), None
        case Unresolved(candidates=candidates, complete=complete, detail=detail):
            loose = None if complete and candidates else Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, detail)
            return tuple(plan.by_address[one] for one in candidates), loose
        case _:
            return (), listed if isinstance(listed, Unknown) else listed.value.open


def put_encryption(
    plan: Plan, planned: Planned, sheet: FactSheet, at_rest: Maybe[bool], key: Sequence[Step], *, without: str
) -> tuple[Link, ...]:
    """Encryption at rest and who controls the key; returns the link to the key."""
    sheet.put("encryption.at_rest", at_rest)
    if isinstance(at_rest, Unknown):
        sheet.put("encryption.key_custody", at_rest)
    elif not at_rest.value:
        sheet.not_applicable("encryption.key_custody", "not encrypted", at_rest.via)
        return ()
    else:
        sheet.put("encryption.key_custody", custody(plan, planned, key, without=without))
    return key_links(plan, planned, key)


def custody(plan: Plan, planned: Planned, key: Sequence[Step], *, without: str) -> AnyFact:
    """Who controls the key that an argument names, also inside a block; `without` is what naming none means."""
    found = planned.root.text(*key)
    if is_filled_in(planned, *key, found=found):
        return Known(without, documented(planned, str(key[-1]), without))
    return aws.custody(plan, planned, planned.root, key, without=without)


def key_links(plan: Plan, planned: Planned, key: Sequence[Step]) -> tuple[Link, ...]:
    """The link to the key that an argument names, also inside a block."""
    if is_filled_in(planned, *key, found=planned.root.text(*key)):
        return ()
    return aws.key_links(plan, planned, planned.root, key)


def each_link(plan: Plan, rel: Rel, planned: Planned, path: Sequence[Step], wanted: Iterable[str]) -> tuple[Link, ...]:
    """A link for each member of a list, those that only a reference names included."""
    known, still = texts(planned, *path)
    found = [Link(rel, one) for one in known]
    if still is None:
        return tuple(found)
    way = plan.resolve(planned, planned.root, path, wanted)
    if isinstance(way, Resolved):
        return (*found, Link(rel, plan.id_of(way.address)))
    if isinstance(way, Unresolved) and way.candidates:
        found += [Link(rel, plan.id_of(one)) for one in way.candidates]
        return tuple(found) if way.complete else (*found, Link(rel, "", Unknown(still.reason, still.via, way.detail)))
    return (*found, Link(rel, "", still))


def location(plan: Plan, rel: Rel, planned: Planned, path: Sequence[Step]) -> Iterator[Link]:
    """The link to the store at a location: a bucket for `s3://` (also in Hadoop's spellings), a table for DynamoDB."""
    found = planned.root.text(*path)
    if isinstance(found, Unknown):
        yield from plan.links(rel, planned, planned.root, path, LOCATED)
    elif found.value and (store := _store(found.value)):
        yield Link(rel, store)


def _store(place: str) -> str:
    scheme, separator, rest = place.partition("://")
    if separator and scheme in ("s3", "s3a", "s3n"):
        bucket = rest.split("/", 1)[0]
        return f"arn:aws:s3:::{bucket}" if bucket else ""
    return place if place.startswith("arn:") and ":dynamodb:" in place else ""


def policy_of(plan: Plan, planned: Planned, child: str, inline: str = "", attribute: str = "policy") -> Maybe[Policy | None]:
    """The resource policy: in a resource of its own, inline, or none; for what exists already the plan may not say."""
    children = plan.children(planned, child)
    if children.found:
        one = children.found[0]
        return policy_at(plan, one, one.root, attribute)
    if children.loose is not None:
        return children.loose
    if children.removed:
        return Known(None, children.removed[0].root.via)
    if inline and (planned.root.has(inline) or planned.root.is_written(inline)):
        return policy_at(plan, planned, planned.root, inline)
    if planned.is_new:
        return Known(None, planned.at(inline) if inline else planned.root.via)
    found = planned.root.get(inline) if inline else None
    if isinstance(found, Unknown):
        return found
    return elsewhere(planned, f"no {child} in it belongs to {planned.address}")


def put_policy(
    plan: Plan, planned: Planned, policy: Maybe[Policy | None], service: str, sheet: FactSheet, kind: Kind, *, endpoint: bool = True
) -> tuple[Grant, ...]:
    """Whom a resource policy lets in and what it asks of connections; returns its grants as evidence."""
    if endpoint:
        aws.put_endpoint(policy, service, policy.via, sheet, kind)
    return aws.put_audience(aws.audience(policy, service, plan.providers.account(planned), policy.via), sheet, kind)


def put_unlogged(sheet: FactSheet, doc: str) -> None:
    """The store keeps no record of its own of who reads and changes data."""
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, doc)


def elsewhere(planned: Planned, what: str) -> Unknown:
    """What a plan does not say of something that exists already."""
    return absent(planned.root.via, f"not in this plan: {what}")


def unless_new(planned: Planned, value: T, what: str) -> Maybe[T]:
    """What holds for a new resource; for one that exists, the plan does not say."""
    return Known(value, planned.root.via) if planned.is_new else elsewhere(planned, what)


def none_of(planned: Planned, why: str) -> NotApplicable:
    """Not applicable, told of the resource."""
    return NotApplicable(why, planned.root.via)


def keyed(plan: Plan, planned: Planned, key: Sequence[Step]) -> Maybe[bool]:
    """Whether an argument names a key, for services that encrypt only under one."""
    found = planned.root.text(*key)
    if isinstance(found, Known):
        return Known(found.value is not None, found.via)
    if is_filled_in(planned, *key, found=found):
        return Known(False, found.via)
    named = custody(plan, planned, key, without="provider-owned")
    return Known(True, found.via) if isinstance(named, Known) and named.value == "customer" else found
