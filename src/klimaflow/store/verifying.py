"""Whether what is stored is what was recorded: everything is held against the chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from attrs import frozen

from klimaflow.errors import HistoryError, StoreError
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.store import chain, projection, sealing
from klimaflow.store.chain import EVENT, Kept
from klimaflow.store.checkpoints import Checkpoint, Head
from klimaflow.store.door import Row
from klimaflow.store.erasing import erased_in
from klimaflow.store.reminders import reminders
from klimaflow.store.writing import Writer

__all__ = ["Bad", "verify"]

_NEW: Final = "is not what the checkpoint has: it, or what leads to it, is new"


@frozen
class Bad(Sheet):
    """Something that is not as it was recorded. `position` is that of the entry, if it is one."""

    case_id: str | None
    position: int | None
    what: str

    def __str__(self) -> str:
        place = [str(each) for each in (self.case_id, self.position) if each is not None]
        return ": ".join([", position ".join(place), self.what]) if place else self.what


def verify(writer: Writer, against: Checkpoint | None) -> list[Bad]:
    """Return what is wrong; see `Store.verify`."""
    try:
        return [*_Verification(writer, against).found()]
    except (TypeError, ValueError) as error:  # SQLite keeps whatever is written into a column
        return [Bad(None, None, f"a value cannot be read: {error}")]


class _Verification:
    """What has been seen of the chains, against which the other tables are held."""

    def __init__(self, writer: Writer, against: Checkpoint | None) -> None:
        self.writer = writer
        self.against = {} if against is None else dict(against.heads)
        self.proposals = {row["case_id"]: row for row in writer.rows.proposals()}
        self.promised: Counter[str] = Counter()
        self.requests: dict[tuple[str, int], tuple[str, str]] = {}
        self.events: set[tuple[str, int]] = set()
        self.due: dict[tuple[str, str], Any] = {}

    def found(self) -> Iterator[Bad]:
        broken = [*self._of_procedures(), *self._of_cases()]
        yield from broken
        if not broken:  # the other tables cannot be held against entries that are not sound
            yield from self._of_the_rest()

    def _of_cases(self) -> Iterator[Bad]:
        seen = set()
        for case_id, rows in groupby(self.writer.rows.all_entries(), lambda row: row["case_id"]):
            seen.add(case_id)
            if (bad := self._of_case(case_id, rows)) is not None:
                yield bad
        for case_id in sorted({*self.proposals, *self.against} - seen):
            yield Bad(case_id, 1, "all of its entries are missing")

    def _of_procedures(self) -> Iterator[Bad]:
        for row in self.writer.rows.procedures():
            named = f"procedure {row['id']}, edition {row['edition']}"
            if sealing.content_hash(row["content"]) != row["sha256"]:
                yield Bad(None, None, f"{named}: the content is not that of its SHA-256")
                continue
            content = sealing.read(row["content"])
            self.promised.update({fund["id"]: 0 for fund in content["funds"]})
            if (content["id"], content["edition"]) != (row["id"], row["edition"]):
                yield Bad(None, None, f"{named}: is {content['id']}, edition {content['edition']}")

    def _of_case(self, case_id: str, rows: Iterable[Row]) -> Bad | None:
        """Return the first thing that is wrong with a case."""
        entries: list[Kept] = []
        against = self.against.get(case_id, Head(0, ""))
        try:
            for entry in chain.unbroken(case_id, rows):
                entries.append(entry)
                if entry.position == against.length and entry.hash != against.hash:
                    return Bad(case_id, entry.position, _NEW)
            return self._of_whole(case_id, entries)
        except (StoreError, HistoryError) as error:
            where = f"{case_id}, position "
            said = str(error).removeprefix(where).partition(": ")
            inner = str(error).startswith(where)
            position = len(entries) + 1 if inner else len(entries)
            return Bad(case_id, position, said[2] if inner else str(error))

    def _of_whole(self, case_id: str, entries: list[Kept]) -> Bad | None:
        """Hold a case's row, its values and what it has promised against its whole chain."""
        row = self.proposals.get(case_id)
        if row is None:
            raise StoreError("has no proposal")
        against = self.against.get(case_id, Head(0, ""))
        if len(entries) < against.length:
            raise StoreError(f"ends here; the checkpoint has {against.length} entries")
        if (bad := _of_erasures(entries)) is not None:
            return bad
        history = chain.history_of(entries, row, self.writer.procedures)
        _of_row(row, entries, history)
        self.promised.update(projection.amounts(row["promised"]))
        self._note(case_id, entries, history)
        return None

    def _note(self, case_id: str, entries: list[Kept], history: History) -> None:
        """Keep what the other tables must agree with."""
        for entry in entries:
            if "request" in entry.body:
                asked = (entry.body["key"], entry.body["request"])
                self.requests[case_id, entry.position] = asked
            if entry.kind == EVENT:
                self.events.add((case_id, entry.position))
        for name, due_at in reminders(history).items():
            self.due[case_id, name] = due_at

    def _of_the_rest(self) -> Iterator[Bad]:
        """Yield what the other tables hold without an entry, or lack."""
        rows = self.writer.rows
        held = rows.funds()
        for fund in sorted({*held, *self.promised}):
            if held.get(fund) != self.promised.get(fund):
                told = f"has promised {held.get(fund)}, the cases {self.promised.get(fund)}"
                yield Bad(None, None, f"fund {fund}: {told}")
        yield from self._of_keys(rows.keys())
        yield from self._of_outbox(rows.posted())
        for row in rows.timers():
            if self.due.get((row["case_id"], row["name"])) != row["due_at"]:
                yield Bad(row["case_id"], None, f"the timer {row['name']} is not due then")

    def _of_outbox(self, rows: Iterable[Row]) -> Iterator[Bad]:
        last: Counter[str] = Counter()
        for row in sorted(rows, key=lambda row: int(row["sequence"])):
            case_id, position = place = row["case_id"], row["position"]
            if place not in self.events:
                yield Bad(*place, "is in the outbox and did not happen")
            elif position <= last[case_id]:
                yield Bad(*place, "is in the outbox twice, or after what came later")
            else:
                last[case_id] = position

    def _of_keys(self, rows: Iterable[Row]) -> Iterator[Bad]:
        left = dict(self.requests)
        for row in rows:
            place = (row["case_id"], row["position"])
            if (row["key"], row["request"]) != left.pop(place, None):
                yield Bad(*place, "was not asked under the key that names it")
        for place in left:
            yield Bad(*place, "the key under which it was asked is missing")


def _of_erasures(entries: list[Kept]) -> Bad | None:
    """Return the first value that is missing though nobody erased it on the record."""
    erased = {
        (p, path) for e in entries for p, paths in erased_in(e.body).items() for path in paths
    }
    for entry in entries:
        for path in entry.missing:
            if (str(entry.position), path) not in erased:
                what = f"{path} is missing and was not erased on the record"
                return Bad(entry.case_id, entry.position, what)
    return None


def _of_row(row: Row, entries: list[Kept], history: History) -> None:
    for name, value in projection.rebuilt(entries, history).items():
        if row[name] != value:
            raise StoreError(f"the proposal has {name} {row[name]}, the entries say {value}")
