"""Every row through the whole course: how far it comes, in which round, and what stops it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import FrameError
from klimaflow.frames.columns import Column, Columns
from klimaflow.frames.screening import column, promised
from klimaflow.frames.steps import STEPS, Step, Steps
from klimaflow.frames.terms import Condition, both, negated
from klimaflow.frozenmap import FrozenMap
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

__all__ = ["COURSE", "course", "course_columns"]

COURSE = ("reached", "stopped_by", "round", "started_at")
"""What `course` adds unless told otherwise; `stopped_at` may be added too."""

GROUPS = ("reached", "stopped_at", "stopped_by", "round", "started_at")


def course_columns(procedure: Procedure) -> tuple[Column, ...]:
    """Return the columns that a course reads, under a procedure."""
    reading = Columns(None)
    _ = Steps(procedure, reading, NOTHING_COMMITTED, "UTC")
    return tuple(reading.asked.values())


def course(
    frame: IntoFrameT,
    procedure: Procedure,
    *,
    constants: Mapping[str, object] = FrozenMap(),
    committed: Mapping[str, int] = NOTHING_COMMITTED,
    add: Collection[str] = COURSE,
) -> IntoFrameT:
    """Return the frame with how far each row comes in the whole course, and what stops it.

    Each row is one proposal; `course_columns` lists what is expected of it. What is the same in
    all rows may stand in `constants` instead of a column. `committed` is what each fund has
    promised to other tracks, in kroner.

    Each step is taken as soon as it is ready, the step before it is taken, and no rule finds it
    too early: at the start of the day of the meeting for `approve`, with the last consent for
    `start`. A missed deadline leads to the next round, and a meeting that is over to the next
    one, until there is none. What is added, by `add`:

    * `reached`: the phase that it comes to, `started` at best;
    * `stopped_at`: the command that is refused there; the empty text if none is;
    * `stopped_by`: the ids of the binding rules that refuse it, in the lifecycle's order, with a
      blank between them; the empty text if none does;
    * `round`: the round in which that was; the empty text if it is none of the procedure's;
    * `started_at`: when it started, in UTC; null if it did not.

    What is null is not known, and never permits.

    The frame may be of pandas, polars, pyarrow, duckdb or pyspark; what is lazy stays lazy.
    Raises `FrameError` with every mistake in the columns.
    """
    native: Any = nw.from_native(frame)
    reading = Columns(native.collect_schema(), constants)
    steps = Steps(procedure, reading, committed, _zone(native))
    outcome = _Outcome(steps.taken, native, add)
    promised(reading, committed, procedure)
    reading.check(outcome.names)
    return outcome.to(native, reading).to_native()  # type: ignore[no-any-return]


def _zone(native: Any) -> str:
    """Return the zone in which moments are compared: UTC, but for engines with one of their own."""
    if not _of_sql(native):
        return "UTC"
    zones = (getattr(dtype, "time_zone", None) for dtype in native.collect_schema().values())
    return next(filter(None, zones), "UTC")


def _of_sql(native: Any) -> bool:
    return bool(native.implementation.is_duckdb() or native.implementation.is_spark_like())


class _Outcome:
    """What comes of the steps, as columns."""

    def __init__(self, taken: tuple[Step, ...], native: Any, add: Collection[str]) -> None:
        if strange := [each for each in add if each not in GROUPS]:
            raise FrameError(f"add: {each!r} is none of {', '.join(GROUPS)}" for each in strange)
        self._taken, self._of_sql = taken, _of_sql(native)
        self.names = [group for group in GROUPS if group in add]

    def to(self, frame: Any, reading: Columns) -> Any:
        """Return a frame with them."""
        dropped = list[str]()
        passed = self._passed(reading)
        for stage in reading.stages:
            frame = frame.with_columns(**stage) if stage else frame
            dropped += stage
        make: Mapping[str, Callable[[], nw.Expr]] = {
            "reached": lambda: self._text(passed, [*STEPS.values(), Phase.STARTED]),
            "stopped_at": lambda: self._text(passed, [*STEPS, ""]),
            "stopped_by": lambda: self._stopped_by(passed),
            "round": lambda: self._round(passed),
            "started_at": lambda: nw.when(column(passed[-1])).then(self._taken[-1].at.expr),
        }
        made = {name: make[name]() for name in self.names}
        frame = frame.with_columns(**made) if made else frame
        return frame.drop(*dropped)

    def _passed(self, reading: Columns) -> list[Condition]:
        """Return where each step is passed, and all before it."""
        passed = list[Condition]()
        so_far: Condition = True
        for step in self._taken:
            so_far = both(so_far, *step.holds.values())
            passed.append(reading.let(so_far, len(reading.stages)))
            so_far = passed[-1]
        return passed

    def _text(self, passed: list[Condition], texts: list[str]) -> Any:
        """Return the text for how many steps are passed."""
        found: Any = nw.lit(str(texts[0]))
        for where, text in zip(passed, texts[1:], strict=True):
            found = nw.when(column(where)).then(nw.lit(str(text))).otherwise(found)
        return found

    def _round(self, passed: list[Condition]) -> Any:
        found: Any = nw.lit("")
        before: Condition = True
        for step, where in zip(self._taken, passed, strict=True):
            for each, chosen in step.rounds.items():
                found = nw.when(column(both(before, chosen))).then(nw.lit(each)).otherwise(found)
            before = where
        return found

    def _stopped_by(self, passed: list[Condition]) -> Any:
        before: Condition = True
        ids = []
        for step, where in zip(self._taken, passed, strict=True):
            for id, holds in step.holds.items():
                if (broken := both(before, negated(holds))) is not False:
                    ids.append(nw.when(column(broken)).then(nw.lit(id)))
            before = where
        return nw.concat_str(*ids, separator=" ", ignore_nulls=True) if ids else nw.lit("")
