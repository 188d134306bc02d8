"""Stores that are bad on purpose: each campaign must fail on its twin, or it shows nothing."""

from collections.abc import Iterable, Mapping, Sequence
from time import sleep
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from klimaflow.moments import Moment
from klimaflow.store import Bad, Checkpoint, Store, sealing
from klimaflow.store.door import Row
from klimaflow.store.statements import Rows
from klimaflow.store.writing import Writer


class TwoTransactionRows(Rows):
    """Commits the proposal before it writes the event."""

    def write_entry(self, values: Mapping[str, Any]) -> None:
        self.connection.exec_driver_sql("COMMIT")
        if self.connection.dialect.name == "sqlite":
            self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        sleep(0.05)  # others see it, and some are killed
        super().write_entry(values)


class UnlockedRows(Rows):
    """Reads a case without locking it and writes it without looking at its version.

    So that the primary key does not save it, it puts its event in the next free place.
    """

    def locked_proposal(self, case_id: str) -> Row | None:
        found = self.proposal(case_id)
        sleep(0.02)  # others read the same
        return found

    def moved_on(self, values: Mapping[str, Any], length: int) -> bool:
        row = self.proposal(values["case_id"])
        return row is not None and super().moved_on(values, row["length"])

    def write_entry(self, values: Mapping[str, Any]) -> None:
        places = self.connection.scalars(
            select(self.tables.event.c.position).where(
                self.tables.event.c.case_id == values["case_id"]
            )
        ).all()
        position = max(places, default=0) + 1
        self.connection.execute(insert(self.tables.event), {**values, "position": position})


class UnlockedFundRows(Rows):
    """Reads what the funds have promised without locking them.

    It waits after reading, as long as others may take to begin: a twin that is bad only by chance
    would show nothing.
    """

    def funds(self, *, lock: Iterable[str] = ()) -> dict[str, int]:
        found = super().funds()
        sleep(0.4)
        return found


class NoKeyRows(Rows):
    """Knows no key."""

    def key(self, key: str) -> RowMapping | None:
        return None

    def new_key(self, values: Mapping[str, Any]) -> bool:
        return True


class LateRows(Rows):
    """Commits each second event long after it has its place in the outbox."""

    def post(self, case_id: str, position: int) -> None:
        super().post(case_id, position)
        sleep(0.2 if position % 2 else 0)


class _Twin(Store):
    rows: type[Rows]

    def _writer(self, connection: Connection) -> Writer:
        rows = self.rows(connection, self._tables)
        return Writer(rows, self._procedures, self._records_refusals)


class TwoTransactions(_Twin):
    """A store of two transactions."""

    rows = TwoTransactionRows


class NoVersionCheck(_Twin):
    """A store that neither locks nor looks at versions."""

    rows = UnlockedRows


class UnlockedFunds(_Twin):
    """A store in which two committees read the same balance."""

    rows = UnlockedFundRows


class NoKeys(_Twin):
    """A store that takes a key and does not keep it."""

    rows = NoKeyRows


class KeepsItsPlace(_Twin):
    """A store whose reader goes on after the last sequence that it has seen."""

    rows = LateRows
    place = 0

    def outbox(self, limit: int = 100) -> list[dict[str, Any]]:
        found = [each for each in super().outbox(10_000) if int(each["sequence"]) > self.place]
        self.place = max((int(each["sequence"]) for each in found), default=self.place)
        return found


class TrustingWriter(Writer):
    """Records the time of the clock as it is."""

    def recorded_at(self, entered_at: Moment) -> Moment:
        return entered_at


class TrustsItsClock(Store):
    """A store whose time goes back when its clock does."""

    def _writer(self, connection: Connection) -> Writer:
        rows = Rows(connection, self._tables)
        return TrustingWriter(rows, self._procedures, self._records_refusals)


class ForgetsCheckpoints(Store):
    """A store that holds its chains against themselves, and against no checkpoint."""

    def verify(self, against: Checkpoint | None = None) -> list[Bad]:
        return super().verify()


class Lenient(Store):
    """A store whose verifier looks at each hash for itself, and at nothing else."""

    def verify(self, against: Checkpoint | None = None) -> list[Bad]:
        found: list[Bad] = []
        for row in self._entries():
            try:
                sealing.read(row["body"])
            except Exception as error:
                found.append(Bad(row["case_id"], row["position"], str(error)))
        return found

    def _entries(self) -> Sequence[Row]:
        return self._read(lambda writer: [*writer.rows.all_entries()])
