"""`screen` says of every row, rule by rule, what `decide` says of it.

The long form, 100,000 rows for each command and kind of frame: `make frames`.
"""

import os
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

from klimaflow import Decision, Procedure
from klimaflow.frames import SCREENED, reasons, screen
from tests.frames.drawn import Drawing, answered, holds, margin, refused_by
from tests.frames.kinds import KINDS, back
from tests.property.worlds import worlds

ROWS = int(os.environ.get("KLIMAFLOW_ROWS", "800"))
LONG = ROWS >= 10_000
SEED = int(os.environ.get("KLIMAFLOW_SEED", "2024"))
MEASURED = 200
"""The margins of so many rows of each table are compared too: each costs more than a decision."""

ZONES = ("UTC", "Europe/Copenhagen", "America/Toronto", "Asia/Kathmandu")
EVERY = ("rules", "permitted", "refused_by", "reason", "margins")

WORLDS = worlds(Random(2024), 80)


TELLING = {
    "submit-for-qualification": (1, 3, 31),
    "submit-for-approval": (2, 7, 32),
    "put-before-committee": (31, 33, 40),
    "approve": (18, 21, 29),
    "give-consent": (35, 20, 45),
    "start": (1, 9, 23),
}
"""The worlds that differ in what a command asks: all of them have their turn in the long form."""


def chosen(do: str) -> list[Procedure]:
    """Return the shipped procedure and others."""
    others = range(1, len(WORLDS)) if LONG else TELLING[do]
    return [WORLDS[number].procedure for number in (0, *others)]


def is_asked(kind: str, number: int) -> bool:
    """Tell whether a kind of frame is asked under this procedure; the long form asks all."""
    return LONG or kind != "pyspark" or number % 3 == 0  # it plans for longer than all others take


def differences(
    found: pl.DataFrame, table: pl.DataFrame, decisions: list[Decision], do: str
) -> list[str]:
    """Return the first difference of each column that differs."""
    procedure = decisions[0].procedure
    numbers = {"": 0} | {rule: n for n, rule in enumerate(reasons(procedure, do), start=1)}
    refusals = [refused_by(each) for each in decisions]
    expected: dict[str, Any] = {
        "permitted": [each.permitted for each in decisions],
        "refused_by": refusals,
        "reason": [numbers[each.partition(" ")[0]] for each in refusals],
    }
    for name in found.columns:
        if name in table.columns or name in expected:
            continue
        of = margin if name.startswith("margin_") else holds
        some = decisions[:MEASURED] if of is margin else decisions
        expected[name] = [of(each, name.removeprefix("margin_")) for each in some]
    return [
        f"{name}, row {row}: {said} instead of {wanted}"
        for name, values in expected.items()
        for row, (said, wanted) in _first(found[name].to_list(), values)
    ]


def _first(found: list[Any], expected: list[Any]) -> list[tuple[int, tuple[Any, Any]]]:
    pairs = enumerate(zip(found, expected, strict=False))
    return [(row, pair) for row, pair in pairs if pair[0] != pair[1]][:1]


def in_zones(table: pl.DataFrame, turn: int) -> pl.DataFrame:
    """Return the table with each column of times on the clock of another zone."""
    times = [name for name, dtype in table.schema.items() if dtype == pl.Datetime]
    return table.with_columns(
        pl.col(name).dt.convert_time_zone(ZONES[(turn + n) % len(ZONES)])
        for n, name in enumerate(times)
    )


@pytest.mark.parametrize("do", SCREENED)
def test_every_kind_of_frame_says_of_every_row_what_decide_says(do: str) -> None:
    turn, verdicts = 0, dict[str, set[bool]]()
    for number, procedure in enumerate(chosen(do)):
        random = np.random.default_rng([SEED, number])
        table = Drawing(procedure, do, ROWS // len(chosen(do)), random).table()
        funds = [each.id for each in procedure.funds]
        committed = {fund: int(random.choice([0, 500_000, 10**8])) for fund in funds[:2]}
        decisions = answered(procedure, do, table, committed)
        for kind, made in KINDS.items():
            if not is_asked(kind, number):
                continue
            turn += 1
            frame = made(in_zones(table, turn))
            found = back(screen(frame, procedure, do, committed=committed, add=EVERY))
            assert differences(found, table, decisions, do) == [], kind
            for name in found.columns[len(table.columns) :]:
                if found.schema[name] == pl.Boolean:
                    verdicts.setdefault(name, set()).update(found[name].unique())
    assert {name: len(said) for name, said in verdicts.items()} == dict.fromkeys(verdicts, 2)
