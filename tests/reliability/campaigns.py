"""Campaigns against a store: each returns what it counted, and raises where a promise is broken.

`make reliability` runs them at length (`python -m tests.reliability.run --help`), the tests of the
store in short. Writers are forked processes that are given the store of their parent.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from klimaflow import Phase, Procedure
from klimaflow.commands import Command
from klimaflow.store import Store
from tests.conftest import command
from tests.store.databases import brought, course

Counts = dict[str, int]
T = TypeVar("T")
_FORK: Any = multiprocessing.get_context("fork")


def sparring(note: str) -> Command:
    """Return a command that an open case always permits."""
    return command("hold-sparring", at="2024-03-01 10:00", notes=note)


def in_processes(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do each work in a process of its own, all at once; return what they return.

    An exception of one is raised here.
    """
    answers = _FORK.SimpleQueue()

    def do(number: int, work: Callable[[], Any]) -> None:
        try:
            answers.put((number, work(), None))
        except BaseException as error:
            answers.put((number, None, repr(error)))

    processes = [_FORK.Process(target=do, args=each) for each in enumerate(works)]
    for process in processes:
        process.start()
    found = sorted((answers.get() for _ in processes), key=lambda each: int(each[0]))
    for process in processes:
        process.join()
    errors = [error for *_, error in found if error]
    assert not errors, errors
    return [answer for _, answer, _ in found]


def killed_writers(store: Store, runs: int, draw: random.Random, longest: float = 0.02) -> Counts:
    """Kill a writer at any moment, `runs` times: nothing acknowledged is lost, nothing is half.

    It lives at most so many seconds after its first event.
    """
    acknowledged = kept = 0
    for run in range(runs):
        case = f"case-{run // _RUNS_OF_A_CASE}"
        if run % _RUNS_OF_A_CASE == 0:
            brought(store, case, command("register-idea"))
        before = store.version(case)
        told = _killed(store, case, run, draw.uniform(0, longest))
        added = store.version(case) - before
        assert told <= added <= told + 1, f"{told} were acknowledged, {added} are there"
        acknowledged, kept = acknowledged + told, kept + added
        if (run + 1) % _RUNS_OF_A_CASE == 0 or run + 1 == runs:
            found = store.verify()
            assert found == [], found
    return {"runs": runs, "acknowledged": acknowledged, "kept": kept, "lost": 0, "half": 0}


_RUNS_OF_A_CASE = 20


