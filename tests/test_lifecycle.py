"""The course, written a second time: every row of the lifecycle and what it asks."""

import attrs
import pytest

from klimaflow import Phase
from klimaflow.commands import COMMANDS
from klimaflow.events import EVENTS
from klimaflow.lifecycle import COMMAND_OF, MOVES, Move, indexed, moves_from

NEW = None
IDEA, SPARRING, QUALIFICATION, APPROVAL, COMMITTEE, CONSENT = (
    "idea",
    "sparring",
    "qualification",
    "approval_process",
    "committee_decision",
    "funder_consent",
)
OPEN = (IDEA, SPARRING, QUALIFICATION, APPROVAL, COMMITTEE, CONSENT)

SUBMISSION = (
    "known-round same-or-later-round qualification-first before-approval-deadline"
    " enough-authorities criteria-met budget-stated cofinancing-considered"
)
PARTY = "contributing-party speaks-for-itself"
MEANS = "within-fund fund-released"
ROUND = "known-round same-or-later-round round-still-open"

# command, the phases it is possible in, where it leads (= is there), its event, its own rules
TABLE: list[tuple[str, tuple[str | None, ...], str, str, str]] = [
    ("register-idea", (NEW,), IDEA, "IdeaRegistered", ""),
    ("hold-sparring", (IDEA,), SPARRING, "SparringHeld", ""),
    ("hold-sparring", OPEN[1:], "=", "SparringHeld", ""),
    ("enlist-participants", OPEN, "=", "ParticipantsEnlisted", ""),
    ("release-participant", OPEN, "=", "ParticipantReleased", "known-participant"),
    ("describe", OPEN[:3], "=", "TrackDescribed", ""),
    ("propose-budget", OPEN[:4], "=", "BudgetProposed", "contributing-party"),
    (
        "submit-for-qualification",
        (IDEA, SPARRING),
        QUALIFICATION,
        "SubmittedForQualification",
        "known-round before-qualification-deadline enough-authorities",
    ),
    ("assess-criterion", (QUALIFICATION,), "=", "CriterionAssessed", "reason-given"),
    (
        "submit-for-approval",
        (IDEA, SPARRING, QUALIFICATION),
        APPROVAL,
        "SubmittedForApproval",
        SUBMISSION,
    ),
    ("put-before-committee", (APPROVAL,), COMMITTEE, "PutBeforeCommittee", "before-the-meeting"),
    (
        "approve",
        (COMMITTEE,),
        CONSENT,
        "Approved",
        f"committee-has-met grant-stated within-request {MEANS}",
    ),
    ("return", (QUALIFICATION, APPROVAL, CONSENT), SPARRING, "Returned", "reason-given"),
    ("return", (COMMITTEE,), SPARRING, "Returned", "reason-given committee-has-met"),
    ("defer", (COMMITTEE,), APPROVAL, "Deferred", f"reason-given committee-has-met {ROUND}"),
    ("defer", (APPROVAL,), "=", "Deferred", f"reason-given {ROUND}"),
    ("reject", (COMMITTEE,), "rejected", "Rejected", "reason-given committee-has-met"),
    ("give-consent", (CONSENT,), "=", "ConsentGiven", f"{PARTY} consent-open amount-agreed"),
    ("refuse-consent", (CONSENT,), "=", "ConsentRefused", f"reason-given {PARTY} consent-open"),
    (
        "withdraw-consent",
        (CONSENT,),
        "=",
        "ConsentWithdrawn",
        f"reason-given {PARTY} consent-given",
    ),
    ("meet-condition", (CONSENT,), "=", "ConditionMet", "reason-given known-condition"),
    (
        "amend-grant",
        (CONSENT,),
        "=",
        "GrantAmended",
        f"reason-given contributing-party grant-stated within-request within-grant {MEANS}",
    ),
    (
        "start",
        (CONSENT,),
        "started",
        "Started",
        "enough-authorities every-party-consents consents-in-force conditions-met"
        " within-partnership",
    ),
    ("withdraw", OPEN, "withdrawn", "Withdrawn", "reason-given"),
]

ROWS = {
    (phase, do): (
        phase if target == "=" else target,
        event,
        {"in-order", "authorised", *own.split()},
    )
    for do, phases, target, event, own in TABLE
    for phase in phases
}


def as_text(move: Move) -> tuple[tuple[str | None, str], tuple[str, str, set[str]]]:
    """Return a move as its key and its row of the table above."""
    rules = [rule.id for rule in move.rules]
    assert len(rules) == len(set(rules)), f"{move} asks a rule twice"
    source = move.source and move.source.value
    return (source, move.command.do), (move.target.value, move.event.__name__, set(rules))


