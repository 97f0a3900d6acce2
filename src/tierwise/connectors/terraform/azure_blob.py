"""What a storage account's management policy says of deletion by age, and what its immutability policies protect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.connectors.azure_terms import WORM_STATES
from tierwise.connectors.terraform.aws import Absent, Inline, Setting, Split
from tierwise.connectors.terraform.azure import is_left_out
from tierwise.connectors.terraform.joins import Children
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.model.fact import UNLIMITED, AnyFact, Known, Maybe, NotApplicable, Unknown

CONFIGURED, CURRENT, NONCURRENT = "retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"
_BASE: Final = tuple(f"delete_after_days_since_{event}_greater_than" for event in ("modification", "creation", "last_access_time"))
_VERSION: Final = ("delete_after_days_since_creation",)


def ages(found: Setting, versioned: Maybe[bool]) -> dict[str, AnyFact]:
    """The three facts of deletion by age."""
    rules = _rules(found)
    if isinstance(rules, Unknown):
        return dict.fromkeys((CONFIGURED, CURRENT, NONCURRENT), rules)
    older: AnyFact = versioned if isinstance(versioned, Unknown) else NotApplicable("blobs are not versioned", versioned.via)
    if isinstance(versioned, Known) and versioned.value:
        older = _shortest(rules.value, rules, "version", _VERSION)
    return {CONFIGURED: _configured(rules.value, rules), CURRENT: _shortest(rules.value, rules, "base_blob", _BASE), NONCURRENT: older}


def _rules(found: Setting) -> Maybe[tuple[Node, ...]]:
    match found:
        case Unknown():
            return found
        case Absent(via=via):
            return Known((), via)
        case Split(planned=planned):
            return planned.root.blocks("rule")
        case Inline():
            raise TypeError("no inline management policy exists")


def _configured(rules: Iterable[Node], where: Known[tuple[Node, ...]]) -> Maybe[bool]:
    still: Unknown | None = None
    for rule in rules:
        active, days = rule.flag("enabled"), _days(rule, "base_blob", _BASE)
        if isinstance(active, Unknown) or isinstance(days, Unknown):
            still = active if isinstance(active, Unknown) else days if isinstance(days, Unknown) else still
        elif active.value is not False and days.value is not None:
            return Known(True, days.via)
    return still or Known(False, where.via)


def _shortest(rules: Iterable[Node], where: Known[tuple[Node, ...]], block: str, names: Iterable[str]) -> Maybe[float]:
    """The shortest age at which a rule for the whole account deletes; `unlimited` where there is none."""
    best: Known[float] = Known(UNLIMITED, where.via)
    still: Unknown | None = None
    for rule in rules:
        active, days, whole = rule.flag("enabled"), _days(rule, block, names), _is_whole(rule)
        if isinstance(whole, Known) and not whole.value:
            continue
        for part in (active, days, whole):
            still = part if isinstance(part, Unknown) else still
        if isinstance(active, Known) and active.value is not False and isinstance(days, Known) and isinstance(whole, Known):
            best = Known(float(days.value), days.via) if days.value is not None and days.value < best.value else best
    return still or (Known(int(best.value), best.via) if best.value != UNLIMITED else best)


def _days(rule: Node, block: str, names: Iterable[str]) -> Maybe[int | None]:
    """The age at which a rule deletes; the provider writes -1 for an age that is not set."""
    found: Known[int | None] = Known(None, rule.via)
    for name in names:
        days = rule.number("actions", 0, block, 0, name)
        if isinstance(days, Unknown):
            return days
        if days.value is not None and days.value >= 0:
            found = days
    return found


def _is_whole(rule: Node) -> Maybe[bool]:
    """Whether a rule takes in every block blob."""
    kinds, prefixes, tags = (rule.texts("filters", 0, name) for name in ("blob_types", "prefix_match", "match_blob_index_tag"))
    for narrowing in (prefixes, tags):
        if isinstance(narrowing, Unknown):
            return narrowing
        if narrowing.value.known or narrowing.value.open:
            return Known(False, narrowing.via)
    if isinstance(kinds, Unknown):
        return kinds
    return Known(not kinds.value.known or "blockBlob" in kinds.value.known, kinds.via)


def immutability(account: Planned, plan: Plan, containers: Children, policy: str) -> tuple[Maybe[str], Maybe[int]]:
    """The immutability policy of the account, else the weakest of its containers'."""
    block = account.root.block("immutability_policy")
    if isinstance(block, Unknown) and not is_left_out(account, "immutability_policy", block):
        return block, block
    if isinstance(block, Known) and block.value is not None:
        state, days = block.value.text("state"), block.value.number("period_since_creation_in_days")
        mode: Maybe[str] = state if isinstance(state, Unknown) else Known(WORM_STATES.get((state.value or "").lower(), "none"), state.via)
        return mode, days if isinstance(days, Unknown) else Known(days.value or 0, days.via)
    found = [_container(plan, one, policy) for one in containers.found]
    none: tuple[Maybe[str], Maybe[int]] = Known("none", account.root.via), Known(0, account.root.via)
    weakest = next((each for each in found if isinstance(each[0], Known) and each[0].value == "none"), None)
    if weakest is not None:
        return weakest
    if containers.loose is not None:
        return containers.loose, containers.loose
    if not found:
        lost = absent(account.root.via, f"not in this plan: containers of {account.address} and their policies")
        return none if account.is_new else (lost, lost)
    for mode, days in found:
        if isinstance(mode, Unknown) or isinstance(days, Unknown):
            return mode, days
    modes = [mode.value for mode, _ in found if isinstance(mode, Known)]
    least = min(days.value for _, days in found if isinstance(days, Known))
    return Known("governance" if "governance" in modes else "compliance", account.root.via), Known(least, account.root.via)


def _container(plan: Plan, container: Planned, policy: str) -> tuple[Maybe[str], Maybe[int]]:
    children = plan.children(container, policy)
    if children.found:
        root = children.found[0].root
        locked, days = root.flag("locked"), root.number("immutability_period_in_days")
        mode: Maybe[str] = locked if isinstance(locked, Unknown) else Known("compliance" if locked.value else "governance", locked.via)
        return mode, days if isinstance(days, Unknown) else Known(days.value or 0, days.via)
    if children.loose is not None:
        return children.loose, children.loose
    if container.is_new or children.removed:
        return Known("none", container.root.via), Known(0, container.root.via)
    lost = absent(container.root.via, f"not in this plan: no {policy} in it is for {container.address}")
    return lost, lost
