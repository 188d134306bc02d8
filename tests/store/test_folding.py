"""A case that was folded before is taken as it is only if each of its rows is as it was."""

import random
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, update
from sqlalchemy.exc import DBAPIError

from klimaflow import Phase, Procedure
from klimaflow.errors import HistoryError, StoreError
from klimaflow.store import Store
from klimaflow.store.schema import TABLES
from tests.conftest import command, policy
from tests.reliability.tampering import executed, rows_of, some_bits, tampered
from tests.store.databases import brought, course


@pytest.fixture
def written(store: Store, procedure: Procedure) -> Store:
    """A store with a case that this process has written."""
    brought(store, "a", *course(procedure, Phase.QUALIFICATION))
    return store


def test_whoever_wrote_a_case_refuses_it_when_anything_of_an_entry_is_changed(
    written: Store,
) -> None:
    found = 0
    for name, change in some_bits(written, random.Random(3)):
        if not name.startswith(TABLES.event.name):
            continue
        with suppress(DBAPIError), tampered(written, change) as changed:
            with pytest.raises(StoreError):
                changed.execute("a", command("withdraw"))
            assert rows_of(changed, TABLES.proposal)[0]["phase"] != "withdrawn", name
            found += 1
    assert found >= 9 * len(rows_of(written, TABLES.event)) - 9


@pytest.mark.parametrize("column", ["length", "head", "procedure", "opened_under"])
def test_whoever_wrote_a_case_refuses_a_proposal_that_is_not_of_its_chain(
    written: Store, column: str
) -> None:
    proposal = TABLES.proposal.c[column]
    (row,) = rows_of(written, TABLES.proposal)
    other = row[column] + 1 if column == "length" else row[column][::-1]

    def change(connection: Connection) -> None:
        connection.execute(update(TABLES.proposal).values({proposal: other}))

    with tampered(written, change) as changed, pytest.raises((StoreError, HistoryError)):
        changed.execute("a", command("withdraw"))


@pytest.mark.parametrize("sha256", ["0" * 64, "f" * 64])
@pytest.mark.parametrize("column", ["procedure", "opened_under"])
def test_nor_one_that_is_said_to_be_under_another_procedure(
    written: Store, column: str, sha256: str
) -> None:
    change = update(TABLES.proposal).values({column: sha256})
    told = f"hand in the one of SHA-256 {sha256}"
    with (
        tampered(written, partial(executed, change)) as changed,
        pytest.raises(StoreError, match=told),
    ):
        changed.history("a")


def test_what_was_folded_by_reading_is_not_folded_again(
    written: Store, engine: Engine, procedure: Procedure
) -> None:
    other = Store(engine, procedure, policy(("edition = 1", "edition = 2")))
    assert other.history("a").events[-1] is other.history("a").events[-1]


def test_what_is_as_it_was_written_is_not_folded_again(store: Store) -> None:
    brought(store, "a", command("register-idea"))
    decision = store.execute("a", command("hold-sparring")).decision
    assert decision is not None
    assert store.history("a").events[-1] is decision.events[0]


def test_what_was_rolled_back_is_forgotten(engine: Engine, procedure: Procedure) -> None:
    store = Store(engine, procedure)
    brought(store, "a", command("register-idea"))
    with engine.connect() as connection:
        brought(Store(connection, procedure), "a", command("withdraw"))
        connection.rollback()
    assert [type(each).__name__ for each in store.history("a").events] == ["IdeaRegistered"]
    brought(store, "a", command("hold-sparring"))
    assert store.history("a").proposal.phase is Phase.SPARRING
    assert store.verify() == []


def test_a_store_that_lacks_a_procedure_refuses_what_another_one_has_folded(
    written: Store, engine: Engine
) -> None:
    assert written.history("a").events
    with pytest.raises(StoreError, match="a procedure is missing"):
        Store(engine, policy(("edition = 1", "edition = 2"))).history("a")


def test_what_another_one_has_written_is_read(engine: Engine, procedure: Procedure) -> None:
    store = Store(engine, procedure)
    brought(store, "a", command("register-idea"))
    mine = store.history("a")
    brought(Store(engine, procedure, records_refusals=True), "a", command("hold-sparring"))
    assert len(store.history("a").events) == len(mine.events) + 1


def test_an_append_asks_the_database_seven_times(
    store: Store, engine: Engine, procedure: Procedure
) -> None:
    brought(store, "a", *course(procedure, Phase.IDEA))
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement.split()[0])

    event.listen(engine, "before_cursor_execute", note)
    store.execute("a", command("describe", need="Mere vand."), key="x")
    event.remove(engine, "before_cursor_execute", note)
    lock = "UPDATE" if engine.dialect.name == "sqlite" else "SELECT"
    entries, key, latest = "SELECT", "INSERT", "SELECT"
    proposal, entry, outbox = "UPDATE", "INSERT", "INSERT"
    assert [each for each in asked if each != "BEGIN"] == [
        *(lock, entries, key, latest),
        *(proposal, entry, outbox),
    ]
