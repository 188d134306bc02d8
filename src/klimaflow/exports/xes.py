"""Histories as an event log in XES (IEEE 1849), for process mining.

A trace is a case, an event what was recorded in it. Its activity is called as the task of the
exported BPMN, so that one can be checked against the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from klimaflow.decider import Decision
from klimaflow.exports.activities import by_round, called
from klimaflow.history import History
from klimaflow.markup.elements import Element, element, xml_text
from klimaflow.moments import shown
from klimaflow.report.course import Course
from klimaflow.seen.words import Words

__all__ = ["log", "xes"]

STANDARD = "http://www.xes-standard.org/"
VERSION = "1849.2016"
EXTENSIONS = {
    "Concept": "concept",
    "Time": "time",
    "Organizational": "org",
    "Lifecycle": "lifecycle",
}
SHARED = {"trace": ["concept:name"], "event": ["concept:name", "lifecycle:transition", "org:role"]}
"""The texts that every trace, and every event, has."""


def xes(histories: Mapping[str, History], lang: str = "en") -> str:
    """Return the histories, each under the name of its case, as an XES log in `en` or `da`.

    Events are in the order in which they were recorded; their times are those of receipt, with the
    offset of the procedure's zone. An event has the command (`do`), who acted (`org:resource`,
    `org:role`), the phase and round that it left the proposal in, and the funder it is about.
    """
    return _written(histories.items(), lang)


def log(courses: Iterable[Course], lang: str = "en") -> str:
    """Return the same of courses; what was refused in them is no event."""
    return _written(((course.name, course.history) for course in courses), lang)


def _written(histories: Iterable[tuple[str, History]], lang: str) -> str:
    root = element(
        "log",
        (_extension(name, prefix) for name, prefix in EXTENSIONS.items()),
        (_shared(scope, keys) for scope, keys in SHARED.items()),
        element("classifier", name="Activity", keys="concept:name"),
        (_trace(name, history, lang) for name, history in histories),
        xmlns=STANDARD,
        **{"xes.version": VERSION, "xes.features": ""},
    )
    return xml_text(root)


def _extension(name: str, prefix: str) -> Element:
    return element("extension", name=name, prefix=prefix, uri=f"{STANDARD}{prefix}.xesext")


def _shared(scope: str, keys: list[str]) -> Element:
    return element("global", (_text(key, "") for key in keys), scope=scope)


def _trace(name: str, history: History, lang: str) -> Element:
    said = {
        "concept:name": name,
        "title": history.proposal.title,
        "procedure": history.procedure.id,
        "sha256": history.procedure.sha256,
    }
    return element("trace", _texts(said), _events(history, lang))


def _events(history: History, lang: str) -> Iterator[Element]:
    for decision, stage in zip(history.decisions(), history.stages(), strict=True):
        yield _event(decision, stage, lang)


def _event(decision: Decision, stage: History, lang: str) -> Element:
    """Return the last event of a history, which a decision permitted."""
    event, proposal, procedure = stage.events[-1], stage.proposal, decision.procedure
    do, move, funder = decision.command.do, decision.move, getattr(event, "funder", None)
    in_round = proposal.round if move and by_round(move, procedure) else None
    words = Words(procedure, proposal, lang)
    said = {
        "concept:name": called(do, in_round, funder, words),
        "lifecycle:transition": "complete",
        "org:role": event.by.role,
        "org:resource": str(event.by).partition(":")[2],
        "do": do,
        "phase": proposal.phase,
        "round": proposal.round,
        "funder": funder,
    }
    at = element("date", key="time:timestamp", value=shown(event.at, procedure.zone))
    return element("event", _texts(said), at)


def _texts(said: Mapping[str, str | None]) -> Iterator[Element]:
    return (_text(key, value) for key, value in said.items() if value is not None)


def _text(key: str, value: str) -> Element:
    return element("string", key=key, value=value)
