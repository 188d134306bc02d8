"""What a store says to its database: each statement once, in the words of SQLite or PostgreSQL.

Nothing is caught and nothing begun anew: what may be there already is inserted with `ON CONFLICT DO
NOTHING` and asked for by `RETURNING`, without a savepoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    CursorResult,
    Table,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from klimaflow.errors import StoreError
from klimaflow.moments import Moment
from klimaflow.store.door import Row
from klimaflow.store.schema import Tables

__all__ = ["Rows"]

_INSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


# What every request says is built once for each table: building it takes as long as doing it.


@cache
def _insert_if_new(table: Table, dialect: str) -> Any:  # of either dialect
    key = next(iter(table.primary_key.columns))
    into: Any = _INSERTS[dialect]  # both have it, their common base lacks it
    return into(table).on_conflict_do_nothing().returning(key)


@cache
def _lock(table: Table, on_sqlite: bool) -> Any:
    mine = table.c.case_id == bindparam("which")
    if not on_sqlite:
        return select(table).where(mine).with_for_update()
    return update(table).where(mine).values(version=table.c.version).returning(*table.c)


@cache
def _move_on(table: Table) -> Any:
    mine = (table.c.case_id == bindparam("which")) & (table.c.length == bindparam("was"))
    columns = [column.name for column in table.c if column.name != "case_id"]
    return update(table).where(mine).values({name: bindparam(name) for name in columns})


@cache
def _entries(table: Table) -> Any:
    mine = table.c.case_id == bindparam("which")
    return select(table).where(mine).order_by(table.c.position)


@cache
def _procedure(table: Table) -> Any:
    return select(table.c.sha256).where(table.c.sha256 == bindparam("which"))


@cache
def _key(table: Table) -> Any:
    return select(table).where(table.c.key == bindparam("which"))


@cache
def _drop_key(table: Table) -> Any:
    return delete(table).where(table.c.key == bindparam("which"))


@cache
def _drop_timers(table: Table) -> Any:
    named = table.c.name.in_(bindparam("names", expanding=True))
    return delete(table).where(table.c.case_id == bindparam("which"), named)


@cache
def _claim(table: Table) -> Any:
    mine = (table.c.case_id == bindparam("which"), table.c.name == bindparam("name"))
    return delete(table).where(*mine, table.c.due_at == bindparam("due_at"))


@cache
def _promise(table: Table) -> Any:
    mine = update(table).where(table.c.fund == bindparam("which"))
    return mine.values(promised=table.c.promised + bindparam("more"))


@cache
def _insert(table: Table) -> Any:
    return insert(table)


@cache
def _latest(table: Table) -> Any:
    return select(func.max(table.c.recorded_at))


def _each(found: CursorResult[Any]) -> Iterator[Row]:
    """Yield what was found, as dicts: a mapping of SQLAlchemy's looks each name up anew.

    What is not read to its end, as after a value that cannot be read, is closed all the same.
    """
    with found:
        names = [*found.keys()]
        for row in found:
            yield dict(zip(names, row, strict=True))


class Rows:
    """The rows of a store, read and written on the host's connection, in its transaction."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        if connection.dialect.name not in _INSERTS:
            known = " and ".join(_INSERTS)
            raise StoreError(f"{connection.dialect.name} is none of the databases {known}")
        self.connection = connection
        self.tables = tables
        self._on_sqlite = connection.dialect.name == "sqlite"

    def _one(self, statement: Any, **values: Any) -> Row | None:
        return self.connection.execute(statement, values).mappings().one_or_none()

    def _all(self, statement: Any, **values: Any) -> list[Row]:
        return [*_each(self.connection.execute(statement, values))]

    def _new(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert a row if there is none of its key; tell whether there was none."""
        statement = _insert_if_new(table, self.connection.dialect.name)
        return self._one(statement, **values) is not None

    def locked_proposal(self, case_id: str) -> Row | None:
        """Return the row of a case, which nobody else changes until the transaction ends.

        SQLite locks when it first writes: a row that is written as it is locks without a change.
        """
        found = self._one(_lock(self.tables.proposal, self._on_sqlite), which=case_id)
        self.require_transaction()
        return found

    def require_transaction(self) -> None:
        """Raise `StoreError` where each statement would stand alone."""
        driver: Any = self.connection.connection
        if self._on_sqlite:
            alone = not driver.driver_connection.in_transaction
        else:
            alone = bool(getattr(driver, "autocommit", False))
        if alone:
            way_out = "hand in one that has begun a transaction"
            raise StoreError(f"the connection commits each statement for itself: {way_out}")

    def proposal(self, case_id: str) -> Row | None:
        proposal = self.tables.proposal
        return self._one(select(proposal).where(proposal.c.case_id == case_id))

    def proposals(self) -> Sequence[Row]:
        return self._all(select(self.tables.proposal))

    def new_proposal(self, values: Mapping[str, Any]) -> bool:
        return self._new(self.tables.proposal, values)

    def moved_on(self, values: Mapping[str, Any], length: int) -> bool:
        """Write the row of a case anew, if its chain is still as long as it was."""
        told = {**values, "which": values["case_id"], "was": length}
        return self.connection.execute(_move_on(self.tables.proposal), told).rowcount == 1

    def entries(self, case_id: str) -> list[Row]:
        """Return the rows of the entries of a case, in their order."""
        return self._all(_entries(self.tables.event), which=case_id)

    def entry(self, case_id: str, position: int) -> Row | None:
        event = self.tables.event
        place = (event.c.case_id == case_id) & (event.c.position == position)
        return self._one(select(event).where(place))

    def all_entries(self) -> Iterable[Row]:
        """Return the rows of all entries, case by case; not all of them at once."""
        event = self.tables.event
        statement = select(event).order_by(event.c.case_id, event.c.position)
        few = {"yield_per": 1000}  # on the connection it would stay, and that is the host's
        return _each(self.connection.execute(statement, execution_options=few))

    def write_entry(self, values: Mapping[str, Any]) -> None:
        self.connection.execute(_insert(self.tables.event), dict(values))

    def disclose(self, case_id: str, position: int, beside: bytes) -> None:
        """Write anew what stands beside an entry."""
        event = self.tables.event
        place = (event.c.case_id == case_id) & (event.c.position == position)
        self.connection.execute(update(event).where(place).values(beside=beside))

    def latest(self) -> Moment | None:
        """Return the latest time at which anything was recorded."""
        found: Moment | None = self.connection.scalar(_latest(self.tables.event))
        return found

    def key(self, key: str) -> Row | None:
        return self._one(_key(self.tables.idempotency), which=key)

    def keys(self) -> Sequence[Row]:
        return self._all(select(self.tables.idempotency))

    def new_key(self, values: Mapping[str, Any]) -> bool:
        return self._new(self.tables.idempotency, values)

    def drop_key(self, key: str) -> None:
        self.connection.execute(_drop_key(self.tables.idempotency), {"which": key})

    def has_procedure(self, sha256: str) -> bool:
        return self._one(_procedure(self.tables.procedure), which=sha256) is not None

    def new_procedure(self, values: Mapping[str, Any]) -> bool:
        return self._new(self.tables.procedure, values)

    def procedures(self) -> Sequence[Row]:
        return self._all(select(self.tables.procedure))

    def new_fund(self, fund: str) -> bool:
        return self._new(self.tables.fund, {"fund": fund, "promised": 0})

    def funds(self, *, lock: Iterable[str] = ()) -> dict[str, int]:
        """Return the kroner that each fund has promised; those to be locked, in their order."""
        table = self.tables.fund
        statement = select(table).order_by(table.c.fund)
        if names := sorted(lock):
            statement = statement.where(table.c.fund.in_(names)).with_for_update()
        return {row["fund"]: row["promised"] for row in self._all(statement)}

    def promise(self, fund: str, more: int) -> None:
        self.connection.execute(_promise(self.tables.fund), {"which": fund, "more": more})

    def post(self, case_id: str, position: int) -> None:
        """Put an entry into the outbox."""
        values = {"case_id": case_id, "position": position}
        self.connection.execute(_insert(self.tables.outbox), values)

    def outbox(self, limit: int) -> Sequence[Row]:
        """Return what is in the outbox, oldest first, with the entries themselves."""
        outbox, event = self.tables.outbox, self.tables.event
        same = (outbox.c.case_id == event.c.case_id) & (outbox.c.position == event.c.position)
        statement = select(outbox.c.sequence, event).join_from(outbox, event, same)
        return self._all(statement.order_by(outbox.c.sequence).limit(limit))

    def posted(self) -> Sequence[Row]:
        return self._all(select(self.tables.outbox))

    def delivered(self, sequences: Sequence[int]) -> None:
        table = self.tables.outbox
        self.connection.execute(delete(table).where(table.c.sequence.in_(sequences)))

    def set_timers(self, case_id: str, due: Mapping[str, Moment]) -> None:
        if new := [{"case_id": case_id, "name": n, "due_at": at} for n, at in sorted(due.items())]:
            table = self.tables.timer
            self.connection.execute(_insert_if_new(table, self.connection.dialect.name), new)

    def drop_timers(self, case_id: str, names: Iterable[str]) -> None:
        which = {"which": case_id, "names": sorted(names)}
        self.connection.execute(_drop_timers(self.tables.timer), which)

    def claim(self, case_id: str, name: str, due_at: Moment) -> bool:
        """Take one reminder from the timers; False if it is not there any more."""
        which = {"which": case_id, "name": name, "due_at": due_at}
        return self.connection.execute(_claim(self.tables.timer), which).rowcount == 1

    def claimed(self, now: Moment, limit: int) -> Sequence[Row]:
        """Take what is due, and what nobody else is taking, from the timers; earliest first.

        SQLite locks when it first writes: a statement that takes nothing locks before any is read.
        """
        table = self.tables.timer
        self.connection.execute(delete(table).where(false()))
        self.require_transaction()
        due = select(table).where(table.c.due_at <= now).order_by(table.c.due_at, table.c.case_id)
        found = self._all(due.limit(limit).with_for_update(skip_locked=True))
        for row in found:
            self.drop_timers(row["case_id"], [row["name"]])
        return found

    def timers(self) -> Sequence[Row]:
        return self._all(select(self.tables.timer))
