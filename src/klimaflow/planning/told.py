"""The words for one plan: its round, its steps, who takes each and by when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from klimaflow import phrases
from klimaflow.moments import MICROSECOND, Moment, date_of, day
from klimaflow.phrases import label
from klimaflow.seen.words import Words, criterion_label, quoted

if TYPE_CHECKING:
    from klimaflow.decider import Finding
    from klimaflow.planning.ahead import Step
    from klimaflow.planning.plans import Plan

__all__ = ["Told"]

FEW_DAYS = 2
"""From so many days on the hours are not told."""


class Told:
    """The words for one plan in one language. `name` is that of the case, if there is one."""

    def __init__(self, plan: Plan, lang: str, name: str | None = None) -> None:
        procedure, proposal = plan.history.procedure, plan.history.proposal
        self.plan, self.lang, self.zone = plan, lang, procedure.zone
        self.words = Words(procedure, proposal, lang)
        self._labels = {each.id: criterion_label(each, lang) for each in procedure.criteria}
        self.title = proposal.title or name or procedure.title

    def word(self, name: str, *values: object) -> str:
        return label("plan", name, self.lang).format(*values)

    def round(self) -> str:
        """Return what the round is called."""
        return self.words.round(self.plan.round) if self.plan.round else self.word("no_round")

    def step(self, step: Step) -> str:
        """Return what a step is called: `Assess a criterion: “Solutions … will be open …”`."""
        named, about = label("commands", step.do, self.lang), self.plan.about(step)
        if about is None or self._funder(step):
            return named
        return f"{named}: {quoted(self._labels.get(about, about), self.lang)}"

    def _funder(self, step: Step) -> str | None:
        return self.plan.about(step) if hasattr(step.decision.command, "funder") else None

    def who(self, step: Step) -> str:
        """Return who may take a step, as the policy file says; the party itself, if it is known."""
        if (funder := self._funder(step)) is not None:
            return self.words.funder(funder)
        if not step.roles:
            return label("words", "nobody", self.lang)
        *first, last = (label("roles", each, self.lang) for each in step.roles)
        return label("laid_down", "or", self.lang).format(", ".join(first), last) if first else last

    def because(self, step: Step) -> str | None:
        """Return what calls for a step; not the names of parties that no budget names yet."""
        supposed = hasattr(step.decision.command, "funder") and self._funder(step) is None
        return None if step.because is None or supposed else step.because.explained(self.lang)

    def same_cause(self, step: Step, before: Step | None) -> bool:
        """Tell whether two steps mend the same rule, whose sentence is then said once."""
        if before is None or before.because is None or step.because is None:
            return False
        return step.because.rule == before.because.rule

    def last(self, at: Moment | None) -> str:
        """Return by when: a moment, or a day to its end."""
        if at is None:
            return self.word("whenever")
        whole = day(date_of(at, self.zone), self.zone)
        if at == whole.ends_at - MICROSECOND:
            return self.word("by_the_end", phrases.day(whole.on, self.lang))
        return self.word("by", phrases.moment(at, self.lang, self.zone))

    def span(self, span: timedelta) -> str:
        """Return a length of time without its sign, in whole days if there are some."""
        if abs(span).days >= FEW_DAYS:
            return phrases.days(timedelta(days=abs(span).days), self.lang)
        return phrases.span(span, self.lang)

    def quoted(self, finding: Finding) -> str | None:
        """Return the document's words for a finding; None if it rests on words of our own."""
        source = finding.source
        if source.document != self.plan.history.procedure.source.document:
            return None
        return f"{quoted(source.quote, self.lang)} ({source.section})"
