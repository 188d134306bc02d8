"""Results as tables that one reads: in a notebook, on a terminal, in English and Danish."""

from __future__ import annotations

from collections.abc import Sequence

from klimaflow.markup.sheet import Sheet
from klimaflow.markup.tables import Table, html_table
from klimaflow.phrases import label, number
from klimaflow.report.page import Grid, Line, Page, Span, plain

__all__ = ["Shown", "percent", "word"]


class Shown(Sheet):
    """A result that is shown as tables."""

    def tables(self, lang: str = "en") -> Sequence[Table]:
        """Return what it holds, in `en` or `da`."""
        raise NotImplementedError

    def page(self, lang: str = "en") -> Page:
        """Return it as a page of text."""
        page: list[Line | Grid] = []
        for table in self.tables(lang):
            rows = [[str(cell) for cell in row] for row in table.rows]
            page += [Line(), Line([Span(table.caption, "title")])]
            page += [Grid(rows, table.head, 2)] if rows else [Line(["–"], 2)]
        return page[1:]

    def explained(self, lang: str = "en") -> str:
        """Return it as text, in `en` or `da`."""
        return plain(self.page(lang), 100)

    def __str__(self) -> str:
        return self.explained()

    def _html(self, lang: str) -> str:
        return "".join(html_table(*table) for table in self.tables(lang))


def word(name: str, lang: str, *values: object) -> str:
    """Return what a thing is called in a result."""
    return label("scenarios", name, lang).format(*values)


def percent(share: float, lang: str) -> str:
    """Return a share in per cent, with one decimal."""
    return word("percent", lang, decimal(100 * share, lang))


def decimal(value: float, lang: str, places: int = 1) -> str:
    """Return a number with so many decimals."""
    whole, _, fraction = f"{abs(value):.{places}f}".partition(".")
    sign = "-" if value < 0 and float(f"{value:.{places}f}") else ""
    point = label("scenarios", "point", lang)
    return f"{sign}{number(int(whole), lang)}{point}{fraction}" if places else f"{sign}{whole}"
