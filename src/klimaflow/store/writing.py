"""One request, in one transaction: lock the case, fold it, decide, and write all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import field, frozen

from klimaflow.commands import Command
from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import Conflict, KeyReused, StoreError
from klimaflow.history import History
from klimaflow.moments import Moment
from klimaflow.procedure import Procedure, Strength
from klimaflow.records import plain, record
from klimaflow.store import chain, folding, ledger, projection, sealing
from klimaflow.store.answers import Answer, repeated
from klimaflow.store.chain import Kept
from klimaflow.store.door import Door, Row, is_name
from klimaflow.store.registration import RULE, registration
from klimaflow.store.reminders import reminders

__all__ = ["Case", "Request", "Schedule", "Writer"]

Schedule = Callable[[str, Mapping[str, Moment]], None]
"""Hears of the reminders that are set: the case, and when each of them is due."""


@frozen
class Request:
    """What somebody asks a store for. `entered_at` is the store's time when it came in."""

    case_id: str
    command: Command
    entered_at: Moment
    key: str | None = None
    expected_version: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What is asked, as JSON-safe values."""
        said = plain(self.command)
        at, by = said.pop("at"), said.pop("by")
        return {"do": self.command.do, "at": at, "by": by, "said": said}

    @cached_property
    def asked(self) -> dict[str, str]:
        """The hashes of the key, and of what is asked under it; none without a key."""
        if self.key is None:
            return {}
        content = {"case": self.case_id, **self.content}
        return {
            "key": sealing.asked_under(self.key),
            "request": sealing.asked(self.key, content),
        }


@frozen
class Case:
    """A case as it stands in the database; before there is any, with an empty history."""

    case_id: str
    history: History
    rows: tuple[Row, ...] = ()
    promised: Mapping[str, int] = field(factory=dict)
    exists: bool = False

    @property
    def version(self) -> int:
        return len(self.history.events) + len(self.history.changes)

    @property
    def head(self) -> str:
        head: str = self.rows[-1]["hash"] if self.rows else sealing.genesis(self.case_id)
        return head

    def entries(self) -> Iterator[Kept]:
        """Yield what was recorded of the case, in its order."""
        return chain.unbroken(self.case_id, self.rows)


@frozen
class Writer:
    """Does what is asked, on a host's connection. `procedures`: the first is for new cases."""

    rows: Door
    procedures: Sequence[Procedure]
    records_refusals: bool
    schedule: Schedule | None = None

    def execute(self, request: Request) -> Answer:
        """Answer a request; see `Store.execute`."""
        answer = None
        while answer is None:  # somebody may open the case, or use the key, while we wait for it
            answer = self._once(self.locked(request.case_id), request)
        return answer

    def locked(self, case_id: str) -> Case:
        """Return a case that nobody else changes until the transaction ends."""
        return self._case(case_id, self.rows.locked_proposal(case_id), locked=True)

    def row(self, case_id: str, *, lock: bool = False) -> Row | None:
        """Return the row of a case; None, too, for what is no id: not every database takes it."""
        if not is_name(case_id):
            return None
        return self.rows.locked_proposal(case_id) if lock else self.rows.proposal(case_id)

    def existing(self, case_id: str, *, lock: bool = False) -> Case:
        """Return a case as the transaction sees it; raise `StoreError` if there is none."""
        row = self.row(case_id, lock=lock)
        if row is None:
            raise StoreError(f"{case_id}: there is no such case")
        return self._case(case_id, row, locked=lock)

    def move(
        self,
        case_id: str,
        entered_at: Moment,
        moved: Callable[[History], History],
        expected_version: int | None,
    ) -> History:
        """Write a change of procedure; see `Store.move`."""
        case = self.existing(case_id, lock=True)
        as_seen(case, expected_version)
        after = moved(case.history)
        body = {"record": record(case.version + 1, after.changes[-1]), "remarks": []}
        self.write(case, after, body, self.recorded_at(entered_at))
        return after

    def _case(self, case_id: str, row: Row | None, *, locked: bool) -> Case:
        if row is None:
            return Case(case_id, History(self._first()))
        stored = self.rows.entries(case_id)
        if not locked:  # what has come since the row was read belongs to a later state
            stored = [each for each in stored if each["position"] <= row["length"]]
        history = folding.folded(row, tuple(stored), self.procedures)
        case = Case(case_id, history, tuple(stored), projection.amounts(row["promised"]), True)
        if (row["length"], row["head"]) != (len(stored), case.head):
            raise StoreError(f"{case_id}: the chain does not end where the proposal says")
        return case

    def _first(self) -> Procedure:
        if not self.procedures:
            raise StoreError("no procedure for a new case: hand one in")
        return self.procedures[0]

    def _answered(self, request: Request) -> Answer | None:
        """Return the answer that a request under this key has had, if any."""
        if request.key is None or (row := self.rows.key(request.asked["key"])) is None:
            return None
        if row["request"] != request.asked["request"]:
            raise KeyReused(request.key)
        entry = self.rows.entry(row["case_id"], row["position"])
        if entry is None:
            raise StoreError(f"{row['case_id']}: position {row['position']} is missing")
        return repeated(chain.kept(entry))

    def _once(self, case: Case, request: Request) -> Answer | None:
        """Answer a request, as it was answered before if it was; None if it must be asked again."""
        stale = request.expected_version not in (None, case.version)
        if stale or not self._claimed(case, request):
            before = self._answered(request)
            if before is None:
                as_seen(case, request.expected_version)
            return before
        answer, after = self._decided(case, request)
        body: dict[str, Any] = {"remarks": list(answer.remarks), **request.asked}
        if after is not None:
            body["record"] = record(case.version + 1, after.events[-1])
        else:
            body |= {"command": request.content, "version": case.version}
            body["refused_by"] = list(answer.refused_by)
        recorded = after is not None or (self.records_refusals and case.exists)
        if recorded and self.write(case, after, body, answer.recorded_at):
            return answer
        if request.key is not None:
            self.rows.drop_key(request.asked["key"])
        return None if recorded else answer

    def _claimed(self, case: Case, request: Request) -> bool:
        """Take the key of a request, if it has one; False if somebody else has taken it."""
        if request.key is None:
            return True
        place = {"case_id": case.case_id, "position": len(case.rows) + 1}
        return self.rows.new_key({**request.asked, **place})

    def _decided(self, case: Case, request: Request) -> tuple[Answer, History | None]:
        """Return the answer to a request, and the history that it makes if it is permitted."""
        recorded_at = self.recorded_at(request.entered_at)
        decision = case.history.decide(request.command, committed=self._committed(case, request))
        late = registration(case.history.procedure, request.command.at, recorded_at)
        refused, remarks = decision.refused_by, decision.remarks
        if late is not None and not late.holds:
            if late.strength is Strength.BINDING:
                refused = tuple(sorted((*refused, RULE)))
            else:
                remarks = tuple(sorted((*remarks, RULE)))
        after = None if refused else case.history.record(decision)
        version = case.version if refused else case.version + 1
        told = (case.case_id, not refused, version, refused, remarks, recorded_at)
        return Answer(*told, decision, late), after

    def recorded_at(self, entered_at: Moment) -> Moment:
        """Return the store's time, which never goes back."""
        latest = self.rows.latest()
        return entered_at if latest is None or entered_at > latest else latest

    def _committed(self, case: Case, request: Request) -> Mapping[str, int]:
        """Return what each fund has promised to others, if the answer rests on it."""
        if type(request.command) not in ledger.ASKS_FUNDS:
            return NOTHING_COMMITTED
        known = case.history.procedure.fund_ids
        funds = self.rows.funds(lock={*known, *case.promised})  # also those of earlier procedures
        others = ((fund, kr - case.promised.get(fund, 0)) for fund, kr in funds.items())
        return {fund: kr for fund, kr in others if kr and fund in known}

    def write(
        self, case: Case, after: History | None, body: dict[str, Any], recorded_at: Moment
    ) -> bool:
        """Write an entry and all that follows from it; False if the case was opened meanwhile.

        `after` is the history with a new record; None where it stays as it was. The entry comes
        last: who asks again from within a statement finds a chain that is too short, or all done.
        """
        kind = chain.KIND_OF[next(key for key in chain.KIND_OF if key in body)]
        place = {"case": case.case_id, "position": len(case.rows) + 1, "kind": kind}
        held = case.history.procedure.sha256
        row = chain.sealed(
            case.head, {**place, "recorded_at": chain.iso(recorded_at), "procedure": held, **body}
        )
        history = case.history if after is None else after
        promised = case.promised if after is None else ledger.promised_of(after)
        if not self._stands(case, history, promised, row):
            return False
        new = {} if after is None else self._follow(case, after, promised, row["position"])
        self.rows.write_entry(row)
        folding.keep(case.case_id, (*case.rows, row), history, self.procedures)
        if new and self.schedule is not None:
            self.schedule(case.case_id, new)
        return True

    def _stands(
        self, case: Case, history: History, promised: Mapping[str, int], row: Mapping[str, Any]
    ) -> bool:
        """Write the row of the proposal; False if somebody else has opened the case."""
        if history.procedure.sha256 != case.history.procedure.sha256 or not case.exists:
            self._register(history.procedure)
        chain_of = {name: row[name] for name in ("case_id", "recorded_at")}
        chain_of |= {"length": row["position"], "head": row["hash"]}
        values = {**chain_of, **projection.projected(history, promised)}
        if not case.exists:
            return self.rows.new_proposal(values)
        if not self.rows.moved_on(values, len(case.rows)):
            raise StoreError(f"{case.case_id}: was changed although it is locked")
        return True

    def _register(self, procedure: Procedure) -> None:
        if self.rows.has_procedure(procedure.sha256):
            return
        content = procedure.content.encode()
        named = {"sha256": procedure.sha256, "id": procedure.id, "edition": procedure.edition}
        self.rows.new_procedure({**named, "content": content})
        for fund in sorted(procedure.fund_ids):
            self.rows.new_fund(fund)

    def _follow(
        self, case: Case, after: History, promised: Mapping[str, int], position: int
    ) -> Mapping[str, Moment]:
        """Write what follows from a new record: promises, the outbox and the timers.

        Returns the reminders that it sets.
        """
        if changes := ledger.difference(case.promised, promised):
            self.rows.funds(lock=changes)  # by one statement, in the order of the database
        for fund, more in changes.items():
            self.rows.promise(fund, more)
        self.rows.post(case.case_id, position)
        before, now = reminders(case.history), reminders(after)
        if gone := [name for name, due in before.items() if now.get(name) != due]:
            self.rows.drop_timers(case.case_id, gone)
        new = {name: due for name, due in now.items() if before.get(name) != due}
        self.rows.set_timers(case.case_id, new)
        return new


def as_seen(case: Case, expected: int | None) -> None:
    """Raise `Conflict` for a case that is at another version than the caller saw."""
    if expected is not None and expected != case.version:
        raise Conflict(case.case_id, expected, case.version)
