"""`klimaflow simulate`, which needs the extra `scenarios`.

What that extra brings is imported when it runs: the other commands do not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from klimaflow.cli.completion import files
from klimaflow.cli.files import draft_of
from klimaflow.cli.shared import (
    REFUSED,
    Unreadable,
    exit_with,
    in_json,
    in_language,
    needing,
)
from klimaflow.cli.streams import write_json, write_page
from klimaflow.errors import CaseError, FrameError
from klimaflow.report.page import Line, Span

__all__ = ["simulate"]

_EXTRA = ("SALib", "narwhals", "numpy", "polars", "pyarrow", "scipy", "tomlkit", "tqdm")


@click.command(short_help="Ask what comes of many scenarios.")
@click.argument("spec", metavar="SPEC", shell_complete=files)
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="Write a row for each scenario to this .parquet or .csv file, which is not there yet.",
)
@click.option(
    "--plot",
    metavar="FILE",
    shell_complete=files,
    help="Draw how far they come to this .svg or .png file, which is not there yet.",
)
@click.option("--overwrite", is_flag=True, help="Write to these files even if they are there.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="Draw so many scenarios, whatever the file says.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Draw them with this seed, whatever the file says.",
)
@in_json
@in_language
def simulate(
    spec: str,
    out: str | None,
    plot: str | None,
    overwrite: bool,
    rows: int | None,
    seed: int | None,
    as_json: bool,
    lang: str,
) -> None:
    """Run the scenarios of the scenario file SPEC, and tell what comes of them.

    It draws them, or makes all combinations, takes each through the procedure, and tells how far
    they come, what stops them, when they start and who is waited for; if SPEC names a second
    procedure, also what the same scenarios come to under that.

    Exit status: 1 if not one of them starts.
    """
    asked = _spec(spec, rows, seed)
    try:
        with _picture_to(plot, overwrite) as draw, _rows_to(out, overwrite) as also:
            result = _result(asked, also)
            draw(result, lang)
    except FrameError as error:
        raise Unreadable(spec, error.problems) from None
    if as_json:
        write_json({"title": asked.title, **result.to_dict()})
    else:
        heading = [Line([Span(asked.title, "title")]), Line()] if asked.title else []
        write_page([*heading, *result.page(lang)])
    exit_with(0 if _starts(result) else REFUSED)


def _spec(name: str, rows: int | None, seed: int | None) -> Any:
    """Return what a scenario file asks; raise `Unreadable` if it is none."""
    try:
        return needing("klimaflow.scenarios.specs", "scenarios", *_EXTRA).load_spec(
            name, rows, seed
        )
    except CaseError as error:
        raise Unreadable(name, error.problems) from None


def _result(asked: Any, also: Callable[[Any], object]) -> Any:
    """Return the `Outcomes` of the scenarios, or what is `Paired` of them under two procedures."""
    scenarios = needing("klimaflow.scenarios", "scenarios", *_EXTRA)
    if asked.against is None:
        return scenarios.outcomes(asked.scenarios, also=also)
    return scenarios.paired(asked.scenarios, asked.scenarios.under(asked.against), also=also)


def _starts(result: Any) -> bool:
    """Tell whether one scenario starts, under one procedure at least."""
    sides = [result.before, result.after] if hasattr(result, "before") else [result]
    return any(each.started.count for each in sides)


@contextmanager
def _rows_to(out: str | None, overwrite: bool) -> Iterator[Callable[[Any], object]]:
    """Give what writes the rows of each batch to a file, if there is to be one."""
    if out is None:
        yield lambda _: None
        return
    writers = needing("klimaflow.scenarios.writing", "scenarios", *_EXTRA).WRITERS
    write = writers.get(Path(out).suffix.lower())
    if write is None:
        raise Unreadable(out, [f"is no file of rows: its name ends in {' or '.join(writers)}"])
    _refuse_taken(out, overwrite)
    with draft_of(out, replacing=overwrite) as draft, write(draft) as also:
        yield also


@contextmanager
def _picture_to(plot: str | None, overwrite: bool) -> Iterator[Callable[[Any, str], object]]:
    """Give what draws a result to a file, if there is to be one."""
    if plot is None:
        yield lambda _result, _lang: None
        return
    plots = needing("klimaflow.plots", "plots", "altair", "narwhals", "vl_convert")
    suffix = Path(plot).suffix.lower()
    if suffix not in plots.SUFFIXES:
        ends = " or ".join(plots.SUFFIXES)
        raise Unreadable(plot, [f"is no file of a picture: its name ends in {ends}"])
    _refuse_taken(plot, overwrite)
    with draft_of(plot, replacing=overwrite) as draft:
        yield lambda result, lang: draft.write_bytes(_drawn(plots, result, lang).to_bytes(suffix))


def _drawn(plots: Any, result: Any, lang: str) -> Any:
    """Return the picture of `Outcomes`, or of what is `Paired`, each under its procedure's id."""
    if not hasattr(result, "before"):
        return plots.funnel(_ends(result), lang=lang)
    sides = [result.before, result.after]
    ids = [each.procedure.id for each in sides]
    editions = [f"{each.procedure.id}, {each.procedure.sha256[:8]}" for each in sides]
    names = ids if len(set(ids)) == len(ids) else editions
    ends = {name: _ends(each) for name, each in zip(names, sides, strict=True)}
    return plots.before_and_after(ends, lang=lang)


def _ends(outcomes: Any) -> dict[str, int]:
    return {phase: share.count for phase, share in outcomes.reached.items()}


def _refuse_taken(name: str, overwrite: bool) -> None:
    if Path(name).exists() and not overwrite:
        raise Unreadable(name, ["is there already: choose another name, or say --overwrite"])
