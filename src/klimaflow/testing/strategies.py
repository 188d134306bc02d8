"""Hypothesis strategies for those who test a policy; the only door to Hypothesis.

`procedures` varies a policy file. The others are of one procedure: `moments` on and beside its
lines, `commands` and `proposals` of every kind, most of them senseless, `courses` that are likely
to go far, and `histories`, what comes of those.

    @given(procedures().flatmap(histories))
    def test_nothing_starts_without_money(history: History) -> None: ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from klimaflow.commands import COMMANDS, Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.moments import MICROSECOND, Moment, day, moment
from klimaflow.parties import Actor, Kind, Participant, Role
from klimaflow.procedure import Procedure
from klimaflow.proposal import (
    Assessment,
    Budget,
    Condition,
    Consent,
    ConsentStatus,
    Description,
    Element,
    Grant,
    Phase,
    Proposal,
)
from klimaflow.testing.author import command, script
from klimaflow.testing.varied import procedures

__all__ = [
    "Course",
    "actors",
    "amounts",
    "any_texts",
    "commands",
    "commands_of",
    "courses",
    "dates",
    "histories",
    "lived",
    "moments",
    "procedures",
    "promises",
    "proposals",
    "texts",
]

Course = tuple[tuple[Command, ...], FrozenMap[str, int]]
"""The commands of one proposal, and what the funds have promised to other tracks, in kroner."""

_STRANGE = ("", " ", "\N{ZERO WIDTH SPACE}", "{0}", "{at!r}", "%s", "\x00", "\x1b[31m", "𝔎")
_EARLIEST, _LATEST = moment("0001-01-02T00:00:00Z"), moment("9999-12-30T23:59:59.999999Z")
_NUDGES = (timedelta(0), MICROSECOND, -MICROSECOND, timedelta(minutes=1), timedelta(days=-1))
_CODES = ("0101", "0461", "0751", "1081", "1083", "1085")
_HUGE = 10**1000
_CONDITIONS = st.sampled_from(("En plan", "Et regnskab", "{0} {at} %s"))

texts: SearchStrategy[str] = st.sampled_from(_STRANGE) | st.text(max_size=30)
"""Texts of every script, blank ones and ones that would format something."""

any_texts: SearchStrategy[str] = texts | st.sampled_from(["\ud800", "x" * 20_001])
"""Texts that no reader admits, but the type `str` does."""

_kroner: SearchStrategy[int] = st.one_of(
    st.sampled_from([0, 1, 500_000, 9_999_999, 10_000_000, 10_000_001, 10**12]),
    st.integers(0, 10**12),
)


def _lines(procedure: Procedure) -> list[Moment]:
    """Return every moment at which some answer of a procedure changes, and its neighbours."""
    found = [procedure.partnership_ends.ends_at]
    for gates in procedure.gates.values():
        found += [gates.qualification_closes_at, gates.approval_closes_at]
        found += [gates.meeting.begins_at, gates.meeting.ends_at]
    for year in {gates.meeting.on.year for gates in procedure.gates.values()}:
        for each in _clocks_change(year, procedure.zone):
            found += [day(each, procedure.zone).begins_at, day(each, procedure.zone).ends_at]
    for fund in procedure.funds:
        found += [day(fund.released_on, procedure.zone).begins_at] if fund.released_on else []
    return [moment(each + nudge) for each in found for nudge in _NUDGES]


@lru_cache(maxsize=64)
def _clocks_change(year: int, zone: str) -> list[date]:
    every = (date(year, 1, 1) + timedelta(days=number) for number in range(365))
    spans = ((each, day(each, zone)) for each in every)
    return [each for each, of in spans if of.ends_at - of.begins_at != timedelta(days=1)]


def moments(procedure: Procedure) -> SearchStrategy[Moment]:
    """Return moments in UTC: on and beside every line, at both ends of the calendar, between."""
    return st.one_of(
        st.sampled_from(_lines(procedure)),
        st.sampled_from([_EARLIEST, _LATEST, _LATEST - MICROSECOND]),
        st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    ).map(moment)


def dates(procedure: Procedure) -> SearchStrategy[date]:
    """Return dates: those of the procedure's lines, and any that a file may hold."""
    own = sorted({each.date() for each in _lines(procedure)})
    return st.sampled_from(own) | st.dates(date(1900, 1, 1), date(9000, 12, 31))


def _organisations(procedure: Procedure) -> SearchStrategy[str]:
    return st.sampled_from([*_CODES, *procedure.funder_names, "kl", "cvr:12345678"])


def actors(procedure: Procedure) -> SearchStrategy[Actor]:
    """Return actors of every role, of authorities, funders and others."""
    persons = st.none() | st.sampled_from(["Ann", "Åse Ørn"])
    return st.builds(Actor, st.sampled_from(Role), _organisations(procedure), persons)


def _funders(procedure: Procedure) -> SearchStrategy[str]:
    return st.sampled_from([*procedure.funder_names, "danske-bank"]) | texts


def _rounds(procedure: Procedure) -> SearchStrategy[str]:
    return st.sampled_from([*procedure.gates, "no-round", ""]) | texts


def _criteria(procedure: Procedure) -> list[str]:
    return [*(criterion.id for criterion in procedure.criteria), "no-criterion"]


def amounts(procedure: Procedure) -> SearchStrategy[dict[str, int]]:
    """Return whole kroner for some funders, known and unknown."""
    return st.dictionaries(_funders(procedure), _kroner, max_size=4)


