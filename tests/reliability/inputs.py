"""Inputs and outputs that fail: an error, a full disk, too many files, at the n-th call, every n.

`strace` lets the n-th call of one kind fail, once; limits of the process make its files too many or
too large. The store says so with a clear error, nothing is half there, and the same request, asked
again by the same process, is done once.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from klimaflow import Procedure
from klimaflow.commands import Command
from klimaflow.errors import StoreError
from klimaflow.store import Store
from tests.reliability.campaigns import Counts
from tests.reliability.recorded import opened

CALLS: Final = (
    ("openat", "EMFILE"),
    ("pread64", "EIO"),
    ("pwrite64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("ftruncate", "EIO"),
    ("unlink", "EIO"),
)
CLEAR: Final = (DBAPIError, StoreError)
_FORK: Any = multiprocessing.get_context("fork")
_CASE: Final = "a"

Strace = Callable[[int], AbstractContextManager[Any]]


class Faults:
    """Lets requests fail in many ways, each from the same file, and counts what came of it.

    `told` are the faults of which the caller got an error; the others SQLite got over.
    """

    def __init__(
        self, folder: Path, procedure: Procedure, journal: str, of: type[Store] = Store
    ) -> None:
        self.file, self.log = folder / "cases.db", folder / "strace.log"
        self.store = opened(f"sqlite:///{self.file}", procedure, journal, of=of)
        self.store.create()
        self.store.close()
        self.counts = {"faults": 0, "told": 0, "half": 0}

    def run(self, commands: Sequence[Command], every: int = 1) -> Counts:
        """Let each call for each command fail, or of each kind each `every`-th; then the limits."""
        for number, asked in enumerate(commands):
            before = self.file.read_bytes()
            self._ask(number, asked)
            self.store.close()
            after = self.file.read_bytes()
            for call, error in CALLS:
                for nth in count(1, every):
                    self._from(before)
                    if not self._call_fails(number, asked, f"{call}:error={error}:when={nth}"):
                        break
            for limit in _limits(len(before), every * 1024):
                self._from(before)
                self._told(number, asked, limit=limit)
            self._from(after)
        return self.counts

    def _from(self, content: bytes) -> None:
        """Begin with this file."""
        for beside in self.file.parent.glob(f"{self.file.name}-*"):
            beside.unlink()
        self.file.write_bytes(content)

    def _ask(self, number: int, asked: Command) -> None:
        assert self.store.execute(_CASE, asked, key=str(number)).permitted

    def _call_fails(self, number: int, asked: Command, what: str) -> bool:
        """Tell whether there was such a call."""
        traced = f"trace={what.partition(':')[0]}"
        line = ["strace", "-o", str(self.log), "-e", traced, "-e", f"inject={what}"]
        self._told(number, asked, strace=lambda pid: _attached([*line, "-p", str(pid)]))
        return "(INJECTED)" in self.log.read_text()

    def _told(
        self,
        number: int,
        asked: Command,
        *,
        limit: AbstractContextManager[None] | None = None,
        strace: Strace = nullcontext,
    ) -> None:
        """Ask in a process of its own, and hold what is there afterwards against the answer."""
        ask = partial(self._ask, number, asked)
        here, there = _FORK.Pipe()
        process = _FORK.Process(target=_twice, args=(there, ask, limit or nullcontext()))
        process.start()
        there.close()
        with strace(process.pid):
            here.send("go")
            told, unclear = here.recv()
            process.join()
        assert not unclear, f"an unclear error: {unclear}"
        with cast(Engine, self.store._where).connect() as connection:
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        found = self.store.verify()
        assert (sound, found) == (["ok"], []), f"half: {sound}, {found}"
        assert self.store.version(_CASE) == number + 1, "it was not done once"
        self.store.close()
        self.counts["faults"] += 1
        self.counts["told"] += bool(told)


def _twice(pipe: Any, ask: Callable[[], None], limit: AbstractContextManager[None]) -> None:
    """Ask under a limit, and again without it if there was an error; tell what it was."""
    pipe.recv()
    try:
        pipe.send((_first(ask, limit), ""))
    except BaseException as error:
        pipe.send(("", repr(error)))


def _first(ask: Callable[[], None], limit: AbstractContextManager[None]) -> str:
    try:
        with limit:
            ask()
    except CLEAR as error:
        ask()
        return str(error)
    return ""


@contextmanager
def _attached(line: list[str]) -> Iterator[None]:
    """Run strace on a process, until it ends."""
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        assert "attached" in said, said
        try:
            yield
        finally:
            strace.wait()


def _limits(size: int, step: int) -> Iterator[AbstractContextManager[None]]:
    """Yield limits of the number of files, and of their size up to more than the file has."""
    for more in range(6):
        yield _limited(resource.RLIMIT_NOFILE, partial(_free, more))
    for most in range(0, 2 * size, step):
        yield _limited(resource.RLIMIT_FSIZE, partial(int, most))


def _free(more: int) -> int:
    """Return a limit that leaves so many more files."""
    number = os.dup(0)
    os.close(number)
    return number + more


@contextmanager
def _limited(which: int, most: Callable[[], int]) -> Iterator[None]:
    soft, hard = resource.getrlimit(which)
    resource.setrlimit(which, (most(), hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))
