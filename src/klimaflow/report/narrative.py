"""A course as a page that one reads: each step with its answer, and where the proposal stands."""

from __future__ import annotations

from collections.abc import Iterator

from klimaflow.decider import Decision, Finding
from klimaflow.lifecycle import Move, moves_from
from klimaflow.options import Option
from klimaflow.parties import Actor, Role
from klimaflow.phrases import label
from klimaflow.procedure import Procedure, Strength
from klimaflow.proposal import FINAL, Condition, Phase, Proposal
from klimaflow.report.course import Answered, Course
from klimaflow.report.page import CROSS, TICK, Grid, Line, Page, Span
from klimaflow.seen.words import Words, quoted

__all__ = ["ASIDE", "course_page", "onward"]

MARGIN = 7
ASIDE = frozenset({Phase.SPARRING, Phase.REJECTED, Phase.WITHDRAWN})
"""Phases that no proposal has to come to."""


def course_page(course: Course, lang: str = "en") -> Page:
    """Return the whole course: its heading, its steps, and where the proposal stands."""
    before = Proposal()
    page: list[Line | Grid] = [*_heading(course, lang)]
    for number, step in enumerate(course.steps, start=1):
        page += [Line(), *_step(number, step, before.phase, lang)]
        before = step.history.proposal
    return [*page, Line(), *_standing(course, lang)]


def _heading(course: Course, lang: str) -> Iterator[Line]:
    procedure = course.procedure
    words = Words(procedure, course.proposal, lang)
    yield Line([Span(course.proposal.title or course.name, "title")])
    yield _fact("case", course.name, lang)
    yield _fact("procedure", procedure.title, lang)
    yield Line([Span(words.edition(procedure), "dim")], indent=12)
    for change in course.history.changes:
        yield _fact("moved", words.change(change), lang)


def _fact(name: str, text: str | Span, lang: str) -> Line:
    return Line([text], indent=12, mark=[Span(label("report", name, lang), "dim")])


def _step(number: int, step: Answered, before: Phase | None, lang: str) -> Iterator[Line]:
    decision, command = step.decision, step.decision.command
    words = Words(decision.procedure, decision.proposal, lang)
    mark = TICK if decision.permitted else CROSS
    yield Line([words.command(command)], MARGIN, [Span(f"{number:>3}  ", "dim"), mark])
    asked = f"{words.moment(command.at)} · {words.actor(command.by)}"
    if decision.permitted:
        yield Line([asked, *_outcome(step, before, lang)], MARGIN)
    else:
        yield Line([asked], MARGIN)
        yield Line([Span(verdict(decision, lang), "bad"), f". {_stays(before, lang)}"], MARGIN)
    for finding in decision.findings:
        if not finding.holds:
            yield _broken(finding, lang)
            if not decision.permitted:
                yield from _cited(finding, decision.procedure, lang)


def _outcome(step: Answered, before: Phase | None, lang: str) -> Iterator[str | Span]:
    """Yield the phase after a permitted step, and whether there are remarks."""
    after = step.history.proposal.phase
    moved = after is not before
    yield " → " if moved else " · "
    yield Span(label("phases", str(after), lang), "phase" if moved else "dim")
    if step.decision.remarks:
        yield Span(f" · {label('report', 'with_remarks', lang)}", "remark")


def _stays(phase: Phase | None, lang: str) -> str:
    if phase is None:
        return label("report", "stays_before", lang)
    return label("report", "stays", lang).format(label("phases", phase, lang))


def verdict(decision: Decision, lang: str) -> str:
    """Return the verdict as the beginning of a sentence."""
    word = "permitted_with_remarks" if decision.remarks else "permitted"
    text = label("words", word if decision.permitted else "refused", lang)
    return text[:1].upper() + text[1:]


def _broken(finding: Finding, lang: str) -> Line:
    """Return what a broken rule says."""
    binds = finding.strength is Strength.BINDING
    mark = CROSS if binds else Span("!", "remark")
    rule = finding.rule if binds else f"{finding.rule} ({label('report', 'remark', lang)})"
    sentence = finding.explained(lang)
    return Line([Span(f"{rule}: ", mark.style), sentence], MARGIN + 2, [" " * MARGIN, mark])


