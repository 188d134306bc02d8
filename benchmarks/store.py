"""What it costs to keep a history in a database, beside a bare insert and another library.

The store folds the case, decides, and writes event, proposal, key, outbox and timers. Its
statements alone are what it asks the database for the same step, without a rule, a hash or a fold.
The bare insert is one row of about the same size, by SQLAlchemy, in a transaction of its own. In
`eventsourcing` an aggregate is loaded, triggers an event and is saved; no rule is asked. All are on
the same database.

    python -m benchmarks.store [FOLDER]

FOLDER is where the databases are: on the disk that you ask about. Each writer is a process; all of
them take turns with all of these, so that the ratios are of the same minutes.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

from attrs import frozen
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    func,
    insert,
    make_url,
    select,
)

from klimaflow import load_procedure
from klimaflow.moments import moment
from klimaflow.records import plain
from klimaflow.store import Bad, Store, prepare
from klimaflow.store.histories import utc_now
from klimaflow.store.schema import TABLES
from klimaflow.store.statements import Rows
from klimaflow.store.writing import Request, Writer
from tests.store.databases import course, new_database, running_postgresql

ROUNDS = 4
CASES = 8  # in each round, shared by the writers
BARE = Table(
    "bare insert", MetaData(), Column("id", Integer, primary_key=True), Column("body", LargeBinary)
)
ALONE = "its statements alone"
HEAD = ("database", "writers", "", "appends/s", "median, ms", "99 % within", "CPU, ms", "of bare")
PROCEDURE = load_procedure("klimaalliancen-2024")
COURSE = course(PROCEDURE)

Run = Callable[[], Iterator[Callable[[], object]]]
"""What takes a case through its course: one call for each append."""


@frozen
class Database:
    name: str
    url: str
    journal: Any = None  # of SQLite

    def engine(self) -> Engine:
        engine = create_engine(
            self.url, **({"connect_args": {"timeout": 60}} if self.journal else {})
        )
        if self.journal:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of an old SQLite: it is measured, not relied on
                prepare(engine, journal=self.journal)
        return engine

    def elsewhere(self) -> dict[str, str]:
        """Return what `eventsourcing` calls this database."""
        url = make_url(self.url)
        if self.journal:
            where = {"SQLITE_DBNAME": str(url.database), "SQLITE_LOCK_TIMEOUT": "60"}
            return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", **where}
        where = {"DBNAME": url.database, "USER": url.username, "PASSWORD": url.password or "none"}
        where |= {"HOST": url.query.get("host", url.host), "PORT": url.port or 5432}
        named = {f"POSTGRES_{key}": str(value) for key, value in where.items()}
        return {"PERSISTENCE_MODULE": "eventsourcing.postgres", **named}


class Case(Aggregate):
    @event("Opened")
    def __init__(self, said: dict[str, Any]) -> None:
        self.said = [said]

    @event("Happened")
    def happened(self, said: dict[str, Any]) -> None:
        self.said.append(said)


def by_store(store: Store) -> Iterator[Callable[[], object]]:
    case = str(uuid4())
    for turn, command in enumerate(COURSE):
        yield partial(store.execute, case, command, key=f"{case}-{turn}")


@frozen
class Said:
    """The rows of a store that write down what they are asked."""

    rows: Rows
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def said(*values: Any, **more: Any) -> Any:
            self.asked.append((name, values, more))
            return getattr(self.rows, name)(*values, **more)

        return said


def by_statements(engine: Engine) -> Iterator[Callable[[], object]]:
    """Let a store do each step, undo it, and say the same again with nothing else."""
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    case = str(uuid4())

    def say_again() -> None:
        with engine.begin() as connection:
            rows = Rows(connection, TABLES)
            for name, values, more in asked:
                getattr(rows, name)(*values, **more)

    for turn, command in enumerate(COURSE):
        asked.clear()
        with engine.connect() as connection:
            said: Any = Said(Rows(connection, TABLES), asked)
            request = Request(case, command, moment(utc_now()), f"{case}-{turn}")
            Writer(said, [PROCEDURE], records_refusals=False).execute(request)
        yield say_again


def by_insert(engine: Engine) -> Iterator[Callable[[], object]]:
    def insert_one() -> None:
        with engine.begin() as connection:
            connection.execute(insert(BARE), {"body": b"x" * 900})

    for _ in COURSE:
        yield insert_one


def by_eventsourcing(application: Application[Any]) -> Iterator[Callable[[], object]]:
    first, *others = [plain(command) for command in COURSE]
    opened = Case(first)
    yield partial(application.save, opened)

    def save_one(said: dict[str, Any]) -> None:
        case: Any = application.repository.get(opened.id)
        case.happened(said)
        application.save(case)

    for said in others:
        yield partial(save_one, said)


def contenders(database: Database) -> dict[str, Run]:
    engine = database.engine()
    found: dict[str, Run] = {
        BARE.name: partial(by_insert, engine),
        ALONE: partial(by_statements, engine),
        "klimaflow": partial(by_store, Store(engine, PROCEDURE)),
    }
    if database.journal != "delete":  # it sets a file to WAL itself
        environment = {**database.elsewhere(), "CREATE_TABLE": "no"}
        application: Application[Any] = Application(environment)
        found["eventsourcing"] = partial(by_eventsourcing, application)
    return found


@frozen
class Append:
    """When an append began and ended, and the time of Python's own that it took."""

    began: float
    ended: float
    cpu: float

    @property
    def took(self) -> float:
        return self.ended - self.began


