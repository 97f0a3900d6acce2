"""Which receivers have been told of which runs, so that none is told twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from tierwise.store.connect import Store
from tierwise.store.tables import NOTICES


def told_at(store: Store, run: str, receiver: str) -> str | None:
    """When a receiver was told of a run; None where it was not."""
    with store.reading() as connection:
        return connection.execute(select(NOTICES.c.sent).where(NOTICES.c.run == run, NOTICES.c.receiver == receiver)).scalar()


def claim(store: Store, run: str, receiver: str, now: datetime) -> bool:
    """Take it upon this process to tell a receiver of a run; False where one has done so. Kept before anything is sent: a process that is
    killed on the way has told it, rather than perhaps twice.
    """
    try:
        with store.writing() as connection:
            connection.execute(insert(NOTICES).values(run=run, receiver=receiver, sent=now.isoformat()))
    except IntegrityError:
        return False
    return True


def release(store: Store, run: str, receiver: str) -> None:
    """It was not told: another try may."""
    with store.writing() as connection:
        connection.execute(delete(NOTICES).where(NOTICES.c.run == run, NOTICES.c.receiver == receiver))
