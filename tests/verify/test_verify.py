"""What verification shows of the shipped procedure, and of procedures with something wrong."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from klimaflow import History, Procedure
from klimaflow.lifecycle import MOVES
from klimaflow.phrases import LANGUAGES, phrases
from klimaflow.proposal import Phase
from klimaflow.verify import Verified, verify
from klimaflow.verify.money import symbolic
from klimaflow.verify.properties import NEVER_ALONE
from klimaflow.verify.space import Space, explored
from klimaflow.verify.watch import Watch
from tests.conftest import policy
from tests.verify.conftest import small


def broken(procedure: Procedure) -> dict[str, tuple[str, ...]]:
    """Return the properties that a procedure breaks, each with the names it is broken by."""
    found = verify(procedure, funders=1)
    for each in found.broken:
        assert each.finding(), each
        for number, command in enumerate(each.commands[:-1]):
            assert History(procedure).decide(each.commands[0]).permitted, (each, number, command)
    return {each.id: each.names for each in found.broken}


class TestTheShippedProcedure:
    def test_it_holds_all_that_it_must(self, verified: Verified) -> None:
        assert verified.broken == ()
        assert verified.holds
        assert verified.funders == ("realdania", "region-nordjylland")

    def test_every_property_has_a_sentence_in_both_languages(self, verified: Verified) -> None:
        own = [each.id for each in verified.proofs if each.requirement is None]
        for lang in LANGUAGES:
            assert sorted(phrases(lang)["properties"]) == sorted(own)
            assert all(each.statement(lang).endswith(".") for each in verified.proofs)

    def test_each_requirement_of_the_file_is_proved(
        self, verified: Verified, procedure: Procedure
    ) -> None:
        demanded = [each.requirement for each in verified.proofs if each.requirement]
        assert demanded == [each.id for each in procedure.requirements]

    def test_four_rules_refuse_only_in_company(self, verified: Verified) -> None:
        assert set(verified["rules-decide"].notes["in_company"]) == set(NEVER_ALONE)

    def test_the_ways_past_qualification_are_closed_by_the_reading(
        self, verified: Verified
    ) -> None:
        closed = ("submit-for-approval (idea)", "submit-for-approval (sparring)")
        assert verified["moves-taken"].notes["closed"] == closed

    def test_only_these_data_decide_nothing(self, verified: Verified) -> None:
        assert verified["data-count"].notes["idle"] == ("valid_from", "funders[1].authority")

    def test_after_the_last_round_comes_the_horizon(self, verified: Verified) -> None:
        assert verified["not-only-withdrawal"].notes["horizon"] == (
            "idea 2024-10-07T09:00:00+02:00",
            "sparring 2024-10-07T09:00:00+02:00",
            "qualification 2024-10-24T09:00:00+02:00",
            "approval_process 2024-11-21T23:59:59.999999+01:00",
            "funder_consent 2027-12-31T23:59:59.999999+01:00",
        )

    def test_what_must_be_possible_is_shown_by_a_case(self, verified: Verified) -> None:
        witness = verified["requirement:to-the-end-of-2027"].commands
        history = History(verified.procedure)
        for command in witness:
            history = history.then(command)
        assert history.proposal.phase is Phase.STARTED

    def test_it_is_told_in_danish(self, verified: Verified) -> None:
        shown = verified.to_html("da")
        assert verified.summary("da") in shown
        assert verified.proofs[0].statement("da") in shown

    def test_it_is_told_in_a_notebook_and_as_json(self, verified: Verified) -> None:
        html = verified._repr_html_()
        table = verified.to_dict("da")
        assert "final-is-final" in html
        assert [each["property"] for each in table["properties"]] == [
            each.id for each in verified.proofs
        ]
        assert (table["holds"], table["states"]) == (True, verified.states)

    def test_a_property_is_found_by_its_id(self, verified: Verified) -> None:
        assert verified["own-consent"].id == "own-consent"
        with pytest.raises(KeyError):
            verified["no-such-property"]


class TestAFault:
    def test_two_authorities(self) -> None:
        found = broken(policy(("minimum = 3", "minimum = 2")))
        assert set(found) == {"requirement:three-to-submit", "requirement:three-to-start"}

    def test_nobody_may_start(self) -> None:
        def forbid(table: dict[str, Any]) -> None:
            table["authority"]["start"] = []

        found = broken(small(forbid))
        assert found["phases-reached"] == ("started",)
        assert "not-only-withdrawal" in found
        assert found["moves-taken"] == ("start (funder_consent)",)

    def test_a_round_in_which_the_approval_closes_with_the_qualification(self) -> None:
        """At that very instant both can still happen: the round is possible."""
        changed = policy(("torsdag 2024-04-25 09:00", "mandag 2024-04-15 09:00"))
        assert set(broken(changed)) == {"requirement:spring-approval-in-time"}


def without_criteria(table: dict[str, Any]) -> None:
    table["criteria"] = []


def released_in_june(table: dict[str, Any]) -> None:
    table["funds"][0]["released_on"] = date(2024, 6, 1)


def nobody_counts(table: dict[str, Any]) -> None:
    table["participants"]["kinds"] = []


def nobody_is_needed(table: dict[str, Any]) -> None:
    table["participants"]["minimum"] = 0


def many_criteria(table: dict[str, Any]) -> None:
    table["criteria"] = [{**table["criteria"][0], "id": f"c{n}"} for n in range(12)]


class TestOtherProcedures:
    @pytest.mark.parametrize(
        ("change", "vacant"),
        [
            (without_criteria, ("same-or-later-round", "criteria-met", "fund-released")),
            (released_in_june, ("same-or-later-round",)),
            (many_criteria, ("same-or-later-round", "fund-released")),
        ],
    )
    def test_what_is_not_laid_down_breaks_nothing(
        self, change: Callable[[dict[str, Any]], None], vacant: tuple[str, ...]
    ) -> None:
        found = verify(small(change), funders=1)
        assert found.broken == ()
        assert found["rules-decide"].notes["vacant"] == vacant

    def test_a_rule_that_nothing_can_break_is_named(self) -> None:
        assert broken(small(nobody_is_needed)) == {"rules-decide": ("enough-authorities",)}

    def test_where_nothing_can_start_it_is_said(self) -> None:
        found = broken(small(nobody_counts))
        later = ("approval_process", "committee_decision", "funder_consent", "started", "rejected")
        assert found["phases-reached"] == later
        assert found["rounds-possible"] == ("2024-spring",)
        assert {"no-vain-submission", "not-only-withdrawal"} <= set(found)


class TestTheExploration:
    def test_it_is_the_same_each_time(self, procedure: Procedure, space: Space) -> None:
        again = explored(procedure, funders=1)
        assert len(again.states) == len(space.states)
        assert (again.answers, again.transitions) == (space.answers, space.transitions)

    def test_each_state_is_come_to_by_its_commands(self, space: Space) -> None:
        for state in space.states[:: len(space.states) // 50]:
            history = History(space.procedure)
            for command in state.commands():
                history = history.then(command)
            assert history.proposal == state.proposal

    def test_every_command_is_asked_in_every_phase(self, procedure: Procedure) -> None:
        watch = Watch(procedure)
        explored(procedure, funders=1, watchers=(watch,))
        asked = {(s.state.proposal.phase, s.offer.command.do) for s in watch.kinds}
        commands = {move.command.do for move in MOVES}
        assert asked == {(phase, do) for phase in (None, *Phase) for do in commands}

    def test_progress_is_told(self, procedure: Procedure) -> None:
        told: list[tuple[int, int]] = []
        space = explored(procedure, funders=1, progress=lambda *far: told.append(far))
        assert told[-1] == (len(space.states), len(space.states))
        assert all(done <= found for done, found in told)

    @pytest.mark.parametrize("count", [0, 7])
    def test_no_more_funders_than_there_are(self, procedure: Procedure, count: int) -> None:
        with pytest.raises(ValueError, match="the procedure has 6"):
            verify(procedure, funders=count)

    def test_the_funders_are_chosen_so_that_each_fund_is_drawn_on(
        self, procedure: Procedure
    ) -> None:
        assert symbolic(procedure, 3) == ("realdania", "region-nordjylland", "region-midtjylland")
        assert len(symbolic(procedure, 6)) == 6
