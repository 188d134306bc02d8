"""Random courses for the benchmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from klimaflow import load_procedure

PROCEDURE = load_procedure("klimaalliancen-2024")
DAY = 86_400_000_000
AIMS = {
    "submit_for_qualification_at": ("2024-04-15T07:00", 20),
    "submit_for_approval_at": ("2024-04-25T07:00", 40),
    "put_before_committee_at": ("2024-05-20T12:00", 40),
    "approve_at": ("2024-05-30T12:00", 10),
    "start_at": ("2024-08-01T08:00", 40),
}


def drawn_courses(rows: int, seed: int = 2024, first: int = 0) -> pl.DataFrame:
    """Return so many courses: most are in time for one of the rounds, and can be paid."""
    random = np.random.default_rng([seed, first])

    def around(day: str, days: int) -> Any:
        away = random.integers(-days * DAY, days * DAY, rows)
        return np.datetime64(day, "us") + away.astype("timedelta64[us]")

    times = {name: around(*aim) for name, aim in AIMS.items()}
    kroner = {}
    for funder in PROCEDURE.funder_names:
        kroner[f"asked_{funder}"] = random.integers(0, 3_000_000, rows)
        times[f"consented_at_{funder}"] = around("2024-07-01T08:00", 40)
    met = {f"met_{each}": random.random(rows) < 0.98 for each in PROCEDURE.binding_criteria}
    table = pl.DataFrame(
        {**times, **kroner, **met, "authorities": random.integers(2, 9, rows)}
    ).with_columns(pl.col(*times).dt.replace_time_zone("UTC"))
    silent = pl.Series(random.random(rows) < 0.01)
    return table.with_columns(
        pl.when(~silent).then(pl.col("consented_at_realdania")).alias("consented_at_realdania"),
        number=pl.int_range(first, first + rows),
    )
