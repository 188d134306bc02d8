"""What the funds can carry: each funder's contribution draws on its funds in the file's order."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from klimaflow.moments import Moment, day
from klimaflow.procedure import Fund, Procedure

__all__ = ["Drawing", "draw", "locked"]


@frozen
class Drawing:
    """The outcome of drawing a grant on the funds, in kroner.

    `short` is what they cannot carry, for each funder that is short of something; `left` is the
    least that stays for a funder that draws.
    """

    short: Mapping[str, int]
    left: int


def locked(fund: Fund, at: Moment, zone: str) -> bool:
    """Tell whether a fund still awaits its release; it is open from the start of `released_on`."""
    if fund.released_on is None:
        return fund.awaits is not None
    return at < day(fund.released_on, zone).begins_at


def draw(
    procedure: Procedure,
    granted: Mapping[str, int],
    committed: Mapping[str, int],
    at: Moment | None,
) -> Drawing:
    """Draw a grant (kroner per funder) on the funds that are open at `at`; None opens all.

    `committed` is what each fund has promised to other tracks.
    """
    left = {
        fund.id: max(0, fund.amount - committed.get(fund.id, 0))
        for fund in procedure.funds
        if at is None or not locked(fund, at, procedure.zone)
    }
    short, drawn = {}, []
    for funder, amount in granted.items():
        own = [fund.id for fund in procedure.funds if funder in fund.funders and fund.id in left]
        if amount:
            drawn.append(own)
        for fund in own:
            part = min(amount, left[fund])
            left[fund] -= part
            amount -= part
        if amount:
            short[funder] = amount
    return Drawing(short, min((sum(left[f] for f in own) for own in drawn), default=0))
