"""Follows an expression's references through variables, outputs and keys to the resources of a plan that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import structs

from tierwise.connectors.terraform.address import Index, ModuleInstance, Part, tokens
from tierwise.connectors.terraform.layout import Layout, path_of
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.shapes import Expression

MOST_STEPS: Final = 2_000
"""Bounds what one hostile expression costs."""
_OPEN: Final = ("each.", "count.", "path.", "terraform.", "self.")
_SILENT: Final = frozenset({"path", "terraform", "self", "count"})
T = TypeVar("T")


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """The one resource that an expression leads to."""

    address: str
    attribute: str = ""


class Unresolved(msgspec.Struct, frozen=True, gc=False):
    """An expression whose end cannot be told from the plan."""

    detail: str
    candidates: tuple[str, ...] = ()
    """Resources of the wanted types that it may lead to; there may be others."""
    complete: bool = False
    """Whether it leads to one of the candidates for certain."""
    elsewhere: bool = False
    """Whether it leads to something of other types for certain."""


class Constant(msgspec.Struct, frozen=True, gc=False):
    """An expression without references: what it gives is in the values."""


Resolution = Resolved | Unresolved | Constant


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where an expression stands: its module instance, and the key and the `for_each` of what it belongs to."""

    module: ModuleInstance
    index: Index = None
    for_each: Expression | None = None


class _Trail(msgspec.Struct, gc=False):
    """What has been found so far."""

    wanted: frozenset[str]
    targets: dict[str, str] = {}
    """Address to attribute."""
    dead: list[str] = []
    locals: list[str] = []
    """Local values on the way, which a plan does not explain."""
    empty: list[str] = []
    """Blocks with a count or keys of which the plan has no instance."""
    ambiguous: bool = False
    chained: bool = False
    seen: set[tuple[ModuleInstance, Index, str]] = set()
    steps: int = 0


def origin_of(planned: Planned) -> Origin:
    """Where a resource's expressions stand."""
    return Origin(planned.module, planned.place.index, planned.for_each)


def references_of(expression: object) -> tuple[str, ...]:
    """Every reference of an expression, nested blocks included, most specific first as Terraform writes them."""
    found: dict[str, None] = {}
    waiting: list[object] = [expression]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            listed = one.get("references")
            if isinstance(listed, list):
                found.update(dict.fromkeys(str(each) for each in listed))
            else:
                waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
    return tuple(found)


def resolve(layout: Layout, origin: Origin, expression: Expression | None, wanted: Iterable[str]) -> Resolution:
    """The resource of a wanted type that an expression leads to.

    `Constant` where the expression has no reference. A wanted type `data.T` stands for a data source of type T. A local value beside the
    one resource is taken for a condition, as in `local.has_policy ? aws_s3_bucket_policy.p.id : aws_s3_bucket.b.id`. A block with a count
    or keys that has no instance gives nothing beside one that has, as in `try(aws_kms_key.k[0].arn, aws_kms_external_key.k[0].arn)`.
    """
    names = references_of(expression)
    if not names:
        return Constant()
    trail = _Trail(frozenset(wanted))
    _follow(layout, origin, names, trail)
    if not trail.targets:
        trail.dead.extend(trail.empty)
    if len(trail.targets) == 1 and not trail.dead and not trail.ambiguous:
        return Resolved(*next(iter(trail.targets.items())))
    trail.dead.extend(trail.locals)
    if trail.targets:
        return Unresolved(f"leads to one of {len(trail.targets)} or more resources", tuple(sorted(trail.targets)), not trail.dead)
    detail = trail.dead[0] if trail.dead else f"{names[0]} leads to no resource of this plan"
    return Unresolved(detail, elsewhere=not trail.dead and not any(name.startswith(_OPEN) for name in names))


def _follow(layout: Layout, origin: Origin, names: Sequence[str], trail: _Trail) -> None:
    before = len(trail.targets)
    hints = frozenset(name.split("[", 1)[0] for name in names if name.startswith(("each.", "count.")))
    for group in _grouped(names):
        trail.steps += 1
        key = (origin.module, origin.index, "|".join(".".join(part.name for part in one) for one in group))
        if key in trail.seen:
            continue
        trail.seen.add(key)
        if trail.steps > MOST_STEPS:
            trail.dead.append("the chain of references is too long")
            return
        _one(layout, origin, group, hints, trail)
    if len(trail.targets) == before and any(hint.startswith("each.") for hint in hints):
        _chained(layout, origin, trail)


def _grouped(names: Sequence[str]) -> list[list[tuple[Part, ...]]]:
    """References to one thing together: Terraform lists `a.b.arn`, `a.b` for one expression."""
    groups: dict[tuple[str, ...], list[tuple[Part, ...]]] = {}
    for name in names:
        try:
            parts = tokens(name)
        except ValueError:
            continue
        depth = 3 if parts[0].name == "data" else 3 if parts[0].name == "module" else 2
        groups.setdefault(tuple(part.name for part in parts[:depth]), []).append(parts)
    shorter = {key for key in groups if any(other != key and other[: len(key)] == key for other in groups)}
    return [group for key, group in groups.items() if key not in shorter]


def _one(layout: Layout, origin: Origin, group: list[tuple[Part, ...]], hints: frozenset[str], trail: _Trail) -> None:
    parts = max(group, key=len)
    head = parts[0].name
    if head == "var" and len(parts) > 1:
        _climb(layout, origin, parts[1].name, trail)
    elif head == "module" and len(parts) > 1:
        _descend(layout, origin, group, hints, trail)
    elif head == "local":
        trail.locals.append(f"{'.'.join(part.name for part in parts[:2])} is a local value, which a plan does not explain")
    elif head == "each" or head in _SILENT:
        return
    elif head == "data" and len(parts) > 2:
        _land(layout, origin, "data", group, 1, hints, trail)
    elif len(parts) > 1:
        _land(layout, origin, "managed", group, 0, hints, trail)


