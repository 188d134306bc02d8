"""Each test of the store runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from klimaflow import Procedure
from klimaflow.store import Store, prepare
from tests.store.databases import new_database, running_postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cases.db'}"
    return new_database(request.getfixturevalue("server"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The host's engine, on a database in which the tables are."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        prepare(engine)
    Store(engine).create()
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine, procedure: Procedure) -> Store:
    """A store that takes a connection for each call and commits."""
    return Store(engine, procedure)
