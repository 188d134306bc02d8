"""`klimaflow test`: whether stories go as they say, and what they have seen of their procedure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import click

from klimaflow.cli.completion import files, procedures
from klimaflow.cli.files import write_file
from klimaflow.cli.progress import counted
from klimaflow.cli.shared import (
    REFUSED,
    Unreadable,
    exit_with,
    in_json,
    in_language,
)
from klimaflow.cli.streams import write_json, write_page
from klimaflow.errors import CaseError
from klimaflow.phrases import label
from klimaflow.report.page import CROSS, Line
from klimaflow.testing.coverage import Coverage, coverage
from klimaflow.testing.files import StoryFile, stories_in
from klimaflow.testing.pages import (
    coverage_html,
    coverage_page,
    spelled,
    stories_page,
    told_dict,
)
from klimaflow.testing.stories import Story, Told

__all__ = ["test"]


def _a_number(_context: click.Context, _option: click.Parameter, given: float | None) -> Any:
    if given is not None and math.isnan(given):
        raise click.BadParameter("is not a number")
    return given


@click.command(short_help="Follow stories, and say what went otherwise.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, shell_complete=procedures)
@in_json
@click.option("--coverage", "show", is_flag=True, help="Show what the stories have not seen.")
@click.option(
    "--html", metavar="FILE", shell_complete=files, help="Write the coverage to this file, as HTML."
)
@click.option(
    "--fail-under",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    callback=_a_number,
    help="End with status 1 if the coverage of a procedure is less.",
)
@in_language
def test(
    paths: Sequence[str],
    as_json: bool,
    show: bool,
    html: str | None,
    fail_under: float | None,
    lang: str,
) -> None:
    """Follow the stories in each PATH, and tell which went otherwise than they say.

    PATH is a story file, a folder with files named *.story.toml, or the ID of a shipped procedure,
    whose own stories are followed.

    Exit status: 0 all went as told, 1 a story went otherwise or the coverage is too low, 2 a story
    cannot be read or there is none.
    """
    stories = [*_told(_found(paths))]
    covered = coverage(stories)
    low = [each for each in covered if fail_under is not None and each.percent < _exact(fail_under)]
    if html is not None:
        write_file(html, coverage_html(covered, lang).encode(), overwrite=True)
    if as_json:
        told = [told_dict(each, lang) for each in stories]
        write_json({"stories": told, "coverage": [each.to_dict() for each in covered]})
    else:
        page = [*stories_page(stories, lang)]
        page += [line for each in covered if show for line in (Line(), *coverage_page(each, lang))]
        write_page([*page, *(_too_little(each, fail_under, lang) for each in low)])
    exit_with(REFUSED if low or any(each.unlike for each in stories) else 0)


def _found(paths: Sequence[str]) -> list[StoryFile]:
    """Return the stories in all places, each once; raise `Unreadable` for a place without one."""
    found: dict[str, StoryFile] = {}
    unreadable: list[Unreadable] = []
    for path in paths:
        try:
            for each in stories_in(path):
                found.setdefault(each.identity, each)
        except CaseError as error:
            unreadable.append(Unreadable(path, error.problems))
    _refuse(unreadable)
    return [*found.values()]


def _refuse(unreadable: Sequence[Unreadable]) -> None:
    """Raise one `Unreadable` with the problems of all of these, if there are any."""
    for first in unreadable[:1]:
        first.problems = [line for each in unreadable for line in each.problems]
        raise first


def _told(found: Sequence[StoryFile]) -> Iterator[Told]:
    """Read all stories, and then follow them; raise `Unreadable` with the mistakes of all."""
    stories: list[tuple[str, Story]] = []
    unreadable: list[Unreadable] = []
    for each in found:
        try:
            stories.append((each.name, each.load()))
        except CaseError as error:
            unreadable.append(Unreadable(each.name, error.problems))
    _refuse(unreadable)
    yield from (Told.of(name, story) for name, story in counted(stories))


def _exact(percent: float) -> Fraction:
    """Return the number that was written: 99.9 is a little less as a float."""
    return Fraction(str(percent))


def _too_little(found: Coverage, percent: float | None, lang: str) -> Line:
    form = label("tested", "too_little", lang)
    asked = spelled(_exact(percent or 0), lang)
    return Line([CROSS, " ", form.format(found.procedure.id, spelled(found.percent, lang), asked)])