def _killed(store: Store, case: str, run: int, seconds: float) -> int:
    """Let a process write, kill it so long after its first event, and return how many it told."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _write_until_killed(store, case, run, tell)
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as acknowledged:
        first = acknowledged.read(1)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return len(first + acknowledged.read())


def _write_until_killed(store: Store, case: str, run: int, tell: int) -> None:
    number = 0
    while True:
        number += 1
        store.execute(case, sparring(f"{run}"), key=f"{run}-{number}")
        os.write(tell, b".")


def in_turn(ask: Callable[[], T]) -> tuple[T, int]:
    """Ask until it is one's turn; return the answer, and how often one has waited in vain.

    SQLite keeps no queue: whoever has waited half a minute gets an error. On PostgreSQL whoever
    waits as long as the URL of the tests says.
    """
    waited = 0
    while True:
        try:
            return ask(), waited
        except OperationalError as error:
            if not any(each in str(error) for each in _NOT_YET):
                raise
            waited += 1


_NOT_YET = ("database is locked", "lock timeout")


def many_writers(store: Store, writers: int, appends: int, cases: int) -> Counts:
    """Let writers append to the same cases: no update is lost, versions have no gap."""
    names = [f"case-{number}" for number in range(cases)]
    for name in names:
        brought(store, name, command("register-idea"))

    def write(number: int) -> tuple[Counter[str], int]:
        draw, done, in_vain = random.Random(number), Counter[str](), 0
        for turn in range(appends):
            case = draw.choice(names)
            asked = sparring(f"{number}-{turn}")
            answer, waited = in_turn(partial(store.execute, case, asked))
            assert answer.permitted
            done[case] += 1
            in_vain += waited
        return done, in_vain

    told = in_processes([partial(write, number) for number in range(writers)])
    done: Counter[str] = sum((each for each, _ in told), Counter())
    in_vain = sum(waited for _, waited in told)
    found = {row["case_id"]: row["version"] - 1 for row in store.proposals()}
    assert found == {name: done[name] for name in names}, "an update is lost"
    assert store.verify() == []
    counts = {"writers": writers, "cases": cases, "acknowledged": done.total(), "lost": 0}
    return counts | {"waited in vain": in_vain}


def same_keys(store: Store, processes: int, procedure: Procedure) -> Counts:
    """Let processes ask the same under the same keys: each thing happens exactly once."""
    asked = course(procedure)

    def ask() -> list[int]:
        versions = []
        for number, each in enumerate(asked):
            answer = store.execute("a", each, key=f"key-{number}")
            assert answer.permitted, answer.refused_by
            versions.append(answer.version)
        return versions

    answers = in_processes([ask] * processes)
    assert answers == [[*range(1, len(asked) + 1)]] * processes, "an answer is another one"
    assert store.version("a") == len(asked)
    assert store.verify() == []
    return {"processes": processes, "keys": len(asked), "events": len(asked)}


def last_of_a_fund(store: Store, committees: int, rounds: int, procedure: Procedure) -> Counts:
    """Let committees approve at the same moment what a fund has only once: it is not overdrawn."""
    asked = {"propose_budget": {"contributions": {"realdania": 6_000_000}}}
    names = (f"case-{number}" for number in count())
    cases: list[str] = []
    for _ in range(rounds):
        while len(cases) < committees:
            cases.append(next(names))
            brought(store, cases[-1], *course(procedure, Phase.COMMITTEE_DECISION, **asked))
        works = [partial(_approved, store, case) for case in cases]
        permitted = in_processes(works)
        assert sum(permitted) == 1, f"{sum(permitted)} have spent the same money"
        assert store.funds()["realdania"] == 6_000_000
        winner = cases.pop(permitted.index(True))
        brought(store, winner, command("withdraw"))
    assert store.verify() == []
    return {"committees": committees, "rounds": rounds, "overdrawn": 0}


def _approved(store: Store, case: str) -> bool:
    answer, _ = in_turn(partial(store.execute, case, command("approve")))
    return answer.permitted


def readers(store: Store, writers: int, appends: int) -> Counts:
    """Fold and verify while others write: whoever reads sees one moment, and nothing to report."""
    brought(store, "a", command("register-idea"))

    def write(number: int) -> None:
        for turn in range(appends):
            in_turn(partial(store.execute, "a", sparring(f"{number}-{turn}")))

    processes = [_FORK.Process(target=write, args=(number,)) for number in range(writers)]
    for process in processes:
        process.start()
    reads = 0
    while any(process.is_alive() for process in processes):
        with store.transaction() as inside:
            assert inside.history("a").events
        assert store.history("a").events
        found = store.verify()
        assert found == [], found
        reads += 1
    assert store.version("a") == writers * appends + 1
    return {"writers": writers, "reads": reads, "false alarms": 0}


def outbox_reader(store: Store, writers: int, appends: int, cases: int) -> Counts:
    """Read the outbox while it is written to: nothing is passed over, and cases are in order."""
    names = [f"case-{number}" for number in range(cases)]
    for name in names:
        brought(store, name, command("register-idea"))
    read: dict[str, list[int]] = {name: [] for name in names}

    def write(number: int) -> None:
        draw = random.Random(number)
        for turn in range(appends):
            asked = sparring(f"{number}-{turn}")
            in_turn(partial(store.execute, draw.choice(names), asked))

    processes = [_FORK.Process(target=write, args=(number,)) for number in range(writers)]
    for process in processes:
        process.start()
    for each in _delivered_while(store, processes):
        read[each["subject"]].append(each["data"]["number"])
    versions = {row["case_id"]: row["version"] for row in store.proposals()}
    assert read == {name: [*range(1, versions[name] + 1)] for name in names}
    total = sum(versions.values())
    assert total == writers * appends + cases
    return {"writers": writers, "events": total, "missed": 0}


_AT_ONCE = 50


def _delivered_while(store: Store, processes: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield what is in the outbox, and take it out, until the processes have ended."""
    while True:
        running = any(process.is_alive() for process in processes)
        envelopes = store.outbox(_AT_ONCE)
        yield from envelopes
        in_turn(partial(store.delivered, *envelopes))
        if not envelopes and not running:
            return
        if len(envelopes) < _AT_ONCE:
            time.sleep(0.01)  # it would take the writers' turns


def fresh(url: str, procedure: Procedure, of: type[Store] = Store, **options: Any) -> Store:
    """Return a store on an empty database."""
    store = of(url, procedure, **options)
    store.create()
    return store
