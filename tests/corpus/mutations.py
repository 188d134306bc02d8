"""Ways to spoil a table at one place: what a generated corpus of bad files is made of."""

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from tests.corpus.writing import Raw

Path = tuple[str | int, ...]
Table = dict[str, Any]

DEEP: Any = []
for _ in range(30):
    DEEP = [DEEP]

VALUES: dict[str, Any] = {
    "text": "x",
    "empty text": "",
    "blank text": " \t\N{ZERO WIDTH SPACE}",
    "bell": "a\x07\x1b[31m\nb",
    "long text": "x" * 20_001,
    "number": 7,
    "negative": -1,
    "beyond": 10**12 + 1,
    "huge": 16**5000 - 1,
    "float": 1.5,
    "whole float": 1.0,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "true": True,
    "empty list": [],
    "list": ["x"],
    "list of lists": [[["x"]]],
    "empty table": {},
    "table": {"x": 1},
    "deep": DEEP,
    "date": date(2024, 6, 1),
    "far date": date(9999, 12, 31),
    "time of day": time(9, 0),
    "local time": datetime(2024, 6, 1, 12, 0),
    "moment": datetime(2024, 6, 1, 12, 0, tzinfo=UTC),
}
"""Values of every type that TOML has, and ones beyond measure."""


def spelled(path: Path) -> str:
    """Return the path as problems write it: `rounds[0].approval`."""
    words = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(words).lstrip(".")


def pattern(path: Path) -> str:
    """Return the path without numbers: `rounds[].approval`."""
    words = ("[]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(words).lstrip(".")


def places(value: object, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of everything in a table, tables and lists too."""
    inside: Any = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list | tuple):
        inside = enumerate(value)
    for key, each in inside:
        yield (*at, key), each
        yield from places(each, (*at, key))


def at(table: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for part in path:
        table = table[part]
    return table


def put(table: Any, path: Path, value: Any) -> Any:
    """Return a copy with another value at a path."""
    spoilt = _copied(table, path[:-1])
    at(spoilt, path[:-1])[path[-1]] = value
    return spoilt


def drop(table: Any, path: Path) -> Any:
    """Return a copy without what stands at a path."""
    spoilt = _copied(table, path[:-1])
    del at(spoilt, path[:-1])[path[-1]]
    return spoilt


def rename(table: Any, path: Path, name: str) -> Any:
    """Return a copy in which a key has another name."""
    spoilt = _copied(table, path[:-1])
    around = at(spoilt, path[:-1])
    items = [(name if key == path[-1] else key, value) for key, value in around.items()]
    around.clear()
    around.update(items)
    return spoilt


def _copied(table: Any, path: Path) -> Any:
    """Return a copy of a table, and of all that leads to a path in it."""
    copied = copy.copy(table)
    if path:
        copied[path[0]] = _copied(table[path[0]], path[1:])
    return copied


def misspelt(key: str) -> str:
    """Return a key with one letter doubled, so that it is still close."""
    return key[:2] + key[1:]


def twice(table: Any, path: Path) -> Any:
    """Return a copy in which a key is written twice."""
    around, key = at(table, path[:-1]), path[-1]
    return put(table, (*path[:-1], Raw(f'"{key}"')), around[key])
