"""Why a rule holds or not, and what was decided, in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.facts import Facts
from klimaflow.figures import Figures
from klimaflow.procedure import Strength
from klimaflow.rules import Rule
from klimaflow.tables import html_table

if TYPE_CHECKING:
    from klimaflow.decider import Decision, Finding

__all__ = ["because", "decision", "decision_html", "verdict"]


def because(rule: Rule, facts: Facts, holds: bool, lang: str) -> str:
    """Return why a rule holds or is broken: one sentence with the figures and the way out."""
    sentences = phrases.phrases(lang)["rules"][rule.id]
    unknown = "unknown" in sentences and rule.margin(facts) is None
    sentence: str = sentences["unknown" if unknown else "kept" if holds else "broken"]
    return sentence.format_map(Figures(rule, facts, lang)).strip()


def verdict(answer: Decision, lang: str) -> str:
    """Return `permitted`, `permitted, with remarks` or `refused`."""
    if not answer.permitted:
        return phrases.label("words", "refused", lang)
    return phrases.label("words", "permitted_with_remarks" if answer.remarks else "permitted", lang)


def decision(answer: Decision, lang: str) -> str:
    """Return a decision as text: the verdict, then each requirement with sentence and source."""
    lines = [_headline(answer, lang)]
    for finding in answer.findings:
        lines.append(f"  {_mark(finding)} {finding.rule}: {finding.explained(lang)}")
        if not finding.holds and finding.source.section:
            lines.append(f"      {_quoted(finding, lang)} ({finding.source.document})")
    return "\n".join(lines)


def decision_html(answer: Decision, lang: str) -> str:
    """Return a decision as an HTML table: a checklist with reasons and sentences."""
    head = [phrases.label("words", each, lang) for each in ("rule", "because", "source")]
    rows = [
        (
            f"{_mark(finding)} {finding.rule}",
            finding.explained(lang),
            f"{_quoted(finding, lang)} ({finding.source.document})",
        )
        for finding in answer.findings
    ]
    return html_table(_headline(answer, lang), head, rows)


def _headline(answer: Decision, lang: str) -> str:
    command = answer.command
    when = phrases.moment(command.at, lang, answer.procedure.zone)
    do = phrases.label("commands", command.do, lang)
    return f"{do}, {when}, {command.by}: {verdict(answer, lang)}"


def _mark(finding: Finding) -> str:
    return "✓" if finding.holds else "✗" if finding.strength is Strength.BINDING else "!"


def _quoted(finding: Finding, lang: str) -> str:
    return phrases.label("formats", "quoted", lang).format(finding.source.quote)
