"""Readers of raw values from outside: one for each kind of field, and one for a whole table.

A reader takes what a file, a record or a caller gives and returns the clean value, or raises
`Unreadable` with every mistake and its path. Commands, events, cases and policies share them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar

import attrs

from klimaflow import moments, parties
from klimaflow.errors import MomentError
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import Moment, WallClock
from klimaflow.parties import Actor, Kind, Participant

__all__ = ["Unreadable", "read"]

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MOST_KRONER = 10**12
MOST_TEXT = 20_000
MOST_ENTRIES = 1_000


class Unreadable(ValueError):
    """What is wrong with a raw value: each problem is a path below it and a sentence."""

    def __init__(self, *problems: str | tuple[str, str]) -> None:
        self.problems = tuple(p if isinstance(p, tuple) else ("", p) for p in problems)
        super().__init__(self.problems)

    def under(self, path: str) -> list[tuple[str, str]]:
        """Return the problems as seen from one level further out."""
        return [(_join(path, below), sentence) for below, sentence in self.problems]

    def lines(self) -> list[str]:
        """Return each problem as `path: sentence`."""
        return [f"{path}: {sentence}" if path else sentence for path, sentence in self.problems]


def _join(path: str, below: str) -> str:
    return f"{path}.{below}" if path and below and not below.startswith("[") else path + below


def _a(value: object) -> str:
    names = {bool: "a truth value", int: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")


def shown(value: object, form: Callable[[object], str] = str) -> str:
    """Return a value in few characters, whatever it is."""
    try:
        return form(value)[:60]
    except (ValueError, RecursionError):  # a number of 5,000 digits, a list of 5,000 levels
        return "…"


def in_path(key: object) -> str:
    """Return a key as it stands in a path: a few characters of one line, whatever it is."""
    name = shown(key)
    return name if name.isprintable() and name.strip() else shown(key, ascii)


def checked(
    reader: Callable[[Any], T], check: Callable[[Any], Iterable[tuple[str, str]]]
) -> Callable[[Any], T]:
    """Return a reader that also says what `check` finds in the raw value, readable or not."""

    def read_checked(value: object) -> T:
        found = [*check(value)]
        try:
            result = reader(value)
        except Unreadable as error:
            raise Unreadable(*found, *error.problems) from None
        except MomentError as error:  # made of what is readable, at a time that does not exist
            raise Unreadable(*(found or [("", str(error))])) from None
        if found:
            raise Unreadable(*found)
        return result

    return read_checked


def readable(reader: Callable[[Any], T], value: object) -> T | None:
    """Return what a reader makes of a value; None if it makes nothing of it."""
    try:
        return reader(value)
    except (Unreadable, MomentError):
        return None


def gathered(pairs: Iterable[tuple[str, Callable[[], T]]]) -> list[T]:
    """Return what each function returns; raise one `Unreadable` for all of those that fail."""
    values: list[T] = []
    problems: list[tuple[str, str]] = []
    for path, make in pairs:
        try:
            values.append(make())
        except Unreadable as error:
            problems += error.under(path)
        except MomentError as error:
            problems.append((path, str(error)))
    if problems:
        raise Unreadable(*problems)
    return values


def reader_of(field: attrs.Attribute[Any]) -> Callable[[Any], Any]:
    """Return the field's reader: named in its metadata, or else the converter."""
    reader: Callable[[Any], Any] | None = field.metadata.get("reader", field.converter)
    assert reader is not None, f"{field.name} has no reader"
    return reader


