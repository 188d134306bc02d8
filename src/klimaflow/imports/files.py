"""Sheets from files that nobody vouches for: a workbook, a CSV file, a folder of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from klimaflow.errors import CaseError
from klimaflow.fields import Unreadable
from klimaflow.imports.sheets import Sheet
from klimaflow.phrases import label
from klimaflow.policy import refuse_no_file, unreadable

__all__ = ["MOST_BYTES", "MOST_COLUMNS", "MOST_ROWS", "sheets_in", "within"]

MOST_BYTES = 2 * 1024 * 1024
"""No file that is read here is larger."""
MOST_ROWS = 5_000
MOST_COLUMNS = 100
"""No sheet goes beyond."""
SEPARATORS = ";,\t"


def sheets_in(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook, of a CSV file, or of the CSV files in a folder.

    A CSV file that is alone has the events. Raises `CaseError` for what is none of them.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        content = _content(path)
    except Unreadable as error:
        raise CaseError(error.lines()) from None
    except CaseError:
        raise
    except (OSError, ValueError) as error:
        raise CaseError([unreadable(path, error)]) from None
    if path.suffix.lower() == ".csv":
        return [Sheet(label("sheets", "events", "en"), _rows(content))]
    if path.suffix.lower() == ".xlsx":
        found: list[Sheet] = import_module("klimaflow.imports.workbook").sheets_of(content)
        return found
    raise CaseError(["is neither an .xlsx workbook, a .csv file, nor a folder of .csv files"])


def _of_folder(path: Path) -> list[Sheet]:
    files = sorted(each for each in path.iterdir() if each.suffix.lower() == ".csv")
    if not files:
        raise CaseError(["has no .csv files"])
    found = []
    for each in files:
        try:
            found.append(Sheet(each.stem, _rows(_content(each))))
        except CaseError as error:
            raise CaseError([f"{each.name}: {problem}" for problem in error.problems]) from None
    return found


def _content(path: Path) -> bytes:
    refuse_no_file(path)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise CaseError([f"is larger than {MOST_BYTES // 1024} KiB"])
    return content


def _rows(content: bytes) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of a CSV text, whose separator is the one that its headings have most of."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeError:
        raise CaseError(["is not UTF-8 text: save it as “CSV UTF-8”"]) from None
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return tuple(within([each if each.strip() else None for each in row] for row in reader))
    except csv.Error as error:
        raise CaseError([f"line {reader.line_num} is not CSV: {error}"]) from None


def within(rows: Iterable[list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows without the empty cells at their ends.

    Raises `CaseError` where there are more rows or columns than any table has.
    """
    for number, row in enumerate(rows):
        while row and row[-1] is None:
            row.pop()
        if number >= MOST_ROWS:
            raise CaseError([f"goes beyond row {MOST_ROWS}: remove the rows below the table"])
        if len(row) > MOST_COLUMNS:
            raise CaseError([f"goes beyond {MOST_COLUMNS} columns in row {number + 1}"])
        yield tuple(row)
