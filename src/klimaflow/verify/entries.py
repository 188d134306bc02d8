"""What differs between two procedures, entry by entry, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from klimaflow.procedure import Procedure

__all__ = ["Change", "changes"]

OWN = ("id", "edition", "checked", "title", "source")
"""What tells one file from another, and is no entry of its own."""

Table = Mapping[str, Any]


@frozen
class Change:
    """An entry that differs: `old` or `new` is None where one procedure does not have it.

    The values are as `procedure --json` prints them. `rests_on` are the words behind the old and
    behind the new value: a quotation, or the file's own because.
    """

    path: str
    old: Any  # whatever a policy file may hold: a text, a number, a truth value or a list
    new: Any
    rests_on: tuple[str | None, str | None]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "path": self.path,
            "old": self.old,
            "new": self.new,
            "rests_on": list(self.rests_on),
        }


def changes(old: Procedure, new: Procedure) -> tuple[Change, ...]:
    """Return what differs, in the order of the old file; entries of lists go by their ids."""
    before = dict(_leaves(_named(old.to_dict()), "", None))
    after = dict(_leaves(_named(new.to_dict()), "", None))
    found = []
    for path in dict.fromkeys([*before, *after]):
        was, why_was = before.get(path, (None, None))
        now, why_now = after.get(path, (None, None))
        if was != now or (path in before) is not (path in after):
            found.append(Change(path, was, now, (why_was, why_now)))
    return tuple(found)


def _named(table: Table) -> Table:
    return {key: value for key, value in table.items() if key not in OWN}


Leaf = tuple[Any, str | None]  # a value, and what it rests on


def _leaves(table: Table, path: str, rests_on: str | None) -> Iterator[tuple[str, Leaf]]:
    """Yield each value with its path; lists of entries are tables by id."""
    rests_on = _words(table) or rests_on
    for key, value in table.items():
        below = f"{path}.{key}" if path else key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = {each["id"]: each for each in value}
        if key == "source" and isinstance(value, dict):
            value = value["quote"]
        if isinstance(value, dict):
            yield from _leaves(value, below, rests_on)
        else:
            own = table.get("sources", {}).get(key)  # a round cites each of its dates
            yield below, (value, own["quote"] if own else rests_on)


def _words(table: Table) -> str | None:
    source = table.get("source")
    if isinstance(source, dict):
        return str(source["quote"])
    because = table.get("because")
    return because if isinstance(because, str) else None
