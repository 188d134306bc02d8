"""Hvornår er der deadline? The deadlines, to the microsecond and on every clock."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from klimaflow import Phase, Procedure, copenhagen
from tests.conftest import command, found, in_phase, unsaid

MICROSECOND = timedelta(microseconds=1)
ON_TIME = timedelta(0)
CLOCKS = [
    UTC,
    timezone(timedelta(hours=14)),
    timezone(timedelta(hours=-12)),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("America/New_York"),
]
SPRING, AUTUMN = "2024-spring", "2024-autumn"
QUALIFICATION_CLOSES = {SPRING: "2024-04-15 09:00", AUTUMN: "2024-10-07 09:00"}
APPROVAL_CLOSES = {SPRING: "2024-04-25 09:00", AUTUMN: "2024-10-24 09:00"}
BOTH_ROUNDS = pytest.mark.parametrize("into", [SPRING, AUTUMN])


class TestTheRecommendationComesBeforeTheCommittee:
    """Forslag til klimaudviklingsspor skal gennem et indstillingsforløb, inden forslaget går
    videre til vurdering i Klimaalliancens forretningsudvalg."""

    @pytest.mark.parametrize("phase", [Phase.IDEA, Phase.SPARRING, Phase.QUALIFICATION])
    @pytest.mark.parametrize("do", ["put-before-committee", "approve", "reject"])
    def test_nothing_comes_before_the_committee_from_an_earlier_phase(
        self, procedure: Procedure, phase: Phase, do: str
    ) -> None:
        decision = in_phase(phase, procedure).decide(command(do))
        assert decision.refused_by == ("known-move",)
        assert found(decision, "known-move").margin == -1

    def test_the_committee_does_not_decide_on_what_was_not_put_before_it(
        self, procedure: Procedure
    ) -> None:
        waiting = in_phase(Phase.APPROVAL_PROCESS, procedure)
        assert waiting.decide(command("approve")).refused_by == ("known-move",)
        assert waiting.decide(command("put-before-committee")).refused_by == ()

    @pytest.mark.parametrize("phase", [Phase.IDEA, Phase.SPARRING])
    def test_the_approval_process_follows_professional_qualification(
        self, procedure: Procedure, phase: Phase
    ) -> None:
        early = in_phase(phase, procedure).decide(
            command("submit-for-approval", round=SPRING, at="2024-04-01 12:00")
        )
        assert early.refused_by == ("criteria-met", "qualification-first")
        finding = found(early, "qualification-first")
        assert finding.margin == -1
        assert not unsaid(finding.because, "spring 2024", "Monday 15 April 2024 at 09:00")
        assert not unsaid(finding.because_da, "foråret 2024", "mandag den 15. april 2024 kl. 9.00")

    def test_from_qualification_it_may_go_on(self, procedure: Procedure) -> None:
        decision = in_phase(Phase.QUALIFICATION, procedure).decide(command("submit-for-approval"))
        assert (decision.refused_by, decision.remarks) == ((), ())
        assert found(decision, "qualification-first").margin == 0


class TestTwoRounds:
    """Væsentlige deadlines for indstillingsforløb i hhv. foråret og efteråret 2024 kan ses
    herunder."""

    def test_there_are_two_and_each_has_its_three_dates(self, procedure: Procedure) -> None:
        dates = [
            (gates.qualification_closes_at, gates.approval_closes_at, str(gates.meeting.on))
            for gates in procedure.gates.values()
        ]
        assert list(procedure.gates) == [SPRING, AUTUMN]
        assert dates == [
            (copenhagen("2024-04-15 09:00"), copenhagen("2024-04-25 09:00"), "2024-05-30"),
            (copenhagen("2024-10-07 09:00"), copenhagen("2024-10-24 09:00"), "2024-11-21"),
        ]

    @pytest.mark.parametrize("other", ["2023-autumn", "2025-spring", "2024-Spring", ""])
    def test_no_other_half_year_is_made_up(self, procedure: Procedure, other: str) -> None:
        idea = in_phase(Phase.SPARRING, procedure)
        decision = idea.decide(command("submit-for-qualification", round=other))
        assert decision.refused_by == ("before-qualification-deadline", "known-round")
        unknown = found(decision, "known-round")
        assert not unsaid(unknown.because, f"“{other}”", "2024-spring and 2024-autumn")
        assert not unsaid(unknown.because_da, f"»{other}«", "2024-spring og 2024-autumn")
        assert found(decision, "before-qualification-deadline").margin is None

    def test_a_proposal_goes_on_in_its_own_round_or_a_later_one(self, procedure: Procedure) -> None:
        autumn = in_phase(
            Phase.QUALIFICATION, procedure, submit_for_qualification={"round": AUTUMN}
        )
        back = autumn.decide(command("submit-for-approval", round=SPRING))
        assert back.refused_by == ("same-or-later-round",)
        assert found(back, "same-or-later-round").margin == -1
        finding = found(back, "same-or-later-round")
        assert not unsaid(finding.because, "spring 2024", "autumn 2024")
        assert not unsaid(finding.because_da, "foråret 2024", "efteråret 2024")
        spring = in_phase(Phase.QUALIFICATION, procedure)
        for number, into in enumerate((SPRING, AUTUMN)):
            onward = spring.decide(command("submit-for-approval", round=into))
            assert onward.refused_by == ()
            assert found(onward, "same-or-later-round").margin == number


class TestLastChanceForQualification:
    """Seneste mulighed for indsendelse af forslag til faglig kvalificering
    Mandag 15. april kl. 9.00 Mandag 7. oktober kl. 9.00"""

    RULE = "before-qualification-deadline"

    @BOTH_ROUNDS
    @pytest.mark.parametrize("clock", CLOCKS, ids=str)
    @pytest.mark.parametrize("late", [-MICROSECOND, ON_TIME, MICROSECOND], ids=str)
    def test_nine_o_clock_is_in_time_and_a_microsecond_later_is_not(
        self, procedure: Procedure, into: str, clock: timezone, late: timedelta
    ) -> None:
        received = (copenhagen(QUALIFICATION_CLOSES[into]) + late).astimezone(clock)
        sparring = in_phase(Phase.SPARRING, procedure)
        submission = command("submit-for-qualification", round=into, at=received)
        decision = sparring.decide(submission)
        assert decision.refused_by == ((self.RULE,) if late > ON_TIME else ())
        assert decision.remarks == ()
        assert found(decision, self.RULE).margin == -late

    @pytest.mark.parametrize(
        ("received", "refused_by"),
        [
            ("2024-04-15 08:59:59.999999", ()),
            ("2024-04-15 09:00", ()),
            ("2024-04-15 09:00:00.000001", (RULE,)),
            ("2024-04-15T07:00:00Z", ()),
            ("2024-04-15T07:00:00.000001Z", (RULE,)),
            ("2024-04-15T09:00:00Z", (RULE,)),
        ],
    )
    def test_as_it_is_written(
        self, procedure: Procedure, received: str, refused_by: tuple[str, ...]
    ) -> None:
        sparring = in_phase(Phase.SPARRING, procedure)
        decision = sparring.decide(command("submit-for-qualification", at=received))
        assert decision.refused_by == refused_by

    def test_who_is_late_is_told_by_how_much_and_which_round_is_open(
        self, procedure: Procedure
    ) -> None:
        sparring = in_phase(Phase.SPARRING, procedure)
        late = command("submit-for-qualification", at="2024-04-15 09:00:00.000001")
        finding = found(sparring.decide(late), self.RULE)
        assert not unsaid(finding.because, "at 09:00:00.000001", "1 microsecond late")
        assert not unsaid(finding.because, "Monday 15 April 2024 at 09:00.", "spring 2024")
        assert not unsaid(finding.because, "autumn 2024", "Monday 7 October 2024 at 09:00")
        danish = finding.because_da
        assert not unsaid(danish, "kl. 9.00.00,000001", "1 mikrosekund for sent")
        assert not unsaid(danish, "mandag den 15. april 2024 kl. 9.00.", "foråret 2024")
        assert not unsaid(danish, "efteråret 2024", "mandag den 7. oktober 2024 kl. 9.00")
        assert finding.source.quote in " ".join((type(self).__doc__ or "").split())

    @pytest.mark.parametrize(
        ("at", "english", "danish"),
        [
            ("2024-04-15 08:59:59.999999", "1 microsecond to spare", "1 mikrosekund før fristen"),
            ("2024-04-15 09:00", "to the very instant", "på klokkeslættet"),
        ],
    )
    def test_who_is_in_time_is_told_by_how_much(
        self, procedure: Procedure, at: str, english: str, danish: str
    ) -> None:
        sparring = in_phase(Phase.SPARRING, procedure)
        finding = found(sparring.decide(command("submit-for-qualification", at=at)), self.RULE)
        assert english in finding.because
        assert danish in finding.because_da

    def test_the_next_round_is_named_as_long_as_it_is_open(self, procedure: Procedure) -> None:
        sparring = in_phase(Phase.SPARRING, procedure)
        at_the_line = command("submit-for-qualification", at="2024-10-07 09:00")
        assert "autumn 2024" in found(sparring.decide(at_the_line), self.RULE).because
        over_it = command("submit-for-qualification", at="2024-10-07 09:00:00.000001")
        finding = found(sparring.decide(over_it), self.RULE)
        assert "No later round has been laid down." in finding.because
        assert "Der er ikke fastlagt nogen senere runde." in finding.because_da
        assert "autumn" not in finding.because

    def test_a_missed_deadline_is_no_rejection(self, procedure: Procedure) -> None:
        sparring = in_phase(Phase.SPARRING, procedure)
        late = sparring.decide(command("submit-for-qualification", at="2024-04-15 09:12"))
        assert (late.events, late.permitted) == ((), False)
        assert found(late, self.RULE).to_dict()["margin"] == "-PT12M"
        again = command("submit-for-qualification", round=AUTUMN, at="2024-04-15 09:13")
        assert sparring.then(again).proposal.phase is Phase.QUALIFICATION


class TestLastChanceForTheApprovalProcess:
    """Seneste mulighed for indsendelse af forslag til godkendelsesforløb
    Torsdag 25. april kl. 9.00 Torsdag 24. oktober kl. 9.00"""

    RULE = "before-approval-deadline"

    @BOTH_ROUNDS
    @pytest.mark.parametrize("clock", CLOCKS, ids=str)
    @pytest.mark.parametrize("late", [-MICROSECOND, ON_TIME, MICROSECOND], ids=str)
    def test_nine_o_clock_is_in_time_and_a_microsecond_later_is_not(
        self, procedure: Procedure, into: str, clock: timezone, late: timedelta
    ) -> None:
        received = (copenhagen(APPROVAL_CLOSES[into]) + late).astimezone(clock)
        qualified = in_phase(
            Phase.QUALIFICATION, procedure, submit_for_qualification={"round": into}
        )
        decision = qualified.decide(command("submit-for-approval", at=received))
        assert decision.refused_by == ((self.RULE,) if late > ON_TIME else ())
        assert decision.remarks == ()
        assert found(decision, self.RULE).margin == -late

    def test_the_round_of_the_submission_counts_not_that_of_the_qualification(
        self, procedure: Procedure
    ) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        late = command("submit-for-approval", at="2024-04-25 09:00:00.000001")
        assert qualified.decide(late).refused_by == (self.RULE,)
        autumn = command("submit-for-approval", round=AUTUMN, at="2024-04-25 09:00:00.000001")
        decision = qualified.decide(autumn)
        assert decision.refused_by == ()
        assert qualified.record(decision).proposal.round == AUTUMN

    def test_who_is_late_is_told_by_how_much_and_which_round_is_open(
        self, procedure: Procedure
    ) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        finding = found(
            qualified.decide(command("submit-for-approval", at="2024-04-26 10:30:05")), self.RULE
        )
        assert not unsaid(finding.because, "1 day 1 hour 30 minutes 5 seconds late")
        assert not unsaid(finding.because, "10:30:05", "Thursday 25 April 2024 at 09:00")
        assert not unsaid(finding.because, "autumn 2024", "Thursday 24 October 2024 at 09:00")
        danish = finding.because_da
        assert not unsaid(danish, "1 dag 1 time 30 minutter 5 sekunder for sent", "kl. 10.30.05")
        assert not unsaid(danish, "foråret 2024", "torsdag den 25. april 2024 kl. 9.00")
        assert not unsaid(danish, "efteråret 2024", "torsdag den 24. oktober 2024 kl. 9.00")
        assert finding.to_dict()["margin"] == "-P1DT1H30M5S"

    def test_after_the_last_round_there_is_none(self, procedure: Procedure) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        decision = qualified.decide(command("submit-for-approval", at="2024-10-24 09:01"))
        finding = found(decision, self.RULE)
        assert "No later round has been laid down." in finding.because
        assert "Der er ikke fastlagt nogen senere runde." in finding.because_da

    def test_what_was_received_counts_however_late_it_is_recorded(
        self, procedure: Procedure
    ) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        talked_over = qualified.then(
            command("hold-sparring", at=datetime(2024, 4, 29, 12, tzinfo=UTC))
        )
        assert talked_over.decide(command("submit-for-approval")).refused_by == ()
