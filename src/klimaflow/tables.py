"""Tables as HTML: self-contained, readable without colour, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

__all__ = ["Table", "html_page", "html_table"]

_CELL = "text-align: left; vertical-align: top"
_STYLE = (
    "body { font-family: sans-serif; margin: 2em } table { margin: 1em 0 }"
    " caption { font-weight: bold } td, th { padding: 0.1em 1em 0.1em 0 }"
)


class Table(NamedTuple):
    """A table to be written; a row's values stand under the words of `head`."""

    caption: str
    head: Sequence[str]
    rows: Iterable[Sequence[str]]


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table, to be shown within a page; see `Table`."""
    table = _element(Table(caption, head, rows))
    return ElementTree.tostring(table, encoding="unicode", method="html")


def html_page(title: str, lang: str, blocks: Iterable[str | Table]) -> str:
    """Return a whole HTML page in a language (`en` or `da`): paragraphs and tables.

    It fetches nothing and runs nothing.
    """
    page = ElementTree.Element("html", lang=lang)
    head, body = ElementTree.SubElement(page, "head"), ElementTree.SubElement(page, "body")
    ElementTree.SubElement(head, "meta", charset="utf-8")
    ElementTree.SubElement(head, "title").text = _xml(title)
    ElementTree.SubElement(head, "style").text = _STYLE
    ElementTree.SubElement(body, "h1").text = _xml(title)
    for block in blocks:
        if isinstance(block, Table):
            body.append(_element(block))
        else:
            ElementTree.SubElement(body, "p").text = _xml(block)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(page, encoding="unicode", method="html")


def _element(of: Table) -> ElementTree.Element:
    table = ElementTree.Element("table")
    ElementTree.SubElement(table, "caption", style=_CELL).text = _xml(of.caption)
    _row(ElementTree.SubElement(table, "thead"), "th", of.head)
    body = ElementTree.SubElement(table, "tbody")
    for row in of.rows:
        _row(body, "td", row)
    return table


def _row(parent: ElementTree.Element, tag: str, values: Iterable[str]) -> None:
    row = ElementTree.SubElement(parent, "tr")
    for value in values:
        ElementTree.SubElement(row, tag, style=_CELL).text = _xml(value)


def _xml(text: str) -> str:
    """Return the text with a replacement for each character that no document may hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
