"""The credential report, and what it says of users' passwords, keys and factors.

Generating the report is the one call of a scan that makes something: a report that IAM keeps for four hours. A second
factor is phishing-resistant where its serial is the ARN of a FIDO2 key or passkey (`arn:aws:iam::<account>:u2f/...`, IAM User Guide,
"Reference IAM identifiers"); virtual and hardware one-time-password devices have `:mfa/` ARNs or plain serial numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

_RESISTANT: Final = "credential.mfa_phishing_resistant"
_PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds between asking whether the report is ready; a large account takes longer and is then unknown for this run."""
_NEVER: Final = frozenset({"", "N/A", "no_information", "not_supported"})
"""What stands for `no such date` (IAM User Guide, "Getting credential reports": `N/A` none or not trackable, `no_information` never)."""
_FACTS: Final = frozenset(
    {
        "principal.console_login",
        "credential.mfa_enabled",
        _RESISTANT,
        "credential.active_keys",
        "credential.oldest_key_days",
        "credential.idle_days",
    }
)


def _report(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    if draft.resource.kind is not Kind.USER:
        return Known(None, REPORT.via)
    return caller.once_per_account(REPORT.operation, lambda: _made(caller))


def _made(caller: Caller) -> Maybe[Doc | None]:
    """The report's rows by user name."""
    state = caller.ask(GENERATE)
    for seconds in _PAUSES:
        if isinstance(state, Unknown) or (state.value or {}).get("State") == "COMPLETE":
            break
        caller.pause(seconds)
        state = caller.ask(GENERATE)
    # Where making one is denied, a report that somebody else made in the last four hours can still be read.
    answer = caller.ask(REPORT)
    if isinstance(answer, Unknown):
        return state if isinstance(state, Unknown) and answer.reason is not UnknownReason.PERMISSION_DENIED else answer
    try:
        rows = rows_of((answer.value or {}).get("Content") or b"")
    except (UnicodeDecodeError, csv.Error) as error:
        return Unknown(UnknownReason.UNPARSABLE, REPORT.via, type(error).__name__)
    return Known(rows, REPORT.via) if rows else Unknown(UnknownReason.UNPARSABLE, REPORT.via, "the report has no rows")


def rows_of(content: bytes) -> dict[str, dict[str, str]]:
    """The rows of a report by user name."""
    return {row["user"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row.get("user")}


def _if_has_factors(draft: Draft) -> Mapping[str, Any] | None:
    if draft.resource.kind is not Kind.USER:
        return None
    row = _row(draft)
    if isinstance(row, Known) and "false" in (row.value.get("password_enabled"), row.value.get("mfa_active")):
        return None
    return {"UserName": draft.resource.name}


GENERATE = Read("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport", Stage.DETAIL, _FACTS)
REPORT = Read("iam", "GetCredentialReport", "iam:GetCredentialReport", Stage.DETAIL, _FACTS, make=_report)
FACTORS = Read("iam", "ListMFADevices", "iam:ListMFADevices", Stage.DETAIL, frozenset({_RESISTANT}), params=_if_has_factors)
READS: Final = (GENERATE, REPORT, FACTORS)
"""In this order: whether factors are asked for depends on the report."""


def _row(draft: Draft) -> Maybe[Mapping[str, str]]:
    report = draft.doc(REPORT)
    if isinstance(report, Unknown):
        return report
    row = (report.value or {}).get(draft.resource.name)
    if row is None:
        return Unknown(UnknownReason.NOT_COLLECTED, REPORT.via, "the user is younger than the credential report")
    return Known(row, REPORT.via)


def user_facts(draft: Draft, created: datetime | None, now: datetime, sheet: FactSheet) -> None:
    """Sets what the report and the list of factors say of a user."""
    row = _row(draft)
    if isinstance(row, Unknown):
        for name in _FACTS:
            sheet.put(name, row)
        return
    values, via = row.value, row.via
    _factor_facts(draft, values, via, sheet)
    ages: list[int] = []
    active = 0
    unread = False
    used = [_date(values.get("password_last_used"))]
    for number in ("1", "2"):
        used.append(_date(values.get(f"access_key_{number}_last_used_date")))
        if values.get(f"access_key_{number}_active") != "true":
            continue
        active += 1
        made = _date(values.get(f"access_key_{number}_last_rotated"))
        unread = unread or made is None
        ages.extend([days(now, made)] if made else [])
    sheet.known("credential.active_keys", active, via)
    if unread:
        sheet.put("credential.oldest_key_days", Unknown(UnknownReason.UNPARSABLE, via, "an active key has no date in the report"))
    elif ages:
        sheet.known("credential.oldest_key_days", max(ages), via)
    else:
        sheet.not_applicable("credential.oldest_key_days", "the user has no active key", via)
    last = max((one for one in used if one), default=created or _date(values.get("user_creation_time")))
    if last is None:
        sheet.put("credential.idle_days", Unknown(UnknownReason.UNPARSABLE, via, "the report has no date of creation"))
    else:
        sheet.known("credential.idle_days", days(now, last), via)


def _factor_facts(draft: Draft, values: Mapping[str, str], via: Provenance, sheet: FactSheet) -> None:
    logs_in = values.get("password_enabled") == "true"
    sheet.known("principal.console_login", logs_in, via)
    if not logs_in:
        for name in ("credential.mfa_enabled", _RESISTANT):
            sheet.not_applicable(name, "the user has no console password", via)
        return
    sheet.known("credential.mfa_enabled", values.get("mfa_active") == "true", via)
    devices = field_of(draft.doc(FACTORS), "MFADevices", absent=[])
    if isinstance(devices, Unknown):
        # A user without any factor has no resistant one, whoever may list them.
        sheet.put(_RESISTANT, Known(False, via) if values.get("mfa_active") == "false" else devices)
        return
    serials = [str(one.get("SerialNumber", "")) for one in devices.value or ()]
    sheet.known(_RESISTANT, bool(serials) and all(map(is_resistant, serials)), FACTORS.via)


def is_resistant(serial: str) -> bool:
    """Whether a factor's serial is that of a FIDO2 key or passkey."""
    return serial.startswith("arn:") and serial.rsplit(":", 1)[-1].startswith(("u2f/", "passkey/"))


def days(now: datetime, then: datetime) -> int:
    """Whole days between two moments; never negative."""
    return max(0, (now - then).days)


def _date(text: str | None) -> datetime | None:
    if text is None or text in _NEVER:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
