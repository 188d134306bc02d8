"""Hosts whose hooks fail, ask again or are interrupted, at every point of every request.

All of a request is there afterwards or nothing, the host's own case stands where the store does,
and nobody else finds the database locked.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, event, select

from klimaflow import History, Procedure
from klimaflow.commands import Command
from klimaflow.errors import StoreError
from klimaflow.machine import LifecycleMachine
from klimaflow.store import Store
from klimaflow.store.schema import TABLES
from tests.conftest import command
from tests.reliability.campaigns import Counts, sparring
from tests.store.databases import brought

HOOKS: Final = ("begin", "before_cursor_execute", "after_cursor_execute", "commit")
"""Where SQLAlchemy calls a host within a request."""

CALLBACKS: Final = ("prepare_event", "before_state_change", "after_state_change", "finalize_event")
"""Where the machine calls a host in every move."""


class Failed(Exception):
    """What a host's hook fails with."""


ERRORS: Final = (Failed, KeyboardInterrupt)


@contextmanager
def hooked(
    where: Engine | Connection, nth: int, do: Callable[[], object], hooks: Sequence[str] = HOOKS
) -> Iterator[list[int]]:
    """Do something once, at the n-th call of any of these hooks, from 0; its list counts down."""
    left = [nth]

    def hook(*_said: object) -> None:
        left[0] -= 1
        if left[0] == -1:
            do()

    for name in hooks:
        event.listen(where, name, hook)
    try:
        yield left
    finally:
        for name in hooks:
            event.remove(where, name, hook)


def failing_hooks(store: Store, commands: Sequence[Command]) -> Counts:
    """Let each call of each hook fail, in each request: all of it is there, or nothing."""
    failures = 0
    for number, asked in enumerate(commands):
        for nth in count():
            if not all(failed_at(store, asked, nth, f"key-{number}", each) for each in ERRORS):
                break
            failures += len(ERRORS)
            assert store.version("a") == number, "a part of it was written"
        assert store.version("a") == number + 1, "the next write does not work"
    assert store.verify() == []
    return {"moves": len(commands), "failures": failures, "half": 0}


def failed_at(store: Store, asked: Command, nth: int, key: str, error: type[BaseException]) -> bool:
    """Ask, and fail at one call of a hook; tell whether there was such a call."""

    def fail() -> None:
        raise error

    try:
        with hooked(cast(Engine, store._where), nth, fail):
            store.execute("a", asked, key=key)
    except error:
        unlocked(store)
        return True
    return False


def unlocked(store: Store) -> None:
    """Lock all cases; a server may take a moment to see that a connection is gone."""
    with cast(Engine, store._where).begin() as connection:
        connection.execute(select(TABLES.proposal.c.case_id).with_for_update()).all()


def failing_callbacks(store: Store, procedure: Procedure, commands: Sequence[Command]) -> Counts:
    """Let each callback of the machine fail after the store was written to, in each move."""
    case = SimpleNamespace(history=History(procedure))
    failures = 0
    for number, asked in enumerate(commands):
        for point in CALLBACKS:
            for error in ERRORS:
                before = case.history
                with suppress(error):
                    _moved(store, procedure, case, asked, point, error)
                assert case.history is before, "a state without its event"
                assert store.version("a") == number, "an event without its state"
                failures += 1
        _moved(store, procedure, case, asked)
        assert store.version("a") == len(case.history.events) == number + 1
    assert store.verify() == []
    return {"moves": len(commands), "failures": failures, "half": 0}


def _moved(
    store: Store,
    procedure: Procedure,
    case: Any,
    asked: Command,
    point: str = "",
    error: type[BaseException] = Failed,
) -> None:
    """Move the host's case and write to the store, in one transaction; fail at a point."""
    with store.transaction() as inside:
        callbacks: dict[str, list[Callable[..., object]]] = {point: []} if point else {}
        callbacks.setdefault("prepare_event", []).append(lambda _: inside.execute("a", asked))
        if point:
            callbacks[point].append(_raising(error))
        LifecycleMachine(procedure, **callbacks).handle(case, asked)  # type: ignore[arg-type]


def _raising(error: type[BaseException]) -> Callable[[object], None]:
    def fail(_step: object) -> None:
        raise error

    return fail


def asking_again(store: Store, commands: Sequence[Command]) -> Counts:
    """Ask again from within each statement of a request, in the same transaction.

    Either both are done, or there is an error and the host undoes both.
    """
    counts = {"moves": len(commands), "asked again": 0, "errors": 0, "half": 0}
    for number, asked in enumerate(commands):
        for nth in count():
            with cast(Engine, store._where).connect() as connection:
                inside = store._on(connection)
                reached = _asked_again(inside, connection, asked, nth)
                if reached is None:
                    counts["errors"] += 1
                else:
                    assert inside.verify() == [], "half"
                connection.rollback()
            if reached is False:
                break
            counts["asked again"] += 1
        brought(store, "a", asked)
        assert store.version("a") == number + 1
    assert store.verify() == []
    return counts


def _asked_again(store: Store, connection: Connection, asked: Command, nth: int) -> bool | None:
    """Tell whether there was such a statement; None if there was an error."""

    def again() -> None:
        store.execute("a", sparring("again"))

    with hooked(connection, nth, again, ["before_cursor_execute"]) as left:
        try:
            store.execute("a", asked)
        except StoreError:
            return None
    return left[0] < 0


def interrupts(store: Store, times: int, draw: Random) -> Counts:
    """Interrupt requests at any moment by a signal, and ask again: each is done exactly once."""
    brought(store, "a", command("register-idea"))
    interrupted = 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for turn in range(times):
            asked = sparring(f"{turn}")
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.0005, 0.01))
            try:
                store.execute("a", asked, key=f"{turn}")
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            gc.collect()  # with the traceback goes the last cursor, and with it the lock of SQLite
            unlocked(store)
            assert store.execute("a", asked, key=f"{turn}").version == turn + 2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert store.verify() == []
    return {"requests": times, "interrupted": interrupted, "half": 0}
