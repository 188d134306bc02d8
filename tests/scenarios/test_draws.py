"""Grids and samples: which scenarios there are, and that they are the same again."""

from typing import Any

import polars as pl
import pytest
from scipy import stats

from klimaflow import Procedure, load_procedure
from klimaflow.case import load_case
from klimaflow.errors import FrameError
from klimaflow.report import Course
from klimaflow.scenarios import grid, row_of, sample
from tests.conftest import SHIPPED
from tests.scenarios.cases import BASE, INPUTS, drawn

SHIPPED_ONE = load_procedure(SHIPPED)


class TestAGrid:
    def test_has_every_combination_the_last_input_varying_fastest(
        self, procedure: Procedure
    ) -> None:
        made = grid(BASE, procedure, late_submit_for_approval=[0, 2, 5], authorities=[2, 3])
        found = made.run()
        pairs = [(0, 2), (0, 3), (2, 2), (2, 3), (5, 2), (5, 3)]
        assert found.select("late_submit_for_approval", "authorities").rows() == pairs
        assert found["scenario"].to_list() == [*range(6)]

    def test_comes_to_what_one_counts_by_hand(self, procedure: Procedure) -> None:
        """22 April 10:00 is 2 d 23 h before the deadline, so three days later are too late."""
        late = [0, 2, 2 + 23 / 24, 3]
        found = grid(BASE, procedure, late_submit_for_approval=late, authorities=[2, 3]).run()
        told = [(row["reached"], row["stopped_by"], row["round"]) for row in found.to_dicts()]
        few = "enough-authorities"
        spring, autumn = "2024-spring", "2024-autumn"
        started = [("started", "", spring)] * 3 + [("started", "", autumn)]
        stopped = [("qualification", few, spring)] * 3 + [("qualification", few, autumn)]
        assert told[1::2] == started
        assert told[0::2] == stopped

    def test_is_drawn_from_nothing(self, procedure: Procedure) -> None:
        made = grid(BASE, procedure, authorities=[2, 3])
        assert made.seed is None
        assert made.frame()["seed"].to_list() == [None, None]
        with pytest.raises(FrameError, match="a grid has all its values"):
            made.changed(authorities=[1])


class TestASample:
    def test_is_the_same_whatever_the_size_of_a_batch(self, procedure: Procedure) -> None:
        scenarios = drawn(procedure, 1_000)
        whole = scenarios.run()
        for size, n in ((1, 5), (7, 50), (333, 1_000), (1_000, 1_000)):
            parts = pl.concat([*drawn(procedure, n).batches(size)])
            assert parts.equals(whole.head(n)), size

    def test_is_the_same_from_any_number_on(self, procedure: Procedure) -> None:
        scenarios = drawn(procedure)
        assert scenarios.frame(500, 520).equals(scenarios.frame()[500:520])

    def test_is_the_same_however_many_there_are(self, procedure: Procedure) -> None:
        assert drawn(procedure, 10).frame().equals(drawn(procedure, 500).frame(0, 10))

    def test_is_another_one_with_another_seed(self, procedure: Procedure) -> None:
        name = "late_submit_for_approval"
        first, second = (drawn(procedure, seed=seed).frame()[name] for seed in (7, 8))
        assert not first.equals(second)

    @pytest.mark.parametrize("name", ["late_submit_for_approval", "joining", "asked_realdania"])
    def test_one_input_drawn_otherwise_leaves_the_others_as_they_are(
        self, procedure: Procedure, name: str
    ) -> None:
        before = drawn(procedure)
        after = before.changed(**{name: stats.uniform(0, 3)})
        others = [each for each in INPUTS if each != name]
        assert before.frame().select(others).equals(after.frame().select(others))
        assert not before.frame()[name].equals(after.frame()[name])

    def test_a_further_input_leaves_the_others_as_they_are(self, procedure: Procedure) -> None:
        few = {name: INPUTS[name] for name in ("joining", "leaving")}
        one = sample(100, 7, BASE, procedure, **few).frame()
        more = sample(100, 7, BASE, procedure, late_start=stats.norm(), **few).frame()
        assert one.select(*few).equals(more.select(*few))

    def test_the_same_numbers_go_through_another_distribution(self, procedure: Procedure) -> None:
        """Common random numbers: a scenario that is late stays among the late ones."""
        name = "late_submit_for_approval"
        before = drawn(procedure)
        after = before.changed(**{name: stats.expon(scale=8)})
        assert after.frame()[name].to_list() == pytest.approx(
            [2 * each for each in before.frame()[name].to_list()]
        )

    def test_has_the_moments_that_its_distribution_says(self, procedure: Procedure) -> None:
        found = drawn(procedure, 20_000).frame()
        assert found["late_submit_for_approval"].mean() == pytest.approx(4, rel=0.05)
        assert found["joining"].var() == pytest.approx(1, rel=0.05)
        assert found["refuses_realdania"].mean() == pytest.approx(0.05, abs=0.01)
        counts = found["answers_after_region-syddanmark"].value_counts()["count"].to_list()
        assert counts == pytest.approx([5_000] * 4, rel=0.06)

    def test_two_inputs_have_nothing_to_do_with_each_other(self, procedure: Procedure) -> None:
        names = ("late_submit_for_approval", "late_submit_for_qualification")
        found = drawn(procedure, 20_000).frame().select(pl.corr(*names, method="spearman")).item()
        assert abs(found) < 0.03

    def test_every_row_says_where_it_comes_from(self, procedure: Procedure) -> None:
        found = drawn(procedure, 50, 11).run()
        said = {"seed": 11, "procedure": procedure.id, "sha256": procedure.sha256}
        for name, value in said.items():
            assert set(found[name].cast(pl.String).to_list()) == {str(value)}
        assert found["scenario"].to_list() == [*range(50)]
        assert {*INPUTS} <= {*found.columns}

    def test_the_inputs_become_columns_of_a_course(self, procedure: Procedure) -> None:
        found = grid(BASE, procedure, joining=[0, 2], leaving=[0, 1, 9]).frame()
        assert found["authorities"].to_list() == [3, 3, 3, 5, 5, 5]
        assert found["authorities_at_start"].to_list() == [3, 2, 0, 5, 4, 0]

    def test_who_refuses_never_consents(self, procedure: Procedure) -> None:
        found = grid(BASE, procedure, refuses_realdania=[False, True]).run()
        assert found["consented_at_realdania"].is_null().to_list() == [False, True]
        assert found["stopped_by"].to_list() == ["", "every-party-consents"]

    def test_an_answer_comes_so_many_days_after_the_committee_decides(
        self, procedure: Procedure
    ) -> None:
        late: dict[str, Any] = {"late_submit_for_approval": [0, 9]}
        found = grid(BASE, procedure, **late, answers_after_realdania=[0, 60]).run()
        assert found["round"].to_list() == ["2024-spring"] * 2 + ["2024-autumn"] * 2
        told = [str(at)[:16] for at in found["consented_at_realdania"]]
        assert told[:2] == ["2024-05-30 11:00", "2024-07-29 11:00"]
        assert told[2:] == ["2024-11-20 23:00", "2025-01-19 23:00"]


