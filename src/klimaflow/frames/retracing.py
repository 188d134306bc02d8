"""A row of a course as the commands that it stands for, each answered by `decide`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile, islice
from typing import Any

from klimaflow.commands import COMMANDS, GiveConsent
from klimaflow.decider import Decision
from klimaflow.errors import FrameError
from klimaflow.frames.replay import enlisted
from klimaflow.frames.rows import INSIDE, Row, Said, acting
from klimaflow.frames.steps import STEPS
from klimaflow.history import History
from klimaflow.moments import Moment
from klimaflow.parties import Actor, Role
from klimaflow.procedure import Procedure, Strength
from klimaflow.rules import (
    BEFORE_APPROVAL_DEADLINE,
    BEFORE_QUALIFICATION_DEADLINE,
    BEFORE_THE_MEETING,
    EVERY_PARTY_CONSENTS,
    Rule,
)

__all__ = ["retraced"]

_WHY = "As the row says."


def retraced(
    procedure: Procedure, row: Row, committed: Mapping[str, int]
) -> tuple[Decision, tuple[Decision, ...], History]:
    """Return the decision at which a row's course ends, every one in turn, and what they leave.

    Raises `FrameError` with each value that is not known, or is none, and for what no case says.
    """
    said = _OfACourse(procedure, row)
    said.check()
    walk = _Walk(said, History(procedure), committed)
    last = walk.last()
    return last, tuple(walk.decisions), walk.history


class _OfACourse(Said):
    """What a row says of a course."""

    def __init__(self, procedure: Procedure, row: Row) -> None:
        super().__init__(procedure, row)
        self.ready = {do: self.moment(COMMANDS[do].trigger + "_at") for do in STEPS}
        self.first = self.read("first_round", str) if "first_round" in row else None
        self.authorities = self._enlisted("authorities")
        later = "authorities_at_start"
        self.at_start = self._enlisted(later) if later in row else self.authorities
        self.asked = self.kroner("asked_")
        self.granted = self.kroner("granted_") if self.has("granted_") else self.asked
        self.budget = "budget_stated" not in row or self.read("budget_stated", bool)
        name = "cofinancing_stated"
        self.cofinancing = 0 if name not in row or self.read(name, bool) else None
        self.unmet = self.conditions()
        consenting = (f for f in self.granted if row.get(f"consented_at_{f}") is not None)
        self.consents = {funder: self._of_funder(funder) for funder in consenting}

    def _enlisted(self, name: str) -> tuple[Any, ...]:
        count = self.whole(name) or 0
        found = enlisted(self.procedure, count)
        if len(found) < count:
            self.problems.append(f"{name}: there are no {count}")
        return found

    def _of_funder(self, funder: str) -> tuple[Any, Any, Any]:
        """Return when a funder's consent arrives, to how much, and when it ends."""
        amount, ends = f"consented_{funder}", f"consent_ends_at_{funder}"
        return (
            self.moment(f"consented_at_{funder}"),
            self.whole(amount) if amount in self.row else self.granted[funder],
            self.moment(ends) if ends in self.row else None,
        )


