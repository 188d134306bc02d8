"""With which journal a store opens a file of SQLite, by the version of SQLite at hand."""

import sqlite3
import warnings

import pytest
from sqlalchemy import create_engine

from klimaflow.store.opening import default_journal, prepare


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
