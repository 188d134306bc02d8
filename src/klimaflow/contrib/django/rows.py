"""What a store says to its database, through Django: its connection, its errors, its query log.

Nothing is caught and nothing begun anew. What may be there already is inserted with `ON CONFLICT DO
NOTHING`, for which Django has no words that also tell whether it was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Max, QuerySet

from klimaflow.errors import StoreError
from klimaflow.moments import Moment
from klimaflow.store.door import Row

__all__ = ["VENDORS", "Rows", "table"]

VENDORS: Final = ("sqlite", "postgresql")


def table(name: str) -> Any:  # a model; the models stand above this
    """Return a model of the app by its name."""
    return apps.get_model("klimaflow", name)


class Rows:
    """The rows of a store, read and written on one of Django's connections, in its transaction."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        if connection.vendor not in VENDORS:
            raise StoreError(
                f"{connection.vendor} is none of the databases {' and '.join(VENDORS)}"
            )
        self.connection = connection

    def _of(self, name: str, **where: Any) -> QuerySet[Any]:
        """Return rows by a manager that may write, unlike `objects`."""
        rows: QuerySet[Any] = table(name)._base_manager.using(self.connection.alias).filter(**where)
        return rows

    def _one(self, rows: QuerySet[Any]) -> Row | None:
        return next(self._each(rows), None)

    def _all(self, rows: QuerySet[Any]) -> list[Row]:
        return [*self._each(rows)]

    def _each(self, rows: QuerySet[Any]) -> Iterator[Row]:
        fields = rows.model._meta.concrete_fields
        columns = [field.column for field in fields]
        read = rows.values_list(*(field.attname for field in fields))
        for row in read.iterator(chunk_size=1000):
            yield dict(zip(columns, map(_plain, row), strict=True))

    def _new(self, name: str, values: Row) -> bool:
        """Insert a row if there is none of its key; tell whether there was none."""
        model, quoted = table(name), self.connection.ops.quote_name
        fields = {field.column: field for field in model._meta.concrete_fields}
        columns = ", ".join(quoted(column) for column in values)
        marks = ", ".join(["%s"] * len(values))
        prepared = [
            fields[column].get_db_prep_save(value, self.connection)
            for column, value in values.items()
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({marks})"
                " ON CONFLICT DO NOTHING",
                prepared,
            )
            return bool(cursor.rowcount == 1)

    def _insert(self, name: str, values: Row) -> None:
        rows = self._of(name)
        rows.bulk_create([rows.model(**values)])

    def require_transaction(self) -> None:
        """Raise `StoreError` where each statement would stand alone."""
        if not self.connection.in_atomic_block:
            raise StoreError("each statement commits for itself: begin transaction.atomic")

    def locked_proposal(self, case_id: str) -> Row | None:
        """Return the row of a case, which nobody else changes until the transaction ends.

        SQLite locks when it first writes: a row that is written as it is locks without a change.
        """
        self.require_transaction()
        mine = self._of("Proposal", case_id=case_id)
        if not self.connection.features.has_select_for_update:
            mine.update(version=F("version"))
        return self._one(mine.select_for_update())

    def proposal(self, case_id: str) -> Row | None:
        return self._one(self._of("Proposal", case_id=case_id))

    def proposals(self) -> Sequence[Row]:
        return self._all(self._of("Proposal"))

    def new_proposal(self, values: Row) -> bool:
        return self._new("Proposal", values)

    def moved_on(self, values: Row, length: int) -> bool:
        """Write the row of a case anew, if its chain is still as long as it was."""
        mine = self._of("Proposal", case_id=values["case_id"], length=length)
        return mine.update(**{name: values[name] for name in values if name != "case_id"}) == 1

    def entries(self, case_id: str) -> Sequence[Row]:
        """Return the rows of the entries of a case, in their order."""
        return self._all(self._of("Event", case_id=case_id).order_by("position"))

    def entry(self, case_id: str, position: int) -> Row | None:
        return self._one(self._of("Event", case_id=case_id, position=position))

    def all_entries(self) -> Iterable[Row]:
        """Return the rows of all entries, case by case; not all of them at once."""
        return self._each(self._of("Event").order_by("case_id", "position"))

    def write_entry(self, values: Row) -> None:
        self._insert("Event", values)

    def disclose(self, case_id: str, position: int, beside: bytes) -> None:
        """Write anew what stands beside an entry."""
        self._of("Event", case_id=case_id, position=position).update(beside=beside)

    def latest(self) -> Moment | None:
        """Return the latest time at which anything was recorded."""
        found: Moment | None = self._of("Event").aggregate(at=Max("recorded_at"))["at"]
        return found

    def key(self, key: str) -> Row | None:
        return self._one(self._of("Idempotency", key=key))

    def keys(self) -> Sequence[Row]:
        return self._all(self._of("Idempotency"))

    def new_key(self, values: Row) -> bool:
        return self._new("Idempotency", values)

    def drop_key(self, key: str) -> None:
        self._of("Idempotency", key=key).delete()

    def has_procedure(self, sha256: str) -> bool:
        return self._of("Procedure", sha256=sha256).exists()

    def new_procedure(self, values: Row) -> bool:
        return self._new("Procedure", values)

    def procedures(self) -> Sequence[Row]:
        return self._all(self._of("Procedure"))

    def new_fund(self, fund: str) -> bool:
        return self._new("Fund", {"fund": fund, "promised": 0})

    def funds(self, *, lock: Iterable[str] = ()) -> dict[str, int]:
        """Return the kroner that each fund has promised; those to be locked, in their order."""
        rows = self._of("Fund").order_by("fund")
        if names := sorted(lock):
            rows = rows.filter(fund__in=names).select_for_update()
        return dict(rows.values_list("fund", "promised"))

    def promise(self, fund: str, more: int) -> None:
        self._of("Fund", fund=fund).update(promised=F("promised") + more)

    def post(self, case_id: str, position: int) -> None:
        """Put an entry into the outbox."""
        self._insert("Outbox", {"case_id": case_id, "position": position})

    def outbox(self, limit: int) -> Sequence[Row]:
        """Return what is in the outbox, oldest first, with the entries themselves."""
        columns = [field.attname for field in table("Event")._meta.concrete_fields]
        rows = self._of("Outbox").select_related("entry").order_by("sequence")[:limit]
        return [
            {
                "sequence": row.sequence,
                **{name: _plain(getattr(row.entry, name)) for name in columns},
            }
            for row in rows
        ]

    def posted(self) -> Sequence[Row]:
        return self._all(self._of("Outbox"))

    def delivered(self, sequences: Sequence[int]) -> None:
        self._of("Outbox", sequence__in=sequences).delete()

    def set_timers(self, case_id: str, due: Mapping[str, Moment]) -> None:
        for name, due_at in sorted(due.items()):
            self._new("Timer", {"case_id": case_id, "name": name, "due_at": due_at})

    def drop_timers(self, case_id: str, names: Iterable[str]) -> None:
        self._of("Timer", case_id=case_id, name__in=sorted(names)).delete()

    def claim(self, case_id: str, name: str, due_at: Moment) -> bool:
        """Take one reminder from the timers; False if it is not there any more."""
        mine = self._of("Timer", case_id=case_id, due_at=due_at).filter(name=name)
        deleted, _ = mine.delete()
        return deleted == 1

    def claimed(self, now: Moment, limit: int) -> Sequence[Row]:
        """Take what is due, and what nobody else is taking, from the timers; earliest first."""
        self.require_transaction()
        due = self._of("Timer", due_at__lte=now).order_by("due_at", "case_id")
        found = self._all(due.select_for_update(skip_locked=True)[:limit])
        for row in found:
            self.drop_timers(row["case_id"], [row["name"]])
        return found

    def timers(self) -> Sequence[Row]:
        return self._all(self._of("Timer"))


def _plain(value: Any) -> Any:  # of whatever type a column has
    """Return octets as bytes: some drivers give a view of their memory."""
    return bytes(value) if isinstance(value, memoryview) else value
