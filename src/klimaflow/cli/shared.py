"""What the commands share: how they fail, end, and read what they are given."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

import click

from klimaflow.case import Case, load_case
from klimaflow.cli.streams import complain
from klimaflow.errors import CaseError, PolicyError
from klimaflow.phrases import LANGUAGES
from klimaflow.policy import load_procedure, read_bytes, unreadable
from klimaflow.procedure import Procedure

__all__ = [
    "INTERRUPTED",
    "REFUSED",
    "SHIPPED",
    "UNREADABLE",
    "Unreadable",
    "case_in",
    "exit_with",
    "in_json",
    "in_language",
    "needing",
    "overwriting",
    "procedure_of",
    "text_in",
]

SHIPPED = "klimaalliancen-2024"
REFUSED, UNREADABLE, INTERRUPTED = 1, 2, 130

in_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of text."
)
in_language = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language."
)
overwriting = click.option(
    "--overwrite", is_flag=True, help="Replace the file if it is there already."
)


class Unreadable(click.ClickException):
    """The input cannot be read: `problems` holds one line for each mistake."""

    exit_code = UNREADABLE

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        named = f"{name!r} "  # a problem with the file as a whole names it too
        self.problems = [
            f"{name or named.strip()}: {problem.removeprefix(named)}" for problem in problems
        ]
        super().__init__("\n".join(self.problems))

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the problems on standard error."""
        complain(self.problems)


def exit_with(status: int) -> NoReturn:
    """End the command with this status."""
    click.get_current_context().exit(status)


def needing(module: str, extra: str, *packages: str) -> Any:
    """Return a module that needs an extra; raise `Unreadable` if a package of it is not there."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in packages:
            raise
        problem = f"the command needs {missing}: pip install 'klimaflow[{extra}]'"
        raise Unreadable("klimaflow", [problem]) from None


def case_in(name: str) -> Case:
    """Return the case in a file; raise `Unreadable` if it is none."""
    try:
        return load_case(name)
    except CaseError as error:
        raise Unreadable(name, error.problems) from None


def procedure_of(which: str) -> Procedure:
    """Return a procedure by its id or from its file; raise `Unreadable` if it is none."""
    try:
        return load_procedure(which)
    except PolicyError as error:
        raise Unreadable(which, error.problems) from None


def text_in(name: str) -> str:
    """Return the text of a file; raise `Unreadable` if it is none."""
    try:
        return read_bytes(Path(name)).decode("utf-8-sig")
    except UnicodeError:
        raise Unreadable(name, ["is not UTF-8 text"]) from None
    except (OSError, ValueError) as error:
        lines = error.lines() if hasattr(error, "lines") else [unreadable(name, error)]
        raise Unreadable(name, lines) from None
