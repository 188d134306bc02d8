"""Moments and days, never naive; the only door to pendulum.

A moment is kept as an instant in UTC and shown on the clock of Copenhagen. In UTC no hour is
skipped or repeated, so moments compare, copy and pickle without losing anything.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pendulum
from attrs import frozen

from klimaflow.errors import MomentError
from klimaflow.markup.sheet import Sheet

__all__ = ["COPENHAGEN", "Day", "Moment", "copenhagen", "moment"]

Moment = pendulum.DateTime
"""An aware `pendulum.DateTime`. All that klimaflow keeps is in UTC."""

COPENHAGEN = "Europe/Copenhagen"
MICROSECOND = timedelta(microseconds=1)

_FIRST, _LAST = date(1, 1, 2), date(9999, 12, 30)  # every zone has a date then

_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](?!24)[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-5][0-9])?"
)
_FINER = re.compile(r"\.[0-9]{7,}")


def copenhagen(value: str | datetime) -> Moment:
    """Return a moment on the clock of Copenhagen: `copenhagen("2024-04-15 09:00")`.

    A text is `YYYY-MM-DD HH:MM`, with seconds and microseconds where wanted; without an offset
    it is Danish wall-clock time. A naive datetime is refused, an aware one shown in Copenhagen.

    Raises `MomentError` for a text that is no time, and for a wall-clock time that Copenhagen
    skips (31 March 2024 02:30) or has twice (27 October 2024 02:30), unless its offset is given.
    """
    return moment(value).in_timezone(COPENHAGEN)


def moment(value: str | datetime) -> Moment:
    """Return the instant of `value` in UTC; text without an offset is Danish wall-clock time.

    Raises `MomentError` for a naive datetime and as `copenhagen` does.
    """
    if type(value) is Moment and value.tzinfo is pendulum.UTC and 1 < value.year < 9999:
        return value
    if isinstance(value, str):
        return _stated(value)
    if not isinstance(value, datetime):
        raise MomentError(f"{_shortly(value)} is not a time")
    return _instant(value)


@lru_cache(maxsize=4096)  # what is stored states a moment twice, and is read again and again
def _stated(text: str) -> Moment:
    return _instant(_from_text(text))


def _instant(value: datetime) -> Moment:
    if value.utcoffset() is None:
        raise MomentError(
            f'{value.isoformat(" ")} has no zone: give an offset, or say copenhagen("{value}")'
        )
    if getattr(value, "nanosecond", 0):
        raise MomentError(f"{value} is finer than a microsecond")
    try:
        utc = value.astimezone(pendulum.UTC)
    except OverflowError:
        utc = None
    if utc is None or not _FIRST <= utc.date() <= _LAST:
        raise MomentError(f"{value.isoformat(' ')} is beyond the calendar")
    return _utc(utc)


def _shortly(value: object) -> str:
    try:
        return repr(value)[:60]
    except (ValueError, RecursionError):  # a number of 5,000 digits, a list of 5,000 levels
        return f"a {type(value).__name__}"


def _utc(value: datetime) -> Moment:
    return Moment(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        tzinfo=pendulum.UTC,
    )


def _from_text(text: str) -> datetime:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise MomentError(f"{text[:60]!r} is not a time: write YYYY-MM-DD HH:MM")
    if _FINER.search(text):
        raise MomentError(f"{text[:60]!r} is finer than a microsecond")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise MomentError(f"{text!r} is not a time: there is no such day, or time of day") from None
    return value if match["offset"] else wall_clock(value, COPENHAGEN)


def wall_clock(naive: datetime, zone: str) -> datetime:
    """Return the instant at which the clocks of `zone` show `naive`; one in UTC.

    Raises `MomentError` where they never show it, or show it twice.
    """
    place = _zone(zone)
    first, second = (naive.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    try:
        instant = first.astimezone(pendulum.UTC)
        if first.utcoffset() == second.utcoffset():
            return instant
        shown = instant.astimezone(place).replace(tzinfo=None)
    except OverflowError:
        raise MomentError(f"{naive} is beyond the calendar") from None
    if shown != naive:
        raise MomentError(f"{naive} does not exist in {zone}: the clocks skip it")
    offsets = " or ".join(aware.isoformat()[-6:] for aware in (first, second))
    raise MomentError(f"{naive} exists twice in {zone}: write its offset, {offsets}")


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return pendulum.timezone(name)
    except (ValueError, OSError, LookupError):
        raise MomentError(f"{name!r} is not a time zone: write one such as {COPENHAGEN}") from None


def zone_name(name: str) -> str:
    """Return `name` if it names a time zone of the IANA database; else raise `MomentError`."""
    _zone(name)
    return name


@frozen
class WallClock:
    """A time as it was stated, on a clock whose zone is known elsewhere; not yet a moment."""

    naive: datetime

    def in_zone(self, zone: str) -> Moment:
        """Return the moment at which the clocks of `zone` show it; as `wall_clock` raises."""
        return _utc(wall_clock(self.naive, zone))


@frozen
class Day(Sheet):
    """A whole calendar day: from `begins_at` (inclusive) to `ends_at` (exclusive)."""

    on: date
    begins_at: Moment
    ends_at: Moment
    zone: str


@lru_cache(maxsize=4096)
def day(on: date, zone: str) -> Day:
    """Return the calendar day `on` in `zone`; 23 or 25 hours long where the clocks change.

    Where the clocks skip midnight, or show it twice, it begins when that hour first begins.
    """
    try:
        return Day(on, _midnight(on, zone), _midnight(on + timedelta(days=1), zone), zone)
    except OverflowError:
        raise MomentError(f"{on} is beyond the calendar") from None


def _midnight(on: date, zone: str) -> Moment:
    first = datetime(on.year, on.month, on.day, tzinfo=_zone(zone), fold=0)
    return _utc(first.astimezone(pendulum.UTC))


def date_of(at: Moment, zone: str) -> date:
    """Return the calendar date that `zone` has at this moment."""
    return datetime.date(at.astimezone(_zone(zone)))  # no pendulum.Date: its differences are odd


def shown(at: Moment, zone: str = COPENHAGEN) -> str:
    """Return the moment in ISO 8601 with the offset of `zone`."""
    return at.astimezone(_zone(zone)).isoformat()


def spelled(at: Moment | date, pattern: str, locale: str, zone: str = COPENHAGEN) -> str:
    """Return the moment, or the day, in a pattern of pendulum's tokens and a language."""
    if isinstance(at, datetime):
        return pendulum.instance(at).in_timezone(zone).format(pattern, locale=locale)
    return pendulum.datetime(at.year, at.month, at.day).format(pattern, locale=locale)


