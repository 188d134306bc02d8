"""What is counted in a table, on the engine that holds it; the door to narwhals here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.errors import FrameError

__all__ = ["NOTHING", "counts", "eager", "held"]

NOTHING = "the table has no rows: there is nothing to draw"


def held(frame: IntoFrame, needed: Iterable[str], whence: str) -> Any:
    """Return a frame as narwhals has it, with these columns; `whence` says what adds them.

    Raises `FrameError` with each that is missing.
    """
    native: Any = nw.from_native(frame)
    names = native.collect_schema().names()
    if missing := [each for each in needed if each not in names]:
        raise FrameError(f"{each}: is missing; {whence}{_near(each, names)}" for each in missing)
    return native


def _near(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; is it {near[0]}?" if near else ""


def eager(frame: Any, *columns: str) -> Any:
    """Return some columns of a frame in memory."""
    return frame.select(*dict.fromkeys(columns)).lazy().collect()


def counts(frame: Any, *columns: str) -> dict[Any, int]:
    """Return how many rows have each value of a column, or each combination of several.

    Raises `FrameError` where there are no rows.
    """
    asked = frame.group_by(*columns).agg(klimaflow_rows=nw.len()).lazy().collect()
    found = {
        key[0] if len(columns) == 1 else tuple(key): int(rows)
        for *key, rows in asked.select(*columns, "klimaflow_rows").iter_rows()
    }
    if not found:
        raise FrameError([f"rows: {NOTHING}"])
    return found
