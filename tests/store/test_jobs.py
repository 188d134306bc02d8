"""Reminders as jobs of a real Procrastinate, in a real PostgreSQL."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from procrastinate import App, PsycopgConnector
from sqlalchemy import Engine, create_engine, text

from klimaflow import Procedure
from klimaflow.errors import StoreError
from klimaflow.moments import copenhagen
from klimaflow.store import Store, prepare
from klimaflow.store.jobs import Jobs
from tests.conftest import command
from tests.store.databases import brought, new_database

NEAR = "qualification-deadline-near/2024-spring"
MISSED = "qualification-deadline-missed/2024-spring"
ALL = (NEAR, MISSED, *(each.replace("spring", "autumn") for each in (NEAR, MISSED)))
IN_FORCE = "2024-04-08 09:00"


class Host:
    """A host with a queue: what it reminds of is in `told`, in the order in which it was told."""

    def __init__(self, url: str, procedure: Procedure) -> None:
        self.engine = create_engine(url)
        self.app = App(connector=self.connector())
        self.told: list[tuple[str, str]] = []
        self.fails = False
        self.jobs = Jobs(self.app, "remind", queue="reminders")
        self.store = Store(self.engine, procedure, schedule=self.jobs)
        self.store.create()
        with self.app.open():
            self.app.schema_manager.apply_schema()
        self.app.task(name="remind", queue="reminders", retry=1)(self.remind)

    def remind(self, case_id: str, name: str, due_at: str) -> None:
        with self.store.transaction() as inside:
            wake_up = inside.woken(case_id, name, due_at)
            if wake_up is not None and self.fails:
                raise RuntimeError("the mail server is down")
            if wake_up is not None:
                self.told.append((wake_up.case_id, wake_up.name))

    def work(self, workers: int = 1) -> None:
        """Let workers do what is due, each on a connection of its own, until nothing is."""

        async def at_once() -> None:
            connectors = [self.connector() for _ in range(workers)]
            apps = [self.app.with_connector(each) for each in connectors]
            await asyncio.gather(*map(one, apps))

        async def one(app: App) -> None:
            async with app.open_async():
                await app.run_worker_async(
                    queues=["reminders"],
                    wait=False,
                    listen_notify=False,
                    install_signal_handlers=False,
                )

        asyncio.run(at_once())

    def connector(self) -> PsycopgConnector:
        return PsycopgConnector(kwargs=self.engine.dialect.create_connect_args(self.engine.url)[1])

    def asked(self, statement: str, **values: Any) -> Any:
        with self.engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return found.all() if found.returns_rows else None

    def waiting(self) -> list[dict[str, str]]:
        rows = self.asked("SELECT args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [row[0] for row in rows]


@pytest.fixture
def host(server: str, procedure: Procedure) -> Iterator[Host]:
    host = Host(new_database(server), procedure)
    yield host
    host.engine.dispose()


def test_the_job_is_there_exactly_when_the_event_is(host: Host, procedure: Procedure) -> None:
    with host.engine.connect() as connection:
        mine = Store(connection, procedure, schedule=host.jobs)
        brought(mine, "a", command("register-idea"))
        connection.rollback()
    assert host.waiting() == []
    with host.engine.begin() as connection:
        mine = Store(connection, procedure, schedule=host.jobs)
        brought(mine, "a", command("register-idea"))
        assert host.waiting() == []
    assert host.waiting()[:2] == [
        {"case_id": "a", "name": NEAR, "due_at": "2024-04-08T07:00:00+00:00"},
        {"case_id": "a", "name": MISSED, "due_at": "2024-04-15T22:00:00+00:00"},
    ]
    assert [each["name"] for each in host.waiting()] == [*ALL]


def test_a_job_runs_once_and_not_before_its_time(host: Host) -> None:
    brought(host.store, "a", command("register-idea"))
    ((due_at,),) = host.asked(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE args->>'name' = :name", name=NEAR
    )
    assert due_at == copenhagen(IN_FORCE)
    host.asked("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at + interval '100 years'")
    host.work()
    assert host.told == []
    host.asked("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - interval '100 years'")
    host.work()
    host.work()
    assert host.told == [("a", each) for each in ALL]
    assert host.store.due() == []
    assert host.store.verify() == []


def test_what_the_case_has_outgrown_is_not_told(host: Host) -> None:
    brought(host.store, "a", command("register-idea"), command("withdraw"))
    assert len(host.waiting()) == len(ALL)
    host.work()
    assert host.waiting() == []
    assert host.told == []


def test_what_was_set_twice_is_told_once_by_two_workers(host: Host) -> None:
    due = {NEAR: copenhagen(IN_FORCE)}
    brought(host.store, "a", command("register-idea"))
    with host.engine.begin() as connection:
        host.jobs(connection, "a", due)
        host.jobs(connection, "a", due)
    assert len(host.waiting()) == len(ALL) + 2
    host.work(workers=2)
    assert sorted(host.told) == sorted(("a", each) for each in ALL)


def test_whoever_comes_second_waits_for_the_first(host: Host) -> None:
    brought(host.store, "a", command("register-idea"))
    with ThreadPoolExecutor(1) as other:
        with host.store.transaction() as inside:
            assert inside.woken("a", NEAR, copenhagen(IN_FORCE)) is not None
            second = other.submit(host.store.woken, "a", NEAR, IN_FORCE)
            assert not second.done()
        assert second.result(timeout=30) is None


def test_a_reminder_whose_job_fails_is_there_again(host: Host) -> None:
    brought(host.store, "a", command("register-idea"))
    host.fails = True
    host.work()
    assert host.told == []
    assert len(host.store.outbox()) == 1, "what the host wrote with the event stays"
    host.fails = False
    assert host.store.woken("a", NEAR, IN_FORCE) is not None


def test_a_store_without_jobs_wakes_too(store: Store) -> None:
    brought(store, "a", command("register-idea"))
    almost = copenhagen(IN_FORCE) - timedelta(microseconds=1)
    assert store.woken("a", NEAR, almost) is None
    for name in ("something-else", "a\0", "\ud800"):
        assert store.woken("a", name, IN_FORCE) is None
    found = store.woken("a", NEAR, IN_FORCE)
    assert found is not None
    assert (found.case_id, found.name, found.due_at) == ("a", NEAR, copenhagen(IN_FORCE))
    assert found.history.proposal.title == "Skybrud på tværs"
    assert store.woken("a", NEAR, IN_FORCE) is None
    with pytest.raises(StoreError, match="b: there is no such case"):
        store.woken("b", NEAR, IN_FORCE)


def test_on_sqlite_there_are_no_jobs_and_nothing_is_written(
    procedure: Procedure, tmp_path: Any
) -> None:
    engine: Engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    prepare(engine)
    store = Store(engine, procedure, schedule=Jobs(App(connector=PsycopgConnector()), "remind"))
    store.create()
    with pytest.raises(StoreError, match="jobs need PostgreSQL by psycopg, not sqlite"):
        store.execute("a", command("register-idea"))
    assert store.proposals() == []
    engine.dispose()
