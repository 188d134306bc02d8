"""SQLAlchemy's door to the database, and what others cannot do behind it meanwhile."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert

from klimaflow.store.schema import TABLES
from klimaflow.store.statements import Rows
from tests.store.doors import TheDoor, TheLocks, written


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
class TestSqlalchemysLocks(TheLocks):
    @pytest.fixture
    def both(self, engine: Engine) -> Iterator[tuple[Rows, Rows]]:
        with engine.begin() as connection:
            written(Rows(connection, TABLES))
        with engine.connect() as one, engine.connect() as other:
            other.exec_driver_sql("SET lock_timeout = '50ms'")
            yield Rows(one, TABLES), Rows(other, TABLES)
