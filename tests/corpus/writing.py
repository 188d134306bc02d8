"""TOML written from values: `tomllib` only reads, and a corpus of files is made of tables."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any


class Raw(str):
    """A key or a value that is written as it is, and so need not be TOML at all."""

    __slots__ = ()


def toml(table: Mapping[str, Any]) -> str:
    """Return the table as TOML, one line for each key, what is below it on the same line."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def text(value: str) -> str:
    """Return a basic string; a lone surrogate stays one, and so cannot be encoded."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if isinstance(key, Raw) else text(key)


def _value(value: object) -> str:
    if isinstance(value, Raw):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int) and value > 10**18:
        return hex(value)  # of more digits than Python writes in tens, and reads
    return repr(value)  # `nan` and `inf` are written as Python writes them
