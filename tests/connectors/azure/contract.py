"""Which fields of Azure's answers are read, and where each is known to exist: a recording, an example, or the model of Microsoft's SDK."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tests.connectors.azure.cloud import read_of
from tests.connectors.azure.estate import scanned, tenant
from tests.connectors.azure.recorded import GRAPH_AND_ARM, answers, listed
from tests.connectors.noted import Noted, noted, noting_field_of, paths_in
from tierwise.connectors import fields
from tierwise.connectors.answers import decoded
from tierwise.connectors.azure import calls
from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.read import Row
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Provenance

Fields = Mapping[str, frozenset[str]]
"""Dotted paths by operation; lists are stepped into. What a list holds is told as if it stood alone."""
SDK = Path(__file__).with_name("sdk_fields.json")
"""Fields that no recording has, looked up in the SDK's models by `tools/azure_fields.py`."""
DIAGNOSTICS = "providers/Microsoft.Insights/diagnosticSettings"
_SUBSCRIPTIONS, _SYNAPSE = "graph:Microsoft.Resources/subscriptions", "graph:Microsoft.Synapse/workspaces"
DOCUMENTED: Mapping[str, Mapping[str, str]] = {
    "arm:Microsoft.CustomerLockbox/tenantOptedIn": {"isOptedIn": "Customer Lockbox REST API 2018-02-28-preview, TenantOptInResponse"},
    _SUBSCRIPTIONS: {
        "properties.managementGroupAncestorsChain": "Resource Graph documentation, advanced samples: subscriptions in a management group",
        "properties.managementGroupAncestorsChain.name": "the same",
        "properties.managedByTenants": "Azure Lighthouse documentation; the model of Azure Resource Manager has it outside `properties`",
    },
    "entra:users": {"id": "Microsoft Graph reference v1.0, resource type user"},
    "entra:servicePrincipals": dict.fromkeys(
        ("id", "appOwnerOrganizationId", "servicePrincipalType"), "Microsoft Graph reference v1.0, resource type servicePrincipal"
    ),
    "entra:groups/transitiveMembers/microsoft.graph.user": {"id": "Microsoft Graph reference v1.0, List group transitive members"},
    "entra:groups/transitiveMembers/microsoft.graph.servicePrincipal": {"id": "the same"},
    _SYNAPSE: {"properties.azureADOnlyAuthentication": "reference of ARM templates, Microsoft.Synapse/workspaces 2021-06-01"},
}
"""What neither a recording nor the SDK for Python has, and where it is documented."""
_ENVELOPE = ("value", "nextLink", "@odata.nextLink", "@odata.count")
"""Of every list of Azure Resource Manager, and of Microsoft Graph."""


def operation_of(via: str) -> str:
    """The name of what is read; diagnostic settings are the same of everything."""
    return DIAGNOSTICS if via.endswith(DIAGNOSTICS) else via


@cache
def fields_read() -> Fields:
    """What a scan of the whole test tenant reads, noted while it does."""
    seen: dict[str, set[str]] = defaultdict(set)
    types = {one.type.lower(): one.via.via for one in declared_reads() if isinstance(one, Row)}

    def noting(raw: bytes, via: Provenance) -> Maybe[Doc]:
        body = decoded(raw, via)
        if not isinstance(body, Known) or not via.via:
            return body
        if isinstance(rows := body.value.get("data"), list):
            return Known({**body.value, "data": [Noted(row, seen[types[row["type"]]], _ENVELOPE) for row in rows]}, body.via)
        return noted(body, seen[operation_of(via.via)], _ENVELOPE)

    with patch.object(calls, "decoded", noting), patch.object(fields, "field_of", noting_field_of):
        scanned(tenant())
    return {name: frozenset(paths) for name, paths in seen.items()}


@cache
def fields_recorded() -> Fields:
    """What is in the recordings and examples."""
    found: dict[str, set[str]] = defaultdict(set)
    types = {one.type.lower(): one.via.via for one in declared_reads() if isinstance(one, Row)}
    for answer in answers():
        for path in {answer.path, same(answer.body.get("id"))} - {""}:
            if (read := read_of(path)) is not None:
                found[operation_of(read.via.via)].update(paths_in(answer.body, _ENVELOPE))
        for body in listed(answer.body):
            name = types.get(body["type"].lower()) or (DIAGNOSTICS if body["type"].lower() == DIAGNOSTICS[10:].lower() else "")
            found[name].update(paths_in(body, _ENVELOPE))
    return {name: frozenset(paths) for name, paths in found.items()}


@cache
def columns() -> frozenset[str]:
    """The columns of Resource Graph's table of resources, as it once answered them."""
    tables = (one.body["data"] for one in answers() if one.file == GRAPH_AND_ARM and "data" in one.body)
    return frozenset(column["name"] for table in tables for column in table["columns"])


def fields_unrecorded() -> Fields:
    """What is read and neither a column nor recorded nor cited: the SDK has it."""
    recorded, graph = fields_recorded(), columns()
    found = {
        name: paths
        - recorded.get(name, frozenset())
        - DOCUMENTED.get(name, {}).keys()
        - (graph if name.startswith("graph:") else frozenset())
        for name, paths in fields_read().items()
    }
    return {name: paths for name, paths in sorted(found.items()) if paths}


def fields_of_sdk() -> Fields:
    """What was looked up in the SDK."""
    return {name: frozenset(one["fields"]) for name, one in json.loads(SDK.read_bytes())["operations"].items()}
