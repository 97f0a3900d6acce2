"""Service accounts with their keys, the bindings that give them rights, and who may act as them.

What a binding gives is judged on the binding, once; on the account stand what it amounts to together, and its keys.
"""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import external_conditioned, external_of, grants_of
from tierwise.access.google_privilege import admin, put_judged_on_bindings
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_grants import GRANTS, Grants, grants_by_member
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.gcp_project import project_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

ACCOUNT: Final = "google_service_account"
KEY: Final = "google_service_account_key"
_MOST_KEYS: Final = 10
"""IAM, "Quotas and limits": keys for each service account."""


def convert(account: Planned, plan: Plan) -> Resource:
    """A planned service account."""
    sheet = FactSheet()
    email = _email(account, plan)
    grants = plan.once(grants_by_member)
    own = [pair for name in (account.address, f"serviceAccount:{email}") for pair in grants.by_member.get(name, ())]
    bindings = tuple(binding for _, binding in own)
    rights = admin(bindings, account.root.via)
    sheet.put("privilege.admin", rights if _settled(rights, account, grants) else _more(account))
    put_judged_on_bindings(sheet)
    _keys(account, plan, sheet)
    sheet.put("credential.idle_days", Unknown(UnknownReason.NOT_COLLECTED, account.root.via, "a plan does not tell when it was used"))
    trust = policy_of(plan, account)
    sheet.put("access.external_principals", external_of(trust))
    sheet.put("access.external_conditioned", external_conditioned(trust))
    name = text_or(account.root, "account_id")
    return gcp.resource(
        plan,
        account,
        Kind.ROLE,
        name or account.place.name,
        sheet,
        links=(Link(Rel.ATTACHES, plan.id_of(grant.address)) for grant, _ in own),
        aliases=(email, f"serviceAccount:{email}" if email else "", text_or(account.root, "unique_id"), text_or(account.root, "name")),
        description=" ".join(text for text in (text_or(account.root, "display_name"), text_or(account.root, "description")) if text),
        grants=tuple(grants_of(trust)),
        region="global",
    )


def _email(account: Planned, plan: Plan) -> str:
    name, project = text_or(account.root, "account_id"), project_of(plan, account)
    return text_or(account.root, "email") or (f"{name}@{project}.iam.gserviceaccount.com" if name and project else "")


def _settled(rights: Maybe[bool], account: Planned, grants: Grants) -> bool:
    """Whether bindings that the plan does not show, or does not explain, could not change the answer."""
    return isinstance(rights, Unknown) or rights.value or (account.is_new and not grants.is_open)


def _more(account: Planned) -> Unknown:
    return absent(account.root.via, "not in this plan: which other bindings name the account")


def _keys(account: Planned, plan: Plan, sheet: FactSheet) -> None:
    keys = plan.children(account, KEY)
    count = len(keys.found)
    active: AnyFact = Known(count, account.root.via)
    if keys.loose is not None or not account.is_new:
        why = keys.loose or absent(account.root.via, "not in this plan: which other keys the account has")
        active = Unknown(why.reason, why.via, why.detail, between=(count, _MOST_KEYS))
    sheet.put("credential.active_keys", active)
    if active == Known(0, account.root.via):
        sheet.not_applicable("credential.oldest_key_days", "the account has no keys", account.root.via)
    elif isinstance(active, Known) and all(key.is_new for key in keys.found):
        sheet.known("credential.oldest_key_days", 0, keys.found[0].root.via)
    else:
        sheet.put(
            "credential.oldest_key_days", Unknown(UnknownReason.NOT_COLLECTED, account.root.via, "a plan does not tell the age of keys")
        )


_NAMES: Final = ("name", "id", "email", "account_id", "unique_id")
CONVERTER = Converter(
    frozenset({ACCOUNT}),
    convert,
    (*iam_children(ACCOUNT, "service_account_id", _NAMES), Child(KEY, "service_account_id", _NAMES)),
    READS | IDENTITIES | GRANTS,
)
