"""A page of text: styled lines and tables, wrapped to a width, with nothing that a terminal obeys.

What comes from files is shown as text: a line break becomes a space, and any other character
that is not printable is written as its escape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from attrs import field, frozen

__all__ = ["CROSS", "TICK", "Grid", "Line", "Page", "Span", "laid_out", "plain", "printable"]

_WORD = re.compile(r"\S+")
_GAP = 2


@frozen
class Span:
    """Some text in one style: `title`, `good`, `bad`, `remark`, `phase`, `dim` or none."""

    text: str
    style: str = ""


CROSS = Span("✗", "bad")
TICK = Span("✓", "good")


def _spans(value: Iterable[str | Span]) -> tuple[Span, ...]:
    return tuple(each if isinstance(each, Span) else Span(each) for each in value)


@frozen
class Line:
    """Spans that are wrapped at a margin of `indent` columns; `mark` stands within the margin."""

    spans: tuple[Span, ...] = field(default=(), converter=_spans)
    indent: int = 0
    mark: tuple[Span, ...] = field(default=(), converter=_spans)


@frozen
class Grid:
    """A table; columns too wide for the page are wrapped, the widest first."""

    rows: Sequence[Sequence[str]]
    head: Sequence[str] = ()
    indent: int = 0


Page = Sequence[Line | Grid]
Row = tuple[Span, ...]  # one row of characters on the page


def printable(text: str) -> str:
    """Return the text on one line, with escapes for what is not printable."""
    flat = " ".join(text.split())
    if flat.isprintable():
        return flat
    return "".join(each if each.isprintable() else _escaped(each) for each in flat)


def _escaped(character: str) -> str:
    return ascii(character)[1:-1]


def laid_out(page: Page, width: int) -> Iterator[Row]:
    """Yield the rows of the page; none is wider than `width`, if that leaves room for words."""
    for block in page:
        if isinstance(block, Grid):
            yield from _table(block, width)
        else:
            yield from _paragraph(block, width)


def plain(page: Page, width: int = 80) -> str:
    """Return the page as text without any style; each line ends with a line break."""
    rows = ("".join(span.text for span in row) for row in laid_out(page, width))
    return "".join(f"{row.rstrip()}\n" for row in rows)


def cells(text: str) -> int:
    """Return how many columns a terminal takes for the text."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def _paragraph(line: Line, width: int) -> Iterator[Row]:
    spans = _joined(line.spans)
    margin = _padded(line.mark, line.indent)
    rows = list(_wrapped("".join(each.text for each in spans), max(width - line.indent, 10)))
    for start, end in rows or [(0, 0)]:
        yield (*margin, *_cut(spans, start, end))
        margin = (Span(" " * line.indent),)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans as printable text; blanks at their ends stay, each as one space."""
    joined = []
    for span in spans:
        text = span.text
        before = " " if text[:1].isspace() else ""
        after = " " if text.strip() and text[-1:].isspace() else ""
        joined.append(Span(f"{before}{printable(text)}{after}", span.style))
    return tuple(joined)


def _padded(mark: tuple[Span, ...], indent: int) -> tuple[Span, ...]:
    taken = sum(cells(each.text) for each in mark)
    return (*mark, Span(" " * max(indent - taken, min(taken, 1))))


def _wrapped(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield where in the text each row starts and ends."""
    start = end = None
    for match in _WORD.finditer(text):
        for word_start, word_end in _pieces(text, *match.span(), width):
            if start is not None and end is not None:
                if cells(text[start:word_end]) <= width:
                    end = word_end
                    continue
                yield start, end
            start, end = word_start, word_end
    if start is not None and end is not None:
        yield start, end


def _pieces(text: str, start: int, end: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield the word, or what fits of it at a time if it is wider than a row."""
    if cells(text[start:end]) > width:
        step = max(width // 2, 1)  # even if each character takes two columns
        yield from ((at, min(at + step, end)) for at in range(start, end, step))
    else:
        yield start, end


def _cut(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    at = 0
    for span in spans:
        text = span.text[max(start - at, 0) : max(end - at, 0)]
        at += len(span.text)
        if text:
            yield Span(text, span.style)


def _table(grid: Grid, width: int) -> Iterator[Row]:
    rows = [[printable(cell) for cell in row] for row in grid.rows]
    head = [[printable(cell) for cell in grid.head]] if grid.head else []
    natural = [max(map(cells, column)) for column in zip(*head, *rows, strict=True)]
    widths = _narrowed(natural, width - grid.indent - _GAP * (len(natural) - 1))
    for number, row in enumerate([*head, *rows]):
        style = "dim" if number < len(head) else ""
        yield from _table_row(row, widths, grid.indent, style)


def _narrowed(widths: list[int], room: int) -> list[int]:
    narrowed = list(widths)
    while sum(narrowed) > room and max(narrowed) > 10:
        narrowed[narrowed.index(max(narrowed))] -= 1
    return narrowed


def _table_row(row: list[str], widths: list[int], indent: int, style: str) -> Iterator[Row]:
    wrapped = [
        [cell[start:end] for start, end in _wrapped(cell, width)]
        for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, wrapped))):
        spans = [Span(" " * indent)]
        for lines, width in zip(wrapped, widths, strict=True):
            text = lines[number] if number < len(lines) else ""
            spans.append(Span(text + " " * (width - cells(text) + _GAP), style if text else ""))
        yield tuple(spans)
