"""With which journal a store opens a file of SQLite, by the version of SQLite at hand."""

import sqlite3
import warnings
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from klimaflow.errors import StoreError
from klimaflow.store.opening import Journal, default_journal, opened, prepare

TOLD = pytest.mark.filterwarnings("ignore:SQLite .* may lose what several processes write in WAL")


@pytest.mark.parametrize(
    ("version", "journal"), [((3, 51, 2), "delete"), ((3, 51, 3), "wal"), ((3, 52, 0), "wal")]
)
def test_writing_ahead_is_chosen_where_it_is_safe_and_warned_of_where_it_is_not(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], journal: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert default_journal() == journal
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        prepare(create_engine("sqlite://"), journal="wal")
        prepare(create_engine("sqlite://"), journal="delete")
    assert [each.category for each in told] == [UserWarning] * (journal == "delete")


@TOLD
@pytest.mark.parametrize(("journal", "synchronous"), [("wal", 2), ("delete", 3)])
def test_each_connection_waits_for_the_disk_and_holds_what_refers_to_what(
    tmp_path: Path, journal: Journal, synchronous: int
) -> None:
    engine = opened(tmp_path / "cases.db", journal)
    both = engine.raw_connection(), engine.raw_connection()
    for connection in both:
        cursor = connection.cursor()
        for name, wanted in (("journal_mode", journal), ("synchronous", synchronous)):
            assert cursor.execute(f"PRAGMA {name}").fetchone()[0] == wanted
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        connection.close()
    engine.dispose()


@TOLD
def test_a_file_that_others_have_open_in_another_mode_stays_in_theirs(tmp_path: Path) -> None:
    ahead, behind = opened(tmp_path / "cases.db", "wal"), opened(tmp_path / "cases.db", "delete")
    with ahead.begin() as theirs:
        theirs.exec_driver_sql("CREATE TABLE t (x)")
    with ahead.connect() as theirs:
        assert theirs.exec_driver_sql("SELECT * FROM t").all() == []
        with pytest.raises(StoreError, match=r"does not obey journal_mode=delete .*: .* is locked"):
            behind.connect()
    ahead.dispose()
    behind.connect().close()
    behind.dispose()


@TOLD
def test_where_sqlite_does_not_obey_nothing_is_written(tmp_path: Path) -> None:
    cannot = "uri=true&vfs=unix-none"  # it shares no memory, which writing ahead needs
    engine = create_engine(f"sqlite:///file:{tmp_path / 'cases.db'}?{cannot}")
    prepare(engine, journal="wal")
    with pytest.raises(StoreError, match=r"does not obey journal_mode=wal .*: it is at delete"):
        engine.connect()
    engine.dispose()
