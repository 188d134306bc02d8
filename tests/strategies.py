"""Hypothesis strategies: actors, moments near every line, commands, scripts, any proposal at all.

What `commands` and `proposals` yield need make no sense: it is what the types admit. Importing
this module loads the profile `klimaflow`: deterministic, 500 examples of each property.
`HYPOTHESIS_PROFILE=long` draws 20,000 examples anew.
"""

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from attrs import NOTHING
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from klimaflow import History, Phase, Proposal
from klimaflow.commands import COMMANDS, Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import Moment, day, moment
from klimaflow.parties import Actor, Kind, Participant, Role
from klimaflow.proposal import (
    Assessment,
    Budget,
    Condition,
    Consent,
    ConsentStatus,
    Description,
    Element,
    Grant,
)
from klimaflow.testing.author import Step, command, script
from tests.property.worlds import World, worlds

_COMMON: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("klimaflow", max_examples=500, derandomize=True, **_COMMON)
settings.register_profile("long", max_examples=20_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "klimaflow"))

WORLDS = worlds(Random(12), 60)
SHIPPED = WORLDS[0].procedure

FUNDERS = tuple(SHIPPED.funder_names)
ROUNDS = tuple(SHIPPED.gates)
FUNDS = tuple(fund.id for fund in SHIPPED.funds)
CRITERIA = tuple(criterion.id for criterion in SHIPPED.criteria)
CODES = ("0101", "0461", "0751", "1081", "1083", "1085")
CONDITIONS = ("En plan", "Et regnskab", "{0} {at} %s")
STRANGE = (
    "",
    " ",
    "\N{ZERO WIDTH SPACE}",
    "{0}",
    "{at!r}",
    "%s",
    "\x00",
    "\x1b[31m",
    "𝔎",
    "æøå" * 9,
)
EARLIEST, LATEST = moment("0001-01-02T00:00:00Z"), moment("9999-12-30T23:59:59.999999Z")
HUGE = 10**1000
MICROSECOND = timedelta(microseconds=1)


def _lines() -> list[Moment]:
    """Return every moment at which some answer of the shipped procedure changes."""
    found = [SHIPPED.partnership_ends.ends_at]
    for gates in SHIPPED.gates.values():
        found += [gates.qualification_closes_at, gates.approval_closes_at]
        found += [gates.meeting.begins_at, gates.meeting.ends_at]
    for on in (date(2024, 3, 31), date(2024, 10, 27)):  # the clocks change
        found += [day(on, SHIPPED.zone).begins_at, day(on, SHIPPED.zone).ends_at]
    nudges = (timedelta(0), MICROSECOND, -MICROSECOND, timedelta(minutes=1), timedelta(days=-1))
    return [moment(each + nudge) for each in found for nudge in nudges]


moments: SearchStrategy[Moment] = st.one_of(
    st.sampled_from(_lines()),
    st.sampled_from([EARLIEST, LATEST, LATEST - MICROSECOND]),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
).map(moment)
"""Moments on and beside every line of the procedure, at both ends of the calendar, and between."""

zones = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])

texts: SearchStrategy[str] = st.sampled_from(STRANGE) | st.text(max_size=30)
"""Texts of every script, blank ones and ones that would format something."""

any_texts: SearchStrategy[str] = texts | st.sampled_from(["\ud800", "x" * 20_001])
"""Texts that no reader admits, but the type `str` does."""

organisations: SearchStrategy[str] = st.sampled_from([*CODES, *FUNDERS, "kl", "cvr:12345678"])

actors: SearchStrategy[Actor] = st.builds(
    Actor, st.sampled_from(Role), organisations, st.none() | st.sampled_from(["Ann", "Åse Ørn"])
)

dates: SearchStrategy[date] = st.one_of(
    st.sampled_from(sorted({each.date() for each in _lines()})),
    st.dates(date(1900, 1, 1), date(9000, 12, 31)),
)

rounds: SearchStrategy[str] = st.sampled_from([*ROUNDS, "2025-spring", ""]) | texts
funders: SearchStrategy[str] = st.sampled_from([*FUNDERS, "danske-bank"]) | texts
kroner: SearchStrategy[int] = st.one_of(
    st.sampled_from([0, 1, 500_000, 9_999_999, 10_000_000, 10_000_001, 10**12]),
    st.integers(0, 10**12),
)
amounts: SearchStrategy[dict[str, int]] = st.dictionaries(funders, kroner, max_size=4)
conditions: SearchStrategy[list[str]] = st.lists(st.sampled_from(CONDITIONS), max_size=3)
committed: SearchStrategy[dict[str, int]] = st.dictionaries(
    st.sampled_from([*FUNDS, "no-fund"]), kroner, max_size=3
)
"""What the funds have promised to other tracks."""

