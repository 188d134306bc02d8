"""An insider who has the code: an end cut off, a chain written anew, with all that follows from it.

A chain alone cannot see either; a checkpoint that was taken before must.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, delete, select, update

from klimaflow.store import Checkpoint, Store, audit, sealing
from klimaflow.store.chain import history_of
from klimaflow.store.ledger import difference, promised_of
from klimaflow.store.projection import projected
from klimaflow.store.reminders import reminders
from klimaflow.store.schema import TABLES
from tests.reliability.campaigns import Counts
from tests.reliability.tampering import Change, tampered


def insiders(store: Store, checkpoint: Checkpoint) -> Counts:
    """Cut off each end and write each chain anew: with the checkpoint none is missed.

    `seen alone` are those that are found without it, since a value was erased in what is left.
    """
    changes = alone = 0
    for name, change in [*_cuts(store), *_rewritings(store)]:
        with tampered(store, change) as changed:
            assert changed.verify(checkpoint), f"{name} is missed"
            assert audit.audit(changed.export(), checkpoint.to_dict()), f"{name} is missed"
            alone += bool(changed.verify())
        changes += 1
    return {"changes": changes, "seen alone": alone, "missed": 0}


def _cuts(store: Store) -> Iterator[Change]:
    for row in store.proposals():
        for length in range(row["length"]):
            change = partial(cut_off, store, row["case_id"], length)
            yield f"{row['case_id']} cut off after {length}", change


def _rewritings(store: Store) -> Iterator[Change]:
    for row in store.proposals():
        for position in range(1, row["length"] + 1):
            change = partial(written_anew, row["case_id"], position)
            yield f"{row['case_id']} written anew from {position}", change


def cut_off(store: Store, case: str, length: int, connection: Connection) -> None:
    """Cut off the entries of a case after so many, and all that follows from them."""
    writer = store._on(connection)._writer(connection)
    before = writer.existing(case)
    for table in (TABLES.event, TABLES.idempotency, TABLES.outbox):
        gone = (table.c.case_id == case) & (table.c.position > length)
        connection.execute(delete(table).where(gone))
    connection.execute(delete(TABLES.timer).where(TABLES.timer.c.case_id == case))
    mine = TABLES.proposal.c.case_id == case
    promised: dict[str, int] = {}
    if length == 0:
        connection.execute(delete(TABLES.proposal).where(mine))
    else:
        entries = [*before.entries()][:length]
        row = connection.execute(select(TABLES.proposal).where(mine)).mappings().one()
        history = history_of(entries, row, writer.procedures)
        promised = {**promised_of(history)}
        end = {"length": length, "head": entries[-1].hash, "recorded_at": entries[-1].recorded_at}
        values = {**end, **projected(history, promised)}
        connection.execute(update(TABLES.proposal).where(mine).values(values))
        writer.rows.set_timers(case, reminders(history))
    for fund, more in difference(before.promised, promised).items():
        writer.rows.promise(fund, more)


def written_anew(case: str, first: int, connection: Connection) -> None:
    """Write a chain anew from an entry on, with other remarks."""
    event, proposal = TABLES.event, TABLES.proposal
    mine = event.c.case_id == case
    rows = connection.execute(select(event).where(mine).order_by(event.c.position)).mappings().all()
    head = sealing.genesis(case)
    for row in rows:
        body = row["body"]
        if row["position"] == first:
            body = sealing.canonical({**json.loads(body), "remarks": ["enough-authorities"]})
        head = sealing.chained(head, body)
        place = update(event).where(mine, event.c.position == row["position"])
        connection.execute(place.values(body=body, hash=head))
    connection.execute(update(proposal).where(proposal.c.case_id == case).values(head=head))
