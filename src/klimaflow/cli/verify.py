"""`klimaflow verify`: whether a procedure can do what it must not, or cannot do what it must."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click

from klimaflow.cli.files import write_new
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
from klimaflow.phrases import label
from klimaflow.policy import shipped
from klimaflow.report.page import CROSS, TICK, Line, Page, Span
from klimaflow.verify import Proof, Verified
from klimaflow.verify import verify as verified

__all__ = ["named", "progress_shown", "verify"]

EVERY = 0.2
"""The seconds between two signs of progress."""


@click.command(short_help="Prove that a procedure does what it must, and no more.")
@click.argument("which", metavar="[ID|FILE]", default=SHIPPED)
@click.option(
    "--funders",
    type=click.IntRange(1, 50),
    default=2,
    show_default=True,
    help="How many of the funders take part.",
)
@click.option(
    "--cases",
    metavar="FOLDER",
    help="Write a case file for each property that is broken, or shown by a case, to this folder.",
)
@in_json
@in_language
def verify(which: str, funders: int, cases: str | None, as_json: bool, lang: str) -> None:
    """Explore everything that can happen under a procedure, and prove each property of it.

    The procedure is a shipped one by its ID, or the policy file FILE. A broken property comes with
    the shortest case that shows it, as a case file.

    Exit status: 1 if a property does not hold.
    """
    procedure = procedure_of(which)
    with progress_shown(label("verify", "exploring", lang)) as progress:
        try:
            found = verified(procedure, funders, progress)
        except ValueError as error:
            raise Unreadable(which, [str(error)]) from None
    if cases is not None:
        _write_cases(found, which, Path(cases), lang)
    if as_json:
        write_json(_dict(found, which, lang))
    else:
        write_page(_page(found, which, lang))
    exit_with(0 if found.holds else REFUSED)


@contextmanager
def progress_shown(form: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function that shows how far an exploration is, if standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    last = monotonic()

    def show(done: int, found: int) -> None:
        nonlocal last
        if monotonic() - last >= EVERY:
            last = monotonic()
            click.echo(f"\r{form.format(done, found)}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo("\r\033[K", err=True, nl=False)


def named(which: str) -> str:
    """Return how a case file beside the policy file names the procedure."""
    return which if which in shipped() else Path(which).name


def _case(proof: Proof, which: str, remarks: Sequence[str] = ()) -> str:
    assert proof.step is not None, "only of what a case shows"
    text: str = needing("klimaflow.verify.cases", "verify", "tomlkit").case_text(
        proof.id.replace(":", "-"),
        named(which),
        proof.commands,
        committed=proof.step.offer.committed,
        remarks=remarks,
    )
    return text


def _write_cases(found: Verified, which: str, folder: Path, lang: str) -> None:
    """Write the cases, and beside them the policy file that they name, to a new folder."""
    try:
        folder.mkdir()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Unreadable(str(folder), [f"cannot be made: {why}"]) from None
    if which not in shipped():
        write_new(str(folder / Path(which).name), Path(which).read_bytes())
    for proof in found.proofs:
        if proof.step is not None:
            name = f"{proof.id.replace(':', '-')}.toml"
            remarks = [each for each in (proof.statement(lang), proof.finding(lang)) if each]
            write_new(str(folder / name), _case(proof, which, remarks).encode())


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
