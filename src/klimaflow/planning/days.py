"""Which days are working days in Denmark; the only door to holidays.

A working day is one from Monday to Friday that is no public holiday. Constitution Day (5 June),
Christmas Eve and New Year's Eve are none by law and so count as working days; from 2024 so does
the fourth Friday after Easter (Store Bededag), which was abolished. A published moment never moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

from holidays import HolidayBase, country_holidays

__all__ = ["FIRST", "LAST", "holidays_between", "public_holiday", "working_days"]

SATURDAY = 5
_LANGUAGES = {"en": "en_US", "da": "da"}


@cache
def _denmark(lang: str) -> HolidayBase:
    return country_holidays("DK", language=_LANGUAGES[lang])


FIRST, LAST = date(_denmark("da").start_year, 1, 1), date(_denmark("da").end_year, 12, 31)
"""The first and the last day of which it is known whether it is a public holiday."""


def public_holiday(on: date, lang: str = "en") -> str | None:
    """Return the name of the Danish public holiday on this day, in `en` or `da`; None if none."""
    return _denmark(lang).get(on)


def working_days(first: date, last: date) -> tuple[date, ...] | None:
    """Return the working days from `first` to `last`, both included; none if `last` is earlier.

    None if part of that is beyond the years of which the holidays are known.
    """
    if not FIRST <= first <= LAST or not FIRST <= last <= LAST:
        return None
    return tuple(each for each in _weekdays(first, last) if public_holiday(each) is None)


def holidays_between(first: date, last: date, lang: str = "en") -> dict[date, str]:
    """Return the public holidays from Monday to Friday, by day, from `first` to `last` included."""
    named = ((each, public_holiday(each, lang)) for each in _weekdays(first, last))
    return {each: name for each, name in named if name is not None}


def _weekdays(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        each = date.fromordinal(ordinal)
        if each.weekday() < SATURDAY:
            yield each
