"""The instants that matter to a procedure: each at which an answer can turn, and its neighbours.

A rule compares the time with constants only (`TURNS` says which rule with which; a test asks the
rules themselves), so between two neighbours of this list every answer is the same. Each stretch
between two turns has two members here, its first and its last microsecond, so that two events
of one stretch can stand in either order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum

from attrs import frozen

from klimaflow import rules as r
from klimaflow.lifecycle import Move
from klimaflow.moments import COPENHAGEN, MICROSECOND, Day, Moment, day, moment
from klimaflow.procedure import Procedure
from klimaflow.requirements import Pattern, UntilPossible
from klimaflow.rules import Rule
from klimaflow.verify.demands import may_fit

__all__ = ["TURNS", "Timeline", "Turn", "timeline"]


class Turn(StrEnum):
    """What happens to the answers at an instant."""

    QUALIFICATION = "qualification"
    APPROVAL = "approval"
    MEETING = "meeting"
    RELEASE = "release"
    LAPSE = "lapse"
    END = "end"


TURNS: Mapping[Rule, Turn] = {
    r.BEFORE_QUALIFICATION_DEADLINE: Turn.QUALIFICATION,
    r.BEFORE_APPROVAL_DEADLINE: Turn.APPROVAL,
    r.ROUND_STILL_OPEN: Turn.MEETING,
    r.BEFORE_THE_MEETING: Turn.MEETING,
    r.COMMITTEE_HAS_MET: Turn.MEETING,
    r.WITHIN_FUND: Turn.RELEASE,
    r.FUND_RELEASED: Turn.RELEASE,
    r.CONSENT_OPEN: Turn.LAPSE,
    r.CONSENT_GIVEN: Turn.LAPSE,
    r.EVERY_PARTY_CONSENTS: Turn.LAPSE,
    r.CONSENTS_IN_FORCE: Turn.LAPSE,
    r.WITHIN_PARTNERSHIP: Turn.END,
}
"""Every rule that reads the time, but for `in-order`, which compares it with the last change."""

_AFTER = timedelta(days=1)
_BESIDE = {"later_than": MICROSECOND, "earlier_than": -MICROSECOND}
"""Where the first instant lies at which a step fits a pattern, if not at the time it states."""


@frozen
class Timeline:
    """The instants in their order, which of them are neighbours of which turn, and a last day.

    `lapses_on` is the day on which a consent that is given for a time runs out. `end` is the
    number of the last instant at which a track can start.
    """

    instants: tuple[Moment, ...]
    near: Mapping[Turn, frozenset[int]]
    demanded: tuple[tuple[Pattern | UntilPossible, int], ...]
    lapses_on: date
    end: int

    def stated(self, move: Move) -> frozenset[int]:
        """Return the instants that the file's requirements name for steps like this move."""
        return frozenset(at for pattern, at in self.demanded if may_fit(pattern, move))

    def number(self, at: Moment) -> int:
        """Return the place of an instant of this timeline."""
        return self.instants.index(at)

    def last_by(self, at: Moment) -> int:
        """Return the place of the last instant that is no later than `at`; -1 if all are later."""
        return sum(each <= at for each in self.instants) - 1


def timeline(procedure: Procedure, *others: Procedure) -> Timeline:
    """Return the instants of a procedure, and of others that it is to be compared with."""
    near: dict[Turn, set[Moment]] = {turn: set() for turn in Turn}
    for each in (procedure, *others):
        for turn, at in _turns(each):
            near[turn].add(at)
    first = min(day(each.valid_from.value, each.zone).begins_at for each in (procedure, *others))
    last = max(max(group, default=first) for group in near.values())
    demanded = [each for p in (procedure, *others) for each in _demanded(p)]
    ends = {first, moment(last + _AFTER), *(at for _, at in demanded)}
    instants = sorted(ends.union(*near.values()))
    places = {at: place for place, at in enumerate(instants)}
    return Timeline(
        tuple(instants),
        {turn: frozenset(map(places.__getitem__, group)) for turn, group in near.items()},
        tuple((pattern, places[at]) for pattern, at in demanded),
        procedure.rounds[-1].committee,
        max(places[moment(procedure.partnership_ends.ends_at - MICROSECOND)], 0),
    )


def _turns(procedure: Procedure) -> Iterator[tuple[Turn, Moment]]:
    for gates in procedure.gates.values():
        for turn, closes_at in (
            (Turn.QUALIFICATION, gates.qualification_closes_at),
            (Turn.APPROVAL, gates.approval_closes_at),
        ):
            yield turn, moment(closes_at - MICROSECOND)
            yield turn, closes_at
            yield turn, moment(closes_at + MICROSECOND)
        yield from ((Turn.MEETING, at) for at in (*_starts(gates.meeting), *_ends(gates.meeting)))
    yield from ((Turn.LAPSE, at) for at in _ends(gates.meeting))
    yield from ((Turn.END, at) for at in _ends(procedure.partnership_ends))
    for fund in procedure.funds:
        if fund.released_on is not None:
            released = day(fund.released_on, procedure.zone)
            yield from ((Turn.RELEASE, at) for at in _starts(released))


def _demanded(procedure: Procedure) -> Iterator[tuple[Pattern | UntilPossible, Moment]]:
    """Yield the patterns of a procedure that state a time, and the first instant that fits."""
    for requirement in procedure.requirements:
        _, pattern = requirement.demand
        for name, clock in pattern.clocks():
            beside = _BESIDE.get(name, timedelta(0))
            yield pattern, moment(clock.in_zone(COPENHAGEN) + beside)


def _starts(on: Day) -> tuple[Moment, Moment]:
    return moment(on.begins_at - MICROSECOND), on.begins_at


def _ends(on: Day) -> tuple[Moment, Moment]:
    return moment(on.ends_at - MICROSECOND), on.ends_at
