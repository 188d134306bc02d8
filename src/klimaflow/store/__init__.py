"""Histories in a real database, in the host's own transaction; needs the extra `sql`.

`Store` is all that most hosts need; `tables` puts its tables on their MetaData. What speaks through
SQLAlchemy is imported when it is asked for, since the Django app does without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from klimaflow.store.answers import Answer, WakeUp
from klimaflow.store.chain import Kept
from klimaflow.store.checkpoints import Checkpoint
from klimaflow.store.reminders import reminders
from klimaflow.store.verifying import Bad

if TYPE_CHECKING:
    from klimaflow.store.opening import prepare
    from klimaflow.store.schema import Instant, Tables, include_name, tables
    from klimaflow.store.store import Store

__all__ = [
    "Answer",
    "Bad",
    "Checkpoint",
    "Instant",
    "Kept",
    "Store",
    "Tables",
    "WakeUp",
    "include_name",
    "prepare",
    "reminders",
    "tables",
]

_BY_SQLALCHEMY = {
    "Instant": "schema",
    "Store": "store",
    "Tables": "schema",
    "include_name": "schema",
    "prepare": "opening",
    "tables": "schema",
}


def __getattr__(name: str) -> Any:  # whatever has that name
    if name not in _BY_SQLALCHEMY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_BY_SQLALCHEMY[name]}"), name)
