"""All states that a proposal can come to, found by asking `decide` and obeying `evolve`.

A state is a proposal and the instant at which it entered its phase. A proposal that entered it
earlier may do all that one that entered it later may, since mail may be registered late and every
bound on the time is a constant: so of two that differ in nothing else, the earlier one is explored.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from attrs import define, field, frozen

from klimaflow.commands import Command
from klimaflow.decider import Decision, decide, evolve
from klimaflow.lifecycle import moves_from
from klimaflow.procedure import Procedure
from klimaflow.proposal import FINAL, Phase, Proposal
from klimaflow.verify.fold import Fold
from klimaflow.verify.money import symbolic
from klimaflow.verify.offers import Offer, Offers
from klimaflow.verify.timeline import Timeline, timeline
from klimaflow.verify.variants import FEW

__all__ = ["Space", "State", "Step", "Watcher", "explored"]


@frozen(eq=False)
class State:
    """A proposal in the exploration: how it came about, and since when it has been in its phase."""

    number: int
    proposal: Proposal
    since: int
    before: State | None = field(repr=False)
    by: Offer | None

    def commands(self) -> tuple[Command, ...]:
        """Return the shortest way here."""
        commands, state = [], self
        while state.before is not None and state.by is not None:
            commands.append(state.by.command)
            state = state.before
        return tuple(reversed(commands))


@frozen(eq=False)
class Step:
    """A command put to a state: the end of a case."""

    state: State
    offer: Offer

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the case, this one last."""
        return (*self.state.commands(), self.offer.command)


class Watcher(Protocol):
    """Sees every answer of the exploration, in the order of the shortest way there."""

    def __call__(
        self, state: State, offer: Offer, decision: Decision, after: State | None, /
    ) -> None:
        """See what was answered; `after` is the state that a permitted command leads to."""


@define(eq=False)
class Space:
    """The explored states. `edges[n][(m, do)]` are the instants, as bits, that lead from n to m."""

    procedure: Procedure
    timeline: Timeline
    funders: tuple[str, ...]
    offers: Offers
    fold: Fold
    states: list[State] = field(factory=list)
    edges: list[dict[tuple[int, str], int]] = field(factory=list)
    answers: int = 0

    @property
    def transitions(self) -> int:
        """How many permitted steps there are: from a state, by a command at an instant, to one."""
        return sum(bits.bit_count() for edges in self.edges for bits in edges.values())

    def step(self, state: State, do: str, at: int, to: int) -> Step:
        """Return the step by which a command at an instant leads from one state to another."""
        for move in moves_from(state.proposal.phase):
            if move.command.do == do:
                for offer in self.offers.of(state.proposal, move, state.since):
                    if offer.stands_for >> at & 1 and self._leads(state, offer, to):
                        return Step(state, offer)
        raise LookupError(f"no {do} leads from {state} to {to}")

    def _leads(self, state: State, offer: Offer, to: int) -> bool:
        decision = decide(self.procedure, state.proposal, offer.command)
        if not decision.permitted:
            return False
        after = evolve(state.proposal, decision.events[0])
        return self.fold.key(after) == self.fold.key(self.states[to].proposal)

    def latest(self, good: Callable[[State, str, State], bool]) -> list[int]:
        """Return for each state the last instant at which one can still set out to a good step.

        From then on time only moves forward. -1 where there is no way at all.
        """
        latest = [-1] * len(self.states)
        back: list[list[tuple[int, int]]] = [[] for _ in self.states]
        todo = []
        for number, edges in enumerate(self.edges):
            for (to, do), bits in edges.items():
                if good(self.states[number], do, self.states[to]):
                    latest[number] = max(latest[number], bits.bit_length() - 1)
                back[to].append((number, bits))
            if latest[number] >= 0:
                todo.append(number)
        while todo:
            to = todo.pop()
            for number, bits in back[to]:
                by = (bits & ((2 << latest[to]) - 1)).bit_length() - 1
                if by > latest[number]:
                    latest[number] = by
                    todo.append(number)
        return latest


class _Exploration:
    """What is found so far, and what it takes to go on."""

    def __init__(self, space: Space, watchers: tuple[Watcher, ...]) -> None:
        self.space, self.watchers = space, watchers
        self._known: dict[Hashable, list[State]] = {}
        self._amiss: set[Hashable] = set()
        self._phases: set[Phase | None] = set()

    def state(
        self, proposal: Proposal, since: int, before: State | None, by: Offer | None
    ) -> State:
        """Return the state of a proposal, a known one if that one entered its phase no later."""
        known = self._known.setdefault(self.space.fold.key(proposal), [])
        for state in known:
            if state.since <= since or proposal.phase in FINAL:
                return state
        state = State(len(self.space.states), proposal, since, before, by)
        known.append(state)
        self.space.states.append(state)
        self.space.edges.append({})
        return state

    def expand(self, state: State) -> None:
        """Ask all that can be asked of a state."""
        offers, proposal = self.space.offers, state.proposal
        for move in moves_from(proposal.phase):
            first = likeliest = None
            for offer in offers.of(proposal, move, state.since):
                likeliest = likeliest or offer
                if self.ask(state, offer):
                    first = first or offer
            place = (move, first is None, self.space.fold.enough(proposal))
            if likeliest is not None and place not in self._amiss:
                self._amiss.add(place)
                for offer in offers.amiss(move, first or likeliest, state.since):
                    self.ask(state, offer)
        if proposal.phase not in self._phases:
            self._phases.add(proposal.phase)
            for offer in offers.impossible(proposal, state.since):
                self.ask(state, offer)

    def ask(self, state: State, offer: Offer) -> bool:
        """Put an offer to a state; note where it leads, and return whether it is permitted."""
        space, before = self.space, state.proposal
        decision = decide(space.procedure, before, offer.command, committed=offer.committed)
        space.answers += 1
        after = None
        if decision.events and not offer.committed:
            proposal = evolve(before, decision.events[0])
            since = offer.at if proposal.phase is not before.phase else state.since
            after = self.state(proposal, since, state, offer)
            edges, key = space.edges[state.number], (after.number, offer.command.do)
            edges[key] = edges.get(key, 0) | offer.stands_for
        for watch in self.watchers:
            watch(state, offer, decision, after)
        return after is not None


def explored(
    procedure: Procedure,
    *others: Procedure,
    funders: int = 2,
    watchers: tuple[Watcher, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Space:
    """Explore a procedure with so many funders; what tells `others` from it is asked too.

    Each watcher sees every answer. `progress` is called with the number of states whose answers
    are known and of those that are found.
    """
    procedures = (procedure, *others)
    names = symbolic(procedure, funders)
    instants = timeline(*procedures)
    fold = Fold(procedures, names, coarse=funders > FEW)
    offers = Offers(procedures, instants, fold, names)
    space = Space(procedure, instants, names, offers, fold)
    exploration = _Exploration(space, watchers)
    exploration.state(Proposal(), 0, None, None)
    for state in space.states:  # which grow as they are explored
        exploration.expand(state)
        if progress is not None:
            progress(state.number + 1, len(space.states))
    return space
