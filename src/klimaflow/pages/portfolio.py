"""Many cases as a page: a board by phase, the next deadlines, and the funds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from klimaflow import phrases
from klimaflow.markup.elements import Content, Element, element
from klimaflow.markup.pictures import margin_bar
from klimaflow.markup.tables import Table, table
from klimaflow.moments import Moment
from klimaflow.pages.frame import framed, notice, scrolled, section, word
from klimaflow.pages.money import drawn, funds_table
from klimaflow.phrases import label
from klimaflow.planning import Plan
from klimaflow.planning import plan as planned
from klimaflow.planning.table import slack_in_words
from klimaflow.planning.told import Told
from klimaflow.procedure import Procedure
from klimaflow.proposal import FINAL, Phase
from klimaflow.report import Course
from klimaflow.seen.procedure import calendar_picture, dates

__all__ = ["portfolio_page"]

PAYING = (Phase.FUNDER_CONSENT, Phase.STARTED)
"""The phases in which a grant draws on the funds."""


@frozen(eq=False)
class _Entry:
    course: Course
    plan: Plan

    @property
    def title(self) -> str:
        return self.course.proposal.title or self.course.name


def portfolio_page(courses: Sequence[Course], at: Moment, lang: str = "en") -> str:
    """Return courses as a whole HTML page in `en` or `da`, as they stand at a moment.

    What has still to happen is planned from `at`, which is not before the latest step of any.
    """
    entries = [_Entry(c, planned(c.history, at, None, c.committed)) for c in courses]
    sections = [
        section("board", lang, _board(entries, lang)),
        section("deadlines", lang, *_deadlines(entries, at, lang)),
        section("funds", lang, *_funds(entries, at, lang)),
    ]
    shown = phrases.moment(at, lang, courses[0].procedure.zone)
    lead = element("p", word("cases", lang, len(courses), shown), class_="lead")
    foot = [f"{p.title}, {p.id}. SHA-256 {p.sha256}." for p in _procedures(entries)]
    title = word("portfolio", lang)
    return framed(title, "Klimaalliancen", lead, sections, [*foot, word("foot", lang)], lang)


def _board(entries: Sequence[_Entry], lang: str) -> Element:
    """Return a column for each phase that a case is in, in the order of the course."""
    columns: list[Element] = []
    for phase in (None, *Phase):
        own = [each for each in entries if each.course.proposal.phase is phase]
        if own:
            named = label("phases", phase, lang) if phase else word("before", lang)
            cards = element("ul", [_card(each, lang) for each in own], class_="cards")
            heading = element("h3", named, " ", element("span", str(len(own)), class_="count"))
            columns.append(element("div", heading, cards, class_="column"))
    return element("div", columns, class_="board")


def _card(entry: _Entry, lang: str) -> Element:
    plan, told = entry.plan, Told(entry.plan, lang)
    content: list[Content] = [
        element("p", entry.title, class_="strong"),
        element("p", entry.course.name, class_="small"),
    ]
    if plan.steps and plan.history.proposal.phase not in FINAL:
        step = plan.steps[0]
        content.append(element("p", f"{told.round()}: {told.step(step)} ({told.who(step)})"))
        content.append(element("p", told.last(step.last), class_="small"))
        if (slack := step.slack(plan.at)) is not None:
            look = "small broken" if step.late else "small"
            mark = "✗ " if step.late else ""
            content.append(element("p", f"{mark}{slack_in_words(step, told)}", class_=look))
            content.append(margin_bar(slack))
    return element("li", content, class_="card")


def _deadlines(entries: Sequence[_Entry], at: Moment, lang: str) -> Iterator[Element]:
    """Yield each case's next step, the soonest first, and the calendar that they follow."""
    coming = []
    for each in entries:
        if each.course.proposal.phase not in FINAL and each.plan.steps:
            step = each.plan.steps[0]
            if step.last is not None:
                coming.append((step.last, each.title, each))
    if not coming:
        yield notice("calm", word("no_deadlines", lang))
    else:
        rows = [_due(each, lang) for _, _, each in sorted(coming, key=lambda due: due[:2])]
        head = [label("seen", each, lang) for each in ("by_when", "what", "who")]
        head.insert(1, word("case", lang))
        yield table(Table(word("next_steps", lang), head, rows), ("due",))
        yield element("p", word("scale", lang), class_="small")
    for procedure in _procedures(entries):
        yield element("h3", procedure.title)
        yield scrolled(calendar_picture(dates(procedure, lang), lang), procedure.title)


def _due(entry: _Entry, lang: str) -> tuple[Content, ...]:
    step, told = entry.plan.steps[0], Told(entry.plan, lang)
    slack = step.slack(entry.plan.at)
    until: list[Content] = [told.last(step.last)]
    if slack is not None:
        look = "small broken" if step.late else "small"
        until += [element("div", slack_in_words(step, told), class_=look), margin_bar(slack)]
    return until, element("span", entry.title, class_="strong"), told.step(step), told.who(step)


def _funds(entries: Sequence[_Entry], at: Moment, lang: str) -> Iterator[Element]:
    """Yield the funds of each procedure, with what these cases draw on them together."""
    for procedure in _procedures(entries):
        taken: dict[str, int] = {}
        for each in entries:
            proposal = each.course.proposal
            if each.course.procedure == procedure and proposal.phase in PAYING:
                for fund, amount in drawn(procedure, proposal.granted, taken, at).items():
                    taken[fund] = taken.get(fund, 0) + amount
        yield element("p", word("funds_note", lang))
        yield funds_table(procedure, {}, taken, at, lang)


def _procedures(entries: Sequence[_Entry]) -> list[Procedure]:
    found = {each.course.procedure.sha256: each.course.procedure for each in entries}
    return [*found.values()]
