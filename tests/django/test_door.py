"""Django's door to the database does what that of SQLAlchemy does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from klimaflow.contrib.django.rows import Rows
from tests.store.doors import TheDoor


class TestDjangosRows(TheDoor):
    @pytest.fixture
    def rows(self, db: Any) -> Iterator[Rows]:
        with transaction.atomic():
            yield Rows(connection)
