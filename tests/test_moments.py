"""Moments: what is one, what is none, and what survives a change of the clocks."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from klimaflow import History, MomentError, Phase, Procedure, copenhagen
from klimaflow.moments import (
    COPENHAGEN,
    WallClock,
    date_of,
    day,
    iso_days,
    iso_duration,
    later,
    later_by_days,
    moment,
    shown,
    span,
    spelled,
    zone_name,
)
from tests.conftest import command, in_phase

PLACE = ZoneInfo(COPENHAGEN)
MICROSECOND = timedelta(microseconds=1)

PLAIN = (
    "nu|2024|2024-04|2024-04-15|09:00|2024-04-15 9:00|2024-04-15 09|2024-04-15 09.00|"
    "2024-04-15  09:00|2024-04-15t09:00|2024-04-15T09:00z|2024-04-15_09:00|20240415T0900|"
    "15-04-2024 09:00|2024-4-15 09:00|24-04-15 09:00|+2024-04-15 09:00|-2024-04-15 09:00|"
    "12024-04-15 09:00|2024-W16-1 09:00|2024-W16-1|2024-106 09:00|2024-13-15 09:00|"
    "2024-00-15 09:00|2024-04-31 09:00|2023-02-29 09:00|0000-04-15 09:00|2024-04-15 24:00|"
    "2024-04-15 24:00:00Z|2024-04-15 25:00|2024-04-15 09:60|2016-12-31 23:59:60|"
    "2016-12-31 23:59:60Z|2016-12-31 23:59:61Z|2024-04-15 09:00:00.|2024-04-15 09:00:00,5|"
    "2024-04-15 09:00:00.1234567|2024-04-15 09:00:00.0000000|2024-04-15 09:00+2|"
    "2024-04-15 09:00+0200|2024-04-15 09:00 +02:00|2024-04-15 09:00+24:00|"
    "2024-04-15 09:00+14:99|2024-04-15 09:00+02:00:30|2024-04-15 09:00 CET|"
    "mandag 2024-04-15 09:00|２０２４-０４-１５ ０９:００|2024-04-15 0９:00|٢٠٢٤-٠٤-١٥ ٠٩:٠٠|"
    "2024‐04‐15 09:00"
)
NO_TIMES = [
    *PLAIN.split("|"),
    "",
    " ",
    " 2024-04-15 09:00",
    "2024-04-15 09:00 ",
    "2024-04-15 09:00\n",
    "2024-04-15\u00a009:00",
    "2024-04-15 09:00\u200b",
    "2024-04-15 09:00\x00",
    "\x002024-04-15 09:00",
    "2024-04-15 09:00" * 2,
    "1" * 1_000_000,
    "2024-04-15 09:00:00." + "0" * 1_000_000,
]


class TestWhatIsNoTime:
    @pytest.mark.parametrize("text", NO_TIMES, ids=lambda text: ascii(text[:24]))
    @pytest.mark.parametrize("door", [copenhagen, moment])
    def test_a_text_that_is_no_time_is_refused_in_few_words(
        self, door: Callable[[str], Any], text: str
    ) -> None:
        with pytest.raises(MomentError) as error:
            door(text)
        assert len(str(error.value)) < 250
        assert repr(text[:60])[1:-1] in str(error.value) or text[:10] in str(error.value)

    @pytest.mark.parametrize(
        "value",
        [None, 0, 1713164400, 1713164400.0, True, date(2024, 4, 15), b"2024-04-15 09:00", []],
    )
    def test_nothing_else_is_a_time(self, value: Any) -> None:
        for door in (copenhagen, moment):
            with pytest.raises(MomentError, match="is not a time"):
                door(value)

    @pytest.mark.parametrize(
        "naive",
        [
            datetime(2024, 4, 15, 9),
            pendulum.naive(2024, 4, 15, 9),
            datetime(2024, 10, 27, 2, 30, fold=1),
        ],
    )
    def test_a_naive_datetime_is_refused_with_the_way_out(self, naive: datetime) -> None:
        for door in (copenhagen, moment):
            with pytest.raises(MomentError, match=r'has no zone.*copenhagen\("2024-'):
                door(naive)

    def test_a_zone_that_does_not_know_its_offset_is_no_zone(self) -> None:
        class Nowhere(tzinfo):
            def utcoffset(self, _when: datetime | None) -> None:
                return None

            dst = utcoffset

            def tzname(self, _when: datetime | None) -> str:
                return "nowhere"

        with pytest.raises(MomentError, match="has no zone"):
            moment(datetime(2024, 4, 15, 9, tzinfo=Nowhere()))

    def test_a_nanosecond_is_not_dropped(self) -> None:
        class Timestamp(datetime):  # as pandas has it
            nanosecond = 1

        class Whole(datetime):
            nanosecond = 0

        with pytest.raises(MomentError, match="finer than a microsecond"):
            moment(Timestamp(2024, 4, 15, 9, tzinfo=UTC))
        assert moment(Whole(2024, 4, 15, 9, tzinfo=UTC)) == datetime(2024, 4, 15, 9, tzinfo=UTC)

    def test_a_command_says_so_too(self) -> None:
        with pytest.raises(MomentError, match="has no zone"):
            command("start", at=datetime(2024, 7, 1, 8))


class TestWhatIsATime:
    @pytest.mark.parametrize(
        ("text", "utc"),
        [
            ("2024-04-15 09:00", "2024-04-15T07:00:00+00:00"),
            ("2024-04-15T09:00", "2024-04-15T07:00:00+00:00"),
            ("2024-01-15 09:00", "2024-01-15T08:00:00+00:00"),
            ("2024-04-15 09:00:01", "2024-04-15T07:00:01+00:00"),
            ("2024-04-15 09:00:00.5", "2024-04-15T07:00:00.500000+00:00"),
            ("2024-04-15 09:00:00.000001", "2024-04-15T07:00:00.000001+00:00"),
            ("2024-04-15T09:00Z", "2024-04-15T09:00:00+00:00"),
            ("2024-04-15T09:00:00-00:00", "2024-04-15T09:00:00+00:00"),
            ("2024-04-15T09:00+14:00", "2024-04-14T19:00:00+00:00"),
            ("2024-04-15T09:00-12:00", "2024-04-15T21:00:00+00:00"),
            ("2024-04-15T09:00+05:45", "2024-04-15T03:15:00+00:00"),
            ("2024-02-29 12:00", "2024-02-29T11:00:00+00:00"),
            ("1900-01-01 12:00", "1900-01-01T11:00:00+00:00"),
        ],
    )
    def test_text_without_an_offset_is_danish_wall_clock_time(self, text: str, utc: str) -> None:
        assert moment(text).isoformat() == utc
        assert moment(text).tzinfo is pendulum.UTC
        assert copenhagen(text) == moment(text)
        assert copenhagen(text).timezone_name == COPENHAGEN

    @pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=14)), ZoneInfo("Asia/Tokyo")])
    def test_an_aware_datetime_keeps_its_instant(self, zone: tzinfo) -> None:
        aware = datetime(2024, 4, 15, 9, 0, 0, 1, tzinfo=zone)
        assert moment(aware) == aware
        assert copenhagen(aware) == aware

    def test_a_moment_stays_what_it_is(self) -> None:
        utc = moment("2024-04-15 09:00")
        assert moment(utc) is utc
        assert moment(copenhagen("2024-04-15 09:00")) == utc

    @pytest.mark.parametrize("text", ["0001-01-02T00:00Z", "9999-12-30T23:59:59.999999Z"])
    def test_the_calendar_reaches_as_far_as_every_zone_has_a_date(
        self, procedure: Procedure, text: str
    ) -> None:
        at = moment(text)
        for zone in (COPENHAGEN, "Pacific/Kiritimati", "Etc/GMT+12"):
            assert abs(date_of(at, zone).year - at.year) <= 1
        decision = History(procedure).decide(command("register-idea", at=text))
        assert decision.refused_by == ()
        assert str(at.year) in decision.explained("da")

    @pytest.mark.parametrize(
        "value",
        [
            "0001-01-01 00:00",
            "0001-01-01T00:00Z",
            "0001-01-02T00:00+14:00",
            "9999-12-31 23:59",
            "9999-12-31T00:00Z",
            "9999-12-30T23:59-12:00",
            datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
            pendulum.datetime(1, 1, 1),
            pendulum.datetime(9999, 12, 31),
        ],
    )
    def test_beyond_it_there_is_no_moment(self, value: str | datetime) -> None:
        for door in (moment, copenhagen):
            with pytest.raises(MomentError, match="beyond the calendar"):
                door(value)


class TestTheHourThatIsSkipped:
    """On 31 March 2024 the clocks of Copenhagen go from 02:00 to 03:00."""

    @pytest.mark.parametrize("time", ["02:00", "02:30", "02:59:59.999999"])
    def test_a_time_in_it_does_not_exist(self, time: str) -> None:
        with pytest.raises(MomentError, match="does not exist in Europe/Copenhagen"):
            copenhagen(f"2024-03-31 {time}")
        with pytest.raises(MomentError, match="the clocks skip it"):
            command("hold-sparring", at=f"2024-03-31 {time}")

    def test_before_and_after_it_are_a_microsecond_apart(self) -> None:
        before, after = moment("2024-03-31 01:59:59.999999"), moment("2024-03-31 03:00")
        assert span(before, after) == MICROSECOND
        assert copenhagen(after).isoformat() == "2024-03-31T03:00:00+02:00"

    def test_with_an_offset_the_instant_is_meant(self) -> None:
        assert copenhagen("2024-03-31 02:30+01:00").isoformat() == "2024-03-31T03:30:00+02:00"


class TestTheHourThatIsRepeated:
    """On 27 October 2024 the clocks of Copenhagen go from 03:00 back to 02:00."""

    @pytest.mark.parametrize("time", ["02:00", "02:30", "02:59:59.999999"])
    def test_a_time_in_it_exists_twice(self, time: str) -> None:
        with pytest.raises(
            MomentError, match=r"exists twice .*: write its offset, \+02:00 or \+01"
        ):
            copenhagen(f"2024-10-27 {time}")

    def test_its_offset_tells_which_is_meant(self) -> None:
        first, second = (copenhagen(f"2024-10-27 02:30+0{hours}:00") for hours in (2, 1))
        assert span(moment(first), moment(second)) == timedelta(hours=1)
        assert (first.isoformat()[-6:], second.isoformat()[-6:]) == ("+02:00", "+01:00")

    def test_a_datetime_of_its_own_zone_tells_it_by_the_fold(self) -> None:
        first, second = (
            moment(datetime(2024, 10, 27, 2, 30, tzinfo=PLACE, fold=fold)) for fold in (0, 1)
        )
        assert span(first, second) == timedelta(hours=1)

    def test_the_times_around_it_exist_once(self) -> None:
        around = moment("2024-10-27 01:59:59.999999"), moment("2024-10-27 03:00")
        assert span(*around) == timedelta(hours=2) + MICROSECOND

    def test_events_within_it_keep_their_order(self, procedure: Procedure) -> None:
        held = in_phase(Phase.IDEA, procedure).then(
            command("hold-sparring", at="2024-10-27 02:40+02:00")
        )
        twenty_past = command("submit-for-approval", round="x", at="2024-10-27 02:20+01:00")
        assert "in-order" not in held.decide(twenty_past).refused_by
        before = command("submit-for-approval", round="x", at="2024-10-27 02:39+02:00")
        assert "in-order" in held.decide(before).refused_by


class TestCopies:
    """Copies of a moment in Copenhagen lose the fold; what klimaflow keeps is in UTC."""

    TWICE = pytest.mark.parametrize("at", ["2024-10-27 02:30+02:00", "2024-10-27 02:30+01:00"])
    COPIES = pytest.mark.parametrize(
        "copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
    )

    @TWICE
    @COPIES
    def test_a_command_keeps_its_instant(self, at: str, copied: Callable[[Any], Any]) -> None:
        one = command("withdraw", at=copenhagen(at))
        other = copied(one)
        assert other == one
        assert other.at.timestamp() == datetime.fromisoformat(at).timestamp()

    @TWICE
    @COPIES
    def test_an_event_and_a_history_keep_theirs(
        self, procedure: Procedure, at: str, copied: Callable[[Any], Any]
    ) -> None:
        history = in_phase(Phase.IDEA, procedure).then(command("hold-sparring", at=copenhagen(at)))
        event = copied(history.events[-1])
        assert event == history.events[-1]
        assert event.at.timestamp() == datetime.fromisoformat(at).timestamp()
        other = copied(history)
        assert other == history
        assert other.proposal.since.timestamp() == datetime.fromisoformat(at).timestamp()


class TestDays:
    @pytest.mark.parametrize(
        ("on", "hours", "begins"),
        [
            (date(2024, 5, 30), 24, "2024-05-29T22:00:00+00:00"),
            (date(2024, 3, 31), 23, "2024-03-30T23:00:00+00:00"),
            (date(2024, 10, 27), 25, "2024-10-26T22:00:00+00:00"),
        ],
    )
    def test_a_day_is_as_long_as_its_clocks_make_it(
        self, on: date, hours: int, begins: str
    ) -> None:
        found = day(on, COPENHAGEN)
        assert (found.on, found.begins_at.isoformat()) == (on, begins)
        assert span(found.begins_at, found.ends_at) == timedelta(hours=hours)
        assert date_of(found.begins_at, COPENHAGEN) == on
        assert date_of(found.ends_at - MICROSECOND, COPENHAGEN) == on
        assert date_of(found.ends_at, COPENHAGEN) == on + timedelta(days=1)

    @pytest.mark.parametrize(
        ("on", "zone", "begins", "hours"),
        [
            (date(2024, 4, 26), "Africa/Cairo", "2024-04-25T22:00:00+00:00", 23),  # skips midnight
            (date(2024, 11, 3), "America/Havana", "2024-11-03T04:00:00+00:00", 25),  # has it twice
        ],
    )
    def test_a_day_begins_when_its_first_hour_does(
        self, on: date, zone: str, begins: str, hours: int
    ) -> None:
        found = day(on, zone)
        assert found.begins_at.isoformat() == begins
        assert span(found.begins_at, found.ends_at) == timedelta(hours=hours)

    @pytest.mark.parametrize("on", [date.min, date.max])
    def test_the_first_and_the_last_day_are_beyond_the_calendar(self, on: date) -> None:
        with pytest.raises(MomentError, match="beyond the calendar"):
            day(on, COPENHAGEN)

    def test_a_wall_clock_is_read_in_the_zone_that_is_known(self) -> None:
        nine = WallClock(datetime(2024, 4, 15, 9))
        assert nine.in_zone(COPENHAGEN) == moment("2024-04-15T07:00Z")
        assert nine.in_zone("America/New_York") == moment("2024-04-15T13:00Z")
        with pytest.raises(MomentError, match="does not exist in Europe/Copenhagen"):
            WallClock(datetime(2024, 3, 31, 2, 30)).in_zone(COPENHAGEN)

    @pytest.mark.parametrize(
        "name", ["", "CET/CEST", "Europe/Kopenhagen", "../etc", "\x00", "x" * 9]
    )
    def test_a_zone_is_one_of_the_database(self, name: str) -> None:
        with pytest.raises(MomentError, match="is not a time zone: write one such as Europe/Cop"):
            zone_name(name)
        assert zone_name("UTC") == "UTC"

    @pytest.mark.parametrize(
        ("on", "english", "danish"),
        [
            ("2024-04-15", "Monday", "mandag"),
            ("2024-04-25", "Thursday", "torsdag"),
            ("2024-05-30", "Thursday", "torsdag"),
            ("2024-10-07", "Monday", "mandag"),
            ("2024-10-24", "Thursday", "torsdag"),
            ("2024-11-21", "Thursday", "torsdag"),
        ],
    )
    def test_the_weekdays_are_those_of_the_document(
        self, on: str, english: str, danish: str
    ) -> None:
        assert spelled(date.fromisoformat(on), "dddd", "en") == english
        assert spelled(date.fromisoformat(on), "dddd", "da") == danish
        assert spelled(moment(f"{on} 00:00"), "dddd", "da") == danish

    @pytest.mark.parametrize("days", [30, 10**10])
    def test_so_many_days_later_there_may_be_no_calendar(self, days: int) -> None:
        with pytest.raises(MomentError, match=f"{days} days from 9999-12-02 .* beyond the calend"):
            later_by_days(copenhagen("9999-12-02 10:00"), days, COPENHAGEN)
        found = later_by_days(copenhagen("9999-12-02 10:00"), 28, COPENHAGEN)
        assert found == copenhagen("9999-12-30 10:00")

    def test_a_moment_is_shown_on_the_clock_of_a_zone(self) -> None:
        at = moment("2024-04-14T22:30Z")
        assert shown(at) == "2024-04-15T00:30:00+02:00"
        assert shown(at, "UTC") == "2024-04-14T22:30:00+00:00"
        assert spelled(at, "dddd HH:mm", "en") == "Monday 00:30"
        assert spelled(at, "dddd HH:mm", "en", "UTC") == "Sunday 22:30"


class TestDurations:
    @pytest.mark.parametrize(
        ("span", "text"),
        [
            (timedelta(0), "PT0S"),
            (MICROSECOND, "PT0.000001S"),
            (-MICROSECOND, "-PT0.000001S"),
            (timedelta(milliseconds=1500), "PT1.5S"),
            (timedelta(seconds=10), "PT10S"),
            (timedelta(minutes=12), "PT12M"),
            (timedelta(minutes=-12), "-PT12M"),
            (timedelta(hours=1), "PT1H"),
            (timedelta(hours=1, seconds=1), "PT1H1S"),
            (timedelta(days=1), "P1D"),
            (timedelta(days=-1), "-P1D"),
            (timedelta(days=13, hours=22), "P13DT22H"),
            (timedelta(days=-13, hours=-22, minutes=-30), "-P13DT22H30M"),
            (timedelta(hours=-23, minutes=-59, seconds=-59.999999), "-PT23H59M59.999999S"),
        ],
    )
    def test_a_time_is_an_iso_duration_with_one_sign(self, span: timedelta, text: str) -> None:
        assert iso_duration(span) == text
        if span >= timedelta(0):
            assert pendulum.parse(text) == span

    @pytest.mark.parametrize(
        ("days", "text"), [(0, "P0D"), (1, "P1D"), (-1, "-P1D"), (-14, "-P14D")]
    )
    def test_whole_days_are_days(self, days: int, text: str) -> None:
        assert iso_days(timedelta(days=days)) == text

    @pytest.mark.parametrize(
        ("earlier", "later", "seconds"),
        [
            ("2024-04-15 09:00", "2024-04-15 09:00:01", 1),
            ("2024-04-15 09:00:01", "2024-04-15 09:00", -1),
            ("2024-03-31 00:00", "2024-04-01 00:00", 23 * 3600),
        ],
    )
    def test_a_span_is_from_the_earlier_to_the_later(
        self, earlier: str, later: str, seconds: int
    ) -> None:
        assert span(moment(earlier), moment(later)) == timedelta(seconds=seconds)


class TestLater:
    def test_whole_days_are_days_on_the_clock_and_the_rest_is_exact(self) -> None:
        before_the_change = copenhagen("2024-03-30 22:00")
        found = later(before_the_change, timedelta(days=1, hours=2), "Europe/Copenhagen")
        assert found == copenhagen("2024-04-01 00:00")
        assert later(before_the_change, timedelta(hours=5), "Europe/Copenhagen") == copenhagen(
            "2024-03-31 04:00"
        )

    def test_beyond_the_calendar_there_is_none(self) -> None:
        with pytest.raises(MomentError, match="beyond the calendar"):
            later(copenhagen("9999-12-01 10:00"), timedelta(days=40), "Europe/Copenhagen")
