"""What the rows of a case come to; those that are as they were the last time are not folded again.

Nothing is taken on trust: the rows are read anew for each request, and what was made of them stands
only as long as each of their columns is what it was. What has come since is folded onto it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from attrs import frozen

from klimaflow.history import History
from klimaflow.procedure import Procedure
from klimaflow.store import chain
from klimaflow.store.door import Row

__all__ = ["folded", "keep"]


@frozen
class _Folded:
    rows: tuple[Row, ...] = ()
    history: History | None = None


@lru_cache(maxsize=256)
def _last(_case_id: str, _procedures: tuple[str, ...]) -> list[_Folded]:
    """Return the place for what a case came to the last time; empty at first."""
    return []


def _place(case_id: str, procedures: Sequence[Procedure]) -> list[_Folded]:
    return _last(case_id, tuple([each.sha256 for each in procedures]))


def folded(proposal: Row, entries: tuple[Row, ...], procedures: Sequence[Procedure]) -> History:
    """Return the history that the row of a proposal and those of its entries record.

    Raises `StoreError` for rows that do not continue each other, and `HistoryError` as
    `from_records` does.
    """
    case_id = proposal["case_id"]
    known = _known(case_id, entries, procedures)
    after = known.rows[-1] if known.rows else None
    more = [*chain.unbroken(case_id, entries[len(known.rows) :], after)]
    history = chain.history_of(more, proposal, procedures, known.history)
    keep(case_id, entries, history, procedures)
    return history


def _known(case_id: str, entries: tuple[Row, ...], procedures: Sequence[Procedure]) -> _Folded:
    """Return what was folded the last time, if these rows begin with the same ones."""
    for last in _place(case_id, procedures):
        if last.rows == entries[: len(last.rows)]:
            return last
    return _Folded()


def keep(
    case_id: str, entries: tuple[Row, ...], history: History, procedures: Sequence[Procedure]
) -> None:
    """Keep what these rows come to, until the case is folded or written again."""
    _place(case_id, procedures)[:] = [_Folded(entries, history)]
