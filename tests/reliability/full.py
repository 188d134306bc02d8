"""A server of PostgreSQL whose disk is full, while it is and once there is room again.

The disk is a small file system in memory, which only root may mount.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from klimaflow.store import Answer, Store
from tests.conftest import command
from tests.reliability.campaigns import Counts, sparring
from tests.reliability.servers import Server
from tests.store.databases import brought

_SIZE: Final = "256m"
_MOST_LEFT: Final = 64 * 1024  # octets; a file of the log has 16 MB


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a folder in which there is little room."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def full_disks(server: Server, disk: Path, store: Store, times: int, draw: random.Random) -> Counts:
    """Fill the disk while a case is written to; each second time its log too.

    There is an error that says so, or that the server has ended, as it does if its log is full;
    once there is room, the same request under the same key is done once.
    """
    server.set("min_wal_size", "32MB")
    server.set("max_wal_size", "64MB")  # what is full is the filler, not files of the log
    counts = {"full": times, "said so": 0, "half": 0}
    for turn in range(times):
        case = f"case-{turn}"
        brought(store, case, command("register-idea"))
        with _filled(disk, draw.randrange(_MOST_LEFT)):
            done, error = _until_an_error(store, case, new_logs=turn % 2 == 1)
        counts["said so"] += "No space left on device" in error
        assert _persisted(server, store, case, done).permitted
        assert store.version(case) == done + 2, "it was not done once"
        assert store.verify() == [], "half"
    return counts


@contextmanager
def _filled(disk: Path, left: int) -> Iterator[None]:
    """Leave so many octets on a disk."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(shutil.disk_usage(disk).free - left, 1))
    try:
        yield
    finally:
        filler.unlink()


def _persisted(server: Server, store: Store, case: str, number: int) -> Answer:
    """Ask until there is an answer; a server may end only after there is room again."""
    while True:
        server.start()
        with suppress(OperationalError):
            return _asked(store, case, number)
        time.sleep(0.1)


def _asked(store: Store, case: str, number: int) -> Answer:
    return store.execute(case, sparring(f"{number}"), key=f"{case}-{number}")


def _until_an_error(store: Store, case: str, *, new_logs: bool) -> tuple[int, str]:
    """Return how many requests were done, and what the next one was told."""
    for number in count():
        if new_logs:
            with suppress(OperationalError), cast(Engine, store._where).connect() as connection:
                connection.exec_driver_sql("SELECT pg_switch_wal()")
        try:
            _asked(store, case, number)
        except OperationalError as error:
            return number, str(error)
    raise AssertionError("it goes on for ever")
