"""The named properties that every procedure must have, each proved from an exploration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from klimaflow.commands import AssessCriterion
from klimaflow.entries import Entry
from klimaflow.lifecycle import MOVES
from klimaflow.moments import COPENHAGEN, MICROSECOND, moment, shown
from klimaflow.procedure import Procedure, Source
from klimaflow.proposal import FINAL, OPEN, Phase
from klimaflow.requirements import Requirement, UntilPossible
from klimaflow.rules import (
    BEFORE_APPROVAL_DEADLINE,
    BEFORE_QUALIFICATION_DEADLINE,
    QUALIFICATION_FIRST,
    RULES,
    Rule,
)
from klimaflow.verify.count import idle
from klimaflow.verify.proof import Proof
from klimaflow.verify.space import Space, State, Step
from klimaflow.verify.watch import Watch

__all__ = ["NEVER_ALONE", "proofs"]

NEVER_ALONE: Mapping[str, tuple[str, ...]] = {
    "known-round": ("before-qualification-deadline", "same-or-later-round"),
    "qualification-first": ("criteria-met",),
    "speaks-for-itself": ("authorised",),
    "fund-released": ("within-fund",),
}
"""Rules that may be broken only in company, and by which others.

An unknown round breaks each rule that uses the round; criteria are assessed in qualification only;
whoever speaks for another is no actor for it; what a locked fund lacks, the open ones lack too.
"""

SUBMISSIONS = {
    "submit-for-qualification": BEFORE_QUALIFICATION_DEADLINE,
    "submit-for-approval": BEFORE_APPROVAL_DEADLINE,
}
DECISIONS = ("approve", "reject")
OURS = "klimaflow"


def proofs(space: Space, watch: Watch) -> Iterator[Proof]:
    """Yield the proof of each property, in a fixed order."""
    return _Prover(space, watch).proofs()


class _Prover:
    def __init__(self, space: Space, watch: Watch) -> None:
        self.space, self.watch = space, watch
        self.procedure: Procedure = space.procedure
        self.timeline = space.timeline

    def proofs(self) -> Iterator[Proof]:
        yield self._phases_reached()
        yield self._final_reachable()
        entries = self._sound()
        for name, entry in entries.items():
            step = self.watch.unsound.get(name)
            yield self._proof(name, step is None, entry, step=step)
        yield self._deadlines()
        yield self._decided_in_round()
        yield self._rounds_possible()
        yield self._no_vain_submission()
        yield self._rules_decide()
        yield self._moves_taken()
        yield self._data_count()
        yield self._not_only_withdrawal()
        yield from map(self._requirement, self.procedure.requirements)

    def _proof(self, name: str, holds: bool, entry: Entry | None = None, **shown: object) -> Proof:
        source = Source(OURS, "", "") if entry is None else self.procedure.cite(entry)
        return Proof(id=name, holds=holds, source=source, procedure=self.procedure, **shown)  # type: ignore[arg-type]  # as Proof declares

    def _sound(self) -> Mapping[str, Entry | None]:
        it = self.procedure
        first_criterion, first_fund = next(iter(it.criteria), None), next(iter(it.funds), None)
        return {
            "final-is-final": None,
            "start-with-consents": it.consent,
            "start-with-authorities": it.participants,
            "start-with-criteria": first_criterion,
            "start-within-partnership": it.valid_until,
            "within-funds": first_fund,
            "own-consent": it.consent,
        }

    def _phases_reached(self) -> Proof:
        reached = {state.proposal.phase for state in self.space.states}
        lost = tuple(str(phase) for phase in Phase if phase not in reached)
        return self._proof("phases-reached", not lost, names=lost)

    def _final_reachable(self) -> Proof:
        """From every state, however late it is, a final phase can still be reached."""
        latest = self.space.latest(lambda _state, _do, to: to.proposal.phase in FINAL)
        last = len(self.timeline.instants) - 1
        for state in self._open():
            if latest[state.number] < last:
                return self._stuck("final-reachable", state, latest, None)
        return self._proof("final-reachable", True)

    def _open(self) -> Iterator[State]:
        return (state for state in self.space.states if state.proposal.phase in OPEN)

    def _deadlines(self) -> Proof:
        """Each deadline can be met at its last moment, and missed by a microsecond."""
        missing = []
        for name, gates in self.procedure.gates.items():
            closing = (gates.qualification_closes_at, gates.approval_closes_at)
            for (do, rule), closes_at in zip(SUBMISSIONS.items(), closing, strict=True):
                just_late = moment(closes_at + MICROSECOND)
                if (do, name, closes_at) not in self.watch.in_time:
                    missing.append(f"{do} {name}, in time")
                if (do, rule, just_late) not in self.watch.late:
                    missing.append(f"{do} {name}, late")
        entry = next(iter(self.procedure.rounds), None)
        return self._proof("deadlines-met-and-missed", not missing, entry, names=tuple(missing))

    def _decides_in(self, name: str | None) -> Callable[[State, str, State], bool]:
        """Return whether a step is the committee's decision, in this round if one is named."""

        def decides(state: State, do: str, _to: State) -> bool:
            it = state.proposal
            at_hand = it.phase is Phase.COMMITTEE_DECISION and do in DECISIONS
            return at_hand and name in (None, it.round)

        return decides

    @cached_property
    def _latest_decision(self) -> Mapping[str, list[int]]:
        return {name: self.space.latest(self._decides_in(name)) for name in self.procedure.gates}

    def _decided_in_round(self) -> Proof:
        """What has met its deadlines can be decided in its round, throughout the meeting's day."""
        waiting = (Phase.APPROVAL_PROCESS, Phase.COMMITTEE_DECISION)
        for name, gates in self.procedure.gates.items():
            until = self.timeline.last_by(moment(gates.meeting.ends_at - MICROSECOND))
            latest = self._latest_decision[name]
            for state in self._open():
                it = state.proposal
                at_hand = it.phase in waiting and it.round == name and state.since <= until
                if at_hand and latest[state.number] < until:
                    return self._stuck("decided-in-its-round", state, latest, gates.round)
        return self._proof("decided-in-its-round", True, self.procedure.rounds[0])

    def _stuck(self, name: str, state: State, latest: list[int], entry: Entry | None) -> Proof:
        then = max(latest[state.number] + 1, state.since)
        at = self.timeline.instants[then]
        step = _last_step(state)
        return self._proof(name, False, entry, step=step, from_then=at)

    def _rounds_possible(self) -> Proof:
        """Each round can be gone through, from qualification to decision, without a deferral."""
        lost = tuple(name for name in self.procedure.gates if not self._possible(name))
        return self._proof("rounds-possible", not lost, self.procedure.rounds[0], names=lost)

    def _possible(self, name: str) -> bool:
        latest = self._latest_decision[name]
        return any(
            state.proposal.phase is Phase.COMMITTEE_DECISION
            and state.proposal.round == name
            and latest[state.number] >= 0
            and not any(command.do == "defer" for command in state.commands())
            for state in self.space.states
        )

    def _no_vain_submission(self) -> Proof:
        """Whatever may be submitted can still be decided, in some round."""
        latest = self.space.latest(self._decides_in(None))
        for state in self._open():
            for (to, do), instants in self.space.edges[state.number].items():
                vain = instants >> (latest[to] + 1) if do in SUBMISSIONS else 0
                if vain:
                    at = latest[to] + 1 + ((vain & -vain).bit_length() - 1)
                    step = self.space.step(state, do, at, to)
                    return self._proof("no-vain-submission", False, step=step)
        return self._proof("no-vain-submission", True)

    def _rules_decide(self) -> Proof:
        never, company = [], []
        vacant = {*self._vacant()}
        for rule in RULES.values():
            if rule in self.watch.alone or not self._asked(rule) or rule.id in vacant:
                continue
            always = {each.id for each in self.watch.company.get(rule, ())}
            expected = NEVER_ALONE.get(rule.id, ())
            if rule in self.watch.company and (always & {*expected} or len(expected) > 1):
                company.append(rule.id)
            else:
                never.append(rule.id)
        notes = {"in_company": tuple(company), "vacant": tuple(self._vacant())}
        return self._proof("rules-decide", not never, names=tuple(never), notes=notes)

    def _vacant(self) -> Iterator[str]:
        """Yield the rules that have nothing to decide where the procedure has no such data."""
        it = self.procedure
        if len(it.rounds) == 1:
            yield "same-or-later-round"
        if not it.readings.qualification_required.value:
            yield "qualification-first"
        if not it.binding_criteria:
            yield "criteria-met"
        if all(fund.awaits is None and fund.released_on is None for fund in it.funds):
            yield "fund-released"

    def _asked(self, rule: Rule) -> bool:
        """Tell whether the procedure asks a rule anywhere; it may leave out two of them."""
        moves = [move for move in MOVES if rule in move.rules]
        strengths = [self.procedure.strength(rule.id, move.command.do) for move in moves]
        return not moves or any(each is not None for each in strengths)

    def _moves_taken(self) -> Proof:
        required = self.procedure.readings.qualification_required.value
        closed: list[str] = []
        never: list[str] = []
        for move in MOVES:
            if move not in self.watch.taken:
                name = f"{move.command.do} ({move.source})"
                skips = QUALIFICATION_FIRST in move.rules and move.source is not Phase.QUALIFICATION
                vacant = move.command is AssessCriterion and not self.procedure.criteria
                (closed if vacant or (required and skips) else never).append(name)
        notes = {"closed": tuple(closed)}
        return self._proof("moves-taken", not never, names=tuple(never), notes=notes)

    def _data_count(self) -> Proof:
        """Every datum counts; what was moved and changed nothing is reported, not refused."""
        return self._proof("data-count", True, notes={"idle": idle(self.space, self.watch.kinds)})

    def _requirement(self, stated: Requirement) -> Proof:
        demand, pattern = stated.demand
        name = f"requirement:{stated.id}"
        if isinstance(pattern, UntilPossible):
            return self._until_possible(name, pattern, stated)
        step = self.watch.fitting.get(stated.id)
        return self._proof(name, (step is None) is (demand == "never"), stated, step=step)

    def _until_possible(self, name: str, pattern: UntilPossible, stated: Requirement) -> Proof:
        def good(state: State, do: str, to: State) -> bool:
            rounds = (state.proposal.round, to.proposal.round)
            return do == pattern.do and (pattern.round is None or pattern.round in rounds)

        latest = self.space.latest(good)
        until = self.timeline.last_by(pattern.until.in_zone(COPENHAGEN))
        found = False
        for state in self._open():
            it = state.proposal
            if it.phase is pattern.starting_in and pattern.round in (None, it.round):
                found = found or state.since <= until
                if state.since <= until and latest[state.number] < until:
                    return self._stuck(name, state, latest, stated)
        return self._proof(name, found, stated)

    def _not_only_withdrawal(self) -> Proof:
        """Up to the last round's gates, one can get to a start or a rejection from anywhere."""
        ends = (Phase.STARTED, Phase.REJECTED)
        latest = self.space.latest(lambda _state, _do, to: to.proposal.phase in ends)
        for state in self._open():
            horizon = self.horizon(state.proposal.phase)
            if state.since <= horizon and latest[state.number] < horizon:
                return self._stuck("not-only-withdrawal", state, latest, None)
        notes = {"horizon": tuple(self._horizons(latest))}
        return self._proof("not-only-withdrawal", True, notes=notes)

    def _horizons(self, latest: list[int]) -> Iterator[str]:
        """Yield each phase with the last instant at which one of its proposals can get on."""
        for phase in OPEN:
            every = (latest[s.number] for s in self._open() if s.proposal.phase is phase)
            at = max(every, default=-1)  # of a phase that is not reached
            if -1 < at < len(self.timeline.instants) - 1:
                yield f"{phase} {shown(self.timeline.instants[at], self.procedure.zone)}"

    def horizon(self, phase: Phase | None) -> int:
        """Return the last instant at which the last known round can be entered from a phase."""
        last = self.procedure.gates[self.procedure.rounds[-1].id]
        qualify = self.procedure.readings.qualification_required.value
        first = last.qualification_closes_at if qualify else last.approval_closes_at
        closes_at = {
            Phase.IDEA: first,
            Phase.SPARRING: first,
            Phase.QUALIFICATION: last.approval_closes_at,
            Phase.FUNDER_CONSENT: self.timeline.instants[self.timeline.end],
        }
        met = moment(last.meeting.ends_at - MICROSECOND)
        return self.timeline.last_by(closes_at.get(phase, met) if phase else first)


def _last_step(state: State) -> Step | None:
    """Return the step that led to a state."""
    if state.before is None or state.by is None:
        return None
    return Step(state.before, state.by)
