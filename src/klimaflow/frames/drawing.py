"""What the funds can carry, row by row: as `klimaflow.funds` draws a grant on them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from attrs import frozen

from klimaflow.frames.columns import Columns
from klimaflow.frames.terms import Condition, Fact
from klimaflow.moments import day
from klimaflow.procedure import Fund, Procedure

__all__ = ["Amounts", "Drawing", "as_expr", "awaiting"]

_MOST = 10**15


@frozen(eq=False)
class Amounts:
    """The kroner of some funders, and where all of them are known."""

    known: Condition
    of: Mapping[str, nw.Expr | int]

    @property
    def total(self) -> nw.Expr | int:
        """Their sum; null where one is."""
        return sum(self.of.values())

    def among(self, funders: Container[str]) -> Amounts:
        """Return those of some funders."""
        return Amounts(self.known, {f: each for f, each in self.of.items() if f in funders})


def as_expr(amount: nw.Expr | int) -> Any:
    """Return an amount as an expression, also where it is the same in every row."""
    return nw.lit(amount, dtype=nw.Int64) if isinstance(amount, int) else amount


def awaiting(procedure: Procedure) -> Container[str]:
    """Return the funders to whom a fund that opens late may make a difference."""
    lockable = (fund for fund in procedure.funds if _lockable(fund))
    found = {funder for fund in lockable for funder in fund.funders}
    for _ in procedure.funds:  # what one draws is not there for the next
        shared = (fund.funders for fund in procedure.funds if found.intersection(fund.funders))
        found |= {funder for funders in shared for funder in funders}
    return found


def _lockable(fund: Fund) -> bool:
    return fund.awaits is not None or fund.released_on is not None


class Drawing:
    """The outcome of drawing the grants on the funds that are open at `at`; None opens all.

    Each draw is a stage of its own: as one expression they would grow with every funder.
    """

    def __init__(
        self,
        procedure: Procedure,
        granted: Amounts,
        committed: Mapping[str, int],
        columns: Columns,
        at: Fact | None,
    ) -> None:
        self._procedure, self._granted, self._columns, self._at = procedure, granted, columns, at
        self._left: dict[str, nw.Expr | int] = {
            fund.id: max(0, fund.amount - committed.get(fund.id, 0)) for fund in procedure.funds
        }
        self._short: dict[str, Any] = {}
        self._stage = 0
        for funder, amount in granted.of.items():
            self._short[funder] = as_expr(amount)
            for fund in procedure.funds_of.get(funder, ()):
                self._draw(funder, fund)

    def _draw(self, funder: str, fund: Fund) -> None:
        opened = self._open(fund)
        if opened is False:
            return
        self._stage += 1
        amount, have = self._short[funder], as_expr(self._left[fund.id])
        short = (amount - have).clip(lower_bound=0)
        left = (have - amount).clip(lower_bound=0)
        if opened is not True:
            short = nw.when(opened).then(short).otherwise(amount)
            left = nw.when(opened).then(left).otherwise(have)
        self._short[funder] = nw.col(self._columns.made(short, self._stage))
        self._left[fund.id] = nw.col(self._columns.made(left, self._stage))

    def _open(self, fund: Fund) -> Condition:
        """Return whether a fund is open at the time: from the start of `released_on`."""
        if self._at is None or not _lockable(fund):
            return True
        if fund.released_on is None:
            return False
        released = Fact((True, day(fund.released_on, self._procedure.zone)))
        return (self._at >= released.begins_at).holds

    @property
    def missing(self) -> Any:
        """What the open funds cannot carry."""
        return sum(self._short.values())

    def over(self) -> nw.Expr:
        """Return by how much the grants exceed the open funds; below zero, what is left."""
        missing = self.missing
        over: nw.Expr = nw.when(missing > 0).then(missing).otherwise(-self._spare())
        return over

    def _spare(self) -> Any:
        """Return the least that stays for one funder that draws; 0 if none does."""
        spare = []
        for funder, amount in self._granted.of.items():
            own: Any = nw.lit(0, dtype=nw.Int64)
            for fund in self._procedure.funds_of.get(funder, ()):
                if (opened := self._open(fund)) is not False:
                    left = as_expr(self._left[fund.id])
                    own += left if opened is True else nw.when(opened).then(left).otherwise(0)
            spare.append(nw.when(as_expr(amount) > 0).then(own).otherwise(_MOST))
        drawing = as_expr(self._granted.total) > 0
        return nw.when(drawing).then(nw.min_horizontal(*spare)).otherwise(0)

    def short_but_not_in(self, other: Drawing) -> nw.Expr:
        """Return what is missing of the funders that another drawing leaves short of nothing."""
        missing = (
            nw.when(short == 0).then(self._short[funder]).otherwise(0)
            for funder, short in other._short.items()
        )
        found: nw.Expr = sum(missing, start=nw.lit(0, dtype=nw.Int64))
        return found
