"""Every test of the store that takes `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.store.postgres import running
from tierwise.store.connect import Store, open_store


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """One server for all tests of this process."""
    with running() as url:
        yield url


@pytest.fixture
def postgres(server: str) -> str:
    """The URL of an empty database."""
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a SQLite store may be made."""
    return tmp_path / "kept" / "store.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, path: Path) -> str:
    """A place for a store, empty."""
    return str(path) if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(where: str, path: Path) -> Store:
    """An empty store."""
    return open_store(where, path, create=True)
