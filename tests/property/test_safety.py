"""What the document forbids never happens, told from the events alone.

None of this asks the library's facts or rules: it reads what happened with plain loops.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given

from klimaflow import History, Phase
from klimaflow import events as happened
from klimaflow.commands import Command
from klimaflow.events import Event
from klimaflow.testing.author import command, script
from tests.oracle import in_time
from tests.property.worlds import Facts, World
from tests.strategies import WORLDS, asked, lived

COURSES = 500  # that came to their start: fewer would say little
ENDS = (happened.Started, happened.Rejected, happened.Withdrawn)
SUBMITTED = (happened.SubmittedForQualification, happened.SubmittedForApproval)
Events = Sequence[Event]


def day(at: datetime, facts: Facts) -> date:
    return at.astimezone(facts["zone"]).date()


def after(events: Events, *kinds: type[Event]) -> list[Event]:
    """Return the events after the last one of these kinds; all, if there is none."""
    last = max((n for n, event in enumerate(events) if isinstance(event, kinds)), default=-1)
    return list(events[last + 1 :])


def wrongs(events: Events, facts: Facts) -> Iterator[str]:
    """Yield what should never have happened in this course of events."""
    for number, event in enumerate(events):
        before = events[:number]
        if any(isinstance(each, ENDS) for each in before):
            yield f"{event} after the end"
        if isinstance(event, SUBMITTED):
            yield from wrong_with_a_submission(event, before, facts)
        if isinstance(event, happened.Approved | happened.Rejected):
            rounds = [each.round for each in before if isinstance(each, _CHOOSES)]
            if day(event.at, facts) < facts["rounds"][rounds[-1]]["committee"]:
                yield f"{event} before the committee met"
        if isinstance(event, happened.Started):
            yield from wrong_with_the_start(event, before, facts)


_CHOOSES = (*SUBMITTED, happened.Deferred)


def wrong_with_a_submission(
    event: happened.SubmittedForQualification | happened.SubmittedForApproval,
    before: Events,
    facts: Facts,
) -> Iterator[str]:
    approval = isinstance(event, happened.SubmittedForApproval)
    do = "submit-for-approval" if approval else "submit-for-qualification"
    gate = facts["rounds"][event.round]["approval" if approval else "qualification"]
    if not in_time(event.at, gate, facts):
        yield f"{event} is too late"
    if do in facts["binding_at"] and authorities(before, facts) < facts["minimum"]:
        yield f"{event} with {authorities(before, facts)} authorities"
    if not approval:
        return
    judged = {}
    for each in after(before, happened.Returned):
        if isinstance(each, happened.CriterionAssessed):
            judged[each.criterion] = each.met
    for criterion, strength in facts["criteria"].items():
        if strength == "binding" and not judged.get(criterion):
            yield f"{event} without {criterion}"


def wrong_with_the_start(start: Event, before: Events, facts: Facts) -> Iterator[str]:
    grant: dict[str, int] = {}
    for event in before:
        if isinstance(event, happened.Approved | happened.GrantAmended):
            grant = dict(event.granted)
    if sum(grant.values()) <= 0:
        yield "a start without money"
    for funder, kroner in grant.items() if facts["required_at"] == "start" else ():
        if kroner > 0 and not consented(funder, kroner, start.at, before, facts):
            yield f"a start without the consent of {funder} to {kroner}"
    if "start" in facts["binding_at"] and authorities(before, facts) < facts["minimum"]:
        yield f"a start with {authorities(before, facts)} authorities"
    if day(start.at, facts) > facts["valid_until"]:
        yield "a start after the partnership"


def consented(funder: str, kroner: int, at: datetime, before: Events, facts: Facts) -> bool:
    """Tell whether the funder's own last word is a yes to this amount, in force at that moment."""
    covered, in_force = -1, False
    for event in after(before, happened.Approved, happened.Returned):
        if isinstance(event, happened.GrantAmended):
            now = event.granted.get(funder, 0)
            covered = covered if 0 < now <= covered else -1  # void, or asked no longer
        elif getattr(event, "funder", None) != funder:
            continue
        elif isinstance(event, happened.ConsentGiven):
            own = (event.by.role, event.by.organisation) == ("funder", funder)
            covered = event.amount if own else -1
            in_force = event.at <= at and day(at, facts) <= (event.valid_until or date.max)
        else:
            covered = -1
    return covered >= kroner and in_force


