"""Django's door to the database does what that of SQLAlchemy does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction

from klimaflow.contrib.django.rows import Rows
from tests.django.conftest import ON_POSTGRESQL
from tests.store.doors import TheDoor, TheLocks, written


class TestDjangosRows(TheDoor):
    @pytest.fixture
    def rows(self, db: Any) -> Iterator[Rows]:
        """The rows, on PostgreSQL in whatever order they lie: no index puts them into another."""
        with transaction.atomic():
            if ON_POSTGRESQL:
                with connection.cursor() as cursor:
                    for way in ("indexscan", "indexonlyscan", "bitmapscan"):
                        cursor.execute(f"SET LOCAL enable_{way} = off")
            yield Rows(connection)

    def test_the_oldest_is_the_first_wherever_it_lies(self, cases: Rows) -> None:
        for sequence, position in ((5, 2), (3, 1), (4, 3)):
            place = {"case_id": "a", "position": position, "sequence": sequence}
            cases._insert("Outbox", place)
        assert [each["position"] for each in cases.outbox(9)] == [1, 3, 2]


if ON_POSTGRESQL:

    @pytest.mark.django_db(transaction=True)
    class TestDjangosLocks(TheLocks):
        @pytest.fixture
        def both(self, transactional_db: Any) -> Iterator[tuple[Rows, Rows]]:
            with transaction.atomic():
                written(Rows(connection))
            connections["other"] = other = connection.copy("other")
            with transaction.atomic(), transaction.atomic("other"):
                with other.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '50ms'")
                yield Rows(connection), Rows(other)
                transaction.set_rollback(True, "other")
            other.close()
            del connections["other"]
