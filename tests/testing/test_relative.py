"""Moments of a round: strict, and to the microsecond."""

from datetime import UTC, datetime

import pytest

from klimaflow import MomentError, Procedure
from klimaflow.case import parse_case
from klimaflow.fields import Unreadable
from klimaflow.testing.relative import is_relative, moment_of_a_round
from tests.conftest import policy
from tests.testing.told import HEAD, IDEA, SUBMISSION, problems


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-spring qualification", "2024-04-15T09:00:00+02:00"),
        ("2024-spring approval", "2024-04-25T09:00:00+02:00"),
        ("2024-autumn approval + 1 microsecond", "2024-10-24T09:00:00.000001+02:00"),
        ("2024-autumn approval - 1 microsecond", "2024-10-24T08:59:59.999999+02:00"),
        ("2024-spring committee begins", "2024-05-30T00:00:00+02:00"),
        ("2024-spring committee ends", "2024-05-31T00:00:00+02:00"),
        ("2024-spring committee ends - 1 microsecond", "2024-05-30T23:59:59.999999+02:00"),
        ("2024-spring approval + 12 minutes", "2024-04-25T09:12:00+02:00"),
        ("2024-spring approval + 90 seconds", "2024-04-25T09:01:30+02:00"),
        ("2024-spring approval + 0 hours", "2024-04-25T09:00:00+02:00"),
        ("2024-spring approval - 2 weeks", "2024-04-11T09:00:00+02:00"),
        # The clocks change on 31 March: a day keeps the time that they show, 24 hours do not.
        ("2024-spring qualification - 16 days", "2024-03-30T09:00:00+01:00"),
        ("2024-spring qualification - 384 hours", "2024-03-30T08:00:00+01:00"),
    ],
)
def test_a_gate_and_a_distance(procedure: Procedure, text: str, expected: str) -> None:
    assert is_relative(text)
    assert moment_of_a_round(text, procedure) == at(expected)


def test_a_deadline_is_the_stated_one_whatever_the_readings_make_of_it() -> None:
    exclusive = policy(('value = "inclusive"', 'value = "exclusive"'))
    assert moment_of_a_round("2024-spring approval", exclusive) == at("2024-04-25T09:00+02:00")


@pytest.mark.parametrize(
    "text",
    [
        "2024-spring committee",
        "2024-spring committee - 1 day",
        "approval",
        "2024-spring  approval",
        "2024-spring approval ",
        "2024-spring approval +1 day",
        "2024-spring approval + 1",
        "2024-spring approval + day",
        "2024-spring approval + 1.5 days",
        "2024-spring approval + -1 day",
        "2024-spring approval + ٣ days",
        "2024-spring approval + 1 day + 1 hour",
        "2024-spring approval begins",
        "2024-spring\napproval + 1 day",
    ],
)
def test_no_other_form_is_read(procedure: Procedure, text: str) -> None:
    assert is_relative(text)
    with pytest.raises(Unreadable, match=r"2024-spring approval \+ 1 microsecond"):
        moment_of_a_round(text, procedure)


def test_a_meeting_alone_is_told_that_it_has_a_day(procedure: Procedure) -> None:
    with pytest.raises(Unreadable, match="committee begins or committee ends"):
        moment_of_a_round("2024-spring committee", procedure)


@pytest.mark.parametrize("unit", ["fortnights", "month", "years", "ms"])
def test_a_unit_of_another_length_is_none(procedure: Procedure, unit: str) -> None:
    with pytest.raises(Unreadable, match="is no unit of time; those are microsecond, second"):
        moment_of_a_round(f"2024-spring approval + 2 {unit}", procedure)


@pytest.mark.parametrize("unit", ["day", "week", "hour"])
def test_beyond_the_calendar_is_no_moment(procedure: Procedure, unit: str) -> None:
    with pytest.raises(MomentError, match="beyond the calendar"):
        moment_of_a_round(f"2024-spring approval + 999999999 {unit}s", procedure)


def test_a_time_that_the_clocks_skip_is_no_moment() -> None:
    early = policy(('"mandag 2024-04-15 09:00"', '"mandag 2024-04-15 02:30"'))
    with pytest.raises(MomentError, match="does not exist"):
        moment_of_a_round("2024-spring qualification - 15 days", early)


def test_days_are_those_of_the_procedures_own_clock() -> None:
    elsewhere = policy(('zone = "Europe/Copenhagen"', 'zone = "America/Nuuk"'))
    found = moment_of_a_round("2024-spring qualification - 20 days", elsewhere)
    assert found == at("2024-03-26T09:00-02:00")


@pytest.mark.parametrize("text", ["2024-04-15 09:00", "now", "", 7, None])
def test_other_times_are_left_to_their_own_reader(text: object) -> None:
    assert not is_relative(text)


def test_an_unknown_round_is_named_with_its_place() -> None:
    (problem,) = problems(SUBMISSION.replace("2024-spring qual", "2025-spring qual"))
    assert problem == (
        "step[1].at: '2025-spring' is no round; the rounds are 2024-spring, 2024-autumn"
    )


def test_only_a_story_knows_moments_of_a_round() -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_case(HEAD + IDEA)
