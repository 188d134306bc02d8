"""One row of a table, explained: the proposal that it implies, and the whole decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, overload

import narwhals.stable.v2 as nw
from attrs import frozen
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.decider import NOTHING_COMMITTED, Decision, decide
from klimaflow.errors import FrameError
from klimaflow.frames.columns import Columns, Kind
from klimaflow.frames.engines import opened, unfit
from klimaflow.frames.replay import leading_to
from klimaflow.frames.retracing import retraced
from klimaflow.frames.rows import Row, implied
from klimaflow.frames.screening import Screening, promised, question
from klimaflow.frames.steps import Steps
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal
from klimaflow.verify.cases import case_text

__all__ = ["Explained", "ExplainedCourse", "explain"]


@frozen
class Explained:
    """A row, the proposal that it implies, and what `decide` says of its command."""

    row: Row
    decision: Decision

    @property
    def proposal(self) -> Proposal:
        """The proposal as the row tells of it."""
        return self.decision.proposal

    @property
    def history(self) -> History:
        """The plainest history that leads to the row, and to the same decision.

        Raises `FrameError` where there is none: a row may say what no procedure lets come about.
        """
        return leading_to(self.decision)

    def case(self, name: str, procedure: str | None = None) -> str:
        """Return a case file for `klimaflow follow`: that history, and the command of the row.

        `procedure` is a shipped id, by default the procedure's own, or a file beside the case.
        Raises `FrameError` as `history` does.
        """
        asked = [*(each.command for each in self.history.decisions()), self.decision.command]
        facts = self.decision.facts
        return case_text(name, procedure or facts.procedure.id, asked, committed=facts.committed)

    def __str__(self) -> str:
        return str(self.decision)


@frozen
class ExplainedCourse(Explained):
    """A row, and the whole course that it takes: what `decide` says of each command in turn.

    `decisions` are all of them, refusals too. `decision` is the refusal at which the course ends,
    or else its start.
    """

    decisions: tuple[Decision, ...]
    _history: History

    @property
    def history(self) -> History:
        """The history that the permitted commands leave."""
        return self._history

    def case(self, name: str, procedure: str | None = None) -> str:
        """Return a case file for `klimaflow follow`: every command, those refused too.

        `procedure` is a shipped id, by default the procedure's own, or a file beside the case.
        """
        facts = self.decision.facts
        asked = [each.command for each in self.decisions]
        return case_text(name, procedure or facts.procedure.id, asked, committed=facts.committed)


@overload
def explain(
    frame: IntoFrame,
    i: int,
    procedure: Procedure,
    command: Literal["course"],
    *,
    constants: Mapping[str, object] = ...,
    committed: Mapping[str, int] = ...,
) -> ExplainedCourse: ...


@overload
def explain(
    frame: IntoFrame,
    i: int,
    procedure: Procedure,
    command: str = ...,
    *,
    constants: Mapping[str, object] = ...,
    committed: Mapping[str, int] = ...,
) -> Explained: ...


def explain(
    frame: IntoFrame,
    i: int,
    procedure: Procedure,
    command: str = "submit-for-approval",
    *,
    constants: Mapping[str, object] = FrozenMap(),
    committed: Mapping[str, int] = NOTHING_COMMITTED,
) -> Explained:
    """Return row `i` of a frame, from 0, as `screen` takes it, with the decision and its sentences.

    With `"course"` for the command it is a row as `course` takes it, with every decision on its
    way. What is lazy is computed as far as that row; pyspark has rows in the order that it finds
    them in. Raises `FrameError` as `screen` and `course` do, and for a row in which something is
    not known, or is no value of its column: nothing is decided on that.
    """
    native = opened(frame)
    reading = Columns(native.collect_schema(), constants)
    if command == "course":
        _ = Steps(procedure, reading, committed, "UTC")
    else:
        _ = Screening(question(procedure, command), procedure, reading, committed)
    promised(reading, committed, procedure)
    reading.note_all(unfit(native, reading.asked, measured=False))
    reading.check(())
    row = {**_row(native, i, reading), **reading.stated}
    try:
        if command == "course":
            return ExplainedCourse(row, *retraced(procedure, row, committed))
        return Explained(
            row, decide(procedure, *implied(procedure, command, row), committed=committed)
        )
    except FrameError as error:
        raise FrameError(f"row {i}: {problem}" for problem in error.problems) from None


def _row(native: Any, i: int, reading: Columns) -> Row:
    """Return what the row says in the columns that are asked for; None is not known."""
    names = [name for name in reading.asked if name in native.collect_schema()]
    asked = native.select(*names)
    rows = asked.head(i + 1).collect() if isinstance(asked, nw.LazyFrame) else asked
    if not 0 <= i < len(rows):
        raise FrameError([f"row {i}: there are {len(rows)}, counted from 0"])
    one = rows[i : i + 1]
    times = [name for name in names if reading.asked[name].kind is Kind.MOMENT]
    fraction = one.select(*(nw.col(name).dt.nanosecond() for name in times)).rows(named=True)[0]
    unknown = one.select(nw.all().is_null()).rows(named=True)[0]
    finer = (name for name in times if not unknown[name] and fraction[name] % 1000)
    if found := [f"row {i}: {name}: is finer than a microsecond" for name in finer]:
        raise FrameError(found)
    said = one.rows(named=True)[0]
    return {name: None if unknown[name] else said[name] for name in names}
