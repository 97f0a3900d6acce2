"""Azure Data Explorer (Kusto) clusters with their databases."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_audience import Strangers
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import put_listed

CLUSTER, DATABASE = "azurerm_kusto_cluster", "azurerm_kusto_database"
_KEY: Final = f"{CLUSTER}_customer_managed_key"
_ENCRYPTED: Final = "Azure Data Explorer documentation, security: data in storage is encrypted always"
_TLS: Final = "Azure Data Explorer documentation, connection strings: HTTPS alone, TLS 1.2 or later"
_LOGINS: Final = "Azure Data Explorer documentation, access control: Entra identities alone log in"
_RECOVERY: Final = "Azure Data Explorer has no restore to a second of its own; dropped tables come back for 14 days"
_OPEN: Final = "constant: Azure Data Explorer documentation, public access: every address is admitted where none is listed"


def convert(cluster: Planned, plan: Plan) -> Resource:
    """A planned cluster."""
    sheet, kind = FactSheet(), Kind.WAREHOUSE
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    custody, links = _key(cluster, plan)
    sheet.put("encryption.key_custody", custody)
    sheet.constant("transport.tls_required", True, _TLS)
    sheet.constant("transport.min_tls", "1.2", _TLS)
    sheet.constant("transport.internode_encrypted", True, azure_terms.LINKS)
    azure_grants.put_audience(sheet, kind, cluster, plan, more=((_tenants(cluster), False),))
    public = flag(cluster, "public_network_access_enabled", default=True)
    azure_terms.put_network(sheet, kind, public, _admits(cluster), azure_reach.has_private_endpoint(plan, cluster))
    sheet.constant("access.local_auth_enabled", False, _LOGINS)
    sheet.constant("access.central_identity_enabled", True, _LOGINS)
    read = azure_reach.recorded(plan, cluster, frozenset({"query"}), frozenset({"command", "succeededingestion"}))
    sheet.put("logging.data_read", read[0])
    sheet.put("logging.data_write", read[1])
    put_listed(sheet, _ages(cluster, plan), kind)
    for name in ("recovery.point_in_time", "retention.backup_days"):
        sheet.not_applicable(name, _RECOVERY, cluster.root.via)
    sheet.put("recovery.redundancy", azure.zones(cluster))
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, cluster))
    name = text_or(cluster.root, "name")
    holds = ", ".join(text_or(one.root, "name") for one in plan.children(cluster, DATABASE).found)
    aliases = (text_or(cluster.root, "id"), name, text_or(cluster.root, "uri"))
    links = (*links, *azure_reach.log_links(plan, cluster))
    return plan.resource(cluster, kind, name or cluster.place.name, sheet.facts, links=links, aliases=aliases, description=holds)


def _key(cluster: Planned, plan: Plan) -> tuple[Maybe[str], tuple[Link, ...]]:
    keys = plan.children(cluster, _KEY)
    if keys.found:
        holder = keys.found[0]
        return Known("customer", holder.root.via), plan.links(Rel.USES_KEY, holder, holder.root, ("key_name",), azure.KEYS)
    if keys.loose is None and (cluster.is_new or keys.removed):
        return Known(azure_terms.PROVIDER_KEY, cluster.root.via), ()
    lost = keys.loose or absent(cluster.root.via, f"not in this plan: no {_KEY} in it is for {cluster.address}")
    return lost, (Link(Rel.USES_KEY, "", lost),)


def _tenants(cluster: Planned) -> Strangers:
    """Tenants whose identities may be let in; `*` is every tenant."""
    listed = cluster.root.texts("trusted_external_tenants")
    if isinstance(listed, Unknown):
        return Strangers(open=listed)
    if not listed.value.known and listed.value.open is None:
        return Strangers(open=absent(listed.via, "what no list of tenants means depends on the version of the service"))
    return Strangers(frozenset(one for one in listed.value.known if one != "MyTenantOnly"), listed.value.open)


def _admits(cluster: Planned) -> Maybe[bool]:
    listed = cluster.root.texts("allowed_ip_ranges")
    if isinstance(listed, Unknown):
        computed = azure.is_left_out(cluster, "allowed_ip_ranges", listed)
        return Known(True, Provenance(_OPEN)) if computed else listed
    if not listed.value.known and listed.value.open is None and not cluster.is_new and not cluster.root.has("allowed_ip_ranges"):
        return absent(listed.via)
    if any(one in ("*", "0.0.0.0/0") for one in listed.value.known):
        return Known(True, listed.via)
    return listed.value.open or (Known(False, listed.via) if listed.value.known else Known(True, Provenance(_OPEN)))


def _ages(cluster: Planned, plan: Plan) -> dict[str, AnyFact]:
    """How long the databases keep rows: for ever where nothing is written (AzureRM documentation of `soft_delete_period`)."""
    databases = plan.children(cluster, DATABASE)
    ages = [azure_terms.days(one.root.text("soft_delete_period"), UNLIMITED) for one in databases.found]
    still = next((one for one in ages if isinstance(one, Unknown)), databases.loose)
    if still is None and not ages:
        still = absent(cluster.root.via, f"not in this plan: databases of {cluster.address}")
    if still is not None:
        return dict.fromkeys(("retention.expiry_configured", "retention.delete_after_days"), still)
    longest = max(one.value for one in ages if isinstance(one, Known))
    via = databases.found[0].root.via
    return {"retention.expiry_configured": Known(longest != UNLIMITED, via), "retention.delete_after_days": Known(longest, via)}


CONVERTER = Converter(
    frozenset({CLUSTER}),
    convert,
    (Child(DATABASE, "cluster_name", ("name",)), Child(_KEY, "cluster_id", ("id",)), *azure_reach.COMMON),
    azure.KEY_TYPES,
)
