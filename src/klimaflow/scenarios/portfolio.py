"""All open cases of a secretariat: what is due next, and what the funds can still carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow import phrases
from klimaflow.case import Case, load_case
from klimaflow.decider import NOTHING_COMMITTED, Decision, Finding
from klimaflow.frozenmap import FrozenMap
from klimaflow.funds import draw
from klimaflow.history import History
from klimaflow.moments import MICROSECOND, Moment, date_of, day, iso_duration, moment, shown
from klimaflow.options import Option
from klimaflow.phrases import label
from klimaflow.planning import Plan, plan
from klimaflow.procedure import Procedure
from klimaflow.proposal import FINAL, Phase
from klimaflow.report.course import Course
from klimaflow.report.words import Words
from klimaflow.rules import FUND_RELEASED, KNOWN_MOVE, WITHIN_FUND
from klimaflow.scenarios.progress import told
from klimaflow.scenarios.shown import Shown, word
from klimaflow.tables import Table

__all__ = ["Carried", "Due", "Portfolio", "portfolio"]

_FEW_DAYS = timedelta(days=2)
_MONEY = (WITHIN_FUND.id, FUND_RELEASED.id)
_GRANTED = (Phase.FUNDER_CONSENT, Phase.STARTED)


@frozen(eq=False)
class Due:
    """One case and its next deadline, as `klimaflow.planning` finds it.

    `do` is the command that it is a deadline for, `deadline` the last moment in time, included;
    both None where nothing is due. `decision` is the answer to that command at that very moment if
    nothing happens until then: what it refuses is what is missing, and by how much. `before` are
    the commands that have to come first.
    """

    name: str
    plan: Plan = field(repr=False)
    do: str | None
    deadline: Moment | None
    before: tuple[str, ...]
    decision: Decision | None = field(repr=False)

    @property
    def left(self) -> timedelta | None:
        """How long there is; negative if it is missed, by so much. None where nothing is due."""
        return None if self.deadline is None else self.deadline - self.plan.at

    @property
    def missed(self) -> bool:
        """Whether the deadline is over."""
        return self.left is not None and self.left < timedelta(0)

    @property
    def ready(self) -> bool:
        """Whether nothing is missing but the command itself, in time."""
        return self.decision is not None and self.decision.permitted and not self.missed

    @property
    def lacks(self) -> tuple[Finding, ...]:
        """The findings that refuse the command at its deadline, if nothing happens until then."""
        lacking = Option(self.decision).missing if self.decision else ()
        return tuple(each for each in lacking if each.rule != KNOWN_MOVE.id)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values."""
        zone, phase = self.plan.history.procedure.zone, self.plan.history.proposal.phase
        return {
            "case": self.name,
            "phase": phase and str(phase),
            "round": self.plan.round,
            "do": self.do,
            "deadline": self.deadline and shown(self.deadline, zone),
            "left": None if self.left is None else iso_duration(self.left),
            "ready": self.ready,
            "before": list(self.before),
            "lacks": [each.to_dict(lang) for each in self.lacks],
        }


@frozen(eq=False)
class Carried:
    """One case on the committee's agenda, after those before it have been granted what they ask.

    `decision` is the answer to `approve`; None if the case does not come so far. `left` is what
    stays in each fund after it, in kroner.
    """

    name: str
    round: str | None
    asked: Mapping[str, int]
    decision: Decision | None = field(repr=False)
    left: Mapping[str, int]

    @property
    def carried(self) -> bool:
        """Whether the committee can approve it, and the funds carry it."""
        return self.decision is not None and self.decision.permitted

    @property
    def short(self) -> tuple[Finding, ...]:
        """The findings on the funds that refuse it."""
        missing = Option(self.decision).missing if self.decision else ()
        return tuple(each for each in missing if each.rule in _MONEY)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "case": self.name,
            "round": self.round,
            "asked": dict(self.asked),
            "carried": self.carried,
            "short": [each.to_dict(lang) for each in self.short],
            "left": dict(self.left),
        }


