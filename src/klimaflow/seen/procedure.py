"""A procedure as a calendar: the months that have a date in them, and what each date is."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from klimaflow import phrases
from klimaflow.markup.elements import Element, element, fragment
from klimaflow.markup.pictures import image, words
from klimaflow.markup.tables import Table, table
from klimaflow.moments import Moment, date_of, spelled
from klimaflow.phrases import label
from klimaflow.seen.words import quoted, round_label

if TYPE_CHECKING:
    from klimaflow.entries import Passage
    from klimaflow.procedure import Procedure, Round

__all__ = ["Dated", "calendar_picture", "dates", "procedure_html"]

CELL, LINE, ACROSS, GUTTER = 26, 24, 4, 18
MONTH, WEEKS = 7 * CELL, 8 * LINE


class Dated(NamedTuple):
    """A deadline or a meeting: its round, its last moment in time, its words in the document.

    `at` is None for a meeting, which is a whole day.
    """

    what: str
    round: Round
    on: date
    at: Moment | None
    words: str


def procedure_html(procedure: Procedure, lang: str = "en") -> str:
    """Return a procedure as HTML, in `en` or `da`; what its file says stays in its language."""
    found = dates(procedure, lang)
    edition = label("report", "edition", lang).format(procedure.id, procedure.edition)
    head = [label("seen", each, lang) for each in ("when", "what", "round")]
    rows = [
        (when(each, procedure.zone, lang), each.what, round_label(each.round, lang), each.words)
        for each in found
    ]
    sheet = element(
        "div",
        element("p", procedure.title, class_="title"),
        element("p", edition, class_="line small"),
        calendar_picture(found, lang) if found else None,
        table(
            Table(label("laid_down", "rounds", lang), [*head, label("words", "source", lang)], rows)
        ),
        _money(procedure, lang),
        class_="sheet",
    )
    return fragment(sheet)


def dates(procedure: Procedure, lang: str) -> list[Dated]:
    """Return every deadline and meeting of a procedure, in the order of time."""
    found = [each for stated in procedure.rounds for each in _of_round(procedure, stated, lang)]
    return sorted(found, key=lambda each: each.on)


def _of_round(procedure: Procedure, stated: Round, lang: str) -> Iterator[Dated]:
    gates = procedure.gates[stated.id]
    own, zone = stated.sources, procedure.zone
    closing = (
        ("qualification", gates.qualification_closes_at, own.qualification),
        ("approval", gates.approval_closes_at, own.approval),
    )
    for name, at, words_of_it in closing:
        said = _quote(words_of_it or stated.source, lang)
        yield Dated(label("seen", f"{name}_closes", lang), stated, date_of(at, zone), at, said)
    said = _quote(own.committee or stated.source, lang)
    yield Dated(label("seen", "meeting", lang), stated, gates.meeting.on, None, said)


def _quote(passage: Passage | None, lang: str) -> str:
    return quoted(passage.quote, lang) if passage else "–"


def when(dated: Dated, zone: str, lang: str) -> str:
    """Return when a deadline closes, or on which day a meeting is."""
    if dated.at is None:
        return phrases.day(dated.on, lang)
    return phrases.moment(dated.at, lang, zone)


def _money(procedure: Procedure, lang: str) -> Element:
    rows = []
    for fund in procedure.funds:
        names = (procedure.funder_names[each] for each in fund.funders)
        lock = label("laid_down", "awaits", lang).format(fund.awaits) if fund.awaits else ""
        if fund.released_on:
            lock = label("laid_down", "released", lang).format(phrases.day(fund.released_on, lang))
        rows.append((fund.id, phrases.listed(names, lang), phrases.kroner(fund.amount, lang), lock))
    head = [label("seen", each, lang) for each in ("fund", "funders", "amount", "lock")]
    return table(Table(label("laid_down", "funds", lang), head, rows), ("tight", "", "number"))


def calendar_picture(found: Sequence[Dated], lang: str) -> Element:
    """Return the months with a date in them: a deadline is a square, a meeting a circle."""
    months = sorted({(each.on.year, each.on.month) for each in found})
    shapes: list[Element] = []
    for number, (year, month) in enumerate(months):
        down, across = divmod(number, ACROSS)
        x, y = GUTTER + across * (MONTH + GUTTER), GUTTER + down * WEEKS
        shapes += _month(year, month, x, y, found, lang)
    bottom = GUTTER + -(-len(months) // ACROSS) * WEEKS
    shapes += _legend(GUTTER, bottom + 4, lang)
    told = ", ".join(f"{each.what} {phrases.day(each.on, lang)}" for each in found)
    width = GUTTER + min(len(months), ACROSS) * (MONTH + GUTTER)
    return image(width, bottom + 20, label("seen", "calendar", lang).format(told), *shapes)


def _month(
    year: int, month: int, x: float, y: float, found: Sequence[Dated], lang: str
) -> Iterator[Element]:
    named = spelled(date(year, month, 1), label("seen", "month_long", lang), lang)
    yield words(x, y + 12, named, size=14)
    for column in range(7):
        letter = spelled(date(2024, 1, 1 + column), "dd", lang)
        yield words(
            x + (column + 0.5) * CELL, y + 32, letter, size=11, look="soft", anchor="middle"
        )
    marked = {each.on: each for each in found}
    for row, week in enumerate(calendar.monthcalendar(year, month)):
        for column, number in enumerate(week):
            if number:
                middle, base = x + (column + 0.5) * CELL, y + 32 + (row + 1) * LINE
                yield from _day(marked.get(date(year, month, number)), number, middle, base - 5)


def _day(dated: Dated | None, number: int, x: float, y: float) -> Iterator[Element]:
    if dated is None:
        yield words(x, y + 5, str(number), size=12, look="soft", anchor="middle")
        return
    yield _shape(dated.at is not None, x, y)
    yield words(x, y + 5, str(number), size=12, look="back", anchor="middle")


def _shape(closes: bool, x: float, y: float) -> Element:
    if closes:
        return element("rect", class_="mark", x=x - 11, y=y - 10, width=22, height=20, rx=2)
    return element("circle", class_="mark", cx=x, cy=y, r=11)


def _legend(x: float, y: float, lang: str) -> Iterator[Element]:
    yield element("rect", class_="mark", x=x, y=y - 9, width=11, height=10, rx=1)
    yield words(x + 16, y, label("seen", "a_deadline", lang))
    yield element("circle", class_="mark", cx=x + 110, cy=y - 4, r=5.5)
    yield words(x + 121, y, label("seen", "a_meeting", lang))
