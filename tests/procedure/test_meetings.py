"""Hvornår er der deadline? The committee's meetings, which are days and not deadlines."""

from datetime import UTC, timedelta

import pytest

from klimaflow import History, Phase, Procedure, copenhagen
from tests.conftest import COMMITTEE, SECRETARIAT, command, found, in_phase, unsaid

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
SPRING, AUTUMN = "2024-spring", "2024-autumn"
MEETING = {SPRING: "2024-05-30", AUTUMN: "2024-11-21"}
BOTH_ROUNDS = pytest.mark.parametrize("into", [SPRING, AUTUMN])
BY_THE_COMMITTEE = pytest.mark.parametrize("do", ["approve", "return", "reject", "defer"])


def before_the_committee(procedure: Procedure, into: str) -> History:
    return in_phase(Phase.COMMITTEE_DECISION, procedure, submit_for_qualification={"round": into})


class TestTheMeeting:
    """Møde i Forretningsudvalget for Klimaalliancen (behandling af forslag til
    klimaudviklingsspor) Torsdag 30. maj Torsdag 21. november"""

    @BOTH_ROUNDS
    @BY_THE_COMMITTEE
    def test_the_committee_decides_from_the_start_of_the_day_on(
        self, procedure: Procedure, into: str, do: str
    ) -> None:
        history = before_the_committee(procedure, into)
        midnight = copenhagen(f"{MEETING[into]} 00:00")
        on_the_day = history.decide(command(do, at=midnight))
        assert on_the_day.refused_by == ()
        assert found(on_the_day, "committee-has-met").margin == timedelta(0)
        a_day_after = history.decide(command(do, at=midnight + DAY))
        assert found(a_day_after, "committee-has-met").margin == DAY

    @BOTH_ROUNDS
    @BY_THE_COMMITTEE
    def test_it_does_not_decide_a_microsecond_before(
        self, procedure: Procedure, into: str, do: str
    ) -> None:
        history = before_the_committee(procedure, into)
        eve = copenhagen(f"{MEETING[into]} 00:00") - MICROSECOND
        for received in (eve, eve.astimezone(UTC)):
            decision = history.decide(command(do, at=received))
            assert decision.refused_by == ("committee-has-met",)
            assert found(decision, "committee-has-met").margin == -DAY
            assert found(decision, "committee-has-met").to_dict()["margin"] == "-P1D"

    def test_the_day_is_that_of_copenhagen(self, procedure: Procedure) -> None:
        history = before_the_committee(procedure, SPRING)
        at_midnight = command("approve", at="2024-05-29T22:00:00Z")
        assert history.decide(at_midnight).refused_by == ()
        before_it = command("approve", at="2024-05-29T21:59:59.999999Z")
        assert history.decide(before_it).refused_by == ("committee-has-met",)
        winter = before_the_committee(procedure, AUTUMN)
        assert winter.decide(command("approve", at="2024-11-20T23:00:00Z")).refused_by == ()

    def test_who_is_early_is_told_the_day(self, procedure: Procedure) -> None:
        history = before_the_committee(procedure, SPRING)
        early = history.decide(command("approve", at="2024-05-28 13:00"))
        finding = found(early, "committee-has-met")
        danish = finding.because_da
        assert not unsaid(
            finding.because, "2 days too early", "spring 2024", "Thursday 30 May 2024"
        )
        assert not unsaid(danish, "2 dage for tidligt", "foråret 2024", "torsdag den 30. maj 2024")
        assert "Torsdag 30. maj" in finding.source.quote

    def test_a_date_is_no_deadline_it_may_decide_long_after(self, procedure: Procedure) -> None:
        history = before_the_committee(procedure, SPRING)
        assert history.decide(command("approve", at="2025-03-01 10:00")).refused_by == ()

    def test_another_rounds_meeting_is_not_its_own(self, procedure: Procedure) -> None:
        autumn = before_the_committee(procedure, AUTUMN)
        in_spring = autumn.decide(command("approve", at="2024-05-30 13:00"))
        assert in_spring.refused_by == ("committee-has-met",)
        assert found(in_spring, "committee-has-met").margin == timedelta(days=-175)

    @BOTH_ROUNDS
    def test_a_proposal_comes_before_it_until_the_day_ends(
        self, procedure: Procedure, into: str
    ) -> None:
        waiting = in_phase(
            Phase.APPROVAL_PROCESS, procedure, submit_for_qualification={"round": into}
        )
        day_after = copenhagen(f"{MEETING[into]} 00:00") + DAY
        last = waiting.decide(command("put-before-committee", at=day_after - MICROSECOND))
        assert last.refused_by == ()
        assert found(last, "before-the-meeting").margin == timedelta(0)
        late = waiting.decide(command("put-before-committee", at=day_after))
        assert late.refused_by == ("before-the-meeting",)
        assert found(late, "before-the-meeting").margin == -DAY

    def test_who_missed_it_is_told_the_next_meeting(self, procedure: Procedure) -> None:
        waiting = in_phase(Phase.APPROVAL_PROCESS, procedure)
        late = waiting.decide(command("put-before-committee", at="2024-05-31 00:00"))
        finding = found(late, "before-the-meeting")
        danish = finding.because_da
        assert not unsaid(finding.because, "1 day late", "spring 2024", "Thursday 30 May 2024")
        assert not unsaid(finding.because, "autumn 2024", "Thursday 21 November 2024")
        assert not unsaid(danish, "1 dag for sent", "foråret 2024", "torsdag den 30. maj 2024")
        assert not unsaid(danish, "efteråret 2024", "torsdag den 21. november 2024")

    def test_a_missed_meeting_leads_to_the_next_by_deferral(self, procedure: Procedure) -> None:
        waiting = in_phase(Phase.APPROVAL_PROCESS, procedure)
        deferral = command("defer", by=SECRETARIAT, at="2024-06-03 10:00")
        autumn = waiting.then(deferral).then(command("put-before-committee", at="2024-11-21 23:59"))
        assert autumn.decide(command("approve", at="2024-11-21 23:59")).refused_by == ()

    @pytest.mark.parametrize(
        ("phase", "by", "day_of_meeting"),
        [
            (Phase.APPROVAL_PROCESS, SECRETARIAT, ()),
            (Phase.COMMITTEE_DECISION, COMMITTEE, ("committee-has-met",)),
        ],
    )
    def test_a_deferral_is_to_a_meeting_whose_day_has_not_ended(
        self, procedure: Procedure, phase: Phase, by: str, day_of_meeting: tuple[str, ...]
    ) -> None:
        history = in_phase(phase, procedure)
        ends = copenhagen("2024-11-22 00:00")
        for received, margin, refused_by in (
            (ends - MICROSECOND, timedelta(0), ()),
            (ends, -DAY, ("round-still-open",)),
        ):
            decision = history.decide(command("defer", by=by, at=received))
            assert decision.refused_by == refused_by
            assert found(decision, "round-still-open").margin == margin
        early = history.decide(command("defer", by=by, at="2024-05-29 10:00"))
        assert early.refused_by == day_of_meeting

    def test_a_deferral_to_a_past_meeting_is_told_which_one_comes(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.APPROVAL_PROCESS, procedure)
        past = command("defer", by=SECRETARIAT, round=SPRING, at="2024-06-01 10:00")
        finding = found(history.decide(past), "round-still-open")
        danish = finding.because_da
        assert not unsaid(finding.because, "2 days late", "spring 2024", "Thursday 30 May 2024")
        assert not unsaid(finding.because, "autumn 2024", "Thursday 21 November 2024")
        assert not unsaid(danish, "2 dage for sent", "foråret 2024", "torsdag den 30. maj 2024")
        assert not unsaid(danish, "efteråret 2024", "torsdag den 21. november 2024")
