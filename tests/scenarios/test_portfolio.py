"""A secretariat's open cases: what is due, what is missing for it, what the funds can carry."""

import json
from datetime import timedelta
from typing import Any

import pytest

from klimaflow import CaseError, History, Phase, Procedure
from klimaflow.case import load_case
from klimaflow.moments import shown
from klimaflow.scenarios import Portfolio, portfolio
from tests.conftest import in_phase, policy

SPRING = "2024-04-25T09:00:00+02:00"


def asking(procedure: Procedure, kroner: int, phase: Phase, **changes: Any) -> History:
    contributions = {"realdania": kroner}
    return in_phase(phase, procedure, propose_budget={"contributions": contributions}, **changes)


def due(found: Portfolio) -> dict[str, tuple[str | None, str]]:
    return {each.name: (each.do, shown(each.deadline)) for each in found.cases if each.deadline}


class TestTheNextDeadline:
    @pytest.mark.parametrize(
        ("phase", "do", "deadline"),
        [
            (Phase.IDEA, "submit-for-qualification", "2024-04-15T09:00:00+02:00"),
            (Phase.SPARRING, "submit-for-qualification", "2024-04-15T09:00:00+02:00"),
            (Phase.QUALIFICATION, "submit-for-approval", SPRING),
            (Phase.APPROVAL_PROCESS, "put-before-committee", "2024-05-30T23:59:59.999999+02:00"),
            (Phase.COMMITTEE_DECISION, "start", "2027-12-31T23:59:59.999999+01:00"),
            (Phase.FUNDER_CONSENT, "start", "2027-12-31T23:59:59.999999+01:00"),
        ],
    )
    def test_is_that_of_the_phase(
        self, phase: Phase, do: str, deadline: str, procedure: Procedure
    ) -> None:
        history = in_phase(phase, procedure)
        found = portfolio({"one": history}, max(event.at for event in history.events))
        assert due(found) == {"one": (do, deadline)}

    @pytest.mark.parametrize(("after", "missed"), [(0, False), (1, True)])
    def test_is_missed_one_microsecond_after_it(
        self, after: int, missed: bool, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        (each,) = portfolio([history], SPRING.replace(":00+", f":00.00000{after}+")).cases
        assert (each.missed, each.left) == (missed, timedelta(microseconds=-after))
        assert each.ready is not missed

    def test_says_by_how_much_a_case_misses_it_if_nothing_happens(
        self, procedure: Procedure
    ) -> None:
        two = in_phase(
            Phase.QUALIFICATION, procedure, enlist_participants={"participants": ["0751", "0461"]}
        )
        ready = in_phase(Phase.QUALIFICATION, procedure)
        found = portfolio({"two": two, "ready": ready}, "2024-04-20 10:00")
        (each,) = found.misses
        assert each.name == "two"
        assert [(finding.rule, finding.margin) for finding in each.lacks] == [
            ("enough-authorities", -1)
        ]
        assert each.decision is not None
        assert each.decision.refused_by == ("enough-authorities",)

    def test_names_what_has_to_come_first(self, procedure: Procedure) -> None:
        found = in_phase(Phase.COMMITTEE_DECISION, procedure)
        (each,) = portfolio([found], "2024-05-30 14:00").cases
        assert each.before == ("approve", "give-consent")

    def test_the_cases_come_in_the_order_in_which_they_are_due(self, procedure: Procedure) -> None:
        cases = {
            "late": in_phase(Phase.APPROVAL_PROCESS, procedure),
            "early": in_phase(Phase.QUALIFICATION, procedure),
        }
        assert [*due(portfolio(cases, "2024-04-23 10:00"))] == ["early", "late"]

    def test_what_is_over_or_not_there_yet_is_left_out(self, procedure: Procedure) -> None:
        cases = [in_phase(Phase.REJECTED, procedure), in_phase(Phase.STARTED, procedure)]
        assert portfolio(cases, "2025-01-01 10:00").cases == ()
        assert portfolio(cases, "2024-01-01 10:00").cases == ()


class TestTheAgenda:
    def test_draws_on_the_funds_in_its_order(self, procedure: Procedure) -> None:
        cases = {
            "six": asking(procedure, 6_000_000, Phase.APPROVAL_PROCESS),
            "five": asking(procedure, 5_000_000, Phase.APPROVAL_PROCESS),
            "four": asking(procedure, 4_000_000, Phase.COMMITTEE_DECISION),
        }
        found = portfolio(cases, "2024-05-21 10:00").agenda
        assert [(each.name, each.carried) for each in found] == [
            ("six", True),
            ("five", False),
            ("four", True),
        ]
        assert [each.left["realdania"] for each in found] == [4_000_000, 4_000_000, 0]
        assert [finding.rule for finding in found[1].short] == ["within-fund", "fund-released"]
        assert found[1].short[0].margin == -1_000_000

    def test_another_order_is_another_answer(self, procedure: Procedure) -> None:
        cases = {
            "five": asking(procedure, 5_000_000, Phase.APPROVAL_PROCESS),
            "six": asking(procedure, 6_000_000, Phase.APPROVAL_PROCESS),
        }
        found = portfolio(cases, "2024-05-21 10:00").agenda
        assert [(each.name, each.carried) for each in found] == [("five", True), ("six", False)]

    def test_an_earlier_meeting_comes_first(self, procedure: Procedure) -> None:
        autumn = asking(
            procedure,
            6_000_000,
            Phase.QUALIFICATION,
            submit_for_qualification={"round": "2024-autumn"},
        )
        spring = asking(procedure, 6_000_000, Phase.APPROVAL_PROCESS)
        found = portfolio({"autumn": autumn, "spring": spring}, "2024-05-21 10:00").agenda
        assert [(each.name, each.carried) for each in found] == [
            ("spring", True),
            ("autumn", False),
        ]

    def test_what_is_granted_already_and_what_is_promised_come_first(
        self, procedure: Procedure
    ) -> None:
        cases = {
            "granted": asking(procedure, 3_000_000, Phase.FUNDER_CONSENT),
            "asking": asking(procedure, 2_000_000, Phase.APPROVAL_PROCESS),
        }
        for promised, carried in ((5_000_000, True), (5_000_001, False)):
            found = portfolio(cases, "2024-06-01 10:00", committed={"realdania": promised}).agenda
            assert [(each.name, each.carried) for each in found] == [("asking", carried)]

    def test_a_case_without_a_budget_is_not_on_it(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure, propose_budget=None)
        assert portfolio([history], "2024-03-01 10:00").agenda == ()

    def test_a_case_that_does_not_come_so_far_draws_nothing(self, procedure: Procedure) -> None:
        nobody = policy(('put-before-committee = ["secretariat"]', "put-before-committee = []"))
        history = asking(nobody, 6_000_000, Phase.APPROVAL_PROCESS)
        (each,) = portfolio([history], "2024-05-21 10:00").agenda
        assert (each.decision, each.carried) == (None, False)
        assert each.left["realdania"] == 10_000_000


class TestShown:
    FILES = ("examples/skybrud-paa-tvaers.toml", "examples/afslag.toml")

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_as_text_tables_and_json(self, lang: str) -> None:
        found = portfolio([*self.FILES, load_case(self.FILES[0])], "2024-04-20 10:00")
        text = found.explained(lang)
        assert "skybrud-paa-tvaers" in text
        assert "enough-authorities" in text
        assert found.to_html(lang).count("<table ") == 2
        assert json.loads(json.dumps(found.to_dict(lang)))["cases"][0]["do"] == (
            "submit-for-approval"
        )

    def test_of_nothing(self) -> None:
        assert "–" in str(portfolio([], "2024-04-20 10:00"))
        assert portfolio([], "2024-04-20 10:00").to_dict()["cases"] == []

    def test_a_file_that_is_no_case_is_an_error(self) -> None:
        with pytest.raises(CaseError):
            portfolio(["nowhere.toml"], "2024-04-20 10:00")
