"""On any moment and any numbers, a frame says what `decide` says: rows that Hypothesis draws."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
from attrs import asdict
from hypothesis import given, settings
from hypothesis import strategies as st

from klimaflow import Procedure, decide, load_procedure
from klimaflow.frames import SCREENED, columns, course, course_columns, screen
from klimaflow.frames.columns import Kind
from klimaflow.frames.course import GROUPS
from klimaflow.frames.rows import implied
from klimaflow.parties import Role
from klimaflow.proposal import ConsentStatus, Phase
from klimaflow.testing.strategies import moments
from tests.conftest import SHIPPED
from tests.frames.courses import outcome
from tests.frames.drawn import holds, refused_by
from tests.frames.rowwise import table
from tests.frames.test_course import TYPES

PROCEDURE: Procedure = load_procedure(SHIPPED)
ZONES = st.sampled_from(["UTC", "Europe/Copenhagen", "America/Toronto", "Pacific/Apia"])

_TIMES = moments(PROCEDURE).map(lambda at: datetime.fromisoformat(at.isoformat()).astimezone(UTC))
_TEXTS: dict[str, Any] = {
    "phase": st.sampled_from([*map(str, Phase)]),
    "role": st.sampled_from([*map(str, Role)]),
    "consent": st.sampled_from([*map(str, ConsentStatus)]),
    "organisation": st.sampled_from([*PROCEDURE.funder_names, "kl"]),
    "funder": st.sampled_from([*PROCEDURE.funder_names, "kl"]),
    "round": st.sampled_from([*PROCEDURE.gates, "", "2023-autumn"]),
    "first_round": st.sampled_from([*PROCEDURE.gates, "", "2023-autumn"]),
    "own_round": st.sampled_from([*PROCEDURE.gates, "", "2023-autumn"]),
}
CONSIDERED = {"cofinancing_stated": True}
_KRONER = st.one_of(st.sampled_from([0, 1, 10_000_000, 10_000_001]), st.integers(0, 10**12))


def value(name: str, kind: Kind) -> Any:
    """Return what a column may say; null where that is a thing to say."""
    if kind is Kind.MOMENT:
        return st.none() | _TIMES if name.startswith("consented_at_") else _TIMES
    if kind is Kind.FLAG:
        return st.none() | st.booleans() if name.startswith("met_") else st.booleans()
    if kind is Kind.TEXT:
        return _TEXTS[name]
    return _KRONER if kind is Kind.KRONER else st.integers(0, 20)


def rows(do: str) -> Any:
    """Return a few rows for a command, each with every column."""
    one = {each.name: value(each.name, each.kind) for each in columns(PROCEDURE, do)}
    return st.lists(st.fixed_dictionaries(one), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SCREENED).flatmap(lambda do: st.tuples(st.just(do), rows(do))), ZONES)
def test_a_frame_says_of_each_row_what_decide_says(
    drawn: tuple[str, list[dict[str, Any]]], zone: str
) -> None:
    do, said = drawn
    frame = table(*said).with_columns(pl.col("at").dt.convert_time_zone(zone))
    found = screen(frame, PROCEDURE, do)
    for number, each in enumerate(said):
        decision = decide(PROCEDURE, *implied(PROCEDURE, do, each))
        line = found.row(number, named=True)
        assert line["refused_by"] == refused_by(decision)
        assert line["permitted"] == decision.permitted
        rules = [name for name in found.columns if f"margin_{name}" in line or name == "authorised"]
        assert {rule: line[rule] for rule in rules} == {r: holds(decision, r) for r in rules}


def of_a_course() -> Any:
    """Return a few rows of a course: every column, the flags and counts whole."""
    drawn = {each.name: value(each.name, each.kind) for each in course_columns(PROCEDURE)}
    drawn["conditions_unmet"] = st.integers(0, 2)
    ready = {each: st.none() | _TIMES for each in drawn if each.endswith("_at")}
    return st.lists(st.fixed_dictionaries({**drawn, **ready}), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None)
@given(of_a_course(), ZONES)
def test_a_course_ends_where_its_commands_do(said: list[dict[str, Any]], zone: str) -> None:
    columns = course_columns(PROCEDURE)
    types: dict[str, Any] = {each.name: TYPES.get(each.kind, pl.Int64) for each in columns}
    frame = pl.DataFrame(said, schema={name: types[name] for name in said[0]})
    clocks = pl.col(pl.Datetime).dt.convert_time_zone(zone)
    found = course(frame.with_columns(clocks), PROCEDURE, add=GROUPS)
    for line, row in zip(found.iter_rows(named=True), said, strict=True):
        wanted = asdict(outcome(PROCEDURE, row | CONSIDERED, {}))
        assert {name: line[name] for name in GROUPS} == wanted
