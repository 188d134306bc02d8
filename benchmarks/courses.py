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
import polars as pl
from drawn import PROCEDURE, drawn_courses
from pyspark.sql import SparkSession

from klimaflow.frames import COURSE, course

BATCH = 1_000_000


def written(folder: Path, rows: int) -> str:
    """Write so many courses as Parquet files of a million rows, and return their pattern."""
    into = folder / str(rows)
    into.mkdir()
    for first in range(0, rows, BATCH):
        drawn_courses(min(BATCH, rows - first), first=first).write_parquet(
            into / f"{first:09}.parquet"
        )
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
