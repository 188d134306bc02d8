"""Power cuts: what a writer asks of its disk is recorded, and each moment of it rebuilt.

`strace` records the writes and syncs of the store as it is. After each of them the power fails, in
several ways; from each image that this leaves the store is opened again, and goes on.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from klimaflow import Procedure
from klimaflow.errors import StoreError
from klimaflow.store import Store
from tests.reliability.campaigns import Counts
from tests.reliability.disks import ALL, NOTHING, Disk, Step, Write, drawn
from tests.reliability.recorded import Asked, asked, opened

_TRACED: Final = "trace=openat,pwrite64,write,ftruncate,fsync,fdatasync,unlink"
_STRACE: Final = ("strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", _TRACED)
_DATABASE: Final = "cases.db"


def power_cuts(
    folder: Path,
    procedure: Procedure,
    journal: str,
    *,
    events: int,
    draws: int,
    seed: int = 1,
    synchronous: str = "",
) -> Counts:
    """Cut the power after each call of a writer: nothing acknowledged is lost, nothing is corrupt.

    After each call it is cut once so that nothing is left of what was not synced, once so that all
    is, and `draws` times so that chance decides of each write. `images` are those that differ.
    """
    before = folder / "writer"
    before.mkdir()
    with_tables = opened(f"sqlite:///{before / _DATABASE}", procedure, journal)
    with_tables.create()
    with_tables.close()
    disk = Disk.of({_DATABASE: (before / _DATABASE).read_bytes()})
    steps = recorded(before, journal, events, synchronous)
    script, draw = asked(procedure, events + 1), random.Random(seed)
    images = _Images(folder / "image", procedure, journal, script)
    told = 0
    for step in steps:
        disk.do(step)
        told += step.do == "tell"
        for chosen in (NOTHING, ALL, *(drawn(draw) for _ in range(draws))):
            images.hold(disk.image(chosen), told)
    assert told == events, "the log is not understood"
    return {"calls": len(steps), "images": len(images.held), "lost": 0, "corrupt": 0}


def recorded(folder: Path, journal: str, events: int, synchronous: str = "") -> list[Step]:
    """Return what a writer in this folder asks of its disk while it writes so many events."""
    log, url = folder.parent / "strace.log", f"sqlite:///{folder / _DATABASE}"
    writer = [sys.executable, "-m", "tests.reliability.recorded", url, journal, str(events)]
    line = [*_STRACE, "-o", str(log), *writer, *filter(None, [synchronous])]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    return [*steps(log.read_text("ascii").splitlines(), folder)]


_CALL: Final = re.compile(r"\d+ +(\w+)\((.*)\) += (\d+)")  # what fails does nothing
_TEXT: Final = re.compile(r"(?:\\x[0-9a-f]{2})+")
_OFFSET: Final = re.compile(r", (\d+)$")


def steps(lines: Sequence[str], folder: Path) -> Iterator[Step]:
    """Yield what a log of strace says of a folder; the shared memory of SQLite is on no disk."""
    there = {_DATABASE}
    for line in lines:
        if (found := _CALL.match(line)) is None:
            continue
        call, said, result = found.groups()
        texts = [bytes.fromhex(each.replace(r"\x", "")) for each in _TEXT.findall(said)]
        path = Path(texts[call == "openat"].decode()) if texts else Path()
        if call == "write" and said.startswith("1<"):
            yield Step("tell")
        elif path == folder and call in ("fsync", "fdatasync"):
            yield Step("sync")
        elif path.parent == folder and not path.name.endswith("-shm"):
            if call in ("write", "pwrite64"):
                assert len(texts[1]) == int(result), "the log has not all of it"
            if (step := _step(call, path.name, said, texts[-1], there)) is not None:
                yield step


def _step(call: str, name: str, said: str, data: bytes, there: set[str]) -> Step | None:
    """Return what one call does to a file; `there` are the names that there are."""
    if call == "openat":
        if name in there or "O_CREAT" not in said:
            return None
        there.add(name)
        return Step("create", name)
    if call == "unlink":
        there.remove(name)
        return Step("unlink", name)
    if call in ("fsync", "fdatasync"):
        return Step("sync", name)
    offset = int(cast(re.Match[str], _OFFSET.search(said))[1])
    if call == "ftruncate":
        return Step("write", name, Write(offset, cuts=True))
    assert call == "pwrite64", f"{call} says no place"
    return Step("write", name, Write(offset, data))


class _Images:
    """Opens the store from each image, and holds it against what was acknowledged."""

    def __init__(
        self, folder: Path, procedure: Procedure, journal: str, script: Sequence[Asked]
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.store = opened(f"sqlite:///{folder / _DATABASE}", procedure, journal)
        self.script = script
        self.held: set[bytes] = set()

    def hold(self, image: Mapping[str, bytes], told: int) -> None:
        """Raise `AssertionError` where a promise is broken; the same image is opened once."""
        if (name := _name(image, told)) in self.held:
            return
        self.held.add(name)
        for old in self.folder.iterdir():
            old.unlink()
        for file, content in image.items():
            (self.folder / file).write_bytes(content)
        try:
            kept = _kept(self.store, self.script, told)
            _goes_on(self.store, self.script, kept)
        except (DatabaseError, StoreError) as error:
            raise AssertionError(f"corrupt: {error}") from error
        finally:
            self.store.close()


def _name(image: Mapping[str, bytes], told: int) -> bytes:
    found = sha256(f"{told}".encode())
    for name, content in sorted(image.items()):
        found.update(f"\n{name} {len(content)}\n".encode())
        found.update(content)
    return found.digest()


def _kept(store: Store, script: Sequence[Asked], told: int) -> int:
    """Return how many events there are: all that were acknowledged, and at most one more."""
    with cast(Engine, store._where).connect() as connection:
        sound = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    assert sound == ["ok"], f"corrupt: {sound}"
    versions = {row["case_id"]: row["version"] for row in store.proposals()}
    kept = int(sum(versions.values()))
    assert told <= kept <= told + 1, f"lost: {told} were acknowledged, {kept} are there"
    assert versions == Counter(case for case, _ in script[:kept])
    found = store.verify()
    assert found == [], f"corrupt: {found}"
    return kept


def _goes_on(store: Store, script: Sequence[Asked], kept: int) -> None:
    """Write the next event, which works."""
    if kept < len(script):
        case, command = script[kept]
        assert store.execute(case, command, key=str(kept)).permitted
