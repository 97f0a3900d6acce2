"""Opens a store: where it is, SQLite or PostgreSQL, its schema, and what is said where it cannot be used."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, ProgrammingError
from sqlalchemy.pool import NullPool

from tierwise.errors import StoreError
from tierwise.store.tables import META, MIGRATIONS, STORE

FILE_NAME: Final = "store.db"
BUSY_SECONDS: Final = 60
"""How long a scan waits for another that is writing its result."""
_LOCK: Final = 0x71E2_0001
"""The advisory lock under which a PostgreSQL store is made or migrated; any number that no one else uses."""
_UNHEARD: Final = logging.NullHandler()
_NOT_PERMITTED: Final = "42501"
"""`insufficient_privilege` (PostgreSQL, appendix A: error codes)."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store."""

    engine: Engine
    where: str
    """As people name it, without a password."""
    path: Path | None
    """The file, for SQLite."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store throughout."""
        with told(self.where), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: on SQLite the only one, others wait for it."""
        with told(self.where), self.engine.connect() as connection, connection.execution_options(writes=True).begin():
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_store(where: str, default: Path, *, create: bool = False) -> Store:
    """The store at a path or URL, or at the default path where nothing is named.

    `create`: make it where it is not there; otherwise StoreError. An older one is brought to this schema, a newer one never touched.
    """
    # What goes wrong is raised, and told in our words: a signal that ends the command as a connection closes is not to fill stderr with a traceback.
    logging.getLogger("sqlalchemy").addHandler(_UNHEARD)
    url = _url(where) if "://" in where else None
    if url is not None:
        store = Store(_server(url), shown(where), None)
    else:
        path = Path(where).expanduser() if where else default
        store = Store(_file(path, create=create, named=bool(where)), str(path), path)
    _prepare(store, create=create)
    return store


def shown(where: str) -> str:
    """A path or URL as it may be printed: without a password."""
    return _url(where).set(drivername="postgresql").render_as_string(hide_password=True) if "://" in where else where


def _url(where: str) -> URL:
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise StoreError("the store's URL cannot be read; write postgresql://user@host/database, or a path for SQLite") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"a store is a path (SQLite) or a postgresql:// URL, not {url.drivername}://")


def _server(url: URL) -> Engine:
    try:
        return create_engine(url, poolclass=NullPool)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError("PostgreSQL's driver is not installed\ninstall it: pip install 'tierwise[postgres]'") from None


def _file(path: Path, *, create: bool, named: bool) -> Engine:
    if create:
        _make_room(path)
    elif path.is_dir():
        raise _a_directory(path)
    elif not path.is_file():
        way = (
            f"a scan with --store {quote(str(path))} makes it"
            if named
            else "'tierwise scan aws' keeps its runs there; --store names another"
        )
        raise StoreError(f"there is no store at {path} yet\n{way}")
    effective = os.access in os.supports_effective_ids
    bare = create or all(os.access(one, os.W_OK, effective_ids=effective) for one in (path, path.parent))
    # A store that may not be written has no place for the files that go with it; nobody else is writing it either.
    target = str(path) if bare else f"file:{path}?immutable=1&mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(target, timeout=BUSY_SECONDS, isolation_level=None, uri=not bare)
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _make_room(path: Path) -> None:
    """The file and its directory, readable by the user alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif stat.S_ISDIR(path.stat().st_mode):
            raise _a_directory(path)
    except OSError as error:
        raise StoreError(
            f"no store can be made at {path}: {error.strerror or type(error).__name__}\nname another place with --store, or 'none' to keep nothing"
        ) from None


def _a_directory(path: Path) -> StoreError:
    return StoreError(f"{path} is a directory; name a file in it: --store {quote(str(path / FILE_NAME))}")


