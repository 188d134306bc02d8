"""Shares of many scenarios, with how far a sample may be from them."""

from __future__ import annotations

from math import sqrt
from typing import Any

from attrs import frozen
from scipy import stats

from klimaflow.scenarios.shown import percent, word

__all__ = ["LEVEL", "Difference", "Share"]

LEVEL = 0.95
"""The share of samples whose interval holds the true share."""


@frozen
class Share:
    """How many of all, with the Wilson interval at 95 %: what a sample this large leaves open.

    The interval is about the scenarios that might have been drawn, not about the assumptions that
    they are drawn from. Of a grid, where nothing is drawn, it says nothing.
    """

    count: int
    n: int

    @property
    def share(self) -> float:
        """The share, from 0 to 1."""
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and the upper end; 0 and 1 where there is nothing."""
        if not self.n:
            return 0.0, 1.0
        found = stats.binomtest(self.count, self.n).proportion_ci(LEVEL, method="wilson")
        return float(found.low), float(found.high)

    def told(self, lang: str = "en") -> tuple[str, str]:
        """Return the share and its interval in per cent."""
        low, high = self.interval
        return percent(self.share, lang), word("to", lang, percent(low, lang), percent(high, lang))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        low, high = self.interval
        return {"count": self.count, "of": self.n, "share": self.share, "interval": [low, high]}


@frozen
class Difference:
    """Which of the same scenarios have it under `a` only, under `b` only, under both, or neither.

    As all are on the same draws, only those that differ say something: `p` is McNemar's exact test,
    and the interval of the difference that of Bonett and Price (2012) at 95 %, which adds one to
    both counts of those that differ.
    """

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def n(self) -> int:
        """How many scenarios."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def difference(self) -> float:
        """The share under `b` less that under `a`."""
        return (self.only_b - self.only_a) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and the upper end of the difference, within -1 and 1."""
        n = self.n + 2
        more, less = (self.only_b + 1) / n, (self.only_a + 1) / n
        apart = float(stats.norm.ppf(0.5 + LEVEL / 2))
        wide = apart * sqrt((more + less - (more - less) ** 2) / n)
        return max(more - less - wide, -1.0), min(more - less + wide, 1.0)

    @property
    def p(self) -> float:
        """How often so uneven a change would come of chance, if both were alike; 1 if none is."""
        differ = self.only_a + self.only_b
        return float(stats.binomtest(self.only_a, differ).pvalue) if differ else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        counts = {name: getattr(self, name) for name in ("both", "only_a", "only_b", "neither")}
        told = {"difference": self.difference, "interval": list(self.interval), "p": self.p}
        return {**counts, **told}
