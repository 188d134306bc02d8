"""SQLAlchemy's door to the database, and what others cannot do behind it meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import OperationalError

from klimaflow.store.schema import TABLES
from klimaflow.store.statements import Rows
from tests.store.doors import EARLY, PROCEDURE, TheDoor, proposal


class TestSqlalchemysRows(TheDoor):
    @pytest.fixture
    def rows(self, engine: Engine) -> Iterator[Rows]:
        """The rows, on PostgreSQL in whatever order they lie: no index puts them into another."""
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                for way in ("indexscan", "indexonlyscan", "bitmapscan"):
                    connection.exec_driver_sql(f"SET enable_{way} = off")
            yield Rows(connection, TABLES)

    def test_the_oldest_is_the_first_wherever_it_lies(self, cases: Rows) -> None:
        for sequence, position in ((5, 2), (3, 1), (4, 3)):
            place = {"case_id": "a", "position": position, "sequence": sequence}
            cases.connection.execute(insert(TABLES.outbox).values(place))
        assert [each["position"] for each in cases.outbox(9)] == [1, 3, 2]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestALock:
    """On SQLite there is one writer at a time, so that nothing is locked by itself."""

    @pytest.fixture
    def both(self, engine: Engine) -> Iterator[tuple[Rows, Rows]]:
        """Two doors in two transactions; the second one does not wait."""
        with engine.begin() as connection:
            rows = Rows(connection, TABLES)
            rows.new_procedure(PROCEDURE)
            for name in "ab":
                rows.new_proposal(proposal(name))
                rows.new_fund(name)
                rows.set_timers(name, {"x": EARLY})
        with engine.connect() as one, engine.connect() as other:
            other.exec_driver_sql("SET lock_timeout = '50ms'")
            yield Rows(one, TABLES), Rows(other, TABLES)

    @pytest.mark.parametrize(
        "lock",
        [
            lambda rows, name: rows.locked_proposal(name),
            lambda rows, name: rows.funds(lock=[name]),
        ],
        ids=["a case", "a fund"],
    )
    def test_it_keeps_others_away_and_from_nothing_else(
        self, both: tuple[Rows, Rows], lock: Callable[[Rows, str], Any]
    ) -> None:
        first, second = both
        assert lock(first, "a")
        assert lock(second, "b")
        with pytest.raises(OperationalError, match="lock timeout"):
            lock(second, "a")

    def test_whoever_only_reads_waits_for_none(self, both: tuple[Rows, Rows]) -> None:
        first, second = both
        assert first.locked_proposal("a")
        assert first.funds(lock="ab")
        assert second.proposal("a")
        assert second.funds() == {"a": 0, "b": 0}

    def test_what_somebody_claims_is_passed_over(self, both: tuple[Rows, Rows]) -> None:
        first, second = both
        assert [each["case_id"] for each in first.claimed(EARLY, 1)] == ["a"]
        assert [each["case_id"] for each in second.claimed(EARLY, 9)] == ["b"]
