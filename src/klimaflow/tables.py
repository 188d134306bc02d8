"""Tables as HTML, for notebooks: self-contained, readable without colour, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

__all__ = ["html_table"]

_CELL = "text-align: left; vertical-align: top"


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; a row's values stand under the words of `head`."""
    table = ElementTree.Element("table")
    ElementTree.SubElement(table, "caption", style=_CELL).text = _xml(caption)
    _row(ElementTree.SubElement(table, "thead"), "th", head)
    body = ElementTree.SubElement(table, "tbody")
    for row in rows:
        _row(body, "td", row)
    return ElementTree.tostring(table, encoding="unicode", method="html")


def _row(parent: ElementTree.Element, tag: str, values: Iterable[str]) -> None:
    row = ElementTree.SubElement(parent, "tr")
    for value in values:
        ElementTree.SubElement(row, tag, style=_CELL).text = _xml(value)


def _xml(text: str) -> str:
    """Return the text with a replacement for each character that no document may hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
