"""What the funds can carry: each funder's contribution draws on its funds in the file's order."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from klimaflow.making import maker
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, day
from klimaflow.procedure import Fund, Procedure

__all__ = ["Drawing", "draw", "locked"]


@frozen(weakref_slot=False)
class Drawing(Sheet):
    """The outcome of drawing a grant on the funds, in kroner.

    `short` is what they cannot carry, for each funder that is short of something; `left` is what
    stays in each open fund of a funder that draws.
    """

    short: Mapping[str, int]
    left: Mapping[str, int]

    def spare(self, procedure: Procedure, granted: Mapping[str, int]) -> int:
        """Return the least that stays for one funder that draws; 0 if none does."""
        spare = None
        for funder, amount in granted.items():
            if amount:
                own = 0
                for fund in procedure.funds_of.get(funder, ()):
                    own += self.left.get(fund.id, 0)
                spare = own if spare is None or own < spare else spare
        return spare or 0


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
    for funder, amount in granted.items():
        for fund in procedure.funds_of.get(funder, ()):
            lockable = fund.awaits is not None or fund.released_on is not None
            if lockable and at is not None and locked(fund, at, procedure.zone):
                continue
            have = left.get(fund.id)
            if have is None:
                rest = fund.amount - committed.get(fund.id, 0)
                have = rest if rest > 0 else 0  # noqa: FURB136 - a call is dear here
            drawn = amount if amount < have else have  # noqa: FURB136
            left[fund.id] = have - drawn
            amount -= drawn
        if amount:
            short[funder] = amount
    return _drawing(short, left)


_drawing = maker(Drawing)
