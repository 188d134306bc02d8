"""`klimaflow follow`, `klimaflow procedure` and `klimaflow diagram`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from klimaflow.case import load_case
from klimaflow.cli.streams import complain, tolerate, write, write_json, write_page
from klimaflow.errors import CaseError, PolicyError
from klimaflow.phrases import LANGUAGES
from klimaflow.policy import load_procedure, read_bytes
from klimaflow.procedure import Procedure
from klimaflow.report import (
    Course,
    check,
    check_page,
    course_page,
    procedure_dict,
    procedure_page,
)
from klimaflow.report.diagram import FORMATS

__all__ = ["klimaflow", "run"]

SHIPPED = "klimaalliancen-2024"
REFUSED, UNREADABLE, INTERRUPTED = 1, 2, 130

in_language = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language."
)


class Unreadable(click.ClickException):
    """The input cannot be read: `problems` holds one line for each mistake."""

    exit_code = UNREADABLE

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        named = f"{name!r} "  # a problem with the file as a whole names it too
        self.problems = [f"{name}: {problem.removeprefix(named)}" for problem in problems]
        super().__init__("\n".join(self.problems))

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the problems on standard error."""
        complain(self.problems)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="klimaflow", prog_name="klimaflow")
def klimaflow() -> None:
    """Take a climate proposal through its procedure, and say why not.

    Exit status: 0 all permitted, 1 at least one step refused, 2 the input cannot be read.
    """


@klimaflow.command(short_help="Take a case through the procedure and say why (not).")
@click.argument("case", metavar="CASE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@in_language
def follow(case: str, as_json: bool, lang: str) -> None:
    """Take the steps of the case file CASE, and tell which are permitted and why others are not.

    A refused step changes nothing, and the case goes on with the next one.
    """
    try:
        course = Course.of(load_case(case))
    except CaseError as error:
        raise Unreadable(case, error.problems) from None
    if as_json:
        write_json(course.to_dict(lang))
    else:
        write_page(course_page(course, lang))
    _exit(0 if course.permitted else REFUSED)


@klimaflow.command(short_help="Show a procedure, and check its quotations.")
@click.argument("which", metavar="[ID|FILE]", default=SHIPPED)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option(
    "--source",
    metavar="TEXT",
    help="Check the quotations against this text file, and show what rests on each sentence.",
)
@in_language
def procedure(which: str, as_json: bool, source: str | None, lang: str) -> None:
    """Show and check a procedure: a shipped one by its ID, or the policy file FILE.

    Without ID or FILE it is klimaalliancen-2024.

    With --source the exit status is 1 if a quotation is not in the text, or if a sentence of it
    is neither encoded nor listed as left out.
    """
    try:
        stated = load_procedure(which)
    except PolicyError as error:
        raise Unreadable(which, error.problems) from None
    if source is not None:
        _hold_against(source, stated, as_json=as_json, lang=lang)
    elif as_json:
        write_json(procedure_dict(stated))
    else:
        write_page(procedure_page(stated, lang))


def _hold_against(source: str, stated: Procedure, *, as_json: bool, lang: str) -> None:
    """Check a procedure against the text in the file `source`."""
    result = check(stated, _text(source))
    if as_json:
        write_json({"procedure": stated.id, "sha256": stated.sha256, **result.to_dict()})
    else:
        write_page(check_page(result, lang))
    _exit(0 if result.passed else REFUSED)


def _exit(status: int) -> None:
    click.get_current_context().exit(status)


def _text(name: str) -> str:
    """Return the text of a file; raise `Unreadable` if it is none."""
    try:
        return read_bytes(Path(name)).decode("utf-8-sig")
    except UnicodeError:
        raise Unreadable(name, ["is not UTF-8 text"]) from None
    except (OSError, ValueError) as error:
        lines = error.lines() if hasattr(error, "lines") else [f"cannot be read: {error}"]
        raise Unreadable(name, lines) from None


@klimaflow.command(short_help="Print the lifecycle as a picture.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS)),
    default="mermaid",
    show_default=True,
    help="Language of the picture.",
)
@in_language
def diagram(kind: str, lang: str) -> None:
    """Print the lifecycle as a picture, in Mermaid or in Graphviz's DOT."""
    write(FORMATS[kind](lang))


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit status; nothing is raised."""
    tolerate(sys.stdout, sys.stderr)
    try:
        return int(klimaflow.main(list(args), "klimaflow", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:  # of standard output: what is read reports for itself
        complain([f"klimaflow: cannot write: {error.strerror}"])
        return UNREADABLE
    except Exception as error:  # a mistake of ours, and still no traceback for those who use it
        if sys.flags.dev_mode:
            raise
        complain([f"klimaflow failed: {type(error).__name__}: {error}"])
        return UNREADABLE
