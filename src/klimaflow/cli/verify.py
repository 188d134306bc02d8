"""`klimaflow verify`: whether a procedure can do what it must not, or cannot do what it must."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click

from klimaflow.cli.completion import procedures
from klimaflow.cli.files import refuse_taken, write_folder
from klimaflow.cli.shared import (
    REFUSED,
    SHIPPED,
    Unreadable,
    exit_with,
    in_json,
    in_language,
    needing,
    procedure_of,
)
from klimaflow.cli.streams import write_json, write_page
from klimaflow.phrases import label, number
from klimaflow.policy import shipped
from klimaflow.procedure import Procedure
from klimaflow.report.page import CROSS, TICK, Line, Page, Span
from klimaflow.verify import Proof, Verified
from klimaflow.verify import verify as verified

__all__ = ["case_writer", "enough_funders", "named", "progress_shown", "verify"]

EVERY = 0.2
"""The seconds between two signs of progress."""


@click.command(short_help="Prove that a procedure does what it must, and no more.")
@click.argument("which", metavar="[ID|FILE]", default=SHIPPED, shell_complete=procedures)
@click.option(
    "--funders",
    type=click.IntRange(1, 50),
    help="How many of the funders take part.  [default: 2, or the only one]",
)
@click.option(
    "--cases",
    metavar="FOLDER",
    help="Write a case file for each property that is broken, or shown by a case, to this folder.",
)
@in_json
@in_language
def verify(which: str, funders: int | None, cases: str | None, as_json: bool, lang: str) -> None:
    """Explore everything that can happen under a procedure, and prove each property of it.

    The procedure is a shipped one by its ID, or the policy file FILE. A broken property comes with
    the shortest case that shows it, as a case file.

    Exit status: 1 if a property does not hold.
    """
    procedure = procedure_of(which)
    taking_part = enough_funders(which, procedure, funders)
    case_writer()  # what is missing is told before the long way, not after it
    if cases is not None:
        refuse_taken(Path(cases))
    with progress_shown(label("verify", "exploring", lang), lang) as progress:
        found = verified(procedure, taking_part, progress)
    if cases is not None:
        _write_cases(found, which, Path(cases), lang)
    if as_json:
        write_json(_dict(found, which, lang))
    else:
        write_page(_page(found, which, lang))
    exit_with(0 if found.holds else REFUSED)


def enough_funders(which: str, procedure: Procedure, funders: int | None) -> int:
    """Return how many funders take part: two unless it is said, or the only one."""
    most = len(procedure.funders)
    if not most:
        raise Unreadable(which, ["has no funders, and so nothing that could be granted"])
    if funders is not None and funders > most:
        raise Unreadable(which, [f"--funders {funders}: the procedure has {most}"])
    return min(most, 2) if funders is None else funders


@contextmanager
def progress_shown(form: str, lang: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function that shows how far an exploration is, if standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    last = monotonic()

    def show(done: int, found: int) -> None:
        nonlocal last
        if monotonic() - last >= EVERY:
            last = monotonic()
            counts = (number(each, lang) for each in (done, found))
            click.echo(f"\r{form.format(*counts)}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo("\r\033[K", err=True, nl=False)


def named(which: str) -> str:
    """Return how a case file beside the policy file names the procedure."""
    return which if which in shipped() else Path(which).name


def case_writer() -> Any:
    """Return the module that writes cases; raise `Unreadable` if its extra is not there."""
    return needing("klimaflow.verify.cases", "verify", "tomlkit")


def _case(proof: Proof, which: str, remarks: Sequence[str] = ()) -> str:
    assert proof.step is not None, "only of what a case shows"
    text: str = case_writer().case_text(
        proof.id.replace(":", "-"),
        named(which),
        proof.commands,
        committed=proof.step.offer.committed,
        remarks=remarks,
    )
    return text


def _write_cases(found: Verified, which: str, folder: Path, lang: str) -> None:
    """Write the cases, and beside them the policy file that they name, to a new folder."""
    files: dict[str, bytes] = {}
    for proof in found.proofs:
        if proof.step is not None:
            remarks = [each for each in (proof.statement(lang), proof.finding(lang)) if each]
            files[f"{proof.id.replace(':', '-')}.case.toml"] = _case(proof, which, remarks).encode()
    write_folder(folder, files, {named(which): which})


def _dict(found: Verified, which: str, lang: str) -> dict[str, Any]:
    result = found.to_dict(lang)
    for shown, proof in zip(result["properties"], found.proofs, strict=True):
        shown["case"] = None if proof.step is None else _case(proof, which)
    return result


def _page(found: Verified, which: str, lang: str) -> Page:
    page = [Line([Span(found.procedure.title, "title")]), Line()]
    for proof in found.proofs:
        page += _proof(proof, which, lang)
    summary = Span(found.summary(lang), "good" if found.holds else "bad")
    return [*page, Line(), Line([summary])]


def _proof(proof: Proof, which: str, lang: str) -> Iterator[Line]:
    mark = TICK if proof.holds else CROSS
    yield Line([Span(proof.id, "phase"), f": {proof.statement(lang)}"], 4, [Span("  "), mark])
    if finding := proof.finding(lang):
        yield Line([Span(finding, "dim" if proof.holds else "bad")], 6)
    if not proof.holds:
        if proof.source.quote:
            quoted = label("formats", "quoted", lang).format(proof.source.quote)
            yield Line([Span(f"{quoted} ({proof.source.section})", "dim")], 6)
        if proof.step is not None:
            yield Line()
            for line in _case(proof, which).splitlines():
                yield Line([line], 8)
            yield Line()
