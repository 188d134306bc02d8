"""The steps of a course over columns: when each is taken, in which round, and what refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from attrs import frozen

from klimaflow.commands import COMMANDS
from klimaflow.frames.columns import OF_A_COURSE, Columns, described
from klimaflow.frames.facts import ColumnFacts
from klimaflow.frames.rows import INSIDE, acting
from klimaflow.frames.screening import filled, tested
from klimaflow.frames.standing import Among, Standing, later
from klimaflow.frames.terms import Condition, Fact, Timed, both, either, known, negated, sure
from klimaflow.lifecycle import BY_PHASE_AND_DEED
from klimaflow.procedure import Procedure, Strength
from klimaflow.proposal import ConsentStatus, Phase
from klimaflow.rules import (
    BEFORE_APPROVAL_DEADLINE,
    BEFORE_QUALIFICATION_DEADLINE,
    BEFORE_THE_MEETING,
    EVERY_PARTY_CONSENTS,
    Rule,
)

__all__ = ["STEPS", "Step", "Steps"]

STEPS: Mapping[str, Phase] = {
    "submit-for-qualification": Phase.IDEA,
    "submit-for-approval": Phase.QUALIFICATION,
    "put-before-committee": Phase.APPROVAL_PROCESS,
    "approve": Phase.COMMITTEE_DECISION,
    "start": Phase.FUNDER_CONSENT,
}
"""The steps of a course in their order, each with the phase in which it is taken."""

Rounds = Mapping[str, Condition]
"""In which rows it is which round."""


@frozen(eq=False)
class Step:
    """One step in every row: when and in which round it is tried last, where each rule holds."""

    do: str
    at: Timed
    rounds: Rounds
    holds: Mapping[str, Condition]


class Steps:
    """The steps of a course over the columns of one frame, each after the one before it.

    `zone` is that of all its moments.
    """

    def __init__(
        self, procedure: Procedure, columns: Columns, committed: Mapping[str, int], zone: str
    ) -> None:
        self._procedure, self._columns, self._committed = procedure, columns, committed
        self._zone = zone
        self._ready = {do: self._moment(_ready(do)) for do in STEPS}
        self._authorities = columns.number(described("authorities", says=OF_A_COURSE))
        self._granted: Mapping[str, Any] = {}
        qualified = self._qualify()
        applied = self._apply(qualified)
        put = self._put(applied)
        approved = self._approve(put)
        self.taken = (qualified, applied, put, approved, self._start(approved))

    def _qualify(self) -> Step:
        do = "submit-for-qualification"
        at = self._ready[do]
        given = {"at": at, "since": at, "authorities": self._authorities}
        rounds = self._moved(do, self._tried_first(), BEFORE_QUALIFICATION_DEADLINE, given)
        return self._step(do, at, rounds, {**given, "round": Among(rounds)})

    def _tried_first(self) -> Rounds:
        rounds = self._procedure.gates
        if not self._columns.has("first_round"):
            return {each: number == 0 for number, each in enumerate(rounds)}
        first = "without it, the first one whose qualification has not closed"
        text = self._columns.text(described("first_round", "", first, OF_A_COURSE))
        return {each: text.among([each]) for each in rounds}

    def _apply(self, before: Step) -> Step:
        do = "submit-for-approval"
        given: dict[str, Any] = {"since": before.at, "own_round": Among(before.rounds)}
        given |= {"authorities": self._authorities, **self._stated()}
        at = self._taken_at(do, given)
        given["at"] = at
        rounds = self._moved(do, before.rounds, BEFORE_APPROVAL_DEADLINE, given)
        return self._step(do, at, rounds, {**given, "round": Among(rounds)})

    def _stated(self) -> Mapping[str, Any]:
        """Return that a budget is stated, where no column says whether."""
        if self._columns.has("budget_stated"):
            stated = described("budget_stated", optional="without it, one is")
            return {"budget_stated": self._columns.flag(stated)}
        return {"budget_stated": True}

    def _put(self, before: Step) -> Step:
        do = "put-before-committee"
        given: dict[str, Any] = {"since": before.at, "own_round": Among(before.rounds)}
        at = self._taken_at(do, given)
        given["at"] = at
        rounds = self._deferred(before.rounds, given)
        return self._step(do, at, rounds, {**given, "own_round": Among(rounds)})

    def _approve(self, before: Step) -> Step:
        do = "approve"
        given: dict[str, Any] = {"since": before.at, "own_round": Among(before.rounds)}
        given["at"] = self._taken_at(do, given)
        facts = self._facts(do, given)
        self._granted = facts.granted.of
        return self._step(do, given["at"], before.rounds, given, facts)

    def _start(self, before: Step) -> Step:
        do = "start"
        given: dict[str, Any] = {"since": before.at, "authorities": self._authorities_at_start()}
        given |= {f"granted_{funder}": kroner for funder, kroner in self._granted.items()}
        given["conditions_unmet"] = self._conditions()
        gave = self._consents(before)
        given |= {f"consented_at_{funder}": at for funder, at in gave.items()}
        given |= dict(self._ends())
        at = self._taken_at(do, given)
        if self._binds(EVERY_PARTY_CONSENTS, do):
            for last in gave.values():
                at = self._let(later(at, Fact((True, last))))
        return self._step(do, at, before.rounds, {**given, "at": at})

    def _authorities_at_start(self) -> nw.Expr | int:
        if not self._columns.has("authorities_at_start"):
            return self._authorities
        optional = "without it, as many as at the submissions"
        return self._columns.number(described("authorities_at_start", "", optional, OF_A_COURSE))

    def _conditions(self) -> nw.Expr | int:
        if not self._columns.has("conditions_unmet"):
            return 0
        column = described("conditions_unmet", "", "without it, none", OF_A_COURSE)
        return self._columns.number(column)

    def _ends(self) -> Iterator[tuple[str, Timed]]:
        """Yield when each consent ends that ends at all."""
        pattern = "consent_ends_at_{funder}"
        for funder in self._granted:
            name = f"consent_ends_at_{funder}"
            if self._columns.has(name):
                column = described(pattern, funder, "without it, never", OF_A_COURSE)
                yield name, self._moment(column)

    def _consents(self, before: Step) -> dict[str, Timed]:
        """Return when each funder has consented: once there is a grant, if it may; else null."""
        pattern, granted = "consented_at_{funder}", Fact((True, before.at))
        arrive = {
            funder: later(self._moment(described(pattern, funder, says=OF_A_COURSE)), granted)
            for funder in self._granted
        }
        stage = self._next
        at = {funder: self._let(each, stage) for funder, each in arrive.items()}
        stage = self._next
        gave = {funder: self._gave(funder, at[funder], before, stage) for funder in at}
        return {funder: self._let(each, stage + 1) for funder, each in gave.items()}

    def _gave(self, funder: str, at: Timed, before: Step, stage: int) -> Timed:
        do, phase, granted = "give-consent", Phase.FUNDER_CONSENT, self._granted[funder]
        given = {"at": at, "since": before.at, "organisation": funder, "funder": funder}
        given |= {"consent": str(ConsentStatus.AWAITED), "granted": granted}
        sound, given["amount"] = self._agreed(funder, granted)
        rules = self._rules(do, phase, self._facts(do, given, phase, stage))
        holds = filled(both(sound, *(each.holds for each in rules.values())))
        return Timed(nw.when(holds).then(at.expr), at.zone, at.unit)

    def _agreed(self, funder: str, granted: nw.Expr | int) -> tuple[Condition, nw.Expr | int]:
        if not self._columns.has(f"consented_{funder}"):
            return True, granted
        optional = "without it, all that is granted"
        column = described("consented_{funder}", funder, optional, OF_A_COURSE)
        return self._columns.amount(column)

    def _moved(
        self, do: str, tried: Rounds, in_time: Rule, given: Mapping[str, Any]
    ) -> dict[str, Condition]:
        """Return the round that is tried last: where one is missed, the next one, to the end."""
        stage, rounds = self._next, [*tried]
        late = {
            each: self._missed(in_time, self._facts(do, {**given, "round": each}, None, stage))
            for each in rounds[:-1]
        }
        late = {each: self._column(is_late, stage + 1) for each, is_late in late.items()}
        found, stage = dict[str, Condition](), self._next
        here: Condition = False
        for each in rounds:
            here = either(tried[each], here)
            is_late = late.get(each, False)
            found[each] = self._column(both(here, negated(is_late)), stage)
            here = both(here, is_late)
        return found

    def _missed(self, rule: Rule, facts: ColumnFacts) -> Condition:
        """Return where a rule refuses a moment that is known."""
        return sure(both(known(facts.at), negated(sure(tested(rule, facts).holds))))

    def _deferred(self, own: Rounds, given: Mapping[str, Any]) -> Rounds:
        """Return the round in which it comes before the committee: a later one if it is late."""
        facts = self._facts("put-before-committee", given)
        late = self._column(self._missed(BEFORE_THE_MEETING, facts))
        stage = self._next
        may = {each: self._column(self._defers(each, given, stage), stage + 1) for each in own}
        stage, found, first = self._next, dict[str, Condition](), late
        for each, where in own.items():
            moves = both(late, may[each])
            found[each] = either(both(where, negated(first)), moves)
            late = both(late, negated(may[each]))
        stays = {each: both(where, late) for each, where in own.items()}
        return {each: self._column(either(found[each], stays[each]), stage) for each in own}

    def _defers(self, to: str, given: Mapping[str, Any], stage: int) -> Condition:
        """Return where a deferral to a round is permitted."""
        do, phase = "defer", Phase.APPROVAL_PROCESS
        rules = self._rules(do, phase, self._facts(do, {**given, "round": to}, phase, stage))
        return sure(both(*(comparison.holds for comparison in rules.values())))

    def _step(
        self,
        do: str,
        at: Timed,
        rounds: Rounds,
        given: Mapping[str, Any],
        facts: ColumnFacts | None = None,
    ) -> Step:
        rules = self._rules(do, STEPS[do], facts or self._facts(do, given))
        holds = {id: each.holds for id, each in rules.items()}
        stage = self._next
        return Step(
            do, at, rounds, {id: self._column(sure(each), stage) for id, each in holds.items()}
        )

    def _rules(self, do: str, phase: Phase, facts: ColumnFacts) -> dict[str, Any]:
        """Return the comparisons of the rules that bind a command in a phase."""
        rules = BY_PHASE_AND_DEED[phase, COMMANDS[do]].rules
        return {rule.id: tested(rule, facts) for rule in rules if self._binds(rule, do)}

    def _binds(self, rule: Rule, do: str) -> bool:
        return self._procedure.strength(rule.id, do) is Strength.BINDING

    def _facts(
        self,
        do: str,
        given: Mapping[str, Any],
        phase: Phase | None = None,
        stage: int | None = None,
    ) -> ColumnFacts:
        phase = phase or STEPS[do]
        actor = {"role": str(acting(self._procedure, do, phase)), "of_the_track": True}
        said = {"phase": str(phase), "organisation": INSIDE, **actor, **given}
        view = Standing(self._columns, said, self._next if stage is None else stage)
        return ColumnFacts(self._procedure, COMMANDS[do], view, self._committed)

    def _taken_at(self, do: str, given: Mapping[str, Any]) -> Timed:
        """Return the first moment at which a step is ready, and no rule finds it too early."""
        at = self._ready[do]
        facts = self._facts(do, {**given, "at": at})
        for rule in BY_PHASE_AND_DEED[STEPS[do], COMMANDS[do]].rules:
            if rule.quantity == "at" and ">=" in rule.test:
                at = self._let(later(at, tested(rule, facts).right))
        return at

    def _moment(self, column: Any) -> Timed:
        """Return a column of moments in microseconds, in the zone of all."""
        found = self._columns.value(column)
        if not isinstance(found, Timed):
            like = Timed(nw.lit(None), self._zone, "us")
            return self._let(Timed(like.lit(found), self._zone, "us"), 0)
        expr = found.expr
        if found.unit == "ns":  # what is finer than a microsecond is not known
            expr = nw.when(expr.dt.nanosecond() % 1000 == 0).then(expr)
            expr = expr.cast(nw.Datetime("us", found.zone))
        if found.zone != self._zone:
            expr = expr.dt.convert_time_zone(self._zone)
        at = Timed(expr, self._zone, "us")
        return at if expr is found.expr else self._let(at, 0)

    @property
    def _next(self) -> int:
        """The first stage in which nothing is made yet."""
        return len(self._columns.stages)

    def _let(self, at: Timed, stage: int | None = None) -> Timed:
        """Return a moment as a column of its own, by default in the next stage."""
        name = self._columns.made(at.expr, self._next if stage is None else stage)
        return Timed(nw.col(name), at.zone, at.unit)

    def _column(self, condition: Condition, stage: int | None = None) -> Condition:
        return self._columns.let(condition, self._next if stage is None else stage)


def _ready(do: str) -> Any:
    return described(COMMANDS[do].trigger + "_at", says=OF_A_COURSE)
