"""Guards compare time with constants only, so that the instants of a timeline show all.

Each rule outside `TURNS` and `in-order` never reads the time of the command; each rule in `TURNS`
answers differently only on the two sides of its turn.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from klimaflow import Procedure
from klimaflow import rules as r
from klimaflow.commands import Command, Start
from klimaflow.facts import Facts
from klimaflow.history import History
from klimaflow.lifecycle import BY_PHASE_AND_DEED, Move, moves_from
from klimaflow.moments import MICROSECOND, Moment, moment, span
from klimaflow.proposal import Proposal
from klimaflow.rules import RULES, Rule, asked
from klimaflow.testing.author import command as commanded
from klimaflow.testing.author import script
from klimaflow.verify.space import Space, explored
from klimaflow.verify.timeline import TURNS, Timeline, timeline
from tests.property.worlds import Facts as Changes
from tests.property.worlds import world, worlds

Asked = tuple[Procedure, Move, Proposal, Command, dict[str, int]]

READING = {*TURNS, r.IN_ORDER}
ASKED = {rule: asked((rule,)) for rule in RULES.values()}


class Spied:
    """A command that tells when somebody asks for its time."""

    def __init__(self, command: Command, read: list[str]) -> None:
        self._command, self._read = command, read

    def __getattr__(self, name: str) -> Any:
        if name == "at":
            self._read.append(name)
        return getattr(self._command, name)


class SpiedFacts(Facts):
    """Facts that tell when somebody asks for the time of the command."""

    def __init__(self, ask: Asked, read: list[str]) -> None:
        procedure, _, proposal, command, committed = ask
        super().__init__(procedure, proposal, command, committed)
        self.command = Spied(command, read)
        self._seen, self._moment = read, command.at

    @property
    def at(self) -> Moment:
        self._seen.append("at")
        return self._moment

    @at.setter
    def at(self, value: Moment) -> None:
        self._moment = value


def reads_time(rule: Rule, ask: Asked) -> bool:
    """Tell whether a rule, answering this, asks for the time of the command."""
    read: list[str] = []
    facts = SpiedFacts(ask, read)
    read.clear()
    ASKED[rule](facts)
    return bool(read)


def of_scripts(count: int) -> Iterator[Asked]:
    """Yield what likely scripts ask, under the shipped procedure and others."""
    random, others = Random(2024), worlds(Random(7), 40)
    for number in range(count):
        procedure = others[number % len(others)].procedure
        steps, committed = script(random, procedure)
        history = History(procedure)
        for step in steps:
            command = commanded(step)
            move = BY_PHASE_AND_DEED.get((history.proposal.phase, type(command)))
            if move is not None:
                yield procedure, move, history.proposal, command, committed
            decision = history.decide(command, committed=committed)
            history = history.record(decision) if decision.permitted else history


def of_space(space: Space) -> Iterator[Asked]:
    """Yield what an exploration asks, but for what is amiss."""
    for state in space.states:
        for move in moves_from(state.proposal.phase):
            for offer in space.offers.of(state.proposal, move, state.since):
                committed = {**offer.committed}
                yield space.procedure, move, state.proposal, offer.command, committed


def some(space: Space) -> Iterator[Asked]:
    """Yield a fifth of it, drawn from all."""
    random = Random(2024)
    return (ask for ask in of_space(space) if random.random() < 0.2)


def readers(asks: Iterable[Asked]) -> set[Rule]:
    """Return the rules that ask for the time of some command."""
    found: set[Rule] = set()
    for ask in asks:
        found.update(rule for rule in ask[1].rules if rule not in found and reads_time(rule, ask))
    return found


class TestWhoReadsTheTime:
    def test_of_what_an_exploration_asks(self, space: Space) -> None:
        assert readers(some(space)) == READING

    def test_of_likely_scripts_under_forty_procedures(self) -> None:
        assert readers(of_scripts(400)) == READING

    @pytest.mark.parametrize("through", ["at", "today", "command"])
    def test_one_more_would_be_found(
        self, space: Space, monkeypatch: pytest.MonkeyPatch, through: str
    ) -> None:
        def authorities(facts: Facts) -> Any:
            at = facts.command.at if through == "command" else getattr(facts, through)
            return at.year - 2021

        monkeypatch.setattr(Facts, "authorities", property(authorities))
        assert readers(some(space)) == READING | {r.ENOUGH_AUTHORITIES}


def answer(rule: Rule, ask: Asked, at: Moment) -> bool:
    """Return whether the rule holds if the same is asked at another time."""
    procedure, _, proposal, command, committed = ask
    return not ASKED[rule](Facts(procedure, proposal, attrs.evolve(command, at=at), committed))


def turns(rule: Rule, ask: Asked, of: Timeline) -> list[Moment]:
    """Return the instants beside which the answer of a rule may change, in order."""
    found = {of.instants[each] for each in of.near[TURNS[rule]]}
    if rule is r.EVERY_PARTY_CONSENTS:  # which also asks whether a consent was given by then
        given = [each.at for each in ask[2].consents.values()]
        found |= {moment(at + beside) for at in given for beside in (-MICROSECOND, timedelta(0))}
    return sorted(found)


def between(instants: list[Moment], random: Random) -> Iterator[tuple[Moment, Moment]]:
    """Yield each instant with moments on its side of the next: beside both of them, and anywhere.

    Before the first and after the last it is up to two years.
    """
    first, last = instants[0], instants[-1]
    ends = [moment(first - timedelta(days=730)), *instants, moment(last + timedelta(days=730))]
    for earlier, later in pairwise(ends):
        gap = span(earlier, later) // MICROSECOND
        if gap > 1:
            for beside in (1, gap - 1, random.randrange(1, gap)):
                at = moment(earlier + timedelta(microseconds=beside))
                yield from ((at, each) for each in (earlier, later) if first <= each <= last)


def unsteady(
    space: Space, of: Timeline, asks: int
) -> tuple[dict[Rule, tuple[Moment, Asked]], set[Rule]]:
    """Return the rules that change elsewhere than at their turn; and those that do change there."""
    random, found, turned = Random(2024), {}, set()
    by_rule: dict[Rule, list[Asked]] = defaultdict(list)
    for ask in of_space(space):
        for rule in TURNS.keys() & {*ask[1].rules}:
            by_rule[rule].append(ask)
    for rule, every in by_rule.items():
        for ask in random.sample(every, min(asks, len(every))):
            instants = turns(rule, ask, of) or [*of.instants[:1]]
            said = {at: answer(rule, ask, at) for at in instants}
            if len({*said.values()}) > 1:
                turned.add(rule)
            for at, beside in between(instants, random):
                if answer(rule, ask, at) is not said[beside]:
                    found[rule] = (at, ask)
    return found, turned


OTHERS: dict[str, Changes] = {
    "the shipped one": {},
    "a released fund": {"released_on": date(2024, 6, 10), "resolution": "minute"},
    "an earlier end": {"valid_until": date(2024, 6, 30), "deadline": "exclusive"},
    "another zone": {"zone": ZoneInfo("America/New_York"), "grace_minutes": 15},
}
RELEASED = {r.WITHIN_FUND, r.FUND_RELEASED}
OWN = {r.EVERY_PARTY_CONSENTS}  # whose instants are the proposal's own


class TestWhenAnswersChange:
    @pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
    def test_only_at_the_turn_of_the_rule(self, changes: Changes) -> None:
        """To the microsecond on both sides of each of its instants, and at random in between."""
        procedure = world(**changes).procedure
        space = explored(procedure, funders=1)
        found, turned = unsteady(space, space.timeline, 120)
        assert not found
        assert turned == TURNS.keys() - (set() if "released_on" in changes else RELEASED)

    @pytest.mark.parametrize(
        ("changes", "rules"),
        [
            ({"grace_minutes": 1}, {r.BEFORE_QUALIFICATION_DEADLINE, r.BEFORE_APPROVAL_DEADLINE}),
            ({"valid_until": date(2027, 12, 30)}, {r.WITHIN_PARTNERSHIP}),
            ({"zone": ZoneInfo("Europe/London")}, TURNS.keys() - RELEASED - OWN),
        ],
    )
    def test_a_timeline_of_another_procedure_would_be_found(
        self, space: Space, changes: Changes, rules: set[Rule]
    ) -> None:
        found, _ = unsteady(space, timeline(world(**changes).procedure), 60)
        assert found.keys() == rules

    def test_start_is_asked_whenever_a_consent_was_given(self, space: Space) -> None:
        """When a consent was given is no constant, so no timeline can have it for all."""
        ends = space.procedure.partnership_ends.ends_at
        for state in space.states:
            for move in moves_from(state.proposal.phase):
                if move.command is Start:
                    offers = space.offers.of(state.proposal, move, state.since)
                    at = {offer.command.at for offer in offers}
                    given = {each.at for each in state.proposal.consents.values()}
                    assert {each for each in given if each < ends} <= at
