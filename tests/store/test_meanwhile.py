"""What others do between two statements of a request, at the place where it could do harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError

from klimaflow import Phase, Procedure, copenhagen
from klimaflow.events import Approved
from klimaflow.frozenmap import FrozenMap
from klimaflow.store import Store, ledger
from klimaflow.store.door import Row
from klimaflow.store.reminders import reminders
from klimaflow.store.schema import TABLES
from klimaflow.store.statements import Rows
from klimaflow.store.writing import Request, Writer
from tests.conftest import command, in_phase, policy
from tests.store.databases import brought, course

NOW = copenhagen("2024-02-01 10:00")


class Interrupted(Rows):
    """The rows of a host at READ COMMITTED; `meanwhile` happens once, where it is told to."""

    meanwhile: Callable[[], Any]

    def __init__(self, connection: Connection, meanwhile: Callable[[], Any]) -> None:
        super().__init__(connection, TABLES)
        self.meanwhile = meanwhile

    def happens(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()

    def proposal(self, case_id: str) -> Any:
        found = super().proposal(case_id)
        self.happens()
        return found

    def new_proposal(self, values: Row) -> bool:
        self.happens()
        return super().new_proposal(values)

    def drop_timers(self, case_id: str, names: Iterable[str]) -> None:
        self.happens()
        super().drop_timers(case_id, names)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestOnPostgresql:
    """On SQLite nobody else writes meanwhile."""

    def test_what_comes_after_the_row_was_read_belongs_to_a_later_state(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", command("register-idea"))
        with engine.connect() as connection:
            rows = Interrupted(connection, lambda: brought(store, "a", command("hold-sparring")))
            writer = Writer(rows, (procedure,), False)
            assert writer.existing("a").version == 1
            assert writer.existing("a").version == 2

    def test_a_case_that_somebody_opens_first_is_decided_on_as_it_is(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        idea = command("register-idea")
        brought(store, "b", idea)  # the procedure stands there already, and nobody waits for it
        with engine.begin() as connection:
            rows = Interrupted(connection, lambda: brought(store, "a", idea))
            writer = Writer(rows, (procedure,), False)
            answer = writer.execute(Request("a", idea, NOW, key="k"))
        assert (answer.permitted, answer.refused_by) == (False, ("known-move",))
        assert store.version("a") == 1
        assert store.verify() == []
        assert store.execute("a", command("hold-sparring"), key="k").permitted

    def test_whoever_is_woken_keeps_others_from_the_case(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", command("register-idea"))
        ((name, due), *_) = reminders(store.history("a")).items()
        with store.transaction() as inside, engine.connect() as connection:
            assert inside.woken("a", name, due) is not None
            connection.exec_driver_sql("SET lock_timeout = '50ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                Store(connection, procedure).execute("a", command("hold-sparring"))


class Recording(Rows):
    """Keeps which funds were locked at once, and which were changed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, TABLES)
        self.said: list[set[str]] = []

    def funds(self, *, lock: Iterable[str] = ()) -> dict[str, int]:
        self.said.append({*lock})
        return super().funds(lock=lock)

    def promise(self, fund: str, more: int) -> None:
        assert fund in self.said[-1]
        super().promise(fund, more)


@pytest.mark.parametrize("do", ["return", "withdraw", "amend-grant"])
def test_the_funds_that_change_are_locked_before_by_one_statement(
    engine: Engine, store: Store, procedure: Procedure, do: str
) -> None:
    """It locks them in the order of the database, which need not be Python's."""
    brought(store, "a", *course(procedure, Phase.FUNDER_CONSENT))
    granted = {"granted": {"realdania": 1, "region-syddanmark": 1}} if do == "amend-grant" else {}
    with engine.begin() as connection:
        rows = Recording(connection)
        asked = command(do, **{"at": "2024-06-02 10:00", **granted})
        assert Writer(rows, (procedure,), False).execute(Request("a", asked, NOW)).permitted
    assert rows.said[-1] == {"realdania", "regions"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_fund_of_an_earlier_procedure_is_locked_in_its_place(engine: Engine) -> None:
    before = policy(('id = "realdania"\nfunders', 'id = "A"\nfunders'))
    store = Store(engine, before, policy())
    brought(store, "a", *course(before, Phase.FUNDER_CONSENT))
    store.move("a", policy(), "secretariat:kl", "Ny udgave.", "2024-06-01 10:00")
    amend = command("amend-grant", granted={"realdania": 1_000}, at="2024-06-02 10:00")
    with ThreadPoolExecutor(1) as other, engine.connect() as connection:
        rows = Rows(connection, TABLES)
        assert rows.funds(lock=["A"])
        asked = other.submit(store.execute, "a", amend)
        while not connection.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted").scalar():
            assert not asked.done()
        connection.exec_driver_sql("SET lock_timeout = '50ms'")
        assert rows.funds(lock=["realdania"]), "whoever waits for the first one has no other"
        connection.rollback()
        assert asked.result(timeout=20).permitted
    assert (store.funds()["A"], store.funds()["realdania"]) == (0, 1_000)
    assert store.verify() == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nobody_else_claims_what_is_being_claimed_in_pythons_own_transactions(
    engine: Engine, store: Store
) -> None:
    brought(store, "a", command("register-idea"))
    now = copenhagen("2024-04-16 00:00")
    plain = create_engine(engine.url, connect_args={"timeout": 0})

    def another() -> None:
        with plain.begin() as connection, pytest.raises(OperationalError, match="locked"):
            Rows(connection, TABLES).claimed(now, 9)

    with plain.begin() as connection:
        assert len(Interrupted(connection, another).claimed(now, 9)) == 2
    plain.dispose()
    assert {each.name.rpartition("/")[2] for each in store.due()} == {"2024-autumn"}


def test_whoever_reads_does_not_wait_for_a_writer(store: Store) -> None:
    brought(store, "a", command("register-idea"))
    with store.transaction() as inside:
        brought(inside, "a", command("hold-sparring"))
        assert store.version("a") == len(store.history("a").events) == len(store.trail("a")) == 1
    assert store.version("a") == 2


@pytest.mark.parametrize(
    ("committed", "drawn"),
    [
        (9_999_998, {"realdania": 2}),
        (9_999_999, {"realdania": 1}),
        (10_000_000, {}),
        (10_000_001, {}),
    ],
)
def test_a_grant_draws_no_more_than_what_others_have_left(
    procedure: Procedure, committed: int, drawn: dict[str, int]
) -> None:
    """Others may have promised more than there is: a case may be moved to a smaller fund."""
    approved = in_phase(Phase.FUNDER_CONSENT, procedure).events[-1]
    assert isinstance(approved, Approved)
    granted, promised = (FrozenMap({"realdania": kr}) for kr in (2, committed))
    other = evolve(approved, granted=granted, committed=promised)
    assert ledger.drawn(procedure, other) == drawn
