"""What an exploration shows as it goes: the first, and so shortest, case of each thing."""

from __future__ import annotations

from collections.abc import Hashable

from klimaflow.decider import Decision
from klimaflow.events import Event
from klimaflow.lifecycle import Move
from klimaflow.moments import Moment
from klimaflow.procedure import Procedure, Strength
from klimaflow.proposal import Proposal
from klimaflow.requirements import Pattern
from klimaflow.rules import Rule
from klimaflow.verify.demands import Demand, may_fit
from klimaflow.verify.offers import Offer
from klimaflow.verify.sound import unsound
from klimaflow.verify.space import State, Step

__all__ = ["Watch"]


class Watch:
    """Notes the first step of each kind, and those that differ in what they break."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure
        self.taken: dict[Move, Step] = {}
        """The first permitted step of each move."""
        self.unsound: dict[str, Step] = {}
        """The first step that breaks a property, by the property's id."""
        self.alone: dict[Rule, Step] = {}
        """The first step that a rule alone refuses, or remarks upon if it does not bind."""
        self.company: dict[Rule, frozenset[Rule]] = {}
        """The binding rules that are broken whenever a rule is."""
        self.in_time: dict[tuple[str, str | None, Moment], Step] = {}
        """The first permitted step by (command, round, moment)."""
        self.late: dict[tuple[str, Rule, Moment], Step] = {}
        """The first step that a rule alone refuses by (command, rule, moment)."""
        self._first: dict[Hashable, Step] = {}
        self._last: dict[Hashable, Step] = {}
        self.fitting: dict[str, Step] = {}
        """The first permitted step that fits the pattern of a requirement, by its id."""
        self._demands: dict[Move, list[tuple[str, Demand]]] = {}
        self._binding: dict[tuple[tuple[Rule, ...], str], tuple[Rule, ...]] = {}

    def __call__(self, state: State, offer: Offer, decision: Decision, after: State | None) -> None:
        """See an answer."""
        command, broken = offer.command, decision.broken
        proposal = state.proposal
        step = Step(state, offer)
        kind = (proposal.phase, proposal.round, command.do, offer.variant, offer.at, broken)
        self._last[kind] = step
        self._first.setdefault(kind, step)
        if command.do == "submit-for-approval":
            self._first.setdefault((_met(proposal), broken), step)
        if decision.events:
            assert decision.move is not None, "what is permitted is a move"
            self.taken.setdefault(decision.move, step)
            if after is not None:
                self.in_time.setdefault((command.do, after.proposal.round, command.at), step)
            self._demanded(step, decision.move, decision.events[0])
            for name in unsound(self._procedure, proposal, command, decision.events[0]):
                self.unsound.setdefault(name, step)
        if broken:
            self._refusal(step, broken)

    def _demanded(self, step: Step, move: Move, event: Event) -> None:
        demands = self._demands.get(move)
        if demands is None:
            every = [(each.id, each.demand[1]) for each in self._procedure.requirements]
            demands = self._demands[move] = [
                (name, Demand(pattern, self._procedure))
                for name, pattern in every
                if isinstance(pattern, Pattern) and may_fit(pattern, move)
            ]
        for name, demand in demands:
            if name not in self.fitting and demand.met_by(
                step.state.proposal, step.offer.command, event
            ):
                self.fitting[name] = step

    @property
    def kinds(self) -> tuple[Step, ...]:
        """The first and the last step of each kind: phase, round, command, time and answer.

        And the first submission for approval with each set of criteria met, and each answer.
        """
        return tuple(dict.fromkeys((*self._first.values(), *self._last.values())))

    def _refusal(self, step: Step, broken: tuple[Rule, ...]) -> None:
        do = step.offer.command.do
        binding = self._binding.get((broken, do))
        if binding is None:
            strength = self._procedure.strength
            binding = tuple([r for r in broken if strength(r.id, do) is Strength.BINDING])
            self._binding[broken, do] = binding
        for rule in broken:
            others = [each for each in binding if each is not rule]
            if others:
                company = self.company.get(rule)
                self.company[rule] = frozenset(others) if company is None else company & {*others}
            elif rule not in self.alone:
                self.alone[rule] = step
        if len(binding) == 1:
            self.late.setdefault((do, binding[0], step.offer.command.at), step)


def _met(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sorted([name for name, judged in proposal.assessments.items() if judged.met]))
