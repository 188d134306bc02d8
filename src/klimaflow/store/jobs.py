"""The reminders of a store as jobs of Procrastinate, on PostgreSQL; needs the extra `timers`.

A job only wakes: who reminds asks `Store.woken`, which reads the case anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs
from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import Connection

from klimaflow.errors import StoreError
from klimaflow.moments import Moment

__all__ = ["Jobs"]


def _deferring(app: App) -> App:
    """Return the app for deferring on a connection that is handed in, open or not."""
    return app.with_connector(SyncPsycopgConnector())


@attrs.frozen
class Jobs:
    """Defers a job of `app` for each reminder that a store sets, in the host's transaction.

    Hand it to a store as `schedule`. The job is there exactly when the event is, and is due when
    the reminder is. `task` is the name of the host's task, which gets the texts `case_id`, `name`
    and `due_at`; `queue` is the queue that its workers read.

    A reminder that is set, outgrown and set again leaves two jobs: whichever comes first takes it.
    No queueing lock keeps the second one away, for one that is taken would undo the host's
    transaction.
    """

    app: App = attrs.field(converter=_deferring)
    task: str
    queue: str = "default"

    def __call__(self, connection: Connection, case_id: str, due: Mapping[str, Moment]) -> None:
        """Defer the jobs of a case; raise `StoreError` on another driver than psycopg."""
        dialect = connection.dialect
        if dialect.driver != "psycopg" or dialect.is_async:
            raise StoreError(
                f"jobs need PostgreSQL by psycopg, not {dialect.name}+{dialect.driver}"
            )
        for name, due_at in due.items():
            text = due_at.isoformat()
            job = self.app.configure_task(
                self.task,
                queue=self.queue,
                schedule_at=datetime.fromisoformat(text),
                connection=connection.connection.driver_connection,
            )
            job.defer(case_id=case_id, name=name, due_at=text)
