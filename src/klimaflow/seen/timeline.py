"""A course as a timeline: each step with its answer, and between them deadlines and meetings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from klimaflow import phrases
from klimaflow.markup.elements import Element, element, fragment
from klimaflow.markup.pictures import margin_bar
from klimaflow.moments import Moment, day
from klimaflow.phrases import label
from klimaflow.seen.decision import deadline, named, verdict
from klimaflow.seen.procedure import Dated, dates, when
from klimaflow.seen.strip import Band, Dot, Flag, strip
from klimaflow.seen.words import Words, round_label

if TYPE_CHECKING:
    from klimaflow.decider import Decision, Finding
    from klimaflow.procedure import Procedure
    from klimaflow.proposal import Proposal

__all__ = ["Step", "history_html", "strip_of", "timeline"]


class Step(NamedTuple):
    """One step: its answer, and the proposal after it, unchanged by a refusal."""

    decision: Decision
    after: Proposal


def history_html(title: str, procedure: Procedure, steps: Sequence[Step], lang: str = "en") -> str:
    """Return a course as HTML, in `en` or `da`."""
    edition = label("report", "edition", lang).format(procedure.id, procedure.edition)
    sheet = element(
        "div",
        element("p", title, class_="title"),
        element("p", f"{procedure.title} ({edition})", class_="line small"),
        strip_of(procedure, steps, lang) if steps else None,
        timeline(procedure, steps, lang),
        class_="sheet",
    )
    return fragment(sheet)


def timeline(procedure: Procedure, steps: Sequence[Step], lang: str) -> Element:
    """Return the steps in their order as a list, and the deadlines and meetings where they fall."""
    entries: list[tuple[Moment | None, Element]] = []
    before = None
    for number, step in enumerate(steps, start=1):
        entries.append((step.decision.command.at, _entry(number, step, before, lang)))
        before = step.after.phase
    lines = [
        (_at(each, procedure.zone), _line(each, procedure.zone, lang))
        for each in _dates(procedure, steps, lang)
    ]
    return element("ol", _merged(entries, lines), class_="list timeline")


def _merged(
    entries: Iterable[tuple[Moment | None, Element]], lines: list[tuple[Moment, Element]]
) -> Iterator[Element]:
    """Yield the steps as they were taken, each after the lines that lie before it."""
    left = sorted(lines, key=lambda each: each[0])
    for at, entry in entries:
        while left and at is not None and left[0][0] < at:
            yield left.pop(0)[1]
        yield entry
    yield from (line for _, line in left)


def _dates(procedure: Procedure, steps: Sequence[Step], lang: str) -> list[Dated]:
    """Return the deadlines and meetings of the rounds that the proposal was in; or of all."""
    own = {step.after.round for step in steps if step.after.round}
    found = dates(procedure, lang)
    return [each for each in found if each.round.id in own] if own else found


def _at(dated: Dated, zone: str) -> Moment:
    return day(dated.on, zone).begins_at if dated.at is None else dated.at


def _line(dated: Dated, zone: str, lang: str) -> Element:
    text = f"{when(dated, zone, lang)}: {dated.what}, {round_label(dated.round, lang)}"
    return element("li", element("span", "◆ ", aria_hidden="true"), text, class_="line-entry small")


def _entry(number: int, step: Step, before: str | None, lang: str) -> Element:
    decision, command = step.decision, step.decision.command
    words = Words(decision.procedure, decision.proposal, lang)
    sign = "✓" if decision.permitted else "✗"
    asked = f"{words.moment(command.at)} · {words.actor(command.by)} · "
    after = step.after.phase
    moved = f" → {label('phases', after, lang)}" if after is not None and after != before else None
    state = "kept" if decision.permitted else "broken"
    return element(
        "li",
        element(
            "div",
            f"{number} ",
            element("span", sign, class_=state),
            " ",
            element("span", words.command(command), class_="strong"),
        ),
        element(
            "div",
            asked,
            element("span", verdict(decision, lang), class_=state),
            element("span", moved, class_="strong") if moved else None,
            class_="small",
        ),
        [_finding(each, lang) for each in decision.findings if not each.holds],
        [
            margin_bar(margin)
            for each in decision.findings
            if (margin := deadline(each)) is not None
        ],
        class_="entry" if decision.permitted else "entry refused",
    )


def _finding(finding: Finding, lang: str) -> Element:
    said = element("span", f"{named(finding, lang)}: ", class_="strong")
    return element("div", said, finding.explained(lang), class_="small")


def strip_of(procedure: Procedure, steps: Sequence[Step], lang: str) -> Element:
    """Return the whole course as one picture."""
    zone = procedure.zone
    flags = [
        Flag(f"{each.what}, {round_label(each.round, lang)}", _at(each, zone))
        for each in _dates(procedure, steps, lang)
    ]
    dots = [Dot(each.decision.command.at, each.decision.permitted) for each in steps]
    latest = max([flag.at for flag in flags] + [dot.at for dot in dots])
    bands = [*_bands(steps, latest, lang)]
    alt = label("seen", "course", lang).format(
        phrases.listed(
            (f"{b.name} ({phrases.moment(b.begins, lang, zone)})" for b in bands), lang, "nothing"
        )
    )
    return strip(bands, flags, dots, alt, lang, zone)


def _bands(steps: Sequence[Step], latest: Moment, lang: str) -> Iterator[Band]:
    """Yield each phase from when it was entered to when the next one was."""
    entered = [(s.after.phase, s.after.since) for s in steps if s.after.phase and s.after.since]
    changes = [
        each
        for number, each in enumerate(entered)
        if number == 0 or each[0] != entered[number - 1][0]
    ]
    for number, (phase, since) in enumerate(changes):
        last = number + 1 == len(changes)
        until = (since if phase.final else latest) if last else changes[number + 1][1]
        yield Band(label("phases", phase, lang), since, max(until, since))
