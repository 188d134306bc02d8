"""What the funds can carry: each funder's contribution draws on its funds in the file's order."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from klimaflow.moments import Moment, day
from klimaflow.procedure import Fund, Procedure

__all__ = ["Drawing", "draw", "locked"]


@frozen(weakref_slot=False)
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
    left: dict[str, int] = {}
    short: dict[str, int] = {}
    open_to: list[list[str]] = []
    for funder, amount in granted.items():
        if not amount:
            continue
        funds = []
        for fund in procedure.funds_of.get(funder, ()):
            if at is not None and locked(fund, at, procedure.zone):
                continue
            funds.append(fund.id)
            if fund.id not in left:
                left[fund.id] = max(0, fund.amount - committed.get(fund.id, 0))
            drawn = min(amount, left[fund.id])
            left[fund.id] -= drawn
            amount -= drawn
        open_to.append(funds)
        if amount:
            short[funder] = amount
    return Drawing(
        short, min([sum([left[fund] for fund in funds]) for funds in open_to], default=0)
    )
