"""When a case should be looked at again, from its history alone."""

import pytest

from klimaflow import History, Phase, Procedure, copenhagen
from klimaflow.store.reminders import reminders
from tests.conftest import DGO, command, in_phase, told

DUE = "2024-04-08 09:00"


def idea(procedure: Procedure, at: str) -> History:
    return History(procedure).then(command("register-idea", at=at))


def test_before_anything_happened_there_is_nothing_to_look_at(procedure: Procedure) -> None:
    assert reminders(History(procedure)) == {}


def test_of_each_deadline_seven_days_before_and_on_the_day_after(procedure: Procedure) -> None:
    assert reminders(idea(procedure, "2024-02-01 10:00")) == {
        "qualification-deadline-near/2024-spring": copenhagen(DUE),
        "qualification-deadline-missed/2024-spring": copenhagen("2024-04-16 00:00"),
        "qualification-deadline-near/2024-autumn": copenhagen("2024-09-30 09:00"),
        "qualification-deadline-missed/2024-autumn": copenhagen("2024-10-08 00:00"),
    }


@pytest.mark.parametrize(
    ("at", "near"),
    [("2024-04-08 08:59:59.999999", True), (DUE, False), ("2024-04-08 09:00:00.000001", False)],
)
def test_what_would_have_been_due_by_the_last_event_is_left_out(
    procedure: Procedure, at: str, near: bool
) -> None:
    found = reminders(idea(procedure, at))
    assert ("qualification-deadline-near/2024-spring" in found) is near
    assert "qualification-deadline-missed/2024-spring" in found


@pytest.mark.parametrize(
    ("at", "rounds"),
    [
        ("2024-04-15 08:59:59.999999", {"2024-spring", "2024-autumn"}),
        ("2024-04-15 09:00", {"2024-spring", "2024-autumn"}),
        ("2024-04-15 09:00:00.000001", {"2024-autumn"}),
    ],
)
def test_a_deadline_that_has_passed_is_none_any_more(
    procedure: Procedure, at: str, rounds: set[str]
) -> None:
    found = reminders(idea(procedure, at))
    assert {name.rpartition("/")[2] for name in found} == rounds


def test_after_the_last_deadline_there_is_none(procedure: Procedure) -> None:
    assert reminders(idea(procedure, "2024-10-07 09:00")) != {}
    assert reminders(idea(procedure, "2024-10-07 09:00:00.000001")) == {}


def test_of_approval_no_earlier_round_than_its_own(procedure: Procedure) -> None:
    spring, autumn = (
        reminders(in_phase(Phase.QUALIFICATION, procedure, submit_for_qualification=said))
        for said in ({"round": "2024-spring"}, {"round": "2024-autumn"})
    )
    assert autumn == {
        "approval-deadline-near/2024-autumn": copenhagen("2024-10-17 09:00"),
        "approval-deadline-missed/2024-autumn": copenhagen("2024-10-25 00:00"),
    }
    missed = {"approval-deadline-missed/2024-spring": copenhagen("2024-04-26 00:00")}
    assert spring == {**missed, **autumn}


@pytest.mark.parametrize(
    ("second", "rounds"), [("00", {"2024-spring", "2024-autumn"}), ("01", {"2024-autumn"})]
)
def test_of_approval_later_rounds_alone_once_its_own_is_closed(
    procedure: Procedure, second: str, rounds: set[str]
) -> None:
    history = in_phase(Phase.QUALIFICATION, procedure)
    history = history.then(command("hold-sparring", at=f"2024-04-25 09:00:{second}"))
    assert {name.rpartition("/")[2] for name in reminders(history)} == rounds


def test_of_qualification_any_round_that_is_open_whichever_it_was(procedure: Procedure) -> None:
    submitted = {
        "submit_for_qualification": {"round": "2024-autumn", "at": "2024-03-01 10:00"},
        "assess_criterion": None,
    }
    back = in_phase(Phase.QUALIFICATION, procedure, **submitted)
    back = told(back, command("return", by=DGO, at="2024-03-02 10:00"))
    assert back.proposal.round == "2024-autumn"
    assert "qualification-deadline-near/2024-spring" in reminders(back)


@pytest.mark.parametrize("phase", [Phase.APPROVAL_PROCESS, Phase.STARTED, Phase.WITHDRAWN])
def test_what_awaits_no_deadline_is_not_looked_at(procedure: Procedure, phase: Phase) -> None:
    assert reminders(in_phase(phase, procedure)) == {}


def test_of_a_consent_only_if_it_ends_and_is_given(procedure: Procedure) -> None:
    ends = {"valid_until": "2024-08-31"}
    consenting = in_phase(Phase.FUNDER_CONSENT, procedure)
    without = consenting.then(command("give-consent"))
    given = consenting.then(command("give-consent", **ends))
    due = {"consent-runs-out/realdania": copenhagen("2024-08-17 00:00")}
    assert (reminders(without), reminders(given)) == ({}, due)
    assert reminders(given.then(command("withdraw-consent"))) == {}
    assert reminders(in_phase(Phase.STARTED, procedure, give_consent=ends)) == {}
