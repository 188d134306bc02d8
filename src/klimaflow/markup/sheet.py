"""A value as a sheet of its fields, for values that have no picture of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from klimaflow.markup.elements import Content, element
from klimaflow.markup.tables import html_table

__all__ = ["Html", "Sheet"]


class Html(str):
    """A part of a page, which a notebook shows as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


class Sheet:
    """Shows itself in a notebook: the fields of an attrs class by their names, others by `repr`.

    A class with a picture of its own makes that instead, in each language.
    """

    __slots__ = ()

    def to_html(self, lang: str = "en") -> Html:
        """Return what a notebook shows, in `en` or `da`; a notebook shows that too."""
        return Html(self._html(lang))

    def _repr_html_(self) -> str:
        return self.to_html()

    def _html(self, lang: str) -> str:
        """Return the HTML; names of fields are the same in every language."""
        names = [each.name for each in _fields(self) if each.repr]
        rows = [(name, _shown(getattr(self, name))) for name in names if name[0] != "_"]
        return html_table(type(self).__name__, ("", ""), rows or [("", repr(self))])


def _fields(value: object) -> tuple[Any, ...]:
    of = type(value)
    return attrs.fields(of) if attrs.has(of) else ()


def _shown(value: object) -> Content:
    """Return a value as text; one of several items as a list."""
    if isinstance(value, Mapping):
        return _list([f"{key}: {each}" for key, each in value.items()])
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return _list([str(each) for each in value])
    return "–" if value is None else str(value)


def _list(items: list[str]) -> Content:
    return [element("div", each) for each in items] or "–"
