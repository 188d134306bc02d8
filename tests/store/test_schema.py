"""The tables on a host's MetaData, by Alembic and without it, and their times."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import StatementError

from klimaflow import MomentError
from klimaflow.store import Instant, include_name, tables

ENV = """
from alembic import context
from sqlalchemy import create_engine
from klimaflow.store import include_name

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
HOSTS = """
import sqlalchemy as sa
from alembic import op

revision = "host_1"
down_revision = None
branch_labels = ("host",)
depends_on = None

def upgrade():
    op.create_table("host_case", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("host_case")
"""


def host_metadata() -> MetaData:
    metadata = MetaData()
    Table("host_case", metadata, Column("id", Integer, primary_key=True))
    return metadata


@pytest.fixture
def alembic(url: str, tmp_path: Path) -> Config:
    """A host with revisions of its own."""
    home = tmp_path / "migrations"
    (home / "versions").mkdir(parents=True)
    (home / "env.py").write_text(ENV)
    (home / "versions" / "host_1.py").write_text(HOSTS)
    config = Config()
    config.set_main_option("script_location", str(home))
    config.set_main_option("path_separator", "newline")
    locations = f"{home / 'versions'}\nklimaflow:store/migrations"
    config.set_main_option("version_locations", locations)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def test_the_revisions_of_a_host_and_of_the_store_make_the_tables(
    alembic: Config, url: str
) -> None:
    command.upgrade(alembic, "heads")
    metadata = host_metadata()
    tables(metadata)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_no_place_in_the_outbox_is_given_twice_where_alembic_made_it(
    alembic: Config, url: str
) -> None:
    command.upgrade(alembic, "heads")
    outbox = tables(MetaData()).outbox
    engine = create_engine(url)
    with engine.begin() as connection:
        sequences = []
        for _ in range(2):
            posted = insert(outbox).values(case_id="a", position=1).returning(outbox.c.sequence)
            sequences.append(connection.scalar(posted))
            connection.execute(delete(outbox))
    engine.dispose()
    assert sequences == [1, 2]


def test_a_host_that_autogenerates_leaves_the_tables_of_the_store_alone(
    alembic: Config, url: str
) -> None:
    command.upgrade(alembic, "heads")
    engine = create_engine(url)
    with engine.connect() as connection:
        opts = {"include_name": include_name}
        filtered = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(filtered, host_metadata()) == []
        bare = MigrationContext.configure(connection)
        assert len(compare_metadata(bare, host_metadata())) >= 7, "the filter does nothing"
        both = host_metadata()
        tables(both)
        assert len(compare_metadata(filtered, both)) >= 7, "it would do with them too"
    engine.dispose()


def test_the_branch_can_be_taken_back_alone(alembic: Config, url: str) -> None:
    command.upgrade(alembic, "heads")
    command.downgrade(alembic, "klimaflow@base")
    engine = create_engine(url)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "host_case"}
    engine.dispose()


@pytest.fixture
def times(engine: Engine) -> Table:
    table = Table(
        "times", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant)
    )
    table.create(engine)
    return table


def test_a_time_is_kept_to_the_microsecond_in_utc(engine: Engine, times: Table) -> None:
    given = [
        datetime(2024, 4, 15, 9, 0, 0, 1, tzinfo=ZoneInfo("Europe/Copenhagen")),
        datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Copenhagen"), fold=1),
        datetime(1900, 1, 1, 0, 0, 0, 999999, tzinfo=UTC),
        datetime(8999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    with engine.begin() as connection:
        connection.execute(insert(times), [{"at": each} for each in given])
        kept = connection.scalars(select(times.c.at).order_by(times.c.id)).all()
        in_order = connection.scalars(select(times.c.at).order_by(times.c.at)).all()
    assert kept == [each.astimezone(UTC) for each in given]
    assert [each.utcoffset() for each in kept] == [UTC.utcoffset(None)] * len(given)
    assert in_order == sorted(kept)


def test_a_time_without_a_zone_is_refused(engine: Engine, times: Table) -> None:
    naive = datetime(2024, 4, 15, 9, 0)
    with engine.begin() as connection, pytest.raises(StatementError) as caught:
        connection.execute(insert(times), {"at": naive})
    assert isinstance(caught.value.orig, MomentError)
