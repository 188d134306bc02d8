"""A disk that loses its power: what was synced is there, the rest is there, torn, or is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import define, field, frozen

__all__ = ["ALL", "NOTHING", "Chosen", "Disk", "File", "Step", "Write", "after", "drawn"]

SECTOR: Final = 512  # octets that a disk writes at once


@frozen
class Write:
    """Octets that are put from an offset on. One that `cuts` ends the file there."""

    offset: int
    data: bytes = b""
    cuts: bool = False


def after(content: bytes, writes: Sequence[Write]) -> bytes:
    """Return the content of a file after these writes."""
    found = bytearray(content)
    for each in writes:
        end = each.offset + len(each.data)
        found.extend(bytes(max(end - len(found), 0)))
        found[each.offset : end] = each.data
        if each.cuts:
            del found[each.offset :]
    return bytes(found)


@frozen
class Step:
    """What a program asks of a disk: to `create`, `unlink`, `write` or `sync` a file, or to `sync`
    the folder, which has no name. `tell` is what it tells others meanwhile.
    """

    do: str
    name: str = ""
    write: Write | None = None


@define
class File:
    """What is on the disk of a file, and the writes that were not synced."""

    durable: bytes = b""
    pending: list[Write] = field(factory=list)

    def sync(self) -> None:
        self.durable = after(self.durable, self.pending)
        self.pending.clear()


@define
class Disk:
    """A folder: its files as they are on the disk, and as programs see them."""

    durable: dict[str, File]
    seen: dict[str, File]
    pending: list[tuple[str, File | None]] = field(factory=list)

    @classmethod
    def of(cls, files: dict[str, bytes]) -> Disk:
        there = {name: File(content) for name, content in files.items()}
        return cls({**there}, {**there})

    def do(self, step: Step) -> None:
        if step.do == "create":
            self._put(step.name, File())
        elif step.do == "unlink":
            self._put(step.name, None)
        elif step.write is not None:
            self.seen[step.name].pending.append(step.write)
        elif step.do == "sync" and step.name:
            self.seen[step.name].sync()
        elif step.do == "sync":
            self.durable = {**self.seen}
            self.pending.clear()

    def _put(self, name: str, file: File | None) -> None:
        self.pending.append((name, file))
        _put(self.seen, name, file)

    def image(self, chosen: Chosen) -> dict[str, bytes]:
        """Return what is there when the power is back."""
        folder = {**self.durable}
        for name, file in self.pending[: chosen.changes(len(self.pending))]:
            _put(folder, name, file)
        return {name: after(f.durable, chosen.writes(f.pending)) for name, f in folder.items()}


def _put(folder: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        del folder[name]
    else:
        folder[name] = file


@frozen
class Chosen:
    """What a power cut leaves of what was not synced.

    `changes` says how many changes of the folder, which a disk makes in their order; `writes` what
    there is of the writes to one file, which it makes in any.
    """

    changes: Callable[[int], int]
    writes: Callable[[Sequence[Write]], Sequence[Write]]


NOTHING: Final = Chosen(lambda number: 0, lambda writes: ())
ALL: Final = Chosen(lambda number: number, lambda writes: writes)


def drawn(draw: random.Random) -> Chosen:
    """Keep, drop or tear each write by chance."""

    def some(writes: Sequence[Write]) -> list[Write]:
        kept = draw.choice((0.1, 0.5, 0.9))
        return [left for each in writes for left in _left(each, kept, draw)]

    return Chosen(lambda number: draw.randint(0, number), some)


def _left(write: Write, kept: float, draw: random.Random) -> Iterator[Write]:
    """Yield what there is of one write: all, its first octets, some of its sectors, nothing."""
    if draw.random() < kept:
        yield write
    elif write.cuts or draw.random() < 0.5:
        return
    elif draw.random() < 0.5:
        yield Write(write.offset, write.data[: draw.randrange(len(write.data))])
    else:
        yield from (each for each in _sectors(write) if draw.random() < 0.5)


def _sectors(write: Write) -> Iterator[Write]:
    """Yield a write sector by sector."""
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        stop = min((start // SECTOR + 1) * SECTOR, end)
        yield Write(start, write.data[start - write.offset : stop - write.offset])
        start = stop
