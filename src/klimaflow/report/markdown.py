"""A history as Markdown: a table of what happened, and where the proposal stands."""

from __future__ import annotations

import re

from klimaflow import phrases
from klimaflow.history import History
from klimaflow.phrases import label
from klimaflow.report.course import Course
from klimaflow.report.narrative import verdict
from klimaflow.report.page import printable
from klimaflow.seen.words import Words

__all__ = ["history_markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$&:@])")


def history_markdown(history: History, lang: str = "en") -> str:
    """Return a history as Markdown (with a table, as GitHub reads it); values stay text."""
    course, proposal = Course.of_history(history), history.proposal
    words = Words(history.procedure, proposal, lang)
    procedure = history.procedure
    lines = [f"# {_text(proposal.title or label('report', 'no_phase', lang))}", ""]
    lines += [f"{_text(procedure.title)} ({_text(words.edition(procedure))})", ""]
    moved = label("report", "moved", lang)
    lines += [part for c in history.changes for part in (f"{moved} {_text(words.change(c))}", "")]
    lines += [*_table(course, lang), ""]
    stands = {
        "phase": label("phases", proposal.phase, lang) if proposal.phase else "",
        "round": words.round(proposal.round) if proposal.round else "",
        "granted": words.amounts(proposal.granted) if proposal.granted else "",
    }
    lines += [
        f"- {label('report', name, lang)}: {_text(text or '–')}" for name, text in stands.items()
    ]
    for funder, status in course.consents().items():
        consent = label("report", "consent", lang).format(label("consents", status, lang))
        lines.append(f"- {_text(words.funder(funder))}: {_text(consent)}")
    return "\n".join(lines) + "\n"


def _table(course: Course, lang: str) -> list[str]:
    head = [label("report", name, lang) for name in ("step", "when", "what", "who", "phase")]
    rows = [[*head, label("report", "verdict", lang)], ["---"] * 6]
    for number, step in enumerate(course.steps, start=1):
        decision, command = step.decision, step.decision.command
        words = Words(decision.procedure, decision.proposal, lang)
        when = phrases.moment(command.at, lang, decision.procedure.zone)
        phase = step.history.proposal.phase
        cells = [when, words.command(command), words.actor(command.by)]
        cells += [label("phases", phase, lang) if phase else "", verdict(decision, lang)]
        rows.append([str(number), *map(_text, cells)])
    return [f"| {' | '.join(row)} |" for row in rows]


def _text(text: str) -> str:
    """Return the text on one line, with each character that Markdown may read escaped."""
    return _SPECIAL.sub(r"\\\1", printable(text))
