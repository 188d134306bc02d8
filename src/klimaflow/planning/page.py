"""A plan as a page that one reads, and as JSON-safe values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import attrs

from klimaflow import phrases
from klimaflow.moments import Moment, date_of, iso_duration, shown
from klimaflow.phrases import label
from klimaflow.planning.ahead import Step
from klimaflow.planning.days import holidays_between, public_holiday, working_days
from klimaflow.planning.plans import Plan
from klimaflow.planning.told import Told
from klimaflow.proposal import FINAL
from klimaflow.report.page import CROSS, Grid, Line, Page, Span

__all__ = ["plan_dict", "plan_page"]

MARGIN = 7
INDENT = 12


def plan_page(plan: Plan, lang: str = "en", name: str | None = None) -> Page:
    """Return a plan: its heading, its steps, the days until the meeting, and the next round."""
    told = Told(plan, lang, name)
    page: list[Line | Grid] = [*_heading(told), Line(), _title("steps", told)]
    if plan.history.proposal.phase in FINAL:
        return [*page, Line([told.word("final")], 2)]
    before = None
    for number, step in enumerate(plan.steps, start=1):
        page += [Line(), *_step(number, step, before, told)]
        before = step
    return [*page, *_days(told), *_if_lost(told)]


def _title(name: str, told: Told) -> Line:
    return Line([Span(told.word(name), "title")])


def _fact(name: str, told: Told, text: str | Span, of: str = "plan") -> Line:
    return Line([text], INDENT, [Span(label(of, name, told.lang), "dim")])


def _heading(told: Told) -> Iterator[Line]:
    plan, lang = told.plan, told.lang
    procedure, phase = plan.history.procedure, plan.history.proposal.phase
    yield Line([Span(f"{told.word('title', told.round())}: {told.title}", "title")])
    edition = label("report", "edition", lang).format(procedure.id, procedure.edition)
    yield _fact("procedure", told, edition, "report")
    stands = label("phases", phase, lang) if phase else label("report", "no_phase", lang)
    yield _fact("phase", told, stands, "report")
    yield _fact("as_of", told, phrases.moment(plan.at, lang, told.zone))
    if plan.gates is not None:
        yield _fact("meeting", told, phrases.day(plan.gates.meeting.on, lang))
    if plan.steps:
        yield _fact("slack", told, _slack(told))


def _days_until(told: Told, last: Moment | None) -> tuple[date, ...] | None:
    """Return the working days from the day of the plan to that of a moment, both included."""
    if last is None:
        return None
    return working_days(date_of(told.plan.at, told.zone), date_of(last, told.zone))


def _working(told: Told, days: tuple[date, ...] | None) -> str | None:
    """Return how many working days these are."""
    if days is None:
        return None
    return told.word("working_day") if len(days) == 1 else told.word("working_days", len(days))


def _slack(told: Told) -> Span:
    plan = told.plan
    if plan.slack is None:
        return Span(told.word("no_hurry"))
    if plan.lost:
        late = next(step for step in plan.steps if step.late)
        return Span(told.word("late", told.span(late.slack(late.at) or timedelta(0))), "bad")
    working = _working(told, _days_until(told, plan.steps[0].last))
    parts = [told.span(plan.slack), *([working] if working else [])]
    return Span(", ".join(parts), "good")


def _step(number: int, step: Step, before: Step | None, told: Told) -> Iterator[Line]:
    """Yield a step: what, who and by when; what calls for it, and what stands in the way."""
    mark = [CROSS] if step.missing else []
    yield Line([told.step(step)], MARGIN, [Span(f"{number:>3}  ", "dim"), *mark])
    yield Line([Span(told.who(step), "phase"), *_when(step, told)], MARGIN)
    yield from _stands(step, told)
    because = told.because(step)
    if because and not told.same_cause(step, before):
        yield Line([Span(because, "dim")], MARGIN)
    for finding in step.missing:
        yield Line([Span(f"{finding.rule}: ", "bad"), finding.explained(told.lang)], MARGIN + 2)
    closing = step.window.closed_by[:1]
    for words in filter(None, map(told.quoted, closing)):
        yield Line([Span(words, "dim")], MARGIN)


def _when(step: Step, told: Told) -> Iterator[str | Span]:
    if step.not_before is not None:
        on = phrases.day(date_of(step.not_before, told.zone), told.lang)
        yield f" · {told.word('from_day', on)}"
    yield f" · {told.last(step.last)}"
    slack = step.slack(told.plan.at)
    if slack is None:
        return
    if slack < timedelta(0):
        yield Span(f" · {told.word('too_late', told.span(slack))}", "bad")
    elif working := _working(told, _days_until(told, step.last)):
        yield f" · {working}"


def _stands(step: Step, told: Told) -> Iterator[Line]:
    """Yield that a last moment is on no working day, and stands all the same."""
    if step.window.closes_at is None:
        return
    on = date_of(step.window.closes_at, told.zone)
    if working_days(on, on) == ():
        why = public_holiday(on, told.lang) or told.word("weekend")
        yield Line([Span(told.word("stands", phrases.day(on, told.lang), why), "remark")], MARGIN)


def _days(told: Told) -> Iterator[Line]:
    gates = told.plan.gates
    if gates is None or gates.meeting.ends_at <= told.plan.at:
        return
    yield from (Line(), _title("days", told))
    today = date_of(told.plan.at, told.zone)
    working = _working(told, working_days(today, gates.meeting.on))
    if working is None:
        yield Line([told.word("unknown")], 2)
        return
    yield Line([told.word("counted", working)], 2)
    for on, name in holidays_between(today, gates.meeting.on, told.lang).items():
        yield Line([told.word("holiday", phrases.day(on, told.lang), name)], 2)


def _if_lost(told: Told) -> Iterator[Line]:
    after = told.plan.if_lost()
    if told.plan.gates is None or told.plan.decided:
        return
    yield from (Line(), _title("if_lost", told))
    if after is None:
        yield Line([told.word("no_next")], 2)
        return
    then, first = Told(after, told.lang), after.steps[0]
    text = told.word("next_round", then.round(), then.step(first), then.last(first.last))
    yield Line([text], 2)


def plan_dict(plan: Plan, lang: str = "en", name: str | None = None) -> dict[str, Any]:
    """Return a plan as `klimaflow plan --json` prints it; moments are in the procedure's zone.

    `working_days` counts from the day of `at` to that of `last`, both included; None if the
    holidays of these years are not known. `days` are those until the day of the meeting.
    """
    told, history, gates = Told(plan, lang, name), plan.history, plan.gates
    after = plan.if_lost()
    return {
        "case": name,
        "procedure": history.procedure.id,
        "sha256": history.procedure.sha256,
        "phase": history.proposal.phase and str(history.proposal.phase),
        "at": shown(plan.at, told.zone),
        "round": plan.round,
        "meeting": gates and gates.meeting.on.isoformat(),
        "lost": plan.lost,
        "permitted": plan.permitted,
        "slack": _iso(plan.slack),
        "steps": [_step_dict(step, told) for step in plan.steps],
        "days": _days_dict(told),
        "if_lost": after and _next_dict(after, told.zone),
    }


def _step_dict(step: Step, told: Told) -> dict[str, Any]:
    working = _days_until(told, step.last)
    closing = step.closed_by
    return {
        "do": step.do,
        "about": told.plan.about(step),
        "roles": [str(each) for each in step.roles],
        "not_before": step.not_before and shown(step.not_before, told.zone),
        "last": step.last and shown(step.last, told.zone),
        "slack": _iso(step.slack(told.plan.at)),
        "working_days": None if working is None else len(working),
        "closed_by": closing and closing.rule,
        "source": closing and attrs.asdict(closing.source),
        "because": told.because(step),
        "missing": [finding.to_dict(told.lang) for finding in step.missing],
    }


def _days_dict(told: Told) -> dict[str, Any] | None:
    if told.plan.gates is None:
        return None
    span = date_of(told.plan.at, told.zone), told.plan.gates.meeting.on
    working = working_days(*span)
    if working is None:
        return {"working": None, "holidays": None}
    named = holidays_between(*span, told.lang)
    return {
        "working": [each.isoformat() for each in working],
        "holidays": {each.isoformat(): name for each, name in named.items()},
    }


def _next_dict(after: Plan, zone: str) -> dict[str, Any]:
    first = after.steps[0]
    last = first.last and shown(first.last, zone)
    return {"round": after.round, "do": first.do, "last": last, "slack": _iso(after.slack)}


def _iso(span: timedelta | None) -> str | None:
    return None if span is None else iso_duration(span)
