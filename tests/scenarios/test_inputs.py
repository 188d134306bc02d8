"""What inputs make of a base: days on Danish clocks, counts, kroner and what is so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimaflow.frames.columns import Kind
from klimaflow.moments import COPENHAGEN, later, moment, shown
from klimaflow.scenarios.inputs import MOST_DAYS, Listed, later_by, value_of

BOTH_NIGHTS = ("2024-03-30 02:30", "2024-10-26 02:30")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def column(at: datetime, days: list[float], zone: str = COPENHAGEN) -> list[datetime]:
    series = pl.Series([at] * len(days), dtype=pl.Datetime("us", "UTC"))
    return later_by("late", series, np.array(days), zone).to_list()


class TestWholeDaysAreDaysOnDanishClocks:
    @pytest.mark.parametrize("days", [0, 1, 21, 200, -20])
    def test_nine_o_clock_stays_nine_o_clock(self, days: int) -> None:
        (found,) = column(moment("2024-03-25 09:00"), [days])
        assert shown(moment(found))[11:16] == "09:00"
        assert found == later(moment("2024-03-25 09:00"), timedelta(days=days), COPENHAGEN)

    def test_what_is_less_than_a_day_is_exact(self) -> None:
        (found,) = column(moment("2024-03-30 22:00"), [0.25])
        assert shown(moment(found)) == "2024-03-31T05:00:00+02:00"

    def test_where_the_clocks_skip_that_time_it_is_an_hour_later_on_them(self) -> None:
        (found,) = column(moment(BOTH_NIGHTS[0]), [1])
        assert shown(moment(found)) == "2024-03-31T03:30:00+02:00"

    def test_where_they_show_it_twice_it_is_the_first(self) -> None:
        (found,) = column(moment(BOTH_NIGHTS[1]), [1])
        assert shown(moment(found)) == "2024-10-27T02:30:00+02:00"

    @given(MOMENTS, st.floats(-400, 400), st.sampled_from([COPENHAGEN, "UTC", "Asia/Kolkata"]))
    def test_a_column_says_what_one_moment_does(self, at: datetime, days: float, zone: str) -> None:
        micro = timedelta(microseconds=round(days * 86_400_000_000))
        assert column(at, [days], zone) == [later(moment(at), micro, zone)]

    @pytest.mark.parametrize("night", BOTH_NIGHTS)
    @pytest.mark.parametrize("micro", [-1, 0, 1])
    def test_to_the_microsecond(self, night: str, micro: int) -> None:
        at = moment(night) + timedelta(microseconds=micro)
        assert column(at, [1.0]) == [later(moment(at), timedelta(days=1), COPENHAGEN)]

    def test_beyond_a_hundred_years_it_is_a_hundred_years(self) -> None:
        far, there = column(moment("2024-04-15 09:00"), [1e15, MOST_DAYS])
        assert far == there


class TestValues:
    def test_counts_and_kroner_are_rounded_and_never_below_zero(self) -> None:
        found = value_of("authorities", Kind.COUNT, np.array([-2.0, 0.4, 0.6, 3.0]))
        assert found.to_list() == [0, 0, 1, 3]

    def test_a_flag_is_so_from_a_half_on(self) -> None:
        values = np.array([0.0, 0.499, 0.5, 1.0])
        assert value_of("met_x", Kind.FLAG, values).to_list() == [False, False, True, True]

    def test_a_list_is_taken_in_turn_each_value_for_its_stride(self) -> None:
        assert Listed(["a", "b", "c"], 2).between(1, 9).tolist() == [*"abbccaab"]

    def test_moments_are_read_as_danish_time(self) -> None:
        values: Any = np.array(["2024-04-15 09:00"])
        (found,) = value_of("approve_at", Kind.MOMENT, values).to_list()
        assert found == moment("2024-04-15 09:00")