class TestABase:
    def test_may_be_a_history(self, procedure: Procedure) -> None:
        history = Course.of(load_case("examples/skybrud-paa-tvaers.toml")).history
        made = sample(5, 1, history, late_start=[0])
        assert made.procedure is history.procedure
        row = row_of(history)
        assert row["asked_realdania"] == 1_500_000
        assert made.base == row

    def test_a_row_must_say_under_which_procedure(self) -> None:
        with pytest.raises(FrameError, match="procedure: is missing"):
            sample(5, 1, BASE, late_start=[0])


def problems(**changes: Any) -> tuple[str, ...]:
    base = {**BASE, **changes.pop("base", {})}
    with pytest.raises(FrameError) as raised:
        sample(10, 1, base, SHIPPED_ONE, **changes)
    return raised.value.problems


class TestEveryMistakeAtOnce:
    def test_of_inputs_and_columns(self) -> None:
        found = problems(base={"asked_nobody": 3}, late_aproval=[0], refuse_realdania=[True])
        assert [each.partition(":")[0] for each in found] == [
            "late_aproval",
            "refuse_realdania",
            "base.asked_nobody",
        ]
        assert "did you mean" in found[1]

    def test_of_a_base_that_lacks_a_column(self) -> None:
        base = {name: value for name, value in BASE.items() if name != "approve_at"}
        with pytest.raises(FrameError, match="approve_at: is missing"):
            sample(10, 1, base, SHIPPED_ONE, joining=[1])

    def test_of_something_late_that_the_base_does_not_say(self) -> None:
        base = {name: value for name, value in BASE.items() if name != "start_at"}
        with pytest.raises(
            FrameError, match="late_start: changes start_at, of which the base says nothing"
        ):
            sample(10, 1, base, SHIPPED_ONE, late_start=[1])

    def test_of_what_nothing_can_be_drawn_from(self) -> None:
        assert problems(joining=[], leaving="abc") == (
            "joining: is neither a frozen distribution of scipy.stats nor a list of values",
            "leaving: is neither a frozen distribution of scipy.stats nor a list of values",
        )

    def test_of_a_distribution_without_values(self) -> None:
        (found,) = problems(late_start=stats.norm(0, -1))
        assert "gives what is no number" in found

    def test_of_a_number_of_scenarios_or_a_seed_that_is_none(self) -> None:
        for n, seed in ((0, 1), (5, -1)):
            with pytest.raises(FrameError, match="n and seed are whole numbers"):
                sample(n, seed, BASE, SHIPPED_ONE, joining=[1])

    def test_of_a_scenario_that_there_is_not(self, procedure: Procedure) -> None:
        with pytest.raises(FrameError, match="scenario 10: there are 10"):
            drawn(procedure, 10).scenario(10)
