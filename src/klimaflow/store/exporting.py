"""What a store holds as lines of JSON, for auditors; the reference of the tables has the form."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from klimaflow.store.door import Door
from klimaflow.store.sealing import ALGORITHM

__all__ = ["lines"]

_FORMAT: Final = "klimaflow.export.v1"


def lines(rows: Door) -> Iterator[str]:
    """Yield a line that names the form, then one for each procedure, proposal and entry."""
    yield _line("export", format=_FORMAT, algorithm=ALGORITHM.decode())
    for each in rows.procedures():
        yield _line("procedure", **each)
    for each in rows.proposals():
        yield _line("proposal", **each)
    for each in rows.all_entries():
        yield _line("entry", **each)


def _line(line: str, /, **row: Any) -> str:
    values = {name: _plain(value) for name, value in row.items()}
    return json.dumps({"line": line, **values}, ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value
