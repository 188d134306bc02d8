"""A course as one picture: phases as bands along the time, deadlines and meetings above them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from klimaflow.markup.elements import Element, element
from klimaflow.markup.pictures import image, label_width, line, words
from klimaflow.moments import Moment, date_of, span, spelled
from klimaflow.phrases import label

__all__ = ["Band", "Dot", "Flag", "strip"]

WIDE, SIDE, ROW, BAND = 760, 10, 17, 28
ROOM = WIDE - 2 * SIDE


class Band(NamedTuple):
    """A phase from its beginning to its end."""

    name: str
    begins: Moment
    ends: Moment


class Flag(NamedTuple):
    """A deadline or a meeting."""

    name: str
    at: Moment


class Dot(NamedTuple):
    """A step: taken, or refused."""

    at: Moment
    permitted: bool


class _Scale:
    def __init__(self, moments: Sequence[Moment]) -> None:
        self.first, self.last = min(moments), max(moments)
        self._whole = span(self.first, self.last) or timedelta(days=1)

    def x(self, at: Moment) -> float:
        return round(SIDE + span(self.first, at) / self._whole * ROOM, 1)


def strip(
    bands: Sequence[Band],
    flags: Sequence[Flag],
    dots: Sequence[Dot],
    alt: str,
    lang: str,
    zone: str,
) -> Element:
    """Return the picture; what has no room for its name in it is named in the list beneath."""
    moments = (
        [flag.at for flag in flags]
        + [dot.at for dot in dots]
        + [at for b in bands for at in (b.begins, b.ends)]
    )
    scale = _Scale(moments)
    rows = _rows([(scale.x(flag.at), flag.name) for flag in flags])
    top = 8 + ROW * (max(rows, default=-1) + 1)
    shapes = [each for band in bands for each in _band(band, scale, top)]
    placed = [_flag(flag, scale, 8 + ROW * row, top) for flag, row in zip(flags, rows, strict=True)]
    shapes += [post for post, _ in placed] + [name for _, name in placed]
    shapes += [_dot(dot, scale, top + BAND + 12) for dot in dots]
    axis = top + BAND + 24
    shapes += _axis(scale, axis, lang, zone)
    return image(WIDE, axis + 22, alt, *shapes)


def _rows(labels: Sequence[tuple[float, str]]) -> list[int]:
    """Return the row of each label, so that none lies on another one."""
    ends: list[list[tuple[float, float]]] = []
    rows = []
    for x, text in labels:
        start, end = _extent(x, text)
        row = 0
        while row < len(ends) and any(s < end and start < e for s, e in ends[row]):
            row += 1
        if row == len(ends):
            ends.append([])
        ends[row].append((start, end))
        rows.append(row)
    return rows


def _extent(x: float, text: str) -> tuple[float, float]:
    wide = label_width(text) + 8
    return (x - wide, x) if x + wide > WIDE else (x, x + wide)


def _band(band: Band, scale: _Scale, top: float) -> list[Element]:
    x, end = scale.x(band.begins), scale.x(band.ends)
    wide = max(end - x, 2)
    shapes = [element("rect", class_="band", x=x, y=top, width=round(wide, 1), height=BAND)]
    if label_width(band.name) < wide:
        shapes.append(words(x + 5, top + 18, band.name, look="bare"))
    return shapes


def _flag(flag: Flag, scale: _Scale, y: float, top: float) -> tuple[Element, Element]:
    x = scale.x(flag.at)
    start, _ = _extent(x, flag.name)
    anchor = "end" if start < x else "start"
    text = words(x - 5 if anchor == "end" else x + 5, y + 11, flag.name, anchor=anchor)
    post = line(x, y, x, top + BAND, "edge", stroke_width=1.5, stroke_dasharray="4 2")
    return post, text


def _dot(dot: Dot, scale: _Scale, y: float) -> Element:
    x = scale.x(dot.at)
    if dot.permitted:
        return element("circle", class_="mark", cx=x, cy=y, r=4)
    return words(x, y + 5, "✗", size=14, look="bad", anchor="middle")


def _axis(scale: _Scale, y: float, lang: str, zone: str) -> list[Element]:
    """Return the months, as many of them as there is room for."""
    shapes = [line(SIDE, y, WIDE - SIDE, y)]
    months = _months(scale, zone)
    step = max(1, -(-len(months) * 72 // ROOM))
    for number, at in enumerate(months):
        x = scale.x(at)
        shapes.append(line(x, y, x, y + 4))
        if number % step == 0 and x + 60 < WIDE:
            text = spelled(at, label("seen", "month", lang), lang, zone)
            shapes.append(words(x + 2, y + 15, text, size=11, look="soft"))
    return shapes


def _months(scale: _Scale, zone: str) -> list[Moment]:
    """Return the beginning of each month within the picture."""
    first, last = date_of(scale.first, zone), date_of(scale.last, zone)
    months, at = (
        [],
        scale.first.add(months=1).replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    )
    while date_of(at, zone) <= last:
        months.append(at)
        at = at.add(months=1)
    return months if months or first == last else [scale.first]
