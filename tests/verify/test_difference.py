"""What a new procedure changes against an old one."""

from collections.abc import Callable
from typing import Any

import pytest

from klimaflow import Phase, Procedure
from klimaflow.case import Case, Step
from klimaflow.verify import Difference, difference
from klimaflow.verify.difference import Effect
from klimaflow.verify.entries import changes
from tests.conftest import command, in_phase
from tests.verify.conftest import small

Table = dict[str, Any]

ONE = {"propose_budget": {"contributions": {"realdania": 1_000_000}}}
"""In `in_phase`: the only funder of the small procedure pays."""


def of(change: Callable[[Table], object], *cases: Any) -> Difference:
    return difference(small(), small(change), cases, funders=1)


def turned(found: Difference) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(each.do, each.effect, each.verdicts.because) for each in found.turned}


def set_minimum(table: Table) -> None:
    table["participants"]["minimum"] = 4


def later_deadline(table: Table) -> None:
    table["rounds"][0]["approval"] = "torsdag 2024-04-25 10:00"


def other_title(table: Table) -> None:
    table["title"] = "En anden"


def other_label(table: Table) -> None:
    table["criteria"][0]["label"] = "Another label"


class TestEntries:
    def test_a_procedure_is_like_itself(self, procedure: Procedure) -> None:
        assert changes(procedure, procedure) == ()

    def test_each_with_both_values_and_the_words_behind_them(self) -> None:
        (change,) = changes(small(), small(later_deadline))
        assert change.path == "rounds.2024-spring.approval"
        assert (change.old, change.new) == (
            "2024-04-25T09:00:00+02:00",
            "2024-04-25T10:00:00+02:00",
        )
        assert all("Torsdag 25. april kl. 9.00" in str(words) for words in change.rests_on)

    def test_an_entry_that_only_one_has(self) -> None:
        def drop(table: Table) -> None:
            del table["readings"]["cofinancing"]

        found = {each.path: (each.old, each.new) for each in changes(small(), small(drop))}
        assert found["readings.cofinancing.value"] == ("advisory", None)

    def test_lists_go_by_their_ids_not_by_their_places(self, procedure: Procedure) -> None:
        def turn_round(table: Table) -> None:
            table["funders"].reverse()

        assert changes(small(), small(turn_round)) == ()


class TestVerdicts:
    def test_a_higher_minimum_tightens_two_commands(self) -> None:
        found = of(set_minimum)
        assert turned(found) == {
            ("submit-for-approval", Effect.TIGHTENED, ("enough-authorities",)),
            ("start", Effect.TIGHTENED, ("enough-authorities",)),
        }
        assert found.decides_otherwise
        assert all(each.count > 0 for each in found.turned)

    def test_a_lower_one_relaxes_them(self) -> None:
        found = difference(small(set_minimum), small(), funders=1)
        assert {each.effect for each in found.turned} == {Effect.RELAXED}

    def test_each_case_shows_its_change(self) -> None:
        old, new = small(), small(set_minimum)
        for each in difference(old, new, funders=1).turned:
            history = in_phase(None, each.under)
            for asked in each.commands[:-1]:
                history = history.then(asked)
            last = each.commands[-1]
            assert history.decide(last).permitted is (each.under is old)
            assert each.verdicts.old.permitted
            assert not each.verdicts.new.permitted
            assert "3 municipalities or regions take part and 4 must" in str(
                each.verdicts.explained()
            )

    def test_a_later_deadline_relaxes_to_the_microsecond(self) -> None:
        found = of(later_deadline)
        assert turned(found) == {
            ("submit-for-approval", Effect.RELAXED, ("before-approval-deadline",))
        }
        (only,) = found.turned
        assert str(only.commands[-1].at) == "2024-04-25 07:00:00.000001+00:00"

    @pytest.mark.parametrize("change", [other_title, other_label])
    def test_a_change_that_changes_nothing(self, change: Callable[[Table], object]) -> None:
        found = of(change)
        assert not found.decides_otherwise
        assert found.turned == ()
        assert found.alone_nothing == tuple({each.path.partition(".")[0] for each in found.changes})

    def test_what_changes_nothing_beside_what_does(self) -> None:
        def both(table: Table) -> None:
            other_label(table)
            later_deadline(table)

        assert of(both).alone_nothing == ("criteria",)

    def test_a_role_more(self) -> None:
        def widen(table: Table) -> None:
            table["authority"]["start"] = ["secretariat", "committee"]

        assert turned(of(widen)) == {("start", Effect.RELAXED, ("authorised",))}

    def test_another_round(self) -> None:
        def rename(table: Table) -> None:
            table["rounds"][0]["id"] = "2025-spring"

        effects = {(each.do, each.effect) for each in of(rename).turned}
        assert ("submit-for-qualification", Effect.RELAXED) in effects
        assert ("submit-for-qualification", Effect.TIGHTENED) in effects

    def test_it_is_json_and_shown_in_a_notebook(self) -> None:
        found = of(set_minimum)
        table = found.to_dict("da")
        assert table["verdicts"][0]["new"]["refused_by"] == ["enough-authorities"]
        assert table["changes"][0]["path"] == "participants.minimum"
        assert "enough-authorities" in found._repr_html_()
        assert "Indsend til godkendelsesforløb" in found.to_html("da")


class TestCases:
    def test_a_history_by_the_commands_behind_it(self) -> None:
        history = in_phase(Phase.APPROVAL_PROCESS, small(), **ONE)
        found = of(set_minimum, history)
        (impact,) = found.cases
        assert impact.name == "Skybrud på tværs"
        changed = {each.new.command.do: each for each in impact.changed.values()}
        assert changed["submit-for-approval"].new.refused_by == ("enough-authorities",)
        assert changed["submit-for-qualification"].new.remarks == ("enough-authorities",)

    def test_a_case_that_is_decided_as_before(self) -> None:
        case = Case("a case", small(), (Step(command("register-idea")),))
        found = of(set_minimum, case)
        assert [each.changed for each in found.cases] == [{}]

    def test_a_promise_of_a_fund_that_one_does_not_have_is_no_promise_there(self) -> None:
        def rename(table: Table) -> None:
            table["funds"][0]["id"] = "other"

        history = in_phase(Phase.COMMITTEE_DECISION, small(), **ONE)
        promised = history.then(command("approve"), committed={"realdania": 9_000_000})
        (impact,) = of(rename, promised).cases
        assert impact.changed == {}
