"""The record of one proposal: appended to, looked back into, written, read and refused."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from klimaflow import (
    CaseError,
    History,
    HistoryError,
    MomentError,
    NotPermitted,
    Phase,
    Procedure,
    copenhagen,
)
from klimaflow.lifecycle import moves_from
from tests.conftest import (
    ASKED,
    COURSE,
    DGO,
    PROPOSER,
    SECRETARIAT,
    SHIPPED,
    command,
    in_phase,
    policy,
)


@pytest.fixture(scope="module")
def started(procedure: Procedure) -> History:
    return in_phase(Phase.STARTED, procedure)


class TestThen:
    def test_appends_and_leaves_the_shorter_history_as_it_was(self, procedure: Procedure) -> None:
        empty = History(procedure)
        idea = empty.then(command("register-idea"))
        assert (len(empty.events), empty.proposal.phase) == (0, None)
        assert (len(idea.events), idea.proposal.phase) == (1, Phase.IDEA)
        assert idea.events[0].at == copenhagen("2024-02-01 10:00")

    def test_raises_the_decision_that_refuses(self, procedure: Procedure) -> None:
        with pytest.raises(NotPermitted) as error:
            History(procedure).then(command("start"))
        assert error.value.decision.refused_by == ("known-move",)

    def test_takes_what_the_funds_have_promised_and_records_it(self, procedure: Procedure) -> None:
        waiting = in_phase(Phase.COMMITTEE_DECISION, procedure)
        committed = {"realdania": 8_500_000}
        approved = waiting.then(command("approve"), committed=committed)
        committed["realdania"] += 1
        assert approved.events[-1].committed == {"realdania": 8_500_000}  # type: ignore[attr-defined]
        with pytest.raises(NotPermitted):
            waiting.then(command("approve"), committed=committed)

    def test_a_history_does_not_change(self, procedure: Procedure) -> None:
        history = History(procedure)
        for change in ("events", "proposal", "other"):
            with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
                setattr(history, change, ())
        assert history == History(procedure) != history.then(command("register-idea"))
        assert SHIPPED in repr(history)


class TestCommitted:
    @pytest.mark.parametrize("amount", [-1, 1.5, True, "1"])
    def test_what_is_no_amount_is_named(self, procedure: Procedure, amount: object) -> None:
        waiting = in_phase(Phase.COMMITTEE_DECISION, procedure)
        with pytest.raises(CaseError, match=r"committed.realdania: "):
            waiting.decide(command("approve"), committed={"realdania": amount})  # type: ignore[dict-item]


class TestRecord:
    def test_appends_what_was_decided(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure)
        decision = history.decide(command("withdraw"))
        assert history.record(decision) == history.then(command("withdraw"))

    def test_refuses_a_refusal(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure)
        for refused in (command("start"), command("withdraw", reason="")):
            with pytest.raises(NotPermitted):
                history.record(history.decide(refused))

    def test_refuses_a_decision_on_another_state(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure)
        stale = history.decide(command("withdraw"))
        moved_on = history.then(command("hold-sparring"))
        with pytest.raises(HistoryError, match="another state of the proposal"):
            moved_on.record(stale)

    def test_takes_a_decision_on_an_equal_state(self, procedure: Procedure) -> None:
        one, other = (in_phase(Phase.IDEA, procedure) for _ in range(2))
        assert one.record(other.decide(command("withdraw"))).proposal.phase is Phase.WITHDRAWN

    def test_refuses_a_decision_under_another_procedure(self, procedure: Procedure) -> None:
        other = policy(("edition = 1", "edition = 2"))
        decision = in_phase(Phase.IDEA, other).decide(command("withdraw"))
        with pytest.raises(HistoryError, match="another procedure"):
            in_phase(Phase.IDEA, procedure).record(decision)

    def test_takes_a_decision_under_an_equal_procedure(self, procedure: Procedure) -> None:
        decision = in_phase(Phase.IDEA, procedure).decide(command("withdraw"))
        after = in_phase(Phase.IDEA, policy()).record(decision)
        assert after.proposal.phase is Phase.WITHDRAWN


class TestLookingBack:
    @pytest.mark.parametrize(
        ("at", "phase"),
        [
            ("2024-02-01 09:59:59.999999", None),
            ("2024-02-01 10:00", Phase.IDEA),
            ("2024-04-22 11:59:59.999999", Phase.QUALIFICATION),
            ("2024-04-22T10:00:00Z", Phase.APPROVAL_PROCESS),
            (datetime(2024, 4, 22, 10, tzinfo=UTC), Phase.APPROVAL_PROCESS),
            ("2030-01-01 00:00", Phase.STARTED),
        ],
    )
    def test_as_of_counts_what_was_received_by_then(
        self, started: History, at: str | datetime, phase: Phase | None
    ) -> None:
        then = started.as_of(at)
        assert then.proposal.phase is phase
        assert then.events == started.events[: len(then.events)]

    def test_as_of_needs_a_moment(self, started: History) -> None:
        with pytest.raises(MomentError):
            started.as_of(datetime(2024, 4, 22))

    def test_decisions_are_made_again_and_all_permit(self, eventful: History) -> None:
        decisions = list(eventful.decisions())
        assert [each.events[0] for each in decisions] == list(eventful.events)
        assert all(each.permitted for each in decisions)
        assert [each.command.do for each in decisions][-1] == "withdraw"

    def test_decisions_rest_on_what_was_committed_then(self, procedure: Procedure) -> None:
        waiting = in_phase(Phase.COMMITTEE_DECISION, procedure)
        approved = waiting.then(command("approve"), committed={"realdania": 8_500_000})
        *_, last = approved.decisions()
        assert next(f for f in last.findings if f.rule == "within-fund").margin == 0

    def test_rows_are_one_for_each_event(self, started: History) -> None:
        rows = started.rows()
        assert [row["number"] for row in rows] == list(range(1, len(started.events) + 1))
        assert rows[0] == {
            "number": 1,
            "at": copenhagen("2024-02-01 10:00"),
            "by": PROPOSER,
            "do": "register-idea",
            "event": "IdeaRegistered",
            "phase": "idea",
            "round": None,
        }
        assert [(row["do"], row["phase"], row["round"]) for row in rows[-2:]] == [
            ("give-consent", "funder_consent", "2024-spring"),
            ("start", "started", "2024-spring"),
        ]
        assert all(row["at"].utcoffset() is not None for row in rows)


class TestPossible:
    @pytest.mark.parametrize("phase", list(COURSE))
    def test_there_is_an_option_for_each_move(
        self, procedure: Procedure, phase: Phase | None
    ) -> None:
        options = in_phase(phase, procedure).possible("2024-07-01 10:00", SECRETARIAT)
        assert [each.do for each in options] == [move.command.do for move in moves_from(phase)]

    @pytest.mark.parametrize(
        ("phase", "at", "by", "permitted"),
        [
            (None, "2024-01-01 10:00", "proposer:cvr:1", "register-idea"),
            (Phase.IDEA, "2024-03-01 10:00", DGO, "hold-sparring"),
            (
                Phase.SPARRING,
                "2024-04-01 10:00",
                PROPOSER,
                "describe enlist-participants propose-budget release-participant"
                " submit-for-qualification withdraw",
            ),
            (Phase.QUALIFICATION, "2024-04-20 10:00", DGO, "assess-criterion hold-sparring return"),
            (
                Phase.QUALIFICATION,
                "2024-10-24 09:00",
                PROPOSER,
                "describe enlist-participants propose-budget release-participant"
                " submit-for-approval withdraw",
            ),
            (
                Phase.APPROVAL_PROCESS,
                "2024-06-10 10:00",
                SECRETARIAT,
                "defer enlist-participants hold-sparring release-participant return",
            ),
            (
                Phase.COMMITTEE_DECISION,
                "2024-05-30 10:00",
                "committee:klimaalliancen",
                "approve defer reject return",
            ),
            (
                Phase.FUNDER_CONSENT,
                "2024-06-10 10:00",
                "funder:region-syddanmark",
                "give-consent refuse-consent",
            ),
            (
                Phase.FUNDER_CONSENT,
                "2024-06-10 10:00",
                SECRETARIAT,
                "amend-grant enlist-participants hold-sparring release-participant",
            ),
            (Phase.STARTED, "2024-07-10 10:00", SECRETARIAT, ""),
        ],
    )
    def test_who_may_do_what_and_when(
        self, procedure: Procedure, phase: Phase | None, at: str, by: str, permitted: str
    ) -> None:
        options = in_phase(phase, procedure).possible(at, by)
        assert sorted({each.do for each in options if each.permitted}) == permitted.split()

    def test_what_is_missing_for_the_rest_is_told(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
        options = {each.do: each for each in history.possible("2024-07-01 08:00", SECRETARIAT)}
        start = options["start"]
        assert [each.rule for each in start.missing] == ["every-party-consents", "conditions-met"]
        assert str(start) == str(start.decision)
        assert start.decision.command == command("start")
        assert options["meet-condition"].permitted
        assert options["meet-condition"].decision.command.condition == "En plan"  # type: ignore[attr-defined]
        assert [each.rule for each in options["give-consent"].missing] == [
            "authorised",
            "speaks-for-itself",
        ]
        assert options["release-participant"].missing == ()

    @pytest.mark.parametrize(
        ("phase", "do", "at", "into"),
        [
            (Phase.SPARRING, "submit-for-qualification", "2024-04-15 09:00", "2024-spring"),
            (Phase.SPARRING, "submit-for-qualification", "2024-04-15 09:00:01", "2024-autumn"),
            (Phase.QUALIFICATION, "submit-for-approval", "2024-04-25 09:00", "2024-spring"),
            (Phase.QUALIFICATION, "submit-for-approval", "2024-04-25 09:00:01", "2024-autumn"),
            (Phase.APPROVAL_PROCESS, "defer", "2024-05-30 23:59", "2024-spring"),
            (Phase.APPROVAL_PROCESS, "defer", "2024-05-31 00:00", "2024-autumn"),
        ],
    )
    def test_the_likeliest_round_is_the_first_that_is_open(
        self, procedure: Procedure, phase: Phase, do: str, at: str, into: str
    ) -> None:
        options = {each.do: each for each in in_phase(phase, procedure).possible(at, SECRETARIAT)}
        assert options[do].decision.command.round == into  # type: ignore[attr-defined]

    def test_what_is_not_said_is_likely(self, procedure: Procedure) -> None:
        asked: dict[str, Any] = {}
        for phase in (Phase.SPARRING, Phase.QUALIFICATION, Phase.FUNDER_CONSENT):
            options = in_phase(phase, procedure).possible("2024-07-01 08:00", "funder:realdania")
            asked |= {each.do: each.decision.command for each in options}
        assert (asked["describe"].results_open, asked["describe"].proven_solution) == (True, False)
        assert asked["propose-budget"].contributions == ASKED
        assert (asked["assess-criterion"].criterion, asked["assess-criterion"].met) == (
            "need-from-climate-plans",
            True,
        )
        assert (asked["give-consent"].funder, asked["give-consent"].amount) == (
            "realdania",
            1_500_000,
        )
        assert asked["amend-grant"].granted == ASKED

    def test_the_first_criterion_that_nobody_has_judged_is_likely(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure, assess_criterion=None)
        judged = history.then(command("assess-criterion", criterion="need-from-climate-plans"))
        options = {each.do: each for each in judged.possible("2024-04-19 10:00", DGO)}
        likely = options["assess-criterion"].decision.command
        assert likely.criterion == "development-element"  # type: ignore[attr-defined]

    def test_who_does_not_contribute_is_likely_to_give_nothing(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        options = history.possible("2024-07-01 08:00", "funder:region-sjaelland")
        giving = next(each for each in options if each.do == "give-consent").decision.command
        assert (giving.funder, giving.amount) == ("region-sjaelland", 0)  # type: ignore[attr-defined]

    def test_after_the_last_round_the_last_one_is_named(self, procedure: Procedure) -> None:
        options = in_phase(Phase.SPARRING, procedure).possible("2025-01-01 10:00", PROPOSER)
        submission = next(each for each in options if each.do == "submit-for-qualification")
        assert [each.rule for each in submission.missing] == ["before-qualification-deadline"]
        assert submission.decision.command.round == "2024-autumn"  # type: ignore[attr-defined]

    def test_an_idea_of_which_nothing_is_known_has_its_options_too(
        self, procedure: Procedure
    ) -> None:
        bare = History(procedure).then(command("register-idea"))
        options = {each.do: each for each in bare.possible("2024-03-01 10:00", PROPOSER)}
        assert [each.rule for each in options["release-participant"].missing] == [
            "known-participant"
        ]
        assert options["propose-budget"].permitted

    def test_where_no_criterion_is_laid_down_the_options_are_there_too(
        self, procedure: Procedure
    ) -> None:
        without = attrs.evolve(procedure, criteria=())
        judging = in_phase(Phase.QUALIFICATION, without)
        options = {each.do: each for each in judging.possible("2024-04-20 10:00", DGO)}
        assert options["assess-criterion"].permitted

    def test_it_needs_a_moment_and_an_actor(self, procedure: Procedure) -> None:
        with pytest.raises(MomentError):
            History(procedure).possible(datetime(2024, 1, 1), SECRETARIAT)
        with pytest.raises(CaseError, match="by: 'nobody' is no actor"):
            History(procedure).possible("2024-01-01 10:00", "nobody")
