"""Proposals that are folded into one state are answered alike, but for what is named here."""

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
from klimaflow.proposal import Proposal
from klimaflow.rules import Rule
from klimaflow.verify.fold import Fold
from klimaflow.verify.offers import Offer
from klimaflow.verify.space import Space, State, explored

PAIRS = 20_000
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

Kind = tuple[str, str, int, str | None]
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
    """What is asked of folded proposals, and where they are told apart."""

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
            theirs = {**ours, **self._offers(other, known.since, RELATIVE)}
            for kind in theirs.keys() & ours.keys():
                decision = self._decide(other, theirs[kind])
                self._answer(known.proposal, other, theirs[kind], decisions[kind], decision)

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
    ) -> dict[Kind, Offer]:
        """Return what is asked of a proposal, by what makes it the same question to another."""
        asked: dict[Kind, Offer] = {}
        for move in moves_from(proposal.phase):
            if move.command.do in commands:
                offers = [*self._space.offers.of(proposal, move, since)]
                if self._states % AMISS == 0:
                    offers += self._space.offers.amiss(move, offers[0], since)
                for offer in offers:
                    command: Any = offer.command
                    about = getattr(command, "funder", None)
                    asked[command.do, offer.variant, offer.at, about] = offer
        return asked


def compared(procedure: Procedure, funders: int, count: int) -> Comparison:
    pairs = Pairs()
    space = explored(procedure, funders=funders, watchers=(pairs,))
    comparison = Comparison(procedure, space)
    for known, others in pairs.sample(Random(2024), count):
        comparison.compare(known, others)
    return comparison


@pytest.mark.parametrize(("funders", "count"), [(2, PAIRS), (3, 2_000)])
def test_what_is_folded_is_answered_alike(procedure: Procedure, funders: int, count: int) -> None:
    """The same commands, instants and amounts relative to what stands, at least 20,000 pairs.

    Who entered the phase later is refused by in-order for what is earlier, and by nothing else.
    """
    comparison = compared(procedure, funders, count)
    assert comparison.pairs == count
    unexpected = {
        (do, rule.id): case
        for (do, rule), case in comparison.apart.items()
        if rule not in NOT_KEPT.get(do, ())
    }
    assert not unexpected, "\n".join(map(str, unexpected.items()))
    assert comparison.elsewhere.keys() <= LEAD_ELSEWHERE
    # Where it is a matter of time, whoever is explored may do all that the other may.
    assert comparison.worse.keys() <= {"amend-grant", "meet-condition"}


def test_each_thing_that_is_not_kept_shows(procedure: Procedure) -> None:
    """What stands above as an exception is one."""
    comparison = compared(procedure, 1, 6_000)
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
    assert told_by in compared(procedure, 1, 1_000).apart
