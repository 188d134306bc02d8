"""What each fund has promised across all proposals, so that its last krone is not spent twice.

A case's promise is drawn when the committee approves and again when the grant is amended; it falls
when the grant does. The rows of funds are locked after the case and in the order of their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from klimaflow.events import Approved, GrantAmended
from klimaflow.funds import draw
from klimaflow.history import History
from klimaflow.lifecycle import MOVES
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

__all__ = ["ASKS_FUNDS", "promised_of"]

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


def promised_of(history: History) -> Mapping[str, int]:
    """Return what a case has promised: what its last grant drew when it was made, if it stands."""
    proposal = history.proposal
    if proposal.grant is None or proposal.phase is Phase.WITHDRAWN:
        return {}
    number, grant = next(
        (number, event)
        for number, event in reversed([*enumerate(history.events)])
        if isinstance(event, (Approved, GrantAmended))
    )
    held = [change.after for change in history.changes if change.events <= number]
    return drawn(held[-1] if held else history.opened_under, grant)


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, Any]:
    """Return how much more each fund has promised now, in the order of their names; no zeros."""
    changes = {f: after.get(f, 0) - before.get(f, 0) for f in {*before, *after}}
    return {fund: change for fund, change in sorted(changes.items()) if change}
