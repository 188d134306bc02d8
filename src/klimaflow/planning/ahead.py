"""A history taken further: each step as soon as it can be, and first what it asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import attrs
from attrs import frozen

from klimaflow.commands import Command
from klimaflow.decider import Decision, Finding
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.lifecycle import MOVES, Move, moves_from
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, span
from klimaflow.options import Option, options
from klimaflow.parties import Actor, Role
from klimaflow.planning.mends import MENDS
from klimaflow.planning.windows import Window, window
from klimaflow.proposal import Phase, Proposal
from klimaflow.report.narrative import ASIDE

__all__ = ["Ahead", "Step"]

NOTHING: Mapping[str, Any] = FrozenMap()
OF_A_ROUND = ("put-before-committee", "approve", "reject")
"""The commands that are about the round which the proposal is in."""


@frozen(eq=False)
class Step(Sheet):
    """One step that has still to happen, supposing that those before it have happened.

    `decision` is the answer to it, as soon as it can be asked; what it says may be assumed.
    `not_before` is when it can first be taken, if it has to wait; that moment is included.
    `last` is the last moment in time for it and for all that comes after it, included; None is
    without end. `closed_by` is the finding that refuses it, or what comes after it, from then on.
    `because` is the finding that this step mends, if it is taken for one.
    """

    decision: Decision
    because: Finding | None
    window: Window
    not_before: Moment | None
    last: Moment | None
    closed_by: Finding | None

    @property
    def do(self) -> str:
        """The name of the command."""
        return self.decision.command.do

    @property
    def at(self) -> Moment:
        """As soon as it can be: the moment at which `decision` answers."""
        return self.decision.command.at

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may take it, `anyone` among them, as the policy file says."""
        return self.decision.facts.roles

    @property
    def missing(self) -> tuple[Finding, ...]:
        """The findings that stand in the way, and that no step mends."""
        return Option(self.decision).missing

    @property
    def late(self) -> bool:
        """Whether it, or what comes after it, can no longer be in time."""
        return self.last is not None and self.at > self.last

    def slack(self, at: Moment) -> timedelta | None:
        """Return how long it can wait, seen from `at`; negative if it is late, None without end."""
        return None if self.last is None else span(at, self.last)

    def _html(self, lang: str) -> str:
        return self.decision.to_html(lang)


class Ahead:
    """A proposal from a moment on, with the steps that it has taken since."""

    def __init__(
        self, history: History, at: Moment, round_id: str | None, committed: Mapping[str, int]
    ) -> None:
        self.history, self.at = history, at
        self.round, self.committed = round_id, committed
        self.steps: list[Step] = []

    @property
    def proposal(self) -> Proposal:
        """The proposal as the latest step leaves it."""
        return self.history.proposal

    def reach(self, phase: Phase) -> bool:
        """Take the steps into a phase, until one is refused; tell whether it was reached."""
        while self.proposal.phase is not phase:
            move = self._first(lambda each: each.target is phase is not each.source)
            if move is None:
                into = next(each.command.do for each in MOVES if each.target is phase)
                return self._taken(self._command(into, NOTHING, None), None)
            if not self.take(move.command.do):
                return False
        return True

    def take(
        self,
        do: str,
        says: Mapping[str, Any] = NOTHING,
        because: Finding | None = None,
        by: Actor | None = None,
    ) -> bool:
        """Take a step, after those that it asks for; tell whether all of them are permitted."""
        ready = self._in_its_round(do) and self._where_possible(do) and self._mended(do, says, by)
        return ready and self._taken(self._command(do, says, by), because)

    def _in_its_round(self, do: str) -> bool:
        """Defer the proposal to the round that is asked about, if it is submitted for another."""
        submitted = self.proposal.phase in (Phase.APPROVAL_PROCESS, Phase.COMMITTEE_DECISION)
        if do in OF_A_ROUND and submitted and self.proposal.round != self.round:
            return self.take("defer")
        return True

    def _where_possible(self, do: str) -> bool:
        """Come to a phase in which the command is possible."""
        while not any(move.command.do == do for move in moves_from(self.proposal.phase)):
            move = self._first(lambda each: each.command.do == do)
            if move is None:
                return self._taken(self._command(do, NOTHING, None), None)
            if not self.take(move.command.do):
                return False
        return True

    def _first(self, wanted: Callable[[Move], bool]) -> Move | None:
        """Return the first move of the shortest way to a wanted one, on which nothing goes back."""
        ways = deque((move, move) for move in moves_from(self.proposal.phase))
        while ways:
            first, move = ways.popleft()
            if wanted(move):
                return first
            if _onward(move):
                ways.extend((first, each) for each in moves_from(move.target))
        return None

    def _mended(self, do: str, says: Mapping[str, Any], by: Actor | None) -> bool:
        """Take a step for each broken rule that one mends; what none mends is left as it is."""
        tried: set[tuple[str, object]] = set()
        while True:
            answer = self._answer(self._command(do, says, by))
            broken = (each for each in Option(answer).missing if each.rule in MENDS)
            lack = next((each for each in broken if (each.rule, each.margin) not in tried), None)
            if lack is None:
                return True
            tried.add((lack.rule, lack.margin))
            mend = MENDS[lack.rule](answer.facts)
            if mend is not None and not self.take(mend.do, mend.says, lack):
                return False

    def _command(self, do: str, says: Mapping[str, Any], by: Actor | None) -> Command:
        """Return a command with the values that are likeliest, but for the round and `says`."""
        phase = self.proposal.phase
        sources = [move.source for move in MOVES if move.command.do == do]
        asked = self.proposal if phase in sources else Proposal(sources[0])
        actor = by or self._actor(do, says)
        possible = options(self.history.procedure, asked, self.at, actor)
        command = next(each.decision.command for each in possible if each.do == do)
        named = {"round": self.round} if self.round and hasattr(command, "round") else {}
        return attrs.evolve(command, **named, **says)

    def _actor(self, do: str, says: Mapping[str, Any]) -> Actor:
        """Return an actor who may give the command, if the policy lets anyone."""
        roles = self.history.procedure.authority.at.get((do, self.proposal.phase), ())
        role = next((Role(each) for each in roles if each in set(Role)), Role.PROPOSER)
        if role is Role.FUNDER:
            contributing = iter(self.proposal.contributing)
            return Actor(role, says.get("funder") or next(contributing, "0000"))
        return Actor(role, self.proposal.proposer or "0000")

    def _answer(self, command: Command) -> Decision:
        return self.history.decide(attrs.evolve(command, at=self.at), committed=self.committed)

    def _taken(self, command: Command, because: Finding | None) -> bool:
        """Take a step, once it can be; tell whether it is permitted."""
        found = window(self.history, command, self.committed)
        opens, closes = found.opens_at, found.closes_at
        waits = opens is not None and self.at < opens and (closes is None or opens <= closes)
        self.at = opens if opens is not None and waits else self.at
        decision = self._answer(command)
        closed_by = next(iter(found.closed_by), None)
        not_before = self.at if waits else None
        self.steps.append(Step(decision, because, found, not_before, closes, closed_by))
        if decision.permitted:
            self.history = self.history.record(decision)
        return decision.permitted


_ORDER = {phase: number for number, phase in enumerate((None, *Phase))}


def _onward(move: Move) -> bool:
    return move.target not in ASIDE and _ORDER[move.target] > _ORDER[move.source]
