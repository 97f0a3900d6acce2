"""The subscription as the guardrails of a plan set it: Defender's plans, and the policy that keeps storage accounts from being public.

It stands at the first of its guardrails; those of one subscription, or of one provider block whose subscription is not known, are one resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tierwise.connectors import azure_account
from tierwise.connectors.terraform import azure
from tierwise.connectors.terraform.azure import flag
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

PRICING, ASSIGNMENT = "azurerm_security_center_subscription_pricing", "azurerm_subscription_policy_assignment"
_MORE: Final = "plans of Defender that are not in this plan may be on"
_ELSEWHERE: Final = "assignments that are not in this plan, and those of management groups, may forbid it"


def convert(guardrail: Planned, plan: Plan) -> Resource | None:
    """The subscription, at the first of its guardrails."""
    ours = [one for one in _guardrails(plan) if _place(one, plan) == _place(guardrail, plan)]
    if ours[0] is not guardrail:
        return None
    sheet, via = FactSheet(), guardrail.root.via
    azure_account.put_constants(sheet, via)
    # What one that is deleted leaves behind is not known: a plan of Defender may stay on (AzureRM documentation of the pricing), others may forbid the same.
    living = [one for one in ours if not one.is_gone]
    _defender([one for one in living if one.type == PRICING], via, sheet)
    blocked = _blocked([one for one in living if one.type == ASSIGNMENT], guardrail)
    sheet.put("account.public_access_blocked", blocked)
    sheet.put("account.public_block_locked", Unknown(UnknownReason.NOT_COLLECTED, via, _ELSEWHERE))
    account = plan.providers.account(guardrail)
    aliases = (account, f"/subscriptions/{account}" if account else "")
    name = account or f"provider {guardrail.provider or 'azurerm'}"
    found = plan.resource(guardrail, Kind.ACCOUNT, name, sheet.facts, aliases=aliases)
    tags = absent(via, "the tags of a subscription are not in a plan")
    return replace(found, tags=tags, evidence=replace(found.evidence, unread=()))


def _guardrails(plan: Plan) -> Iterable[Planned]:
    """Those that stand after the plan in its order, then those that it deletes."""
    for address, one in plan.by_address.items():
        if one.type in (PRICING, ASSIGNMENT) and one.place.mode == "managed" and address in plan.judged:
            yield one
    for kind in (PRICING, ASSIGNMENT):
        yield from (one for one in plan.by_type.get(kind, ()) if one.is_gone)


def _place(one: Planned, plan: Plan) -> str:
    return plan.providers.account(one) or one.provider


def _defender(pricings: list[Planned], via: Provenance, sheet: FactSheet) -> None:
    """Which plans certainly are on; the others of the subscription stay open."""
    on: set[str] = set()
    still = Unknown(UnknownReason.NOT_COLLECTED, via, _MORE)
    for one in pricings:
        tier = one.root.text("tier")
        # The plan for servers where no resource type is written (AzureRM documentation of `resource_type`).
        of = azure.text(one, "resource_type", default="VirtualMachines")
        if isinstance(tier, Unknown) or isinstance(of, Unknown):
            still = tier if isinstance(tier, Unknown) else of if isinstance(of, Unknown) else still
        elif (tier.value or "").lower() == "standard":
            on.add(of.value.lower())
    sheet.put("account.threat_detection", Known(True, via) if on else still)
    sheet.put("account.threat_plans", still.including(azure_account.watched(on)))


def _blocked(assignments: list[Planned], guardrail: Planned) -> AnyFact:
    """Whether one denies public storage accounts; that none does, a plan cannot tell."""
    still = Unknown(UnknownReason.NOT_COLLECTED, guardrail.root.via, _ELSEWHERE)
    for one in assignments:
        named = one.root.text("policy_definition_id")
        if isinstance(named, Unknown):
            still = named
            continue
        if (named.value or "").lower() != azure_account.NO_PUBLIC_STORES:
            continue
        enforced, effect = flag(one, "enforce", default=True), _effect(one)
        if isinstance(enforced, Known) and isinstance(effect, Known) and enforced.value and effect.value == "deny":
            return Known(True, effect.via)
        still = next((part for part in (enforced, effect) if isinstance(part, Unknown)), still)
    return still


def _effect(one: Planned) -> Maybe[str]:
    """The effect that an assignment sets; the policy audits where it sets none (its default)."""
    found = azure.text(one, "parameters", default="{}")
    if isinstance(found, Unknown):
        return found
    try:
        written = json.loads(found.value)
    except (ValueError, RecursionError):
        return Unknown(UnknownReason.UNPARSABLE, found.via, "the parameters are not JSON")
    effect = written.get("effect") if isinstance(written, dict) else None
    return Known(str(effect.get("value") if isinstance(effect, dict) else "audit").lower(), found.via)


CONVERTER = Converter(frozenset({PRICING, ASSIGNMENT}), convert, outlived=True)
