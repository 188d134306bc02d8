"""Histories in a database: each request is one transaction, of the host's or of the store's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from klimaflow import fields
from klimaflow.commands import Command
from klimaflow.errors import CaseError
from klimaflow.history import History
from klimaflow.moments import Moment, moment
from klimaflow.procedure import Procedure
from klimaflow.store import erasing, exporting, outbox, verifying
from klimaflow.store.answers import Answer, WakeUp
from klimaflow.store.chain import Kept, procedure_of
from klimaflow.store.checkpoints import Checkpoint
from klimaflow.store.opening import Journal, as_of_one_moment, opened
from klimaflow.store.reminders import reminders
from klimaflow.store.schema import NAME, TABLES, Tables
from klimaflow.store.statements import Rows
from klimaflow.store.verifying import Bad
from klimaflow.store.writing import Request, Writer

__all__ = ["Store"]

Clock = Callable[[], datetime]
Schedule = Callable[[Connection, str, Mapping[str, Moment]], None]
T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
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
        clock: Clock = _now,
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
        entered_at = moment(self._clock())
        _readable(case=case_id, key=key)
        request = Request(case_id, command, entered_at, key, expected_version)
        with self._connected() as connection:
            return self._writer(connection).execute(request)

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
        entered_at = moment(self._clock())
        _readable(case=case_id)
        with self._connected() as connection:
            writer = self._writer(connection)
            procedure_of(procedure.sha256, self._procedures)
            return writer.move(
                case_id,
                entered_at,
                lambda history: history.under(procedure, by, reason, at, accept),
                expected_version,
            )

    def history(self, case_id: str) -> History:
        """Return the history of a case; raise `StoreError` if there is none."""
        return self._read(lambda writer: writer.existing(case_id).history)

    def trail(self, case_id: str) -> list[Kept]:
        """Return all that was recorded of a case, refusals and erasures among it, in its order.

        Raises `StoreError` if there is no such case, and where its chain is broken.
        """
        return self._read(lambda writer: [*writer.existing(case_id).entries()])

    def version(self, case_id: str) -> int:
        """Return how many records the history of a case has; 0 for a case that there is not."""
        row = self._read(lambda writer: writer.rows.proposal(case_id))
        return 0 if row is None else int(row["version"])

    def proposals(self) -> list[dict[str, Any]]:
        """Return where all cases stand, one row for each, in the order of their ids."""
        rows = self._read(lambda writer: writer.rows.proposals())
        return [dict(row) for row in sorted(rows, key=lambda row: str(row["case_id"]))]

    def funds(self) -> dict[str, int]:
        """Return the kroner that each fund has promised across all cases."""
        return self._read(lambda writer: writer.rows.funds())

    def outbox(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return what was not delivered yet, oldest first, as envelopes of CloudEvents 1.0.

        They stay in the outbox until `delivered` names them.
        """
        return self._read(lambda writer: outbox.envelopes(writer.rows, limit))

    def delivered(self, *envelopes: Mapping[str, Any]) -> None:
        """Take envelopes that have been delivered out of the outbox."""
        with self._connected() as connection:
            self._writer(connection).rows.delivered([int(each["sequence"]) for each in envelopes])

    def due(self, limit: int = 100) -> list[WakeUp]:
        """Take what is due, each once, and return the cases as they are now; earliest first.

        Ask within `transaction`: if what is done about them fails, they are due again. A reminder
        that the case has outgrown is left out.
        """
        now = moment(self._clock())
        with self._connected() as connection:
            writer = self._writer(connection)
            claimed = writer.rows.claimed(now, limit)
            found = ((row, writer.existing(row["case_id"]).history) for row in claimed)
            return [
                WakeUp(row["case_id"], row["name"], row["due_at"], history)
                for row, history in found
                if reminders(history).get(row["name"]) == row["due_at"]
            ]

    def woken(self, case_id: str, name: str, due_at: str | datetime) -> WakeUp | None:
        """Take one reminder, whatever the time, and return the case as it is now.

        None if somebody has taken it, or the case has outgrown it. Ask within `transaction`: the
        case is locked until it ends, and if what is done fails, the reminder is there again.
        """
        due = moment(due_at)
        with self._connected() as connection:
            writer = self._writer(connection)
            history = writer.existing(case_id, lock=True).history
            if not writer.rows.claim(case_id, name, due) or reminders(history).get(name) != due:
                return None
            return WakeUp(case_id, name, due, history)

    def erase(
        self, case_id: str, positions: Sequence[int], by: str, reason: str, at: str | datetime
    ) -> int:
        """Erase what persons are named in some entries, on the record; return how many values.

        Names, titles, descriptions, notes and reasons go, and of an actor the person; the chain
        still verifies, and the history has words in their place. What left by the outbox, and
        backups, are the host's to erase. Raises `CaseError` for what cannot be read, `StoreError`
        for an entry that there is not.
        """
        entered_at = moment(self._clock())
        with self._connected() as connection:
            asked = erasing.Asked.read(positions=list(positions), by=by, reason=reason, at=at)
            return erasing.erase(self._writer(connection), case_id, asked, entered_at)

    def checkpoint(self) -> Checkpoint:
        """Return the heads of all chains under one hash, to be kept where this database is not."""
        now = moment(self._clock())
        return self._read(lambda writer: Checkpoint.of(now, writer.rows.proposals()))

    def verify(self, against: Checkpoint | None = None) -> list[Bad]:
        """Return what is wrong with what is stored, the first thing of each case; empty is sound.

        Chains, columns, values, proposals, funds, keys, procedures, outbox and timers are held
        against the entries. What was cut off at the end of a chain, or written anew with all that
        follows from it, only a checkpoint shows: hand one in as `against`.

        On the host's connection to PostgreSQL, while others write, ask under `REPEATABLE READ`.
        """
        return self._read(lambda writer: verifying.verify(writer, against))

    def export(self) -> Iterator[str]:
        """Yield the lines of an export for auditors, each a JSON text with its line end."""
        with self._connected(reads=True) as connection:
            yield from exporting.lines(self._writer(connection).rows)

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

    def _read(self, ask: Callable[[Writer], T]) -> T:
        with self._connected(reads=True) as connection:
            return ask(self._writer(connection))

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


def _readable(**names: str | None) -> None:
    """Raise `CaseError` for ids and keys that are not one line of at most 200 characters."""
    problems = [
        f"{path}: expected one readable line of at most {NAME} characters"
        for path, name in names.items()
        if name is not None and not _is_name(name)
    ]
    if problems:
        raise CaseError(problems)


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or len(name) > NAME or not name.isprintable():
        return False
    return fields.is_visible(name)