MOVED = dict(as_text(move) for move in MOVES)


class TestTheTable:
    @pytest.mark.parametrize("key", ROWS, ids=lambda key: f"{key[1]}@{key[0]}")
    def test_every_row_of_the_design_is_a_move(self, key: tuple[str | None, str]) -> None:
        assert MOVED[key] == ROWS[key]

    def test_there_is_no_other_move_and_none_twice(self) -> None:
        assert MOVED.keys() == ROWS.keys()
        assert len(MOVES) == len(ROWS) == 53

    def test_every_command_every_event_and_every_phase_is_met(self) -> None:
        assert {move.command for move in MOVES} == set(COMMANDS.values())
        assert {move.event for move in MOVES} == set(EVENTS.values())
        assert {move.target for move in MOVES} == set(Phase)
        assert len(COMMANDS) == len(EVENTS) == 21

    def test_every_move_asks_order_and_authority_first(self) -> None:
        for move in MOVES:
            assert [rule.id for rule in move.rules[:2]] == ["in-order", "authorised"]

    def test_a_reason_is_asked_wherever_there_is_one(self) -> None:
        for move in MOVES:
            has_reason = "reason" in [each.name for each in attrs.fields(move.command)]
            assert ("reason-given" in [rule.id for rule in move.rules]) is has_reason

    def test_a_command_always_becomes_the_same_event(self) -> None:
        pairs = {(move.command, move.event) for move in MOVES}
        assert len(pairs) == len(COMMANDS)

    def test_an_event_always_answers_the_same_command(self) -> None:
        assert all(COMMAND_OF[move.event] is move.command for move in MOVES)

    def test_nothing_leads_out_of_a_final_phase(self) -> None:
        finals = {"started", "rejected", "withdrawn"}
        assert {phase.value for phase in Phase if phase.final} == finals
        assert all(moves_from(phase) == () for phase in Phase if phase.final)

    @pytest.mark.parametrize("phase", [None, *Phase])
    def test_moves_from_a_phase_are_those_in_the_order_of_the_table(
        self, phase: Phase | None
    ) -> None:
        assert list(moves_from(phase)) == [move for move in MOVES if move.source is phase]


class TestWhatIsNoCourse:
    def test_the_course_is_one(self) -> None:
        index = indexed(MOVES)
        assert len(index) == 2 * len(MOVES)
        for move in MOVES:
            assert index[move.source, move.command] is index[move.source, move.event] is move

    def test_a_second_row_for_a_phase_and_a_command_is_an_error(self) -> None:
        twin = attrs.evolve(MOVES[0], target=Phase.SPARRING)
        with pytest.raises(ValueError, match="a second row for RegisterIdea in None"):
            indexed([*MOVES, twin])

    def test_so_is_a_second_command_with_the_same_event_in_a_phase(self) -> None:
        start = next(move for move in MOVES if move.command.do == "start")
        odd = attrs.evolve(start, command=COMMANDS["assess-criterion"])
        with pytest.raises(ValueError, match="a second row for Started in funder_consent"):
            indexed([*MOVES, odd])

    @pytest.mark.parametrize("final", [phase for phase in Phase if phase.final])
    def test_an_exit_from_a_final_phase_is_an_error(self, final: Phase) -> None:
        out = attrs.evolve(MOVES[0], source=final)
        with pytest.raises(ValueError, match="nothing leads out of a final phase"):
            indexed([*MOVES, out])

    def test_a_phase_that_is_never_reached_is_an_error(self) -> None:
        without = [move for move in MOVES if move.target is not Phase.REJECTED]
        with pytest.raises(ValueError, match="no move leads to rejected"):
            indexed(without)

    def test_so_is_one_that_only_itself_leads_to(self) -> None:
        island = [
            move
            for move in MOVES
            if move.target is not Phase.COMMITTEE_DECISION or move.source is move.target
        ]
        with pytest.raises(
            ValueError,
            match="no move leads to committee_decision, funder_consent, rejected, started",
        ):
            indexed(island)

    def test_a_phase_that_leads_nowhere_is_an_error(self) -> None:
        stuck = [
            move
            for move in MOVES
            if move.source is not Phase.FUNDER_CONSENT or move.source is move.target
        ]
        started = next(move for move in MOVES if move.target is Phase.STARTED)
        elsewhere = attrs.evolve(started, source=Phase.COMMITTEE_DECISION)
        with pytest.raises(ValueError, match="no final phase can be reached from funder_consent"):
            indexed([*stuck, elsewhere])
