"""A plan, or the rounds of a procedure, as iCalendar (RFC 5545); the only door to icalendar.

All times are in UTC: programs differ in how they read the rules of a time zone that a file brings.
The same plan or procedure gives the same bytes: nothing in them is the time at which they were
made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from icalendar import Calendar, Event

from klimaflow.moments import Moment, day
from klimaflow.phrases import label
from klimaflow.planning.ahead import Step
from klimaflow.planning.plans import Plan
from klimaflow.planning.told import Told
from klimaflow.procedure import Gates, Procedure
from klimaflow.report.page import printable
from klimaflow.seen.words import quoted, round_label

__all__ = ["calendar", "rounds"]

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
    return _written(_events(Told(plan, lang, name), name))


def rounds(procedure: Procedure, lang: str = "en") -> str:
    """Return the deadlines and the committee meetings of a procedure's rounds as iCalendar.

    A deadline is an event without length at the last moment that is in time, in whole seconds and
    never later than that moment; a meeting lasts the day. UIDs, `DTSTAMP` and `SEQUENCE` are as in
    the calendar of a plan, without a case.
    """
    gates = procedure.gates.values()
    return _written(event for each in gates for event in _gates(each, procedure, lang)).decode()


def _written(events: Iterable[Event]) -> bytes:
    found = Calendar()
    found.add("prodid", "-//klimaflow//klimaflow plan//EN")
    found.add("version", "2.0")
    for event in events:
        found.add_component(event)
    return bytes(found.to_ical())


def _gates(gates: Gates, procedure: Procedure, lang: str) -> Iterator[Event]:
    closing = {
        "qualification": gates.qualification_closes_at,
        "approval": gates.approval_closes_at,
        "committee": gates.meeting.begins_at,
    }
    for gate, at in closing.items():
        named = f"{label('laid_down', gate, lang)} ({round_label(gates.round, lang)})"
        cited = getattr(gates.round.sources, gate) or gates.round.source
        words = f"{quoted(cited.quote, lang)} ({cited.section})" if cited else gates.round.because
        entry = [procedure.id, None, gates.round.id, gate]
        summary = f"{named}: {procedure.title}"
        event = _event(entry, at, summary, filter(None, [words]), procedure, lang)
        if gate == "committee":
            event.add("dtend", gates.meeting.ends_at)
        yield event


def _events(told: Told, name: str | None) -> Iterator[Event]:
    for step in told.plan.steps:
        if step.do == MEETING:
            yield _meeting(step, told, name)
        elif step.last is not None:
            yield _step(step, told.step(step), step.last, told, name)


def _meeting(step: Step, told: Told, name: str | None) -> Event:
    gates = told.plan.gates
    assert gates is not None, "what the committee has still to decide is in a round"
    named = label("laid_down", "committee", told.lang)
    event = _step(step, named, gates.meeting.begins_at, told, name)
    event.add("dtend", gates.meeting.ends_at)
    return event


def _step(step: Step, named: str, at: Moment, told: Told, name: str | None) -> Event:
    plan, procedure = told.plan, told.plan.history.procedure
    entry = [procedure.id, name, plan.round, step.do, plan.about(step)]
    summary = f"{named} ({told.round()}): {told.title}"
    return _event(entry, at, summary, _described(step, told), procedure, told.lang)


def _event(
    entry: list[str | None],
    at: Moment,
    summary: str,
    described: Iterable[str],
    procedure: Procedure,
    lang: str,
) -> Event:
    edition = label("report", "edition", lang).format(procedure.id, procedure.edition)
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE, json.dumps(entry))))
    event.add("dtstamp", day(procedure.checked.on, procedure.zone).begins_at)
    event.add("sequence", procedure.edition)
    event.add("dtstart", at.replace(microsecond=0))
    event.add("summary", printable(summary))
    event.add("description", "\n".join(map(printable, [*described, edition])))
    event.add("transp", "TRANSPARENT")
    return event


def _described(step: Step, told: Told) -> Iterator[str]:
    """Yield who acts, by when exactly, and the document's words for it."""
    yield told.who(step)
    if step.do != MEETING:
        yield told.last(step.last)
        closing = [step.closed_by] if step.closed_by else []
        yield from filter(None, map(told.quoted, closing))