@frozen(eq=False)
class Portfolio(Shown):
    """The open cases at a moment.

    * `cases`: each with its next deadline, the one that is due first before the others;
    * `agenda`: each that is still to be decided and has a budget, in the order of the rounds'
      meetings, and within a round in the order in which they were given.
    """

    at: Moment
    cases: tuple[Due, ...]
    agenda: tuple[Carried, ...]

    @property
    def misses(self) -> tuple[Due, ...]:
        """The cases that have missed their next deadline, or lack something for it as they are.

        Of the others no more is asked than the command itself.
        """
        return tuple(each for each in self.cases if each.deadline is not None and not each.ready)

    def tables(self, lang: str = "en") -> tuple[Table, ...]:
        """Return the deadlines and the agenda, in `en` or `da`."""
        due = ("case", "due", "deadline", "left", "lacks")
        agenda = ("case", "asked", "carried", "funds_left")
        at = phrases.moment(self.at, lang, self._zone)
        return (
            Table(
                word("portfolio", lang, at),
                [word(f"{name}_head", lang) for name in due],
                [_due_row(each, lang) for each in self.cases],
            ),
            Table(
                word("agenda", lang),
                [word(f"{name}_head", lang) for name in agenda],
                [_agenda_row(each, lang) for each in self.agenda],
            ),
        )

    @property
    def _zone(self) -> str:
        return self.cases[0].plan.history.procedure.zone if self.cases else "Europe/Copenhagen"

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "at": shown(self.at, self._zone),
            "cases": [each.to_dict(lang) for each in self.cases],
            "agenda": [each.to_dict(lang) for each in self.agenda],
        }


def portfolio(
    cases: Iterable[History | Case | str | Path] | Mapping[str, History | Case | str | Path],
    at: str | datetime,
    *,
    committed: Mapping[str, int] = NOTHING_COMMITTED,
    progress: bool | None = None,
) -> Portfolio:
    """Return what is due next in each open case, and what the funds can carry of their agenda.

    The cases are histories, cases or case files, in the order of the committee's agenda; a mapping
    names them. What was received after `at` does not count. `committed` is what each fund has
    promised to tracks that are not among them, in kroner; what is granted already to those that are
    is drawn first, and what a case file says is committed is left aside.

    Raises `CaseError` for a case that cannot be read, and `MomentError` for an `at` that is none.
    """
    now = moment(at)
    named = cases.items() if isinstance(cases, Mapping) else ((None, each) for each in cases)
    histories = [(name or known, known_by.as_of(now)) for name, (known, known_by) in _read(named)]
    begun = [each for each in histories if each[1].events]
    open_now = [each for each in begun if each[1].proposal.phase not in FINAL]
    parts = told(open_now, lambda _: 1, len(open_now), progress)
    due = [_due(name, history, now) for name, history in parts]
    due.sort(key=lambda each: (each.deadline is None, each.deadline or now))
    agenda = _Agenda([history for _, history in histories], committed)
    return Portfolio(now, tuple(due), tuple(agenda.carried(open_now, now)))


def _read(named: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str | None, tuple[str, History]]]:
    for name, each in named:
        case = load_case(each) if isinstance(each, (str, Path)) else each
        if isinstance(case, History):
            yield name, (case.proposal.title, case)
        else:
            yield name, (case.name, Course.of(case).history)


def _planned(history: History, at: Moment, committed: Mapping[str, int]) -> Plan:
    """Return the plan for the case's own round, or for the first that is not lost."""
    proposal = history.proposal
    submitted = proposal.phase not in (None, Phase.IDEA, Phase.SPARRING)
    own = proposal.round if submitted and proposal.round in history.procedure.gates else None
    return plan(history, at, own, committed)


def _due(name: str, history: History, at: Moment) -> Due:
    found = _planned(history, at, NOTHING_COMMITTED)
    deadline = found.steps[0].last if found.steps else None
    gates = (n for n, step in enumerate(found.steps) if step.window.closes_at == deadline)
    place = next(gates, None) if deadline is not None else None
    if place is None or deadline is None:
        return Due(name, found, None, None, (), None)
    asked = attrs.evolve(found.steps[place].decision.command, at=deadline)
    before = tuple(dict.fromkeys(step.do for step in found.steps[:place]))
    return Due(name, found, asked.do, deadline, before, found.history.decide(asked))


