"""Why a rule holds or not, and what was decided, in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.facts import Facts
from klimaflow.figures import Figures
from klimaflow.procedure import Strength
from klimaflow.rules import Rule

if TYPE_CHECKING:
    from klimaflow.decider import Decision

__all__ = ["because", "decision", "verdict"]


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
    command, words = answer.command, phrases.phrases(lang)
    when = phrases.moment(command.at, lang, answer.procedure.zone)
    lines = [f"{words['commands'][command.do]}, {when}, {command.by}: {verdict(answer, lang)}"]
    for finding in answer.findings:
        mark = "✓" if finding.holds else "✗" if finding.strength is Strength.BINDING else "!"
        lines.append(f"  {mark} {finding.rule}: {finding.explained(lang)}")
        if not finding.holds and finding.source.section:
            quote = words["formats"]["quoted"].format(finding.source.quote)
            lines.append(f"      {quote} ({finding.source.document})")
    return "\n".join(lines)
