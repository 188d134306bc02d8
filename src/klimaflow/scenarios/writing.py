"""Frames of scenarios as a Parquet or a CSV file, batch by batch; the only door to pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as parquet

__all__ = ["WRITERS"]

Writer = Callable[[Path], AbstractContextManager[Callable[[pl.DataFrame], object]]]

_TEXT = (pl.String, pl.Enum, pl.Categorical)
_OBEYED = r"^[=+\-@\t\r]"
"""How a text begins that a spreadsheet would take for a formula."""


@contextmanager
def _parquet(path: Path) -> Iterator[Callable[[pl.DataFrame], object]]:
    """Give what writes a frame after those before it; texts of a few values are dictionaries."""
    writers: list[Any] = []

    def write(frame: pl.DataFrame) -> None:
        table = frame.with_columns(pl.col(pl.Enum).cast(pl.String)).to_arrow()
        if not writers:
            writers.append(parquet.ParquetWriter(path, table.schema, compression="zstd"))
        writers[0].write_table(table)

    try:
        yield write
    finally:
        for each in writers:
            each.close()


@contextmanager
def _csv(path: Path) -> Iterator[Callable[[pl.DataFrame], object]]:
    """Give what writes a frame after those before it; no text in it is a formula."""
    with path.open("wb") as file:

        def write(frame: pl.DataFrame) -> None:
            harmless = [_harmless(n) for n, dtype in frame.schema.items() if dtype in _TEXT]
            frame.with_columns(harmless).write_csv(
                file, include_header=not file.tell(), datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z"
            )

        yield write


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    return pl.when(text.str.contains(_OBEYED)).then("'" + text).otherwise(text).alias(name)


WRITERS: Mapping[str, Writer] = {".csv": _csv, ".parquet": _parquet}
"""What writes frames to a file, by the ending of its name."""
