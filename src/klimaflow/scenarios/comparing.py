"""What changes from one scenario to another, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from attrs import field, frozen

from klimaflow import phrases
from klimaflow.decider import Decision, Finding
from klimaflow.markup.sheet import Sheet
from klimaflow.markup.tables import html_table
from klimaflow.moments import Moment, span
from klimaflow.phrases import label
from klimaflow.procedure import Strength
from klimaflow.proposal import Phase
from klimaflow.report.course import Course
from klimaflow.rules import KNOWN_MOVE
from klimaflow.scenarios.scenario import Scenario
from klimaflow.seen.words import Words

__all__ = ["Compared", "compare"]

_FEW_DAYS = timedelta(days=2)
"""From so much on the hours are not told."""


@frozen(eq=False)
class Compared(Sheet):
    """Two scenarios and their courses, `before` and `after`."""

    a: Scenario = field(repr=lambda scenario: scenario.name)
    b: Scenario = field(repr=lambda scenario: scenario.name)
    before: Course = field(repr=False)
    after: Course = field(repr=False)

    @property
    def changes_nothing(self) -> bool:
        """Whether phase, round, start, grant and each reason of a refusal or remark are the same.

        The moments of the steps before the start may be others.
        """
        return _outcome(self.before) == _outcome(self.after) and not (self.new or self.gone)

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that are broken after, and not before."""
        there = _broken(self.before)
        return tuple(each for key, each in _broken(self.after).items() if key not in there)

    @property
    def gone(self) -> tuple[Finding, ...]:
        """The findings that are broken before, and no longer after."""
        there = _broken(self.after)
        return tuple(each for key, each in _broken(self.before).items() if key not in there)

    def sentences(self, lang: str = "en") -> tuple[str, ...]:
        """Return what changes and why, in `en` or `da`; that nothing does, if so."""
        if self.changes_nothing:
            return (_word("changes_nothing", lang, self._came_to(lang)),)
        why = (*self._why("new", self.new, lang), *self._why("gone", self.gone, lang))
        same = _word("same_outcome", lang, self._came_to(lang))
        return (*(self._outcomes(lang) or [same]), *why)

    def _came_to(self, lang: str) -> str:
        proposal = self.after.proposal
        phase = _phase(proposal.phase, lang)
        if proposal.round is None:
            return _word("came_to", lang, phase)
        words = Words(self.after.procedure, proposal, lang)
        return _word("in_round", lang, phase, words.round(proposal.round))

    def _outcomes(self, lang: str) -> list[str]:
        return [*self._told(lang)]

    def _told(self, lang: str) -> Iterator[str]:
        before, after = self.before.proposal, self.after.proposal
        if before.phase is not after.phase:
            yield _word("phase", lang, _phase(after.phase, lang), _phase(before.phase, lang))
        if before.round != after.round and after.round is not None:
            now, then = (
                Words(course.procedure, course.proposal, lang).round(course.proposal.round)
                if course.proposal.round
                else label("plan", "no_round", lang)
                for course in (self.after, self.before)
            )
            yield _word("round", lang, now, then)
        starts = _started(self.before), _started(self.after)
        if starts[0] and starts[1] and starts[0] != starts[1]:
            yield self._start(starts[0], starts[1], lang)
        if before.granted != after.granted:
            sides = (Words(c.procedure, c.proposal, lang) for c in (self.after, self.before))
            grants = (after.granted, before.granted)
            yield _word("grant", lang, *(w.amounts(g) for w, g in zip(sides, grants, strict=True)))

    def _start(self, before: Moment, after: Moment, lang: str) -> str:
        apart = span(before, after)
        whole = timedelta(days=abs(apart).days)
        long = phrases.days(whole, lang) if whole >= _FEW_DAYS else phrases.span(abs(apart), lang)
        at = phrases.moment(after, lang, self.after.procedure.zone)
        return _word("starts_later" if apart > timedelta(0) else "starts_sooner", lang, at, long)

    def _why(self, name: str, found: tuple[Finding, ...], lang: str) -> Iterator[str]:
        for each in found:
            binding = each.strength is Strength.BINDING
            kind = _word(f"{name}_{'refusal' if binding else 'remark'}", lang)
            yield f"{kind} {each.rule}: {each.explained(lang)}"

    def explained(self, lang: str = "en") -> str:
        """Return the changes and the sentences, a line each."""
        return "\n".join((self._title(lang), *(f"  {each}" for each in self.sentences(lang))))

    def _title(self, lang: str) -> str:
        told = [", ".join(s.explained(lang)) or _word("as_it_is", lang) for s in (self.b, self.a)]
        return _word("compared", lang, self.b.name, *told)

    def __str__(self) -> str:
        return self.explained()

    def _html(self, lang: str) -> str:
        head = [_word("what_changes", lang)]
        return html_table(self._title(lang), head, [(each,) for each in self.sentences(lang)])


def compare(a: Scenario, b: Scenario) -> Compared:
    """Return what changes from scenario `a` to scenario `b`, and why; both are run."""
    return Compared(a, b, a.run(), b.run())


def _word(name: str, lang: str, *values: object) -> str:
    return label("scenarios", name, lang).format(*values)


def _phase(phase: Phase | None, lang: str) -> str:
    return label("phases", phase, lang) if phase else label("words", "before_any_phase", lang)


def _started(course: Course) -> Moment | None:
    return course.proposal.since if course.proposal.phase is Phase.STARTED else None


def _outcome(course: Course) -> object:
    proposal = course.proposal
    return proposal.phase, proposal.round, _started(course), proposal.granted


def _broken(course: Course) -> dict[tuple[object, ...], Finding]:
    """Return what is broken in the last answer to each command, by that and by what it is about."""
    answers = {_asked(step.decision): step.decision for step in course.steps}
    return {
        (*asked, each.rule, each.strength): each
        for asked, decision in answers.items()
        for each in decision.findings
        if not each.holds and each.rule != KNOWN_MOVE.id
    }


def _asked(decision: Decision) -> tuple[object, ...]:
    command = decision.command
    about = (getattr(command, name, None) for name in ("funder", "criterion"))
    return command.do, *about, decision.facts.round if hasattr(command, "round") else None
