"""Steps taken one after another, as a course takes them: none too early, none given up for a round.

This is the scalar way of `klimaflow.frames.course`: every answer is that of `decide`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import attrs
from attrs import frozen

from klimaflow.commands import Command, Defer
from klimaflow.decider import Decision
from klimaflow.facts import Facts
from klimaflow.frames.rows import INSIDE, acting
from klimaflow.history import History
from klimaflow.lifecycle import BY_PHASE_AND_DEED, Move
from klimaflow.moments import Day, Moment
from klimaflow.parties import Actor, Role
from klimaflow.procedure import Procedure, Strength
from klimaflow.proposal import Phase
from klimaflow.report.course import Answered, Course
from klimaflow.rules import (
    BEFORE_APPROVAL_DEADLINE,
    BEFORE_QUALIFICATION_DEADLINE,
    BEFORE_THE_MEETING,
    EVERY_PARTY_CONSENTS,
    Rule,
)
from klimaflow.unknown import Unknown

__all__ = ["Step", "driven"]

_IN_TIME = {
    "submit-for-qualification": BEFORE_QUALIFICATION_DEADLINE,
    "submit-for-approval": BEFORE_APPROVAL_DEADLINE,
}
_WHY = "The meeting of the round is over."


@frozen(eq=False)
class Step:
    """A step of a scenario.

    `was` is when the base case takes it; None if nothing waits for it that did not before. A step
    that the base case asks for in vain, which is not `taken`, is asked for as it stands.
    """

    command: Command
    was: Moment | None = None
    taken: bool = True


def driven(
    name: str, procedure: Procedure, steps: Iterable[Step], committed: Mapping[str, int]
) -> Course:
    """Return the course of these steps under a procedure; the refused ones are in it too.

    A step is taken at its own time, but not before its phase is entered, nor before a rule admits
    it; one that leads to another phase waits for what came before it and is later now. What misses
    a deadline is asked for again in the next round, and put off to it where a meeting is over. A
    step that its phase does not have is left out.
    """
    drive = _Drive(procedure, committed)
    for step in steps:
        drive.take(step)
    return Course(name, procedure, tuple(drive.answered), committed)


class _Drive:
    def __init__(self, procedure: Procedure, committed: Mapping[str, int]) -> None:
        self.procedure, self.committed = procedure, committed
        self.history = History(procedure)
        self.answered: list[Answered] = []
        self._latest: Moment | None = None  # of the steps that are later than they were

    def take(self, step: Step) -> None:
        """Take a step, if there is such a move from here."""
        if not step.taken:
            self._answer(self._decided(step.command))
            return
        move = BY_PHASE_AND_DEED.get((self.history.proposal.phase, type(step.command)))
        if move is None:
            return
        command = attrs.evolve(step.command, at=max(self._lines(step.command, move)))
        if step.was is not None and command.at > step.was:
            self._latest = max(command.at, self._latest or command.at)
        self._answer(self._in_a_round(command))

    def _decided(self, command: Command) -> Decision:
        return self.history.decide(command, committed=self.committed)

    def _answer(self, decision: Decision) -> None:
        if decision.permitted:
            self.history = self.history.record(decision)
        self.answered.append(Answered(decision, self.history))

    def _lines(self, command: Command, move: Move) -> Iterator[Moment]:
        """Yield the moments before which a step is not taken."""
        proposal = self.history.proposal
        yield command.at
        if move.target is not move.source and self._latest is not None:
            yield self._latest
        facts = Facts(self.procedure, proposal, command, self.committed)
        for rule in move.rules:
            if rule.quantity == "at" and ">=" in rule.test:
                bound = getattr(facts, str(rule.bound))
                if not isinstance(bound, Unknown):
                    yield bound.begins_at if isinstance(bound, Day) else bound
            if rule is EVERY_PARTY_CONSENTS and self._binds(rule, command.do):
                yield from (each.at for each in proposal.consents.values() if each.given)

    def _binds(self, rule: Rule, do: str) -> bool:
        return self.procedure.strength(rule.id, do) is Strength.BINDING

    def _in_a_round(self, command: Command) -> Decision:
        """Return the answer in the first round that the command does not miss, or in the last."""
        if command.do == "put-before-committee":
            self._put_off(command)
        decision = self._decided(command)
        rule = _IN_TIME.get(command.do)
        while rule is not None and rule.id in decision.refused_by:
            later = self._later(decision.facts.round)
            if later is None:
                break
            self._answer(decision)
            decision = self._decided(_in_round(command, later))
        return decision

    def _later(self, round: str | None) -> str | None:
        """Return the round after one; None if that is the last, or none."""
        rounds = [*self.procedure.gates]
        return dict(pairwise(rounds)).get(round or "")

    def _put_off(self, command: Command) -> None:
        """Defer the proposal to the first round whose meeting is not over, if its own is."""
        asked = self._decided(command)
        if BEFORE_THE_MEETING.id not in asked.refused_by:
            return
        by = Actor(acting(self.procedure, "defer", Phase.APPROVAL_PROCESS), INSIDE)
        if by.role in (Role.PROPOSER, Role.PARTICIPANT):
            by = Actor(by.role, self.history.proposal.proposer or INSIDE)
        asking: dict[str, Any] = {"at": command.at, "by": by, "reason": _WHY}
        answers = (self._decided(Defer(round=each, **asking)) for each in self.procedure.gates)
        permitted = next((each for each in answers if each.permitted), None)
        if permitted is not None:
            self._answer(asked)
            self._answer(permitted)


def _in_round(command: Any, round: str) -> Command:
    changed: Command = attrs.evolve(command, round=round)
    return changed
