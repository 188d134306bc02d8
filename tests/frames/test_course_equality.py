"""`course` says of every row what comes of its commands, one by one.

The long form, 100,000 rows on each kind of frame: `make frames`.
"""

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
from attrs import asdict

from klimaflow import Procedure
from klimaflow.frames import course
from klimaflow.frames.course import GROUPS
from tests.frames.courses import Courses, Outcome, outcome
from tests.frames.kinds import KINDS, back
from tests.frames.test_equality import LONG, ROWS, SEED, WORLDS, in_zones, is_asked

TELLING = (0, 4, 20, 23, 30, 45)
"""The worlds of the short form: the shipped procedure, and some that differ in what is asked."""


def chosen() -> list[Procedure]:
    numbers = range(len(WORLDS)) if LONG else TELLING
    return [WORLDS[number].procedure for number in numbers]


def differences(found: pl.DataFrame, wanted: list[Outcome]) -> list[str]:
    """Return the first difference of each column that differs."""
    said = []
    for name in GROUPS:
        expected = [getattr(each, name) for each in wanted]
        pairs = enumerate(zip(found[name].to_list(), expected, strict=True))
        said += [f"{name}, row {row}: {a!r} instead of {b!r}" for row, (a, b) in pairs if a != b][
            :1
        ]
    return said


def test_every_kind_of_frame_says_of_every_course_what_comes_of_its_commands() -> None:
    seen: dict[str, Counter[Any]] = {name: Counter() for name in GROUPS}
    for number, procedure in enumerate(chosen()):
        random = np.random.default_rng([SEED, number])
        table = Courses(procedure, ROWS // len(chosen()), random).table()
        funds = [each.id for each in procedure.funds]
        committed = {fund: int(random.choice([0, 500_000, 10**8])) for fund in funds[:2]}
        wanted = [outcome(procedure, row, committed) for row in table.iter_rows(named=True)]
        for turn, (kind, made) in enumerate(KINDS.items(), start=number):
            if not is_asked(kind, number):
                continue
            frame = made(in_zones(table, turn))
            found = back(course(frame, procedure, committed=committed, add=GROUPS))
            assert differences(found, wanted) == [], (kind, number)
        for each in wanted:
            for name, said in asdict(each).items():
                seen[name][said] += 1
    assert len(seen["reached"]) == 6, seen
    assert {""} < {*seen["round"]}
