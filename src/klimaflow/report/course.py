"""A proposal's course: each step asked for, its answer, and what it left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field, frozen

from klimaflow.case import Case
from klimaflow.decider import Decision
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, date_of, shown
from klimaflow.procedure import Procedure
from klimaflow.proposal import FINAL, Proposal
from klimaflow.seen.timeline import Step, history_html

__all__ = ["Answered", "Course", "follow_json"]


@frozen(eq=False)
class Answered(Sheet):
    """One step: the decision, and the history after it, unchanged by a refusal."""

    decision: Decision
    history: History

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the step as `klimaflow follow --json` prints it."""
        decision, phase = self.decision, self.history.proposal.phase
        return {
            "do": decision.command.do,
            "at": shown(decision.command.at),
            "permitted": decision.permitted,
            "phase": phase and str(phase),
            "refused_by": list(decision.refused_by),
            "remarks": list(decision.remarks),
            "findings": [finding.to_dict(lang) for finding in decision.findings],
        }

    def _html(self, lang: str) -> str:
        return self.decision.to_html(lang)


@frozen(eq=False)
class Course(Sheet):
    """The steps of one proposal, all answered; `procedure` is the one that holds at their end.

    `committed` is what each fund has promised to other tracks, in kroner.
    """

    name: str
    procedure: Procedure
    steps: tuple[Answered, ...]
    committed: Mapping[str, int] = field(default=FrozenMap())

    @classmethod
    def of(cls, case: Case) -> Course:
        """Return the course of a case: each step in the file's order."""
        steps = tuple(Answered(decision, history) for _step, decision, history in case.follow())
        return cls(case.name, case.procedure, steps, case.committed)

    @classmethod
    def of_history(cls, history: History, name: str = "") -> Course:
        """Return the course that a history records, in which nothing was refused."""
        stages = zip(history.decisions(), history.stages(), strict=True)
        steps = tuple(Answered(decision, so_far) for decision, so_far in stages)
        return cls(name, history.procedure, steps)

    @property
    def history(self) -> History:
        """The history after the last step."""
        return self.steps[-1].history if self.steps else History(self.procedure)

    @property
    def proposal(self) -> Proposal:
        """The proposal as the last step left it."""
        return self.history.proposal

    @property
    def permitted(self) -> bool:
        """Whether every step is permitted."""
        return all(step.decision.permitted for step in self.steps)

    @property
    def latest(self) -> Moment | None:
        """The latest moment of all steps, refused ones too; None if there are no steps."""
        return max((step.decision.command.at for step in self.steps), default=None)

    @property
    def today(self) -> date | None:
        """The day of the latest step, or that on which the proposal entered a final phase."""
        proposal = self.proposal
        at = proposal.since if proposal.phase in FINAL else self.latest
        return None if at is None else date_of(at, self.procedure.zone)

    def consents(self) -> dict[str, str]:
        """Return the status of each contributing funder's consent `today`."""
        if self.today is None:
            return {}
        return {funder: str(on) for funder, on in self.proposal.consents_on(self.today).items()}

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the course as `klimaflow follow --json` prints it: JSON-safe, in this order."""
        proposal = self.proposal
        return {
            "case": self.name,
            "procedure": self.procedure.id,
            "phase": proposal.phase and str(proposal.phase),
            "round": proposal.round,
            "granted": dict(proposal.granted),
            "consents": self.consents(),
            "steps": [step.to_dict(lang) for step in self.steps],
        }

    def shown(self) -> list[Step]:
        """Return the steps as a timeline takes them."""
        return [Step(each.decision, each.history.proposal) for each in self.steps]

    def _html(self, lang: str) -> str:
        return history_html(self.proposal.title or self.name, self.procedure, self.shown(), lang)


def follow_json(case: Case, lang: str = "en") -> dict[str, Any]:
    """Return what `klimaflow follow --json` prints of a case; `because` is in `lang`."""
    return Course.of(case).to_dict(lang)
