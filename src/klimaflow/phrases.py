"""Words, moments and amounts in English and Danish; the phrases are in `wording/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from klimaflow.moments import Moment, in_words, spelled

__all__ = [
    "LANGUAGES",
    "day",
    "days",
    "kroner",
    "label",
    "listed",
    "moment",
    "number",
    "phrases",
    "span",
]

LANGUAGES = ("en", "da")


@cache
def phrases(lang: str) -> Mapping[str, Any]:
    """Return all sentences and words of a language: `en` or `da`."""
    if lang not in LANGUAGES:
        raise ValueError(f"{lang!r} is none of {', '.join(LANGUAGES)}")
    return tomllib.loads(files("klimaflow").joinpath(f"wording/{lang}.toml").read_text("utf-8"))


def label(of: str, name: str, lang: str) -> str:
    """Return the word for a phase, a command, a role, a consent's status."""
    word: str = phrases(lang)[of][name]
    return word


def moment(at: Moment, lang: str, zone: str) -> str:
    """Return the moment on the clock of `zone`, as exactly as it needs to be told apart."""
    fine = "microseconds" if at.microsecond else "seconds" if at.second else "moment"
    return spelled(at, label("formats", fine, lang), lang, zone)


def day(on: date, lang: str) -> str:
    """Return a day in words, with its weekday."""
    return spelled(on, label("formats", "day", lang), lang)


def kroner(amount: int, lang: str) -> str:
    """Return an amount of kroner: `DKK 1,500,000`, `1.500.000 kr.`"""
    return label("formats", "kroner", lang).format(number(amount, lang))


def number(value: int, lang: str) -> str:
    """Return a whole number, its thousands apart: `1,500,000`, `1.500.000`."""
    return f"{value:,}".replace(",", label("formats", "thousands", lang))


def listed(items: Iterable[str], lang: str, empty: str = "nobody") -> str:
    """Return items as a list in words; the word `empty` if there are none."""
    *first, last = tuple(items) or (label("words", empty, lang),)
    return label("formats", "list", lang).format(", ".join(first), last) if first else last


def days(duration: timedelta, lang: str) -> str:
    """Return a number of whole days in words."""
    if duration.days == 1:
        return label("formats", "one_day", lang)
    return label("formats", "days", lang).format(duration.days)


def span(duration: timedelta, lang: str) -> str:
    """Return a length of time in words, to the microsecond."""
    fine = abs(duration).microseconds
    whole = abs(duration) - timedelta(microseconds=fine)
    parts = [in_words(whole, lang)] if whole else []
    if fine:
        word = "microsecond" if fine == 1 else "microseconds_many"
        parts.append(label("formats", word, lang).format(fine))
    return " ".join(parts)
