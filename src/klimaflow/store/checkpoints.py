"""The heads of all chains at one moment, under the root of a Merkle tree as in RFC 9162.

A chain alone cannot see that its end was cut off, or that all of it was written anew. A checkpoint
that is kept elsewhere can; its root, of 64 characters, is enough to tell that it is the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from attrs import field, frozen

from klimaflow import fields
from klimaflow.errors import StoreError
from klimaflow.fields import Unreadable
from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.store import sealing
from klimaflow.store.door import Row
from klimaflow.store.sealing import ALGORITHM, framed

__all__ = ["Checkpoint", "Head", "root"]

_FORMAT: Final = "klimaflow.checkpoint.v1"


def _hash(value: object) -> str:
    if not sealing.is_hash(fields.text(value)):
        raise Unreadable("expected 64 lower-case hexadecimal digits")
    return str(value)


@frozen
class Head(Sheet):
    """How many entries a case had, and the hash that its chain ended with."""

    length: int = field(metadata=fields.reads(fields.whole))
    hash: str = field(metadata=fields.reads(_hash))


def _heads(value: object) -> FrozenMap[str, Head]:
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table of heads")
    return FrozenMap((fields.text(case), fields.read(Head, head)) for case, head in value.items())


@frozen
class Checkpoint(Sheet):
    """The heads of all cases at a moment of the store's time. `root` binds all of them."""

    at: Moment = field(metadata=fields.reads(fields.at))
    heads: FrozenMap[str, Head] = field(metadata=fields.reads(_heads))

    @classmethod
    def of(cls, at: Moment, proposals: Iterable[Row]) -> Checkpoint:
        """Return the checkpoint of the rows of proposals."""
        heads = {row["case_id"]: Head(row["length"], row["head"]) for row in proposals}
        return cls(at, FrozenMap(sorted(heads.items(), key=lambda each: each[0].encode())))

    @property
    def root(self) -> str:
        """The root of the tree over all heads, in the order of the cases' ids in UTF-8."""
        leaves = [_leaf(case, self.heads[case]) for case in sorted(self.heads, key=str.encode)]
        return root(leaves).hex()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values, which `from_dict` reads."""
        heads = {case: {"length": h.length, "hash": h.hash} for case, h in self.heads.items()}
        stated = {"format": _FORMAT, "algorithm": ALGORITHM.decode(), "root": self.root}
        return {**stated, "at": self.at.isoformat(), "heads": heads}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Checkpoint:
        """Return the checkpoint that `to_dict` wrote.

        Raises `StoreError` for what cannot be read, and for heads that are not those of the root.
        """
        try:
            read = fields.read(cls, table, ignore=("format", "algorithm", "root"))
            problem = _unlike(table, format=_FORMAT, algorithm=ALGORITHM.decode())
            if not problem and table.get("root") != read.root:
                problem = "root: the heads are not those that it binds"
        except Unreadable as error:
            raise StoreError("\n".join(error.lines())) from None
        if problem:
            raise StoreError(problem)
        return read


def _unlike(table: Mapping[str, Any], **stated: str) -> str:
    """Return the first name for which a table has something else, with what was expected."""
    wrong = (
        f"{name}: expected {value}" for name, value in stated.items() if table.get(name) != value
    )
    return next(wrong, "")


def _leaf(case_id: str, head: Head) -> bytes:
    length = head.length.to_bytes(8, "big")
    parts = (case_id.encode(), length, bytes.fromhex(head.hash))
    return framed(b"klimaflow.head.v1", ALGORITHM, *parts)


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a Merkle tree over these leaves (RFC 9162, 2.1.1) with SHA-256."""
    if not leaves:
        return sha256(b"").digest()
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[len(level) & ~1 :]  # the last one of an odd level goes up as it is
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]
