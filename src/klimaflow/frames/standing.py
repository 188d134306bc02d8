"""The columns as one step of a course finds them: what was made on the way, else the frame's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from klimaflow.frames.columns import Column, Columns, Text
from klimaflow.frames.terms import Condition, Fact, Timed, either, negated

__all__ = ["Among", "Standing", "later"]


class Among(Text):
    """A text of which it is known in which rows it says what."""

    def __init__(self, where: Mapping[str, Condition]) -> None:
        self.where = where

    def among(self, texts: Iterable[str]) -> Condition:
        """Return whether it says one of them."""
        return either(*(self.where.get(text, False) for text in dict.fromkeys(texts)))

    def other_than(self, texts: Iterable[str]) -> Condition:
        """Return whether it says none of them."""
        return negated(self.among(texts))


class Standing(Columns):
    """The columns of a frame, in which `given` stands for some; what is made comes after all else.

    An amount that is given is known to be one. `first` is the stage in which the first is made.
    """

    def __init__(self, columns: Columns, given: Mapping[str, Any], first: int) -> None:
        self._columns, self._given, self._first = columns, given, first
        self.stages, self.asked = columns.stages, columns.asked

    def has(self, name: str) -> bool:
        """Tell whether there is such a column."""
        return name in self._given or self._columns.has(name)

    def value(self, column: Column) -> Any:
        """Return what is given for a column, or what it holds."""
        given = column.name in self._given
        return self._given[column.name] if given else self._columns.value(column)

    def amount(self, column: Column) -> tuple[Condition, nw.Expr | int]:
        """Return where there is an amount, and the amount."""
        return (True, self.value(column)) if column.name in self._given else super().amount(column)

    def text(self, column: Column) -> Text:
        """Return a text."""
        found = self.value(column)
        return found if isinstance(found, Text) else Text(self, found)

    def made(self, expr: nw.Expr, stage: int = 0) -> str:
        """Return the name of a column that is made in a stage, counted from the first of these."""
        return super().made(expr, self._first + stage)

    def no_others(self, prefix: str, those: Iterable[str]) -> None:
        """Note each column of the frame that is for nobody the procedure knows."""
        self._columns.no_others(prefix, those)

    def note(self, name: str, problem: str) -> None:
        """Note a mistake."""
        self._columns.note(name, problem)


def later(at: Timed, bounds: Fact) -> Timed:
    """Return the later of a moment and its bound; null where the moment itself is.

    The bounds are the same in all rows, or columns in the same zone.
    """
    mine = at.expr
    for other in _of_cases(at, bounds):
        early = ((mine < other) & ~mine.is_null()).fill_null(value=False)
        mine = nw.when(~early).then(mine).otherwise(other)
    return Timed(mine, at.zone, at.unit)


def _of_cases(at: Timed, bounds: Fact) -> Iterator[Any]:
    """Yield a bound that may differ from row to row as one expression."""
    bound: Any = None
    for where, value in bounds.cases:
        found = at.beside(value)
        if isinstance(where, nw.Expr):
            of = nw.when(where).then(found)
            found = of if bound is None else of.otherwise(bound)
        bound = found
    if bound is not None:
        yield bound
