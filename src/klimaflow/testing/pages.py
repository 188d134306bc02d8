"""How stories went, and what they have seen, as a page of text, as HTML and as JSON-safe values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from klimaflow.markup.tables import Table, html_page
from klimaflow.moments import shown
from klimaflow.phrases import label
from klimaflow.report.page import CROSS, TICK, Grid, Line, Page, Span
from klimaflow.testing.coverage import SIDES, Coverage, Item, Kind, Sighting
from klimaflow.testing.stories import Answer, Told

__all__ = ["coverage_html", "coverage_page", "spelled", "stories_page", "told_dict"]


def stories_page(stories: Sequence[Told], lang: str) -> Page:
    """Return for each story whether it went as it says, and all that was decided otherwise."""
    page: list[Line | Grid] = []
    for told in stories:
        page += _story(told, lang)
    as_told = sum(not told.unlike for told in stories)
    answers = sum(len(told.answers) for told in stories)
    counts = (len(stories), as_told, len(stories) - as_told, answers)
    return [*page, Line(), Line([_word("tally", lang).format(*counts)])]


def _story(told: Told, lang: str) -> Iterator[Line]:
    unlike = told.unlike
    names = (told.name, told.story.name, len(told.answers))
    sentence = _word("otherwise" if unlike else "as_told", lang).format(*names)
    yield Line([sentence], indent=2, mark=[CROSS if unlike else TICK])
    for answer, each in unlike:
        yield Line([Span(f"{answer.asked.where}: {each.explained(lang)}", "bad")], indent=4)
        for line in answer.decision.explained(lang).splitlines():
            yield Line([line.strip()], indent=6 + len(line) - len(line.lstrip()))


def coverage_page(coverage: Coverage, lang: str) -> Page:
    """Return the share of each kind that was seen, and every side that was not."""
    kinds = [(_word(f"{kind}_many", lang), *map(str, _counts(coverage.of(kind)))) for kind in Kind]
    head = [_word(each, lang) for each in ("kind", "seen", "sides")]
    page: list[Line | Grid] = [
        Line([Span(_title(coverage, lang), "title"), f": {_share(coverage, lang)}"]),
        Line([_word("only_patched", lang).format(_only_patched(coverage))]),
        Grid(kinds, head, indent=2),
    ]
    unseen = [
        (_word(item.kind, lang), item.name, _sides(item.unseen, lang))
        for item in coverage.items
        if item.unseen
    ]
    if unseen:
        page += [Line(), Line([f"{_word('not_seen', lang)}:"]), Grid(unseen, indent=2)]
    return page


def coverage_html(coverages: Sequence[Coverage], lang: str) -> str:
    """Return one self-contained HTML page: every item, and where each side was seen first."""
    blocks: list[str | Table] = []
    for coverage in coverages:
        blocks += [f"{_title(coverage, lang)}: {_share(coverage, lang)}."]
        blocks += [_word("only_patched", lang).format(_only_patched(coverage))]
        blocks += [_table(coverage, kind, lang) for kind in Kind]
    ids = ", ".join(coverage.procedure.id for coverage in coverages)
    return html_page(_word("coverage", lang).format(ids), lang, blocks)


def _table(coverage: Coverage, kind: Kind, lang: str) -> Table:
    head = [_word("name", lang), *(_word(f"side_{side}", lang) for side in SIDES[kind])]
    items = coverage.of(kind)
    rows = [(item.name, *(_where(item, side, lang) for side in SIDES[kind])) for item in items]
    seen, sides = _counts(items)
    counted = _word("seen_of", lang).format(seen, sides)
    return Table(f"{_word(f'{kind}_many', lang)}: {counted}", head, rows)


def _where(item: Item, side: str, lang: str) -> str:
    if side not in item.sides:
        return "–"
    seen = item.sides[side]
    if seen is None:
        return _word("never", lang)
    form = _word("sighting_patched" if seen.patched else "sighting", lang)
    return form.format(seen.story, seen.where)


def told_dict(told: Told, lang: str) -> dict[str, Any]:
    """Return how a story went as JSON-safe values, as `klimaflow test --json` prints them."""
    story = told.story
    return {
        "file": told.name,
        "case": story.name,
        "procedure": story.procedure.id,
        "patches": [str(patch) for patch in story.patches],
        "as_told": not told.unlike,
        "answers": [_answer(answer, lang) for answer in told.answers],
    }


def _answer(answer: Answer, lang: str) -> dict[str, Any]:
    decision = answer.decision
    return {
        "where": answer.asked.where,
        "do": decision.command.do,
        "at": shown(decision.command.at),
        "permitted": decision.permitted,
        "phase": answer.phase and str(answer.phase),
        "refused_by": list(decision.refused_by),
        "remarks": list(decision.remarks),
        "otherwise": [each.explained(lang) for each in answer.unlike],
    }


def spelled(percent: Fraction, lang: str) -> str:
    """Return a percentage with one decimal, rounded down: 100.0 is nothing less than all."""
    return _word("percent", lang).format(*divmod(int(percent * 10), 10))


def _title(coverage: Coverage, lang: str) -> str:
    return _word("coverage", lang).format(coverage.procedure.id)


def _share(coverage: Coverage, lang: str) -> str:
    counted = _word("seen_of", lang).format(coverage.seen, coverage.sides)
    return _word("share", lang).format(spelled(coverage.percent, lang), counted)


def _counts(items: Sequence[Item]) -> tuple[int, int]:
    sides = sum(len(item.sides) for item in items)
    return sides - sum(len(item.unseen) for item in items), sides


def _only_patched(coverage: Coverage) -> int:
    sightings = (seen for item in coverage.items for seen in item.sides.values())
    return sum(isinstance(seen, Sighting) and seen.patched for seen in sightings)


def _sides(sides: Sequence[str], lang: str) -> str:
    return ", ".join(_word(f"side_{side}", lang) for side in sides)


def _word(name: str, lang: str) -> str:
    return label("tested", name, lang)
