"""A sheet of cells, whatever file it comes from, and which columns it may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any, get_type_hints

import attrs
from attrs import field, frozen

from klimaflow.commands import COMMANDS
from klimaflow.errors import CaseError
from klimaflow.markup.sheet import Sheet as Shown
from klimaflow.parties import Participant
from klimaflow.phrases import LANGUAGES, label

__all__ = ["COLUMNS", "TYPES", "Sheet", "Table", "tables"]

LETTERS = 26


@frozen
class Sheet(Shown):
    """The cells of a sheet, row by row from the first on; an empty cell is None.

    A cell is a text, a number, a truth value, a date, or a date and time without a zone.
    """

    name: str
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return all(cell is None for row in self.rows for cell in row)

    def place(self, row: int, column: int | None = None) -> str:
        """Return how a spreadsheet names a cell, `Budget!C7`, or a row, `Budget!7`; from 0."""
        return f"{self.name}!{'' if column is None else _letters(column)}{row + 1}"


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, LETTERS)
        letters = chr(ord("A") + place) + letters
    return letters


def _types() -> Iterator[tuple[str, Any]]:
    for command in COMMANDS.values():
        hints = get_type_hints(command)
        yield from ((each.name, hints[each.name]) for each in attrs.fields(command))


TYPES: Mapping[str, Any] = {**dict(_types()), "do": str}
"""What a column of the events holds, by the name of the command's field; `do` is the command."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("at", "by", "do", *(each for each in TYPES if each not in ("at", "by", "do"))),
    "parties": tuple(each.name for each in attrs.fields(Participant)),
    "budget": ("funder", "amount"),
}
"""The columns of each sheet; `at`, `by` and `do` are those that every event has."""


@frozen
class Table(Shown):
    """A sheet whose first row has been read: which column of it holds what, from 0."""

    sheet: Sheet
    columns: Mapping[str, int]

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number of each row that is not blank, from 0, and what it holds by column."""
        for number, cells in enumerate(self.sheet.rows[1:], start=1):
            row = {n: cells[i] for n, i in self.columns.items() if i < len(cells)}
            if any(each is not None for each in row.values()):
                yield number, row

    def place(self, row: int, column: str) -> str:
        """Return the name of a cell, or that of its row if there is no such column."""
        return self.sheet.place(row, self.columns.get(column))


def tables(sheets: list[Sheet]) -> tuple[dict[str, Table], str]:
    """Return the tables by what they are, and the language of their headings.

    Raises `CaseError` with each sheet and each heading that says nothing that is known.
    """
    problems: list[str] = []
    found: dict[str, Table] = {}
    for sheet in (each for each in sheets if not each.blank):
        kind = _named(sheet.name, {each: _words("sheets", each) for each in COLUMNS})
        if kind is None or kind in found:
            problems.append(f"{sheet.name}: {_no_sheet(kind)}")
            continue
        columns = dict(_columns(sheet, kind, problems))
        found[kind] = Table(sheet, columns)
    if not problems and "events" not in found:
        problems.append(f"there is no sheet {' or '.join(_words('sheets', 'events')[1:])}")
    if problems:
        raise CaseError(problems)
    return found, _language([each.sheet for each in found.values()])


def _words(of: str, name: str) -> tuple[str, ...]:
    """Return what a sheet or a column may be called: its name here, its word in each language."""
    return tuple(dict.fromkeys((name, *(label(of, name, lang) for lang in LANGUAGES))))


def _named(said: object, words: Mapping[str, tuple[str, ...]]) -> str | None:
    plain = str(said).strip().casefold()
    return next((n for n, known in words.items() if plain in map(str.casefold, known)), None)


def _no_sheet(kind: str | None) -> str:
    names = ", ".join(" or ".join(_words("sheets", each)[1:]) for each in COLUMNS)
    stated = "is there already under another name" if kind else "is no sheet that is read here"
    return f"{stated}; those are {names}: rename or remove it"


def _columns(sheet: Sheet, kind: str, problems: list[str]) -> Iterator[tuple[str, int]]:
    words = {each: _words("columns", each) for each in COLUMNS[kind]}
    seen: set[str] = set()
    for number, (said, *cells) in enumerate(zip_longest(*sheet.rows)):
        name = None if said is None else _named(said, words)
        if name is not None and name not in seen:
            seen.add(name)
            yield name, number
        elif said is not None or any(each is not None for each in cells):
            problems.append(f"{sheet.place(0, number)}: {_no_column(said, name, words)}")


def _no_column(said: object, name: str | None, words: Mapping[str, tuple[str, ...]]) -> str:
    if said is None:
        return "a column with something in it has no heading"
    if name is not None:
        return f"{str(said)[:60]!r} stands twice"
    known = [each for some in words.values() for each in some[1:]]
    near = get_close_matches(str(said), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the headings are {', '.join(known)}"
    return f"{str(said)[:60]!r} is no heading; {hint}"


def _language(sheets: list[Sheet]) -> str:
    """Return the language of most headings."""
    said = {str(each).strip().casefold() for sheet in sheets for each in sheet.rows[0]}
    names = {name for some in COLUMNS.values() for name in some}
    words = {lang: {label("columns", n, lang).casefold() for n in names} for lang in LANGUAGES}
    return max(LANGUAGES, key=lambda lang: len(said & words[lang]))
