"""Cosmos DB accounts of every API: nearly all that is asked of them is in the row.

Every account is encrypted, and every connection (Azure Cosmos DB documentation, data encryption; security). Entra identities log in to the APIs
for NoSQL and for tables alone (role-based access control). Without addresses and networks every source is admitted; `0.0.0.0` is every
service of Azure (IP firewall).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.directory import OUTSIDE, Holder
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import outsiders
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import admits_addresses, min_tls
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import EMPTY_EVIDENCE, Kind, Link
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

TYPE: Final = "Microsoft.DocumentDB/databaseAccounts"
VERSION: Final = "2024-05-15"
_ENCRYPTED: Final = "Azure Cosmos DB documentation, data encryption: on for every account, cannot be turned off"
_TLS: Final = "Azure Cosmos DB documentation, security: every connection is encrypted"
_KEY: Final = "Azure Cosmos DB documentation, customer-managed keys: keys are Microsoft's where no other is configured"
_MIN_TLS: Final = "Azure Cosmos DB documentation, minimum TLS: TLS 1.2 where it was never set, since 31 March 2023"
_LOCAL: Final = "Azure Cosmos DB documentation, disable local authentication: keys are accepted where it was never set"
_FILTER: Final = "Azure Cosmos DB resource provider, isVirtualNetworkFilterEnabled: off where it was never set"
_UNLISTED: Final = (
    "Azure Cosmos DB resource provider, databaseAccounts: capabilities and virtualNetworkRules are none where they were never set"
)
"""As in the recorded answers of accounts of the API for NoSQL."""
_KIND: Final = Kind.DOCUMENT_DB
_APIS: Final = {
    "MongoDB": ("mongorequests", "mongodbDatabases"),
    "EnableCassandra": ("cassandrarequests", "cassandraKeyspaces"),
    "EnableGremlin": ("gremlinrequests", "gremlinDatabases"),
    "EnableTable": ("tableapirequests", "tables"),
}
"""Category of log and listing of databases, by the kind or capability that makes an account speak an API."""
_SQL: Final = ("dataplanerequests", "sqlDatabases")
_WINDOWS: Final = {"continuous7days": 7, "continuous30days": 30}

ACCOUNT: Final = Row(
    TYPE,
    frozenset({_KIND}),
    frozenset(
        {
            "encryption.key_custody",
            "transport.min_tls",
            "network.public_endpoint",
            "network.private_endpoint",
            "network.ingress_any",
            "access.shared_key_enabled",
            "access.local_auth_enabled",
            "access.central_identity_enabled",
            "retention.backup_days",
            "recovery.point_in_time",
            "recovery.redundancy",
        }
    ),
)
_EXPIRY: Final = ("retention.expiry_configured", "retention.delete_after_days")
LOGS: Final = reach.diagnostics(TYPE)
LOCKS: Final = reach.locks_read()


def _listing(path: str) -> Read:
    def speaks(draft: Draft) -> bool:
        api = _api(draft)
        return isinstance(api, Known) and api.value[1] == path

    def make(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
        """Lists the databases, whose names are evidence of what they hold."""
        listed = caller.ask(read, draft.resource.id, draft.resource.id)
        names = fields.items(listed, "value")
        unread = (names,) if isinstance(names, Unknown) else ()
        shown = ", ".join(str(one.get("name")) for one in names.value) if isinstance(names, Known) else ""
        draft.resource = replace(draft.resource, evidence=replace(EMPTY_EVIDENCE, description=shown, unread=unread))
        return listed

    read = Read(TYPE, path, VERSION, f"{TYPE}/{path}/read", Stage.SURVEY, listing=True, when=speaks)
    return replace(read, make=make)


def _has_roles(draft: Draft) -> bool:
    api = _api(draft)
    return not (isinstance(api, Known) and api.value != _SQL)


ROLES: Final = Read(
    TYPE, "sqlRoleAssignments", VERSION, f"{TYPE}/sqlRoleAssignments/read", facts=OUTSIDE, listing=True, told=True, when=_has_roles
)
"""Roles of the API for NoSQL, which stand on the account beside Azure's."""


