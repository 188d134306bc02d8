"""Courses as CSV (RFC 4180): what was asked and answered, and each finding, for a spreadsheet.

A spreadsheet may run a cell that begins like a formula, and may split a row at a separator that
the file does not mean. So every text is in quotes and on one line, and a `'` goes before what would
begin a formula there: `=`, `+`, `-` or `@`, at the beginning of a text or behind a comma, a
semicolon or a quotation mark. Numbers are plain.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from klimaflow.report.course import Course
from klimaflow.report.page import printable

__all__ = ["FINDINGS", "STEPS", "findings", "steps"]

STEPS = (
    *("case", "procedure", "number", "do", "at", "by", "permitted", "phase", "round"),
    *("refused_by", "remarks"),
)
"""The columns of `steps`: `phase` and `round` are those after the step."""

FINDINGS = (
    *("case", "procedure", "number", "do", "at", "rule", "holds", "strength", "because", "margin"),
    *("document", "section", "quote"),
)
"""The columns of `findings`."""

_FORMULA = re.compile(r"""(^|[,;"'])(\s*)(?=[=+\-@＝＋－＠])""")


def steps(courses: Iterable[Course], lang: str = "en") -> str:
    """Return a row for each step of each course, times as `follow --json` has them."""
    return _written(STEPS, (row for course in courses for row in _steps(course)))


def findings(courses: Iterable[Course], lang: str = "en") -> str:
    """Return a row for each finding of each step; `because` is in `lang`."""
    return _written(FINDINGS, (row for course in courses for row in _findings(course, lang)))


def _steps(course: Course) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(course.steps, start=1):
        said = step.to_dict()
        yield {
            **_place(course, number),
            **said,
            "by": str(step.decision.command.by),
            "round": step.history.proposal.round,
            "refused_by": " ".join(said["refused_by"]),
            "remarks": " ".join(said["remarks"]),
        }


def _findings(course: Course, lang: str) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(course.steps, start=1):
        said = step.to_dict(lang)
        for finding in said["findings"]:
            place = _place(course, number)
            yield {**place, "do": said["do"], "at": said["at"], **finding, **finding["source"]}


def _place(course: Course, number: int) -> dict[str, Any]:
    return {"case": course.name, "procedure": course.procedure.id, "number": number}


def _written(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula; nothing for None."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, int):
        return "" if value is None else value
    return _FORMULA.sub(r"\1\2'", printable(str(value)))
