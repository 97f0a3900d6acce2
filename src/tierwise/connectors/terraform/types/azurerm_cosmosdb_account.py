"""Azure Cosmos DB accounts of every API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_audience import Given, Strangers
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_grants import COSMOS_ROLE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child, Children
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.model import kleene
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Column, Kind, Resource
from tierwise.model.vocabulary import put_listed

ACCOUNT: Final = "azurerm_cosmosdb_account"
CONTAINERS: Final = (
    "azurerm_cosmosdb_sql_container", "azurerm_cosmosdb_mongo_collection", "azurerm_cosmosdb_table", "azurerm_cosmosdb_gremlin_graph",
)  # fmt: skip
KEYSPACE, TABLE = "azurerm_cosmosdb_cassandra_keyspace", "azurerm_cosmosdb_cassandra_table"
_DATABASES: Final = (
    "azurerm_cosmosdb_sql_database", "azurerm_cosmosdb_mongo_database", KEYSPACE,
    "azurerm_cosmosdb_gremlin_database", *CONTAINERS,
)  # fmt: skip
_ENCRYPTED: Final = "Azure Cosmos DB documentation, data encryption: on for every account, cannot be turned off"
_TLS: Final = "Azure Cosmos DB documentation, security: every connection is encrypted"
_REQUESTS: Final = {
    "MongoDB": "mongorequests",
    "EnableCassandra": "cassandrarequests",
    "EnableGremlin": "gremlinrequests",
    "EnableTable": "tableapirequests",
}
_WINDOWS: Final = {"Continuous7Days": 7, "Continuous30Days": 30}
_TTL: Final = ("default_ttl", "default_ttl_seconds")


def convert(account: Planned, plan: Plan) -> Resource:
    """A planned account."""
    sheet, kind = FactSheet(), Kind.DOCUMENT_DB
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", azure.custody(plan, account, account.root, "key_vault_key_id"))
    links = (*azure.key_links(plan, account, account.root, "key_vault_key_id"), *azure_reach.log_links(plan, account))
    sheet.constant("transport.tls_required", True, _TLS)
    sheet.put("transport.min_tls", azure_terms.min_tls(azure.text(account, "minimal_tls_version", default="Tls12")))
    azure_grants.put_audience(sheet, kind, account, plan, more=_own_roles(account, plan))
    public = flag(account, "public_network_access_enabled", default=True)
    azure_terms.put_network(sheet, kind, public, _admits(account), azure_reach.has_private_endpoint(plan, account))
    keys = _keys(account)
    facts: dict[str, AnyFact] = {"access.shared_key_enabled": keys, "access.local_auth_enabled": keys}
    api = _api(account)
    # Entra identities log in to the APIs for NoSQL and for tables alone (Cosmos DB documentation, role-based access control).
    facts["access.central_identity_enabled"] = (
        api if isinstance(api, Unknown) else Known(api.value in ("dataplanerequests", "tableapirequests"), api.via)
    )
    recorded = _recorded(account, plan, api)
    put_listed(sheet, {**facts, "logging.data_read": recorded[0], "logging.data_write": recorded[1]}, kind)
    put_listed(sheet, {**_backup(account), **_ages(account, plan)}, kind)
    sheet.put("recovery.redundancy", _redundancy(account))
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, account))
    name = text_or(account.root, "name")
    holds = ", ".join(text_or(one.root, "name") for child in _DATABASES for one in plan.children(account, child).found)
    aliases = (text_or(account.root, "id"), name, text_or(account.root, "endpoint"))
    found = plan.resource(account, kind, name or account.place.name, sheet.facts, links=links, aliases=aliases, description=holds)
    columns = tuple(_keys_of(account, plan))
    return replace(found, evidence=replace(found.evidence, columns=columns)) if columns else found


def _own_roles(account: Planned, plan: Plan) -> Iterator[Given]:
    """Who holds a role of the account's own."""
    roles = plan.children(account, COSMOS_ROLE.type)
    for one in roles.found:
        yield azure_grants.principal(one, one.root, "principal_id", plan), False
    if roles.loose is not None:
        yield Strangers(open=roles.loose), False