def _cited(finding: Finding, procedure: Procedure, lang: str) -> Iterator[Line]:
    """Yield the document's words, if the rule rests on them; our own are in the sentence."""
    source = finding.source
    if source.document == procedure.source.document:
        yield Line([Span(f"{quoted(source.quote, lang)} ({source.section})", "dim")], MARGIN + 4)


def _standing(course: Course, lang: str) -> Iterator[Line | Grid]:
    proposal = course.proposal
    words = Words(course.procedure, proposal, lang)
    yield Line([Span(label("report", "where_it_stands", lang), "title")])
    phase = label("phases", proposal.phase, lang) if proposal.phase else None
    yield _fact("phase", Span(phase or label("report", "no_phase", lang), "phase"), lang)
    no_round = label("report", "no_round", lang)
    yield _fact("round", words.round(proposal.round) if proposal.round else no_round, lang)
    yield from _grant(course, words)
    yield from _conditions(proposal, lang)
    yield from _next(course, lang)
    yield _tally(course, lang)


def _grant(course: Course, words: Words) -> Iterator[Line]:
    lang, granted, consents = words.lang, course.proposal.granted, course.consents()
    if not granted:
        yield _fact("granted", label("report", "no_grant", lang), lang)
    for number, (funder, amount) in enumerate(granted.items()):
        status = consents.get(funder)
        consent = label("report", "no_consent", lang)
        if status is not None:
            consent = label("report", "consent", lang).format(label("consents", status, lang))
        style = "good" if status in ("given", None) else "bad"
        amounts = f"{words.funder(funder)}: {words.kroner(amount)}, "
        mark = "" if number else label("report", "granted", lang)
        yield Line([amounts, Span(consent, style)], 12, [Span(mark, "dim")])


def _conditions(proposal: Proposal, lang: str) -> Iterator[Line]:
    given = (consent for consent in proposal.consents.values() if consent.given)
    conditions: list[Condition] = [*proposal.grant.conditions] if proposal.grant else []
    conditions += (condition for consent in given for condition in consent.conditions)
    for number, condition in enumerate(conditions):
        met = Span(label("report", "condition_unmet", lang), "bad")
        if condition.met is not None:
            reason = quoted(condition.met, lang)
            met = Span(label("report", "condition_met", lang).format(reason), "good")
        mark = "" if number else label("report", "conditions", lang)
        yield Line([f"{quoted(condition.text, lang)}, ", met], 12, [Span(mark, "dim")])


def _next(course: Course, lang: str) -> Iterator[Line]:
    if course.proposal.phase in FINAL:
        yield _fact("next", label("report", "final", lang), lang)
        return
    mark = label("report", "next", lang)
    for option in onward(course):
        named = label("commands", option.do, lang)
        if option.permitted:
            missing = label("report", "nothing_missing", lang)
            yield Line([f"{named}: ", Span(missing, "good")], 12, [Span(mark, "dim")])
        else:
            yield Line([f"{named}:"], 12, [Span(mark, "dim")])
        for finding in option.missing:
            yield Line([finding.explained(lang)], 14, [" " * 12, CROSS])
        mark = ""


def onward(course: Course) -> Iterator[Option]:
    """Yield what leads the proposal on as of the latest step, and what is missing for it."""
    at = course.latest
    for move in moves_from(course.proposal.phase):
        if at is None or move.target in ASIDE or move.target is move.source:
            continue
        possible = course.history.possible(at, _likeliest(course, move))
        likely = next(option for option in possible if option.decision.move is move)
        command = likely.decision.command
        option = Option(course.history.decide(command, committed=course.committed))
        if "qualification-first" not in {finding.rule for finding in option.missing}:
            yield option


def _likeliest(course: Course, move: Move) -> Actor:
    """Return an actor who may make the move, if the policy lets anyone."""
    roles = course.procedure.authority.at.get((move.command.do, move.source), ())
    role = Role(next((each for each in roles if each in Role.__members__.values()), Role.PROPOSER))
    return Actor(role, course.proposal.proposer or "0000")


def _tally(course: Course, lang: str) -> Line:
    permitted = [step for step in course.steps if step.decision.permitted]
    remarked = [step for step in permitted if step.decision.remarks]
    refused = len(course.steps) - len(permitted)
    counts = len(course.steps), len(permitted), len(remarked), refused
    return _fact("steps", label("report", "tally", lang).format(*counts), lang)
