"""`klimaflow diff`: what a new procedure changes against an old one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from klimaflow.cli.shared import (
    REFUSED,
    Unreadable,
    case_in,
    exit_with,
    in_json,
    in_language,
    needing,
    procedure_of,
)
from klimaflow.cli.streams import write_json, write_page
from klimaflow.cli.verify import named, progress_shown
from klimaflow.phrases import label, listed
from klimaflow.report.page import Grid, Line, Page, Span
from klimaflow.verify import Difference, difference
from klimaflow.verify.difference import CaseImpact, Turned
from klimaflow.wording import verdict

__all__ = ["diff"]

STYLES = {"relaxed": "good", "tightened": "bad"}


@click.command(short_help="Say what a new procedure changes against an old one.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("cases", metavar="[CASE]...", nargs=-1)
@click.option(
    "--funders",
    type=click.IntRange(1, 50),
    default=2,
    show_default=True,
    help="How many of the funders take part in what is explored.",
)
@in_json
@in_language
def diff(old: str, new: str, cases: Sequence[str], funders: int, as_json: bool, lang: str) -> None:
    """Say what the procedure NEW changes against OLD: each an ID or a policy file.

    First what differs in them, then every verdict that changes over all that can happen, each with
    the shortest case, and last what changes for each CASE.

    Exit status: 1 if a decision changes.
    """
    before, after = procedure_of(old), procedure_of(new)
    given = [case_in(each) for each in cases]
    with progress_shown(label("diff", "exploring", lang)) as progress:
        try:
            found = difference(before, after, given, funders, progress)
        except ValueError as error:
            raise Unreadable(f"{old}, {new}", [str(error)]) from None
    names = {id(before): old, id(after): new}
    if as_json:
        write_json(_dict(found, names, lang))
    else:
        write_page(_page(found, names, lang))
    exit_with(REFUSED if found.decides_otherwise else 0)


def _case(turned: Turned, names: dict[int, str]) -> str:
    text: str = needing("klimaflow.verify.cases", "verify", "tomlkit").case_text(
        f"{turned.do}-{turned.effect}",
        named(names[id(turned.under)]),
        turned.commands,
        committed=turned.step.offer.committed,
    )
    return text


def _dict(found: Difference, names: dict[int, str], lang: str) -> dict[str, Any]:
    result = found.to_dict(lang)
    for shown, turned in zip(result["verdicts"], found.turned, strict=True):
        shown["case"] = _case(turned, names)
    return result


def _page(found: Difference, names: dict[int, str], lang: str) -> Page:
    page: list[Line | Grid] = [Line([Span(label("diff", "entries", lang), "title")])]
    page += _entries(found, lang)
    page += [Line(), Line([Span(label("diff", "verdicts", lang), "title")])]
    for turned in found.turned:
        page += [Line(), *_turned(turned, names, lang)]
    if found.cases:
        page += [Line(), Line([Span(label("diff", "cases", lang), "title")])]
    for case in found.cases:
        page += _impact(case, lang)
    if found.turned:
        text = label("diff", "changed", lang)
        summary = text.format(len(found.turned), found.answers, found.states)
    else:
        summary = label("diff", "nothing", lang).format(found.answers, found.states)
    style = "bad" if found.decides_otherwise else "good"
    return [*page, Line(), Line([Span(summary, style)])]


def _entries(found: Difference, lang: str) -> Iterator[Line | Grid]:
    if not found.changes:
        yield Line([label("diff", "same_text", lang)], 2)
        return
    head = [label("diff", each, lang) for each in ("entry", "old", "new")]
    rows = [[each.path, _shown(each.old, lang), _shown(each.new, lang)] for each in found.changes]
    yield Grid(rows, head, 2)
    for change in found.changes:
        for words in dict.fromkeys(filter(None, change.rests_on)):
            yield Line([Span(f"{change.path}: ", "dim"), Span(words, "dim")], 4)
    if found.alone_nothing:
        text = label("diff", "alone_nothing", lang)
        yield Line([text.format(listed(found.alone_nothing, lang))], 2)


def _shown(value: object, lang: str) -> str:
    if value is None:
        return label("diff", "absent", lang)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _turned(turned: Turned, names: dict[int, str], lang: str) -> Iterator[Line]:
    do, effect = label("commands", turned.do, lang), label("diff", turned.effect, lang)
    yield Line([Span(do, "phase"), ": ", Span(effect, STYLES[turned.effect])], 2, ["  "])
    for why in turned.verdicts.explained(lang):
        yield Line([why], 6)
    text = label("diff", "count", lang)
    yield Line([text.format(turned.count, len(turned.commands), names[id(turned.under)])], 6)
    for line in _case(turned, names).splitlines():
        yield Line([Span(line, "dim")], 8)


def _impact(case: CaseImpact, lang: str) -> Iterator[Line]:
    changed = case.changed
    if not changed:
        yield Line([label("diff", "case_same", lang).format(case.name, len(case.steps))], 2)
        return
    text = label("diff", "case_changed", lang)
    yield Line([text.format(case.name, len(changed), len(case.steps))], 2)
    for number, verdicts in changed.items():
        do = label("commands", verdicts.new.command.do, lang)
        sides = [verdict(each, lang) for each in (verdicts.old, verdicts.new)]
        yield Line([label("diff", "step", lang).format(number + 1, do, *sides)], 4)
        for why in verdicts.explained(lang):
            yield Line([Span(why, "dim")], 6)