participants: SearchStrategy[Any] = st.one_of(
    st.sampled_from(CODES),
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["cvr:1", "kl"]),
            "name": st.sampled_from(["Vand A/S", "{0}"]),
            "kind": st.sampled_from(["company", "association", "other"]),
        }
    ),
)

_FIELDS: dict[str, SearchStrategy[Any]] = {
    "at": moments,
    "by": actors,
    "title": st.text(min_size=1, max_size=30).map(lambda text: f"Spor {text}"),
    "participants": st.lists(participants, max_size=5),
    "participant": organisations | texts,
    "elements": st.lists(st.sampled_from(Element), max_size=4),
    "results_open": st.booleans(),
    "proven_solution": st.booleans(),
    "contributions": amounts,
    "cofinancing": st.none() | kroner,
    "round": rounds,
    "criterion": st.sampled_from([*CRITERIA, "no-criterion"]),
    "met": st.booleans(),
    "granted": amounts,
    "conditions": conditions,
    "funder": funders,
    "amount": kroner,
    "valid_until": st.none() | dates,
    "condition": st.sampled_from(CONDITIONS) | texts,
}


def commands_of(kind: type[Command]) -> SearchStrategy[Command]:
    """Return any commands of one kind; what may be left out is left out at times."""
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for field in kind.__attrs_attrs__:
        stated = required if field.default is NOTHING else optional
        stated[field.name] = _FIELDS.get(field.name, texts)
    return st.fixed_dictionaries(required, optional=optional).map(lambda said: kind(**said))


commands: SearchStrategy[Command] = st.one_of([commands_of(kind) for kind in COMMANDS.values()])
"""Commands of every kind, most of them senseless."""

any_numbers: SearchStrategy[int] = kroner | st.sampled_from([-1, -HUGE, HUGE, 10**30])
any_dates: SearchStrategy[date] = dates | st.sampled_from([date.min, date.max])
any_amounts = st.dictionaries(funders | any_texts, any_numbers, max_size=4).map(FrozenMap)
any_conditions = st.lists(
    st.builds(Condition, st.sampled_from(CONDITIONS) | any_texts, st.none() | any_texts), max_size=3
).map(tuple)
any_participants = st.lists(
    st.builds(Participant, organisations | any_texts, any_texts, st.sampled_from(Kind)), max_size=5
).map(tuple)
consents = st.builds(
    Consent,
    st.sampled_from(ConsentStatus),
    moments,
    any_numbers,
    any_conditions,
    st.none() | any_dates,
)

proposals: SearchStrategy[Proposal] = st.builds(
    Proposal,
    phase=st.none() | st.sampled_from(Phase),
    since=st.none() | moments,
    round=st.none() | rounds,
    revision=any_numbers,
    proposer=st.none() | organisations | any_texts,
    title=any_texts,
    summary=any_texts,
    participants=any_participants,
    description=st.none()
    | st.builds(
        Description,
        any_texts,
        st.lists(st.sampled_from(Element), max_size=3).map(tuple),
        st.booleans(),
        st.booleans(),
    ),
    budget=st.none() | st.builds(Budget, any_amounts, st.none() | any_numbers),
    assessments=st.dictionaries(
        st.sampled_from([*CRITERIA, "no-criterion"]),
        st.builds(Assessment, st.booleans(), any_texts),
        max_size=5,
    ).map(FrozenMap),
    grant=st.none() | st.builds(Grant, any_amounts, any_numbers, any_conditions),
    consents=st.dictionaries(funders, consents, max_size=4).map(FrozenMap),
)
"""Any proposals that the types admit: without a grant yet awaiting consents, in no known round."""


@st.composite
def scripts(draw: st.DrawFn, longest: int = 25) -> tuple[World, list[Step], dict[str, int]]:
    """Draw a world, steps that are likely to go far in it, and what its funds have promised.

    The steps follow from one number, so a failing script shrinks to its shortest beginning only.
    """
    world = draw(st.sampled_from(WORLDS) | st.just(WORLDS[0]))
    steps, promised = script(Random(draw(st.integers(0, 2**32))), world.procedure, longest)
    return world, steps[: draw(st.integers(1, longest))], promised


@st.composite
def asked(draw: st.DrawFn) -> tuple[World, list[Command], dict[str, int]]:
    """Draw as `scripts` does, with any commands strewn in."""
    world, steps, promised = draw(scripts())
    asked = [command(step) for step in steps]
    for strange in draw(st.lists(commands, max_size=3)):
        asked.insert(draw(st.integers(0, len(asked))), strange)
    return world, asked, promised


def lived(world: World, commands: Iterable[Command], promised: dict[str, int]) -> History:
    """Return the history of what is permitted of these commands."""
    history = History(world.procedure)
    for each in commands:
        decision = history.decide(each, committed=promised)
        history = history.record(decision) if decision.permitted else history
    return history
