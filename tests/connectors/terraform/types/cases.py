"""What one argument means, said in a line: known, unknown, absent and sensitive; and which parts a resource has elsewhere.

A test module of `types/` lists its `CASES` and `PARTS`; `test_cases.py` and `test_joins.py` run them all.
"""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from tests.connectors.terraform import types
from tests.connectors.terraform.gcp_plans import PROJECT, GooglePlan
from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.connectors.terraform.converter import joins
from tierwise.connectors.terraform.flows import FLOWS
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.providers import CLOUDS, cloud_of
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Resource

NA: Final = "not-applicable"
"""Expected where the question makes no sense."""
GONE: Final = "no resource"
"""Expected where the resource is part of another one, or nothing that is judged."""
UNSAID: Final = UnknownReason.NOT_COLLECTED
"""Expected where the plan does not tell."""
_OPEN: Final = ref("local.open")
"""What an unknown argument refers to: nothing that the plan explains."""


@dataclass(frozen=True, slots=True)
class Case:
    """What an argument of some types means for a fact, or for the links of a relation (`copy-of`)."""

    types: str | tuple[str, ...]
    path: str
    """`versioning.0.enabled`"""
    fact: str
    known: Mapping[Any, object] | Sequence[tuple[Any, object]]
    """Values, and what the fact is then: a value, `NA`, or why it is unknown; for a relation the tuple of what the links lead to."""
    absent: object
    """What the fact is where nobody writes the argument."""
    having: Mapping[str, Any] = field(default_factory=dict)
    """Other arguments."""
    of: str = ""
    """The parent's type, where the argument is one of a part that stands elsewhere and the fact one of the parent."""
    unknown: object = None
    """What the fact is where the argument itself is not known yet, if not unknown."""
    sensitive: object = None
    """What the fact is where the argument is sensitive, if not redacted."""
    bare: object = None
    """What the fact is where a block around the argument is not there at all, if something else than `absent`; a list for each from outside."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Other arguments of the parent."""
    also: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Further parts of the parent, by type, without which the argument changes nothing."""

    @property
    def each_type(self) -> tuple[str, ...]:
        """The types as a tuple."""
        return (self.types,) if isinstance(self.types, str) else self.types

    @property
    def values(self) -> tuple[tuple[Any, object], ...]:
        """The known values with what they mean."""
        return tuple(self.known.items() if isinstance(self.known, Mapping) else self.known)

    @property
    def steps(self) -> tuple[str | int, ...]:
        """The path step by step."""
        return steps_of(self.path)


@dataclass(frozen=True, slots=True)
class Seen:
    """The resource by which one sees what a parent says that is none itself: a security group, a resource group."""

    type: str
    attribute: str
    """By which it names the parent; empty where the parent names it."""
    having: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    """The parent's attribute that names it by its id."""
    between: tuple[str, str, str] | None = None
    """The type that stands between the two and names both, with its attributes for this one and for the parent."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that stands elsewhere, with arguments that tell something of its parent."""

    types: str | tuple[str, ...]
    of: str | tuple[str, ...] = ()
    """The parents' types; none for every parent that has such a part."""
    having: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    """What follows the parent's name where the part names it: `/blobServices/default`."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the parent."""
    seen: Seen | None = None
    also: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Further parts, by type, without which this one changes nothing."""
    lone: bool = False
    """Whether the parent speaks for its whole account, so that there is no other one beside it."""


def policy(principal: object = "*", action: str = "*", effect: str = "Allow", **more: object) -> str:
    """A policy of one statement; `111111111111` is the account of the plans."""
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


OTHER: Final = policy({"AWS": "222222222222"})
"""A policy that lets in another account."""


def iam_cases(base: str, *, of: str = "", part: bool = False) -> Iterator[Case]:
    """Who is let in by the three forms in which Google's resources take IAM bindings; a `part` of something that is not in the plan has more.

    `of` is the type whose resource they let into, where it is not the one that they are named for.
    """
    who, out = "serviceAccount:app@elsewhere-prod.iam.gserviceaccount.com", "elsewhere-prod"
    found: object = at_least(out) if part else frozenset({out})
    rest: dict[str, Any] = {"absent": UNSAID, "unknown": UNSAID, "sensitive": UNSAID} if part else {"absent": frozenset()}
    fact, role = "access.external_principals", {"role": "roles/viewer"}
    yield Case(f"{base}_iam_member", "member", fact, {who: found}, having=role, of=of or base, **rest)
    yield Case(f"{base}_iam_binding", "members", fact, [([who], found)], having=role, of=of or base, **rest)
    bound = [([{"title": "t", "expression": "e"}], True), ([], False)]
    for form, whom in (("member", {"member": who}), ("binding", {"members": [who]})):
        unmet: dict[str, Any] = {"known": [([], False)], "unknown": UNSAID, "sensitive": UNSAID} if part else {"known": bound}
        yield Case(
            f"{base}_iam_{form}", "condition", "access.external_conditioned", having=role | whom, of=of or base, absent=False, **unmet
        )
    bindings = json.dumps({"bindings": [{"role": "roles/viewer", "members": [who]}]})
    yield Case(f"{base}_iam_policy", "policy_data", fact, {bindings: found}, absent=UNSAID if part else frozenset(), of=of or base)


@cache
def listed() -> tuple[tuple[Case, ...], tuple[Part, ...]]:
    """The cases and the parts of every test module."""
    cases: list[Case] = []
    parts: list[Part] = []
    for module in sorted({one.name for one in pkgutil.iter_modules(types.__path__)} - {"cases", "test_cases", "test_joins"}):
        found = importlib.import_module(f"{types.__name__}.{module}")
        cases += getattr(found, "CASES", ())
        parts += getattr(found, "PARTS", ())
    return (*cases, *_flows()), tuple(parts)


def _flows() -> Iterator[Case]:
    """What carries data from store to store: where it leads is a link of the store that holds it."""
    other = "the-other-end"
    for flow in FLOWS:
        path = ".".join(str(step) for step in flow.to[0])
        for holder in sorted(flow.holders):
            yield Case(flow.child.type, path, flow.rel.value, {other: (other,)}, absent=(), of=holder)


@cache
def all_joins() -> tuple[tuple[str, Child], ...]:
    """Every parent type with every type that names it, once."""
    found = dict.fromkeys((parent, child) for parents, children in joins(CLOUDS) for parent in sorted(parents) for child in children)
    return tuple(found)


def join_of(parent: str, child: str) -> Child:
    """How a type names its parent."""
    return next(one for kind, one in all_joins() if kind == parent and one.type == child)


def builder_for(kind: str) -> PlanBuilder:
    """An empty plan under the provider of a type, whose account is known."""
    plan: PlanBuilder = GooglePlan() if cloud_of(kind) == "gcp" else PlanBuilder()
    if cloud_of(kind) == "aws":
        plan.add("aws_caller_identity", "here", {"account_id": "111111111111"}, mode="data", actions=("read",))
    return plan


def add(plan: PlanBuilder, kind: str, name: str, values: Mapping[str, Any], **more: Any) -> str:
    """Add a resource whose configuration has what its values have, unless `expressions` says more."""
    written = {argument: _written(value) for argument, value in values.items() if value is not None}
    _merge(written, more.pop("expressions", {}))
    provider = "google" if cloud_of(kind) == "gcp" else "aws"
    return plan.add(kind, name, values, expressions=written, provider=provider, **more)


def steps_of(path: str) -> tuple[str | int, ...]:
    """A path step by step."""
    return tuple(int(step) if step.isdecimal() else step for step in path.split("."))


def put(tree: Any, steps: Sequence[str | int], leaf: Any) -> Any:
    """The same values with a leaf at a path; blocks on the way are made."""
    if not steps:
        return leaf
    head, *rest = steps
    if isinstance(head, int):
        blocks = list(tree) if isinstance(tree, list) else []
        blocks += [{} for _ in range(head + 1 - len(blocks))]
        blocks[head] = put(blocks[head], rest, leaf)
        return blocks
    found = dict(tree) if isinstance(tree, Mapping) else {}
    found[head] = put(found.get(head), rest, leaf)
    return found


def reached(tree: Any, steps: Sequence[str | int]) -> Any:
    """The same values with the blocks on a path, empty where they were not there."""
    if not steps:
        return tree if tree is not None else {}
    head, *rest = steps
    if isinstance(head, int):
        blocks = list(tree) if isinstance(tree, list) else []
        blocks += [{} for _ in range(head + 1 - len(blocks))]
        blocks[head] = reached(blocks[head], rest)
        return blocks
    found = dict(tree) if isinstance(tree, Mapping) else {}
    found[head] = reached(found.get(head, [] if rest else None), rest)
    return found


def without(tree: Any, steps: Sequence[str | int]) -> Any:
    """The same values without a path; blocks on the way stay."""
    head, *rest = steps
    if isinstance(head, int):
        blocks = list(tree) if isinstance(tree, list) else [{}]
        return [without(block, rest) if number == head and rest else block for number, block in enumerate(blocks) if rest or number != head]
    found = dict(tree) if isinstance(tree, Mapping) else {}
    if rest:
        found[head] = without(found.get(head), rest)
    else:
        found.pop(head, None)
    return found


def unknown_at(steps: Sequence[str | int]) -> dict[str, Any]:
    """The arguments of `add` that leave a path open until apply."""
    return {"unknown": put({}, steps, True), "expressions": put({}, steps, _OPEN)}


def said(resource: Resource | None, fact: str) -> object:
    """What a fact says, or what the links of a relation lead to, in the form in which cases expect it."""
    if resource is None:
        return GONE
    if "." not in fact:
        found = [link for link in resource.links if link.rel.value == fact]
        return tuple(link.unknown.reason if link.unknown else link.to for link in found)
    return plain(resource.facts.get(fact))


def plain(fact: AnyFact | None) -> object:
    """The value of a fact, `NA`, or why it is unknown."""
    match fact:
        case Known(value=value):
            return value
        case Unknown(includes=certain) if certain:
            return at_least(*certain)
        case Unknown(reason=reason):
            return reason
        case NotApplicable():
            return NA
        case None:
            return None


def at_least(*certain: str) -> object:
    """Expected of a set of which these members are certain, and further ones possible."""
    return ("at least", frozenset(certain))


def unknowns(resource: Resource | None, fact: str) -> list[Unknown]:
    """The unknowns of a fact or of the links of a relation."""
    if resource is None:
        return []
    if "." not in fact:
        return [link.unknown for link in resource.links if link.rel.value == fact and link.unknown is not None]
    found = resource.facts.get(fact)
    return [found] if isinstance(found, Unknown) else []


def _written(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [{key: _written(inner) for key, inner in one.items() if inner is not None} for one in value]
    return const(value)


def _merge(into: Any, extra: Any) -> None:
    if isinstance(into, list) and isinstance(extra, list):
        for number, one in enumerate(extra):
            if number < len(into):
                _merge(into[number], one)
            else:
                into.append(one)
        return
    for key, value in extra.items():
        if isinstance(value, list) and isinstance(into.get(key), list):
            _merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


__all__ = ["GONE", "NA", "PROJECT", "UNSAID", "Case", "Part"]
