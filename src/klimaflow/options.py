"""What an actor may do now: every move from here, asked with the likeliest values."""

from __future__ import annotations

import attrs
from attrs import field, frozen

from klimaflow.commands import Command
from klimaflow.decider import Decision, Finding, decide
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import Move, moves_from
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.parties import Actor, Role
from klimaflow.procedure import Gates, Procedure, Strength
from klimaflow.proposal import Proposal

__all__ = ["Option", "options"]


@frozen(eq=False)
class Option(Sheet):
    """One move from here. What the actor has not said is assumed; `decision.command` shows it."""

    decision: Decision = field(repr=False)

    @property
    def do(self) -> str:
        """The name of the command."""
        return self.decision.command.do

    @property
    def permitted(self) -> bool:
        """Whether it may be done now."""
        return self.decision.permitted

    @property
    def missing(self) -> tuple[Finding, ...]:
        """The findings that stand in the way."""
        findings = self.decision.findings
        return tuple(f for f in findings if not f.holds and f.strength is Strength.BINDING)

    def __str__(self) -> str:
        return str(self.decision)

    def _html(self, lang: str) -> str:
        return self.decision.to_html(lang)


def options(procedure: Procedure, proposal: Proposal, at: Moment, by: Actor) -> tuple[Option, ...]:
    """Return an option for each move from the proposal's phase, in the lifecycle's order."""
    likely = _Likely(procedure, proposal, at, by)
    commands = (likely.command(move) for move in moves_from(proposal.phase))
    return tuple(Option(decide(procedure, proposal, command)) for command in commands)


class _Likely:
    """The value that each field of a command most likely has; the methods are named as fields."""

    def __init__(self, procedure: Procedure, proposal: Proposal, at: Moment, by: Actor) -> None:
        self.procedure, self.proposal, self._at, self._by = procedure, proposal, at, by

    def command(self, move: Move) -> Command:
        """Return the command, unread: its values are a proposal's, and that may hold anything."""
        command = object.__new__(move.command)
        for each in attrs.fields(move.command):
            likely = getattr(self, each.name, None)
            value = each.default if likely is None else likely(move)
            object.__setattr__(command, each.name, value)
        return command

    def at(self, _move: Move) -> Moment:
        return self._at

    def by(self, _move: Move) -> Actor:
        return self._by

    def title(self, _move: Move) -> str:
        return "…"

    adviser = need = reason = title

    def participants(self, _move: Move) -> tuple[()]:
        return ()

    elements = participants

    def results_open(self, _move: Move) -> bool:
        return True

    met = results_open

    def proven_solution(self, _move: Move) -> bool:
        return False

    def participant(self, _move: Move) -> str:
        return next((each.id for each in self.proposal.participants), "")

    def contributions(self, _move: Move) -> FrozenMap[str, int]:
        budget = self.proposal.budget
        return budget.contributions if budget else FrozenMap()

    def criterion(self, _move: Move) -> str:
        every = [each.id for each in self.procedure.criteria] or ["criterion"]
        return next((each for each in every if each not in self.proposal.assessments), every[0])

    def round(self, move: Move) -> str | None:
        """Return the proposal's own round or the first later one that is still open."""
        gates = list(self.procedure.gates.values())
        names = [each.round.id for each in gates]
        own = names.index(self.proposal.round) if self.proposal.round in names else 0
        still_open = (each for each in gates[own:] if self._open(move, each))
        return next(still_open, gates[-1]).round.id

    def _open(self, move: Move, gates: Gates) -> bool:
        closes_at = {
            "submit-for-qualification": gates.qualification_closes_at,
            "submit-for-approval": gates.approval_closes_at,
        }
        if move.command.do in closes_at:
            return self._at <= closes_at[move.command.do]
        return self._at < gates.meeting.ends_at

    def funder(self, _move: Move) -> str:
        if self._by.role is Role.FUNDER:
            return self._by.organisation
        return next(iter(self.proposal.contributing), "")

    def amount(self, move: Move) -> int:
        return self.proposal.granted.get(self.funder(move), 0)

    def condition(self, _move: Move) -> str:
        anything = Command(at=self._at, by=self._by)
        facts = Facts(self.procedure, self.proposal, anything, FrozenMap())
        return next(iter(facts.unmet_conditions), "")

    def granted(self, move: Move) -> FrozenMap[str, int] | None:
        if move.command.do == "approve":
            return None
        return self.proposal.granted
