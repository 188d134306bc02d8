"""The whole course on one page: from which phase a command leads where, and what it must keep.

`MOVES` is the only graph. The machine, the diagrams and the documentation are derived from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from klimaflow import commands as do
from klimaflow import events
from klimaflow import rules as r
from klimaflow.commands import Command
from klimaflow.events import Event
from klimaflow.markup.sheet import Sheet
from klimaflow.proposal import FINAL, OPEN, Phase
from klimaflow.rules import Rule

__all__ = ["MOVES", "Move", "moves_from"]

IDEA, SPARRING, QUALIFICATION, APPROVAL_PROCESS, COMMITTEE_DECISION, FUNDER_CONSENT = OPEN


@frozen(eq=False)
class Move(Sheet):
    """One row: in phase `source` (None: before there is any), `command` leads to `target`.

    `rules` are all that the move asks, in the order in which findings are reported.
    """

    source: Phase | None
    command: type[Command]
    event: type[Event]
    target: Phase
    rules: tuple[Rule, ...] = field(repr=False)


def row(
    source: Phase | None,
    command: type[Command],
    event: type[Event],
    target: Phase,
    *rules: Rule,
) -> Move:
    """Return a move with the rules that every move asks before its own."""
    reason = (r.REASON_GIVEN,) if hasattr(command, "reason") else ()
    return Move(source, command, event, target, (r.IN_ORDER, r.AUTHORISED, *reason, *rules))


def staying(
    phases: Iterable[Phase], command: type[Command], event: type[Event], *rules: Rule
) -> Iterator[Move]:
    """Yield a move for each phase that leaves the proposal in it."""
    return (row(phase, command, event, phase, *rules) for phase in phases)


APPROVAL = (
    r.KNOWN_ROUND,
    r.SAME_OR_LATER_ROUND,
    r.QUALIFICATION_FIRST,
    r.BEFORE_APPROVAL_DEADLINE,
    r.ENOUGH_AUTHORITIES,
    r.CRITERIA_MET,
    r.BUDGET_STATED,
    r.COFINANCING_CONSIDERED,
)
LATER_ROUND = (r.KNOWN_ROUND, r.SAME_OR_LATER_ROUND, r.ROUND_STILL_OPEN)
WITHIN_MEANS = (r.WITHIN_FUND, r.FUND_RELEASED)
OF_A_FUNDER = (r.CONTRIBUTING_PARTY, r.SPEAKS_FOR_ITSELF)

MOVES: tuple[Move, ...] = (
    row(None, do.RegisterIdea, events.IdeaRegistered, IDEA),
    row(IDEA, do.HoldSparring, events.SparringHeld, SPARRING),
    *staying(OPEN[1:], do.HoldSparring, events.SparringHeld),
    *staying(OPEN, do.EnlistParticipants, events.ParticipantsEnlisted),
    *staying(OPEN, do.ReleaseParticipant, events.ParticipantReleased, r.KNOWN_PARTICIPANT),
    *staying(OPEN[:3], do.Describe, events.TrackDescribed),
    *staying(OPEN[:4], do.ProposeBudget, events.BudgetProposed, r.CONTRIBUTING_PARTY),
    *(
        row(
            phase,
            do.SubmitForQualification,
            events.SubmittedForQualification,
            QUALIFICATION,
            r.KNOWN_ROUND,
            r.BEFORE_QUALIFICATION_DEADLINE,
            r.ENOUGH_AUTHORITIES,
        )
        for phase in (IDEA, SPARRING)
    ),
    *staying([QUALIFICATION], do.AssessCriterion, events.CriterionAssessed),
    *(
        row(phase, do.SubmitForApproval, events.SubmittedForApproval, APPROVAL_PROCESS, *APPROVAL)
        for phase in (IDEA, SPARRING, QUALIFICATION)
    ),
    row(
        APPROVAL_PROCESS,
        do.PutBeforeCommittee,
        events.PutBeforeCommittee,
        COMMITTEE_DECISION,
        r.BEFORE_THE_MEETING,
    ),
    row(
        COMMITTEE_DECISION,
        do.Approve,
        events.Approved,
        FUNDER_CONSENT,
        r.COMMITTEE_HAS_MET,
        r.GRANT_STATED,
        r.WITHIN_REQUEST,
        *WITHIN_MEANS,
    ),
    row(QUALIFICATION, do.Return, events.Returned, SPARRING),
    row(APPROVAL_PROCESS, do.Return, events.Returned, SPARRING),
    row(COMMITTEE_DECISION, do.Return, events.Returned, SPARRING, r.COMMITTEE_HAS_MET),
    row(FUNDER_CONSENT, do.Return, events.Returned, SPARRING),
    row(
        COMMITTEE_DECISION,
        do.Defer,
        events.Deferred,
        APPROVAL_PROCESS,
        r.COMMITTEE_HAS_MET,
        *LATER_ROUND,
    ),
    row(APPROVAL_PROCESS, do.Defer, events.Deferred, APPROVAL_PROCESS, *LATER_ROUND),
    row(COMMITTEE_DECISION, do.Reject, events.Rejected, Phase.REJECTED, r.COMMITTEE_HAS_MET),
    *staying(
        [FUNDER_CONSENT],
        do.GiveConsent,
        events.ConsentGiven,
        *OF_A_FUNDER,
        r.CONSENT_OPEN,
        r.AMOUNT_AGREED,
    ),
    *staying(
        [FUNDER_CONSENT], do.RefuseConsent, events.ConsentRefused, *OF_A_FUNDER, r.CONSENT_OPEN
    ),
    *staying(
        [FUNDER_CONSENT], do.WithdrawConsent, events.ConsentWithdrawn, *OF_A_FUNDER, r.CONSENT_GIVEN
    ),
    *staying([FUNDER_CONSENT], do.MeetCondition, events.ConditionMet, r.KNOWN_CONDITION),
    *staying(
        [FUNDER_CONSENT],
        do.AmendGrant,
        events.GrantAmended,
        r.CONTRIBUTING_PARTY,
        r.GRANT_STATED,
        r.WITHIN_REQUEST,
        r.WITHIN_GRANT,
        *WITHIN_MEANS,
    ),
    row(
        FUNDER_CONSENT,
        do.Start,
        events.Started,
        Phase.STARTED,
        r.ENOUGH_AUTHORITIES,
        r.EVERY_PARTY_CONSENTS,
        r.CONSENTS_IN_FORCE,
        r.CONDITIONS_MET,
        r.WITHIN_PARTNERSHIP,
    ),
    *(row(phase, do.Withdraw, events.Withdrawn, Phase.WITHDRAWN) for phase in OPEN),
)


def indexed(moves: Iterable[Move]) -> dict[tuple[Phase | None, type], Move]:
    """Return the moves by (phase, command) and by (phase, event).

    Raises `ValueError` for a second row of one pair, an exit from a final phase, a phase that
    cannot be reached, and an open phase from which no final one can be.
    """
    index: dict[tuple[Phase | None, type], Move] = {}
    edges: set[tuple[Phase | None, Phase]] = set()
    for move in moves:
        if move.source in FINAL:
            raise ValueError(f"{move}: nothing leads out of a final phase")
        for of in (move.command, move.event):
            if index.setdefault((move.source, of), move) is not move:
                raise ValueError(f"{move}: a second row for {of.__name__} in {move.source}")
        edges.add((move.source, move.target))
    if lost := set(Phase) - closure(None, edges):
        raise ValueError(f"no move leads to {', '.join(sorted(lost))}")
    if stuck := [p for p in OPEN if not FINAL & closure(p, edges)]:
        raise ValueError(f"no final phase can be reached from {', '.join(stuck)}")
    return index


def closure(start: Phase | None, edges: set[tuple[Phase | None, Phase]]) -> set[Phase | None]:
    """Return the phases that can be reached along the edges, that of the start included."""
    reached, grown = {start}, True
    while grown:
        step = {target for source, target in edges if source in reached}
        grown = not step <= reached
        reached |= step
    return reached


BY_PHASE_AND_DEED = indexed(MOVES)
"""Every move by its phase and its command, and by its phase and its event."""

COMMAND_OF = {move.event: move.command for move in MOVES}
"""What was asked when an event happened; each event answers one command, in whatever phase."""


def moves_from(phase: Phase | None) -> tuple[Move, ...]:
    """Return the moves that leave, or stay in, a phase."""
    return tuple(move for move in MOVES if move.source == phase)
