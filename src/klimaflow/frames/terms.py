"""Facts of many rows, and what comes of comparing two of them.

A fact has one of several values, each where its condition holds; where none holds it is not known.
Conditions and values that do not depend on the row are plain, so that what is the same in all rows
costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import ge, le, lt
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
from attrs import frozen

from klimaflow.moments import MICROSECOND, Day, Moment, span

__all__ = [
    "Beyond",
    "Comparison",
    "Condition",
    "Fact",
    "Lacking",
    "Timed",
    "both",
    "counted",
    "either",
    "known",
    "negated",
    "so",
    "sure",
    "timed",
]

Condition = bool | nw.Expr

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"<=": le, ">=": ge, "<": lt}
_NANOSECONDS = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
"""Within these a moment has a place in a column of nanoseconds."""


@frozen(eq=False)
class Timed:
    """A column of moments, on the clock of a zone, in microseconds (`us`) or nanoseconds (`ns`)."""

    expr: nw.Expr
    zone: str
    unit: Any

    def lit(self, at: Moment) -> nw.Expr:
        """Return a moment as this column would hold it: in its zone, and as finely.

        A coarser one would round the column: a nanosecond late is late.
        """
        plain = datetime(*at.timetuple()[:6], at.microsecond, tzinfo=UTC)
        if self.unit == "us":
            return nw.lit(plain.astimezone(ZoneInfo(self.zone)))
        first, last = _NANOSECONDS
        within = min(max(plain, first), last).astimezone(ZoneInfo(self.zone))
        return nw.lit(within, dtype=nw.Datetime("ns", self.zone))

    def beside(self, other: Value) -> Any:
        """Return another moment as an expression that can be compared with this column."""
        if isinstance(other, Timed):
            same = other.zone == self.zone
            return other.expr if same else other.expr.dt.convert_time_zone(self.zone)
        assert isinstance(other, Moment), "a moment is compared with moments"
        return self.lit(other)


Value = int | Moment | Day | Timed | nw.Expr


def both(*conditions: Condition) -> Condition:
    """Return whether all hold; null where that is not known."""
    rest = [each for each in conditions if each is not True]
    if any(each is False for each in rest):
        return False
    return _joined(rest, nw.all_horizontal) if rest else True


def either(*conditions: Condition) -> Condition:
    """Return whether one holds; null where that is not known."""
    rest = [each for each in conditions if each is not False]
    if any(each is True for each in rest):
        return True
    return _joined(rest, nw.any_horizontal) if rest else False


def _joined(rest: Sequence[Any], join: Any) -> nw.Expr:
    (first, *others) = rest
    joined: nw.Expr = join(*rest, ignore_nulls=False) if others else first
    return joined


def negated(condition: Condition) -> Condition:
    """Return whether it does not hold; null where that is not known."""
    return not condition if isinstance(condition, bool) else ~condition


class Fact:
    """One fact of every row; compared with another one, or a number, it gives a `Comparison`.

    `measure` is the type of a distance to it; None if it counts only whether something is so.
    """

    __slots__ = ("cases", "measure")

    def __init__(self, *cases: tuple[Condition, Value], measure: Any = None) -> None:
        self.cases = tuple(case for case in cases if case[0] is not False)
        self.measure = measure

    def __le__(self, other: Fact | int) -> Comparison:
        return Comparison(self, "<=", _fact(other))

    def __ge__(self, other: Fact | int) -> Comparison:
        return Comparison(self, ">=", _fact(other))

    def __lt__(self, other: Fact | int) -> Comparison:
        return Comparison(self, "<", _fact(other))

    @property
    def begins_at(self) -> Fact:
        """The start of a day."""
        return timed(*((condition, day.begins_at) for condition, day in self._days()))

    @property
    def ends_at(self) -> Fact:
        """The end of a day."""
        return timed(*((condition, day.ends_at) for condition, day in self._days()))

    def _days(self) -> Iterator[tuple[Condition, Day]]:
        for condition, value in self.cases:
            assert isinstance(value, Day), "only a day begins and ends"
            yield condition, value


class Lacking(Fact):
    """How many of several things are not so; what is null is not so. Known where `known` holds."""

    __slots__ = ("known", "met")

    def __init__(self, known: Condition, met: Sequence[Condition]) -> None:
        self.known, self.met = known, met
        lacking = [_count(negated(sure(each))) for each in met if each is not True]
        count = sum(lacking[1:], start=lacking[0]) if lacking else 0
        super().__init__((known, count), measure=nw.Int64)

    def __le__(self, other: Fact | int) -> Comparison:
        return _NoneLacking(self, "<=", _fact(other)) if other == 0 else super().__le__(other)


class Beyond(Fact):
    """By how much something is exceeded; `at_all` is above zero where it is, and costs less."""

    __slots__ = ("at_all",)

    def __init__(self, known: Condition, beyond: Value, at_all: Value) -> None:
        super().__init__((known, beyond), measure=nw.Int64)
        self.at_all = Fact((known, at_all))

    def __le__(self, other: Fact | int) -> Comparison:
        return _NotBeyond(self, "<=", _fact(other)) if other == 0 else super().__le__(other)


def known(moment: Fact) -> Condition:
    """Return whether a moment is known."""
    found = [each for _, each in moment.cases]
    return both(bool(found), *(~each.expr.is_null() for each in found if isinstance(each, Timed)))


def timed(*cases: tuple[Condition, Value]) -> Fact:
    """Return a fact that is a moment."""
    return Fact(*cases, measure=nw.Duration("us"))


def counted(*cases: tuple[Condition, Value]) -> Fact:
    """Return a fact that is a number of things, or of kroner."""
    return Fact(*cases, measure=nw.Int64)


def so(condition: Condition) -> Fact:
    """Return 1 where it holds; a rule asks for no more, and elsewhere there is none."""
    return Fact((condition, 1))


def _fact(of: Fact | int) -> Fact:
    return of if isinstance(of, Fact) else Fact((True, of))


def _count(condition: Condition) -> Any:
    return int(condition) if isinstance(condition, bool) else condition.cast(nw.Int64)


def sure(condition: Condition) -> Condition:
    """Return whether it certainly holds: not where that is not known."""
    return condition if isinstance(condition, bool) else condition.fill_null(value=False)


@frozen(eq=False)
class Comparison:
    """The test of a rule in every row."""

    left: Fact
    operator: str
    right: Fact

    @property
    def holds(self) -> Condition:
        """Whether it holds; false or null where a fact is not known."""
        return either(*(both(c, self._tested(a, b)) for c, a, b in self._pairs()))

    @property
    def margin(self) -> nw.Expr | None:
        """How much there is to spare, null where a fact is not known; None if nothing is measured.

        Times, kroner and counts are measured, not what is or is not so.
        """
        measure = self.left.measure or self.right.measure
        if measure is None:
            return None
        found: Any = None
        for condition, a, b in reversed([*self._pairs()]):
            spare = self._spare(a, b)
            if isinstance(condition, nw.Expr):
                where = nw.when(condition).then(spare)
                spare = where if found is None else where.otherwise(found)
            found = spare
        return nw.lit(None, dtype=measure) if found is None else found

    def _pairs(self) -> Iterator[tuple[Condition, Value, Value]]:
        for condition, a in self.left.cases:
            for other, b in self.right.cases:
                if (where := both(condition, other)) is not False:
                    yield where, a, b

    def _tested(self, a: Value, b: Value) -> Condition:
        tested: Condition = _OPERATORS[self.operator](*_alike(a, b))
        return tested

    def _spare(self, a: Value, b: Value) -> Any:
        if self.operator == "<":
            assert isinstance(b, Moment), "only the end of a day is out of bounds itself"
            b = b - MICROSECOND  # the last moment within
        if isinstance(a, Moment) and isinstance(b, Moment):
            return nw.lit(span(b, a) if self.operator == ">=" else span(a, b))
        left, right = _alike(a, b)
        spare = left - right if self.operator == ">=" else right - left
        return nw.lit(spare, dtype=nw.Int64) if isinstance(spare, int) else spare


class _NoneLacking(Comparison):
    @property
    def holds(self) -> Condition:
        assert isinstance(self.left, Lacking), "made of one"
        return both(self.left.known, *self.left.met)


class _NotBeyond(Comparison):
    @property
    def holds(self) -> Condition:
        assert isinstance(self.left, Beyond), "made of one"
        return (self.left.at_all <= 0).holds


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two values as Python, or narwhals, compares them."""
    if isinstance(a, Timed):
        return a.expr, a.beside(b)
    return (b.beside(a), b.expr) if isinstance(b, Timed) else (a, b)