def timed(append: Callable[[], object]) -> Append:
    cpu, began = process_time(), perf_counter()
    append()
    return Append(began, perf_counter(), process_time() - cpu)


Turn = dict[str, list[Append]]
"""The appends of each contender, one contender after the other."""

_barrier: Any = None


def begin(barrier: Any) -> None:
    global _barrier  # noqa: PLW0603  # handed over when a process begins, as multiprocessing wants it
    _barrier = barrier


def written(database: Database, cases: int, _writer: int) -> list[Turn]:
    """Write as one of several writers, all of which begin with each contender together."""
    running = contenders(database)
    for run in running.values():
        for append in run():  # once to warm up
            append()
    turns = []
    for _ in range(ROUNDS):
        turn: Turn = {}
        for name, run in running.items():
            _barrier.wait(120)
            turn[name] = [timed(append) for _ in range(cases) for append in run()]
        turns.append(turn)
    return turns


def measure(database: Database, writers: int) -> None:
    context = multiprocessing.get_context("spawn")
    share = partial(written, database, max(CASES // writers, 1))
    with context.Pool(writers, begin, (context.Barrier(writers),)) as pool:
        found = pool.map(share, range(writers), chunksize=1)
    medians = {}
    for name in found[0][0]:
        turns = [[each for writer in found for each in writer[n][name]] for n in range(ROUNDS)]
        lasted = sum(max(e.ended for e in turn) - min(e.began for e in turn) for turn in turns)
        every = [each for turn in turns for each in turn]
        took = sorted(each.took for each in every)
        medians[name] = statistics.median(took)
        cpu = statistics.median(each.cpu for each in every)
        of_bare = f"{medians[name] / medians[BARE.name]:.2f}" if BARE.name in medians else ""
        told = [f"{1e3 * each:.2f}" for each in (medians[name], took[-len(took) // 100], cpu)]
        # Between two of the statements alone a store finds out what they are.
        rate = "" if name == ALONE else f"{len(took) / lasted:,.0f}"
        row(database.name, writers, name, rate, *told, of_bare)


def row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def verified(database: Database) -> str:
    """Return how fast the entries are verified, and how large they are."""
    engine = database.engine()
    with engine.connect() as connection:
        sizes = func.sum(func.length(TABLES.event.c.body) + func.length(TABLES.event.c.beside))
        count, octets = connection.execute(
            select(func.count(), sizes).select_from(TABLES.event)
        ).one()
    found: list[Bad] = []
    verifying = timed(lambda: found.extend(Store(engine, PROCEDURE).verify()))
    assert found == []
    engine.dispose()
    rates = (count / verifying.took, count / verifying.cpu)
    rate = "{:,.0f} events verified/s, {:,.0f} in a second of CPU".format(*rates)
    return f"{database.name}: {rate}, {octets / count:.0f} octets an event"


def create(database: Database) -> None:
    engine = database.engine()
    Store(engine).create()
    BARE.create(engine)
    engine.dispose()
    if database.journal != "delete":
        Application(database.elsewhere()).close()


def main() -> None:
    if len(sys.argv) > 1:
        tempfile.tempdir = sys.argv[1]
    told = []
    with tempfile.TemporaryDirectory() as path, running_postgresql(durable=True) as server:
        databases = [
            Database(f"SQLite, {journal}", f"sqlite:///{Path(path) / journal}.db", journal)
            for journal in ("wal", "delete")
        ]
        databases.append(Database("PostgreSQL", new_database(server)))
        row(*HEAD)
        row("---", "---:", "---", *["---:"] * 5)
        for database in databases:
            create(database)
            for writers in (1, 8):
                measure(database, writers)
            told.append(verified(database))
    print("\n".join(told))


if __name__ == "__main__":
    main()
