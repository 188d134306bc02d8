"""What a store answers."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from klimaflow.decider import Decision
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.store.chain import EVENT, Kept
from klimaflow.store.registration import Registration

__all__ = ["Answer", "WakeUp"]


@frozen
class Answer(Sheet):
    """What became of one request; equal to what the same request is answered when it is repeated.

    `version` is that of the case afterwards, which a refusal leaves as it was. `refused_by` and
    `remarks` are ids of rules, sorted. `recorded_at` is the store's time.

    `decision` has the findings and their sentences, `registration` what was found of the time
    between receipt and record. Both are None in the answer to a repeated request, in which
    `repeated` is true.
    """

    case_id: str
    permitted: bool
    version: int
    refused_by: tuple[str, ...]
    remarks: tuple[str, ...]
    recorded_at: Moment
    decision: Decision | None = field(default=None, eq=False, repr=False)
    registration: Registration | None = field(default=None, eq=False, repr=False)
    repeated: bool = field(default=False, eq=False)


@frozen
class WakeUp(Sheet):
    """A case that should be looked at: what for, since when, and the history as it is now."""

    case_id: str
    name: str
    due_at: Moment
    history: History = field(repr=False)


def repeated(entry: Kept) -> Answer:
    """Return the first answer to a request, from the entry that it left."""
    body: Any = entry.body
    permitted = entry.kind == EVENT
    return Answer(
        entry.case_id,
        permitted,
        body["record"]["number"] if permitted else body["version"],
        tuple(body.get("refused_by", ())),
        tuple(body["remarks"]),
        entry.recorded_at,
        repeated=True,
    )
