"""A case as the admin shows it, in Django's active language.

All of it is HTML of `markup`, which escapes what stands in a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from klimaflow import fields
from klimaflow.changes import ProcedureChanged
from klimaflow.commands import COMMANDS
from klimaflow.contrib.django.configuration import language
from klimaflow.decider import Decision
from klimaflow.errors import CaseError
from klimaflow.history import History
from klimaflow.markup.elements import fragment
from klimaflow.markup.tables import html_table
from klimaflow.moments import moment
from klimaflow.pages.case import standing
from klimaflow.phrases import label
from klimaflow.planning import Plan, plan
from klimaflow.planning.table import plan_html
from klimaflow.planning.told import Told
from klimaflow.proposal import FINAL
from klimaflow.report import Course
from klimaflow.seen.decision import decision_html
from klimaflow.seen.timeline import history_html
from klimaflow.seen.words import Words
from klimaflow.store import Kept
from klimaflow.store.chain import REFUSAL

__all__ = ["answers", "course", "deadline", "missing", "planned", "stands"]


def planned(history: History) -> Plan:
    """Return what has still to happen from now on, or from the last event if that is later."""
    now = moment(timezone.now().replace(second=0, microsecond=0))
    return plan(history, max([now, *(event.at for event in history.events)]))


def deadline(history: History) -> str:
    """Return the next step of a case and its last moment; nothing once its phase is final."""
    ahead = planned(history)
    if history.proposal.phase in FINAL or not ahead.steps:
        return "–"
    told, step = Told(ahead, language()), ahead.steps[0]
    late = "✗ " if step.late else ""
    return f"{late}{told.step(step)}: {told.last(step.last)}"


def stands(history: History) -> SafeString:
    """Return in a sentence where a case stands, and what comes next."""
    return _safe(fragment(standing(planned(history), language())))


def missing(history: History) -> SafeString:
    """Return what has still to happen, by whom and by when."""
    return _safe(plan_html(planned(history), language()))


def course(history: History, case_id: str) -> SafeString:
    """Return the course as a picture and as a list."""
    steps = Course.of_history(history, case_id).shown()
    title = history.proposal.title or case_id
    return _safe(history_html(title, history.procedure, steps, language()))


def answers(history: History, trail: Sequence[Kept]) -> SafeString:
    """Return each answer that stands in the chain, with its reasons."""
    return _safe("".join(_answers(history, trail, language())))


def _answers(history: History, trail: Sequence[Kept], lang: str) -> Iterator[str]:
    decisions, stages = iter(history.decisions()), iter(history.stages())
    before, changes = History(history.opened_under), iter(history.changes)
    for entry in trail:
        if entry.record is not None and entry.record["event"] == ProcedureChanged.__name__:
            yield _moved(next(changes), history, lang)
        elif entry.record is not None:
            before = next(stages)
            yield decision_html(next(decisions), lang)
        elif entry.kind == REFUSAL and (again := _again(before, entry)) is not None:
            yield decision_html(again, lang)
        else:
            yield _entry(entry, lang)


def _again(before: History, entry: Kept) -> Decision | None:
    """Return the decision on a refused command, made again; None if it would be another one now.

    It is another one if it rested on other cases, or on when it was recorded.
    """
    told = entry.body["command"]
    said = {"at": told["at"], "by": told["by"], **told["said"]}
    try:
        again = before.decide(fields.read(COMMANDS[told["do"]], said))
    except (CaseError, fields.Unreadable):
        return None
    return again if [*again.refused_by] == entry.body["refused_by"] else None


def _moved(change: ProcedureChanged, history: History, lang: str) -> str:
    """Return who moved the case, when, from which procedure to which, and why."""
    told = Words(history.procedure, history.proposal, lang).change(change)
    return html_table("", ("", ""), [(label("report", "moved", lang), told)])


def _entry(entry: Kept, lang: str) -> str:
    """Return what an entry says for itself: a refusal or an erasure."""
    body: Any = entry.body
    said = body.get("command") or body
    facts = [
        (label("report", "when", lang), said["at"]),
        (label("report", "who", lang), said["by"]),
        (label("words", "because", lang), said.get("reason")),
        (label("words", "rule", lang), ", ".join(body.get("refused_by", ()))),
    ]
    what = label("commands", said["do"], lang) if "do" in said else entry.kind
    return html_table(what, ("", ""), [(name, text) for name, text in facts if text])


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # markup has escaped it
