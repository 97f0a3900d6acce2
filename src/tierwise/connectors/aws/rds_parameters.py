"""Reads RDS parameter groups; what their parameters mean stands in `model.database`."""

from __future__ import annotations

from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc
from tierwise.model.database import Lookup, family, lookup, min_tls, recorded, tls_required
from tierwise.model.fact import Known, Maybe, Unknown

__all__ = ["Lookup", "family", "lookup", "min_tls", "read_group", "recorded", "tls_required"]

_NEEDED = frozenset(
    {
        "audit_logs",
        "general_log",
        "log_statement",
        "neptune_enable_audit_log",
        "pgaudit.log",
        "rds.force_ssl",
        "rds.tls10",
        "rds.tls11",
        "rds.tls12",
        "require_secure_transport",
        "shared_preload_libraries",
        "ssl_min_protocol_version",
        "tls",
        "tls_version",
    }
)


def read_group(caller: Caller, read: Read, argument: str, group: str) -> Maybe[Doc | None]:
    """The values that a parameter group gives to the parameters that matter here; read once however many databases use it."""

    def make() -> Maybe[Doc | None]:
        doc = gather(caller, read, "Parameters", **{argument: group})
        if isinstance(doc, Unknown):
            return doc
        listed = (doc.value or {}).get("Parameters") or ()
        return Known({one["ParameterName"]: one.get("ParameterValue") for one in listed if one.get("ParameterName") in _NEEDED}, read.via)

    return caller.once(f"{read.operation}:{group}:values", make)
