"""What each fund has promised across all proposals, so that its last krone is not spent twice.

A case's promise is drawn when the committee approves and again when the grant is amended; it falls
when the grant does. The rows of funds are locked after the case and in the order of their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from klimaflow.decider import evolve
from klimaflow.events import Approved, Event, GrantAmended
from klimaflow.funds import draw
from klimaflow.history import History
from klimaflow.lifecycle import MOVES
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase, Proposal

__all__ = ["ASKS_FUNDS", "promised_after", "promised_of"]

ASKS_FUNDS: Final = frozenset(
    move.command for move in MOVES if "committed" in attrs.fields_dict(move.event)
)
"""The commands whose answer rests on what the funds have promised."""


def drawn(procedure: Procedure, event: Approved | GrantAmended) -> dict[str, int]:
    """Return the kroner that a grant draws on each fund, above zero."""
    drawing = draw(procedure, event.granted, event.committed, event.at)
    amounts = {fund.id: fund.amount for fund in procedure.funds}
    had = {f: max(amounts[f] - event.committed.get(f, 0), 0) for f in drawing.left}
    return {f: had[f] - left for f, left in sorted(drawing.left.items()) if had[f] > left}


def promised_after(
    promised: Mapping[str, int], procedure: Procedure, event: Event, proposal: Proposal
) -> Mapping[str, int]:
    """Return what a case has promised after an event, which left this proposal."""
    if isinstance(event, Approved | GrantAmended):
        return drawn(procedure, event)
    lapsed = proposal.grant is None or proposal.phase is Phase.WITHDRAWN
    return {} if lapsed else promised


def promised_of(history: History) -> Mapping[str, int]:
    """Return what a case has promised, from its history alone."""
    promised: Mapping[str, int] = {}
    proposal, held = Proposal(), history.opened_under
    moved = {change.events: change.after for change in history.changes}
    for number, event in enumerate(history.events):
        held = moved.get(number, held)
        proposal = evolve(proposal, event)
        promised = promised_after(promised, held, event, proposal)
    return promised


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, Any]:
    """Return how much more each fund has promised now, in the order of their names; no zeros."""
    changes = {f: after.get(f, 0) - before.get(f, 0) for f in {*before, *after}}
    return {fund: change for fund, change in sorted(changes.items()) if change}
