"""Why a rule holds or not, and what was decided, in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.facts import Facts
from klimaflow.figures import Figures
from klimaflow.rules import Rule
from klimaflow.seen.decision import mark, verdict
from klimaflow.seen.words import quoted

if TYPE_CHECKING:
    from klimaflow.decider import Decision

__all__ = ["because", "decision"]


def because(rule: Rule, facts: Facts, holds: bool, lang: str) -> str:
    """Return why a rule holds or is broken: one sentence with the figures and the way out."""
    sentences = phrases.phrases(lang)["rules"][rule.id]
    unknown = "unknown" in sentences and rule.margin(facts) is None
    sentence: str = sentences["unknown" if unknown else "kept" if holds else "broken"]
    return sentence.format_map(Figures(rule, facts, lang)).strip()


def decision(answer: Decision, lang: str) -> str:
    """Return a decision as text: the verdict, then each requirement with sentence and source."""
    lines = [_headline(answer, lang)]
    for finding in answer.findings:
        lines.append(f"  {mark(finding)} {finding.rule}: {finding.explained(lang)}")
        if not finding.holds and finding.source.section:
            lines.append(f"      {quoted(finding.source.quote, lang)} ({finding.source.document})")
    return "\n".join(lines)


def _headline(answer: Decision, lang: str) -> str:
    command = answer.command
    when = phrases.moment(command.at, lang, answer.procedure.zone)
    do = phrases.label("commands", command.do, lang)
    return f"{do}, {when}, {command.by}: {verdict(answer, lang)}"
