"""`klimaflow report`: a case, or many, as one HTML page. It needs no extra beside `cli`.

Graphviz draws the lifecycle into it, where the extra `report` is installed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from klimaflow.cli.cases import case_files, courses_of, refuse
from klimaflow.cli.completion import files
from klimaflow.cli.files import write_file
from klimaflow.cli.plan import as_moment
from klimaflow.cli.shared import Unreadable, in_language, overwriting
from klimaflow.moments import Moment, shown
from klimaflow.pages import case_page, portfolio_page
from klimaflow.report import Course

__all__ = ["report"]


@click.command(short_help="Write a case, or many, to a page that can be read and printed.")
@click.argument("cases", metavar="CASE...", nargs=-1, required=True, shell_complete=files)
@click.option(
    "--html",
    metavar="FILE",
    required=True,
    shell_complete=files,
    help="Write the page to this file.",
)
@overwriting
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
    found = [*case_files(cases)]
    courses = courses_of(found)
    _refuse_early(found, courses, at)
    alone = len(cases) == 1 and not os.path.isdir(cases[0])
    page = case_page(courses[0], at, lang) if alone else portfolio_page(courses, at, lang)
    write_file(html, page.encode(), overwrite=overwrite)


def _refuse_early(names: Sequence[str], courses: Sequence[Course], at: Moment) -> None:
    """Raise `Unreadable` for each case with a step that was received after `at`."""
    problems = []
    for name, course in zip(dict.fromkeys(names), courses, strict=True):
        if course.latest is not None and course.latest > at:
            last = shown(course.latest, course.procedure.zone)
            problem = f"its last step was received {last}: say a later moment with --at"
            problems += Unreadable(name, [problem]).problems
    refuse(problems)