@lru_cache(maxsize=4096)
def later_by_days(at: Moment, days: int, zone: str) -> Moment:
    """Return the moment at which the clocks of `zone` show the same time so many days later.

    Negative days are earlier. Raises `MomentError` as `wall_clock` does.
    """
    clock = datetime.fromisoformat(at.astimezone(_zone(zone)).replace(tzinfo=None).isoformat())
    try:
        return moment(wall_clock(clock + timedelta(days=days), zone))
    except OverflowError:
        raise MomentError(f"{days} days from {clock} is beyond the calendar") from None


def later(at: Moment, by: timedelta, zone: str) -> Moment:
    """Return the moment that comes so much later; whole days as the clocks of `zone` show them.

    Nine o'clock a day later is nine o'clock. What is less than a day is exact. Where the clocks
    skip that time, or show it twice, it is the one that follows at the offset before the change.
    Raises `MomentError` beyond the calendar.
    """
    place = _zone(zone)
    clock = datetime.fromisoformat(at.astimezone(place).replace(tzinfo=None).isoformat())
    try:
        days = (clock + timedelta(days=by.days)).replace(tzinfo=place, fold=0)
        return moment(days.astimezone(pendulum.UTC) + (by - timedelta(days=by.days)))
    except OverflowError:
        raise MomentError(f"{by} from {clock} is beyond the calendar") from None


def span(earlier: Moment, later: Moment) -> timedelta:
    """Return the time from one moment to another; negative if `later` comes first."""
    return datetime.__sub__(later, earlier)


def iso_duration(span: timedelta) -> str:
    """Return the span in ISO 8601: `PT12M`, `-PT0.000001S`, `P13DT22H`, `PT0S`."""
    sign = "-" if span < timedelta(0) else ""
    span = abs(span)
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0").rstrip(".")
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    if seconds or fraction:
        clock += f"{seconds}{fraction}S"
    days = f"{span.days}D" if span.days else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


def iso_days(span: timedelta) -> str:
    """Return a span of whole days in ISO 8601: `P1D`, `-P14D`, `P0D`."""
    return f"{'-' if span.days < 0 else ''}P{abs(span.days)}D"


def in_words(span: timedelta, locale: str) -> str:
    """Return a span of whole seconds in the words of a language."""
    return pendulum.duration(seconds=span // timedelta(seconds=1)).in_words(locale=locale)
