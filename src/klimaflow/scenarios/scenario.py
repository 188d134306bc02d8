"""One scenario: a base case, and what is otherwise in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow.case import Case, load_case
from klimaflow.decider import NOTHING_COMMITTED, Decision
from klimaflow.frames.retracing import retraced
from klimaflow.frames.rows import Row
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.procedure import Procedure
from klimaflow.report.course import Answered, Course
from klimaflow.scenarios.changes import Amount, Change, LateBy, Refuses, Under, WithoutParty
from klimaflow.scenarios.driving import Step, driven
from klimaflow.verify.cases import case_text

__all__ = ["Scenario"]


@frozen(eq=False)
class Scenario:
    """A base case with named changes; `run` takes it through the procedure, step by step.

    A scenario never changes; each change returns another one. Its base is a history, a case, or a
    row of a table as `klimaflow.frames.course` takes it. `committed` is what each fund has promised
    to other tracks, in kroner.
    """

    name: str
    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    _base: tuple[Step, ...] | Row = field(repr=False)
    committed: Mapping[str, int] = field(repr=False)
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, base: History | Case | str | Path, name: str = "") -> Scenario:
        """Return the scenario in which nothing is otherwise: a history, a case, or a case file.

        A history that was moved is asked under the procedure that holds now, from its beginning.
        Raises `CaseError` for a file that cannot be read.
        """
        if isinstance(base, (str, Path)):
            return cls.of(load_case(base), name)
        if isinstance(base, Case):
            steps = tuple(_step(decision) for _, decision, _ in base.follow())
            return cls(name or base.name, base.procedure, steps, base.committed)
        decisions = [*base.decisions()]
        promised = (each.facts.committed for each in reversed(decisions))
        committed = next(filter(None, promised), NOTHING_COMMITTED)
        named = name or base.proposal.title
        return cls(named, base.procedure, tuple(map(_step, decisions)), committed)

    @classmethod
    def of_row(
        cls,
        row: Row,
        procedure: Procedure,
        name: str = "row",
        committed: Mapping[str, int] = NOTHING_COMMITTED,
    ) -> Scenario:
        """Return the scenario of one row of a course, from its columns; others are left aside."""
        return cls(name, procedure, FrozenMap(row), committed)

    def late_by(
        self, do: str, by: timedelta | None = None, *, days: float = 0, **of: Any
    ) -> Scenario:
        """Return the scenario with a step later by so much, and sooner if it is negative.

        `do` is the command; `of` says which of its steps is meant, as in `funder="realdania"`: by
        default all of them. Whole days are days on the procedure's clock, the rest is exact.
        """
        late = (by or timedelta(0)) + timedelta(days=days)
        return self._with(LateBy(do, late, FrozenMap(of)))

    def without_party(self, party: str) -> Scenario:
        """Return the scenario in which a participant, by its id, never takes part."""
        return self._with(WithoutParty(party))

    def refuses(self, funder: str) -> Scenario:
        """Return the scenario in which a funder refuses when it would have consented."""
        return self._with(Refuses(funder))

    def amount(self, funder: str, kroner: int) -> Scenario:
        """Return the scenario in which so much is asked of a funder, granted and agreed to."""
        return self._with(Amount(funder, kroner))

    def under(self, procedure: Procedure) -> Scenario:
        """Return the scenario under another procedure, from its beginning."""
        return attrs.evolve(self._with(Under(procedure)), procedure=procedure)

    def _with(self, change: Change) -> Scenario:
        changed = attrs.evolve(self, changes=(*self.changes, change))
        _ = changed._changed  # what a change is about must be there
        return changed

    @property
    def _changed(self) -> Any:
        """The steps, or the row, with all changes."""
        if isinstance(self._base, tuple):
            return reduce(lambda b, c: c.on_steps(b, self.procedure), self.changes, self._base)
        return reduce(lambda b, c: c.on_row(b, self.procedure), self.changes, self._base)

    def run(self) -> Course:
        """Return its course: each step asked for and its answer, and the `history` that they leave.

        Nothing happens early, and what is late is refused: a step is taken at its own time, but not
        before its phase is entered, nor before a rule admits it. What misses a deadline, or a
        meeting, is asked for again in the next round. What is no longer possible is left out. With
        no change the history is that of the base.

        Raises `FrameError` for a row in which something is not known.
        """
        base = self._changed
        if isinstance(base, tuple):
            return driven(self.name, self.procedure, base, self.committed)
        _last, decisions, _left = retraced(self.procedure, base, self.committed)
        history, answered = History(self.procedure), list[Answered]()
        for decision in decisions:
            history = history.record(decision) if decision.permitted else history
            answered.append(Answered(decision, history))
        return Course(self.name, self.procedure, tuple(answered), self.committed)

    @property
    def history(self) -> History:
        """The history that it leaves."""
        return self.run().history

    def case(self, procedure: str | None = None) -> str:
        """Return a case file for `klimaflow follow`: every step of `run`, those refused too.

        `procedure` is a shipped id, by default the procedure's own, or a file beside the case.
        """
        asked = [step.decision.command for step in self.run().steps]
        remarks = self.explained()
        return case_text(
            self.name,
            procedure or self.procedure.id,
            asked,
            committed=self.committed,
            remarks=remarks,
        )

    def explained(self, lang: str = "en") -> tuple[str, ...]:
        """Return each change in a few words of `en` or `da`."""
        return tuple(each.explained(self.procedure, lang) for each in self.changes)

    def __str__(self) -> str:
        return "\n".join((self.name, *(f"  {each}" for each in self.explained())))


def _step(decision: Decision) -> Step:
    return Step(decision.command, decision.command.at, decision.permitted)