def _keys_of(account: Planned, plan: Plan) -> Iterator[Column]:
    """The partition keys of its containers, which is all of a schema that they have."""
    for container in plan.children(account, CONTAINERS[0]).found:
        name = text_or(container.root, "name") or container.place.name
        listed = container.root.texts("partition_key_paths")
        paths = listed.value.known if isinstance(listed, Known) else ()
        for path in (*paths, *filter(None, (text_or(container.root, "partition_key_path"),))):
            yield Column(name, path.strip("/").replace("/", "."), key=True)


def _admits(account: Planned) -> Maybe[bool]:
    """Without addresses and networks every source is admitted; `0.0.0.0` is every service of Azure (Cosmos DB documentation, IP firewall)."""
    listed, networks = account.root.texts("ip_range_filter"), account.root.blocks("virtual_network_rule")
    if isinstance(listed, Unknown):
        return listed
    if isinstance(networks, Unknown):
        computed = azure.is_left_out(account, "virtual_network_rule", networks)
        if not computed:
            return networks
    filtered = flag(account, "is_virtual_network_filter_enabled", default=False)
    addresses = [part.strip() for text in listed.value.known for part in text.split(",") if part.strip()]
    admits = azure_terms.admits_addresses(addresses, listed.via)
    if isinstance(admits, Unknown) or admits.value:
        return admits
    if listed.value.open is not None:
        return listed.value.open
    if addresses or (isinstance(networks, Known) and networks.value):
        return Known(False, listed.via)
    if isinstance(filtered, Unknown):
        return filtered
    if not account.is_new and not account.root.has("ip_range_filter"):
        return absent(account.at("ip_range_filter"))
    return Known(not filtered.value, filtered.via)


def _keys(account: Planned) -> Maybe[bool]:
    """Whether the account's keys open it."""
    return kleene.negated(flag(account, "local_authentication_disabled", default=False))


def _api(account: Planned) -> Maybe[str]:
    """The category of log of the API that an account speaks."""
    kind, blocks = account.root.text("kind"), account.root.blocks("capabilities")
    if isinstance(kind, Unknown):
        return kind
    if kind.value == "MongoDB":
        return Known(_REQUESTS["MongoDB"], kind.via)
    if isinstance(blocks, Unknown):
        computed = azure.is_left_out(account, "capabilities", blocks)
        return Known("dataplanerequests", kind.via) if computed else blocks
    for block in blocks.value:
        name = block.text("name")
        if isinstance(name, Unknown):
            return name
        if (name.value or "") in _REQUESTS:
            return Known(_REQUESTS[name.value or ""], name.via)
    return Known("dataplanerequests", kind.via)


def _recorded(account: Planned, plan: Plan, api: Maybe[str]) -> tuple[Maybe[bool], Maybe[bool]]:
    if isinstance(api, Unknown):
        return api, api
    wanted = frozenset({api.value})
    return azure_reach.recorded(plan, account, wanted, wanted)


