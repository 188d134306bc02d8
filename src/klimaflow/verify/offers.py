"""What is asked of a proposal in each state: every command, well given and with each thing amiss.

A command comes from the actor who may give it, at every instant that matters, with every value that
the procedure tells apart; and with one thing amiss at a time: from each other actor, without a
reason, of a round, funder, participant or condition that is unknown.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from typing import Any

from attrs import frozen

from klimaflow.commands import COMMANDS, Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import Move, moves_from
from klimaflow.parties import Actor, Role
from klimaflow.procedure import Authorised, Procedure
from klimaflow.proposal import FINAL, Proposal
from klimaflow.verify.fold import Fold
from klimaflow.verify.money import NO_FUNDER, Amounts
from klimaflow.verify.timeline import TURNS, Timeline
from klimaflow.verify.variants import BLANK, OUTSIDER, REASON, Variant, Variants, When

__all__ = ["Offer", "Offers"]

NOTHING: Amounts = FrozenMap()


@frozen(eq=False)
class Offer:
    """A command at an instant of the timeline, and what the funds have promised to others.

    `variant` says what is special about it. `stands_for` are the instants, as bits, at which the
    same command has the same answer: its own, and those up to the next one that is offered.
    """

    variant: str
    at: int
    command: Command
    stands_for: int
    committed: Amounts = NOTHING


class Offers:
    """Makes the offers under the first procedure; what tells it from others is offered too."""

    def __init__(
        self,
        procedures: tuple[Procedure, ...],
        timeline: Timeline,
        fold: Fold,
        funders: tuple[str, ...],
    ) -> None:
        self._authority = procedures[0].authority.at
        self._timeline = timeline
        self._variants = Variants(procedures, timeline, fold, funders)
        self._last = len(timeline.instants) - 1
        own = self._variants.proposer
        self._of_role = {role: Actor(role, own) for role in (Role.PROPOSER, Role.PARTICIPANT)}
        self._of_role |= {
            role: Actor(role, str(role)) for role in Role if role not in self._of_role
        }
        self._of_role[Role.FUNDER] = Actor(Role.FUNDER, funders[0])
        outsiders = [Actor(role, OUTSIDER) for role in (Role.PROPOSER, Role.PARTICIPANT)]
        others = [Actor(Role.FUNDER, each) for each in funders[1:2] or (NO_FUNDER,)]
        self._actors = (*self._of_role.values(), *outsiders, *others)
        self._made: dict[Hashable, Command] = {}
        self._when = cache(self._instants)

    def of(self, proposal: Proposal, move: Move, since: int) -> Iterator[Offer]:
        """Yield a command well given to a proposal that entered its phase at instant `since`."""
        for variant in self._variants.of(move.command, proposal):
            said = _said(move, variant)
            by = self._by(move, said)
            for at, stands_for in self._when(move, variant.when, since):
                command = self._command(move.command, at, by, said)
                yield Offer(variant.name, at, command, stands_for, variant.committed)

    def amiss(self, move: Move, offer: Offer, since: int) -> Iterator[Offer]:
        """Yield the same offer with one thing amiss: its actor, its reason, its time."""
        asked: Any = offer.command
        names = [each for each in _fields(move.command) if each not in ("at", "by")]
        said = {name: getattr(asked, name) for name in names}
        for other in self._actors:
            if other != asked.by:
                command = self._command(move.command, offer.at, other, said)
                yield Offer(f"by {other}", offer.at, command, 1 << offer.at)
        if "reason" in said:
            blank = {**said, "reason": BLANK}
            command = self._command(move.command, offer.at, asked.by, blank)
            yield Offer("no reason", offer.at, command, 1 << offer.at)
        for at, name in ((since - 1, "too early"), (self._last, "much later")):
            if at >= 0:
                yield Offer(name, at, self._command(move.command, at, asked.by, said), 1 << at)

    def impossible(self, proposal: Proposal, since: int) -> Iterator[Offer]:
        """Yield the commands for which the lifecycle has no move from the proposal's phase."""
        possible = {move.command for move in moves_from(proposal.phase)}
        by = self._of_role[Role.SECRETARIAT]
        for command in COMMANDS.values():
            if command not in possible:
                said = self._variants.anything(command)
                asked = self._command(command, since, by, said)
                yield Offer("no move", since, asked, 1 << since)

    def _instants(self, move: Move, when: When, since: int) -> tuple[tuple[int, int], ...]:
        """Return the instants at which a variant is offered, each with those it stands for."""
        if when is When.ONCE:  # no rule of the move turns against what is permitted at once
            return ((since, (1 << self._last + 1) - (1 << since)),)
        if when is When.ALWAYS and move.target is not move.source and move.target not in FINAL:
            return tuple((at, 1 << at) for at in range(since, self._last + 1))
        near = self._timeline.stated(move) | {since}
        for rule in move.rules:
            if rule in TURNS:
                near |= self._timeline.near[TURNS[rule]]
        offered = sorted(each for each in near if each >= since)
        ends = [*offered[1:], self._last + 1]
        return tuple((at, (1 << end) - (1 << at)) for at, end in zip(offered, ends, strict=True))

    def _by(self, move: Move, said: Mapping[str, Any]) -> Actor:
        """Return the actor who may give the command; where nobody may, the secretariat."""
        roles = self._authority.get((move.command.do, move.source), ())
        if Authorised.ANYONE in roles:
            return self._of_role[Role.PROPOSER]
        role = Role(roles[0]) if roles else Role.SECRETARIAT
        if role is Role.FUNDER and "funder" in said:
            return Actor(role, said["funder"])
        return self._of_role[role]

    def _command(self, of: type[Command], at: int, by: Actor, said: Mapping[str, Any]) -> Command:
        key = (of, at, by, tuple(said.items()))
        command = self._made.get(key)
        if command is None:
            command = self._made[key] = of(at=self._timeline.instants[at], by=by, **said)
        return command


def _said(move: Move, variant: Variant) -> Mapping[str, Any]:
    reason = {"reason": REASON} if "reason" in _fields(move.command) else {}
    return {**reason, **variant.said}


@cache
def _fields(command: type[Command]) -> tuple[str, ...]:
    return tuple(each.name for each in command.__attrs_attrs__)
