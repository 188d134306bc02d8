"""How a store opens a database of its own, and what a host may ask for on its own engine."""

from __future__ import annotations

import os
import sqlite3
import warnings
import weakref
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from klimaflow.errors import StoreError

__all__ = ["READS", "Journal", "as_of_one_moment", "opened", "prepare"]

Journal = Literal["wal", "delete"]

READS: Final = "klimaflow_reads"
"""The execution option of a connection that only reads: it does not wait for a writer."""

_SAFE: Final[dict[Journal, tuple[str, int]]] = {"wal": ("FULL", 2), "delete": ("EXTRA", 3)}
_SAFE_IN_WAL: Final = (3, 51, 3)
_PRIMARY: Final = 0xFF  # the part of an extended code of SQLite that says what kind it is
_PATIENCE: Final = 30.0  # seconds that a writer waits for another one

_inherited: list[Pool] = []  # a child must not close what its parent has open


def default_journal() -> Journal:
    """Return the mode that is safe for several processes with the SQLite that Python has."""
    return "wal" if sqlite3.sqlite_version_info >= _SAFE_IN_WAL else "delete"


def opened(where: str | Path, journal: Journal | None) -> Engine:
    """Return an engine on a file of SQLite, or on the database that a URL names.

    It may be used by threads, and by processes that are forked afterwards. Neither its errors nor
    its log say what was written, which may name persons; at DEBUG SQLAlchemy tells rows.
    """
    if isinstance(where, Path) or "://" not in where:
        url = URL.create("sqlite", database=os.fspath(where))
    else:
        url = make_url(where)
    if url.get_backend_name() == "sqlite":
        waits = {"timeout": _PATIENCE}
        engine = create_engine(url, connect_args=waits, hide_parameters=True)
        prepare(engine, journal=journal)
    else:
        engine = create_engine(url, hide_parameters=True)
    _survive_fork(engine)
    return engine


def prepare(engine: Engine, *, journal: Journal | None = None) -> None:
    """Make the connections of an engine on SQLite such that a store can rely on them.

    Each transaction begins with `BEGIN IMMEDIATE`. Each connection writes ahead with
    `synchronous=FULL` (`wal`), or with a rollback journal and `synchronous=EXTRA` (`delete`), which
    is read back; `StoreError` says where SQLite does not obey. Without `journal` it is the one that
    is safe with the SQLite at hand: before 3.51.3 several processes that write ahead can lose what
    was committed, and asking for it gets a warning.
    """
    chosen = journal or default_journal()
    if chosen == "wal" and sqlite3.sqlite_version_info < _SAFE_IN_WAL:
        told = f"SQLite {sqlite3.sqlite_version} may lose what several processes write in WAL"
        warnings.warn(f'{told}: use 3.51.3 or later, or journal="delete"', stacklevel=2)

    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        raw: Any = connection
        raw.isolation_level = None  # SQLAlchemy's begin says BEGIN, not the driver
        _settle(raw, chosen)

    def begun(connection: Connection) -> None:
        reads = connection.get_execution_options().get(READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    event.listen(engine, "handle_error", _let_go)
    event.listen(engine, "invalidate", _unlock)


def _let_go(context: ExceptionContext) -> None:
    """Close the cursor of what failed, and let go of a connection that cannot write.

    SQLite holds its lock as long as there is the cursor, be it in the traceback of an interrupt.
    Where it has no room for another file it opens the database for reading only, unasked.
    """
    if context.execution_context is not None:
        context.execution_context.cursor.close()
    code = getattr(context.original_exception, "sqlite_errorcode", None) or 0
    if code & _PRIMARY == sqlite3.SQLITE_READONLY:
        context.is_disconnect = True


def _unlock(connection: DBAPIConnection, *_why: object) -> None:
    """Undo what a connection has begun that is thrown away, as it is after an interrupt."""
    connection.rollback()


def as_of_one_moment(connection: Connection) -> dict[str, Any]:
    """Return the options under which all that a connection reads is of the same moment."""
    if connection.dialect.name == "sqlite":
        return {READS: True}
    return {"isolation_level": "REPEATABLE READ"}


def _settle(raw: Any, journal: Journal) -> None:  # a connection of sqlite3, or one that is like it
    synchronous, number = _SAFE[journal]
    in_memory = not raw.execute("PRAGMA database_list").fetchone()[2]
    wanted = f"journal_mode={journal} with synchronous={synchronous}"
    try:
        mode = raw.execute(f"PRAGMA journal_mode={journal}").fetchone()[0]
    except sqlite3.OperationalError as error:  # others have the file open in another mode
        raise StoreError(f"SQLite does not obey {wanted}: {error}") from None
    raw.execute(f"PRAGMA synchronous={synchronous}")
    raw.execute("PRAGMA foreign_keys=ON")
    found = raw.execute("PRAGMA synchronous").fetchone()[0]
    if found != number or (mode != journal and not in_memory):
        raise StoreError(f"SQLite does not obey {wanted}: it is at {mode} with {found}")


def _survive_fork(engine: Engine) -> None:
    of = weakref.ref(engine)

    def in_child() -> None:
        if (inherited := of()) is not None:
            _inherited.append(inherited.pool)
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=in_child)
