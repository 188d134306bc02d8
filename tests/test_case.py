"""A command from a table: what a host reads from JSON is read as a step of a case file is."""

from typing import Any

import pytest

from klimaflow import CaseError, Procedure
from klimaflow.case import parse_command
from tests.conftest import PERMITTED, command


@pytest.mark.parametrize("do", PERMITTED)
def test_a_table_is_the_command_that_it_describes(procedure: Procedure, do: str) -> None:
    assert parse_command({"do": do, **PERMITTED[do]}, procedure) == command(do)


@pytest.mark.parametrize("table", [None, [], "start", 5, {}, {"do": "begin"}, {"do": []}])
def test_what_is_no_command_is_refused(procedure: Procedure, table: Any) -> None:
    with pytest.raises(CaseError):
        parse_command(table, procedure)


def test_every_problem_is_named_with_its_path(procedure: Procedure) -> None:
    table = {"do": "assess-criterion", "criterion": "beauty", "met": "yes", "by": "x", "y": 1}
    with pytest.raises(CaseError) as error:
        parse_command(table, procedure)
    paths = [problem.partition(":")[0] for problem in error.value.problems]
    assert sorted(paths) == ["at", "by", "criterion", "met", "reason", "y"]