def _named(draft: Draft) -> Maybe[tuple[Holder, ...]]:
    """Who holds a role of the account's own; other APIs know no principals of the tenant, but for the one for Table."""
    api = _api(draft)
    if isinstance(api, Known) and api.value != _SQL:
        table = api.value[0] == "tableapirequests"
        return Unknown(UnknownReason.NOT_SUPPORTED, api.via, "roles of the API for Table are not read") if table else Known((), api.via)
    listed = fields.items(draft.doc(ROLES), "value")
    if isinstance(listed, Unknown):
        return listed
    named = [fields.word(fields.inner(listed, one), "properties", "principalId") for one in listed.value]
    lost = next((one for one in named if isinstance(one, Unknown)), None)
    return lost or Known(tuple(Holder(one.value.lower()) for one in named if isinstance(one, Known)), listed.via)


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per account."""
    endpoint = fields.value(Known(row), "properties", "documentEndpoint")
    yield drafted(caller.place, declared, row, _KIND, (row.get("name"), endpoint.value if isinstance(endpoint, Known) else ""))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an account that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(ACCOUNT)
    key = _key(draft)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(key))
    sheet.constant("transport.tls_required", True, _TLS)
    sheet.put("transport.min_tls", min_tls(fields.word(row, "properties", "minimalTlsVersion", absent="Tls12", because=_MIN_TLS)))
    reach.put_network(sheet, _KIND, row, _admits(row))
    reach.put_audience(sheet, draft)
    keys = negated(fields.flag(row, "properties", "disableLocalAuth", absent=False, because=_LOCAL))
    api = _api(draft)
    central: Maybe[bool] = api if isinstance(api, Unknown) else Known(api.value[0] in ("dataplanerequests", "tableapirequests"), api.via)
    logs = api if isinstance(api, Unknown) else reach.sends(draft.doc(LOGS), frozenset({api.value[0]}))
    put_listed(
        sheet,
        {
            "access.shared_key_enabled": keys,
            "access.local_auth_enabled": keys,
            "access.central_identity_enabled": central,
            "logging.data_read": logs,
            "logging.data_write": logs,
            **_backup(row),
        },
        _KIND,
    )
    sheet.put("recovery.redundancy", _redundancy(row))
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    put_listed(sheet, _ages(draft.doc(CONTAINERS)), _KIND)
    return sheet.facts


def _ages(containers: Maybe[Doc | None]) -> dict[str, AnyFact]:
    """Whether every container lets its items expire; -1 and nothing mean never (Cosmos DB documentation, time to live)."""
    listed = fields.items(containers, "value")
    if isinstance(listed, Unknown):
        return dict.fromkeys(_EXPIRY, listed)
    found = [fields.value(fields.inner(listed, one), "properties", "resource", "defaultTtl") for one in listed.value]
    ages = [one.value / 86400 if isinstance(one, Known) and isinstance(one.value, int) and one.value > 0 else UNLIMITED for one in found]
    if not ages:
        none = NotApplicable("items expire by their container, and there is none", listed.via)
        return {_EXPIRY[0]: Known(False, listed.via), _EXPIRY[1]: none}
    return {_EXPIRY[0]: Known(any(one != UNLIMITED for one in ages), listed.via), _EXPIRY[1]: Known(max(ages), listed.via)}


def _containers(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """Lists the containers of every database of the API for NoSQL; those of the other APIs expire by other means."""
    api = _api(draft)
    if isinstance(api, Unknown):
        return api
    if api.value != _SQL:
        return Unknown(UnknownReason.NOT_SUPPORTED, CONTAINERS.via, "only containers of the API for NoSQL are read")
    databases = fields.items(draft.doc(_LISTINGS[-1]), "value")
    if isinstance(databases, Unknown):
        return databases
    found: list[object] = []
    for one in databases.value:
        listed = caller.ask(CONTAINERS, same(one.get("id")), draft.resource.id)
        if isinstance(listed, Unknown):
            return listed
        found += (listed.value or {})["value"]
    return Known({"value": found}, CONTAINERS.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and where its logs go."""
    return (*reach.key_links(_key(draft)), *reach.log_links(draft.doc(LOGS)))


