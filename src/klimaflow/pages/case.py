"""One case as a page: where it stands, what is missing, its course, its answers and its money."""

from __future__ import annotations

from collections.abc import Iterator

from klimaflow import phrases
from klimaflow.decider import Decision
from klimaflow.markup.elements import Content, Element, element
from klimaflow.moments import Moment
from klimaflow.pages.frame import facts, framed, notice, scrolled, section, word
from klimaflow.pages.money import consents, money
from klimaflow.phrases import label
from klimaflow.planning import Plan
from klimaflow.planning import plan as planned
from klimaflow.planning.table import plan_table
from klimaflow.planning.told import Told
from klimaflow.proposal import FINAL
from klimaflow.report import Course, Lifecycle
from klimaflow.seen.decision import checklist, verdict
from klimaflow.seen.proposal import stepper
from klimaflow.seen.timeline import strip_of, timeline
from klimaflow.seen.words import Words

__all__ = ["case_page"]


def case_page(course: Course, at: Moment, lang: str = "en") -> str:
    """Return a course as a whole HTML page in `en` or `da`, as it stands at a moment.

    What has still to happen is planned from `at`, which is not before the latest step.
    """
    plan = planned(course.history, at, None, course.committed)
    proposal, procedure = course.proposal, course.procedure
    sections = [
        section("stands", lang, *_stands(course, plan, lang)),
        section("missing", lang, *_missing(plan, lang)),
        section("course", lang, *_course(course, lang)),
        section("consents", lang, consents(course, lang)),
        section("money", lang, *money(course, lang)),
        section("answers", lang, *_answers(course, lang)),
        section("lifecycle", lang, _way(course, lang)),
    ]
    edition = Words(procedure, proposal, lang).edition(procedure)
    foot = [f"{procedure.title} ({edition}). SHA-256 {procedure.sha256}.", word("foot", lang)]
    above = word("above", lang, course.name)
    lead = element("p", proposal.summary, class_="lead") if proposal.summary else None
    return framed(proposal.title or course.name, above, lead, sections, foot, lang)


def _stands(course: Course, plan: Plan, lang: str) -> Iterator[Element]:
    proposal, zone = course.proposal, course.procedure.zone
    words = Words(course.procedure, proposal, lang)
    been = {step.after.phase for step in course.shown() if step.after.phase}
    yield stepper(proposal.phase, lang, been)
    yield standing(plan, lang)
    people = phrases.listed((each.name for each in proposal.participants), lang)
    since = phrases.moment(proposal.since, lang, zone) if proposal.since else None
    proposer = words.organisation(proposal.proposer) if proposal.proposer else None
    need = proposal.description.need if proposal.description else None
    yield facts(
        (label("seen", "since", lang), since),
        (label("report", "round", lang), proposal.round and words.round(proposal.round)),
        (
            label("seen", "proposer", lang),
            proposer,
        ),
        (label("seen", "participants", lang), people),
        (label("seen", "need", lang), need),
        (word("as_of", lang), phrases.moment(plan.at, lang, zone)),
    )


def standing(plan: Plan, lang: str) -> Element:
    """Return in a sentence where a case stands, and what comes next."""
    phase, told = plan.history.proposal.phase, Told(plan, lang)
    named = label("phases", phase, lang) if phase else label("report", "no_phase", lang)
    if phase in FINAL or not plan.steps:
        return notice("calm", element("strong", f"{named}. "), label("report", "final", lang))
    step = plan.steps[0]
    due = f"{told.step(step)} ({told.who(step)}), {told.last(step.last)}."
    if plan.lost:
        late = word("lost", lang, told.round())
        return notice("bad", element("strong", f"✗ {named}. {late} "), word("next", lang, due))
    return notice("good", element("strong", f"{named}. "), word("next", lang, due))


def _missing(plan: Plan, lang: str) -> Iterator[Element]:
    if plan.history.proposal.phase in FINAL:
        yield element("p", label("plan", "final", lang))
        return
    yield element("p", label("plan", "title", lang).format(Told(plan, lang).round()) + ".")
    yield plan_table(plan, lang)
    yield element("p", word("scale", lang), class_="small")
    if plan.gates is not None and not plan.decided:
        yield element("h3", label("plan", "if_lost", lang))
        yield element("p", _if_lost(plan, lang))


def _if_lost(plan: Plan, lang: str) -> str:
    after = plan.if_lost()
    if after is None:
        return label("plan", "no_next", lang)
    told, first = Told(after, lang), after.steps[0]
    return told.word("next_round", told.round(), told.step(first), told.last(first.last))


def _course(course: Course, lang: str) -> Iterator[Content]:
    if not course.steps:
        yield element("p", label("report", "no_phase", lang))
        return
    yield scrolled(strip_of(course.procedure, course.shown(), lang), word("course", lang))
    yield timeline(course.procedure, course.shown(), lang)


def _answers(course: Course, lang: str) -> Iterator[Element]:
    for number, step in enumerate(course.steps, start=1):
        yield _answer(number, step.decision, lang)


def _answer(number: int, decision: Decision, lang: str) -> Element:
    words, command = Words(decision.procedure, decision.proposal, lang), decision.command
    state = "kept" if decision.permitted else "broken"
    asked = f"{words.moment(command.at)} · {words.actor(command.by)} · "
    return element(
        "article",
        element("h3", f"{number} {words.command(command)}"),
        element("p", asked, element("strong", verdict(decision, lang), class_=state)),
        checklist("", decision.findings, lang),
        class_="answer",
    )


def _way(course: Course, lang: str) -> Element:
    picture = Lifecycle(course.history, lang).picture()
    return scrolled(picture, word("lifecycle", lang)) if picture.tag == "img" else picture