def reads(reader: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    """Return the metadata of a field that keeps what it is given but is read by `reader`."""
    return {"reader": reader}


def read(cls: type[T], table: object, *, ignore: Iterable[str] = ()) -> T:
    """Return the `cls` that a table of raw values describes, one key for each of its fields.

    Raises `Unreadable` with all mistakes: unknown and missing keys, and what each reader says.
    """
    if not isinstance(table, Mapping):
        raise Unreadable(f"expected a table, not {_a(table)}")
    known = _readers(cls)  # type: ignore[arg-type]  # a class has a hash
    problems = [*_unknown(table, [*known, *ignore])] if table.keys() - known else []
    values: dict[str, Any] = {}
    for name, (reader, required) in known.items():
        if name in table:
            try:
                values[name] = reader(table[name])
            except Unreadable as error:
                problems += error.under(name)
            except MomentError as error:
                problems.append((name, str(error)))
        elif required:
            problems.append((name, "is missing"))
    if problems:
        raise Unreadable(*problems)
    return cls(**values)


@cache
def _readers(cls: type[Any]) -> Mapping[str, tuple[Callable[[Any], Any], bool]]:
    """Return the reader of each field that a table may state, and whether it must."""
    stated = (each for each in attrs.fields(cls) if each.init)
    return {each.name: (reader_of(each), each.default is attrs.NOTHING) for each in stated}


def _unknown(table: Mapping[Any, Any], known: Sequence[str]) -> Iterable[tuple[str, str]]:
    for key in table:
        if key not in known:
            near = get_close_matches(shown(key), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(known)}"
            yield in_path(key), f"is not a key here{hint}"


def text(value: object) -> str:
    """Read a text of at most 20,000 characters, in any script; a lone surrogate is none."""
    if not isinstance(value, str):
        raise Unreadable(f"expected a text, not {_a(value)}")
    if len(value) > MOST_TEXT:
        raise Unreadable(f"is longer than {MOST_TEXT:,} characters")
    if _SURROGATE.search(value):
        raise Unreadable("is not Unicode text")
    return value


_SURROGATE = re.compile("[\ud800-\udfff]")


def identifier(value: object) -> str:
    """Read an id: printable ASCII without spaces or a slash, at most 100 characters."""
    if not parties.IDENTIFIER.fullmatch(text(value)):
        raise Unreadable(f"{str(value)[:60]!r} is no id: printable ASCII without spaces or a slash")
    return str(value)


def visible(value: object) -> str:
    """Read a text that shows something: not empty, not only blanks."""
    if not is_visible(text(value)):
        raise Unreadable("is blank")
    return str(value)


def is_visible(value: str) -> bool:
    """Tell whether a text shows anything: a zero-width space does not."""
    first = value[:1]
    return (first.isascii() and first.isalnum()) or any(map(_shows, value))


def _shows(character: str) -> bool:
    return character.isprintable() and not character.isspace() and character not in _FILLERS


_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters, marks and a symbol of Unicode that are blank on purpose."""


def flag(value: object) -> bool:
    """Read a truth value; 0 and 1 are none."""
    if not isinstance(value, bool):
        raise Unreadable(f"expected true or false, not {_a(value)}")
    return value


def whole(value: object) -> int:
    """Read a whole number from 0 to a million million; true and 1.0 are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"expected a whole number, not {_a(value)}")
    if not 0 <= value <= MOST_KRONER:
        raise Unreadable(f"expected a number from 0 to {MOST_KRONER:,}")
    return value


def minutes(value: object) -> int:
    """Read a number of minutes, from none to a year of them."""
    if whole(value) > 366 * 24 * 60:
        raise Unreadable("is more minutes than a year has")
    return whole(value)


def kroner(value: object) -> int:
    """Read an amount in whole kroner, not negative."""
    return whole(value)


def amounts(value: Mapping[str, int]) -> FrozenMap[str, int]:
    """Read a table of kroner for each funder or fund."""
    if not isinstance(value, Mapping):
        raise Unreadable(f"expected a table of kroner, not {_a(value)}")
    if len(value) > MOST_ENTRIES:
        raise Unreadable(f"has more than {MOST_ENTRIES:,} entries")
    try:
        return FrozenMap([_amount(*item) for item in value.items()])
    except Unreadable:  # one is bad: ask all of them
        readers = ((in_path(k), partial(_amount, k, v)) for k, v in value.items())
        return FrozenMap(gathered(readers))


def _amount(of: object, value: object) -> tuple[str, int]:
    return text(of), kroner(value)


def day(value: date | str) -> date:
    """Read a calendar date, without a time of day."""
    found: object = _date(value) if isinstance(value, str) else value
    if not isinstance(found, date) or isinstance(found, datetime):
        raise Unreadable(f"expected a date, not {_a(found)}")
    if not 1900 <= found.year <= 9000:
        raise Unreadable(f"{found} is not a date of our time")
    return found


def _date(value: str) -> date:
    try:
        return date(*map(int, _DATE.fullmatch(value).groups()))  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        raise Unreadable(f"{value[:60]!r} is not a date: write YYYY-MM-DD") from None


