"""The kinds of frames that are taken, and where their engines differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.errors import FrameError

__all__ = ["as_one", "in_sql", "opened", "session_zone", "unfit"]

TAKEN = {
    nw.Implementation.PANDAS: "pandas",
    nw.Implementation.POLARS: "polars",
    nw.Implementation.PYARROW: "pyarrow",
    nw.Implementation.DUCKDB: "duckdb",
    nw.Implementation.PYSPARK: "pyspark",
}
"""Those whose answers are held against `decide`; see `docs/reference/columns.md` for the others."""


def opened(frame: IntoFrame) -> Any:
    """Return a frame as narwhals has it; raise `FrameError` for a kind that is not taken."""
    native: Any = nw.from_native(frame)
    if native.implementation not in TAKEN:
        kinds = ", ".join(TAKEN.values())
        raise FrameError(
            [f"frame: one of {native.implementation} is not taken; convert it to {kinds}"]
        )
    return native


def in_sql(native: Any) -> bool:
    """Tell whether an engine takes its expressions as SQL, in which nothing is looked up."""
    return native.implementation in (nw.Implementation.DUCKDB, nw.Implementation.PYSPARK)


def session_zone(native: Any) -> str | None:
    """Return the zone in which an engine shows all moments; None if each column has its own."""
    if not in_sql(native):
        return None
    zones = (getattr(dtype, "time_zone", None) for dtype in native.collect_schema().values())
    return next(filter(None, zones), "UTC")


def as_one(native: Any, steps: Callable[[Any], Any]) -> Any:
    """Return what many steps make of a frame; polars plans them as one, and runs them together."""
    whole = native.implementation is nw.Implementation.POLARS and isinstance(native, nw.DataFrame)
    return steps(native.lazy()).collect() if whole else steps(native)


def unfit(native: Any, names: Mapping[str, object], *, measured: bool) -> Iterator[tuple[str, str]]:
    """Yield what pyspark would read, or measure, as something else."""
    if native.implementation is not nw.Implementation.PYSPARK:
        return
    for name in names:
        if "." in name or "`" in name:
            yield name, "pyspark takes the name for something else: no dot and no ` can be in it"
    if measured and session_zone(native) not in ("UTC", "Etc/UTC"):
        yield (
            "margins",
            f"pyspark measures times on the clock of its session, {session_zone(native)}, where an"
            " hour may be skipped: set spark.sql.session.timeZone to UTC, or leave margins out",
        )
