"""A table through the whole course on polars, duckdb and pyspark: what it costs, and if it is one.

    python benchmarks/courses.py --rows 10000 100000 --same 5000000

Each engine reads the same Parquet file and gives the columns that `course` adds. `--rows` are the
sizes that are timed, each once after a warm-up on the smallest; `--same` is the size at which every
value of the engines is compared with that of polars.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import polars as pl
from pyspark.sql import SparkSession

from klimaflow import load_procedure
from klimaflow.frames import COURSE, course

PROCEDURE = load_procedure("klimaalliancen-2024")
DAY = 86_400_000_000
AIMS = {
    "submit_for_qualification_at": ("2024-04-15T07:00", 20),
    "submit_for_approval_at": ("2024-04-25T07:00", 40),
    "put_before_committee_at": ("2024-05-20T12:00", 40),
    "approve_at": ("2024-05-30T12:00", 10),
    "start_at": ("2024-08-01T08:00", 40),
}
BATCH = 1_000_000


def drawn(rows: int, seed: int = 2024, first: int = 0) -> pl.DataFrame:
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


def written(folder: Path, rows: int) -> str:
    """Write so many courses as Parquet files of a million rows, and return their pattern."""
    into = folder / str(rows)
    into.mkdir()
    for first in range(0, rows, BATCH):
        drawn(min(BATCH, rows - first), first=first).write_parquet(into / f"{first:09}.parquet")
    return f"{into}/*.parquet"


def by_polars(pattern: str) -> pl.DataFrame:
    found = course(pl.scan_parquet(pattern), PROCEDURE).select("number", *COURSE)
    return found.collect(engine="streaming")


def by_duckdb(pattern: str) -> pl.DataFrame:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    found = course(connection.read_parquet(pattern), PROCEDURE)
    return pl.DataFrame(found.project(", ".join(("number", *COURSE))).to_arrow_table())


def spark() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.driver.memory", "4g")
            .getOrCreate()
        )


def by_pyspark(pattern: str) -> pl.DataFrame:
    """Return what pyspark writes to files: its rows do not come to the driver."""
    frame = spark().read.parquet(str(Path(pattern).parent))
    with TemporaryDirectory() as folder:
        found = course(frame, PROCEDURE).select("number", *COURSE)
        found.write.parquet(f"{folder}/found")
        return pl.read_parquet(f"{folder}/found/*.parquet")


BY: dict[str, Callable[[str], pl.DataFrame]] = {
    "polars": by_polars,
    "duckdb": by_duckdb,
    "pyspark": by_pyspark,
}


def differences(pattern: str) -> None:
    """Print how many values of each engine are not those of polars."""
    wanted = by_polars(pattern).sort("number")
    for name in ("duckdb", "pyspark"):
        found = BY[name](pattern).sort("number")
        if found.height != wanted.height or not found["number"].equals(wanted["number"]):
            raise AssertionError(f"{name} gives other rows")
        instants = pl.col("started_at").dt.convert_time_zone("UTC").dt.cast_time_unit("us")
        same = wanted.with_columns(instants), found.with_columns(instants)
        differ = {each: (same[0][each].ne_missing(same[1][each])).sum() for each in COURSE}
        print(f"{name:8} {found.height:,} rows, values that differ: {differ}")
    print(wanted.group_by("reached").len().sort("len", descending=True).rows())


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--same", type=int, default=100_000)
    asked = options.parse_args()
    with TemporaryDirectory() as folder:
        if asked.same:
            (Path(folder) / "same").mkdir()
            differences(written(Path(folder) / "same", asked.same))
        if asked.rows:
            print(f"{'rows':>12} " + " ".join(f"{name:>10}" for name in BY) + "  seconds")
        for number, rows in enumerate(asked.rows):
            pattern = written(Path(folder), rows)
            took = []
            for run in BY.values():
                if number == 0:
                    run(pattern)
                began = perf_counter()
                run(pattern)
                took.append(perf_counter() - began)
            print(f"{rows:12,} " + " ".join(f"{each:10.2f}" for each in took))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
