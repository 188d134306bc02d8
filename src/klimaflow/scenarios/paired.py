"""The same scenarios twice: under two procedures, or with one thing changed, on the same draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from attrs import field, frozen

from klimaflow.errors import FrameError
from klimaflow.phrases import label, number
from klimaflow.proposal import Phase
from klimaflow.scenarios.draws import BATCH, Scenarios
from klimaflow.scenarios.outcomes import COURSE_OF, Outcomes, Tally
from klimaflow.scenarios.shares import Difference, Share
from klimaflow.scenarios.shown import Shown, decimal, percent, word
from klimaflow.tables import Table

__all__ = ["Paired", "paired"]

_COMPARED = ("reached", "stopped_by", "round", "started_at")


@frozen(eq=False)
class Paired(Shown):
    """What the same scenarios come to under `a` and under `b`.

    * `before`, `after`: the `Outcomes` of each;
    * `started`: how many start under both, only under `a`, only under `b`, under neither;
    * `moves`: how many come to one phase under `a` and to another, or the same, under `b`, by both;
    * `changed`: how many come to anything else at all: phase, rules, round or start.
    """

    a: Scenarios = field(repr=False)
    b: Scenarios = field(repr=False)
    before: Outcomes
    after: Outcomes
    started: Difference
    moves: Mapping[tuple[Phase, Phase], int] = field(repr=False)
    changed: Share

    @property
    def changes_nothing(self) -> bool:
        """Whether each scenario comes to the same under both."""
        return not self.changed.count

    def sentences(self, lang: str = "en") -> tuple[str, ...]:
        """Return what changes, in `en` or `da`; that nothing does, if so."""
        count = number(self.changed.n, lang)
        if self.changes_nothing:
            return (word("paired_nothing", lang, count),)
        apart, (low, high) = self.started.difference, self.started.interval
        sign = -1 if apart < 0 else 1
        ends = sorted((sign * low, sign * high))
        points = [decimal(100 * each, lang) for each in (abs(apart), *ends)]
        changed = number(self.changed.count, lang)
        return (
            word("paired_changed", lang, changed, count, percent(self.changed.share, lang)),
            word("start_fewer" if sign < 0 else "start_more", lang, *points),
        )

    def tables(self, lang: str = "en") -> tuple[Table, ...]:
        """Return the four counts, and what moves from phase to phase."""
        names = ("both", "only_a", "only_b", "neither")
        counts = [(word(n, lang), getattr(self.started, n)) for n in names]
        told = [(name, number(c, lang), percent(c / self.started.n, lang)) for name, c in counts]
        head = (label("phases", "started", lang), word("count", lang), word("share", lang))
        sides = [f"{each.procedure.id} ({each.procedure.sha256[:8]})" for each in (self.a, self.b)]
        title = word("paired", lang, *sides)
        said = [(each,) for each in self.sentences(lang)]
        moved = [
            (label("phases", old, lang), label("phases", new, lang), number(count, lang))
            for (old, new), count in self.moves.items()
            if old is not new
        ]
        into = (word("under_a", lang), word("under_b", lang), word("count", lang))
        return (
            Table(title, (word("what_changes", lang),), said),
            Table(word("who_starts", lang), head, told),
            Table(word("moves", lang), into, moved),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "a": self.before.to_dict(),
            "b": self.after.to_dict(),
            "started": self.started.to_dict(),
            "changed": self.changed.to_dict(),
            "moves": [{"a": str(a), "b": str(b), "count": c} for (a, b), c in self.moves.items()],
        }


def paired(
    a: Scenarios,
    b: Scenarios,
    *,
    progress: bool | None = None,
    size: int = BATCH,
    also: Callable[[pl.DataFrame], object] = lambda _: None,
) -> Paired:
    """Return what the same scenarios come to twice, each with the other on the same draws.

    `b` is `a.under(…)` or `a.changed(…)`: raises `FrameError` for scenarios of another number or
    seed, with which none of the others has anything in common. Each frame of both is handed to
    `also` too, which may keep it.
    """
    if (a.n, a.seed) != (b.n, b.seed):
        raise FrameError(["paired: these are not on the same draws: their n or seed differ"])
    sides = (Tally(a.procedure, a.seed, a.base), Tally(b.procedure, b.seed, b.base))
    moves: Counter[tuple[Phase, Phase]] = Counter()
    changed = 0
    for one, other in zip(
        a.batches(size, progress=progress), b.batches(size, progress=False), strict=True
    ):
        for side, frame in zip(sides, (one, other), strict=True):
            side.add(frame)
            also(frame)
        beside = one.select(_COMPARED).hstack(other.select(_COMPARED).rename("b_{}".format))
        differs = [pl.col(name).ne_missing(pl.col(f"b_{name}")) for name in _COMPARED]
        changed += int(beside.select(pl.any_horizontal(differs).sum()).item())
        for old, new, count in beside.group_by("reached", "b_reached").len().iter_rows():
            moves[Phase(old), Phase(new)] += count
    ordered = {(o, n): moves[o, n] for o in COURSE_OF for n in COURSE_OF if moves[o, n]}
    before, after = (side.outcomes() for side in sides)
    return Paired(a, b, before, after, _started(ordered), ordered, Share(changed, a.n))


def _started(moves: Mapping[tuple[Phase, Phase], int]) -> Difference:
    counts: Counter[tuple[bool, bool]] = Counter()
    for (old, new), count in moves.items():
        counts[old is Phase.STARTED, new is Phase.STARTED] += count
    order = ((True, True), (True, False), (False, True), (False, False))
    return Difference(*(counts[each] for each in order))