def _begin(connection: Connection) -> None:
    # The driver begins by itself only before a change, and then without taking the lock; so it is told.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def told(where: str) -> Iterator[None]:
    """Say of a database's error what it means and what to do; StoreError. A mistake in our own statements stays what it is."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        said = _said(where, error.orig)
        if said is None or (isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) != _NOT_PERMITTED):
            raise
        raise StoreError(said) from None


def _said(where: str, error: BaseException | None) -> str | None:
    if isinstance(error, sqlite3.Error):
        return _sqlite_said(where, error)
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if getattr(error, "sqlstate", None) == _NOT_PERMITTED:
        return f"the store {where} may not be written by this user: {first}\ngrant it the database, or name another with --store"
    return f"the store {where} cannot be reached: {first}\nsee whether the server runs and lets you in: psql {where}"


def _sqlite_said(where: str, error: sqlite3.Error) -> str | None:
    name = str(getattr(error, "sqlite_errorname", ""))
    path, aside = quote(where), quote(f"{where}.broken")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return (
            f"{where} is damaged or no store: {error}\nis it another file, name the store with --store"
            f"\nif it was the store, put it aside, and the next scan begins a new one: mv {path} {aside}"
        )
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and name.endswith(("WRITE", "TRUNCATE", "FSYNC", "SHMSIZE"))):
        return f"there is no room to write the store {where}: {error}\nmake room (tierwise store prune --store {path}), or name another place with --store"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"the store {where} cannot be written: {error}\nlet its file and directory be written (ls -ld), or name another place with --store"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"the store {where} has been locked by another process for {BUSY_SECONDS} seconds\nwait until it is done, and try again"
    if name.startswith("SQLITE_IOERR"):
        return f"the store {where} cannot be read or written: {error}\nsee whether its disk is well; a copy elsewhere: cp {path} FILE"
    return None


def _prepare(store: Store, *, create: bool) -> None:
    """Make or migrate the schema, or refuse what is no store of ours or a newer one."""
    newest = 1 + len(MIGRATIONS)
    with store.reading() as connection:
        found = _schema(store, connection)
    if found == newest:
        return
    if found is not None and found > newest:
        raise StoreError(
            f"the store {store.where} is from a newer tierwise (schema {found}; this one knows up to {newest})"
            "\nupdate this one: pip install --upgrade tierwise; or name another with --store"
        )
    if found is None and not create:
        raise StoreError(f"there is no store at {store.where} yet\na scan with --store {quote(store.where)} makes it")
    if store.path is not None:
        with told(store.where), store.engine.connect() as connection:
            # Kept in the file: readers go on while one writes, and a killed writer leaves nothing half done.
            connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]  # an open one
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = _schema(store, connection)
        if found is None:
            META.create_all(connection)
            connection.execute(insert(STORE).values(key="schema", value=str(newest)))
            return
        for step in MIGRATIONS[found - 1 :]:
            step(connection)
        connection.execute(update(STORE).where(STORE.c.key == "schema").values(value=str(newest)))


def _schema(store: Store, connection: Connection) -> int | None:
    """The number of the store's schema; None where there is nothing yet; StoreError for somebody else's database."""
    tables = set(inspect(connection).get_table_names())
    if STORE.name not in tables:
        if not tables & META.tables.keys() and (store.path is None or not tables):
            return None
        raise StoreError(f"{store.where} is a database of something else; name another with --store")
    value = connection.execute(select(STORE.c.value).where(STORE.c.key == "schema")).scalar()
    if value is None or not str(value).isdigit():
        raise StoreError(f"{store.where} is a database of something else; name another with --store")
    return int(value)


def upsert(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those alone whose key is there already."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_some

        connection.execute(insert_some(table).on_conflict_do_nothing(), rows)
    else:
        connection.execute(insert(table).prefix_with("OR IGNORE"), rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert very many rows, each in the order of the table's columns, of types that every driver takes as they are."""
    if not rows:
        return
    made = insert(table).compile(dialect=connection.dialect)
    if made.positional:
        # Without a look at each value of each row, which takes as long as the insert.
        connection.exec_driver_sql(str(made), rows)
    else:
        names = [column.name for column in table.columns]
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
