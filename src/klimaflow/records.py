"""A history as JSON-safe records: a head, then one for each event and each change of procedure.

Each record carries the version of its own form, so that what is stored stays as it is when a case
is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.changes import ProcedureChanged, Verdict, named
from klimaflow.commands import Command
from klimaflow.decider import evolve
from klimaflow.errors import HistoryError
from klimaflow.events import EVENTS, Event
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import COMMAND_OF
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal

__all__ = ["SCHEMA", "SCHEMA_OF_CHANGES"]

SCHEMA: Final = 1
"""The version of an event's record, and of the head of a history that was never moved."""

SCHEMA_OF_CHANGES: Final = 2
"""The version of the record of a change of procedure, and of the head of a history with one."""

Entry = Event | ProcedureChanged
"""What stands in a history."""

_CHANGE = ProcedureChanged.__name__


_HEAD = {"schema", "procedure", "events"}
_HEAD_OF_CHANGES = {*_HEAD, "opened_under", "changes"}


def written(
    procedure: Procedure, opened_under: Procedure, entries: Iterable[Entry]
) -> list[dict[str, Any]]:
    """Return the records of a history that holds these entries and is now under a procedure."""
    records = [record(number, entry) for number, entry in enumerate(entries, start=1)]
    changes = sum(map(_is_change, records))
    head = {"schema": SCHEMA, "procedure": identity(procedure), "events": len(records) - changes}
    if changes:
        more = {"opened_under": identity(opened_under), "changes": changes}
        head |= {"schema": SCHEMA_OF_CHANGES, **more}
    return [head, *records]


def _is_change(record: object) -> bool:
    event = record.get("event") if isinstance(record, Mapping) else None
    return isinstance(event, str) and event == _CHANGE


def _version(record: object) -> int:
    return SCHEMA_OF_CHANGES if _is_change(record) else SCHEMA


def identity(procedure: Procedure) -> dict[str, Any]:
    """Return what a record names a procedure by: id, edition and SHA-256."""
    return {name: getattr(procedure, name) for name in ("id", "edition", "sha256")}


def record(number: int, entry: Entry) -> dict[str, Any]:
    """Return the record of one entry; `number` is its place after the head, from 1."""
    said = plain(entry)
    at, by = said.pop("at"), said.pop("by")
    record = {"number": number, "event": type(entry).__name__, "at": at, "by": by, "said": said}
    return {"schema": _version(record), **record}


def plain(said: Entry | Command) -> dict[str, Any]:
    """Return the fields of what happened, or of what was asked, as JSON-safe values."""
    return attrs.asdict(said, value_serializer=_plain)


def _plain(_owner: object, _field: object, value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (Actor, StrEnum)):
        return str(value)
    if isinstance(value, Procedure):
        return identity(value)
    return list(value) if isinstance(value, tuple) else value


class Replay:
    """What entries come to, one after the other, after those of a history as it stands."""

    def __init__(
        self,
        procedure: Procedure,
        proposal: Proposal,
        events: Iterable[Event],
        changes: Iterable[ProcedureChanged],
    ) -> None:
        self.procedure = procedure
        self.proposal = proposal
        self.events = [*events]
        self.changes = [*changes]

    @property
    def following(self) -> int:
        """The number of the next entry, from 1."""
        return len(self.events) + len(self.changes) + 1

    def take_all(self, entries: Iterable[Entry]) -> None:
        """Take the next entries; raise `Unreadable` with the path of one that cannot stand here."""
        for number, entry in enumerate(entries, start=self.following):
            try:
                self._take(entry)
            except Unreadable as error:
                raise Unreadable(*error.under(f"records[{number}]")) from None

    def _take(self, entry: Entry) -> None:
        since = self.proposal.since
        if since is not None and entry.at < since:
            raise Unreadable(("at", "comes before its phase was entered"))
        if isinstance(entry, Event):
            self._happened(entry)
        else:
            self._changed(entry)

    def _happened(self, event: Event) -> None:
        try:
            self.proposal = evolve(self.proposal, event)
        except HistoryError as error:
            raise Unreadable(("event", str(error))) from None
        self.events.append(event)

    def _changed(self, change: ProcedureChanged) -> None:
        problems = []
        if self.changes and change.at < self.changes[-1].at:
            problems.append(("at", "comes before the change before it"))
        if change.before != self.procedure:
            held = f"is not the procedure that held: {named(self.procedure)}"
            problems.append(("said.before", held))
        if change.after == change.before:
            problems.append(("said.after", "is the procedure that held"))
        judged = [(verdict.number, verdict.do) for verdict in change.verdicts]
        done = [(number, COMMAND_OF[type(e)].do) for number, e in enumerate(self.events, start=1)]
        if not judged or judged != done:
            problems.append(("said.verdicts", "are not one for each event until then, in order"))
        if problems:
            raise Unreadable(*problems)
        self.changes.append(change)
        self.procedure = change.after