def _backup(account: Planned) -> dict[str, AnyFact]:
    """Periodic with eight hours where nothing is written (AzureRM documentation of `backup`); continuous reaches back 30 days, or 7."""
    block = azure.block_or_none(account, "backup")
    if isinstance(block, Unknown):
        return dict.fromkeys(("retention.backup_days", "recovery.point_in_time"), block)
    if block.value is None:
        doc = Provenance(f"constant: Terraform AzureRM provider, {ACCOUNT}: backup is periodic and kept for 8 hours by default")
        return {"retention.backup_days": Known(8 / 24, doc), "recovery.point_in_time": Known(False, doc)}
    kind, tier, hours = block.value.text("type"), block.value.text("tier"), block.value.number("retention_in_hours")
    if isinstance(kind, Unknown):
        return dict.fromkeys(("retention.backup_days", "recovery.point_in_time"), kind)
    continuous = kind.value == "Continuous"
    reach: Maybe[float]
    if continuous:
        known = isinstance(tier, Known) or _is_left_out(block.value, "tier")
        reach = Known(_WINDOWS.get(text_or(block.value, "tier"), 30), tier.via) if known else _unread(tier, (7, 30))
    else:
        known = isinstance(hours, Known) or _is_left_out(block.value, "retention_in_hours")
        given = hours.value if isinstance(hours, Known) else None
        reach = Known((8 if given is None else given) / 24, hours.via) if known else _unread(hours, (8 / 24, 30))
    return {"retention.backup_days": reach, "recovery.point_in_time": Known(continuous, kind.via)}


def _is_left_out(block: Node, name: str) -> bool:
    return block.is_configured and not block.is_written(name)


def _unread(found: Maybe[object], between: tuple[float, float]) -> Unknown:
    reason = found.reason if isinstance(found, Unknown) else UnknownReason.NOT_COLLECTED
    return Unknown(reason, found.via, between=between)


def _containers(account: Planned, plan: Plan) -> Iterator[Children]:
    """The containers of an account; the tables of its keyspaces are."""
    for kind in CONTAINERS:
        yield plan.children(account, kind)
    keyspaces = plan.children(account, KEYSPACE)
    yield Children(loose=keyspaces.loose)
    for one in keyspaces.found:
        yield plan.children(one, TABLE)


def _ages(account: Planned, plan: Plan) -> dict[str, AnyFact]:
    """Whether every container lets its items expire; -1, 0 and nothing mean never (Cosmos DB documentation, time to live)."""
    still: Unknown | None = None
    ages: list[Maybe[float]] = []
    for children in _containers(account, plan):
        still = children.loose or still
        for one in children.found:
            found = one.root.number(azure.first(one, _TTL))
            if isinstance(found, Unknown):
                unwritten = azure.is_left_out(one, azure.first(one, _TTL), found)
                ages.append(Known(UNLIMITED, found.via) if unwritten else found)
            else:
                seconds = found.value or -1
                ages.append(Known(seconds / 86400 if seconds > 0 else UNLIMITED, found.via))
    known = [one for one in ages if isinstance(one, Known)]
    still = next((one for one in ages if isinstance(one, Unknown)), still)
    via = known[0].via if known else account.root.via
    configured: AnyFact = Known(any(one.value != UNLIMITED for one in known), via)
    last: AnyFact = Known(max((one.value for one in known), default=UNLIMITED), via)
    if still is None and not ages and not account.is_new:
        still = absent(account.root.via, f"not in this plan: containers of {account.address} that others may have made")
    if still is not None:
        configured = configured if isinstance(configured, Known) and configured.value else still
        last = last if isinstance(last, Known) and known and last.value == UNLIMITED else still
    if not ages and still is None:
        last = NotApplicable("items expire by their container, and the plan has none", via)
    return {"retention.expiry_configured": configured, "retention.delete_after_days": last}


def _redundancy(account: Planned) -> Maybe[str]:
    places = account.root.blocks("geo_location")
    if isinstance(places, Unknown):
        return places
    if not places.value:
        return absent(places.via)
    if len(places.value) > 1:
        return Known("multi-region", places.via)
    zones = places.value[0].flag("zone_redundant")
    return zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", zones.via)


CONVERTER = Converter(
    frozenset({ACCOUNT}),
    convert,
    (*(Child(kind, "account_name", ("name", "id")) for kind in _DATABASES), COSMOS_ROLE, *azure_reach.COMMON),
    azure.KEY_TYPES,
    others=((KEYSPACE, (Child(TABLE, "cassandra_keyspace_id", ("id",)),)),),
)