def promises(procedure: Procedure) -> SearchStrategy[dict[str, int]]:
    """Return what some funds have promised to other tracks, in kroner."""
    return st.dictionaries(st.sampled_from([*sorted(procedure.fund_ids)]), _kroner, max_size=3)


_participants: SearchStrategy[Any] = st.one_of(
    st.sampled_from(_CODES),
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["cvr:1", "kl"]),
            "name": st.sampled_from(["Vand A/S", "{0}"]),
            "kind": st.sampled_from(["company", "association", "other"]),
        }
    ),
)


def _fields(procedure: Procedure) -> dict[str, SearchStrategy[Any]]:
    """Return what the fields of commands may hold; any other field holds a text."""
    return {
        "at": moments(procedure),
        "by": actors(procedure),
        "title": st.text(min_size=1, max_size=30).map(lambda text: f"Spor {text}"),
        "participants": st.lists(_participants, max_size=5),
        "participant": _organisations(procedure) | texts,
        "elements": st.lists(st.sampled_from(Element), max_size=4),
        "results_open": st.booleans(),
        "proven_solution": st.booleans(),
        "contributions": amounts(procedure),
        "cofinancing": st.none() | _kroner,
        "round": _rounds(procedure),
        "criterion": st.sampled_from(_criteria(procedure)),
        "met": st.booleans(),
        "granted": amounts(procedure),
        "conditions": st.lists(_CONDITIONS, max_size=3),
        "funder": _funders(procedure),
        "amount": _kroner,
        "valid_until": st.none() | dates(procedure),
        "condition": _CONDITIONS | texts,
    }


def commands_of(kind: type[Command], procedure: Procedure) -> SearchStrategy[Command]:
    """Return any commands of one kind; what may be left out is left out at times."""
    return _commands(kind, _fields(procedure))


def commands(procedure: Procedure) -> SearchStrategy[Command]:
    """Return commands of every kind, most of them senseless."""
    fields = _fields(procedure)
    return st.one_of([_commands(kind, fields) for kind in COMMANDS.values()])


def _commands(
    kind: type[Command], fields: Mapping[str, SearchStrategy[Any]]
) -> SearchStrategy[Command]:
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for field in attrs.fields(kind):
        stated = required if field.default is attrs.NOTHING else optional
        stated[field.name] = fields.get(field.name, texts)
    return st.fixed_dictionaries(required, optional=optional).map(lambda said: kind(**said))


_numbers: SearchStrategy[int] = _kroner | st.sampled_from([-1, -_HUGE, _HUGE, 10**30])
_kept_conditions = st.lists(
    st.builds(Condition, _CONDITIONS | any_texts, st.none() | any_texts), max_size=3
).map(tuple)
_descriptions = st.builds(
    Description,
    any_texts,
    st.lists(st.sampled_from(Element), max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
)
_assessments = st.builds(Assessment, st.booleans(), any_texts)


def proposals(procedure: Procedure) -> SearchStrategy[Proposal]:
    """Return any proposals that the types admit, many of which no history leads to.

    They may be without a grant and yet await consents, or in a round that nobody knows.
    """
    organisations, at = _organisations(procedure), moments(procedure)
    funders = _funders(procedure)
    kroner = st.dictionaries(funders | any_texts, _numbers, max_size=4).map(FrozenMap)
    until = st.none() | dates(procedure) | st.sampled_from([date.min, date.max])
    consents = st.builds(
        Consent, st.sampled_from(ConsentStatus), at, _numbers, _kept_conditions, until
    )
    taking_part = st.builds(
        Participant, organisations | any_texts, any_texts, st.sampled_from(Kind)
    )
    judged = st.dictionaries(st.sampled_from(_criteria(procedure)), _assessments, max_size=5)
    return st.builds(
        Proposal,
        phase=st.none() | st.sampled_from(Phase),
        since=st.none() | at,
        round=st.none() | _rounds(procedure),
        revision=_numbers,
        proposer=st.none() | organisations | any_texts,
        title=any_texts,
        summary=any_texts,
        participants=st.lists(taking_part, max_size=5).map(tuple),
        description=st.none() | _descriptions,
        budget=st.none() | st.builds(Budget, kroner, st.none() | _numbers),
        assessments=judged.map(FrozenMap),
        grant=st.none() | st.builds(Grant, kroner, _numbers, _kept_conditions),
        consents=st.dictionaries(funders, consents, max_size=4).map(FrozenMap),
    )


@st.composite
def courses(draw: st.DrawFn, procedure: Procedure, longest: int = 25) -> Course:
    """Draw at most `longest` commands that are likely to go far, some of them odd or late.

    They follow from one number, so a failing course shrinks to its shortest beginning only.
    """
    random = Random(draw(st.integers(0, 2**32)))
    steps, promised = script(random, procedure, longest)
    kept = steps[: draw(st.integers(1, longest) | st.just(longest))]
    return tuple(command(step) for step in kept), FrozenMap(promised)


def histories(procedure: Procedure, longest: int = 25) -> SearchStrategy[History]:
    """Return what comes of `courses`: histories in which every command was permitted."""
    return courses(procedure, longest).map(lambda course: lived(procedure, *course))


def lived(
    procedure: Procedure, commands: Iterable[Command], committed: Mapping[str, int]
) -> History:
    """Return the history of what is permitted of these commands, taken one after another."""
    history = History(procedure)
    for each in commands:
        decision = history.decide(each, committed=committed)
        history = history.record(decision) if decision.permitted else history
    return history
