"""Proposals that are folded into one state are answered alike, but for what is named here."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from random import Random
from typing import Any

import attrs
import pytest

from klimaflow import Procedure
from klimaflow import rules as r
from klimaflow.commands import COMMANDS
from klimaflow.decider import Decision, decide, evolve
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import moves_from
from klimaflow.parties import Kind, Participant
from klimaflow.proposal import FINAL, Phase, Proposal
from klimaflow.rules import Rule
from klimaflow.verify.fold import Fold
from klimaflow.verify.offers import Offer
from klimaflow.verify.space import Space, State, explored

PAIRS = int(os.environ.get("KLIMAFLOW_PAIRS", "500"))
FUNDERS = [int(each) for each in os.environ.get("KLIMAFLOW_FUNDERS", "3").split()]
AMISS, ONWARD = 10, 4
"""Of one state in so many is also asked what is amiss, of one pair where the answers lead."""

RELATIVE = {
    "release-participant",
    "approve",
    "amend-grant",
    "give-consent",
    "refuse-consent",
    "withdraw-consent",
}
"""The commands whose values are chosen in view of the proposal."""

Question = tuple[str, str, int, str | None]
"""The command, what is special about it, when, and about which funder."""

NOT_KEPT: dict[str, set[Rule]] = {
    # A condition that is met stays known; how many were met is not kept.
    "meet-condition": {r.KNOWN_CONDITION},
    # How much more was asked, or granted by the committee, than stands is not kept, only whether.
    "amend-grant": {r.WITHIN_GRANT, r.WITHIN_FUND, r.FUND_RELEASED},
    # Of a consent after the phase was entered it is not kept how long after.
    "start": {r.EVERY_PARTY_CONSENTS},
}
"""The rules that tell folded proposals apart, at which command."""

LEAD_ELSEWHERE = {
    "amend-grant",  # as it leaves or reaches the line that is kept
    "give-consent",  # at an instant that is after the entry of the one only
    "release-participant",  # who takes part is not kept, and so not whether somebody is left
    "return",  # after which the budget counts again, amount by amount
}
"""The commands that may lead folded proposals to different states."""


class Pairs:
    """A watcher that keeps, by state, the other proposals that were folded into it, and since when.

    Those that are the very same are left out.
    """

    def __init__(self) -> None:
        self.found: dict[State, dict[Proposal, int]] = defaultdict(dict)

    def __call__(self, state: State, offer: Offer, decision: Decision, after: State | None) -> None:
        if after is None or (after.before is state and after.by is offer):
            return
        proposal = evolve(state.proposal, decision.events[0])
        if proposal != after.proposal:
            entered = proposal.phase is not state.proposal.phase
            self.found[after].setdefault(proposal, offer.at if entered else state.since)

    def sample(self, random: Random, count: int) -> Iterator[tuple[State, list[Proposal]]]:
        """Yield so many pairs, drawn from all, by the state that is known."""
        all_of_them = [(known, each) for known, others in self.found.items() for each in others]
        drawn: dict[State, list[Proposal]] = defaultdict(list)
        for known, other in random.sample(all_of_them, min(count, len(all_of_them))):
            drawn[known].append(other)
        yield from drawn.items()


def alike(fold: Fold, known: Proposal, other: Proposal) -> Proposal:
    """Return the other proposal with its names in the place of the known one's.

    Who proposes is a name, and so is which of some interchangeable funders stands how.
    """
    names: dict[str, str] = {}
    for group in fold.alike:
        ours = sorted(group, key=lambda each: fold.funder(known, each))
        names |= zip(sorted(group, key=lambda each: fold.funder(other, each)), ours, strict=True)
    other = attrs.evolve(other, proposer=known.proposer)
    if all(name == others for name, others in names.items()):
        return other

    def renamed(amounts: FrozenMap[str, Any]) -> FrozenMap[str, Any]:
        return FrozenMap({names.get(each, each): value for each, value in amounts.items()})

    budget, grant = other.budget, other.grant
    return attrs.evolve(
        other,
        budget=budget and attrs.evolve(budget, contributions=renamed(budget.contributions)),
        grant=grant and attrs.evolve(grant, amounts=renamed(grant.amounts)),
        consents=renamed(other.consents),
    )


class Comparison:
    """What is asked of folded proposals, and where they are told apart.

    What can be asked of the one only, such as to let the last participant go, is left out.
    """

    def __init__(self, procedure: Procedure, space: Space) -> None:
        self._procedure, self._space = procedure, space
        self._states = self.pairs = self.answers = 0
        self.apart: dict[tuple[str, Rule], tuple[Proposal, Proposal, Offer]] = {}
        self.elsewhere: dict[str, tuple[Proposal, Proposal, Offer]] = {}
        self.worse: Counter[str] = Counter()
        """How often the known proposal alone is refused, by command."""

    def compare(self, known: State, others: Iterable[Proposal]) -> None:
        self._states += 1
        ours = self._offers(known.proposal, known.since, COMMANDS)
        decisions = {kind: self._decide(known.proposal, offer) for kind, offer in ours.items()}
        for other in others:
            self.pairs += 1
            other = alike(self._space.fold, known.proposal, other)
            theirs = {each: offer for each, offer in ours.items() if each[0] not in RELATIVE}
            theirs |= self._offers(other, known.since, RELATIVE)
            for kind in theirs.keys() & ours.keys():
                decision = self._decide(other, theirs[kind])
                self._answer(known.proposal, other, theirs[kind], decisions[kind], decision)

    def ways(self, proposal: Proposal, since: int) -> list[tuple[Offer, Proposal]]:
        """Return what is permitted, and where it leads; `since` is an instant of the timeline."""
        offers = self._offers(proposal, since, COMMANDS).values()
        decided = [(offer, self._decide(proposal, offer)) for offer in offers]
        return [(offer, evolve(proposal, each.events[0])) for offer, each in decided if each.events]

    def unexpected(self) -> dict[tuple[str, str], tuple[Proposal, Proposal, Offer]]:
        """Return the first case of each answer that differs and is not named above."""
        return {
            (do, rule.id): case
            for (do, rule), case in self.apart.items()
            if rule not in NOT_KEPT.get(do, ())
        }

    def _answer(
        self, known: Proposal, other: Proposal, offer: Offer, ours: Decision, theirs: Decision
    ) -> None:
        self.answers += 1
        do, late = offer.command.do, other.since is not None and offer.command.at < other.since
        expected = {*ours.broken, *((r.IN_ORDER,) if late else ())}
        for rule in expected ^ {*theirs.broken}:
            self.apart.setdefault((do, rule), (known, other, offer))
        if theirs.events and not ours.events:
            self.worse[do] += 1
        onward = ours.events and theirs.events and self.pairs % ONWARD == 0
        if onward and self._after(known, ours) != self._after(other, theirs):
            self.elsewhere.setdefault(do, (known, other, offer))

    def _after(self, proposal: Proposal, decision: Decision) -> Hashable:
        return self._space.fold.key(evolve(proposal, decision.events[0]))

    def _decide(self, proposal: Proposal, offer: Offer) -> Decision:
        return decide(self._procedure, proposal, offer.command, committed=offer.committed)

    def _offers(
        self, proposal: Proposal, since: int, commands: Collection[str]
    ) -> dict[Question, Offer]:
        """Return what is asked of a proposal, by what makes it the same question to another."""
        asked: dict[Question, Offer] = {}
        for move in moves_from(proposal.phase):
            if move.command.do in commands:
                offers = [*self._space.offers.of(proposal, move, since)]
                named = [(offer.variant, offer) for offer in offers]
                if self._states % AMISS == 0:
                    first = offers[0]
                    amiss = self._space.offers.amiss(move, first, since)
                    named += [(f"{first.variant}, {each.variant}", each) for each in amiss]
                for variant, offer in named:
                    command: Any = offer.command
                    about = getattr(command, "funder", None)
                    asked[command.do, variant, offer.at, about] = offer
        return asked


def compared(procedure: Procedure, funders: int, count: int) -> Comparison:
    pairs = Pairs()
    space = explored(procedure, funders=funders, watchers=(pairs,))
    comparison = Comparison(procedure, space)
    for known, others in pairs.sample(Random(2024), count):
        comparison.compare(known, others)
    return comparison


@pytest.mark.parametrize("funders", FUNDERS)
def test_what_is_folded_is_answered_alike(procedure: Procedure, funders: int) -> None:
    """The same commands, instants and amounts relative to what stands; `make oracle` asks more.

    Who entered the phase later is refused by in-order for what is earlier, and by nothing else.
    """
    comparison = compared(procedure, funders, PAIRS)
    assert comparison.pairs == PAIRS
    assert comparison.unexpected() == {}
    assert comparison.elsewhere.keys() <= LEAD_ELSEWHERE
    # Where it is a matter of time, whoever is explored may do all that the other may.
    assert comparison.worse.keys() <= {"amend-grant", "meet-condition"}


LIKELY = {
    "withdraw": 0.02,
    "return": 0.05,
    "hold-sparring": 0.2,
    "describe": 0.1,
    "assess-criterion": 20.0,
    "submit-for-qualification": 4.0,
    "submit-for-approval": 40.0,
    "put-before-committee": 8.0,
    "approve": 8.0,
    "give-consent": 2.0,
}
"""How likely a walk takes a command, if not as likely as others."""

SOMEBODY = (Participant("cvr:12345678", "Vand A/S", Kind.COMPANY),)


class Walks:
    """Random walks that fold nothing on the way, beside the states that are explored."""

    def __init__(self, comparison: Comparison, space: Space) -> None:
        self._comparison, self._space, self._random = comparison, space, Random(2024)
        self.phases: Counter[Phase | None] = Counter()
        self.lost: Counter[Phase | None] = Counter()
        """How often a walk came to what is not explored, by phase."""
        self._states: dict[Hashable, list[State]] = defaultdict(list)
        for state in space.states:
            self._states[space.fold.key(state.proposal)].append(state)

    def walk(self, steps: int) -> None:
        proposal, since = Proposal(), 0
        for _ in range(steps):
            known = self._known(proposal, since)
            self.phases[proposal.phase] += 1
            if known is None:
                self.lost[proposal.phase] += 1
                return
            self._comparison.compare(known, [proposal])
            if proposal.phase in FINAL:
                return
            offer, after = chosen(self._comparison.ways(proposal, since), self._random)
            since = offer.at if after.phase is not proposal.phase else since
            proposal = after

    def _known(self, proposal: Proposal, since: int) -> State | None:
        """Return the state that was explored for this one.

        After a submission nobody is explored who let the last participant go: two that are too few
        are one state with one, so that none of them is ever the last.
        """
        if proposal.phase not in (None, Phase.IDEA, Phase.SPARRING) and not proposal.participants:
            proposal = attrs.evolve(proposal, participants=SOMEBODY)
        states = self._states[self._space.fold.key(proposal)]
        return next((each for each in states if each.since <= since), None)


def chosen(ways: list[tuple[Offer, Proposal]], random: Random) -> tuple[Offer, Proposal]:
    """Return one of the ways, mostly onwards and early."""
    names = sorted({offer.command.do for offer, _ in ways})
    do = random.choices(names, [LIKELY.get(name, 1.0) for name in names])[0]
    early: dict[str, tuple[Offer, Proposal]] = {}
    for way in ways:
        if way[0].command.do == do and not way[0].variant.endswith("not met"):
            early.setdefault(way[0].variant, way)
    if not early or random.random() < 0.1:
        return random.choice([way for way in ways if way[0].command.do == do])
    return random.choice([*early.values()])


def test_what_is_folded_stays_alike_however_far_one_goes(
    procedure: Procedure, space: Space
) -> None:
    """But for a grant, where it is not kept how much more was asked: from there some is unseen."""
    walks = Walks(comparison := Comparison(procedure, space), space)
    for _ in range(30):
        walks.walk(40)
    assert walks.phases[Phase.FUNDER_CONSENT] > 30, walks.phases
    assert comparison.unexpected() == {}
    assert walks.lost.keys() <= {Phase.FUNDER_CONSENT}
    assert walks.lost.total() <= 5


def test_each_thing_that_is_not_kept_shows(procedure: Procedure) -> None:
    """What stands above as an exception is one."""
    comparison = compared(procedure, 1, 2_000)
    assert {do for do, _ in comparison.apart} == NOT_KEPT.keys()
    assert comparison.elsewhere.keys() == LEAD_ELSEWHERE


@pytest.mark.parametrize(
    ("forgotten", "told_by"),
    [
        ("round", ("put-before-committee", r.BEFORE_THE_MEETING)),
        ("participants", ("submit-for-approval", r.ENOUGH_AUTHORITIES)),
        ("budget", ("submit-for-approval", r.BUDGET_STATED)),
    ],
)
def test_a_fold_that_forgets_is_found(
    procedure: Procedure,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: str,
    told_by: tuple[str, Rule],
) -> None:
    fold, nothing = Fold.key, getattr(Proposal(), forgotten)

    def key(self: Fold, proposal: Proposal) -> Hashable:
        return fold(self, attrs.evolve(proposal, **{forgotten: nothing}))

    monkeypatch.setattr(Fold, "key", key)
    assert told_by in compared(procedure, 1, 300).apart


def test_a_fold_that_forgets_is_found_further_on(
    procedure: Procedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That two of four criteria are met makes no difference; that all four are does."""
    fold, nothing = Fold.key, Proposal().assessments

    def key(self: Fold, proposal: Proposal) -> Hashable:
        return fold(self, attrs.evolve(proposal, assessments=nothing))

    monkeypatch.setattr(Fold, "key", key)
    space = explored(procedure, funders=1)
    walks = Walks(comparison := Comparison(procedure, space), space)
    for _ in range(20):
        walks.walk(40)
    assert walks.lost[Phase.APPROVAL_PROCESS] > 0
    assert ("submit-for-approval", "criteria-met") in comparison.unexpected()
