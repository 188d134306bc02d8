"""What differs between two procedures, entry by entry, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from klimaflow.markup.sheet import Sheet
from klimaflow.procedure import Procedure

__all__ = ["WORDS", "Change", "changes"]

OWN = ("id", "edition", "checked", "title", "source")
"""What tells one file from another, and is no entry of its own."""
WORDS = ("source", "sources", "because")
"""What an entry rests on."""

Table = Mapping[str, Any]


@frozen
class Change(Sheet):
    """A value that differs: `old` or `new` is None where one procedure does not have it.

    `entry` is the path of the entry that the value stands in, `key` its place there. The values
    are as `procedure --json` prints them. `rests_on` are the words behind the old and behind the
    new value: a quotation, or the file's own because.
    """

    entry: str
    key: str
    old: Any  # whatever a policy file may hold: a text, a number, a truth value or a list
    new: Any
    rests_on: tuple[str | None, str | None]

    @property
    def path(self) -> str:
        """The place of the value in the file; entries of lists go by their ids."""
        return f"{self.entry}.{self.key}" if self.entry else self.key

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "path": self.path,
            "old": self.old,
            "new": self.new,
            "rests_on": list(self.rests_on),
        }


Place = tuple[str, str]  # the path of an entry, and a key in it
Leaves = Mapping[Place, tuple[Any, str | None]]  # a value, and what it rests on


def changes(old: Procedure, new: Procedure) -> tuple[Change, ...]:
    """Return what differs, in the order of the old file.

    Of an entry that only one of them has, and of a value that differs, what it rests on is not
    told once more as a value.
    """
    before, after = (dict(_leaves(_named(each.to_dict()), "", "", {})) for each in (old, new))
    differing = [
        place
        for place in dict.fromkeys([*before, *after])
        if before.get(place, (None,))[0] != after.get(place, (None,))[0]
        or (place in before) is not (place in after)
    ]
    told = {*differing}
    return tuple(
        Change(*place, was, now, (why_was, why_now))
        for place in differing
        if not _told_elsewhere(place, told, before, after)
        for was, why_was in [before.get(place, (None, None))]
        for now, why_now in [after.get(place, (None, None))]
    )


def _told_elsewhere(place: Place, told: set[Place], before: Leaves, after: Leaves) -> bool:
    entry, key = place
    first, _, own = key.partition(".")
    if first not in (*WORDS, "id"):
        return False
    alone = not all(any(at == entry for at, _ in leaves) for leaves in (before, after))
    return alone or (entry, own) in told or (not own and any(_value(it, entry) for it in told))


def _value(place: Place, entry: str) -> bool:
    return place[0] == entry and place[1].partition(".")[0] not in WORDS


def _named(table: Table) -> Table:
    return {key: value for key, value in table.items() if key not in OWN}


def _leaves(
    table: Table, entry: str, prefix: str, words: Mapping[str, str]
) -> Iterator[tuple[Place, tuple[Any, str | None]]]:
    """Yield each value by its entry and key; an entry of a list goes by its id."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        below = f"{entry}.{key}" if entry else key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                yield from _leaves(each, f"{below}.{each['id']}", "", _words(each))
            continue
        if name == "source" and isinstance(value, dict):
            value = value["quote"]
        if name == "sources":
            value = {date: source["quote"] for date, source in value.items()}
        if not isinstance(value, dict):
            yield (entry, key), (value, words.get(key, words.get("")))
        elif found := _words(value):
            yield from _leaves(value, below, "", found)
        else:
            yield from _leaves(value, entry, f"{key}.", words)


def _words(table: Table) -> Mapping[str, str]:
    """Return what the values of an entry rest on, by key; that of all others by an empty key."""
    source = table.get("source", {})
    words = source["quote"] if isinstance(source, dict) and source else table.get("because")
    own = {key: each["quote"] for key, each in table.get("sources", {}).items()}
    return own if words is None else {"": words, **own}
