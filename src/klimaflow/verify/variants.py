"""The values that each command is asked with: those that some rule tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any

from attrs import frozen

from klimaflow.commands import Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.parties import AUTHORITY_KINDS, Kind, Participant, authorities
from klimaflow.procedure import Procedure
from klimaflow.proposal import ConsentStatus, Proposal
from klimaflow.verify.fold import Fold
from klimaflow.verify.money import NO_FUNDER, Amounts, Money
from klimaflow.verify.timeline import Timeline

__all__ = ["BLANK", "OUTSIDER", "REASON", "Variant", "Variants", "When"]

REASON = "As agreed."
BLANK = " "
CONDITION = "A plan."
NO_ROUND = "no-such-round"
OUTSIDER = "cvr:00000000"
FEW = 2
"""Of more funders than these, only one at a time says anything but a plain yes.

The rules ask of each consent by itself and a command touches one, so that two of them show all.
"""


class When(Enum):
    """At which instants a variant is asked for."""

    ALWAYS = auto()
    AT_TURNS = auto()
    ONCE = auto()


@frozen(eq=False)
class Variant:
    """One way to fill in a command; `committed` is what the funds have promised to others."""

    name: str
    said: Mapping[str, Any] = FrozenMap()
    when: When = When.ALWAYS
    committed: Amounts = FrozenMap()


PLAIN = (Variant("plain"),)


class Variants:
    """The variants of each command; the methods are named as the commands' triggers."""

    def __init__(
        self,
        procedures: tuple[Procedure, ...],
        timeline: Timeline,
        fold: Fold,
        funders: tuple[str, ...],
    ) -> None:
        self._fold, self._timeline = fold, timeline
        self._few = len(funders) <= FEW
        self._rounds = tuple(dict.fromkeys(name for p in procedures for name in p.gates))
        self._criteria = tuple(dict.fromkeys(c.id for p in procedures for c in p.criteria))
        self._funds = tuple(dict.fromkeys(f.id for p in procedures for f in p.funds))
        self._money = [Money.of(each, funders) for each in procedures]
        self._participants = [*_enlisted(procedures)]
        self._budgets = [*self._all_budgets()]
        first = next((people[0].id for _, people in self._participants if people), OUTSIDER)
        self.proposer = first
        """The organisation that registers the idea; it can be enlisted as the first authority."""
        self._variants: dict[str, Callable[[Proposal], Iterator[Variant]]] = {
            "register-idea": lambda _: iter([Variant("plain", {"title": "A track"})]),
            "hold-sparring": lambda _: iter([Variant("plain", {"adviser": "Ann"})]),
            "enlist-participants": self._enlist,
            "release-participant": self._release,
            "describe": self._describe,
            "propose-budget": lambda _: iter(self._budgets),
            "submit-for-qualification": lambda _: self._in_rounds(),
            "assess-criterion": self._assess,
            "submit-for-approval": self._submit_for_approval,
            "approve": self._approve,
            "defer": lambda _: self._in_rounds(),
            "give-consent": self._give_consent,
            "refuse-consent": self._refuse_consent,
            "withdraw-consent": self._withdraw_consent,
            "meet-condition": self._meet_condition,
            "amend-grant": self._amend,
        }

    def of(self, command: type[Command], proposal: Proposal) -> Iterator[Variant]:
        """Yield the ways to fill in a command; the first is the likeliest."""
        make = self._variants.get(command.do)
        return iter(PLAIN) if make is None else make(proposal)

    def anything(self, command: type[Command]) -> Mapping[str, Any]:
        """Return values for a command that is not possible in any case."""
        values = {
            "title": "A track",
            "adviser": "Ann",
            "participants": (),
            "participant": OUTSIDER,
            "need": "",
            "elements": (),
            "results_open": True,
            "proven_solution": False,
            "contributions": FrozenMap(),
            "round": NO_ROUND,
            "criterion": next(iter(self._criteria), "none"),
            "met": True,
            "reason": REASON,
            "granted": FrozenMap(),
            "funder": NO_FUNDER,
            "amount": 0,
            "condition": CONDITION,
        }
        names = [each.name for each in command.__attrs_attrs__]
        return {name: values[name] for name in names if name in values}

    def _enlist(self, _proposal: Proposal) -> Iterator[Variant]:
        for name, participants in self._participants:
            yield Variant(name, {"participants": participants}, When.AT_TURNS)

    def _release(self, proposal: Proposal) -> Iterator[Variant]:
        for each in proposal.participants[-1:]:
            yield Variant("the last", {"participant": each.id}, When.AT_TURNS)
        yield Variant("a stranger", {"participant": OUTSIDER}, When.ONCE)

    def _describe(self, _proposal: Proposal) -> Iterator[Variant]:
        said = {"need": "Rain.", "elements": (), "results_open": True, "proven_solution": False}
        yield Variant("plain", said)

    def _all_budgets(self) -> Iterator[Variant]:
        seen = set()
        for money in self._money:
            for name, contributions, cofinancing in money.budgets(few=not self._few):
                said = {"contributions": contributions, "cofinancing": cofinancing}
                if (contributions, cofinancing) not in seen:
                    seen.add((contributions, cofinancing))
                    yield Variant(name, said, When.ONCE)

    def _in_rounds(self) -> Iterator[Variant]:
        for name in self._rounds:
            yield Variant(name, {"round": name})
        yield Variant("no such round", {"round": NO_ROUND}, When.ONCE)

    def _submit_for_approval(self, proposal: Proposal) -> Iterator[Variant]:
        if proposal.round is not None:
            yield Variant("its own round", {})
        yield from self._in_rounds()

    def _assess(self, _proposal: Proposal) -> Iterator[Variant]:
        for criterion in self._criteria:
            for met in (True, False):
                name = f"{criterion} {'met' if met else 'not met'}"
                yield Variant(name, {"criterion": criterion, "met": met}, When.ONCE)

    def _approve(self, proposal: Proposal) -> Iterator[Variant]:
        yield Variant("as asked", {}, When.ALWAYS)
        for fund in self._funds:
            yield Variant(f"promised, {fund}", {}, When.AT_TURNS, FrozenMap({fund: 1}))
        asked = FrozenMap() if proposal.budget is None else proposal.budget.contributions
        for name, granted in self._grants(asked, asked):
            yield Variant(name, {"granted": granted}, When.AT_TURNS)
        if self._few:
            yield Variant("on a condition", {"conditions": (CONDITION,)}, When.AT_TURNS)

    def _grants(self, asked: Amounts, before: Amounts) -> Iterator[tuple[str, Amounts]]:
        """Yield grants that lie within what is asked or beside it, and `before` or beside it."""
        within = self._money[0].within(asked)
        first = next((each for each, kr in within.items() if kr), None)
        yield "within the funds", within
        if first is not None:
            yield "one krone less", Money.plus(within, first, -1)
            yield "one krone more", Money.plus(before, first, 1)
            if self._few and sum(map(bool, within.values())) > 1:
                yield "without one", FrozenMap({**within, _last_of(within): 0})
        yield "of nothing", FrozenMap(dict.fromkeys(within, 0))
        yield "a stranger's", FrozenMap({**within, NO_FUNDER: 1})

    def _amend(self, proposal: Proposal) -> Iterator[Variant]:
        asked = FrozenMap() if proposal.budget is None else proposal.budget.contributions
        now = proposal.granted
        yield Variant("as it is", {"granted": now}, When.AT_TURNS)
        several = len(proposal.contributing) > 1
        refusing = [each for each in self._some(proposal) if _refuses(proposal, each)]
        for funder in refusing:
            if self._few or not several:
                less = Money.plus(now, funder, -1)
                yield Variant(f"one krone less of {funder}", {"granted": less}, When.AT_TURNS)
            if several:
                without = FrozenMap({each: kr for each, kr in now.items() if each != funder})
                yield Variant(f"without {funder}", {"granted": without}, When.AT_TURNS)
        for name, granted in self._grants(asked, now):
            yield Variant(name, {"granted": granted}, When.AT_TURNS)
        yield Variant("as asked", {"granted": asked}, When.AT_TURNS)

    def _give_consent(self, proposal: Proposal) -> Iterator[Variant]:
        ordinary = self._ordinary(proposal)
        for funder in self._some(proposal):
            granted = proposal.granted[funder]
            said = {"funder": funder, "amount": granted}
            limited = funder in proposal.consents  # and so may have run out
            when = When.AT_TURNS if ordinary or limited else When.ONCE
            yield Variant("plain", said, when)
            yield Variant("too little", {**said, "amount": granted - 1}, When.ONCE)
            if ordinary:
                yield Variant("on a condition", {**said, "conditions": (CONDITION,)}, When.ONCE)
                until = {**said, "valid_until": self._timeline.lapses_on}
                yield Variant("for a time", until, When.AT_TURNS)
        yield Variant("a stranger's", {"funder": NO_FUNDER, "amount": 1}, When.ONCE)

    def _ordinary(self, proposal: Proposal) -> bool:
        """Tell whether a consent may be refused, late, for a time or on a condition."""
        return self._few or not self._fold.special(proposal)

    def _refuse_consent(self, proposal: Proposal) -> Iterator[Variant]:
        if self._ordinary(proposal):
            for funder in self._some(proposal):
                yield Variant("plain", {"funder": funder}, When.AT_TURNS)
        yield Variant("a stranger's", {"funder": NO_FUNDER}, When.ONCE)

    def _withdraw_consent(self, proposal: Proposal) -> Iterator[Variant]:
        for funder in self._some(proposal):
            yield Variant("plain", {"funder": funder}, When.AT_TURNS)
        yield Variant("a stranger's", {"funder": NO_FUNDER}, When.ONCE)

    def _some(self, proposal: Proposal) -> Iterator[str]:
        """Yield the contributing funders; of those that stand alike, one."""
        for group in self._fold.alike:
            seen = set()
            for funder in group:
                stands = self._fold.funder(proposal, funder)
                if stands not in seen and proposal.granted.get(funder):
                    seen.add(stands)
                    yield funder

    def _meet_condition(self, _proposal: Proposal) -> Iterator[Variant]:
        yield Variant("plain", {"condition": CONDITION}, When.AT_TURNS)
        yield Variant("a stranger's", {"condition": "No such condition."}, When.ONCE)


