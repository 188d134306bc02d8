"""A command from a table: what a host reads from JSON is read as a step of a case file is."""

from typing import Any

import pytest

from klimaflow import CaseError, Procedure
from klimaflow.case import parse_case, parse_command
from tests.conftest import PERMITTED, SHIPPED, command


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


def test_a_fund_that_the_procedure_does_not_have_is_named() -> None:
    with pytest.raises(CaseError) as error:
        parse_case(f'case = "x"\nprocedure = "{SHIPPED}"\n[committed]\nrealdania = 1\nlotto = 2\n')
    assert [each for each in error.value.problems if "fund" in each] == [
        "committed.lotto: is no fund of the procedure; those are realdania, regions, "
        "realdania-after-evaluation"
    ]
