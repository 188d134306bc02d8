"""Every kind of frame that can be screened, made of a polars one and made into one again."""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
from pyspark.sql import SparkSession

from klimaflow.frames import SCREENED

NULLABLE = {"Int64": "Int64", "Boolean": "boolean", "String": "string"}


def pandas_numpy(table: pl.DataFrame) -> Any:
    """Return a frame of numpy's types, but for what has gaps that those have no room for."""
    gaps = [name for name, dtype in table.schema.items() if str(dtype) in ("Int64", "Boolean")]
    return _in_pandas(table, [name for name in gaps if table[name].null_count()])


def pandas_nullable(table: pl.DataFrame) -> Any:
    return _in_pandas(table, [n for n, dtype in table.schema.items() if str(dtype) in NULLABLE])


def _in_pandas(table: pl.DataFrame, nullable: list[str]) -> Any:
    frame, arrow = table.to_pandas(), table.to_pandas(use_pyarrow_extension_array=True)
    for name in nullable:
        frame[name] = arrow[name].astype(NULLABLE[str(table.schema[name])])
    return frame


def in_duckdb(table: pl.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("drawn", table.to_arrow())
    connection.execute("create table kept as select * from drawn")
    return connection.table("kept")


@cache
def session() -> Any:
    """Return the one session of pyspark: starting it takes longer than all that is asked of it.

    Its zone is set by those tests that are about it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pyspark thinks of the pandas that is there
        return (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.codegen.wholeStage", "false")  # compiles for longer than it runs
            .getOrCreate()
        )


def in_pyspark(table: pl.DataFrame) -> Any:
    return session().createDataFrame(table.to_arrow())


KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda table: table,
    "polars lazy": lambda table: table.lazy(),
    "pandas": pandas_numpy,
    "pandas nullable": pandas_nullable,
    "pandas pyarrow": lambda table: table.to_pandas(use_pyarrow_extension_array=True),
    "pyarrow": lambda table: table.to_arrow(),
    "duckdb": in_duckdb,
    "pyspark": in_pyspark,
}

EACH = [
    (do, kind)
    for kind in KINDS
    for do in SCREENED
    if kind != "pyspark" or do in ("approve", "start")
]
"""Each command on each kind of frame; only two on pyspark, which plans longer than all others."""


def back(frame: Any) -> pl.DataFrame:
    """Return a frame of any kind as one of polars."""
    if isinstance(frame, duckdb.DuckDBPyRelation):  # its spans of time are none of polars'
        rows = frame.fetchall()
        return pl.DataFrame(rows, frame.columns, orient="row", infer_schema_length=None)
    found: Any = nw.from_native(frame)
    if isinstance(found, nw.LazyFrame):
        found = found.collect("polars")
    return found.to_polars()  # type: ignore[no-any-return]