_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_STATED = re.compile(
    r"(?P<weekday>\w{1,20}) (?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<at> [0-9]{2}:[0-9]{2})?"
)


def stated_time(value: object) -> WallClock:
    """Read a time as a policy states it, `mandag 2024-04-15 09:00`, whose weekday is checked."""
    return WallClock(_stated(value, with_time=True))


def stated_day(value: object) -> date:
    """Read a day as a policy states it, `torsdag 2024-05-30`, whose weekday is checked."""
    return _stated(value, with_time=False).date()


def _stated(value: object, *, with_time: bool) -> datetime:
    match = _STATED.fullmatch(text(value))
    form = "torsdag 2024-05-30 09:00" if with_time else "torsdag 2024-05-30"
    if match is None or bool(match["at"]) is not with_time:
        raise Unreadable(f'{str(value)[:60]!r} is not stated as "{form}"')
    try:
        found = datetime.fromisoformat(match["on"] + (match["at"] or ""))
    except ValueError:
        told = f"{str(value)[:60]!r}: there is no such day, or time of day"
        raise Unreadable(told) from None
    weekday = moments.spelled(found.date(), "dddd", "da")
    if match["weekday"].lower() != weekday:
        raise Unreadable(f"{match['on']} is a {weekday}, not a {match['weekday']}")
    day(found.date())
    return found


def zone(value: object) -> str:
    """Read the name of a time zone."""
    return moments.zone_name(text(value))


def at(value: str | datetime) -> Moment:
    """Read a moment: a text, or an aware datetime."""
    return moments.moment(value)


def actor(value: str | Actor) -> Actor:
    """Read an actor, written `role:organisation` or `role:organisation/person`."""
    if isinstance(value, Actor):
        return value
    try:
        return parties.actor(text(value))
    except Unreadable:
        raise
    except ValueError as error:
        raise Unreadable(str(error)) from None


def one_of(values: type[E]) -> Callable[[object], E]:
    """Return a reader of the values of an enumeration."""

    def read_one(value: object) -> E:
        if not isinstance(value, str) or value not in values.__members__.values():
            raise Unreadable(f"{shown(value)!r} is none of {', '.join(values)}")
        return values(value)

    return read_one


def each(reader: Callable[[Any], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of lists whose entries `reader` reads; at most 1,000 entries."""

    def read_each(value: object) -> tuple[T, ...]:
        if not isinstance(value, (list, tuple)):
            raise Unreadable(f"expected a list, not {_a(value)}")
        if len(value) > MOST_ENTRIES:
            raise Unreadable(f"has more than {MOST_ENTRIES:,} entries")
        try:
            return tuple([reader(raw) for raw in value])
        except (Unreadable, MomentError):  # one is bad: ask all of them
            return tuple(gathered((f"[{i}]", partial(reader, raw)) for i, raw in enumerate(value)))

    return read_each


def optional(reader: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Return a reader that lets None pass: nothing was stated."""

    def read_optional(value: Any) -> T | None:
        return None if value is None else reader(value)

    return read_optional


@attrs.frozen
class _Stated:
    id: str = attrs.field(metadata=reads(identifier))
    name: str = attrs.field(metadata=reads(visible))
    kind: Kind = attrs.field(metadata=reads(one_of(Kind)))


def participant(value: object) -> Participant:
    """Read a participant: an official authority code, or a table of id, name and kind."""
    if isinstance(value, Participant):
        value = {"id": value.id, "name": value.name, "kind": value.kind}
    if isinstance(value, str):
        return _authority(text(value))
    stated = read(_Stated, value)
    if stated.kind not in parties.AUTHORITY_KINDS and not parties.CODE.fullmatch(stated.id):
        return Participant(stated.id, stated.name, stated.kind)
    try:
        found = _authority(stated.id)
    except Unreadable as error:
        raise Unreadable(*error.under("id")) from None
    if found.kind is not stated.kind:
        raise Unreadable(("kind", f"{found.name} ({found.id}) is a {found.kind}"))
    return found


def recorded_participant(value: object) -> Participant:
    """Read a participant as it was recorded; the register of that day need not be today's."""
    stated = read(_Stated, value)
    return Participant(stated.id, stated.name, stated.kind)


def _authority(code: str) -> Participant:
    try:
        return parties.authority(code)
    except ValueError as error:
        raise Unreadable(str(error)) from None
