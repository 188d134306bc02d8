"""Whoever changes what is stored: every bit, every row, every chain and every octet of the file.

A change counts as found where the database refuses it, where the store cannot read it, or where
verifying reports it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from klimaflow import Phase
from klimaflow.store import Store
from klimaflow.store.schema import TABLES
from tests.conftest import command
from tests.reliability.campaigns import Counts
from tests.store.databases import brought, course

HELD: Final = tuple(table for table in TABLES if table not in (TABLES.outbox, TABLES.timer))

Change = tuple[str, Callable[[Connection], Any]]


def filled(store: Store, *cases: str) -> Store:
    """Fill a store with courses under keys, refusals, an erasure and persons; return it."""
    procedure = store._procedures[0]
    recording = Store(store._where, procedure, records_refusals=True)
    for case in cases:
        for number, each in enumerate(course(procedure, Phase.FUNDER_CONSENT)):
            recording.execute(case, each, key=f"{case}{number}")
        assert not recording.execute(case, command("start"), key=f"{case}-refused").permitted
    store.erase(cases[-1], [1], "secretariat:kl/Bo", "Efter anmodning.", "2024-07-01 10:00")
    brought(store, "c", command("register-idea", by="proposer:0751/Ann"))
    assert store.verify() == []
    return store


@contextmanager
def tampered(store: Store, change: Callable[[Connection], Any]) -> Iterator[Store]:
    """Give the store as it is after a change, which is undone afterwards."""
    engine: Any = store._where
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        change(connection)
        yield store._on(connection)
        connection.rollback()


def missed(store: Store, *changes: Change) -> list[str]:
    """Return the names of the changes that are not found out."""
    left = []
    for name, change in changes:
        with suppress(DBAPIError), tampered(store, change) as changed:  # refused is found
            if not changed.verify():
                left.append(name)
    return left


def all_found(store: Store, changes: Iterable[Change]) -> Counts:
    """Raise `AssertionError` with what is not found out; return how many changes were."""
    number = 0
    for change in changes:
        assert missed(store, change) == [], f"{change[0]} is missed"
        number += 1
    return {"changes": number, "missed": 0}


def rows_of(store: Store, table: Table) -> list[dict[str, Any]]:
    with store.transaction() as inside:
        connection: Any = inside._where
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def the_row(table: Table, row: dict[str, Any]) -> Any:
    return [column == row[column.name] for column in table.primary_key.columns]


def executed(statement: Any, connection: Connection) -> None:
    connection.execute(statement)


def inserted(table: Table, values: dict[str, Any]) -> Callable[[Connection], None]:
    return partial(executed, insert(table).values(values))


def every_bit(store: Store) -> Iterator[Change]:
    """Yield a change for each bit of each column of each row."""
    for table, row, column in _values(store):
        for bit in range(bits(row[column])):
            yield _flip(table, row, column, bit)


def some_bits(store: Store, draw: random.Random) -> list[Change]:
    """Return one of them for each value, by chance."""
    return [
        _flip(table, row, column, draw.randrange(bits(row[column])))
        for table, row, column in _values(store)
    ]


def _values(store: Store) -> Iterator[tuple[Table, dict[str, Any], str]]:
    for table in HELD:
        for row in rows_of(store, table):
            yield from ((table, row, column) for column, value in row.items() if bits(value))


def _flip(table: Table, row: dict[str, Any], column: str, bit: int) -> Change:
    values = {column: flipped(row[column], bit)}
    change = update(table).where(*the_row(table, row)).values(values)
    return f"{table.name} {[*row.values()][:2]}, bit {bit} of {column}", partial(executed, change)


_OF_A_CHARACTER: Final = 7
_OF_A_NUMBER: Final = 63
_OF_A_TIME: Final = 50  # as microseconds


def bits(value: Any) -> int:
    """Return how many bits of a value can be flipped."""
    if isinstance(value, bytes):
        return len(value) * 8
    if isinstance(value, str):
        return len(value) * _OF_A_CHARACTER
    if isinstance(value, int):
        return _OF_A_NUMBER
    return 0 if value is None else _OF_A_TIME


def flipped(value: Any, bit: int) -> Any:
    """Return a value with one of its bits changed."""
    if isinstance(value, bytes):
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)
    if isinstance(value, str):
        place, bit = divmod(bit, _OF_A_CHARACTER)
        return value[:place] + chr(ord(value[place]) ^ 1 << bit) + value[place + 1 :]
    return value ^ 1 << bit if isinstance(value, int) else value.add(microseconds=1 << bit)


def every_row(store: Store) -> Iterator[Change]:
    """Yield changes that remove, double, move and swap each row."""
    for table in HELD:
        rows = rows_of(store, table)
        for row in rows:
            name, mine = f"{table.name} {[*row.values()][:2]}", the_row(table, row)
            yield f"{name} removed", partial(executed, delete(table).where(*mine))
            for column in table.primary_key.columns:
                other = 99 if isinstance(row[column.name], int) else "other"
                moved = update(table).where(*mine).values({column: other})
                yield f"{name} moved by {column.name}", partial(executed, moved)
                yield f"{name} doubled", inserted(table, {**row, column.name: other})
        for one, next_one in pairwise(rows):
            name = f"{table.name} {[*one.values()][:2]} swapped"
            yield name, partial(_swap, table, one, next_one)


def _swap(table: Table, one: dict[str, Any], other: dict[str, Any], on: Connection) -> None:
    """Let two rows change places: each gets all that the other has but for its key."""
    keys = {column.name for column in table.primary_key.columns}
    for mine, values in ((one, other), (other, one)):
        rest = {name: value for name, value in values.items() if name not in keys}
        on.execute(update(table).where(*the_row(table, mine)).values(rest))


def invented(store: Store) -> Iterator[Change]:
    """Yield rows that nobody wrote, in each table."""
    of_a = {"case_id": "c", "position": 1}
    for table in HELD:
        for row in rows_of(store, table)[:1]:
            keys = table.primary_key.columns.keys()
            own = {key: 98 if key == "position" else "invented" for key in keys}
            yield f"{table.name} invented", inserted(table, {**row, **own})
    yield "a key", inserted(TABLES.idempotency, {"key": "x", "request": "0" * 64, **of_a})
    yield "an envelope", inserted(TABLES.outbox, {**of_a, "position": 99})
    yield "an envelope again", inserted(TABLES.outbox, of_a)
    one, other, *_ = sorted(rows_of(store, TABLES.outbox), key=lambda row: int(row["sequence"]))
    assert one["case_id"] == other["case_id"]
    yield "envelopes in another order", partial(_swap, TABLES.outbox, one, other)
    timer = {"case_id": "c", "name": "x", "due_at": rows_of(store, TABLES.event)[0]["at"]}
    yield "a timer", inserted(TABLES.timer, timer)
