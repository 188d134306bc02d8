"""How much of what comes of scenarios each input decides; the only door to SALib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import polars as pl
from attrs import field, frozen
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling

from klimaflow.errors import FrameError
from klimaflow.phrases import number
from klimaflow.scenarios.draws import BATCH, Scenarios
from klimaflow.scenarios.progress import told
from klimaflow.scenarios.shown import Shown, decimal, word
from klimaflow.tables import Table

__all__ = ["Sensitivity", "Sway", "sensitivity"]

STARTED = pl.col("started_at").is_not_null()
_TAIL = 1 / 3


@frozen
class Sway:
    """How much one input decides.

    `first` is the share of the variance that it explains alone, `total` the share that it has a
    part in, both of Sobol, each with the half-width of its interval at 95 %. `low` and `high` are
    the mean of the outcome where the input is in its lowest and in its highest third: the ends of a
    bar of a tornado.
    """

    input: str
    first: float
    first_wide: float
    total: float
    total_wide: float
    low: float
    high: float


@frozen(eq=False)
class Sensitivity(Shown):
    """How much each input decides, the one with the greatest total first.

    `n` is how many scenarios were run for it, `mean` the mean of the outcome in them, and `of` what
    the outcome is called.
    """

    scenarios: Scenarios = field(repr=False)
    of: str
    n: int
    mean: float
    sways: tuple[Sway, ...]

    @property
    def decides_nothing(self) -> bool:
        """Whether the outcome is the same whatever the inputs."""
        return not any(each.total for each in self.sways)

    def frame(self) -> pl.DataFrame:
        """Return a row for each input, with the fields of `Sway`."""
        return pl.DataFrame([attrs.asdict(each) for each in self.sways])

    def tables(self, lang: str = "en") -> tuple[Table, ...]:
        """Return a row for each input, in `en` or `da`."""
        heads = ("input", "total_head", "first_head", "low_head", "high_head")
        rows = [
            (
                each.input,
                f"{decimal(each.total, lang, 2)} ± {decimal(each.total_wide, lang, 2)}",
                f"{decimal(each.first, lang, 2)} ± {decimal(each.first_wide, lang, 2)}",
                decimal(each.low, lang, 3),
                decimal(each.high, lang, 3),
            )
            for each in self.sways
        ]
        title = word(
            "sensitivity", lang, self.of, number(self.n, lang), decimal(self.mean, lang, 3)
        )
        if self.decides_nothing:
            title += f" {word('decides_nothing', lang)}"
        return (Table(title, [word(each, lang) for each in heads], rows),)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return {"of": self.of, "n": self.n, "mean": self.mean, "inputs": self.frame().to_dicts()}


def sensitivity(
    scenarios: Scenarios,
    n: int = 1024,
    *,
    of: pl.Expr = STARTED,
    called: str = "started",
    progress: bool | None = None,
) -> Sensitivity:
    """Return how much each input decides whether scenarios start, or another outcome.

    Sobol's indices, by SALib, of `n` times the number of inputs and two scenarios, which are drawn
    anew from the inputs' distributions with the same seed; `n` is a power of two. `of` is an
    expression of polars over a frame that is run, a number or a flag without nulls; `called` names
    it. Raises `FrameError` without inputs, and for another `n`.
    """
    names = [*scenarios.inputs]
    if not names or n < 2 or n & (n - 1):
        raise FrameError(["sensitivity: there are no inputs, or n is no power of two"])
    bounds = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    seed = scenarios.seed or 0
    shares = sampling.sample(bounds, n, calc_second_order=False, seed=seed)
    found = np.concatenate([*_outcomes(scenarios, shares, of, progress)])
    if not np.isfinite(found).all():
        raise FrameError([f"{called}: is not a number in every scenario"])
    indices = _indices(bounds, found, seed)
    sways = (
        _sway(name, [float(each[place]) for each in indices], shares[:, place], found)
        for place, name in enumerate(names)
    )
    ordered = tuple(sorted(sways, key=lambda each: -each.total))
    return Sensitivity(scenarios, called, len(found), float(found.mean()), ordered)


def _outcomes(
    scenarios: Scenarios, shares: Any, of: pl.Expr, progress: bool | None
) -> Iterator[Any]:
    """Yield the outcome of the scenarios at these shares of each input, batch by batch."""
    parts = (shares[start : start + BATCH] for start in range(0, len(shares), BATCH))
    for part in told(parts, len, len(shares), progress):
        inputs = enumerate(scenarios.inputs.items())
        values = {name: each.at(part[:, place]) for place, (name, each) in inputs}
        run = scenarios.framed(values)
        yield run.select(of.cast(pl.Float64).fill_null(float("nan"))).to_series().to_numpy()


def _indices(bounds: dict[str, Any], found: Any, seed: int) -> list[Any]:
    if not np.ptp(found):
        return [np.zeros(bounds["num_vars"])] * 4
    result = analysis.analyze(bounds, found, calc_second_order=False, seed=seed)
    return [result[key] for key in ("S1", "S1_conf", "ST", "ST_conf")]


def _sway(name: str, indices: list[float], shares: Any, found: Any) -> Sway:
    first, first_wide, total, total_wide = indices
    low, high = found[shares < _TAIL].mean(), found[shares > 1 - _TAIL].mean()
    return Sway(name, first, first_wide, total, total_wide, float(low), float(high))