def _key(draft: Draft) -> Maybe[str]:
    return fields.word(draft.doc(ACCOUNT), "properties", "keyVaultKeyUri", absent="", because=_KEY)


def _api(draft: Draft) -> Maybe[tuple[str, str]]:
    row = draft.doc(ACCOUNT)
    kind, found = (
        fields.word(row, "kind", absent="GlobalDocumentDB", because=_KEY),
        fields.items(row, "properties", "capabilities", because=_UNLISTED),
    )
    if isinstance(kind, Unknown):
        return kind
    if isinstance(found, Unknown):
        return found
    names = [kind.value, *(str(one.get("name")) for one in found.value)]
    return Known(next((_APIS[name] for name in names if name in _APIS), _SQL), kind.via)


def _admits(row: Maybe[Doc | None]) -> Maybe[bool]:
    rules, networks = fields.items(row, "properties", "ipRules"), fields.items(row, "properties", "virtualNetworkRules", because=_UNLISTED)
    if isinstance(rules, Unknown):
        return rules
    if isinstance(networks, Unknown):
        return networks
    addresses = {str(one.get("ipAddressOrRange") or "") for one in rules.value}
    admits = admits_addresses(addresses, rules.via)
    if isinstance(admits, Unknown) or admits.value:
        return admits
    if addresses or networks.value:
        return Known(False, rules.via)
    return negated(fields.flag(row, "properties", "isVirtualNetworkFilterEnabled", absent=False, because=_FILTER))


def _backup(row: Maybe[Doc | None]) -> dict[str, AnyFact]:
    """Continuous backup reaches back 30 days, or 7 by its tier; periodic backup is kept for some hours (Cosmos DB documentation, online backup)."""
    kind = fields.word(row, "properties", "backupPolicy", "type")
    if isinstance(kind, Unknown):
        return dict.fromkeys(("retention.backup_days", "recovery.point_in_time"), kind)
    reach_back: Maybe[float]
    continuous = kind.value.lower() == "continuous"
    if continuous:
        tier = fields.word(
            row, "properties", "backupPolicy", "continuousModeProperties", "tier", absent="Continuous30Days", because=_ENCRYPTED
        )
        days = _WINDOWS.get(tier.value.lower()) if isinstance(tier, Known) else None
        reach_back = Known(days, kind.via) if days else Unknown(UnknownReason.UNPARSABLE, kind.via, "an unknown tier", between=(7, 30))
    else:
        hours = fields.number(row, "properties", "backupPolicy", "periodicModeProperties", "backupRetentionIntervalInHours")
        reach_back = hours if isinstance(hours, Unknown) else Known(hours.value / 24, hours.via)
    return {"retention.backup_days": reach_back, "recovery.point_in_time": Known(continuous, kind.via)}


def _redundancy(row: Maybe[Doc | None]) -> Maybe[str]:
    places = fields.items(row, "properties", "locations")
    if isinstance(places, Unknown):
        return places
    if not places.value:
        return Unknown(UnknownReason.NOT_COLLECTED, places.via, "the answer has no locations")
    if len(places.value) > 1:
        return Known("multi-region", places.via)
    spread = fields.flag(fields.inner(places, places.value[0]), "isZoneRedundant", absent=False, because=_FILTER)
    return spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)


CONTAINERS: Final = Read(
    f"{TYPE}/sqlDatabases",
    "containers",
    VERSION,
    f"{TYPE}/sqlDatabases/containers/read",
    facts=frozenset(_EXPIRY),
    listing=True,
    make=_containers,
)
_LISTINGS: Final = tuple(_listing(path) for _, path in (*_APIS.values(), _SQL))
COLLECTOR: Final = Collector("cosmos", (ACCOUNT,), (*_LISTINGS, CONTAINERS, LOGS, LOCKS, ROLES, outsiders(_named)), survey, facts, links)
