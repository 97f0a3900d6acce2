"""What holds for every project of Google Cloud as an account. Pure; for plans and live projects."""

from __future__ import annotations

from typing import Final

from tierwise.model.fact import FactSheet, Provenance, Unknown, UnknownReason

_NO_LOGIN: Final = "a project has no login of its own; people belong to Cloud Identity"


def put_account(sheet: FactSheet, via: Provenance, centre: str) -> None:
    """Sets what no setting of a project decides; `centre` says why Security Command Center is not read."""
    sheet.constant("account.disk_encryption_default", True, "Compute Engine, disk encryption: every disk is encrypted at rest")
    sheet.put("account.root_mfa", Unknown(UnknownReason.NOT_SUPPORTED, via, "super administrators belong to Cloud Identity"))
    sheet.not_applicable("account.root_keys", "a project has no root user", Provenance("constant: Resource Manager"))
    for name in ("account.threat_detection", "account.threat_plans"):
        sheet.put(name, Unknown(UnknownReason.NOT_COLLECTED, via, centre))
    for name in ("credential.mfa_enabled", "credential.mfa_phishing_resistant"):
        sheet.not_applicable(name, _NO_LOGIN, via)
    for name in ("logging.control_plane", "logging.all_regions"):
        sheet.constant(name, True, "Cloud Audit Logs: Admin Activity logs are always written, in every region, and cannot be switched off")
