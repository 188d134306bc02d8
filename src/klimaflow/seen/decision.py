"""A decision as a checklist: each requirement, met or not, with its sentence and its source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from klimaflow.markup.elements import Element, element, fragment
from klimaflow.markup.pictures import margin_bar
from klimaflow.markup.tables import Table, table
from klimaflow.phrases import label
from klimaflow.seen.words import Words, quoted

if TYPE_CHECKING:
    from klimaflow.decider import Decision, Finding

__all__ = ["checklist", "decision_html", "findings_html", "headline", "mark", "named", "verdict"]


def decision_html(answer: Decision, lang: str = "en") -> str:
    """Return a decision as HTML, in `en` or `da`."""
    return fragment(checklist(headline(answer, lang), answer.findings, lang))


def findings_html(findings: Iterable[Finding], lang: str = "en") -> str:
    """Return some findings as HTML, in `en` or `da`."""
    return fragment(checklist("", findings, lang))


def checklist(caption: str, findings: Iterable[Finding], lang: str) -> Element:
    """Return a table with a row for each finding; the margin to a deadline is drawn."""
    head = [label("words", each, lang) for each in ("rule", "because", "source")]
    return table(Table(caption, head, (_row(each, lang) for each in findings)))


def headline(answer: Decision, lang: str) -> str:
    """Return what was asked for, when, by whom, and the answer."""
    words = Words(answer.procedure, answer.proposal, lang)
    command = answer.command
    asked = words.command(command), words.moment(command.at), words.actor(command.by)
    return f"{' · '.join(asked)}: {verdict(answer, lang)}"


def verdict(answer: Decision, lang: str) -> str:
    """Return `permitted`, `permitted, with remarks` or `refused`."""
    if not answer.permitted:
        return label("words", "refused", lang)
    return label("words", "permitted_with_remarks" if answer.remarks else "permitted", lang)


def mark(finding: Finding) -> str:
    """Return a tick, a cross, or an exclamation mark for a remark."""
    return "✓" if finding.holds else "✗" if finding.strength == "binding" else "!"


def named(finding: Finding, lang: str) -> str:
    """Return the mark of a finding, and what its rule is called."""
    return f"{mark(finding)} {label('rule_names', finding.rule, lang)}"


def deadline(finding: Finding) -> timedelta | None:
    """Return the margin to the deadline that a finding is about, if it is about one."""
    margin = finding.margin
    return margin if finding.of_deadline and isinstance(margin, timedelta) else None


def source(finding: Finding, lang: str) -> str:
    """Return the words that a finding rests on, and where they stand."""
    stands = finding.sourced(lang)
    place = stands.section or stands.document
    return f"{quoted(stands.quote, lang)} ({place})"


def _row(finding: Finding, lang: str) -> tuple[Element, list[Element | str], Element]:
    state = "kept" if finding.holds else "broken"
    told = f"{label('words', state, lang)}, {label('strengths', finding.strength, lang)}"
    rule = element(
        "div",
        element("span", named(finding, lang), class_=f"tight {state}"),
        element("div", told, class_="small"),
        element("div", element("code", finding.rule), class_="small"),
    )
    because: list[Element | str] = [finding.explained(lang)]
    if (margin := deadline(finding)) is not None:
        because.append(margin_bar(margin))
    return rule, because, element("span", source(finding, lang), class_="small")