class _Walk:
    """The commands of a row, one after the other."""

    def __init__(self, said: _OfACourse, history: History, committed: Mapping[str, int]) -> None:
        self._said, self.history, self._committed = said, history, committed
        self.decisions: list[Decision] = []

    def last(self) -> Decision:
        """Take the steps until one is refused, and return the last decision."""
        self._prepare()
        decision = self._qualify()
        for step in (self._apply, self._put, self._approve, self._start):
            decision = step() if decision.permitted else decision
        return decision

    def _ask(self, do: str, at: Moment, **own: Any) -> Decision:
        role = acting(self.history.procedure, do, self.history.proposal.phase)
        inside = INSIDE if role in (Role.PROPOSER, Role.PARTICIPANT) else str(role)
        by = Actor(role, own.get("funder", inside))
        decision = self.history.decide(COMMANDS[do](at=at, by=by, **own), committed=self._committed)
        self.decisions.append(decision)
        if decision.permitted:
            self.history = self.history.record(decision)
        return decision

    def _must(self, do: str, at: Moment, **own: Any) -> None:
        """Do what is no step of the course, but goes before one."""
        decision = self._ask(do, at, **own)
        if not decision.permitted:
            refused = ", ".join(decision.refused_by)
            raise FrameError([f"no case leads to this row: {do} is refused by {refused}"])

    def _prepare(self) -> None:
        said, at = self._said, self._said.ready["submit-for-qualification"]
        self._must("register-idea", at, title=_WHY)
        self._must("enlist-participants", at, participants=said.authorities)
        if said.budget:
            asked = {"contributions": said.asked, "cofinancing": said.cofinancing}
            self._must("propose-budget", at, **asked)

    def _ready(self, do: str) -> Moment:
        """Return when a step is ready, and the one before it is taken."""
        ready: Moment = self._said.ready[do]
        since = self.history.proposal.since
        return ready if since is None else max(ready, since)

    def _qualify(self) -> Decision:
        gates, first = self.history.procedure.gates, self._said.first
        rounds = [*gates] if first is None else [*_from(first, gates)] or [first]
        do = "submit-for-qualification"
        decision = self._moving(do, self._said.ready[do], rounds, BEFORE_QUALIFICATION_DEADLINE)
        if decision.permitted:
            for criterion, met in self._said.assessed():
                judged = {"criterion": criterion, "met": met, "reason": _WHY}
                self._must("assess-criterion", decision.command.at, **judged)
        return decision

    def _apply(self) -> Decision:
        do, own = "submit-for-approval", self.history.proposal.round
        rounds = [*_from(own or "", self.history.procedure.gates)]
        return self._moving(do, self._ready(do), rounds, BEFORE_APPROVAL_DEADLINE)

    def _moving(self, do: str, at: Moment, rounds: list[str], in_time: Rule) -> Decision:
        """Try a step in each round until it is not too late for one."""
        tried = (self._ask(do, at, round=each) for each in rounds)
        last = next(tried)
        while in_time in last.broken and (further := next(tried, None)):
            last = further
        return last

    def _put(self) -> Decision:
        do = "put-before-committee"
        at = self._ready(do)
        decision = self._ask(do, at)
        if BEFORE_THE_MEETING not in decision.broken:
            return decision
        own = self.history.proposal.round or ""
        later = islice(_from(own, self.history.procedure.gates), 1, None)
        moved = any(self._ask("defer", at, round=each, reason=_WHY).permitted for each in later)
        return self._ask(do, at) if moved else decision

    def _approve(self) -> Decision:
        said, own = self._said, self.history.procedure.gates[self.history.proposal.round or ""]
        at = max(self._ready("approve"), own.meeting.begins_at)
        granted = said.granted if said.has("granted_") else None
        return self._ask("approve", at, granted=granted, conditions=said.unmet)

    def _start(self) -> Decision:
        said, since = self._said, self.history.proposal.since
        assert since is not None, "it is approved"
        gives = {f: self._consent(f, since) for f in said.consents}
        given = {f: c for f, c in gives.items() if self.history.decide(c).permitted}
        at = self._ready("start")
        if self.history.procedure.strength(EVERY_PARTY_CONSENTS.id, "start") is Strength.BINDING:
            at = max([at, *(each.at for each in given.values())])
        self._enlist_or_release(since)
        for funder in sorted(gives, key=lambda f: gives[f].at):
            *_, ends = said.consents[funder]
            until = None if ends is None else said.last_day(ends, at)
            consent = gives[funder]
            own = {"funder": funder, "amount": consent.amount, "valid_until": until}
            self._ask("give-consent", consent.at, **own)
        return self._ask("start", at)

    def _consent(self, funder: str, approved: Moment) -> GiveConsent:
        arrives, amount, _ = self._said.consents[funder]
        by = Actor(Role.FUNDER, funder)
        return GiveConsent(at=max(arrives, approved), by=by, funder=funder, amount=amount)

    def _enlist_or_release(self, at: Moment) -> None:
        """Let as many take part as do at the start."""
        now, then = self._said.authorities, self._said.at_start
        if len(then) > len(now):
            self._must("enlist-participants", at, participants=then)
        for each in now[len(then) :]:
            self._must("release-participant", at, participant=each.id)


def _from(first: str, gates: Iterable[str]) -> Iterator[str]:
    """Yield a round and those after it."""
    return dropwhile(lambda each: each != first, gates)
