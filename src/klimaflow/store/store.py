"""Histories in a database: each request is one transaction, of the host's or of the store's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine

from klimaflow.commands import Command
from klimaflow.history import History
from klimaflow.moments import Moment
from klimaflow.procedure import Procedure
from klimaflow.store.answers import Answer
from klimaflow.store.histories import Clock, Histories, utc_now
from klimaflow.store.opening import Journal, as_of_one_moment, opened
from klimaflow.store.schema import TABLES, Tables
from klimaflow.store.statements import Rows
from klimaflow.store.writing import Writer

__all__ = ["Schedule", "Store"]

Schedule = Callable[[Connection, str, Mapping[str, Moment]], None]
"""Hears of the reminders that are set: the connection, the case, when each of them is due."""


class Store(Histories):
    """The histories in one database.

    `where` is the host's connection, in whose transaction all is done and which is neither begun
    nor committed; or an engine, a file of SQLite or a URL, from which each call takes a connection
    and commits. `procedures` are all that the cases are or were under; the first one is that of new
    cases. `clock` gives the store's time, aware. With `records_refusals` a refusal of an open case
    stands in its chain. `tables` are those that the host has on its own MetaData. `schedule` is
    called in the transaction of an event with the connection, the case, and the reminders that the
    event sets: see `store.jobs`.
    """

    def __init__(
        self,
        where: Connection | Engine | str | Path,
        *procedures: Procedure,
        clock: Clock = utc_now,
        records_refusals: bool = False,
        tables: Tables = TABLES,
        journal: Journal | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self._owned: Engine | None = None
        if isinstance(where, str | Path):
            where = self._owned = opened(where, journal)
        self._where: Connection | Engine = where
        self._procedures = procedures
        self._clock = clock
        self._records_refusals = records_refusals
        self._tables = tables
        self._schedule = schedule

    def create(self) -> None:
        """Create the tables that are not there; hosts with Alembic use the revisions instead."""
        with self._connected() as connection:
            self._tables.event.metadata.create_all(connection, tables=[*self._tables])

    def close(self) -> None:
        """Close the connections of a database that the store opened itself; the host's stay."""
        if self._owned is not None:
            self._owned.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """Give a store all of whose calls are in one transaction; an exception undoes them all.

        On the host's connection it is the host's transaction, and the host undoes.
        """
        with self._connected() as connection:
            yield self._on(connection)

    def execute(
        self,
        case_id: str,
        command: Command,
        *,
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Answer:
        """Do what a command asks, if the procedure permits it; else change nothing.

        It is decided on the case as it stands, which nobody else changes meanwhile, and on what the
        funds have promised to other cases. A case that there is not yet is opened. Event, proposal,
        key, funds, outbox and timers are written in one transaction.

        The same `key` with the same command gets the first answer again, without doing anything;
        a refusal that is not recorded leaves its key free. `expected_version` is the number of
        records that the caller has seen.

        Raises `Conflict` for another version, `KeyReused` for a key that stands for something else,
        `StoreError` for a case whose chain is broken, `CaseError` for an unreadable id or key.
        """
        return self._execute(case_id, command, key, expected_version)

    def move(
        self,
        case_id: str,
        procedure: Procedure,
        by: str,
        reason: str,
        at: str | datetime,
        accept: Sequence[str] = (),
        *,
        expected_version: int | None = None,
    ) -> History:
        """Move a case to another procedure, as `History.under` does, and return its history.

        The procedure must be one of the store's. Raises as `History.under` and `execute` do.
        """
        return self._move(
            case_id,
            procedure,
            lambda history: history.under(procedure, by, reason, at, accept),
            expected_version,
        )

    def erase(
        self, case_id: str, positions: Sequence[int], by: str, reason: str, at: str | datetime
    ) -> int:
        """Erase what persons are named in some entries, on the record; return how many values.

        Names, titles, descriptions, notes and reasons go, and of an actor the person; the chain
        still verifies, and the history has words in their place. What left by the outbox, and
        backups, are the host's to erase. Raises `CaseError` for what cannot be read, `StoreError`
        for an entry that there is not.
        """
        said = {"by": by, "reason": reason, "at": at}
        return self._erase(case_id, positions=list(positions), **said)

    @contextmanager
    def _connected(self, *, reads: bool = False) -> Iterator[Connection]:
        if isinstance(self._where, Connection):
            yield self._where
        elif reads:
            with self._where.connect() as connection:
                yield connection.execution_options(**as_of_one_moment(connection))
        else:
            with self._where.begin() as connection:
                yield connection

    @contextmanager
    def _asked(self, *, reads: bool = False) -> Iterator[Writer]:
        with self._connected(reads=reads) as connection:
            yield self._writer(connection)

    def _writer(self, connection: Connection) -> Writer:
        rows = Rows(connection, self._tables)
        schedule = self._schedule and partial(self._schedule, connection)
        return Writer(rows, self._procedures, self._records_refusals, schedule)

    def _on(self, connection: Connection) -> Store:
        return type(self)(
            connection,
            *self._procedures,
            clock=self._clock,
            records_refusals=self._records_refusals,
            tables=self._tables,
            schedule=self._schedule,
        )
