"""Hvordan foregår det? Where an idea arises, and the sparring that is offered on its way."""

import pytest

from klimaflow import Phase, Procedure
from tests.conftest import DGO, SECRETARIAT, command, found, in_phase, told

OPEN = [phase for phase in Phase if not phase.final]
LATER = "2024-06-01 10:00"


class TestAnIdeaMayAriseAnywhere:
    """En ide til et klimaudviklingsspor kan opstå alle steder."""

    @pytest.mark.parametrize(
        "at", ["2023-12-24 18:00", "2024-02-29T23:59:59+14:00", "2026-01-01 00:00"]
    )
    def test_at_any_time_and_without_a_condition(self, procedure: Procedure, at: str) -> None:
        decision = in_phase(None, procedure).decide(command("register-idea", at=at))
        assert decision.refused_by == decision.remarks == ()
        assert [each.rule for each in decision.findings] == ["in-order", "authorised"]

    def test_alone_without_participants_description_or_budget(self, procedure: Procedure) -> None:
        idea = in_phase(None, procedure).then(command("register-idea"))
        assert idea.proposal.phase is Phase.IDEA
        assert idea.proposal.participants == ()
        assert (idea.proposal.description, idea.proposal.budget) == (None, None)

    def test_it_is_one_idea_and_registered_once(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        assert idea.decide(command("register-idea")).refused_by == ("known-move",)


class TestSparringFromTheIdeaToTheStart:
    """De lokale geografiske organiseringer (DGO) og sekretariatet i Klimaalliancen står til
    rådighed med sparring ift. faglig relevans og krav til klimaudviklingsspor – lige fra en ide
    opstår til godkendelse og igangsættelse af klimaudviklingssporet."""

    @pytest.mark.parametrize("phase", OPEN)
    @pytest.mark.parametrize("by", [DGO, SECRETARIAT])
    def test_it_may_be_held_in_every_open_phase(
        self, procedure: Procedure, phase: Phase, by: str
    ) -> None:
        history = in_phase(phase, procedure)
        after = history.then(command("hold-sparring", by=by, at=LATER))
        expected = Phase.SPARRING if phase is Phase.IDEA else phase
        assert after.proposal.phase is expected

    @pytest.mark.parametrize("phase", [Phase.STARTED, Phase.REJECTED, Phase.WITHDRAWN])
    def test_it_ends_with_the_course(self, procedure: Procedure, phase: Phase) -> None:
        over = in_phase(phase, procedure)
        late = command("hold-sparring", at="2025-01-01 10:00")
        assert over.decide(late).refused_by == ("known-move",)

    @pytest.mark.parametrize("phase", OPEN[1:])
    def test_it_takes_nothing_away(self, procedure: Procedure, phase: Phase) -> None:
        history = in_phase(phase, procedure)
        assert history.then(command("hold-sparring", at=LATER)).proposal == history.proposal

    @pytest.mark.parametrize(
        "by", ["proposer:0751", "participant:0461", "committee:klimaalliancen", "funder:realdania"]
    )
    def test_only_the_local_organisations_and_the_secretariat_offer_it(
        self, procedure: Procedure, by: str
    ) -> None:
        decision = in_phase(Phase.IDEA, procedure).decide(command("hold-sparring", by=by))
        assert decision.refused_by == ("authorised",)
        assert "local organisation (DGO) and secretariat" in found(decision, "authorised").because

    def test_it_is_an_offer_and_never_a_gate(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        without = idea.decide(command("submit-for-qualification"))
        assert without.refused_by == without.remarks == ()
        with_it = told(idea, command("hold-sparring")).decide(command("submit-for-qualification"))
        assert [each.rule for each in with_it.findings] == [each.rule for each in without.findings]
