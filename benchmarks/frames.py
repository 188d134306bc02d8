"""One million rows: is each permitted, and if not, which rule refuses it first?

The same question is put to `klimaflow.frames.screen`, to the expression that one would write by
hand for the same engine, to numpy, and to a plain loop over equal guards. All are interleaved: each
repetition runs every contender once, and medians are compared. Every contender must give the same
answers before it is timed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from drawn import drawn_courses

from klimaflow import load_procedure
from klimaflow.frames import course, reasons, screen

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
REPETITIONS = 25
LOOPS = 3  # a loop takes as long as all others together

PROCEDURE = load_procedure("klimaalliancen-2024")
GATES = PROCEDURE.gates["2024-spring"]
CLOSES_AT = datetime.fromisoformat(GATES.approval_closes_at.isoformat())
MINIMUM = PROCEDURE.participants.minimum
MET = [f"met_{criterion}" for criterion in PROCEDURE.binding_criteria]
CONSTANTS = {
    "phase": "qualification",
    "role": "proposer",
    "of_the_track": True,
    "round": "2024-spring",
    "own_round": "2024-spring",
}
NUMBER = {rule: number for number, rule in enumerate(reasons(PROCEDURE), start=1)}
ASKED = (
    "in-order",
    "before-approval-deadline",
    "enough-authorities",
    "criteria-met",
    "budget-stated",
)
"""The rules that differ from row to row; the constants keep the others."""

Answer = Callable[[], Any]


def drawn() -> pl.DataFrame:
    random = np.random.default_rng(2024)
    closes = np.datetime64(CLOSES_AT.astimezone(UTC).replace(tzinfo=None), "us")
    at = closes + random.integers(-(10**12), 10**11, ROWS).astype("timedelta64[us]")
    since = at - random.integers(-(10**10), 10**12, ROWS).astype("timedelta64[us]")
    flags = {name: random.random(ROWS) < 0.95 for name in [*MET, "budget_stated"]}
    table = pl.DataFrame(
        {"at": at, "since": since, "authorities": random.integers(1, 9, ROWS), **flags}
    )
    return table.with_columns(
        pl.col("at", "since").dt.replace_time_zone("UTC"), cofinancing_stated=pl.lit(value=True)
    )


def by_hand(col: Callable[[str], Any], closes_at: Any = CLOSES_AT) -> list[Any]:
    """Return the tests of `ASKED`, as one would write them for polars, pandas or numpy."""
    met = col(MET[0])
    for name in MET[1:]:
        met = met & col(name)
    return [
        col("at") >= col("since"),
        col("at") <= closes_at,
        col("authorities") >= MINIMUM,
        met,
        col("budget_stated"),
    ]


def all_of(tests: list[Any]) -> Any:
    first, *others = tests
    for each in others:
        first = first & each
    return first


def in_polars(table: pl.DataFrame) -> dict[str, Answer]:
    def reason() -> Any:
        code = pl.when(pl.lit(value=False)).then(pl.lit(0, pl.Int8))
        for rule, test in zip(ASKED, by_hand(pl.col), strict=True):
            code = code.when(~test).then(pl.lit(NUMBER[rule], pl.Int8))
        return table.with_columns(reason=code.otherwise(pl.lit(0, pl.Int8)))

    return {
        "mask, by hand": lambda: table.with_columns(permitted=pl.all_horizontal(by_hand(pl.col))),
        "reason, by hand": reason,
    }


def in_pandas(frame: pd.DataFrame) -> dict[str, Answer]:
    def reason() -> Any:
        tests = by_hand(frame.__getitem__)
        code = np.select([~each for each in tests], [NUMBER[rule] for rule in ASKED], 0)
        return frame.assign(reason=code)

    return {
        "mask, by hand": lambda: frame.assign(permitted=all_of(by_hand(frame.__getitem__))),
        "reason, by hand": reason,
    }


def in_numpy(arrays: Mapping[str, Any]) -> dict[str, Answer]:
    closes_at = np.datetime64(CLOSES_AT.astimezone(UTC).replace(tzinfo=None), "us")

    def reason() -> Any:
        tests = by_hand(arrays.__getitem__, closes_at)
        return np.select([~each for each in tests], [NUMBER[rule] for rule in ASKED], 0)

    def mask() -> Any:
        return all_of(by_hand(arrays.__getitem__, closes_at))

    return {"mask, by hand": mask, "reason, by hand": reason}


SQL = {
    "in-order": '"at" >= since',
    "before-approval-deadline": f"\"at\" <= timestamptz '{CLOSES_AT.isoformat()}'",
    "enough-authorities": f"authorities >= {MINIMUM}",
    "criteria-met": " and ".join(f'"{name}"' for name in MET),
    "budget-stated": "budget_stated",
}


def in_duckdb(relation: duckdb.DuckDBPyRelation) -> dict[str, Answer]:
    mask = " and ".join(f"({test})" for test in SQL.values())
    cases = " ".join(f"when not ({test}) then {NUMBER[rule]}" for rule, test in SQL.items())
    return {
        "mask, by hand": lambda: taken(relation.project(f"*, {mask} as permitted"), "permitted"),
        "reason, by hand": lambda: taken(
            relation.project(f"*, (case {cases} else 0 end)::tinyint as reason"), "reason"
        ),
    }


def taken(relation: duckdb.DuckDBPyRelation, name: str) -> Any:
    """Return a computed column of what is lazy."""
    return relation.project(name).to_arrow_table()


def looping(rows: list[tuple[Any, ...]]) -> dict[str, Answer]:
    """Return loops over the rows that ask one guard after the other until one refuses."""
    guards = [
        (NUMBER["in-order"], lambda row: row[0] >= row[1]),
        (NUMBER["before-approval-deadline"], lambda row: row[0] <= CLOSES_AT),
        (NUMBER["enough-authorities"], lambda row: row[2] >= MINIMUM),
        (NUMBER["criteria-met"], lambda row: row[3] and row[4] and row[5] and row[6]),
        (NUMBER["budget-stated"], lambda row: row[7]),
    ]

    def reason(row: tuple[Any, ...]) -> int:
        for number, guard in guards:
            if not guard(row):
                return number
        return 0

    return {
        "mask, by hand": lambda: [reason(row) == 0 for row in rows],
        "reason, by hand": lambda: [reason(row) for row in rows],
    }


def screened(
    frame: Any, take: Callable[[Any, str], Any] = lambda frame, _: frame
) -> dict[str, Answer]:
    def answer(*add: str) -> Any:
        name = add[0] if len(add) == 1 else "*"
        return take(screen(frame, PROCEDURE, constants=CONSTANTS, add=add), name)

    return {
        "mask, screen": lambda: answer("permitted"),
        "reason, screen": lambda: answer("reason"),
        "refused_by, screen": lambda: answer("refused_by"),
        "everything, screen": lambda: answer("permitted", "rules", "refused_by", "margins"),
    }


def contenders() -> dict[tuple[str, str], Answer]:
    table = drawn()
    frame = table.to_pandas()
    connection = duckdb.connect()
    connection.register("drawn", table.to_arrow())
    connection.execute("create table kept as select * from drawn")
    relation = connection.table("kept")
    names = ["at", "since", "authorities", *MET, "budget_stated"]
    arrays = {name: table[name].to_numpy() for name in names}
    arrays |= {name: arrays[name].astype("datetime64[us]") for name in ("at", "since")}
    rows = table.select(names).rows()
    by_engine = {
        "polars": {**in_polars(table), **screened(table)},
        "pandas": {**in_pandas(frame), **screened(frame)},
        "duckdb": {**in_duckdb(relation), **screened(relation, taken)},
        "numpy": in_numpy(arrays),
        "loop": looping(rows),
    }
    return {(engine, what): run for engine, of in by_engine.items() for what, run in of.items()}


def column(answer: Any, name: str) -> list[Any]:
    """Return an answer as a list."""
    if isinstance(answer, list):
        return answer
    found = answer if isinstance(answer, np.ndarray) else answer[name]
    return [*map(int, found.to_pylist() if hasattr(found, "to_pylist") else found)]


def agree(running: Mapping[tuple[str, str], Answer]) -> None:
    """Fail unless all give the same answers."""
    for what, name in (("mask", "permitted"), ("reason", "reason")):
        answers = {
            key: column(run(), name) for key, run in running.items() if key[1].startswith(what)
        }
        first, *others = answers.values()
        if any(each != first for each in others):
            raise AssertionError(f"not all give the same {what}")
        print(f"{what}: {len(first):,} rows, {sum(map(bool, first)):,} of them not 0")


def timed(running: Mapping[tuple[str, str], Answer]) -> dict[tuple[str, str], float]:
    """Return the median milliseconds of each contender."""
    samples: dict[tuple[str, str], list[float]] = {key: [] for key in running}
    for repetition in range(REPETITIONS):
        for key, run in running.items():
            if key[0] != "loop" or repetition < LOOPS:
                began = perf_counter()
                run()
                samples[key].append((perf_counter() - began) * 1000)
    return {key: median(each) for key, each in samples.items()}


def courses() -> None:
    """Print what a course of so many rows costs on polars."""
    table = drawn_courses(ROWS)
    samples = []
    for _ in range(REPETITIONS):
        began = perf_counter()
        course(table, PROCEDURE)
        samples.append((perf_counter() - began) * 1000)
    print(f"polars   course {median(samples):26.2f}  (fastest {min(samples):.2f})")


def main() -> None:
    running = contenders()
    agree(running)
    took = timed(running)
    print(f"{'engine':8} {'what':24} {'ms':>9}  of by hand, of the loop")
    for (engine, what), ms in took.items():
        kind = what.partition(",")[0]
        hand, loop = took.get((engine, f"{kind}, by hand")), took.get(("loop", f"{kind}, by hand"))
        ratio = f"{ms / hand:8.2f} x" if hand else ""
        faster = f"  1/{loop / ms:.0f}" if loop else ""
        print(f"{engine:8} {what:24} {ms:9.2f} {ratio}{faster}")
    courses()


if __name__ == "__main__":
    main()
