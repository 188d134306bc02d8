"""`klimaflow report`: a case, or many, as one HTML page. It needs no extra beside `cli`.

Graphviz draws the lifecycle into it, where the extra `report` is installed.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from klimaflow.case import load_case
from klimaflow.cli.files import write_new
from klimaflow.cli.plan import as_moment
from klimaflow.cli.shared import Unreadable, in_language
from klimaflow.cli.streams import write_whole
from klimaflow.errors import CaseError
from klimaflow.moments import Moment, shown
from klimaflow.pages import case_page, portfolio_page
from klimaflow.policy import read_bytes
from klimaflow.report import Course

__all__ = ["report"]


@click.command(short_help="Write a case, or many, to a page that can be read and printed.")
@click.argument("cases", metavar="CASE...", nargs=-1, required=True)
@click.option("--html", metavar="FILE", required=True, help="Write the page to this file.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there already.")
@click.option(
    "--at",
    callback=as_moment,
    metavar="MOMENT",
    help='Plan from this moment, "YYYY-MM-DD HH:MM" in Danish time; by default from now.',
)
@in_language
def report(cases: Sequence[str], html: str, overwrite: bool, at: Moment, lang: str) -> None:
    """Write where the case file CASE stands, what is missing and who must act, its course,
    every answer with its reasons, the consents and the money, to one HTML file.

    Of several cases, or of a folder with case files, it writes a board by phase, the next
    deadlines and the funds.
    """
    found = [*_files(cases)]
    courses = _courses(found)
    _refuse_early(found, courses, at)
    alone = len(cases) == 1 and not os.path.isdir(cases[0])
    page = case_page(courses[0], at, lang) if alone else portfolio_page(courses, at, lang)
    _write(html, page, overwrite=overwrite)


def _files(cases: Sequence[str]) -> Iterator[str]:
    """Yield each file that is named, and each case file of a folder; raise `Unreadable`."""
    for name in cases:
        if not os.path.isdir(name):
            yield name
            continue
        try:
            held = [path for path in sorted(Path(name).glob("*.toml")) if _is_case(path)]
        except OSError as error:
            raise Unreadable(name, [f"cannot be read: {error.strerror}"]) from None
        if not held:
            raise Unreadable(name, ["has no case files: *.toml with a `case` in it"])
        yield from map(str, held)


def _is_case(path: Path) -> bool:
    """Tell whether a file is meant as a case; one that cannot be read may be, and is told of."""
    if path.name.endswith(".story.toml"):
        return False
    try:
        return "case" in tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return True


def _courses(names: Sequence[str]) -> list[Course]:
    """Return the course of each case; raise `Unreadable` with the problems of all of them."""
    courses: list[Course] = []
    problems: list[str] = []
    for name in dict.fromkeys(names):
        try:
            courses.append(Course.of(load_case(name)))
        except CaseError as error:
            problems += Unreadable(name, error.problems).problems
    _refuse(problems)
    return courses


def _refuse_early(names: Sequence[str], courses: Sequence[Course], at: Moment) -> None:
    """Raise `Unreadable` for each case with a step that was received after `at`."""
    problems = []
    for name, course in zip(dict.fromkeys(names), courses, strict=True):
        if course.latest is not None and course.latest > at:
            last = shown(course.latest, course.procedure.zone)
            problem = f"its last step was received {last}: say a later moment with --at"
            problems += Unreadable(name, [problem]).problems
    _refuse(problems)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        error = Unreadable("klimaflow", [])
        error.problems = [*problems]
        raise error


def _write(name: str, page: str, *, overwrite: bool) -> None:
    if not overwrite:
        write_new(name, page.encode())
        return
    try:
        write_whole(name, page)
    except (OSError, ValueError) as error:
        raise Unreadable(name, [f"cannot be written: {error}"]) from None