def _refuses(proposal: Proposal, funder: str) -> bool:
    consent = proposal.consents.get(funder)
    return consent is not None and consent.status is ConsentStatus.REFUSED


def _last_of(amounts: Amounts) -> str:
    return [each for each, kroner in amounts.items() if kroner][-1]


def _enlisted(procedures: tuple[Procedure, ...]) -> Iterator[tuple[str, tuple[Participant, ...]]]:
    """Yield participants that are enough, and one short of it, and one that does not count."""
    terms = [each.participants for each in procedures]
    kinds = list(dict.fromkeys(kind for each in terms for kind in each.kinds))
    most = max((each.minimum for each in terms), default=0)
    counting = [each for number in range(most) for kind in kinds for each in _nth(kind, number)]
    for count in sorted({each.minimum - short for each in terms for short in (0, 1)}):
        if 0 < count <= len(counting):
            yield f"{count} that count", tuple(counting[:count])
    other = next((kind for kind in Kind if kind not in kinds), None)
    if other is not None:
        yield "one that does not count", tuple(_nth(other, 0))


def _nth(kind: Kind, number: int) -> list[Participant]:
    """Return a participant of a kind; none if the register does not have that many."""
    if kind not in AUTHORITY_KINDS:
        return [Participant(f"cvr:{kind}-{number}", str(kind), kind)]
    return [each for each in authorities().values() if each.kind == kind][number : number + 1]
