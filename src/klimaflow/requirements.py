"""What a policy file demands of its own procedure, as patterns of steps; see `klimaflow.verify`.

A requirement is a table without logic: all that it names must be so for a step to match. It says
again, in its own words, what the rest of the file lays down, so that one slip shows in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import field, frozen

from klimaflow import fields
from klimaflow.entries import Entry
from klimaflow.fields import Unreadable, identifier, one_of, reads, stated_time, whole
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import WallClock
from klimaflow.parties import Role
from klimaflow.proposal import Phase

__all__ = ["Pattern", "Requirement", "UntilPossible"]


def _true(value: object) -> Literal[True]:
    if value is not True:
        raise Unreadable("is true or left out")
    return True


@frozen(kw_only=True)
class Pattern(Sheet):
    """What a permitted step looks like: what is None may be anything.

    `phase` is the one in which the command comes, `leads_to` the one after it; `round` and the
    counts are those of the proposal before the step, but for a `round` that the command names.
    Times are on the clock of Copenhagen; `not_earlier_than` and `at` include the moment stated,
    `earlier_than` and `later_than` do not. `granted_above` is in kroner, exclusive: what the step
    grants in sum, or the named `funder` alone.
    """

    do: str | None = field(default=None, metadata=reads(identifier))
    by: Role | None = field(default=None, metadata=reads(one_of(Role)))
    by_other_than: Role | None = field(default=None, metadata=reads(one_of(Role)))
    phase: Phase | None = field(default=None, metadata=reads(one_of(Phase)))
    leads_to: Phase | None = field(default=None, metadata=reads(one_of(Phase)))
    round: str | None = field(default=None, metadata=reads(identifier))
    funder: str | None = field(default=None, metadata=reads(identifier))
    at: WallClock | None = field(default=None, metadata=reads(stated_time))
    earlier_than: WallClock | None = field(default=None, metadata=reads(stated_time))
    not_earlier_than: WallClock | None = field(default=None, metadata=reads(stated_time))
    later_than: WallClock | None = field(default=None, metadata=reads(stated_time))
    authorities_below: int | None = field(default=None, metadata=reads(whole))
    criteria_unmet: Literal[True] | None = field(default=None, metadata=reads(_true))
    consents_missing: Literal[True] | None = field(default=None, metadata=reads(_true))
    granted_above: int | None = field(default=None, metadata=reads(fields.kroner))

    def clocks(self) -> Iterator[tuple[str, WallClock]]:
        """Yield the times that the pattern states, by their keys."""
        for name in ("at", "earlier_than", "not_earlier_than", "later_than"):
            stated = getattr(self, name)
            if stated is not None:
                yield name, stated


@frozen(kw_only=True)
class UntilPossible(Sheet):
    """From every proposal in phase `starting_in`, and in that `round`, up to a moment, inclusive,

    one can still set out to give the command `do`, in that round too.
    """

    starting_in: Phase = field(metadata=reads(one_of(Phase)))
    round: str | None = field(default=None, metadata=reads(identifier))
    do: str = field(metadata=reads(identifier))
    until: WallClock = field(metadata=reads(stated_time))

    def clocks(self) -> Iterator[tuple[str, WallClock]]:
        """Yield the time that it states, by its key."""
        yield "until", self.until


def _pattern(value: object) -> Pattern:
    if value == {}:
        raise Unreadable("names nothing, and so means every step")
    return fields.read(Pattern, value)


def _until_possible(value: object) -> UntilPossible:
    return fields.read(UntilPossible, value)


@frozen(kw_only=True)
class Requirement(Entry):
    """What must `never` happen, must be `possible`, or must stay possible until some moment."""

    id: str = field(metadata=reads(identifier))
    never: Pattern | None = field(default=None, metadata=reads(_pattern))
    possible: Pattern | None = field(default=None, metadata=reads(_pattern))
    until_possible: UntilPossible | None = field(default=None, metadata=reads(_until_possible))

    @property
    def demand(self) -> tuple[str, Pattern | UntilPossible]:
        """Which of the three it is, and of what."""
        stated = ((name, getattr(self, name)) for name in DEMANDS)
        return next((name, found) for name, found in stated if found is not None)


DEMANDS = ("never", "possible", "until_possible")


def undemanding(value: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a table of a requirement that demands nothing, or two things."""
    if isinstance(value, Mapping) and sum(name in value for name in DEMANDS) != 1:
        yield "", f"needs one of {', '.join(DEMANDS)}"


def plain(pattern: Pattern | UntilPossible) -> dict[str, Any]:
    """Return what a pattern names, as it stands in the file but for its times, which are ISO."""
    names = [each.name for each in type(pattern).__attrs_attrs__]
    stated = {name: getattr(pattern, name) for name in names}
    return {
        name: value.naive.isoformat(" ", "minutes") if isinstance(value, WallClock) else value
        for name, value in stated.items()
        if value is not None
    }
