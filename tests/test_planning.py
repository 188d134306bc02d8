"""Plans: what has still to happen, by whom, by when, and that `decide` says the same."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from klimaflow import CaseError, History, MomentError, NotPermitted, Phase, Procedure, copenhagen
from klimaflow.commands import COMMANDS
from klimaflow.lifecycle import MOVES, moves_from
from klimaflow.moments import MICROSECOND, Moment
from klimaflow.planning import Plan, Step, last_moment, missing_for, plan
from klimaflow.planning.mends import MENDS
from klimaflow.proposal import FINAL, OPEN
from klimaflow.rules import RULES
from tests.conftest import (
    ASKED,
    COMMITTEE,
    CRITERIA,
    DGO,
    PROPOSER,
    SECRETARIAT,
    command,
    consent,
    in_phase,
    policy,
    told,
)

QUALIFICATION = copenhagen("2024-04-15 09:00")
APPROVAL = copenhagen("2024-04-25 09:00")
MEETING = copenhagen("2024-05-30 00:00")
MEETING_ENDS = copenhagen("2024-05-30 23:59:59.999999")
END = copenhagen("2027-12-31 23:59:59.999999")
EARLY = "2024-03-01 10:00"


def due(found: Plan) -> list[tuple[str, Moment | None]]:
    return [(step.do, step.last) for step in found.steps]


def done(found: Plan) -> list[str]:
    return [step.do for step in found.steps]


class TestFromNothing:
    def test_what_has_still_to_happen_and_the_last_moment_for_each(
        self, procedure: Procedure
    ) -> None:
        assert due(plan(History(procedure), EARLY)) == [
            ("register-idea", QUALIFICATION),
            ("submit-for-qualification", QUALIFICATION),
            ("enlist-participants", APPROVAL),
            *[("assess-criterion", APPROVAL)] * 4,
            ("propose-budget", APPROVAL),
            ("submit-for-approval", APPROVAL),
            ("put-before-committee", MEETING_ENDS),
            ("approve", END),
            ("give-consent", END),
            ("start", END),
        ]

    def test_who_must_act_is_what_the_policy_file_says(self, procedure: Procedure) -> None:
        who = {step.do: step.roles for step in plan(History(procedure), EARLY).steps}
        assert who["register-idea"] == ("anyone",)
        assert who["assess-criterion"] == ("dgo", "secretariat")
        assert who["approve"] == ("committee",)
        assert who["give-consent"] == ("funder",)

    def test_what_each_criterion_and_what_no_budget_names(self, procedure: Procedure) -> None:
        found = plan(History(procedure), EARLY)
        about = {step.do: found.about(step) for step in found.steps}
        criteria = [found.about(s) for s in found.steps if s.do == "assess-criterion"]
        assert criteria == [*CRITERIA]
        assert about["give-consent"] is None

    def test_the_committee_cannot_decide_before_the_day_of_its_meeting(
        self, procedure: Procedure
    ) -> None:
        waiting = {
            step.do: step.not_before
            for step in plan(History(procedure), EARLY).steps
            if step.not_before
        }
        assert waiting == {"approve": MEETING}

    def test_which_rule_closes_each(self, procedure: Procedure) -> None:
        closing = [s.closed_by and s.closed_by.rule for s in plan(History(procedure), EARLY).steps]
        assert list(dict.fromkeys(closing)) == [
            "before-qualification-deadline",
            "before-approval-deadline",
            "before-the-meeting",
            "within-partnership",
        ]

    @pytest.mark.parametrize(
        ("changes", "closes_at"),
        [
            ((('value = "inclusive"', 'value = "exclusive"'),), QUALIFICATION - MICROSECOND),
            (
                (('value = "exact"', 'value = "minute"'),),
                QUALIFICATION + timedelta(minutes=1) - MICROSECOND,
            ),
            ((("value = 0", "value = 7"),), QUALIFICATION + timedelta(minutes=7)),
        ],
    )
    def test_the_readings_move_the_last_moment(
        self, changes: tuple[tuple[str, str], ...], closes_at: Moment
    ) -> None:
        assert plan(History(policy(*changes)), EARLY).steps[0].last == closes_at

    def test_where_qualification_is_not_required_the_criteria_still_are(self) -> None:
        free = policy(("[readings.qualification_required]\nvalue = true", FREE))
        assert "submit-for-qualification" in done(plan(History(free), EARLY))
        bare = attrs.evolve(free, criteria=())
        assert done(plan(History(bare), EARLY))[:4] == [
            *("register-idea", "enlist-participants", "propose-budget", "submit-for-approval")
        ]

    def test_a_minimum_that_nobody_can_reach_stands_in_the_way(self) -> None:
        found = plan(History(policy(("minimum = 3", "minimum = 104"))), EARLY)
        assert (found.permitted, found.lost) == (False, False)
        assert [each.rule for each in found.steps[-1].missing] == ["enough-authorities"]
        assert found.steps[-1].missing[0].margin == -1

    @pytest.mark.parametrize("minimum", [4, 1000, 10**12])
    def test_other_kinds_can_count(self, minimum: int) -> None:
        kinds = ('kinds = ["municipality", "region"]', 'kinds = ["company"]')
        found = plan(History(policy(kinds, ("minimum = 3", f"minimum = {minimum}"))), EARLY)
        assert found.permitted is (minimum <= 1000)

    def test_a_role_that_nobody_has(self) -> None:
        found = plan(History(policy(('approve = ["committee"]', "approve = []"))), EARLY)
        assert found.steps[-1].roles == ()
        assert [each.rule for each in found.steps[-1].missing] == ["authorised"]


FREE = "[readings.qualification_required]\nvalue = false"


class TestFromWhereAProposalStands:
    @pytest.mark.parametrize("phase", OPEN)
    def test_each_phase_has_fewer_steps_left_than_the_one_before(
        self, procedure: Procedure, phase: Phase
    ) -> None:
        found = plan(in_phase(phase, procedure), "2024-04-14 10:00", "2024-spring")
        assert found.permitted
        assert done(found)[-1] == "start"
        assert found.steps[0].do in {
            move.command.do for move in moves_from(found.history.proposal.phase)
        }

    @pytest.mark.parametrize("phase", FINAL)
    def test_nothing_follows_a_final_phase(self, procedure: Procedure, phase: Phase) -> None:
        found = plan(in_phase(phase, procedure), "2025-01-01 10:00")
        assert (found.steps, found.slack, found.if_lost()) == ((), None, None)

    def test_what_came_later_is_not_known_yet(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        assert plan(history, "2024-04-10 12:00").history.proposal.phase is Phase.QUALIFICATION
        before = plan(history, copenhagen("2024-04-10 12:00") - MICROSECOND)
        assert before.history.proposal.phase is Phase.SPARRING

    def test_only_what_is_missing(self, procedure: Procedure) -> None:
        history = told(
            in_phase(Phase.IDEA, procedure),
            command("release-participant", at="2024-02-06 10:00"),
        )
        found = plan(history, EARLY)
        because = {step.do: step.because.because for step in found.steps if step.because}
        assert "2 municipalities or regions take part" in because["enlist-participants"]
        assert "propose-budget" not in because

    def test_a_criterion_that_is_not_met_has_to_be_assessed_anew(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        again = command("assess-criterion", at="2024-04-19 10:00", met=False, by=DGO)
        found = plan(history.then(again), "2024-04-20 10:00")
        assert next((s.do, found.about(s)) for s in found.steps) == (
            "assess-criterion",
            "development-element",
        )

    def test_each_party_that_still_has_to_consent_by_name(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        found = plan(history, "2024-06-20 10:00")
        assert [(s.do, found.about(s)) for s in found.steps] == [
            *[("give-consent", funder) for funder in ASKED],
            ("start", None),
        ]
        one = plan(history.then(consent("realdania", 1_500_000)), "2024-06-20 10:00")
        assert [one.about(s) for s in one.steps] == ["region-syddanmark", None]

    def test_a_consent_that_runs_out_is_a_last_moment(self, procedure: Procedure) -> None:
        history = told(
            in_phase(Phase.FUNDER_CONSENT, procedure),
            consent("realdania", 1_500_000, valid_until="2024-07-31"),
            consent("region-syddanmark", 500_000),
        )
        (start,) = plan(history, "2024-06-20 10:00").steps
        assert start.last == copenhagen("2024-07-31 23:59:59.999999")
        assert start.closed_by is not None
        assert start.closed_by.rule == "consents-in-force"
        assert done(plan(history, "2024-08-01 00:00")) == ["give-consent", "start"]

    def test_a_condition_has_to_be_met(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
        found = plan(history, "2024-06-20 10:00")
        assert [found.about(s) for s in found.steps if s.do == "meet-condition"] == ["En plan"]

    def test_a_refused_consent_stands_in_the_way(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure).then(command("refuse-consent"))
        found = plan(history, "2024-06-20 10:00")
        assert (found.permitted, found.lost) == (False, False)
        assert [each.rule for each in found.steps[-1].missing] == ["consent-open"]

    def test_what_the_funds_have_promised_to_others_stands_in_the_way(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        at = "2024-04-20 10:00"
        assert plan(history, at, committed={"realdania": 8_500_000}).permitted
        found = plan(history, at, committed={"realdania": 8_500_001})
        assert [each.rule for each in found.steps[-1].missing] == [
            *("within-fund", "fund-released")
        ]

    def test_a_fund_that_is_released_later_is_waited_for(self) -> None:
        awaits = 'awaits = "partnerskabets midtvejsevaluering"'
        later = policy((awaits, f"{awaits}\nreleased_on = 2024-06-15"))
        history = in_phase(Phase.QUALIFICATION, later)
        found = plan(history, "2024-04-20 10:00", committed={"realdania": 8_500_001})
        (approve,) = [step for step in found.steps if step.do == "approve"]
        assert found.permitted
        assert approve.not_before == copenhagen("2024-06-15 00:00")

    def test_a_budget_is_supposed_of_a_funder_whose_funds_have_a_krone(
        self, procedure: Procedure
    ) -> None:
        nothing = History(procedure)
        promised = {"realdania": 10_000_000, "regions": 9_999_999}
        assert plan(nothing, EARLY, committed=promised).permitted
        promised["regions"] += 1
        assert not plan(nothing, EARLY, committed=promised).permitted
        assert not plan(History(attrs.evolve(procedure, funders=(), funds=())), EARLY).permitted

    def test_where_cofinancing_binds_it_has_to_be_stated(self) -> None:
        binding = policy(('value = "advisory"', 'value = "binding"'))
        silent: dict[str, Any] = {"propose_budget": {"cofinancing": None}}
        found = plan(in_phase(Phase.QUALIFICATION, binding, **silent), "2024-04-20 10:00")
        assert done(found)[0] == "propose-budget"
        assert found.permitted


class TestSlack:
    @pytest.mark.parametrize("more", [timedelta(0), -MICROSECOND])
    def test_the_slack_is_how_long_the_next_step_can_wait(
        self, procedure: Procedure, more: timedelta
    ) -> None:
        found = plan(in_phase(Phase.SPARRING, procedure), QUALIFICATION + more)
        assert (found.slack, found.lost, found.permitted) == (-more, False, True)

    def test_one_microsecond_late_the_round_is_lost(self, procedure: Procedure) -> None:
        late = QUALIFICATION + MICROSECOND
        found = plan(in_phase(Phase.SPARRING, procedure), late, "2024-spring")
        assert (found.slack, found.lost, found.permitted) == (-MICROSECOND, True, False)
        assert [each.rule for each in found.steps[-1].missing] == ["before-qualification-deadline"]

    def test_the_round_is_by_default_the_first_that_is_not_lost(self, procedure: Procedure) -> None:
        history = in_phase(Phase.SPARRING, procedure)
        assert plan(history, QUALIFICATION).round == "2024-spring"
        assert plan(history, QUALIFICATION + MICROSECOND).round == "2024-autumn"
        assert plan(history, "2025-01-01 10:00").round == "2024-autumn"
        assert plan(history, "2025-01-01 10:00").lost

    def test_the_next_round_if_this_one_is_lost(self, procedure: Procedure) -> None:
        after = plan(in_phase(Phase.APPROVAL_PROCESS, procedure), "2024-05-01 10:00").if_lost()
        assert after is not None
        assert (after.round, done(after)[:2]) == ("2024-autumn", ["defer", "put-before-committee"])
        assert after.if_lost() is None

    def test_once_the_committee_has_decided_no_round_can_be_lost(
        self, procedure: Procedure
    ) -> None:
        found = plan(in_phase(Phase.FUNDER_CONSENT, procedure), "2024-06-20 10:00")
        assert (found.round, found.decided, found.if_lost()) == ("2024-spring", True, None)

    def test_a_partnership_that_ends_before_the_meeting_leaves_no_round(self) -> None:
        ends = policy(("value = 2027-12-31", "value = 2024-05-29"))
        found = plan(History(ends), EARLY, "2024-spring")
        assert (found.lost, found.steps[-1].do) == (True, "start")
        last = policy(("value = 2027-12-31", "value = 2024-05-30"))
        assert not plan(History(last), EARLY, "2024-spring").lost

    def test_a_round_is_not_left_for_an_earlier_one(self, procedure: Procedure) -> None:
        autumn = command("defer", at="2024-05-20 13:00", by=SECRETARIAT)
        history = in_phase(Phase.APPROVAL_PROCESS, procedure).then(autumn)
        found = plan(history, "2024-05-21 10:00", "2024-spring")
        assert [each.rule for each in found.steps[-1].missing] == ["same-or-later-round"]

    def test_a_proposal_before_the_committee_is_deferred_once_it_has_met(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        found = plan(history, "2024-05-21 10:00", "2024-autumn")
        first = found.steps[0]
        assert (first.do, first.not_before, first.roles) == ("defer", MEETING, ("committee",))


class TestErrors:
    def test_a_round_that_is_none(self, procedure: Procedure) -> None:
        for ask in (plan, missing_for_start):
            with pytest.raises(CaseError, match="'x' is none of 2024-spring, 2024-autumn"):
                ask(History(procedure), EARLY, round="x")

    @pytest.mark.parametrize("phase", [Phase.FUNDER_CONSENT, Phase.STARTED, Phase.WITHDRAWN])
    def test_another_round_than_the_one_that_was_decided_in(
        self, procedure: Procedure, phase: Phase
    ) -> None:
        history = in_phase(phase, procedure)
        with pytest.raises(CaseError, match=f"none is left to choose in the phase {phase}"):
            plan(history, "2025-01-01 10:00", "2024-autumn")

    def test_a_moment_without_a_zone_and_a_fund_that_is_none(self, procedure: Procedure) -> None:
        with pytest.raises(MomentError):
            plan(History(procedure), "2024-03-31 02:30")
        with pytest.raises(CaseError, match=r"committed\.x"):
            plan(History(procedure), EARLY, committed={"x": 1})

    def test_a_command_that_is_none(self, procedure: Procedure) -> None:
        with pytest.raises(CaseError, match="did you mean submit-for-approval"):
            missing_for(History(procedure), "submit-for-aproval", EARLY)
        with pytest.raises(CaseError, match=r"is no command and no phase$"):
            last_moment(History(procedure), "qqq")
        with pytest.raises(CaseError, match="by: "):
            last_moment(History(procedure), "start", by="nobody")


def missing_for_start(history: History, at: str, round: str) -> tuple[Step, ...]:
    return missing_for(history, "start", at, round=round)


class TestLastMoment:
    @pytest.mark.parametrize(
        ("phase", "do", "expected"),
        [
            (None, "submit-for-qualification", QUALIFICATION),
            (None, "submit-for-approval", APPROVAL),
            (None, "put-before-committee", MEETING_ENDS),
            (None, "start", END),
            (Phase.IDEA, "submit-for-qualification", QUALIFICATION),
            (Phase.QUALIFICATION, "submit-for-approval", APPROVAL),
            (Phase.APPROVAL_PROCESS, "put-before-committee", MEETING_ENDS),
            (Phase.APPROVAL_PROCESS, "defer", MEETING_ENDS),
            (Phase.COMMITTEE_DECISION, "approve", None),
            (Phase.COMMITTEE_DECISION, "reject", None),
            (Phase.FUNDER_CONSENT, "give-consent", None),
            (Phase.FUNDER_CONSENT, "start", END),
            (Phase.IDEA, "withdraw", None),
        ],
    )
    def test_in_the_own_or_the_first_round(
        self, procedure: Procedure, phase: Phase | None, do: str, expected: Moment | None
    ) -> None:
        assert last_moment(in_phase(phase, procedure), do) == expected

    @pytest.mark.parametrize(
        ("phase", "do"),
        [
            (Phase.SPARRING, "submit-for-qualification"),
            (Phase.QUALIFICATION, "submit-for-approval"),
            (Phase.APPROVAL_PROCESS, "put-before-committee"),
            (Phase.APPROVAL_PROCESS, "defer"),
        ],
    )
    @pytest.mark.parametrize("round_id", ["2024-spring", "2024-autumn"])
    def test_it_is_permitted_then_and_refused_a_microsecond_later(
        self, procedure: Procedure, phase: Phase, do: str, round_id: str
    ) -> None:
        said: dict[str, Any] = {} if do == "put-before-committee" else {"round": round_id}
        said |= {"by": SECRETARIAT} if phase is Phase.APPROVAL_PROCESS else {}
        history = in_phase(phase, procedure)
        if do == "put-before-committee" and round_id == "2024-autumn":
            history = history.then(
                command("defer", at="2024-05-01 10:00", by=SECRETARIAT, round=round_id)
            )
        last = last_moment(history, do, round=round_id)
        assert last is not None
        assert history.decide(command(do, at=last, **said)).permitted
        assert not history.decide(command(do, at=last + MICROSECOND, **said)).permitted

    def test_mail_may_be_registered_late(self, procedure: Procedure) -> None:
        later = told(
            in_phase(Phase.SPARRING, procedure),
            command("enlist-participants", at="2024-04-20 10:00"),
        )
        assert last_moment(later, "submit-for-qualification") == QUALIFICATION

    def test_the_consent_of_one_party(self, procedure: Procedure) -> None:
        history = told(
            in_phase(Phase.FUNDER_CONSENT, procedure),
            consent("realdania", 1_500_000, valid_until="2024-07-31"),
        )
        by = "funder:realdania"
        expected = copenhagen("2024-07-31 23:59:59.999999")
        assert last_moment(history, "withdraw-consent", by=by) == expected

    @pytest.mark.parametrize(
        ("phase", "do", "rule"),
        [
            (Phase.STARTED, "withdraw", "known-move"),
            (Phase.IDEA, "register-idea", "known-move"),
            (Phase.COMMITTEE_DECISION, "submit-for-approval", "known-move"),
        ],
    )
    def test_where_there_is_none_the_refusal_is_raised(
        self, procedure: Procedure, phase: Phase, do: str, rule: str
    ) -> None:
        with pytest.raises(NotPermitted) as refusal:
            last_moment(in_phase(phase, procedure), do)
        assert refusal.value.decision.refused_by == (rule,)

    def test_nor_for_a_round_that_was_over_when_the_idea_came(self, procedure: Procedure) -> None:
        history = History(procedure).then(command("register-idea", at="2024-04-16 10:00"))
        with pytest.raises(NotPermitted) as refusal:
            last_moment(history, "submit-for-qualification", round="2024-spring")
        assert refusal.value.decision.refused_by == ("in-order",)
        with pytest.raises(NotPermitted) as refusal:
            last_moment(history, "submit-for-approval", round="2024-spring")
        assert refusal.value.decision.refused_by == ("before-qualification-deadline",)

    def test_nor_for_who_may_not(self, procedure: Procedure) -> None:
        with pytest.raises(NotPermitted) as refusal:
            last_moment(in_phase(Phase.SPARRING, procedure), "submit-for-qualification", by=DGO)
        assert refusal.value.decision.refused_by == ("authorised",)


class TestMissing:
    def test_nothing_is_missing_for_what_is_permitted(self, procedure: Procedure) -> None:
        history = in_phase(Phase.SPARRING, procedure)
        assert missing_for(history, "submit-for-qualification", QUALIFICATION) == ()

    def test_a_microsecond_later_there_is_no_such_round(self, procedure: Procedure) -> None:
        history = in_phase(Phase.SPARRING, procedure)
        late, spring = QUALIFICATION + MICROSECOND, "2024-spring"
        (step,) = missing_for(history, "submit-for-qualification", late, round=spring)
        assert [each.rule for each in step.missing] == ["before-qualification-deadline"]
        assert missing_for(history, "submit-for-qualification", late) == ()

    def test_the_steps_before_it(self, procedure: Procedure) -> None:
        steps = missing_for(in_phase(Phase.IDEA, procedure), "submit-for-approval", EARLY)
        assert [step.do for step in steps] == [
            "submit-for-qualification",
            *["assess-criterion"] * 4,
        ]
        assert [step.last for step in steps] == [QUALIFICATION, *[APPROVAL] * 4]

    def test_for_a_phase_the_move_into_it_is_missing_too(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        steps = missing_for(history, "committee_decision", "2024-04-20 10:00")
        assert [step.do for step in steps] == ["submit-for-approval", "put-before-committee"]
        assert missing_for(history, Phase.QUALIFICATION, "2024-04-20 10:00") == ()

    def test_what_has_to_wait_is_missing_itself(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        (step,) = missing_for(history, "approve", MEETING - MICROSECOND)
        assert (step.not_before, step.decision.permitted) == (MEETING, True)
        assert missing_for(history, "approve", MEETING) == ()

    def test_a_phase_that_is_behind_is_not_entered_again(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure)
        (step,) = missing_for(history, Phase.IDEA, "2024-04-20 10:00")
        assert [each.rule for each in step.missing] == ["known-move"]
        (back,) = missing_for(history, Phase.SPARRING, "2024-04-20 10:00")
        assert (back.do, back.decision.permitted) == ("return", True)

    @pytest.mark.parametrize(("by", "rule"), [(COMMITTEE, "authorised"), (PROPOSER, None)])
    def test_for_an_actor(self, procedure: Procedure, by: str, rule: str | None) -> None:
        history = in_phase(Phase.SPARRING, procedure)
        steps = missing_for(history, "submit-for-qualification", EARLY, by=by)
        assert [each.rule for step in steps for each in step.missing] == ([rule] if rule else [])

    @pytest.mark.parametrize("do", COMMANDS)
    @pytest.mark.parametrize("phase", [None, *Phase])
    def test_every_command_has_an_answer_in_every_phase(
        self, procedure: Procedure, phase: Phase | None, do: str
    ) -> None:
        history = in_phase(phase, procedure)
        steps = missing_for(history, do, "2024-07-02 10:00")
        possible = any(m.command.do == do for m in moves_from(phase))
        assert possible or steps


class TestMends:
    def test_each_is_for_a_rule_and_by_a_command(self) -> None:
        assert set(MENDS) <= set(RULES)
        asked = {rule.id for move in MOVES for rule in move.rules}
        assert set(MENDS) <= asked