def read(records: object, given: Sequence[Procedure]) -> Replay:
    """Return what records come to; `given` has every procedure that they name.

    Raises `HistoryError` that says where.
    """
    try:
        if not isinstance(records, (list, tuple)) or not records:
            raise Unreadable(("records", "expected a list that begins with a head"))
        head, *rest = records
        readers: list[tuple[str, Callable[[], Any]]] = [
            ("records[0]", partial(_head, head, given)),
            *_entries(rest, 1, given),
            ("records", partial(_check_counts, head, rest)),
        ]
        (procedure, opened_under), *entries, _ = fields.gathered(readers)
        return _replayed(procedure, opened_under, entries)
    except Unreadable as error:
        raise HistoryError("\n".join(error.lines())) from None


def read_on(replay: Replay, records: Iterable[object], given: Sequence[Procedure]) -> Replay:
    """Return what records come to that are the next ones; raises as `read` does."""
    try:
        replay.take_all(fields.gathered(_entries(records, replay.following, given)))
    except Unreadable as error:
        raise HistoryError("\n".join(error.lines())) from None
    return replay


def _entries(
    records: Iterable[object], first: int, given: Sequence[Procedure]
) -> Iterator[tuple[str, Callable[[], Entry]]]:
    for number, record in enumerate(records, start=first):
        yield f"records[{number}]", partial(_entry, record, number, given)


def _replayed(procedure: Procedure, opened_under: Procedure, entries: Sequence[Entry]) -> Replay:
    replay = Replay(opened_under, Proposal(), (), ())
    replay.take_all(entries)
    if replay.procedure is not procedure and replay.procedure != procedure:
        moved = f"is not what the last change moves to: {named(replay.procedure)}"
        raise Unreadable(("records[0].procedure", moved))
    return replay


def _is(value: object, number: int) -> bool:
    return type(value) is int and value == number  # true and 1.0 are no numbers here


def _head(head: object, given: Sequence[Procedure]) -> tuple[Procedure, Procedure]:
    """Return the procedure that holds and the one that held first."""
    if not isinstance(head, Mapping):
        raise Unreadable("expected a table")
    keys, version = _HEAD, SCHEMA
    if {"opened_under", "changes"} & set(head):
        keys, version = _HEAD_OF_CHANGES, SCHEMA_OF_CHANGES
    reader = partial(_procedures, keys=keys, given=given)
    return fields.checked(reader, partial(_of_another_version, ours=version))(head)


def _procedures(
    head: Mapping[str, Any], keys: set[str], given: Sequence[Procedure]
) -> tuple[Procedure, Procedure]:
    if set(head) != keys:
        more = " and, where a case was moved, opened_under and changes"
        raise Unreadable(f"expected the head: schema, procedure, events{more}")
    names = [name for name in ("procedure", "opened_under") if name in head]
    found = fields.gathered((name, partial(_one_of, given, head[name])) for name in names)
    return found[0], found[-1]


