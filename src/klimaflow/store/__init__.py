"""Histories in a real database, in the host's own transaction; needs the extra `sql`.

`Store` is all that most hosts need; `tables` puts its tables on their MetaData.
"""

from klimaflow.store.answers import Answer, WakeUp
from klimaflow.store.chain import Kept
from klimaflow.store.checkpoints import Checkpoint
from klimaflow.store.opening import prepare
from klimaflow.store.reminders import reminders
from klimaflow.store.schema import Instant, Tables, include_name, tables
from klimaflow.store.store import Store
from klimaflow.store.verifying import Bad

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
