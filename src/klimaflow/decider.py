"""`decide` answers a command, `evolve` obeys an event; a `Decision` stands between the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import attrs
from attrs import field, frozen

from klimaflow import events as happened
from klimaflow import wording
from klimaflow.commands import Command
from klimaflow.errors import HistoryError
from klimaflow.events import Event
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import BY_PHASE_AND_DEED, Move
from klimaflow.making import Made, copier, maker, thawer
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import iso_days, iso_duration
from klimaflow.procedure import Procedure, Source, Strength
from klimaflow.proposal import (
    Assessment,
    Budget,
    Condition,
    Consent,
    ConsentStatus,
    Description,
    Grant,
    Proposal,
)
from klimaflow.rules import BY_THE_DAY, KNOWN_MOVE, NO_LATER_THAN, Margin, Rule, asked
from klimaflow.seen.decision import decision_html, findings_html

__all__ = ["Decision", "Finding", "decide", "evolve"]

NOTHING_COMMITTED: Final[FrozenMap[str, int]] = FrozenMap()


@frozen(eq=False)
class Finding(Sheet):
    """What one rule says of one command: kept or broken, why, by how much, and where it stands."""

    _rule: Rule
    holds: bool
    strength: Strength
    _facts: Facts = field(repr=False)

    @property
    def rule(self) -> str:
        """The id of the rule."""
        return self._rule.id

    @property
    def because(self) -> str:
        """One English sentence with the figures and, where the rule is broken, the way out."""
        return self.explained("en")

    @property
    def because_da(self) -> str:
        """The same sentence in Danish."""
        return self.explained("da")

    def explained(self, lang: str) -> str:
        """Return the sentence in `en` or `da`."""
        return wording.because(self._rule, self._facts, self.holds, lang)

    @property
    def margin(self) -> Margin:
        """How far from the line, positive to spare: a number, time or days; None if not known."""
        return self._rule.margin(self._facts)

    @property
    def source(self) -> Source:
        """The document, section and words that the rule rests on; our own words in English."""
        return self.sourced("en")

    def sourced(self, lang: str) -> Source:
        """Return the same, our own words in `en` or `da`."""
        return self._rule.source(self._facts, lang)

    @property
    def of_deadline(self) -> bool:
        """Whether a moment is held against the last one, or the last day, that is in time."""
        return self._rule.direction in (NO_LATER_THAN, BY_THE_DAY)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values; a time is an ISO 8601 duration, whole days are `P1D`."""
        margin = self.margin
        iso = iso_days if self._rule.direction.whole_days else iso_duration
        return {
            "rule": self.rule,
            "holds": self.holds,
            "strength": str(self.strength),
            "because": self.explained(lang),
            "margin": iso(margin) if isinstance(margin, timedelta) else margin,
            "source": attrs.asdict(self.source),
        }

    def _html(self, lang: str) -> str:
        return findings_html([self], lang)


