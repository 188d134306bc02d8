"""What the rows of a case come to; rows that are as they were the last time are not folded again.

Nothing is taken on trust: the rows are read anew for each request, and what was made of them stands
only as long as each of their columns is what it was.
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
    rows: tuple[Row, ...]
    history: History


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
    for last in _place(case_id, procedures):
        if last.rows == entries and _is_under(last.history, proposal):
            return last.history
    kept = chain.unbroken(case_id, entries)
    history = chain.history_of([*kept], proposal, procedures)
    keep(case_id, entries, history, procedures)
    return history


def _is_under(history: History, proposal: Row) -> bool:
    under = history.procedure.sha256, history.opened_under.sha256
    return under == (proposal["procedure"], proposal["opened_under"])


def keep(
    case_id: str, entries: tuple[Row, ...], history: History, procedures: Sequence[Procedure]
) -> None:
    """Keep what these rows come to, until the case is folded or written again."""
    _place(case_id, procedures)[:] = [_Folded(entries, history)]
