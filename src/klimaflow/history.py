"""The append-only record of one proposal: what happened, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import attrs
from attrs import field, frozen

from klimaflow import fields, phrases
from klimaflow.commands import Command
from klimaflow.decider import NOTHING_COMMITTED, Decision, decide, evolve, obeyed
from klimaflow.errors import CaseError, HistoryError, NotPermitted
from klimaflow.events import EVENTS, Event
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import BY_PHASE_AND_DEED, Move
from klimaflow.making import maker
from klimaflow.moments import moment
from klimaflow.options import Option, options
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal
from klimaflow.tables import html_table

__all__ = ["SCHEMA", "History"]

SCHEMA: Final = 1
"""The version of the records that `to_records` writes and `from_records` reads."""


@frozen(weakref_slot=False)
class History:
    """The events of one proposal under one procedure, and the proposal that they leave.

    A history never changes; `then` and `record` return a longer one.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    events: tuple[Event, ...] = field(default=(), alias="_events")
    proposal: Proposal = field(default=Proposal(), alias="_proposal")

    def decide(
        self, command: Command, *, committed: Mapping[str, int] = NOTHING_COMMITTED
    ) -> Decision:
        """Answer a command, without doing it; see `klimaflow.decide`.

        Raises `CaseError` for a fund in `committed` that the procedure does not have, and for what
        is no amount of kroner: a misspelt promise would otherwise be spent twice.
        """
        if committed is not NOTHING_COMMITTED:
            committed = _promised(committed, self.procedure)
        return decide(self.procedure, self.proposal, command, committed=committed)

    def then(
        self, command: Command, *, committed: Mapping[str, int] = NOTHING_COMMITTED
    ) -> History:
        """Return the history after a command; raise `NotPermitted` if it is refused."""
        return self.record(self.decide(command, committed=committed))

    def record(self, decision: Decision) -> History:
        """Return the history with what was decided.

        Raises `NotPermitted` for a refusal, and `HistoryError` for a decision that was made on
        another procedure or another state of the proposal.
        """
        facts, events, move = decision.facts, decision.events, decision.move
        if not events or move is None:
            raise NotPermitted(decision)
        if facts.proposal is not self.proposal and facts.proposal != self.proposal:
            raise HistoryError("the decision was made on another state of the proposal")
        if facts.procedure is not self.procedure and facts.procedure != self.procedure:
            raise HistoryError("the decision was made under another procedure")
        proposal = obeyed(self.proposal, events[0], move)
        return _history(self.procedure, self.events + events, proposal)

    def _with(self, events: tuple[Event, ...]) -> History:
        proposal = self.proposal
        for event in events:
            proposal = evolve(proposal, event)
        return _history(self.procedure, self.events + events, proposal)

    def as_of(self, at: str | datetime) -> History:
        """Return the history of what was received by a moment, that moment included."""
        limit = moment(at)
        return History(self.procedure)._with(tuple(e for e in self.events if e.at <= limit))

    def possible(self, at: str | datetime, by: str | Actor) -> tuple[Option, ...]:
        """Return what an actor may do at a moment, and what is missing for the rest.

        There is one option for each move from here, asked with the values that are likeliest.
        """
        asker = Command(at=at, by=by)
        return options(self.procedure, self.proposal, asker.at, asker.by)

    def decisions(self) -> Iterator[Decision]:
        """Yield the decision behind each event, made again on what was known then."""
        proposal = Proposal()
        for event in self.events:
            command = _command_of(event, proposal)
            committed = getattr(event, "committed", NOTHING_COMMITTED)
            yield decide(self.procedure, proposal, command, committed=committed)
            proposal = evolve(proposal, event)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each event, as tables like them: `at` is aware, the rest is text.

        `phase` and `round` are those after the event.
        """
        rows: list[dict[str, Any]] = []
        proposal = Proposal()
        for number, event in enumerate(self.events, start=1):
            do = _move(event, proposal).command.do
            proposal = evolve(proposal, event)
            rows.append(
                {
                    "number": number,
                    "at": event.at,
                    "by": str(event.by),
                    "do": do,
                    "event": type(event).__name__,
                    "phase": str(proposal.phase),
                    "round": proposal.round,
                }
            )
        return rows

    def _repr_html_(self) -> str:
        zone = self.procedure.zone
        rows = [
            (
                str(row["number"]),
                phrases.moment(row["at"], "en", zone),
                phrases.label("commands", row["do"], "en"),
                row["by"],
                phrases.label("phases", row["phase"], "en"),
            )
            for row in self.rows()
        ]
        head = [
            phrases.label("words", each, "en") for each in ("number", "at", "do", "by", "phase")
        ]
        return html_table(f"{self.proposal.title} ({self.procedure.id})", head, rows)

    def to_records(self) -> list[dict[str, Any]]:
        """Return the history as JSON-safe dicts: a head, then one for each event.

        The head names the procedure by id, edition and SHA-256 and counts the events.
        """
        events = [_record(number, event) for number, event in enumerate(self.events, start=1)]
        return [{"schema": SCHEMA, **_identity(self.procedure), "events": len(events)}, *events]

    @classmethod
    def from_records(cls, records: Sequence[Mapping[str, Any]], procedure: Procedure) -> History:
        """Return the history that `to_records` wrote, under the same procedure.

        Raises `HistoryError` that says where, for records that are cut, reordered, of an unknown
        version, of another procedure, unreadable, or of a move that the lifecycle does not have.
        """
        try:
            if not isinstance(records, (list, tuple)) or not records:
                raise Unreadable(("records", "expected a list that begins with a head"))
            head, *rest = records
            readers: list[tuple[str, Callable[[], Any]]] = [
                ("records[0]", partial(_check_head, head, procedure)),
                *((f"records[{n}]", partial(_event, r, n)) for n, r in enumerate(rest, start=1)),
                ("records", partial(_check_count, head, len(rest))),
            ]
            _, *events, _ = fields.gathered(readers)
        except Unreadable as error:
            raise HistoryError("\n".join(error.lines())) from None
        return cls(procedure)._replayed(events)

    def _replayed(self, events: Sequence[Event]) -> History:
        history = self
        for number, event in enumerate(events, start=1):
            since = history.proposal.since
            if since is not None and event.at < since:
                raise HistoryError(f"records[{number}].at: comes before its phase was entered")
            try:
                history = history._with((event,))
            except HistoryError as error:
                raise HistoryError(f"records[{number}].event: {error}") from None
        return history


_history = maker(History)


def _promised(committed: Mapping[str, int], procedure: Procedure) -> Mapping[str, int]:
    try:
        promised = fields.amounts(committed)
    except Unreadable as error:
        raise CaseError(Unreadable(*error.under("committed")).lines()) from None
    if strange := [each for each in promised if each not in procedure.fund_ids]:
        raise CaseError([f"committed.{each}: is no fund of the procedure" for each in strange])
    return promised


def _move(event: Event, proposal: Proposal) -> Move:
    return BY_PHASE_AND_DEED[proposal.phase, type(event)]


def _command_of(event: Event, proposal: Proposal) -> Command:
    """Return what was asked; not read again, for the register of that day need not be today's."""
    of = _move(event, proposal).command
    command = object.__new__(of)
    for each in attrs.fields(of):
        object.__setattr__(command, each.name, getattr(event, each.name))
    return command


