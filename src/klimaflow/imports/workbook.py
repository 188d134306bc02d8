"""The sheets of an Excel workbook (.xlsx); the only door to openpyxl.

Values only: a formula is what the spreadsheet program last made of it, and nothing is computed,
fetched or run. What an archive says it unpacks to is looked at before it is unpacked.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.styles import Font

from klimaflow.errors import CaseError
from klimaflow.imports.files import within
from klimaflow.imports.sheets import Sheet

__all__ = ["MOST_UNPACKED", "sheets_of", "written"]

MOST_UNPACKED = 16 * 1024 * 1024
"""No workbook unpacks to more bytes."""
WIDTH = 24


def sheets_of(content: bytes) -> list[Sheet]:
    """Return the sheets of a workbook; raise `CaseError` for what is none, or cannot be relied on.

    Cells that are merged, an error, or a formula without a stored value are named, each with why;
    so is what is hidden, which nobody saw who looked the workbook through.
    """
    _unpacks(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a workbook has besides cells
        try:
            found = [Sheet(name, rows) for name, rows in _values(content)]
            problems = [*_problems(content, found)]
        except CaseError:
            raise
        except Exception as error:  # openpyxl raises whatever a broken part makes it stumble on
            raise CaseError(
                [f"is not a workbook that can be read: {type(error).__name__}"]
            ) from None
    if problems:
        raise CaseError(problems)
    return found


def _unpacks(content: bytes) -> None:
    """Raise `CaseError` for what is no archive, or unpacks to more than is read here."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise CaseError(["is not an .xlsx workbook"]) from None
    if size > MOST_UNPACKED:
        most = MOST_UNPACKED // (1024 * 1024)
        raise CaseError([f"unpacks to more than {most} MiB: remove what is not part of the table"])


def _values(content: bytes) -> Iterator[tuple[str, tuple[tuple[Any, ...], ...]]]:
    book = openpyxl.load_workbook(
        BytesIO(content), read_only=True, data_only=True, keep_links=False
    )
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a sheet says of its size may be wrong
        try:
            rows = tuple(within([*map(_value, row)] for row in sheet.iter_rows()))
        except CaseError as error:
            raise CaseError([f"{sheet.title}: {problem}" for problem in error.problems]) from None
        yield sheet.title, rows


def _value(cell: Any) -> Any:
    """Return what a cell holds; a day without a time of day as a date, a blank text as nothing."""
    value = cell.value
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, datetime) and value.time() == time() and "h" not in cell.number_format:
        return value.date()
    return value


def _problems(content: bytes, found: list[Sheet]) -> Iterator[str]:
    book = openpyxl.load_workbook(BytesIO(content), keep_links=False)
    for sheet in found:
        full = book[sheet.name]
        yield from (f"{place}: is hidden: show it, or remove it" for place in _hidden(sheet, full))
        for merged in full.merged_cells.ranges:
            yield f"{sheet.name}!{merged.coord}: cells are merged: write the value in each of them"
        for row in full.iter_rows():
            for cell in row:
                if cell.data_type == "f" and _at(sheet, cell) is None:
                    yield f"{sheet.name}!{cell.coordinate}: {_NO_VALUE}"
                elif _at(sheet, cell) in _ERRORS:
                    yield f"{sheet.name}!{cell.coordinate}: is the error {_at(sheet, cell)}"


def _hidden(sheet: Sheet, full: Any) -> Iterator[str]:
    """Yield each sheet, row and column that is hidden and has something in it."""
    if full.sheet_state != "visible" and not sheet.blank:
        yield sheet.name
    held = {
        n: {i for i, cell in enumerate(row) if cell is not None} for n, row in enumerate(sheet.rows)
    }
    for number, row in full.row_dimensions.items():
        if row.hidden and held.get(number - 1):
            yield sheet.place(number - 1)
    columns = set().union(*held.values())
    for group in full.column_dimensions.values():
        if group.hidden and columns & {*range(group.min - 1, group.max)}:
            yield f"{sheet.name}!{group.range}"


_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
_NO_VALUE = "is a formula without a stored value: save it in a spreadsheet program, or type a value"


def _at(sheet: Sheet, cell: Any) -> Any:
    row = sheet.rows[cell.row - 1] if cell.row <= len(sheet.rows) else ()
    return row[cell.column - 1] if cell.column <= len(row) else None


def written(sheets: list[Sheet]) -> bytes:
    """Return a workbook with these sheets, their first rows in bold and staying in view."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for row in sheet.rows:
            page.append(row)
        for cell in page[1]:
            cell.font = Font(bold=True)
            page.column_dimensions[cell.column_letter].width = WIDTH
        page.freeze_panes = "A2"
    content = BytesIO()
    book.save(content)
    return content.getvalue()
