"""What the rules ask about: one object with a name for each fact of one command.

Identity, sets and the calendar stay here, so that a rule is a comparison of two facts. A fact that
is not known is `UNKNOWN`, which no comparison lets pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from klimaflow import fields
from klimaflow.commands import Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.funds import Drawing, draw
from klimaflow.moments import Day, Moment, date_of
from klimaflow.parties import Role
from klimaflow.procedure import Authorised, Gates, Procedure
from klimaflow.proposal import Condition, ConsentStatus, Phase, Proposal
from klimaflow.unknown import UNKNOWN, Unknown

__all__ = ["Facts"]

_ANYONE = Authorised.ANYONE
_FUNDER = Role.FUNDER
_QUALIFICATION = Phase.QUALIFICATION
_PROPOSER = Role.PROPOSER
_PARTICIPANT = Role.PARTICIPANT
_STANDING = (None, ConsentStatus.GIVEN, ConsentStatus.REFUSED)


class Facts:
    """The facts of one command, put to one proposal under one procedure.

    Times are instants in UTC, amounts whole kroner, counts whole numbers; what is or is not so
    counts 1 or 0. `at` is when the command was received, `committed` what each fund has promised
    to other tracks.
    """

    __slots__ = ("_drawing", "_gates", "at", "command", "committed", "procedure", "proposal")

    def __init__(
        self,
        procedure: Procedure,
        proposal: Proposal,
        command: Command,
        committed: Mapping[str, int],
    ) -> None:
        self.procedure = procedure
        self.proposal = proposal
        self.command: Any = command  # which fields it has, the row of MOVES decides
        self.committed = committed
        self.at = command.at
        self._drawing: Drawing | None = None
        self._gates: Gates | None = None

    @property
    def today(self) -> date:
        """The date on which the command was received, in the procedure's zone."""
        return date_of(self.at, self.procedure.zone)

    @property
    def since(self) -> Moment:
        """When the proposal entered its phase; the command's own time if there is none yet."""
        since = self.proposal.since
        return self.at if since is None else since

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may give this command in this phase."""
        return self.procedure.authority.at.get((self.command.do, self.proposal.phase), ())

    @property
    def authorised(self) -> int:
        """Whether the actor has one of these roles, and is who that role means."""
        roles, role = self.roles, self.command.by.role
        if role not in roles:
            return _ANYONE in roles
        if role is _PROPOSER or role is _PARTICIPANT:
            return self.of_the_track or _ANYONE in roles
        if role is _FUNDER:
            return self.speaks_for_itself or _ANYONE in roles
        return 1

    @property
    def of_the_track(self) -> bool:
        """Whether the actor's organisation proposes or participates in this proposal.

        Whoever registers the idea proposes it.
        """
        organisation, proposal = self.command.by.organisation, self.proposal
        if organisation == proposal.proposer or proposal.phase is None:
            return True
        return organisation in [each.id for each in proposal.participants]

    @property
    def speaks_for_itself(self) -> int:
        """Whether the actor is the funder that the command names."""
        by = self.command.by
        funder = getattr(self.command, "funder", None)
        return by.role is _FUNDER and by.organisation == funder

    @property
    def reasons(self) -> int:
        """Whether a reason is stated; a blank one is none."""
        return fields.is_visible(self.command.reason)

    @property
    def round(self) -> str | None:
        """The round that the command names, or else the proposal's."""
        named: str | None = getattr(self.command, "round", None)
        return self.proposal.round if named is None else named

    @property
    def gates(self) -> Gates | None:
        """The gates of that round, if there is such a round."""
        if self._gates is None:
            self._gates = self.procedure.gates.get(self.round)  # type: ignore[arg-type]
        return self._gates

    @property
    def own_gates(self) -> Gates | None:
        """The gates of the proposal's own round, if it has one."""
        return self.procedure.gates.get(self.proposal.round)  # type: ignore[arg-type]

    @property
    def rounds_known(self) -> int:
        """Whether the round is one of the procedure's."""
        return self.gates is not None

    @property
    def round_number(self) -> int | Unknown:
        """The round's place in the order of meetings, from 1."""
        gates = self.gates
        return UNKNOWN if gates is None else gates.number

    @property
    def own_round_number(self) -> int:
        """The place of the proposal's own round; 0 if it has none."""
        gates = self.own_gates
        return 0 if gates is None else gates.number

    @property
    def qualification_closes_at(self) -> Moment | Unknown:
        """The last moment in time for professional qualification."""
        gates = self.gates
        return UNKNOWN if gates is None else gates.qualification_closes_at

    @property
    def approval_closes_at(self) -> Moment | Unknown:
        """The last moment in time for the approval process."""
        gates = self.gates
        return UNKNOWN if gates is None else gates.approval_closes_at

    @property
    def meeting(self) -> Day | Unknown:
        """The day of the meeting of the round that the command names, or else the proposal's."""
        gates = self.gates
        return UNKNOWN if gates is None else gates.meeting

    @property
    def own_meeting(self) -> Day | Unknown:
        """The day of the meeting of the proposal's own round."""
        gates = self.own_gates
        return UNKNOWN if gates is None else gates.meeting

    @property
    def partnership_ends(self) -> Day:
        """The last day on which a track can start."""
        return self.procedure.partnership_ends

    @property
    def authorities(self) -> int:
        """How many distinct participants are of a kind that counts."""
        kinds = self.procedure.participants.kinds
        count = 0
        for each in self.proposal.participants:
            if each.kind in kinds:
                count += 1
        return count

    @property
    def authorities_minimum(self) -> int:
        """How many there must be."""
        return self.procedure.participants.minimum

    @property
    def qualified(self) -> int:
        """Whether the proposal comes from professional qualification."""
        return self.proposal.phase is _QUALIFICATION

    @property
    def qualification_required(self) -> int:
        """Whether the approval process follows qualification only."""
        return self.procedure.readings.qualification_required.value

    @property
    def unmet(self) -> tuple[str, ...]:
        """The binding criteria that are not assessed as met."""
        judged = self.proposal.assessments
        binding = self.procedure.binding_criteria
        return tuple([each for each in binding if each not in judged or not judged[each].met])

    @property
    def criteria_unmet(self) -> int:
        """How many those are."""
        judged, count = self.proposal.assessments, 0
        for each in self.procedure.binding_criteria:
            assessment = judged.get(each)
            if assessment is None or not assessment.met:
                count += 1
        return count

    @property
    def budgets(self) -> int:
        """Whether a budget is proposed."""
        return self.proposal.budget is not None

    @property
    def cofinancing_stated(self) -> int:
        """Whether the budget says something of co-financing; zero kroner is something."""
        budget = self.proposal.budget
        return budget is not None and budget.cofinancing is not None

    @property
    def participants_known(self) -> int:
        """Whether the participant that the command names takes part."""
        named = self.command.participant
        return named in [each.id for each in self.proposal.participants]

    @property
    def granted(self) -> FrozenMap[str, int] | None:
        """What the command grants each funder, or else what is asked; None if nothing is known."""
        named: FrozenMap[str, int] | None = self.command.granted
        budget = self.proposal.budget
        if named is None and budget is not None:
            return budget.contributions
        return named

    @property
    def granted_total(self) -> int | Unknown:
        """What is granted in sum."""
        granted = self.granted
        return UNKNOWN if granted is None else sum(granted.values())

    @property
    def total_of_committee(self) -> int | Unknown:
        """What the committee granted in sum."""
        grant = self.proposal.grant
        return UNKNOWN if grant is None else grant.total

    @property
    def over_request(self) -> int | Unknown:
        """By how much the funder nearest to its line is granted more than was asked of it."""
        granted, budget = self.granted, self.proposal.budget
        if granted is None or budget is None:
            return UNKNOWN
        asked, over = budget.contributions, None
        for funder, amount in granted.items():
            beyond = amount - asked.get(funder, 0)
            over = beyond if over is None or beyond > over else over
        return over or 0

    @property
    def over_funds(self) -> int | Unknown:
        """By how much what is granted exceeds the released funds; below zero, what is left."""
        granted = self.granted
        if granted is None:
            return UNKNOWN
        drawing = self._drawn(granted)
        return sum(drawing.short.values()) or -drawing.spare(self.procedure, granted)

    @property
    def only_in_locked(self) -> int | Unknown:
        """What is missing of funders whose funds, with those still locked, would cover it all."""
        granted = self.granted
        if granted is None:
            return UNKNOWN
        short = self._drawn(granted).short
        if not short:
            return 0
        still_short = draw(self.procedure, granted, self.committed, None).short
        return sum(kr for funder, kr in short.items() if funder not in still_short)

    def _drawn(self, granted: FrozenMap[str, int]) -> Drawing:
        """Return what the grant draws on the funds that are open; two rules ask for it."""
        if self._drawing is None:
            self._drawing = draw(self.procedure, granted, self.committed, self.at)
        return self._drawing

    @property
    def strangers(self) -> tuple[str, ...]:
        """The funders that the command names and that are none.

        Where it sets amounts, those that the procedure does not know; where it is about a consent,
        also who does not contribute to this track. What an unknown one consented to stands.
        """
        granted = getattr(self.command, "granted", None)
        amounts = getattr(self.command, "contributions", granted)
        if amounts is not None:
            return tuple(each for each in amounts if each not in self.procedure.funder_names)
        funder: str = self.command.funder
        known = funder in self.procedure.funder_names or self.consent_given
        return () if known and self.proposal.granted.get(funder, 0) else (funder,)

    @property
    def funders_unknown(self) -> int:
        """How many those are."""
        return len(self.strangers)

    @property
    def consent(self) -> ConsentStatus | None:
        """How it stands with the consent of the funder that the command names."""
        funder = self.command.funder
        consent = self.proposal.consents.get(funder)
        if consent is None or consent.valid_until is None:
            return self.proposal.consent_of(funder, None)
        return self.proposal.consent_of(funder, self.today)

    @property
    def consent_open(self) -> int:
        """Whether that consent can be given or refused now."""
        return self.consent not in _STANDING

    @property
    def consent_given(self) -> int:
        """Whether that consent is given and in force."""
        return self.consent is ConsentStatus.GIVEN

    @property
    def consented(self) -> int:
        """The amount that the command consents to."""
        amount: int = self.command.amount
        return amount

    @property
    def amount_granted(self) -> int | Unknown:
        """The amount granted from the funder that the command names, if it contributes."""
        return self.proposal.granted.get(self.command.funder) or UNKNOWN

    @property
    def awaited(self) -> tuple[str, ...]:
        """The contributing parties without a consent that was given by now."""
        consents, at = self.proposal.consents, self.at
        awaited = []
        for funder, amount in self.proposal.granted.items():
            if amount:
                consent = consents.get(funder)
                if consent is None or not consent.given or consent.at > at:
                    awaited.append(funder)
        return tuple(awaited)

    @property
    def consents_missing(self) -> int:
        """How many those are."""
        return len(self.awaited)

    @property
    def run_out(self) -> tuple[str, ...]:
        """The contributing parties whose given consent is no longer in force."""
        run_out = []
        for funder, consent in self.proposal.consents.items():
            if consent.valid_until is not None:
                status = self.proposal.consent_of(funder, self.today)
                if status is ConsentStatus.LAPSED:
                    run_out.append(funder)
        return tuple(run_out)

    @property
    def consents_run_out(self) -> int:
        """How many those are."""
        return len(self.run_out)

    def conditions(self) -> list[Condition]:
        """Return the committee's conditions and those of the consents that are given."""
        proposal = self.proposal
        found = [] if proposal.grant is None else [*proposal.grant.conditions]
        for funder, consent in proposal.consents.items():
            if consent.conditions and consent.given and proposal.granted.get(funder):
                found += consent.conditions
        return found

    @property
    def unmet_conditions(self) -> tuple[str, ...]:
        """The conditions that are not met yet."""
        conditions = self.conditions()
        if not conditions:
            return ()
        return tuple(dict.fromkeys([each.text for each in conditions if each.met is None]))

    @property
    def conditions_unmet(self) -> int:
        """How many those are."""
        return len(self.unmet_conditions)

    @property
    def conditions_known(self) -> int:
        """Whether the condition that the command names is one of this track."""
        return any(each.text == self.command.condition for each in self.conditions())
