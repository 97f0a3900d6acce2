"""What BigQuery says of datasets and tables. Pure; for plans and live datasets."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, TypeAlias

from tierwise.connectors.gcp_terms import DAY
from tierwise.model.fact import UNLIMITED, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Column

TRAVEL: Final = "BigQuery, time travel: 7 days (168 hours) unless another number is given"
_ROLES: Final = {"READER": "roles/bigquery.dataViewer", "WRITER": "roles/bigquery.dataEditor", "OWNER": "roles/bigquery.dataOwner"}
Labels: TypeAlias = Mapping[str, tuple[str, ...]]
"""What a policy tag and those above it are called, by its full name."""
_DEEPEST: Final = 15
"""BigQuery, "Specify nested and repeated columns": 15 levels at most."""


def role_of(named: str) -> str:
    """The role of an access entry, which may be one of the three basic ones; READER where none is given."""
    return _ROLES.get(named or "READER", named)


def put_constants(sheet: FactSheet) -> None:
    """Sets what no dataset decides."""
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, True, "BigQuery, audit logs: data access audit logs are always on and cannot be switched off")
    sheet.constant(
        "transport.internode_encrypted", True, "Google Cloud, encryption in transit: traffic between Google's machines is encrypted"
    )
    sheet.constant("access.local_auth_enabled", False, "BigQuery, access control: IAM identities only")
    sheet.constant("access.central_identity_enabled", True, "BigQuery, access control: IAM identities only")
    sheet.constant("recovery.point_in_time", True, "BigQuery, time travel: data can be read as of any moment within its window")
    sheet.not_applicable(
        "recovery.delete_protected", "BigQuery has no deletion protection of its own; the Terraform argument is the client's"
    )
    sheet.constant(
        "recovery.redundancy",
        "multi-zone",
        "BigQuery, reliability: a multi-region keeps data in zones of one region, without a second region",
    )


def put_expiry(sheet: FactSheet, expiry: Maybe[int | None]) -> None:
    """Sets after how long tables expire, by the dataset's default in milliseconds."""
    names = ("retention.expiry_configured", "retention.delete_after_days")
    if isinstance(expiry, Unknown):
        for name in names:
            sheet.put(name, expiry)
        return
    sheet.put(names[0], Known(bool(expiry.value), expiry.via))
    sheet.put(names[1], Known(-(-expiry.value // (DAY * 1000)) if expiry.value else UNLIMITED, expiry.via))


def policy_tags(fields: object) -> Iterator[str]:
    """The policy tags that the columns of a schema name."""
    for _path, one in _fields(fields):
        yield from _tags(one)


def columns(table: str, fields: object, labels: Labels | None = None, keys: Container[str] = ()) -> Iterator[Column]:
    """The columns of a schema, fields of records by their path, with what their policy tags are called where that is known.

    `keys` are the columns of the primary key.
    """
    for path, one in _fields(fields):
        found = tuple(dict.fromkeys(label for tag in _tags(one) for label in (labels or {}).get(tag, ())))
        yield Column(table, ".".join(path), str(one.get("type", "")), key=len(path) == 1 and path[0] in keys, labels=found)


def _tags(field: Mapping[str, Any]) -> list[str]:
    tags = field.get("policyTags")
    names = tags.get("names") if isinstance(tags, dict) else None
    return [str(one) for one in names] if isinstance(names, list) else []


def _fields(fields: object) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    waiting: list[tuple[tuple[str, ...], object]] = [((), fields)]
    while waiting:
        path, level = waiting.pop()
        for one in level if isinstance(level, list) and len(path) < _DEEPEST else ():
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                here = (*path, one["name"])
                yield here, one
                waiting.append((here, one.get("fields")))
