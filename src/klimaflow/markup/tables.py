"""Tables as HTML: self-contained, readable without colour, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from klimaflow.markup.elements import Content, Element, element, fragment, page_text

__all__ = ["Table", "html_page", "html_table", "table"]

_STYLE = (
    "body { font-family: sans-serif; margin: 2em } table { margin: 1em 0 }"
    " caption { font-weight: bold } caption, td, th { text-align: left; vertical-align: top }"
    " td, th { padding: 0.1em 1em 0.1em 0 }"
)


class Table(NamedTuple):
    """A table to be written; a row's values stand under the words of `head`."""

    caption: str
    head: Sequence[str]
    rows: Iterable[Sequence[Content]]


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Content]]) -> str:
    """Return an HTML table, to be shown within a page; see `Table`."""
    return fragment(table(Table(caption, head, rows)))


def html_page(title: str, lang: str, blocks: Iterable[str | Table]) -> str:
    """Return a whole HTML page in a language (`en` or `da`): paragraphs and tables.

    It fetches nothing and runs nothing.
    """
    shown = [table(each) if isinstance(each, Table) else element("p", each) for each in blocks]
    return page_text(title, lang, _STYLE, element("h1", title), shown)


def table(of: Table, kinds: Sequence[str] = ()) -> Element:
    """Return a table; `kinds` are the classes of its first columns, such as `number`."""
    columns = [f"cell {kind}".strip() for kind in (*kinds, *[""] * len(of.head))][: len(of.head)]
    head = [
        element("th", name, class_=look, scope="col")
        for name, look in zip(of.head, columns, strict=True)
    ]
    return element(
        "table",
        element("caption", of.caption, class_="caption") if of.caption else None,
        element("thead", element("tr", head)) if any(of.head) else None,
        element("tbody", (_row(of.head, row, columns) for row in of.rows)),
        class_="table",
    )


def _row(head: Sequence[str], row: Sequence[Content], looks: Sequence[str]) -> Element:
    """Return a row; each cell knows the name of its column, for a page too narrow for columns."""
    cells = zip(head, row, looks, strict=True)
    return element(
        "tr", [element("td", said, class_=look, data_column=name) for name, said, look in cells]
    )
