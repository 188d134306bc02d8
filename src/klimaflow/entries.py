"""What everything laid down has in common: the passage it rests on, or our own words for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from klimaflow import fields
from klimaflow.fields import Unreadable, each, reads, visible

__all__ = ["Entry", "Passage", "Reading", "Source"]

T = TypeVar("T")


@frozen
class Source:
    """Where a requirement stands: the document, its section, and the words themselves.

    Without a section the words are not the document's but our own, or the policy file's.
    """

    document: str
    section: str
    quote: str


@frozen
class Passage:
    """A place in the procedure's own document."""

    section: str = field(converter=visible)
    quote: str = field(converter=visible)


def passage(value: object) -> Passage:
    """Read a passage, a table of section and quote."""
    return value if isinstance(value, Passage) else fields.read(Passage, value)


@frozen(kw_only=True)
class Entry:
    """Anything laid down: it cites the document (`source`), or says why it stands (`because`)."""

    source: Passage | None = field(default=None, metadata=reads(passage))
    because: str | None = field(default=None, metadata=reads(visible))


def entry(cls: type[T]) -> Callable[[object], T]:
    """Return a reader of an entry of this class, which has either a source or a because."""

    def read_entry(value: object) -> T:
        found = fields.read(cls, value)
        cited = getattr(found, "source", None), getattr(found, "because", None)
        if cited.count(None) != 1:
            raise Unreadable("needs either a source or a because")
        return found

    return read_entry


def named(reader: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of lists of entries, each with an id of its own."""

    def read_named(value: object) -> tuple[T, ...]:
        found = each(reader)(value)
        ids = [one.id for one in found]  # type: ignore[attr-defined]
        twice = [(f"[{n}].id", f"{i} stands twice") for n, i in enumerate(ids) if i in ids[:n]]
        if twice:
            raise Unreadable(*twice)
        return found

    return read_named


@frozen(kw_only=True)
class Reading(Entry, Generic[T]):
    """One way to read the document where it can be read in two."""

    value: T


@frozen(kw_only=True)
class _RawReading(Entry):
    value: object = field(metadata=reads(lambda value: value))


def reading(reader: Callable[[Any], T]) -> Callable[[object], Reading[T]]:
    """Return a reader of a reading whose value `reader` reads."""

    def read_reading(value: object) -> Reading[T]:
        raw = entry(_RawReading)(value)
        (found,) = fields.gathered([("value", partial(reader, raw.value))])
        return Reading(value=found, source=raw.source, because=raw.because)

    return read_reading
