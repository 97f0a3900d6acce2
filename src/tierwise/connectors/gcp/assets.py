"""Cloud Asset Inventory's answers and exports as assets, whichever way they spell their fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tierwise.connectors import gcp_terms
from tierwise.connectors.declared import Doc, Stage
from tierwise.connectors.gcp.read import LIST_IAM, LIST_ORG, LIST_RESOURCE, Asset, Read
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

PAGE: Final = "1000"
"""The most assets that a page holds (Cloud Asset Inventory API, `assets.list`)."""
TYPES: Final = "assetTypes"


def _listing(content: str, action: str) -> Read:
    return Read(
        "cloudasset",
        "/v1/{}/{}/assets",
        action,
        stage=Stage.SURVEY,
        items="assets",
        query=(("contentType", content), ("pageSize", PAGE), (TYPES, "")),
        label=f"?contentType={content}",
    )


RESOURCES: Final = _listing("RESOURCE", LIST_RESOURCE)
POLICIES: Final = _listing("IAM_POLICY", LIST_IAM)
ORG_POLICIES: Final = _listing("ORG_POLICY", LIST_ORG)
_LOG_TYPES: Final = {1: "ADMIN_READ", 2: "DATA_WRITE", 3: "DATA_READ"}
"""`AuditLogConfig.LogType` as numbers, which exports have."""


def asset_of(doc: Doc, resource_via: Provenance, policy_via: Provenance) -> Asset:
    """An asset of an answer (camel case) or of an export (snake case, log types as numbers)."""
    found = {gcp_terms.camel(str(key)): value for key, value in doc.items()}
    resource = found.get("resource")
    data = resource.get("data") if isinstance(resource, Mapping) else None
    told: Maybe[Doc] = (
        Known(data, resource_via) if isinstance(data, Mapping) else Unknown(UnknownReason.UNPARSABLE, resource_via, "an asset without data")
    )
    ancestors = found.get("ancestors")
    return Asset(
        str(found.get("name") or ""),
        str(found.get("assetType") or ""),
        told,
        _policy(found.get("iamPolicy"), policy_via),
        tuple(str(one) for one in ancestors) if isinstance(ancestors, list) else (),
        org=_org_policies(found.get("orgPolicy")),
    )


def _policy(given: Any, via: Provenance) -> Maybe[Doc] | None:
    """The IAM policy of an asset; None where there is none."""
    if given is None:
        return None
    return (
        Known(policy_of(given), via) if isinstance(given, Mapping) else Unknown(UnknownReason.UNPARSABLE, via, "an IAM policy that is none")
    )


def _org_policies(given: Any) -> tuple[Doc, ...]:
    """The organisation policies of an asset. What is none may have been any: one without a name stands for it."""
    if given is None:
        return ()
    return tuple(camel(one) if isinstance(one, Mapping) else {} for one in (given if isinstance(given, list) else [given]))


def policy_of(doc: Mapping[str, Any]) -> Doc:
    """An IAM policy in camel case with log types as words."""
    policy = dict(camel(doc))
    configs = policy.get("auditConfigs")
    for config in configs if isinstance(configs, list) else ():
        logs = config.get("auditLogConfigs") if isinstance(config, Mapping) else None
        for log in logs if isinstance(logs, list) else ():
            if isinstance(log, dict) and isinstance(log.get("logType"), int):
                log["logType"] = _LOG_TYPES.get(log["logType"], log["logType"])
    return policy


def camel(doc: Any) -> Any:
    """A document with its keys in camel case; policies and audit configurations are four levels deep."""
    if isinstance(doc, Mapping):
        return {gcp_terms.camel(str(key)): camel(value) for key, value in doc.items()}
    return [camel(one) for one in doc] if isinstance(doc, list) else doc