class _Agenda:
    """The funds, as each case on the agenda leaves them."""

    def __init__(self, histories: Iterable[History], committed: Mapping[str, int]) -> None:
        self._committed = dict(committed)
        for history in histories:
            if history.proposal.phase in _GRANTED:
                self._draw(history.procedure, history.proposal.granted, None)

    def carried(self, cases: Iterable[tuple[str, History]], at: Moment) -> Iterator[Carried]:
        """Yield the cases that are still to be decided, in the order of the meetings."""
        waiting = [
            (name, history, _planned(history, at, self._known(history.procedure)).round)
            for name, history in cases
            if history.proposal.budget is not None and history.proposal.phase not in _GRANTED
        ]
        for name, history, round in sorted(waiting, key=lambda each: _meeting(*each[1:])):
            procedure = history.procedure
            found = _planned(history, at, self._known(procedure))
            asked = next((s.decision for s in found.steps if s.do == "approve"), None)
            budget = history.proposal.budget
            contributions = budget.contributions if budget else FrozenMap[str, int]()
            if asked is not None and asked.permitted:
                self._draw(procedure, contributions, asked.command.at)
            yield Carried(name, round, contributions, asked, self._left(procedure))

    def _known(self, procedure: Procedure) -> Mapping[str, int]:
        there = ((fund, self._committed.get(fund, 0)) for fund in procedure.fund_ids)
        return FrozenMap({fund: kroner for fund, kroner in there if kroner})

    def _left(self, procedure: Procedure) -> dict[str, int]:
        rest = {each.id: each.amount - self._committed.get(each.id, 0) for each in procedure.funds}
        return {fund: max(kroner, 0) for fund, kroner in rest.items()}

    def _draw(self, procedure: Procedure, granted: Mapping[str, int], at: Moment | None) -> None:
        before = self._left(procedure)
        for fund, rest in draw(procedure, granted, self._committed, at).left.items():
            self._committed[fund] = self._committed.get(fund, 0) + before[fund] - rest


def _meeting(history: History, round: str | None) -> tuple[int, float]:
    gates = history.procedure.gates.get(round or "")
    return (1, 0.0) if gates is None else (0, gates.meeting.begins_at.timestamp())


def _due_row(due: Due, lang: str) -> tuple[str, ...]:
    if due.do is None or due.deadline is None or due.left is None:
        return due.name, word("nothing_due", lang), "", "", ""
    at = _by(due.deadline, due.plan.history.procedure.zone, lang)
    long = abs(due.left)
    words = (
        phrases.days(timedelta(days=long.days), lang)
        if long >= _FEW_DAYS
        else phrases.span(long, lang)
    )
    left = word("missed_by" if due.missed else "still", lang, words or "0")
    lacking = [f"{each.rule}: {each.explained(lang)}" for each in due.lacks]
    steps = phrases.listed((label("commands", do, lang) for do in due.before), lang, "nothing")
    lacks = " ".join(lacking) or (word("first", lang, steps) if due.before else "–")
    return due.name, label("commands", due.do, lang), at, left, lacks


def _by(deadline: Moment, zone: str, lang: str) -> str:
    whole = day(date_of(deadline, zone), zone)
    if deadline == whole.ends_at - MICROSECOND:
        return label("plan", "by_the_end", lang).format(phrases.day(whole.on, lang))
    return phrases.moment(deadline, lang, zone)


def _agenda_row(each: Carried, lang: str) -> tuple[str, ...]:
    left = "; ".join(f"{fund} {phrases.kroner(kr, lang)}" for fund, kr in each.left.items())
    if each.decision is None:
        return each.name, "–", word("not_so_far", lang), left
    words = Words(each.decision.procedure, each.decision.proposal, lang)
    why = " ".join(finding.explained(lang) for finding in each.short)
    answer = label("words", "permitted" if each.carried else "refused", lang)
    return each.name, words.amounts(each.asked), f"{answer}. {why}" if why else answer, left
