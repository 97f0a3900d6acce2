"""Subscriptions as accounts: guardrails by policy, Defender's plans, and where the activity log goes.

The activity log is written always, for every region, and kept for 90 days (Azure Monitor documentation, activity log); a diagnostic setting
of the subscription exports it and is judged as a trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import azure_account, fields
from tierwise.connectors.azure import network, reach
from tierwise.connectors.azure.ids import group_of, same, subscription_of
from tierwise.connectors.azure.place import SUBSCRIPTIONS, drafted
from tierwise.connectors.azure.policy import BUILT_IN, POLICIES, is_enforced, value
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Gap, Kind, Link, Rel, Resource

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_MAYBE: Final = "an initiative or a custom policy that is assigned may forbid it"
_STANDARD: Final = "standard"
_ADMINISTRATIVE: Final = "administrative"
SUBSCRIPTION: Final = Row(SUBSCRIPTIONS.type, frozenset({Kind.ACCOUNT}), table=SUBSCRIPTIONS.table)
TRAILS: Final = Read(
    "",
    "providers/Microsoft.Insights/diagnosticSettings",
    "2021-05-01-preview",
    "Microsoft.Insights/diagnosticSettings/read",
    Stage.SURVEY,
    kinds=frozenset({Kind.AUDIT_TRAIL}),
    listing=True,
)
PRICINGS: Final = Read(
    "",
    "providers/Microsoft.Security/pricings",
    "2024-01-01",
    "Microsoft.Security/pricings/read",
    facts=frozenset({"account.threat_detection", "account.threat_plans"}),
    listing=True,
    when=lambda draft: draft.resource.kind is Kind.ACCOUNT,
)


def _lockbox(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """Whether the subscription's tenant has Customer Lockbox on, which is on for the whole tenant or not at all."""
    tenant = fields.word(draft.doc(SUBSCRIPTION), "tenantId")
    if isinstance(tenant, Unknown):
        return tenant
    return caller.place.once(
        f"lockbox:{tenant.value}", lambda: caller.ask(LOCKBOX, f"/providers/{LOCKBOX.of}/{tenant.value}", draft.resource.id)
    )


LOCKBOX: Final = Read(
    "Microsoft.CustomerLockbox/tenantOptedIn",
    "",
    "2018-02-28-preview",
    "Microsoft.CustomerLockbox/TenantOptedIn/read",
    facts=frozenset({"account.support_access_controlled"}),
    of_tenant=True,
    when=lambda draft: draft.resource.kind is Kind.ACCOUNT,
    make=_lockbox,
)
"""Customer Lockbox REST API, Get - Tenant Opted In."""


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft | Gap]:
    """A draft for the subscription, and one for each export of its activity log."""
    account = drafted(caller.place, declared, row, Kind.ACCOUNT, (caller.account,))
    yield account
    listed = fields.items(caller.ask(TRAILS, account.resource.id, account.resource.id), "value")
    if isinstance(listed, Unknown):
        yield Gap("azure", caller.account, "", "subscription", listed.reason.value, TRAILS.action, listed.detail, TRAILS.kinds)
        return
    for item in listed.value:
        yield _trail(caller, item)


def _trail(caller: Caller, item: Mapping[str, Any]) -> Draft:
    name = str(item.get("name") or "")
    resource = Resource(same(item.get("id")), Kind.AUDIT_TRAIL, TRAILS.operation, "azure", caller.account, "global", name)
    return Draft(resource, {TRAILS.operation: Known({"value": [item]}, TRAILS.via)})


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a subscription or of an export of its activity log."""
    return _account_facts(draft) if draft.resource.kind is Kind.ACCOUNT else _trail_facts(draft)


def _account_facts(draft: Draft) -> Mapping[str, AnyFact]:
    sheet = FactSheet()
    blocked, locked = _guardrails(draft)
    sheet.put("account.public_access_blocked", blocked)
    sheet.put("account.public_block_locked", locked)
    azure_account.put_constants(sheet, SUBSCRIPTION.via)
    plans = _plans(draft.doc(PRICINGS))
    sheet.put("account.threat_detection", plans if isinstance(plans, Unknown) else Known(bool(plans.value), plans.via))
    covered = plans if isinstance(plans, Unknown) else Known(azure_account.watched(plans.value), plans.via)
    sheet.put("account.threat_plans", covered)
    sheet.put(network.FLOW_LOGS, network.flow_logs(draft))
    sheet.put("account.support_access_controlled", fields.flag(draft.doc(LOCKBOX), "isOptedIn"))
    return sheet.facts


def _plans(pricings: Maybe[Doc | None]) -> Maybe[frozenset[str]]:
    """The plans of Defender that are on, lower case."""
    listed = fields.items(pricings, "value")
    if isinstance(listed, Unknown):
        return listed
    on: set[str] = set()
    for one in listed.value:
        tier = fields.word(fields.inner(listed, one), "properties", "pricingTier")
        if isinstance(tier, Unknown):
            return tier
        if tier.value.lower() == _STANDARD:
            on.add(str(one.get("name") or "").lower())
    return Known(frozenset(on), listed.via)


def _guardrails(draft: Draft) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether the built-in policy denies public accounts in the whole subscription, and whether it does so from above it."""
    listed = fields.items(draft.doc(POLICIES), "value")
    if isinstance(listed, Unknown):
        return listed, listed
    enforced = [one for item in listed.value if is_enforced(one := fields.inner(listed, item)) and _is_whole(one)]
    denying = [
        one for one in enforced if same(value(one, "policyDefinitionId")) == azure_account.NO_PUBLIC_STORES and _effect(one) == "deny"
    ]
    above = [one for one in denying if not subscription_of(same(value(one, "scope")))]
    rest = [one for one in enforced if not same(value(one, "policyDefinitionId")).startswith(BUILT_IN)]
    open_ = Unknown(UnknownReason.NOT_SUPPORTED, listed.via, _MAYBE)
    no: Maybe[bool] = open_ if rest else Known(False, listed.via)
    return Known(True, listed.via) if denying else no, Known(True, listed.via) if above else no


def _is_whole(assignment: Known[Doc]) -> bool:
    """Whether it takes in all of the subscription: assignments to resource groups are listed beside those that do."""
    return not group_of(same(value(assignment, "scope"))) and not value(assignment, "notScopes")


def _effect(assignment: Known[Doc]) -> str:
    """The effect that an assignment sets; the policy audits where it sets none (its default)."""
    found = fields.value(assignment, "properties", "parameters", "effect", "value")
    return str(found.value).lower() if isinstance(found, Known) else "audit"


def _trail_facts(draft: Draft) -> Mapping[str, AnyFact]:
    sheet, setting = FactSheet(), draft.doc(TRAILS)
    sheet.put("logging.control_plane", reach.sends(setting, frozenset({_ADMINISTRATIVE})))
    sheet.constant("logging.all_regions", True, azure_account.ALWAYS)
    sheet.not_applicable("logging.integrity_validated", "the store that receives it decides (immutability)", TRAILS.via)
    return sheet.facts


def links(draft: Draft) -> tuple[Link, ...]:
    """For an export: the stores that receive it, and the subscription of which it records."""
    if draft.resource.kind is Kind.ACCOUNT:
        return ()
    return (*reach.log_links(draft.doc(TRAILS)), Link(Rel.RECORDS, f"/subscriptions/{draft.resource.account}"))


COLLECTOR: Final = Collector(
    "subscription", (SUBSCRIPTION,), (PRICINGS, POLICIES, LOCKBOX, *network.READS), survey, facts, links, lists=(TRAILS,)
)