def _climb(layout: Layout, origin: Origin, variable: str, trail: _Trail) -> None:
    if not origin.module:
        return
    given = layout.argument(origin.module, variable)
    if given is None:
        return
    call = layout.calls.get(path_of(origin.module))
    above = Origin(origin.module[:-1], origin.module[-1][1], call.for_each_expression if call else None)
    _follow(layout, above, references_of(given), trail)


def _descend(layout: Layout, origin: Origin, group: list[tuple[Part, ...]], hints: frozenset[str], trail: _Trail) -> None:
    parts = max(group, key=len)
    name = parts[1].name
    if len(parts) < 3:
        trail.dead.append(f"module.{name} is referred to as a whole")
        return
    expression = layout.output((*path_of(origin.module), name), parts[2].name)
    if expression is None:
        trail.dead.append(f"module.{name} has no output {parts[2].name!r} in this plan")
        return
    keys = tuple(layout.instances.module_keys.get((origin.module, name), (None,)))
    chosen = _chosen(dict(zip(keys, keys, strict=True)), [one[1].index for one in group], origin, hints, _chains(origin, ("module", name)))
    if len(chosen) > 1:
        trail.ambiguous = True
    for key in chosen:
        _follow(layout, Origin((*origin.module, (name, key))), references_of(expression), trail)


def _land(
    layout: Layout, origin: Origin, mode: str, group: list[tuple[Part, ...]], skip: int, hints: frozenset[str], trail: _Trail
) -> None:
    parts = max(group, key=len)[skip:]
    kind, name = parts[0].name, parts[1].name
    instances = layout.instances.of(origin.module, (mode, kind, name))
    label = f"data.{kind}" if mode == "data" else kind
    attribute = parts[2].name if len(parts) > 2 else ""
    if label not in trail.wanted and not any(layout.told.get(one) in trail.wanted for one in instances.values()):
        _through(layout, origin, (mode, kind, name), attribute, trail)
        return
    if not instances:
        block = layout.resources.of(path_of(origin.module), (mode, kind, name)) if mode == "managed" else None
        repeated = block is not None and (block.count_expression is not None or block.for_each_expression is not None)
        (trail.empty if repeated else trail.dead).append(f"{label}.{name} is not in this plan")
        return
    literal = [one[skip + 1].index for one in group]
    chosen = _chosen(instances, literal, origin, hints, trail.chained or _chains(origin, parts_of(mode, kind, name)))
    if len(chosen) > 1:
        trail.ambiguous = True
    trail.targets.update({layout.merged.get(one, one): attribute for one in chosen})


def parts_of(mode: str, kind: str, name: str) -> tuple[str, ...]:
    """The names by which a resource is referred to."""
    return ("data", kind, name) if mode == "data" else (kind, name)


def _through(layout: Layout, origin: Origin, name: tuple[str, str, str], attribute: str, trail: _Trail) -> None:
    """An attribute of another resource that merely repeats its argument: `aws_s3_bucket_versioning.v.bucket`."""
    block = layout.resources.of(path_of(origin.module), name)
    if attribute == "id" and name[1].startswith("aws_s3_bucket_"):
        # The id of a split resource of a bucket is the bucket's name.
        attribute = "bucket"
    expression = (block.expressions or {}).get(attribute) if block and attribute else None
    if block is None or not isinstance(expression, Mapping):
        if name[0] == "data" and name[1] in trail.wanted:
            trail.dead.append(f"data.{name[1]}.{name[2]} is read outside this plan")
        return
    inner = structs.replace(origin, for_each=block.for_each_expression or origin.for_each)
    _follow(layout, inner, references_of(expression), trail)


def _chained(layout: Layout, origin: Origin, trail: _Trail) -> None:
    """`each.value.id` under `for_each = aws_s3_bucket.b`: the instance with the same key."""
    names = references_of(origin.for_each)
    if not names:
        trail.dead.append("each.value comes from no reference that the plan shows")
        return
    was, trail.chained = trail.chained, True
    before = len(trail.targets)
    _follow(layout, structs.replace(origin, for_each=None), names, trail)
    trail.chained = was
    if len(trail.targets) == before and not trail.dead and not trail.locals:
        trail.dead.append("each.value leads to no resource of this plan")


def _chains(origin: Origin, name: tuple[str, ...]) -> bool:
    for reference in references_of(origin.for_each):
        try:
            parts = tokens(reference)
        except ValueError:
            continue
        if tuple(part.name for part in parts[: len(name)]) == name:
            return True
    return False


def _chosen(found: Mapping[Index, T], literal: Sequence[Index], origin: Origin, hints: frozenset[str], chained: bool) -> tuple[T, ...]:
    """The instances that a reference means: by literal key, by the same key or number, or all of them."""
    named = [found[key] for key in dict.fromkeys(literal) if key is not None and key in found]
    if named:
        return tuple(named)
    if len(found) > 1 and origin.index is not None and origin.index in found:
        same_number = isinstance(origin.index, int) and "count.index" in hints
        same_key = isinstance(origin.index, str) and bool(
            hints & {"each.key", "each.value"} or any(h.startswith("each.value.") for h in hints)
        )
        if same_number or same_key or chained:
            return (found[origin.index],)
    return tuple(found.values())
