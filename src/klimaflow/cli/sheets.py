"""`klimaflow import`, which needs the extra `sheets`."""

from __future__ import annotations

from pathlib import Path

import click

from klimaflow.cli.completion import files, procedures
from klimaflow.cli.files import write_file
from klimaflow.cli.shared import SHIPPED, Unreadable, in_language, needing, overwriting
from klimaflow.cli.streams import write
from klimaflow.errors import CaseError

__all__ = ["import_sheets"]

EXTRA = ("sheets", "openpyxl", "tomlkit")


@click.command("import", short_help="Make a case file of a spreadsheet.")
@click.argument("sheets", metavar="[FILE]", required=False, shell_complete=files)
@click.option(
    "--out",
    metavar="CASE",
    shell_complete=files,
    help="Write the case to this file, not to standard output.",
)
@click.option("--name", help="What the case is called; by default as the file.")
@click.option(
    "--procedure",
    metavar="ID|FILE",
    default=SHIPPED,
    shell_complete=procedures,
    show_default=True,
    help="Under which procedure it is; a FILE stands beside the case file, or below it.",
)
@click.option(
    "--template",
    metavar="FILE",
    shell_complete=files,
    help="Write an .xlsx workbook to begin with, and no case.",
)
@overwriting
@in_language
def import_sheets(
    sheets: str | None,
    out: str | None,
    name: str | None,
    procedure: str,
    template: str | None,
    overwrite: bool,
    lang: str,
) -> None:
    """Make a case file of the spreadsheet FILE.

    FILE is an .xlsx workbook, a folder of .csv files, or one .csv file with the events. Its sheets
    are Events, Parties and Budget (Hændelser, Parter, Budget), its headings English or Danish.
    What cannot be read is told by its cell.

    --lang is the language of the template.
    """
    if (sheets is None) is (template is None):
        raise click.UsageError("Name the spreadsheet FILE, or write one with --template FILE.")
    if template is not None:
        _write_template(template, lang, overwrite=overwrite)
        return
    if not sheets:
        raise Unreadable("", ["is no name of a file"])
    text = _case(sheets, name or Path(sheets).stem, procedure, Path(out or ".").parent)
    if out is None:
        write(text)
    else:
        write_file(out, text.encode(), overwrite=overwrite)


def _write_template(name: str, lang: str, *, overwrite: bool) -> None:
    if Path(name).suffix.lower() != ".xlsx":
        raise Unreadable(name, ["is no name of a workbook: it ends in .xlsx"])
    content = needing("klimaflow.imports.template", *EXTRA).template(lang)
    write_file(name, content, overwrite=overwrite)


def _case(sheets: str, name: str, procedure: str, folder: Path) -> str:
    imports = needing("klimaflow.imports", *EXTRA)
    needing("klimaflow.imports.workbook", *EXTRA)
    try:
        text: str = imports.case_text(sheets, name, procedure, folder=folder)
    except CaseError as error:
        raise Unreadable(sheets, error.problems) from None
    return text
