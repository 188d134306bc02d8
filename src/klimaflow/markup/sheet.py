"""A value as a sheet of its fields, for values that have no picture of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from klimaflow.markup.elements import Content, element
from klimaflow.markup.tables import html_table

__all__ = ["Sheet"]


class Sheet:
    """Shows the fields of an attrs class in a notebook, by their names; for others its `repr`."""

    __slots__ = ()

    def _repr_html_(self) -> str:
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
