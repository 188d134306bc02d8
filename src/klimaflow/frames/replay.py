"""A row as a history from the idea on, where there is one that leads to it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from klimaflow.commands import COMMANDS
from klimaflow.decider import Decision
from klimaflow.errors import FrameError, NotPermitted
from klimaflow.frames.rows import INSIDE, acting
from klimaflow.history import History
from klimaflow.moments import MICROSECOND, Moment, moment
from klimaflow.parties import AUTHORITY_KINDS, Actor, Participant, Role, authorities
from klimaflow.procedure import Gates, Procedure
from klimaflow.proposal import OPEN, Consent, ConsentStatus

__all__ = ["enlisted", "leading_to"]

_WHY = "As the row says."
_IDEA, _SPARRING, _QUALIFICATION, _APPROVAL, _COMMITTEE, _CONSENT = OPEN


def leading_to(decision: Decision) -> History:
    """Return a history that leads to where the decision was made, and to the same answer.

    It is the plainest that there is. Raises `FrameError` if a step on the way is refused, or if
    the answer is another one there.
    """
    way = _Way(decision)
    try:
        way.go()
        again = way.history.decide(decision.command, committed=decision.facts.committed)
    except NotPermitted as error:
        refused = error.decision
        said = f"{refused.command.do} on the way is refused by {', '.join(refused.refused_by)}"
        raise FrameError([f"no case leads to this row: {said}"]) from None
    if again.broken != decision.broken:
        raise FrameError(["no case leads to this row: what it says does not go together"])
    return way.history


class _Way:
    """The steps that lead to a proposal, each taken by somebody who may, and as late as need be."""

    def __init__(self, decision: Decision) -> None:
        self.decision, self.aim = decision, decision.proposal
        self.procedure, self.history = decision.procedure, History(decision.procedure)
        self.since: Any = self.aim.since
        self.gates = self._round()

    def go(self) -> None:
        """Take them."""
        steps = {_IDEA: self._idea, _SPARRING: self._sparring, _QUALIFICATION: self._qualify}
        steps |= {_APPROVAL: self._apply, _COMMITTEE: self._to_committee, _CONSENT: self._approve}
        step = steps.get(self.aim.phase or _IDEA)
        if step is None:
            raise FrameError([f"no case is made for a row that is {self.aim.phase}"])
        step(self.since)
        self._let_go()

    def _round(self) -> Gates | None:
        """Return the proposal's round, or else the last one whose committee had met by then."""
        gates = self.procedure.gates
        if self.aim.phase is not _CONSENT:
            return gates.get(self.aim.round or "")
        met = [each for each in gates.values() if each.meeting.begins_at <= self.since]
        return met[-1] if met else None

    def _do(self, do: str, at: Moment, **own: Any) -> None:
        by = self._somebody(do, own.get("funder"))
        command = COMMANDS[do](at=at, by=by, **own)
        self.history = self.history.then(command, committed=self.decision.facts.committed)

    def _somebody(self, do: str, funder: str | None) -> Actor:
        role = acting(self.procedure, do, self.history.proposal.phase)
        own = (Role.PROPOSER, Role.PARTICIPANT)
        return Actor(role, INSIDE if role in own else funder or str(role))

    def _idea(self, at: Moment) -> None:
        self._do("register-idea", at, title=_WHY)
        count = max(len(self.aim.participants), self.procedure.participants.minimum)
        self._do("enlist-participants", at, participants=enlisted(self.procedure, count))
        budget, asked = self.aim.budget, dict(self.aim.granted)
        if budget is not None:
            asked = dict(budget.contributions)
        late = self.aim.phase not in (_IDEA, _SPARRING, _QUALIFICATION)
        if budget is not None or late:
            cofinancing = 0 if budget is None else budget.cofinancing
            self._do("propose-budget", at, contributions=asked, cofinancing=cofinancing)

    def _sparring(self, at: Moment) -> None:
        self._idea(at)
        self._do("hold-sparring", at, adviser=_WHY)

    def _qualify(self, at: Moment) -> None:
        by = self.gates and self.gates.qualification_closes_at
        self._idea(min(at, by or at))
        self._do("submit-for-qualification", at, round=self._round_id)
        for criterion in self.procedure.criteria:
            judged = self.aim.assessments.get(criterion.id)
            if judged is not None or self.aim.phase is not _QUALIFICATION:
                met = judged is None or judged.met
                self._do("assess-criterion", at, criterion=criterion.id, met=met, reason=_WHY)

    def _apply(self, at: Moment) -> None:
        self._qualify(min(at, self.gates.qualification_closes_at) if self.gates else at)
        self._do("submit-for-approval", at)

    def _to_committee(self, at: Moment) -> None:
        self._apply(min(at, self.gates.approval_closes_at) if self.gates else at)
        self._do("put-before-committee", at)

    def _approve(self, at: Moment) -> None:
        last = moment(self.gates.meeting.ends_at - MICROSECOND) if self.gates else at
        self._to_committee(min(at, last))
        grant = self.aim.grant
        conditions = [each.text for each in grant.conditions] if grant else []
        self._do("approve", at, granted=self.aim.granted, conditions=conditions)
        for funder, consent in self.aim.consents.items():
            if funder in self.aim.contributing:
                self._consent(funder, consent)

    def _consent(self, funder: str, consent: Consent) -> None:
        if consent.status is ConsentStatus.VOID:
            raise FrameError(["no case is made for a row with a consent that is void"])
        if consent.status is ConsentStatus.REFUSED:
            self._do("refuse-consent", consent.at, funder=funder, reason=_WHY)
            return
        terms = {"amount": self.aim.granted[funder], "valid_until": consent.valid_until}
        self._do("give-consent", consent.at, funder=funder, **terms)
        if consent.status is ConsentStatus.WITHDRAWN:
            self._do("withdraw-consent", consent.at, funder=funder, reason=_WHY)

    @property
    def _round_id(self) -> str:
        return self.gates.round.id if self.gates else ""

    def _let_go(self) -> None:
        for each in self.history.proposal.participants[len(self.aim.participants) :]:
            self._do("release-participant", self.since, participant=each.id)


def enlisted(procedure: Procedure, count: int) -> tuple[Participant, ...]:
    """Return so many participants of a kind that counts, all of them in the register.

    Of authorities there are no more than it has.
    """
    kinds = procedure.participants.kinds
    known = (each for each in authorities().values() if each.kind in kinds)
    kind = next((each for each in kinds if each not in AUTHORITY_KINDS), None)
    numbers = () if kind is None else range(count)
    made = (Participant(f"{kind}-{n}", f"{kind} {n}", kind) for n in numbers if kind)
    return tuple(islice((*known, *made), count))