def _one_of(given: Sequence[Procedure], stated: Any) -> Procedure:
    """Return the procedure that a record names by id, edition and SHA-256."""
    for procedure in given:
        if stated == identity(procedure) and _is(stated["edition"], procedure.edition):
            return procedure
    known = " nor ".join(str(identity(procedure)) for procedure in given[:2])
    more = f" nor {len(given) - 2} more of those given" if len(given) > 2 else ""
    raise Unreadable(f"is not {known}{more}{_way_out(stated)}")


def _way_out(stated: object) -> str:
    try:
        wanted = fields.read(_Identity, stated)
    except Unreadable:
        return ""
    return f": hand in {wanted.id}, edition {wanted.edition}, of SHA-256 {wanted.sha256}"


@frozen(eq=False, repr=False)
class _Identity:
    id: str = field(metadata=fields.reads(fields.identifier))
    edition: int = field(metadata=fields.reads(fields.whole))
    sha256: str = field(metadata=fields.reads(fields.identifier))


def _check_counts(head: object, rest: Sequence[object]) -> None:
    if not isinstance(head, Mapping) or "events" not in head:
        return
    changes = sum(map(_is_change, rest))
    counted = (("events", len(rest) - changes), ("changes of procedure", changes))
    stated = (head["events"], head.get("changes", 0))
    for (what, here), said in zip(counted, stated, strict=True):
        if not _is(said, here):
            found = f"{here} of {fields.shown(said, repr)} {what} are here"
            raise Unreadable(f"{found}: some are cut off")


def _of_another_version(record: Mapping[str, Any], ours: int) -> Iterator[tuple[str, str]]:
    if not _is(version := record.get("schema"), ours):
        yield "schema", f"{fields.shown(version, repr)} is not {ours}"


def _entry(record: object, number: int, given: Sequence[Procedure]) -> Entry:
    if not isinstance(record, Mapping):
        raise Unreadable("expected a table")
    reader: Callable[[Any], Entry] = _happened
    if _is_change(record):
        reader = partial(_changed, given=given)
    return fields.checked(reader, partial(_misplaced, number))(record)


def _misplaced(number: int, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _of_another_version(record, _version(record))
    if not _is(record.get("number"), number):
        found = f"{fields.shown(record.get('number'), repr)} is not {number}"
        yield "number", f"{found}: a record is missing, doubled or out of order"


def _keys_of(record: Mapping[str, Any]) -> None:
    if set(record) != {"schema", "number", "event", "at", "by", "said"}:
        raise Unreadable("expected schema, number, event, at, by and said")


def _happened(record: Mapping[str, Any]) -> Event:
    _keys_of(record)
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


def _changed(record: Mapping[str, Any], given: Sequence[Procedure]) -> ProcedureChanged:
    _keys_of(record)
    said = record["said"]
    keys = ("reason", "before", "after", "verdicts")
    if not isinstance(said, Mapping) or set(said) != set(keys):
        raise Unreadable(("said", f"expected {', '.join(keys)}"))
    readers: list[tuple[str, Callable[[], Any]]] = [
        ("at", partial(fields.at, record["at"])),
        ("by", partial(fields.actor, record["by"])),
        ("said.reason", partial(fields.visible, said["reason"])),
        ("said.before", partial(_one_of, given, said["before"])),
        ("said.after", partial(_one_of, given, said["after"])),
        ("said.verdicts", partial(_verdicts, said["verdicts"])),
    ]
    return ProcedureChanged(*fields.gathered(readers))


def _verdicts(value: object) -> tuple[Verdict, ...]:
    if not isinstance(value, (list, tuple)):
        raise Unreadable("expected a list")
    readers = ((f"[{n}]", partial(fields.read, Verdict, each)) for n, each in enumerate(value))
    return tuple(fields.gathered(readers))
