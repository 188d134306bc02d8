"""The histories in one database, whichever library speaks to it: what can be asked of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, TypeVar

from klimaflow.commands import Command
from klimaflow.errors import CaseError
from klimaflow.history import History
from klimaflow.moments import moment
from klimaflow.procedure import Procedure
from klimaflow.store import erasing, exporting, outbox, rebuilding, verifying
from klimaflow.store.answers import Answer, WakeUp
from klimaflow.store.chain import Kept, procedure_of
from klimaflow.store.checkpoints import Checkpoint
from klimaflow.store.door import NAME, is_name
from klimaflow.store.reminders import reminders
from klimaflow.store.verifying import Bad
from klimaflow.store.writing import Request, Writer

__all__ = ["Clock", "Histories", "utc_now"]

Clock = Callable[[], datetime]
T = TypeVar("T")


def utc_now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


class Histories(ABC):
    """What is asked of the histories in one database; `Store` says what may be asked for too.

    Who implements it gives the writer of a transaction; `clock` gives the store's time, aware.
    """

    _clock: Clock

    @abstractmethod
    def _asked(self, *, reads: bool = False) -> AbstractContextManager[Writer]:
        """Give a writer in a transaction; with `reads`, in one that sees a single moment."""

    def history(self, case_id: str) -> History:
        """Return the history of a case; raise `StoreError` if there is none."""
        return self._read(lambda writer: writer.existing(case_id).history)

    def trail(self, case_id: str) -> list[Kept]:
        """Return all that was recorded of a case, refusals and erasures among it, in its order.

        Raises `StoreError` if there is no such case, and where its chain is broken.
        """
        return self._read(lambda writer: [*writer.existing(case_id).entries()])

    def version(self, case_id: str) -> int:
        """Return how many records the history of a case has; 0 for a case that there is not."""
        row = self._read(lambda writer: writer.row(case_id))
        return 0 if row is None else int(row["version"])

    def proposals(self) -> list[dict[str, Any]]:
        """Return where all cases stand, one row for each, in the order of their ids."""
        rows = self._read(lambda writer: writer.rows.proposals())
        return [dict(row) for row in sorted(rows, key=lambda row: str(row["case_id"]))]

    def funds(self) -> dict[str, int]:
        """Return the kroner that each fund has promised across all cases."""
        return self._read(lambda writer: writer.rows.funds())

    def outbox(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return what was not delivered yet, oldest first, as envelopes of CloudEvents 1.0.

        They stay in the outbox until `delivered` names them.
        """
        return self._read(lambda writer: outbox.envelopes(writer.rows, limit))

    def delivered(self, *envelopes: Mapping[str, Any]) -> None:
        """Take envelopes that have been delivered out of the outbox."""
        with self._asked() as writer:
            writer.rows.delivered([int(each["sequence"]) for each in envelopes])

    def due(self, limit: int = 100) -> list[WakeUp]:
        """Take what is due, each once, and return the cases as they are now; earliest first.

        Ask within `transaction`: if what is done about them fails, they are due again. A reminder
        that the case has outgrown is left out.
        """
        now = moment(self._clock())
        with self._asked() as writer:
            claimed = writer.rows.claimed(now, limit)
            found = ((row, writer.existing(row["case_id"]).history) for row in claimed)
            return [
                WakeUp(row["case_id"], row["name"], row["due_at"], history)
                for row, history in found
                if reminders(history).get(row["name"]) == row["due_at"]
            ]

    def woken(self, case_id: str, name: str, due_at: str | datetime) -> WakeUp | None:
        """Take one reminder, whatever the time, and return the case as it is now.

        None if somebody has taken it, or the case has outgrown it. Ask within `transaction`: the
        case is locked until it ends, and if what is done fails, the reminder is there again.
        """
        due = moment(due_at)
        with self._asked() as writer:
            history = writer.existing(case_id, lock=True).history
            if reminders(history).get(name) != due or not writer.rows.claim(case_id, name, due):
                return None
            return WakeUp(case_id, name, due, history)

    def checkpoint(self) -> Checkpoint:
        """Return the heads of all chains under one hash, to be kept where this database is not."""
        now = moment(self._clock())
        return self._read(lambda writer: Checkpoint.of(now, writer.rows.proposals()))

    def verify(self, against: Checkpoint | None = None) -> list[Bad]:
        """Return what is wrong with what is stored, the first thing of each case; empty is sound.

        Chains, columns, values, proposals, funds, keys, procedures, outbox and timers are held
        against the entries. What was cut off at the end of a chain, or written anew with all that
        follows from it, only a checkpoint shows: hand one in as `against`.

        On the host's connection to PostgreSQL, while others write, ask under `REPEATABLE READ`.
        """
        return self._read(lambda writer: verifying.verify(writer, against))

    def rebuild(self, case_id: str) -> None:
        """Make the row of a case anew from its entries, for one that `verify` finds at fault.

        Verify against a checkpoint first: if the end of the chain was cut off, the new row agrees
        with what is left of it. Raises `StoreError` if there is no such case, and where its chain
        is broken, and `HistoryError` for entries that record no history; then nothing is changed.
        """
        with self._asked() as writer:
            rebuilding.rebuild(writer, case_id)

    def export(self) -> Iterator[str]:
        """Yield the lines of an export for auditors, each a JSON text with its line end."""
        with self._asked(reads=True) as writer:
            yield from exporting.lines(writer.rows)

    def _execute(
        self, case_id: str, command: Command, key: str | None, expected_version: int | None
    ) -> Answer:
        entered_at = moment(self._clock())
        _readable(case=case_id, key=key)
        request = Request(case_id, command, entered_at, key, expected_version)
        with self._asked() as writer:
            return writer.execute(request)

    def _move(
        self,
        case_id: str,
        procedure: Procedure,
        moved: Callable[[History], History],
        expected_version: int | None,
    ) -> History:
        entered_at = moment(self._clock())
        _readable(case=case_id)
        with self._asked() as writer:
            procedure_of(procedure.sha256, writer.procedures)
            return writer.move(case_id, entered_at, moved, expected_version)

    def _erase(self, case_id: str, **said: object) -> int:
        entered_at = moment(self._clock())
        with self._asked() as writer:
            asked = erasing.Asked.read(**said)
            return erasing.erase(writer, case_id, asked, entered_at)

    def _read(self, ask: Callable[[Writer], T]) -> T:
        with self._asked(reads=True) as writer:
            return ask(writer)


def _readable(**names: str | None) -> None:
    """Raise `CaseError` for ids and keys that are not one line of at most 200 characters."""
    problems = [
        f"{path}: expected one readable line of at most {NAME} characters"
        for path, name in names.items()
        if name is not None and not is_name(name)
    ]
    if problems:
        raise CaseError(problems)
