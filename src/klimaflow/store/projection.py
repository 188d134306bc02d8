"""The row of a proposal: where its case stands, made of its history and rebuilt from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from klimaflow.history import History
from klimaflow.store.chain import Kept
from klimaflow.store.ledger import promised_of

__all__ = ["amounts", "projected", "rebuilt"]


def projected(history: History, promised: Mapping[str, int]) -> dict[str, Any]:
    """Return the columns that follow from a history, without those of its chain."""
    proposal = history.proposal
    return {
        "version": len(history.events) + len(history.changes),
        "procedure": history.procedure.sha256,
        "opened_under": history.opened_under.sha256,
        "phase": proposal.phase and str(proposal.phase),
        "since": proposal.since,
        "round": _storable(proposal.round),
        "revision": proposal.revision,
        "proposer": proposal.proposer,
        "title": _storable(proposal.title),
        "granted": written(proposal.granted),
        "promised": written(promised),
    }


def rebuilt(entries: Sequence[Kept], history: History) -> dict[str, Any]:
    """Return the row that follows from the entries of a case, and from the history they record."""
    last = entries[-1]
    return {
        "case_id": last.case_id,
        "recorded_at": last.recorded_at,
        "length": len(entries),
        "head": last.hash,
        **projected(history, promised_of(history)),
    }


def written(amounts: Mapping[str, int]) -> str:
    """Return kroner by name as they stand in a column."""
    return json.dumps(amounts, sort_keys=True)


def amounts(column: str) -> dict[str, int]:
    """Return the kroner by name that a column holds."""
    read: dict[str, int] = json.loads(column)
    return read


def _storable(text: str | None) -> str | None:
    """Return a text as PostgreSQL takes it; the event has it as it came."""
    return text and text.replace("\0", "\ufffd")
