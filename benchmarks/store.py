"""What it costs to keep a history in a database, beside a bare insert in the same run.

The store folds the case, decides, and writes event, proposal, key, outbox and timers; the bare
insert is one row of the same size, by SQLAlchemy, in a transaction of its own on the same database.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, func, insert, select

from klimaflow import Procedure, load_procedure
from klimaflow.store import Store, chain
from klimaflow.store.schema import TABLES
from tests.store.databases import course, new_database, running_postgresql

CASES = 40


def timed(times: list[float], do: Callable[[], object]) -> None:
    begin = time.perf_counter()
    do()
    times.append(time.perf_counter() - begin)


def measure(name: str, store: Store, procedure: Procedure) -> None:
    store.create()
    engine = store._where
    assert isinstance(engine, Engine)
    bare = Table(
        "bare", MetaData(), Column("id", Integer, primary_key=True), Column("body", LargeBinary)
    )
    bare.create(engine)
    body = b"x" * 900
    appends: list[float] = []
    inserts: list[float] = []

    def insert_one() -> None:
        with engine.begin() as connection:
            connection.execute(insert(bare), {"body": body})

    for number in range(CASES):
        for turn, each in enumerate(course(procedure)):
            timed(
                appends, lambda n=number, t=turn, c=each: store.execute(f"{n}", c, key=f"{n}-{t}")
            )  # type: ignore[misc]
            timed(inserts, insert_one)
    chain._read.cache_clear()
    seconds: list[float] = []
    timed(seconds, store.verify)
    with engine.connect() as connection:
        sizes = func.sum(func.length(TABLES.event.c.body) + func.length(TABLES.event.c.beside))
        octets = connection.scalar(select(sizes)) or 0
    store.close()
    each, beside, count = statistics.median(appends), statistics.median(inserts), len(appends)
    print(f"{name}: {count / sum(appends):.0f} appends/s, median {each * 1e3:.2f} ms,", end=" ")
    print(f"99 % within {sorted(appends)[-count // 100] * 1e3:.1f} ms;", end=" ")
    print(f"bare insert {beside * 1e3:.2f} ms, {each / beside:.1f} times;", end=" ")
    print(f"{count / seconds[0]:.0f} events verified/s, {octets / count:.0f} octets an event")


def main() -> None:
    procedure = load_procedure("klimaalliancen-2024")
    with tempfile.TemporaryDirectory() as folder, running_postgresql(durable=True) as server:
        for journal in ("delete", "wal"):
            path = Path(folder) / f"{journal}.db"
            measure(f"SQLite, {journal}", Store(path, procedure, journal=journal), procedure)  # type: ignore[arg-type]
        measure("PostgreSQL", Store(new_database(server), procedure), procedure)


if __name__ == "__main__":
    main()
