"""A plan as a table: what has still to happen, who must act, by when, and how long that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.markup.elements import Content, Element, element, fragment
from klimaflow.markup.pictures import margin_bar
from klimaflow.markup.tables import Table, table
from klimaflow.moments import date_of
from klimaflow.phrases import label
from klimaflow.planning.told import Told
from klimaflow.seen.decision import named

if TYPE_CHECKING:
    from klimaflow.planning.ahead import Step
    from klimaflow.planning.plans import Plan

__all__ = ["plan_html", "plan_table"]


def plan_html(plan: Plan, lang: str = "en", name: str | None = None) -> str:
    """Return a plan as HTML, in `en` or `da`; `name` is that of the case, if there is one."""
    told = Told(plan, lang, name)
    as_of = f"{told.word('as_of')} {phrases.moment(plan.at, lang, told.zone)}"
    sheet = element(
        "div",
        element("p", f"{told.word('title', told.round())}: {told.title}", class_="title"),
        element("p", as_of, class_="line small"),
        plan_table(plan, lang),
        class_="sheet",
    )
    return fragment(sheet)


def plan_table(plan: Plan, lang: str) -> Element:
    """Return the steps in their order; the margin to the last moment of each is drawn."""
    told = Told(plan, lang)
    head = [label("seen", each, lang) for each in ("what", "who", "by_when")]
    before = (None, *plan.steps)
    rows = (
        (_what(step, last, told), told.who(step), [*_when(step, told)])
        for last, step in zip(before, plan.steps, strict=False)
    )
    return table(Table(told.word("steps"), head, rows), ("", "", "due"))


def _what(step: Step, before: Step | None, told: Told) -> list[Content]:
    """Return what a step is, why unless that is said above, and what stands in the way."""
    because = None if told.same_cause(step, before) else told.because(step)
    missing = (
        element(
            "div", f"{named(each, told.lang)}: {each.explained(told.lang)}", class_="small broken"
        )
        for each in step.missing
    )
    why = element("div", because, class_="small") if because else None
    return [element("span", told.step(step), class_="strong"), why, missing]


def _when(step: Step, told: Told) -> Iterator[Content]:
    if step.not_before is not None:
        on = phrases.day(date_of(step.not_before, told.zone), told.lang)
        yield element("div", told.word("from_day", on))
    yield element("div", told.last(step.last))
    slack = step.slack(told.plan.at)
    if slack is not None:
        yield element("div", slack_in_words(step, told), class_="small")
        yield margin_bar(slack)


def slack_in_words(step: Step, told: Told) -> str:
    """Return how long a step can wait, or how late it is; nothing if it has no end."""
    slack = step.slack(told.plan.at)
    if slack is None:
        return ""
    word = "too_late" if slack.total_seconds() < 0 else "left"
    return told.word(word, told.span(slack))
