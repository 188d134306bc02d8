"""What varies from scenario to scenario: where its values come from, and the columns they make.

An input is named by what it does:

    late_{step}              days by which a step is ready later, as in `late_submit_for_approval`
    joining                  authorities that take part besides those of the base
    leaving                  authorities that have left at the start
    refuses_{funder}         whether the funder never consents
    answers_after_{funder}   days from the committee's decision until the funder consents

or it is a column of `klimaflow.frames.course` (`authorities`, `asked_realdania`, `met_…`, …), whose
value it gives. Whole days are days on the procedure's clock; what is less is exact. Counts and
kroner are rounded, and nothing is below zero but days. A flag is so from a half on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Protocol, runtime_checkable

import numpy as np
import polars as pl
from attrs import frozen

from klimaflow.commands import COMMANDS
from klimaflow.errors import FrameError, MomentError
from klimaflow.frames.columns import Kind
from klimaflow.frames.steps import STEPS
from klimaflow.moments import moment
from klimaflow.procedure import Procedure

__all__ = [
    "Distribution",
    "Drawn",
    "Input",
    "Listed",
    "known_inputs",
    "later_by",
    "misnamed",
    "value_of",
]

MOST_DAYS = 36_525
"""A delay beyond a hundred years is one of a hundred years."""

_DAY = 86_400_000_000
_SMALLEST = 2.0**-54

Array = np.ndarray[Any, Any]


@runtime_checkable
class Distribution(Protocol):
    """What values are drawn from: a frozen distribution of scipy.stats."""

    def ppf(self, q: Any) -> Any:
        """Return the value below which a share `q` of all lies."""
        ...


class Input(Protocol):
    """Where the values of one input come from."""

    def between(self, start: int, stop: int) -> Array:
        """Return the values of the scenarios from number `start` on, up to `stop`, excluded."""
        ...

    def at(self, shares: Array) -> Array:
        """Return the values below which these shares of all lie."""
        ...


@frozen(eq=False)
class Drawn:
    """An input that is drawn; `values` is a distribution, or a list of which each is as likely.

    Each input has its own stream of random numbers, by its name and the seed, and each scenario one
    number of it. So scenario 7 is the same however many there are, and another distribution, or
    another input, leaves the numbers of the others as they are.
    """

    name: str
    values: Distribution | Sequence[Any]
    seed: int

    def between(self, start: int, stop: int) -> Array:
        """Return the values of some scenarios, by their numbers."""
        key = hashlib.sha256(self.name.encode()).digest()[:8]
        spawned = np.random.SeedSequence(self.seed, spawn_key=(int.from_bytes(key),))
        bits = np.random.PCG64(spawned)
        bits.advance(start)
        return self.at(np.random.Generator(bits).random(stop - start))

    def at(self, shares: Array) -> Array:
        """Return the values below which these shares lie."""
        within = np.maximum(shares, _SMALLEST)
        if isinstance(self.values, Distribution):
            return np.asarray(self.values.ppf(within))
        places = np.minimum((within * len(self.values)).astype(np.int64), len(self.values) - 1)
        return np.asarray(self.values)[places]


@frozen(eq=False)
class Listed:
    """An input that takes each of its values in turn, each for `stride` scenarios at a time."""

    values: Sequence[Any]
    stride: int

    def between(self, start: int, stop: int) -> Array:
        """Return the values of some scenarios, by their numbers."""
        places = (np.arange(start, stop) // self.stride) % len(self.values)
        return np.asarray(self.values)[places]

    def at(self, shares: Array) -> Array:
        """Return the values below which these shares lie."""
        return Drawn("", self.values, 0).at(shares)


def known_inputs(procedure: Procedure) -> tuple[str, ...]:
    """Return the inputs that there are under a procedure besides the columns of a course."""
    steps = (COMMANDS[do].trigger for do in STEPS)
    funders = procedure.funder_names
    return (
        *(f"late_{step}" for step in steps),
        *("joining", "leaving"),
        *(f"refuses_{funder}" for funder in funders),
        *(f"answers_after_{funder}" for funder in funders),
    )


def value_of(name: str, kind: Kind, values: Array) -> pl.Series:
    """Return values as a column of a course; raise `FrameError` for what is none."""
    if kind is Kind.TEXT:
        return pl.Series(name, [str(each) for each in values], dtype=pl.String)
    if kind is Kind.MOMENT:
        return _moments(name, values)
    numbers = _numbers(name, values)
    if kind is Kind.FLAG:
        return pl.Series(name, numbers >= 0.5)
    return pl.Series(name, np.rint(np.clip(numbers, 0, 10**12)).astype(np.int64))


def _moments(name: str, values: Array) -> pl.Series:
    try:
        found = {each: moment(each) for each in dict.fromkeys(values.tolist())}
    except (MomentError, TypeError) as error:
        raise FrameError([f"{name}: {error}"]) from None
    utc = [str(found[each]) for each in values.tolist()]
    return pl.Series(name, utc).str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us")


def _numbers(name: str, values: Array) -> Array:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        raise FrameError([f"{name}: {str(values[0])[:60]!r} is no number"]) from None
    if not np.isfinite(numbers).all():
        raise FrameError([f"{name}: gives what is no number: look at its parameters"])
    return numbers


def later_by(name: str, at: pl.Series, values: Array, zone: str) -> pl.Series:
    """Return moments later by so many days each; whole days as the clocks of `zone` show them.

    It is `klimaflow.moments.later` for columns.
    """
    days = np.clip(_numbers(name, values), -MOST_DAYS, MOST_DAYS)
    micro = np.rint(days * _DAY).astype(np.int64)
    whole = pl.Series((micro // _DAY) * _DAY).cast(pl.Duration("us"))
    rest = pl.Series(micro % _DAY).cast(pl.Duration("us"))
    clock = at.dt.convert_time_zone(zone).dt.replace_time_zone(None) + whole
    a_day = pl.duration(days=1)
    found = pl.select(
        pl.coalesce(_instant(pl.lit(clock), zone), _instant(pl.lit(clock) - a_day, zone) + a_day)
    ).to_series()
    return (found + rest).rename(at.name)


def _instant(clock: pl.Expr, zone: str) -> pl.Expr:
    """Return the first instant at which the clocks show this; null where they skip it."""
    on_it = clock.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return on_it.dt.convert_time_zone("UTC")


def misnamed(names: Sequence[str], procedure: Procedure, columns: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each name that is no input and no column of a course."""
    there = (*known_inputs(procedure), *columns)
    for name in names:
        if name not in there:
            near = get_close_matches(str(name), there, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; those are {', '.join(there)}"
            yield f"{str(name)[:60]}: is no input{hint}"
