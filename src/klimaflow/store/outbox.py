"""What happened, for other systems: envelopes of CloudEvents 1.0, kept until they are delivered.

A reader keeps no place: what was not delivered is still there, also what was committed late. The
order of the events of one case is that of the case, and that of `sequence` as a text, of which no
number comes twice.
"""

from __future__ import annotations

from typing import Any, Final

from klimaflow.store import chain
from klimaflow.store.door import Door

__all__ = ["SOURCE", "TYPE", "envelopes"]

SOURCE: Final = "urn:klimaflow"
"""What the envelopes name as their source; the id of an event is unique with any."""

_DIGITS: Final = 19  # of the greatest number of a database: in the order of texts too

TYPE: Final = "klimaflow.{}.v1"
"""The type of an envelope, with the name of the event."""


def envelopes(rows: Door, limit: int) -> list[dict[str, Any]]:
    """Return the oldest envelopes, as JSON-safe values. `id` is the hash of the entry."""
    found = []
    for row in rows.outbox(limit):
        entry = chain.kept(row)
        found.append(
            {
                "specversion": "1.0",
                "id": entry.hash,
                "source": SOURCE,
                "type": TYPE.format(row["name"]),
                "subject": entry.case_id,
                "time": chain.iso(entry.recorded_at),
                "datacontenttype": "application/json",
                "sequence": f"{row['sequence']:0{_DIGITS}}",
                "data": entry.record,
            }
        )
    return found
