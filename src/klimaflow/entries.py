"""What everything laid down rests on: the document, a passage of it, or our own words for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from klimaflow import fields
from klimaflow.fields import each, identifier, reads, visible
from klimaflow.markup.sheet import Sheet

__all__ = ["Checked", "Document", "Entry", "Passage", "Reading", "Source"]

T = TypeVar("T")


@frozen
class Source(Sheet):
    """Where a requirement stands: the document, its section, and the words themselves.

    Without a section the words are not the document's but our own, or the policy file's.
    """

    document: str
    section: str
    quote: str


@frozen
class Passage(Sheet):
    """A place in the procedure's own document."""

    section: str = field(converter=visible)
    quote: str = field(converter=visible)


def passage(value: object) -> Passage:
    """Read a passage, a table of section and quote."""
    return value if isinstance(value, Passage) else fields.read(Passage, value)


@frozen(kw_only=True)
class Checked(Sheet):
    """Who held this file against the document, and when."""

    by: str = field(metadata=reads(visible))
    on: date = field(metadata=reads(fields.day))


@frozen(kw_only=True)
class Document(Sheet):
    """The document that the procedure encodes."""

    document: str = field(metadata=reads(visible))
    publisher: str | None = field(default=None, metadata=reads(visible))
    url: str | None = field(default=None, metadata=reads(visible))


@frozen(kw_only=True)
class Entry(Sheet):
    """Anything laid down: it cites the document (`source`), or says why it stands (`because`)."""

    source: Passage | None = field(default=None, metadata=reads(passage))
    because: str | None = field(default=None, metadata=reads(visible))


def entry(cls: type[T]) -> Callable[[object], T]:
    """Return a reader of an entry of this class, which has either a source or a because."""
    return fields.checked(partial(fields.read, cls), _uncited)


def _uncited(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and ("source" in value) is ("because" in value):
        yield "", "needs either a source or a because"


def named(reader: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of lists of entries, each with an id of its own."""
    return fields.checked(each(reader), _named_twice)


def _named_twice(value: object) -> Iterator[tuple[str, str]]:
    ids = [fields.readable(identifier, one.get("id")) for one in tables(value)]
    for number, name in enumerate(ids):
        if name is not None and name in ids[:number]:
            yield f"[{number}].id", f"{name} stands twice"


def tables(value: object) -> list[Mapping[str, Any]]:
    """Return the entries of a raw list, each as a table, empty where it is none."""
    listed = value if isinstance(value, list | tuple) else []
    return [one if isinstance(one, Mapping) else {} for one in listed]


@frozen(kw_only=True)
class Reading(Entry, Generic[T]):
    """One way to read the document where it can be read in two."""

    value: T


@frozen(kw_only=True)
class _RawReading(Entry):
    value: object = field(metadata=reads(lambda value: value))  # read on its own


def reading(reader: Callable[[Any], T]) -> Callable[[object], Reading[T]]:
    """Return a reader of a reading whose value `reader` reads."""

    def read_reading(value: object) -> Reading[T]:
        readers: list[tuple[str, Callable[[], Any]]] = [("", partial(entry(_RawReading), value))]
        if isinstance(value, Mapping) and "value" in value:
            readers.append(("value", partial(reader, value["value"])))
        raw, *found = fields.gathered(readers)
        return Reading(value=found[0], source=raw.source, because=raw.because)

    return read_reading