def authorities(before: Events, facts: Facts) -> int:
    """Return how many distinct participants are of a kind that counts."""
    kinds: dict[str, str] = {}
    for event in before:
        if isinstance(event, happened.ParticipantsEnlisted):
            kinds = {**{each.id: each.kind for each in reversed(event.participants)}, **kinds}
        if isinstance(event, happened.ParticipantReleased):
            kinds.pop(event.participant, None)
    return sum(kind in facts["kinds"] for kind in kinds.values())


def started(world: World, seed: int) -> Iterator[History]:
    """Yield histories that came to their start, without end."""
    random = Random(seed)
    while True:
        steps, promised = script(random, world.procedure)
        history = lived(world, [command(step) for step in steps], promised)
        if history.proposal.phase is Phase.STARTED:
            yield history


@given(asked())
def test_nothing_forbidden_happens(asked: tuple[World, list[Command], dict[str, int]]) -> None:
    assert list(wrongs(lived(*asked).events, asked[0].facts)) == []


def test_no_course_to_the_start_went_wrong() -> None:
    courses = started(WORLDS[0], seed=1)
    seen: Counter[str] = Counter()
    for _ in range(COURSES):
        history = next(courses)
        assert list(wrongs(history.events, WORLDS[0].facts)) == []
        seen.update({type(event).__name__ for event in history.events})
    detours = (
        "Returned",
        "GrantAmended",
        "ConsentWithdrawn",
        "ParticipantReleased",
        "ConditionMet",
    )
    assert all(seen[each] >= 5 for each in detours), seen


class TestTheLoopsThemselves:
    """They see what was taken out of, or changed in, a course that went well."""

    @pytest.mark.parametrize(
        ("kind", "wrong"),
        [
            (happened.ConsentGiven, "without the consent"),
            (happened.ParticipantsEnlisted, "authorities"),
            (happened.CriterionAssessed, "SubmittedForApproval"),
            ((happened.Approved, happened.GrantAmended), "without money"),
        ],
    )
    def test_an_event_that_is_missing_is_missed(self, kind: Any, wrong: str) -> None:
        for _, history in zip(range(20), started(WORLDS[0], seed=2), strict=False):
            fewer = [event for event in history.events if not isinstance(event, kind)]
            assert any(wrong in each for each in wrongs(fewer, WORLDS[0].facts))

    @pytest.mark.parametrize(
        ("kind", "change"),
        [
            (happened.ConsentGiven, lambda e: {"amount": 0}),
            (happened.ConsentGiven, lambda e: {"by": attrs.evolve(e.by, organisation="kl")}),
            (happened.ConsentGiven, lambda e: {"valid_until": date(2024, 1, 1)}),
            (happened.ConsentGiven, lambda e: {"at": e.at.add(years=4)}),
            (happened.CriterionAssessed, lambda e: {"met": False}),
            (happened.Started, lambda e: {"at": e.at.add(years=9)}),
            (happened.Approved, lambda e: {"at": e.at - timedelta(days=300)}),
            (happened.SubmittedForQualification, lambda e: {"at": e.at.add(years=1)}),
        ],
    )
    def test_an_event_that_was_otherwise_is_seen(self, kind: type[Event], change: Any) -> None:
        for _, history in zip(range(20), started(WORLDS[0], seed=3), strict=False):
            other = [
                attrs.evolve(event, **change(event)) if isinstance(event, kind) else event
                for event in history.events
            ]
            assert list(wrongs(other, WORLDS[0].facts)) != []