def _identity(procedure: Procedure) -> dict[str, Any]:
    names = ("id", "edition", "sha256")
    return {"procedure": {name: getattr(procedure, name) for name in names}}


def _record(number: int, event: Event) -> dict[str, Any]:
    said = attrs.asdict(event, value_serializer=_plain)
    at, by = said.pop("at"), said.pop("by")
    name = type(event).__name__
    return {"schema": SCHEMA, "number": number, "event": name, "at": at, "by": by, "said": said}


def _plain(_owner: object, _field: object, value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (Actor, StrEnum)):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _is(value: object, number: int) -> bool:
    return type(value) is int and value == number  # true and 1.0 are no numbers here


def _check_head(head: object, procedure: Procedure) -> None:
    if not isinstance(head, Mapping):
        raise Unreadable("expected a table")
    problems = [*_of_another_version(head)]
    if set(head) != {"schema", "procedure", "events"}:
        raise Unreadable(*problems, "expected the head: schema, procedure and events")
    stated, expected = head["procedure"], _identity(procedure)["procedure"]
    if stated != expected or not _is(stated["edition"], procedure.edition):
        problems.append(("procedure", f"is not {expected}"))
    if problems:
        raise Unreadable(*problems)


def _check_count(head: object, count: int) -> None:
    if isinstance(head, Mapping) and "events" in head and not _is(head["events"], count):
        found = f"{count} of {fields.shown(head['events'], repr)} events are here"
        raise Unreadable(f"{found}: some are cut off")


def _of_another_version(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not _is(version := record.get("schema"), SCHEMA):
        yield "schema", f"{fields.shown(version, repr)} is not {SCHEMA}"


def _event(record: object, number: int) -> Event:
    if not isinstance(record, Mapping):
        raise Unreadable("expected a table")
    return fields.checked(_happened, partial(_misplaced, number))(record)


def _misplaced(number: int, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _of_another_version(record)
    if not _is(record.get("number"), number):
        found = f"{fields.shown(record.get('number'), repr)} is not {number}"
        yield "number", f"{found}: a record is missing, doubled or out of order"


def _happened(record: Mapping[str, Any]) -> Event:
    if set(record) != {"schema", "number", "event", "at", "by", "said"}:
        raise Unreadable("expected schema, number, event, at, by and said")
    name, said = record["event"], record["said"]
    known, problems = {"at": record["at"], "by": record["by"]}, []
    if not isinstance(name, str) or name not in EVENTS:
        problems.append(("event", f"{fields.shown(name)!r} is no event of the lifecycle"))
    if not isinstance(said, Mapping) or {"at", "by"} & set(said):
        problems.append(("said", "expected a table of what the event says"))
    try:
        if problems:
            fields.read(Event, known)  # who it was and when, as the rest is not known
        else:
            return fields.read(EVENTS[name], {**known, **said})
    except Unreadable as error:
        problems += [(path if path in known else f"said.{path}", p) for path, p in error.problems]
    raise Unreadable(*problems)
