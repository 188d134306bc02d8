"""Every row through the whole course: how far it comes, in which round, and what stops it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import FrameError
from klimaflow.frames.columns import Column, Columns
from klimaflow.frames.engines import as_one, opened, session_zone, unfit
from klimaflow.frames.screening import promised
from klimaflow.frames.steps import STEPS, Step, Steps
from klimaflow.frames.terms import Condition, both, either, negated
from klimaflow.frames.texts import column, joined, told
from klimaflow.frozenmap import FrozenMap
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

__all__ = ["COURSE", "course", "course_columns"]

COURSE = ("reached", "stopped_by", "round", "started_at")
"""What `course` adds unless told otherwise; `stopped_at` may be added too."""

GROUPS = ("reached", "stopped_at", "stopped_by", "round", "started_at")

_PHASES = (*map(str, STEPS.values()), str(Phase.STARTED))


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
    native = opened(frame)
    reading = Columns(native.collect_schema(), constants)
    steps = Steps(procedure, reading, committed, session_zone(native) or "UTC")
    outcome = _Outcome(steps.taken, add)
    promised(reading, committed, procedure)
    reading.note_all(unfit(native, reading.asked, measured=False))
    reading.check(outcome.names)
    found: IntoFrameT = as_one(native, lambda frame: outcome.to(frame, reading)).to_native()
    return found


class _Outcome:
    """What comes of the steps, as columns."""

    def __init__(self, taken: tuple[Step, ...], add: Collection[str]) -> None:
        if strange := [each for each in add if each not in GROUPS]:
            raise FrameError(f"add: {each!r} is none of {', '.join(GROUPS)}" for each in strange)
        self._taken = taken
        self.names = [group for group in GROUPS if group in add]

    def to(self, frame: Any, reading: Columns) -> Any:
        """Return a frame with them."""
        dropped = list[str]()
        passed = self._passed(reading)
        further = [*passed[1:], False]
        stopped = [both(p, negated(more)) for p, more in zip(passed, further, strict=True)]
        for stage in reading.stages:
            frame = frame.with_columns(**stage) if stage else frame
            dropped += stage
        make: Mapping[str, Callable[[], nw.Expr]] = {
            "reached": lambda: told(frame, dict(zip(_PHASES, stopped, strict=True))),
            "stopped_at": lambda: told(frame, dict(zip(STEPS, stopped[:-1], strict=True))),
            "stopped_by": lambda: joined(frame, *self._broken(passed)),
            "round": lambda: told(frame, self._rounds(stopped)),
            "started_at": lambda: nw.when(column(passed[-1])).then(self._taken[-1].at.expr),
        }
        made = {name: make[name]() for name in self.names}
        frame = frame.with_columns(**made) if made else frame
        return frame.drop(*dropped)

    def _passed(self, reading: Columns) -> list[Condition]:
        """Return where it comes to each step, and at last to the start."""
        stage, passed = len(reading.stages), list[Condition]([True])
        so_far: Condition = True
        for step in self._taken:
            so_far = both(so_far, *step.holds.values())
            passed.append(reading.let(so_far, stage))
        return passed

    def _broken(self, passed: list[Condition]) -> Iterator[dict[str, Condition]]:
        """Yield for each step where it refuses, and by which rule."""
        for step, here in zip(self._taken, passed[:-1], strict=True):
            yield {id: both(here, negated(holds)) for id, holds in step.holds.items()}

    def _rounds(self, stopped: list[Condition]) -> dict[str, Condition]:
        """Return where it stops, or has started, in which round."""
        steps = [*self._taken, self._taken[-1]]
        return {
            each: either(*(both(s.rounds[each], h) for s, h in zip(steps, stopped, strict=True)))
            for each in steps[0].rounds
        }
