"""A plan as iCalendar (RFC 5545); the only door to icalendar.

All times are in UTC: programs differ in how they read the rules of a time zone that a file brings.
The same plan gives the same bytes: nothing in them is the time of day at which they were made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID, uuid5

from icalendar import Calendar, Event

from klimaflow.moments import Moment, day
from klimaflow.phrases import label
from klimaflow.planning.ahead import Step
from klimaflow.planning.plans import Plan
from klimaflow.planning.told import Told
from klimaflow.report.page import printable

__all__ = ["calendar"]

NAMESPACE = UUID("5f0c2f0e-6a0e-5a55-9d5c-3c1f0a9f7a11")
"""Of the UIDs: that of an entry follows from its procedure, case, round and step alone."""

MEETING = "approve"
"""The step that the committee's meeting stands for; its own last moment is years later."""


def calendar(plan: Plan, lang: str = "en", name: str | None = None) -> bytes:
    """Return the plan's meeting and the last moment of each step as an iCalendar file in UTF-8.

    A last moment is an event without length, in whole seconds and never later than the moment
    itself; the meeting lasts the day. `name` is that of the case: it is part of each UID, so that
    calendars update an entry that they have. `DTSTAMP` is the day on which the procedure was
    checked, `SEQUENCE` its edition.
    """
    found = Calendar()
    found.add("prodid", "-//klimaflow//klimaflow plan//EN")
    found.add("version", "2.0")
    for event in _events(Told(plan, lang, name), name):
        found.add_component(event)
    return bytes(found.to_ical())


def _events(told: Told, name: str | None) -> Iterator[Event]:
    for step in told.plan.steps:
        if step.do == MEETING:
            yield _meeting(step, told, name)
        elif step.last is not None:
            yield _event(step, told.step(step), step.last, told, name)


def _meeting(step: Step, told: Told, name: str | None) -> Event:
    gates = told.plan.gates
    assert gates is not None, "what the committee has still to decide is in a round"
    named = label("laid_down", "committee", told.lang)
    event = _event(step, named, gates.meeting.begins_at, told, name)
    event.add("dtend", gates.meeting.ends_at)
    return event


def _event(step: Step, named: str, at: Moment, told: Told, name: str | None) -> Event:
    procedure = told.plan.history.procedure
    event = Event()
    event.add("uid", _uid(step, told.plan, name))
    event.add("dtstamp", day(procedure.checked.on, procedure.zone).begins_at)
    event.add("sequence", procedure.edition)
    event.add("dtstart", at.replace(microsecond=0))
    event.add("summary", printable(f"{named} ({told.round()}): {told.title}"))
    event.add("description", "\n".join(map(printable, _described(step, told))))
    event.add("transp", "TRANSPARENT")
    return event


def _described(step: Step, told: Told) -> Iterator[str]:
    """Yield who acts, by when exactly, and the document's words for it."""
    procedure = told.plan.history.procedure
    yield told.who(step)
    if step.do != MEETING:
        yield told.last(step.last)
        closing = [step.closed_by] if step.closed_by else []
        yield from filter(None, map(told.quoted, closing))
    yield label("report", "edition", told.lang).format(procedure.id, procedure.edition)


def _uid(step: Step, plan: Plan, name: str | None) -> str:
    entry = [plan.history.procedure.id, name, plan.round, step.do, plan.about(step)]
    return str(uuid5(NAMESPACE, json.dumps(entry)))