@frozen(eq=False, weakref_slot=False)
class Decision(Sheet):
    """The answer to one command: what every rule finds, and the events if it is permitted.

    Words and margins are made when they are read.
    """

    facts: Facts = field(repr=False)
    move: Move | None
    broken: tuple[Rule, ...] = field(repr=False)
    """The rules that the command breaks, binding or not, in the lifecycle's order."""
    events: tuple[Event, ...]

    @property
    def permitted(self) -> bool:
        """Whether no binding rule is broken."""
        return bool(self.events)

    @property
    def procedure(self) -> Procedure:
        """The procedure that was applied; its id, edition and SHA-256 identify it."""
        return self.facts.procedure

    @property
    def proposal(self) -> Proposal:
        """The proposal as it was when the command came."""
        return self.facts.proposal

    @property
    def command(self) -> Command:
        """What was asked for."""
        command: Command = self.facts.command
        return command

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What every rule of the move says, kept or broken, in the lifecycle's order."""
        asked = (KNOWN_MOVE,) if self.move is None else self.move.rules
        strengths = ((rule, _strength(self.facts, rule)) for rule in asked)
        return tuple(
            Finding(rule, rule not in self.broken, strength, self.facts)
            for rule, strength in strengths
            if strength is not None
        )

    @property
    def refused_by(self) -> tuple[str, ...]:
        """The ids of the broken binding rules, sorted."""
        return self._ids(Strength.BINDING)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The ids of the broken advisory rules, sorted."""
        return self._ids(Strength.ADVISORY)

    def _ids(self, strength: Strength) -> tuple[str, ...]:
        return tuple(
            sorted(rule.id for rule in self.broken if _strength(self.facts, rule) is strength)
        )

    def explained(self, lang: str = "en") -> str:
        """Return every requirement, met or not, with its sentence, in `en` or `da`."""
        return wording.decision(self, lang)

    def __str__(self) -> str:
        return self.explained()

    def _html(self, lang: str) -> str:
        return decision_html(self, lang)


_decision = maker(Decision)


def _strength(facts: Facts, rule: Rule) -> Strength | None:
    return facts.procedure.strength(rule.id, facts.command.do)


def decide(
    procedure: Procedure,
    proposal: Proposal,
    command: Command,
    *,
    committed: Mapping[str, int] = NOTHING_COMMITTED,
) -> Decision:
    """Answer a command: every rule's finding, and the events if none that binds is broken.

    `committed` is what each fund has promised to other tracks, in kroner. A refusal is an answer
    and raises nothing. The same arguments give the same answer.
    """
    facts = Facts(procedure, proposal, command, committed)
    move = BY_PHASE_AND_DEED.get((proposal.phase, type(command)))
    if move is None:
        return _decision(facts, None, (KNOWN_MOVE,), ())
    broken = _BROKEN[move](facts)
    if broken and any(_strength(facts, rule) is Strength.BINDING for rule in broken):
        return _decision(facts, move, broken, ())
    return _decision(facts, move, broken, (_EVENT[move.event](facts),))


def evolve(proposal: Proposal, event: Event) -> Proposal:
    """Return the proposal after an event; no rule is asked.

    Raises `HistoryError` for an event that the lifecycle does not have in this phase.
    """
    move = BY_PHASE_AND_DEED.get((proposal.phase, type(event)))
    if move is None:
        phase = "before there is any phase" if proposal.phase is None else f"in {proposal.phase}"
        raise HistoryError(f"the lifecycle has no {type(event).__name__} {phase}")
    return obeyed(proposal, event, move)


def obeyed(proposal: Proposal, event: Event, move: Move) -> Proposal:
    """Return the proposal after an event of this move, which leads out of its phase."""
    draft = _thawed(proposal)
    _FOLD_OF.get(type(event), _nothing_else)(draft, event)
    if move.target is not proposal.phase:
        draft.phase = move.target
        draft.since = event.at
    draft.__class__ = Proposal
    evolved: Proposal = draft
    return evolved


_thawed = thawer(Proposal)


def _copied(event: type[Event]) -> Callable[[Facts], Event]:
    """Return a maker of an event whose fields are those of its command."""
    copy = copier(event)
    return lambda facts: copy(facts.command)


_make_submitted = maker(happened.SubmittedForApproval)
_make_approved = maker(happened.Approved)
_make_grant = maker(Grant)


def _kept(committed: Mapping[str, int]) -> FrozenMap[str, int]:
    return committed if isinstance(committed, FrozenMap) else FrozenMap(committed)


def _submitted_for_approval(facts: Facts) -> Event:
    command = facts.command
    return _make_submitted(command.at, command.by, facts.round)


def _approved(facts: Facts) -> Event:
    command, granted = facts.command, facts.granted or FrozenMap()
    committed = _kept(facts.committed)
    return _make_approved(command.at, command.by, granted, command.conditions, committed)


def _grant_amended(facts: Facts) -> Event:
    command, committed = facts.command, _kept(facts.committed)
    return happened.GrantAmended(command.at, command.by, command.granted, command.reason, committed)


_RESOLVED: dict[type[Event], Callable[[Facts], Event]] = {
    happened.SubmittedForApproval: _submitted_for_approval,
    happened.Approved: _approved,
    happened.GrantAmended: _grant_amended,
}
_BROKEN: Made[Move, Callable[[Facts], tuple[Rule, ...]]] = Made(lambda move: asked(move.rules))
"""Which rules of a move the facts break."""
_EVENT: Made[type[Event], Callable[[Facts], Event]] = Made(
    lambda event: _RESOLVED.get(event) or _copied(event)
)
"""What happens if a command is permitted, by the event of its move."""

_NONE: Final[FrozenMap[str, Any]] = FrozenMap()  # of whatever a field maps to

Draft = Any  # a Proposal that is not frozen yet; see `making.thawer`


def _nothing_else(_draft: Draft, _event: Event) -> None:
    """Change nothing besides the phase."""


def _idea_registered(draft: Draft, event: happened.IdeaRegistered) -> None:
    draft.proposer = event.by.organisation
    draft.title = event.title
    draft.summary = event.summary


def _participants_enlisted(draft: Draft, event: happened.ParticipantsEnlisted) -> None:
    by_id = {each.id: each for each in draft.participants}
    for each in event.participants:
        by_id.setdefault(each.id, each)
    draft.participants = tuple(by_id.values())


def _participant_released(draft: Draft, event: happened.ParticipantReleased) -> None:
    draft.participants = tuple([p for p in draft.participants if p.id != event.participant])


def _track_described(draft: Draft, event: happened.TrackDescribed) -> None:
    draft.description = Description(
        event.need, event.elements, event.results_open, event.proven_solution
    )


def _budget_proposed(draft: Draft, event: happened.BudgetProposed) -> None:
    draft.budget = Budget(event.contributions, event.cofinancing)


def _round_chosen(
    draft: Draft,
    event: happened.SubmittedForQualification | happened.SubmittedForApproval | happened.Deferred,
) -> None:
    draft.round = event.round


def _criterion_assessed(draft: Draft, event: happened.CriterionAssessed) -> None:
    judged = Assessment(event.met, event.reason)
    draft.assessments = draft.assessments.with_(event.criterion, judged)


def _approved_by_committee(draft: Draft, event: happened.Approved) -> None:
    conditions = tuple([Condition(text) for text in event.conditions])
    draft.grant = _make_grant(event.granted, sum(event.granted.values()), conditions)
    draft.consents = _NONE


def _returned(draft: Draft, _event: happened.Returned) -> None:
    draft.assessments = draft.consents = _NONE
    draft.grant = None
    draft.revision += 1


def _consent_given(draft: Draft, event: happened.ConsentGiven) -> None:
    conditions = tuple([Condition(text) for text in event.conditions])
    consent = Consent(ConsentStatus.GIVEN, event.at, event.amount, conditions, event.valid_until)
    draft.consents = draft.consents.with_(event.funder, consent)


def _consent_refused(draft: Draft, event: happened.ConsentRefused) -> None:
    refused = Consent(ConsentStatus.REFUSED, event.at)
    draft.consents = draft.consents.with_(event.funder, refused)


def _consent_withdrawn(draft: Draft, event: happened.ConsentWithdrawn) -> None:
    withdrawn = Consent(ConsentStatus.WITHDRAWN, event.at)
    draft.consents = draft.consents.with_(event.funder, withdrawn)


def _condition_met(draft: Draft, event: happened.ConditionMet) -> None:
    def met(of: Grant | Consent) -> Any:  # the same, its conditions with that text met
        now = Condition(event.condition, event.reason)
        texts = [now if each.text == event.condition else each for each in of.conditions]
        return attrs.evolve(of, conditions=tuple(texts))

    draft.grant = draft.grant and met(draft.grant)
    draft.consents = FrozenMap({funder: met(each) for funder, each in draft.consents.items()})


def _amended(draft: Draft, event: happened.GrantAmended) -> None:
    before = draft.grant or Grant(_NONE, sum(event.granted.values()))
    consents = {
        funder: _after_amendment(consent, before.amounts.get(funder, 0), event.granted[funder])
        for funder, consent in draft.consents.items()
        if event.granted.get(funder, 0)
    }
    draft.grant = attrs.evolve(before, amounts=event.granted)
    draft.consents = FrozenMap({f: each for f, each in consents.items() if each is not None})


def _after_amendment(consent: Consent, before: int, now: int) -> Consent | None:
    """Return what is left of a consent: more than it covers voids it, and any change a refusal."""
    if consent.given and now > consent.amount:
        return Consent(ConsentStatus.VOID, consent.at)
    return None if consent.status is ConsentStatus.REFUSED and now != before else consent


_FOLD_OF: dict[type[Event], Callable[[Draft, Any], None]] = {
    happened.IdeaRegistered: _idea_registered,
    happened.ParticipantsEnlisted: _participants_enlisted,
    happened.ParticipantReleased: _participant_released,
    happened.TrackDescribed: _track_described,
    happened.BudgetProposed: _budget_proposed,
    happened.SubmittedForQualification: _round_chosen,
    happened.CriterionAssessed: _criterion_assessed,
    happened.SubmittedForApproval: _round_chosen,
    happened.Approved: _approved_by_committee,
    happened.Returned: _returned,
    happened.Deferred: _round_chosen,
    happened.ConsentGiven: _consent_given,
    happened.ConsentRefused: _consent_refused,
    happened.ConsentWithdrawn: _consent_withdrawn,
    happened.ConditionMet: _condition_met,
    happened.GrantAmended: _amended,
}
"""What an event changes besides the phase."""
