"""A sampled row comes to what its commands come to, one by one: 2,400 rows, rule by rule."""

from collections import Counter
from typing import Any

import attrs
import polars as pl
import pytest

from klimaflow import Phase, Procedure
from klimaflow.case import parse_case
from klimaflow.moments import moment
from klimaflow.report import Course
from klimaflow.scenarios import Scenario
from klimaflow.scenarios.draws import Scenarios
from tests.conftest import policy
from tests.scenarios.cases import drawn

ROWS = 800


def came_to(course: Course) -> tuple[Any, ...]:
    """Return what a frame says of a course."""
    last, proposal = course.steps[-1].decision, course.proposal
    broken = [f.rule for f in last.findings if not f.holds and f.strength == "binding"]
    started = proposal.since if proposal.phase is Phase.STARTED else None
    stopped_at = "" if last.permitted else last.command.do
    return (
        str(proposal.phase),
        stopped_at,
        "" if last.permitted else " ".join(broken),
        last.facts.round if hasattr(last.command, "round") else proposal.round,
        started,
    )


def said(row: dict[str, Any]) -> tuple[Any, ...]:
    started = row["started_at"] and moment(row["started_at"])
    return row["reached"], row["stopped_at"], row["stopped_by"], row["round"], started


def one_by_one(scenarios: Scenarios, frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    own = [each for each in frame.columns if each in scenarios.columns and each != "round"]
    rows = ({**scenarios.base, **row} for row in frame.select(own).to_dicts())
    made = (Scenario.of_row(row, scenarios.procedure) for row in rows)
    return [came_to(each.run()) for each in made]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_sampled_row_comes_to_what_its_commands_come_to(
    seed: int, procedure: Procedure
) -> None:
    under = procedure if seed < 3 else policy(("minimum = 3", "minimum = 4"))
    scenarios = drawn(under, ROWS, seed)
    frame = scenarios.run()
    wanted = one_by_one(scenarios, frame)
    found = [said(row) for row in frame.to_dicts()]
    assert [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]][:3] == []
    assert len(Counter(row[2] for row in found)) > 5


def test_a_scenario_by_its_number_is_that_row(procedure: Procedure) -> None:
    scenarios = drawn(procedure, 30)
    frame = scenarios.run()
    for number in (0, 11, 29):
        assert came_to(scenarios.explain(number)) == said(frame.row(number, named=True))


def test_a_scenario_of_a_row_has_a_case_that_is_replayed(procedure: Procedure) -> None:
    scenarios = drawn(procedure, 30)
    for number in (0, 11, 29):
        scenario = scenarios.scenario(number)
        assert came_to(Course.of(parse_case(scenario.case()))) == came_to(scenario.run())


def test_what_the_funds_have_promised_counts(procedure: Procedure) -> None:
    scenarios = attrs.evolve(drawn(procedure, 200), committed={"realdania": 7_000_000})
    frame = scenarios.run()
    short = frame.filter(pl.col("stopped_by").str.contains("within-fund"))
    asked = frame.filter(pl.col("asked_realdania") > 3_000_000)
    assert len(short)
    assert set(short["scenario"]) <= set(asked["scenario"])
