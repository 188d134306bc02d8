"""`klimaflow follow`, `klimaflow procedure` and `klimaflow diagram`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from klimaflow.cli.completion import completion, files, procedures
from klimaflow.cli.diff import diff
from klimaflow.cli.export import export
from klimaflow.cli.plan import new_procedure, plan
from klimaflow.cli.report import report
from klimaflow.cli.shared import (
    INTERRUPTED,
    REFUSED,
    SHIPPED,
    UNREADABLE,
    case_in,
    exit_with,
    in_json,
    in_language,
    procedure_of,
    text_in,
)
from klimaflow.cli.sheets import import_sheets
from klimaflow.cli.simulate import simulate
from klimaflow.cli.streams import complain, tolerate, write, write_json, write_page
from klimaflow.cli.test import test
from klimaflow.cli.verify import verify
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


class _Commands(click.Group):
    """The commands, of which one has two words: `procedure new`, beside `procedure [ID|FILE]`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:2] == ["procedure", "new"]:
            args = [" ".join(args[:2]), *args[2:]]
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="klimaflow", prog_name="klimaflow")
def klimaflow() -> None:
    """Take a climate proposal through its procedure, and say why not.

    Exit status: 0 all permitted, 1 at least one step refused, 2 the input cannot be read.
    """


@klimaflow.command(short_help="Take a case through the procedure and say why (not).")
@click.argument("case", metavar="CASE", shell_complete=files)
@in_json
@in_language
def follow(case: str, as_json: bool, lang: str) -> None:
    """Take the steps of the case file CASE, and tell which are permitted and why others are not.

    A refused step changes nothing, and the case goes on with the next one.
    """
    course = Course.of(case_in(case))
    if as_json:
        write_json(course.to_dict(lang))
    else:
        write_page(course_page(course, lang))
    exit_with(0 if course.permitted else REFUSED)


@klimaflow.command(short_help="Show a procedure, and check its quotations.")
@click.argument("which", metavar="[ID|FILE]", default=SHIPPED, shell_complete=procedures)
@in_json
@click.option(
    "--source",
    metavar="TEXT",
    shell_complete=files,
    help="Check the quotations against this text file, and show what rests on each sentence.",
)
@in_language
def procedure(which: str, as_json: bool, source: str | None, lang: str) -> None:
    """Show and check a procedure: a shipped one by its ID, or the policy file FILE.

    Without ID or FILE it is klimaalliancen-2024.

    With --source the exit status is 1 if a quotation is not in the text, or if a sentence of it
    is neither encoded nor listed as left out.
    """
    stated = procedure_of(which)
    if source is not None:
        _hold_against(source, stated, as_json=as_json, lang=lang)
    elif as_json:
        write_json(procedure_dict(stated))
    else:
        write_page(procedure_page(stated, lang))


def _hold_against(source: str, stated: Procedure, *, as_json: bool, lang: str) -> None:
    """Check a procedure against the text in the file `source`."""
    result = check(stated, text_in(source))
    if as_json:
        write_json({"procedure": stated.id, "sha256": stated.sha256, **result.to_dict()})
    else:
        write_page(check_page(result, lang))
    exit_with(0 if result.passed else REFUSED)


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


klimaflow.add_command(test)


klimaflow.add_command(plan)
klimaflow.add_command(new_procedure)
klimaflow.add_command(report)
klimaflow.add_command(verify)
klimaflow.add_command(diff)
klimaflow.add_command(simulate)
klimaflow.add_command(export)
klimaflow.add_command(import_sheets)
klimaflow.add_command(completion)


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
