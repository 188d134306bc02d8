"""`klimaflow diff`: what a new procedure changes against an old one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from klimaflow.cli.completion import files, procedures
from klimaflow.cli.files import refuse_taken, write_folder
from klimaflow.cli.shared import (
    REFUSED,
    case_in,
    exit_with,
    in_json,
    in_language,
    procedure_of,
)
from klimaflow.cli.streams import write_json, write_page
from klimaflow.cli.verify import case_writer, enough_funders, named, progress_shown
from klimaflow.phrases import label, listed, moment, number
from klimaflow.policy import shipped
from klimaflow.report.page import Line, Page, Span
from klimaflow.seen.decision import verdict
from klimaflow.verify import Difference, difference
from klimaflow.verify.difference import CaseImpact, Turned
from klimaflow.verify.entries import WORDS

__all__ = ["diff"]

STYLES = {"relaxed": "good", "tightened": "bad"}


@click.command(short_help="Say what a new procedure changes against an old one.")
@click.argument("old", metavar="OLD", shell_complete=procedures)
@click.argument("new", metavar="NEW", shell_complete=procedures)
@click.argument("cases", metavar="[CASE]...", nargs=-1, shell_complete=files)
@click.option(
    "--funders",
    type=click.IntRange(1, 50),
    help="How many of the funders take part in what is explored.  [default: 2, or the only one]",
)
@click.option(
    "--cases",
    "folder",
    metavar="FOLDER",
    help="Write a case file for each verdict that changes to this folder.",
)
@in_json
@in_language
def diff(
    old: str,
    new: str,
    cases: Sequence[str],
    funders: int | None,
    folder: str | None,
    as_json: bool,
    lang: str,
) -> None:
    """Say what the procedure NEW changes against OLD: each an ID or a policy file.

    First what differs in them, then every verdict that changes over all that can happen, each with
    the shortest case, and last what changes for each CASE.

    Exit status: 1 if a decision changes.
    """
    before, after = procedure_of(old), procedure_of(new)
    given = [case_in(each) for each in cases]
    counts = [enough_funders(name, each, funders) for name, each in ((old, before), (new, after))]
    case_writer()  # what is missing is told before the long way, not after it
    if folder is not None:
        refuse_taken(Path(folder))
    with progress_shown(label("diff", "exploring", lang), lang) as progress:
        found = difference(before, after, given, min(counts), progress)
    names = {id(before): old, id(after): new}
    if folder is not None:
        _write_cases(found, names, Path(folder), lang)
    if as_json:
        write_json(_dict(found, names, lang))
    else:
        write_page(_page(found, names, lang))
    exit_with(REFUSED if found.decides_otherwise else 0)


def _case(turned: Turned, procedure: str, remarks: Sequence[str] = ()) -> str:
    text: str = case_writer().case_text(
        f"{turned.do}-{turned.effect}",
        procedure,
        turned.commands,
        committed=turned.step.offer.committed,
        remarks=remarks,
    )
    return text


def _write_cases(found: Difference, names: dict[int, str], folder: Path, lang: str) -> None:
    """Write the cases to a new folder, and both policy files, as old.toml and new.toml."""
    sides = {id(found.old): "old.toml", id(found.new): "new.toml"}
    local = {side: which if which in shipped() else sides[side] for side, which in names.items()}
    files: dict[str, bytes] = {}
    for place, turned in enumerate(found.turned, start=1):
        text = _case(turned, local[id(turned.under)], turned.verdicts.explained(lang))
        files[f"{place:02}-{turned.do}-{turned.effect}.case.toml"] = text.encode()
    write_folder(folder, files, {local[side]: which for side, which in names.items()})


def _dict(found: Difference, names: dict[int, str], lang: str) -> dict[str, Any]:
    result = found.to_dict(lang)
    for shown, turned in zip(result["verdicts"], found.turned, strict=True):
        shown["case"] = _case(turned, named(names[id(turned.under)]))
    return result


def _page(found: Difference, names: dict[int, str], lang: str) -> Page:
    page: list[Line] = [Line([Span(label("diff", "entries", lang), "title")])]
    page += _entries(found, lang)
    if found.turned:
        page += [Line(), Line([Span(label("diff", "verdicts", lang), "title")])]
    for turned in found.turned:
        page += [Line(), *_turned(turned, names, lang)]
    if found.cases:
        page += [Line(), Line([Span(label("diff", "cases", lang), "title")])]
    for case in found.cases:
        page += _impact(case, lang)
    text = label("diff", "changed" if found.turned else "nothing", lang)
    kinds = [len(found.turned)] if found.turned else []
    counts = (number(each, lang) for each in (*kinds, found.answers, found.states))
    summary = text.format(*counts)
    style = "bad" if found.decides_otherwise else "good"
    return [*page, Line(), Line([Span(summary, style)])]


def _entries(found: Difference, lang: str) -> Iterator[Line]:
    if not found.changes:
        yield Line([label("diff", "same_text", lang)], 2)
        return
    quoted = label("formats", "quoted", lang)
    for entry, within in groupby(found.changes, lambda change: change.entry):
        if entry:
            yield Line([Span(entry, "phase")], 2)
        for rests_on, resting in groupby(within, lambda change: change.rests_on):
            for change in resting:
                sides = (_shown(change.old, lang), _shown(change.new, lang))
                yield Line([f"{change.key}: ", " → ".join(sides)], 4)
            said = [quoted.format(words) for words in dict.fromkeys(rests_on) if words]
            if said and change.key.partition(".")[0] not in WORDS:
                yield Line([Span(" → ".join(said), "dim")], 6)
    if found.alone_nothing:
        text = label("diff", "alone_nothing", lang)
        yield Line([text.format(listed(found.alone_nothing, lang))], 2)


def _shown(value: object, lang: str) -> str:
    if value is None:
        return label("diff", "absent", lang)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _turned(turned: Turned, names: dict[int, str], lang: str) -> Iterator[Line]:
    do, effect = label("commands", turned.do, lang), label("diff", turned.effect, lang)
    yield Line([Span(do, "phase"), ": ", Span(effect, STYLES[turned.effect])], 2)
    for why in turned.verdicts.explained(lang):
        yield Line([why], 6)
    text = label("diff", "count", lang)
    count, last = number(turned.count, lang), len(turned.commands)
    yield Line([text.format(count, last, names[id(turned.under)])], 6)
    yield Line([Span(_way(turned, lang), "dim")], 6)


def _way(turned: Turned, lang: str) -> str:
    """Return the steps of a case in a line: the same command several times is one of them."""
    steps = [(do, len([*same])) for do, same in groupby(each.do for each in turned.commands)]
    said = [f"{do} ×{count}" if count > 1 else do for do, count in steps]
    last = turned.commands[-1]
    at = moment(last.at, lang, turned.under.zone)
    return f"{' → '.join(said)} ({at}, {last.by})"


def _impact(case: CaseImpact, lang: str) -> Iterator[Line]:
    changed = case.changed
    if not changed:
        yield Line([label("diff", "case_same", lang).format(case.name, len(case.steps))], 2)
        return
    text = label("diff", "case_changed", lang)
    yield Line([text.format(case.name, len(changed), len(case.steps))], 2)
    for place, verdicts in changed.items():
        do = label("commands", verdicts.new.command.do, lang)
        sides = [verdict(each, lang) for each in (verdicts.old, verdicts.new)]
        yield Line([label("diff", "step", lang).format(place + 1, do, *sides)], 4)
        for why in verdicts.explained(lang):
            yield Line([Span(why, "dim")], 6)
