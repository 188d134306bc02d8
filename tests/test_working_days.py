"""Danish working days, and that no published moment moves for a day that is none."""

from datetime import date, timedelta

import pytest

from klimaflow import History, Procedure, copenhagen, load_procedure
from klimaflow.planning import plan
from klimaflow.planning.days import (
    FIRST,
    LAST,
    holidays_between,
    public_holiday,
    working_days,
)
from tests.conftest import SHIPPED, policy


class TestStoreBededag:
    """The fourth Friday after Easter was a public holiday to 2023, and is none from 2024."""

    @pytest.mark.parametrize(
        ("on", "name"),
        [
            ("2022-05-13", "Store bededag"),
            ("2023-05-05", "Store bededag"),
            ("2024-04-26", None),
            ("2025-05-16", None),
        ],
    )
    def test_it_is_abolished_from_2024(self, on: str, name: str | None) -> None:
        day = date.fromisoformat(on)
        assert public_holiday(day, "da") == name
        assert working_days(day, day) == (() if name else (day,))


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("on", "english", "danish"),
        [
            ("2024-01-01", "New Year's Day", "Nytårsdag"),
            ("2024-03-28", "Maundy Thursday", "Skærtorsdag"),
            ("2024-03-29", "Good Friday", "Langfredag"),
            ("2024-04-01", "Easter Monday", "Anden påskedag"),
            ("2024-05-09", "Ascension Day", "Kristi himmelfartsdag"),
            ("2024-05-20", "Whit Monday", "Anden pinsedag"),
            ("2024-12-25", "Christmas Day", "Juledag"),
            ("2024-12-26", "Second Day of Christmas", "Anden juledag"),
        ],
    )
    def test_the_public_holidays_of_2024(self, on: str, english: str, danish: str) -> None:
        day = date.fromisoformat(on)
        assert (public_holiday(day), public_holiday(day, "da")) == (english, danish)
        assert working_days(day, day) == ()

    @pytest.mark.parametrize("on", ["2024-06-05", "2024-12-24", "2024-12-31", "2024-05-10"])
    def test_days_off_that_are_no_public_holidays_are_working_days(self, on: str) -> None:
        day = date.fromisoformat(on)
        assert working_days(day, day) == (day,)

    def test_both_ends_are_included(self) -> None:
        friday, monday = date(2024, 4, 12), date(2024, 4, 15)
        assert working_days(friday, monday) == (friday, monday)
        assert working_days(date(2024, 4, 13), date(2024, 4, 14)) == ()
        assert working_days(monday, friday) == ()

    def test_holidays_at_a_weekend_are_not_told_apart_from_it(self) -> None:
        assert holidays_between(date(2024, 5, 18), date(2024, 5, 20)) == {
            date(2024, 5, 20): "Whit Monday"
        }

    def test_years_of_which_the_holidays_are_not_known(self) -> None:
        one = timedelta(days=1)
        assert working_days(LAST, LAST) == (LAST,)
        assert working_days(LAST, LAST + one) is None
        assert working_days(FIRST - one, FIRST) is None


class TestPublishedMomentsStand:
    @pytest.mark.parametrize(
        ("stated", "on"),
        [
            ("skærtorsdag", "torsdag 2024-03-28 09:00"),
            ("lørdag", "lørdag 2024-04-06 09:00"),
            ("påskedag", "søndag 2024-03-31 09:00"),
        ],
    )
    def test_a_deadline_on_a_day_off_is_still_that_day(self, stated: str, on: str) -> None:
        moved = policy(('qualification = "mandag 2024-04-15 09:00"', f'qualification = "{on}"'))
        first = plan(History(moved), "2024-03-01 10:00").steps[0]
        assert first.last == copenhagen(on.partition(" ")[2])

    def test_the_deadlines_of_2024_are_all_on_working_days(self) -> None:
        procedure: Procedure = load_procedure(SHIPPED)
        for each in procedure.rounds:
            for day in (each.qualification.naive.date(), each.approval.naive.date()):
                assert working_days(day, day) == (day,)
