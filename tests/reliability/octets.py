"""Every octet of a file of SQLite: whoever changes one is found out, or has changed nothing.

What neither verifying nor SQLite's own check of the file notices must be free space, or the number
of an envelope that stays in its order: then a reader gets the same as before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from klimaflow import KlimaflowError, Procedure
from klimaflow.store import Store
from tests.reliability.campaigns import Counts
from tests.reliability.recorded import opened


def every_octet(
    file: Path,
    procedure: Procedure,
    draw: random.Random,
    places: Iterable[int],
    of: type[Store] = Store,
) -> Counts:
    """Change an octet in each of these places: `noticed`, or `nothing` was changed by it."""
    content, changed = file.read_bytes(), file.with_name("changed.db")
    store = opened(f"sqlite:///{changed}", procedure, "delete", of=of)
    before = _given(content, changed, store)
    assert before is not None
    counts = {"octets": 0, "noticed": 0, "nothing": 0, "missed": 0}
    for place in places:
        spoilt = bytearray(content)
        spoilt[place] ^= draw.randrange(1, 256)
        given = _given(bytes(spoilt), changed, store)
        counts["octets"] += 1
        counts["noticed"] += given is None
        counts["nothing"] += given == before
        assert given in (None, before), f"octet {place} is missed"
    return counts


def _given(content: bytes, file: Path, store: Store) -> Any:
    """Return what a reader gets of a file with this content; None where it is noticed."""
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    file.write_bytes(content)
    try:
        with cast(Engine, store._where).connect() as connection:
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        return _read(store) if sound and not store.verify() else None
    except (DatabaseError, KlimaflowError, UnicodeDecodeError):  # the last is the driver's
        return None
    finally:
        store.close()


def _read(store: Store) -> Any:
    envelopes = [{**each, "sequence": None} for each in store.outbox(1000)]
    return [*store.export()], store.funds(), envelopes
