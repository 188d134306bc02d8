"""`klimaflow export`: a procedure, or cases, in a form that other programs read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from klimaflow.cli.cases import case_files, courses_of, is_case
from klimaflow.cli.completion import files, procedures
from klimaflow.cli.files import write_file
from klimaflow.cli.shared import (
    SHIPPED,
    Unreadable,
    case_in,
    in_language,
    needing,
    overwriting,
    procedure_of,
)
from klimaflow.cli.streams import write
from klimaflow.errors import NotDrawn
from klimaflow.exports import FORMATS, SCHEMAS, Format, Of
from klimaflow.policy import shipped
from klimaflow.procedure import Procedure
from klimaflow.report import Course

__all__ = ["export"]


def _rows() -> str:
    wide = max(map(len, FORMATS)) + 2
    return "\n".join(f"{name:{wide}}{form.about}" for name, form in FORMATS.items())


_HELP = f"""Write a procedure, or cases, in a form that other programs read, in UTF-8.

\b
{_rows()}

The procedure is a shipped one by its ID, by default {SHIPPED}, or the policy file FILE. CASE is a
case file, or a folder with case files.
"""


@click.command(short_help="Write a procedure, or cases, for other programs.", help=_HELP)
@click.argument("which", metavar="[ID|FILE|CASE]...", nargs=-1, shell_complete=procedures)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS)),
    default="mermaid",
    show_default=True,
    help="The form to write.",
)
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="Write to this file, not to standard output.",
)
@overwriting
@in_language
def export(which: Sequence[str], kind: str, out: str | None, overwrite: bool, lang: str) -> None:
    """Write a procedure, or cases, in one of `FORMATS`."""
    form = FORMATS[kind]
    make = getattr(needing(form.module, form.extra, *form.packages), form.function)
    try:
        text = make(_given(form, kind, which), lang)
    except NotDrawn as missing:
        raise Unreadable(
            "klimaflow", [f"{kind} is laid out by what is missing: {missing}"]
        ) from None
    if out is None:
        write(text)
    else:
        write_file(out, text.encode(), overwrite=overwrite)


def _given(form: Format, kind: str, which: Sequence[str]) -> Any:
    """Return what the form is made of; raise `Unreadable` for anything else."""
    if form.of is Of.CASES:
        if not which:
            raise click.UsageError(f"{kind} is written of cases: name one or more.")
        return courses_of([*case_files(which)])
    if len(which) > 1:
        raise click.UsageError(f"{kind} is written of one thing only: leave out {which[1]!r}.")
    if form.of is Of.SCHEMA:
        return _schema(*which)
    return _one(form, kind, *(which or [SHIPPED]))


def _schema(named: str | None = None) -> str | None:
    if named is not None and named not in SCHEMAS:
        raise Unreadable(named, [f"there is no such schema; there are {', '.join(SCHEMAS)}"])
    return named


def _one(form: Format, kind: str, which: str) -> Procedure | Course:
    """Return a procedure, or the course of a case where the form takes one."""
    if which in shipped() or not os.path.isfile(which) or not is_case(Path(which)):
        return procedure_of(which)
    if form.of is Of.PROCEDURE:
        raise Unreadable(which, [_no_case(kind)])
    return Course.of(case_in(which))


def _no_case(kind: str) -> str:
    way_out = "; klimaflow plan CASE --ics FILE writes its calendar" if kind == "ical" else ""
    return f"is a case, and {kind} is written of a procedure{way_out}"
