"""Dates of the sample estate: set by hand, since moto takes them from the clock and the sample must not age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tierwise.demo.areas.people import ADMINISTRATOR, ANALYST, DEPLOYER
from tierwise.demo.emulator import ACCOUNT, REGION

STARTED: Final = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""When every run of the sample takes place."""
_LAST_LOGIN: Final = {ADMINISTRATOR: 3, ANALYST: 12}
"""Days before the run's start."""
_KEY_AGE: Final = {DEPLOYER: 640}


def set_dates() -> None:
    """Give everything whose age a control judges a fixed date, on the backend's own objects."""
    from moto.backends import get_backend

    _people(get_backend("iam")[ACCOUNT]["aws"])
    _snapshots(get_backend("rds")[ACCOUNT][REGION].database_snapshots)


def _ago(days: int) -> datetime:
    return STARTED - timedelta(days=days)


def _snapshots(found: Any) -> None:
    """Manual ones are old; automated ones carry last night's date in their names, as RDS writes it."""
    for name, snapshot in list(found.items()):
        age = 0 if snapshot.snapshot_type == "automated" else 90
        snapshot.created = snapshot.original_snapshot_create_time = _ago(age)
        if age == 0:
            snapshot.db_snapshot_identifier = f"rds:{snapshot.db_instance_identifier}-{STARTED:%Y-%m-%d}-02-10"
            found[snapshot.db_snapshot_identifier] = found.pop(name)


def _people(iam: Any) -> None:
    for user in iam.users.values():
        user.create_date = _ago(900)
        if user.name in _LAST_LOGIN:
            user.password_last_used = _ago(_LAST_LOGIN[user.name])
        for key in user.access_keys:
            key.create_date = _ago(_KEY_AGE.get(user.name, 30))
            key.last_used = None
    for role in iam.roles.values():
        role.create_date = _ago(700)
