"""What log buckets and sinks of Cloud Logging say. Pure; for plans and live ones."""

from __future__ import annotations

import re
from typing import Final

from tierwise.connectors.gcp_terms import put_no_policy
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason

AUDIT: Final = "cloudaudit.googleapis.com"
"""What the names of all audit logs hold."""
KEPT: Final = "Cloud Logging, log buckets: 30 days unless another time is given; _Required keeps 400 days, which nobody can change"
UNRESTRICTED: Final = "Cloud Logging API v2, LogBucket.restrictedFields: no field is denied to readers where it was never set"
_NO_IAM: Final = "Cloud Logging, access control: IAM of the project and of log views; logs cannot be opened to everybody"
_ONLY_ACTIVITY: Final = re.compile(
    r"""\s*(?:log_?name|log_id)\s*(?:[:=]|\()\s*"?[\w/.:%-]*cloudaudit\.googleapis\.com(?:(?:%2F|/)activity)?"?\s*\)?\s*\Z""", re.IGNORECASE
)
_SERVICE: Final = re.compile(r"(?:storage|bigquery|pubsub|logging)\.googleapis\.com/")


def put_bucket(sheet: FactSheet, days: Maybe[int], locked: Maybe[bool], restricted: Maybe[bool]) -> None:
    """Sets whom a log bucket lets in and what of its entries they see, how long it keeps them, and whether that can be shortened."""
    sheet.put("logging.masking", restricted)
    put_no_policy(sheet, _NO_IAM)
    sheet.put("retention.log_days", days)
    sheet.constant("retention.expiry_configured", True, "Cloud Logging, log buckets: entries are deleted when their retention ends")
    if isinstance(locked, Unknown):
        sheet.put("immutability.mode", locked)
        sheet.put("immutability.min_days", locked)
    else:
        sheet.known("immutability.mode", "compliance" if locked.value else "none", locked.via)
        sheet.put("immutability.min_days", days if locked.value else Known(0, locked.via))
    # Cloud Logging, "Lock a log bucket": a locked bucket cannot be deleted while it holds entries.
    sheet.put("recovery.delete_protected", locked)


def put_sink(sheet: FactSheet) -> None:
    """Sets what holds for every sink."""
    sheet.constant("logging.all_regions", True, "Cloud Logging, routing: a sink takes the entries of every region")
    sheet.not_applicable(
        "logging.integrity_validated",
        "Cloud Logging signs no digests; a locked bucket keeps entries as they are",
        Provenance("constant: Cloud Logging"),
    )


def takes_activity(wanted: Known[str | None], excludes: bool) -> Maybe[bool]:
    """Whether all administrative activity passes through a sink's filter."""
    if wanted.value is not None and not _ONLY_ACTIVITY.match(wanted.value):
        return Unknown(UnknownReason.NOT_SUPPORTED, wanted.via, "what the filter leaves out is not worked out")
    if excludes:
        return Unknown(UnknownReason.NOT_SUPPORTED, wanted.via, "what the exclusions leave out is not worked out")
    return Known(True, wanted.via)


def target_of(destination: str) -> str:
    """What a destination names: `storage.googleapis.com/B` is the bucket B."""
    return _SERVICE.sub("", destination, count=1)
