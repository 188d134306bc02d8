"""`klimaflow plan` and `klimaflow procedure new`, which need the extra `plan`.

What that extra brings is imported when one of them runs: the other commands do not need it, and
it would double the time that they take to begin.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from klimaflow.cli.completion import files, procedures
from klimaflow.cli.files import write_new
from klimaflow.cli.shared import (
    REFUSED,
    SHIPPED,
    Unreadable,
    case_in,
    exit_with,
    in_json,
    in_language,
    needing,
    procedure_of,
)
from klimaflow.cli.streams import write, write_json, write_page
from klimaflow.errors import CaseError, MomentError, PolicyError
from klimaflow.history import History
from klimaflow.moments import Moment, moment
from klimaflow.planning import Plan
from klimaflow.planning import plan as planned
from klimaflow.report import Course

__all__ = ["as_moment", "new_procedure", "plan"]

EXTRA = ("holidays", "icalendar", "tomlkit")


def _planning(module: str) -> Any:
    return needing(f"klimaflow.planning.{module}", "plan", *EXTRA)


def as_moment(_context: click.Context, _option: click.Parameter, value: str | None) -> Moment:
    """Read an option as a moment; if none is given, it is now, to the second that has begun."""
    try:
        now = datetime.now(UTC).replace(microsecond=0)
        return moment(now if value is None else value)
    except MomentError as error:
        raise click.BadParameter(str(error)) from None


@click.command(short_help="Say what has still to happen, by whom and by when.")
@click.argument("case", metavar="[CASE]", required=False, shell_complete=files)
@click.option(
    "--procedure",
    "which",
    metavar="ID|FILE",
    shell_complete=procedures,
    help=f"Plan from nothing under this procedure, without a CASE; by default {SHIPPED}.",
)
@click.option(
    "--round",
    "round_id",
    metavar="ROUND",
    help="Plan for this round; by default the proposal's own or the next that is not lost.",
)
@click.option(
    "--at",
    callback=as_moment,
    metavar="MOMENT",
    help='Look ahead from this moment, "YYYY-MM-DD HH:MM" in Danish time; by default from now.',
)
@click.option(
    "--ics",
    metavar="FILE",
    shell_complete=files,
    help="Write the moments as iCalendar too, to a file not there yet.",
)
@in_json
@in_language
def plan(
    case: str | None,
    which: str | None,
    round_id: str | None,
    at: Moment,
    ics: str | None,
    as_json: bool,
    lang: str,
) -> None:
    """Say what has still to happen until the track starts, who must act, and by when.

    It begins where the case file CASE stands at that moment, or from nothing under a procedure,
    and counts backwards from the committee's meeting in the round.

    Exit status: 1 if the round is lost, or if something stands in the way that no step mends.
    """
    found, name = _plan(case, which, round_id, at)
    page = _planning("page")
    if ics is not None:
        write_new(ics, _planning("calendar").calendar(found, lang, name))
    if as_json:
        write_json(page.plan_dict(found, lang, name))
    else:
        write_page(page.plan_page(found, lang, name))
    exit_with(0 if found.permitted else REFUSED)


def _plan(
    case: str | None, which: str | None, round_id: str | None, at: Moment
) -> tuple[Plan, str | None]:
    """Return the plan, and the name of the case if there is one."""
    if case is not None and which is not None:
        raise click.UsageError("A CASE names its procedure itself: leave out --procedure.")
    try:
        if case is None:
            return planned(
                History(procedure_of(SHIPPED if which is None else which)), at, round_id
            ), None
        course = Course.of(case_in(case))
        return planned(course.history, at, round_id, course.committed), course.name
    except CaseError as error:
        raise Unreadable(case or which or SHIPPED, error.problems) from None


@click.command("procedure new", short_help="Write a policy file for the next half-year to fill in.")
@click.option(
    "--from",
    "which",
    metavar="ID|FILE",
    shell_complete=procedures,
    required=True,
    help="Begin with the text of this procedure.",
)
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="Write to this file, which is not there yet.",
)
def new_procedure(which: str, out: str | None) -> None:
    """Write a policy file for the half-year after the last round of another one.

    The text and the comments of that file stay, but for its rounds: there is one, without dates.
    `klimaflow procedure FILE` names each date that is still to be filled in.
    """
    try:
        text: str = _planning("skeleton").skeleton(which)
    except PolicyError as error:
        raise Unreadable(which, error.problems) from None
    if out is None:
        write(text)
    else:
        write_new(out, text.encode())
