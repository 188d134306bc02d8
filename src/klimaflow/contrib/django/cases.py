"""The cases in Django's database: what can be asked of them, and asked for by a user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connections, router, transaction

from klimaflow import fields
from klimaflow.commands import Command
from klimaflow.contrib.django.configuration import procedures, records_refusals
from klimaflow.contrib.django.permissions import permission_of, require
from klimaflow.contrib.django.rows import Rows, table
from klimaflow.errors import CaseError
from klimaflow.fields import Unreadable
from klimaflow.history import History
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure
from klimaflow.store import Answer
from klimaflow.store.histories import Clock, Histories, utc_now
from klimaflow.store.writing import Writer

__all__ = ["Cases"]


class Cases(Histories):
    """The histories in one of Django's databases, under the procedures of the settings.

    `using` is the alias of the database, by default the one that the routers name. What is written
    is in `transaction.atomic`: in the host's transaction a savepoint, else a transaction. It is
    there when the host commits, and gone when the host rolls back.
    """

    def __init__(self, using: str | None = None, *, clock: Clock = utc_now) -> None:
        self._using = using
        self._clock = clock

    def execute(
        self,
        case_id: str,
        command: Command,
        *,
        user: Any,  # of the host's user model
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Answer:
        """Do what a command asks on behalf of a user, if the procedure permits it.

        Raises `PermissionDenied` before anything else is looked at, unless the user has the
        permission of the command and speaks for its `by`. Else as `Store.execute`.
        """
        require(user, command.by, permission_of(command.do))
        return self._execute(case_id, command, key, expected_version)

    def move(
        self,
        case_id: str,
        procedure: Procedure,
        *,
        user: Any,
        by: str,
        reason: str,
        at: str | datetime,
        accept: Sequence[str] = (),
        expected_version: int | None = None,
    ) -> History:
        """Move a case to another procedure of the settings; see `Store.move`.

        Raises `PermissionDenied` as `execute` does; the permission is `klimaflow.move`.
        """
        require(user, _actor(by), "move")
        return self._move(
            case_id,
            procedure,
            lambda history: history.under(procedure, by, reason, at, accept),
            expected_version,
        )

    def erase(
        self,
        case_id: str,
        positions: Sequence[int],
        *,
        user: Any,
        by: str,
        reason: str,
        at: str | datetime,
    ) -> int:
        """Erase what persons are named in some entries, on the record; see `Store.erase`.

        Raises `PermissionDenied` as `execute` does; the permission is `klimaflow.erase`.
        """
        require(user, _actor(by), "erase")
        return self._erase(case_id, positions=[*positions], by=by, reason=reason, at=at)

    def begun(self, case_id: str) -> History:
        """Return the history of a case; an empty one under the first procedure before it opens."""

        def ask(writer: Writer) -> History:
            if writer.row(case_id) is None:
                return History(writer.procedures[0])
            return writer.existing(case_id).history

        return self._read(ask)

    def export(self) -> Iterator[str]:
        """Return the lines of an export for auditors, each a JSON text with its line end.

        All of them are read at once: the connection is that of all else that this thread does.
        """
        return iter([*super().export()])

    @contextmanager
    def _asked(self, *, reads: bool = False) -> Iterator[Writer]:
        ask = router.db_for_read if reads else router.db_for_write
        connection = connections[self._using or ask(table("Proposal"))]
        writer = Writer(Rows(connection), procedures(), records_refusals())
        if reads and connection.in_atomic_block:
            yield writer
            return
        with transaction.atomic(using=connection.alias):
            if reads and connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield writer


def _actor(by: str) -> Actor:
    try:
        return fields.actor(by)
    except Unreadable as error:
        raise CaseError([f"by: {line}" for line in error.lines()]) from None
