"""Klimaudviklingsspor i Klimaalliancen: what a track must be, as a human judges it."""

import pytest

from klimaflow import History, Phase, Procedure
from tests.conftest import CRITERIA, DGO, SECRETARIAT, command, found, in_phase, told, unsaid


def judged(procedure: Procedure, *judgements: tuple[str, bool]) -> History:
    """Return a proposal in qualification of which only these criteria are assessed."""
    sparring = in_phase(Phase.SPARRING, procedure)
    asked = [command("assess-criterion", criterion=name, met=met) for name, met in judgements]
    return told(sparring, command("submit-for-qualification"), *asked)


def is_missing(procedure: Procedure, criterion: str) -> bool:
    """Tell whether this one criterion, and nothing else, keeps a proposal back."""
    others = [(name, True) for name in CRITERIA if name != criterion]
    without = judged(procedure, *others).decide(command("submit-for-approval"))
    unmet = judged(procedure, *others, (criterion, False)).decide(command("submit-for-approval"))
    met = judged(procedure, *others, (criterion, True)).decide(command("submit-for-approval"))
    assert found(without, "criteria-met").margin == found(unmet, "criteria-met").margin == -1
    assert found(met, "criteria-met").margin == 0
    assert met.refused_by == ()
    return without.refused_by == unmet.refused_by == ("criteria-met",)


class TestANeedFromTheClimatePlans:
    """Klimaudviklingssporerne skal tage afsæt i behov og udfordringer identificeret i arbejdet med
    at realisere kommunernes klimahandlingsplaner ..."""

    def test_a_track_whose_need_is_not_from_there_is_kept_back(self, procedure: Procedure) -> None:
        assert is_missing(procedure, "need-from-climate-plans")

    def test_it_says_which_criterion_is_missing_and_where_it_stands(
        self, procedure: Procedure
    ) -> None:
        others = [(name, True) for name in CRITERIA[1:]]
        decision = judged(procedure, *others).decide(command("submit-for-approval"))
        finding = found(decision, "criteria-met")
        assert not unsaid(finding.because, "1 of 4", "climate action plans”")
        assert not unsaid(finding.because_da, "1 af 4", "kommunernes klimahandlingsplaner«")
        assert "skal tage afsæt i behov og udfordringer" in finding.source.quote

    @pytest.mark.parametrize("judgement", [(), (("need-from-climate-plans", False),)])
    def test_only_what_is_missing_is_named(
        self, procedure: Procedure, judgement: tuple[tuple[str, bool], ...]
    ) -> None:
        others = [(name, True) for name in CRITERIA[1:]]
        decision = judged(procedure, *others, *judgement).decide(command("submit-for-approval"))
        finding = found(decision, "criteria-met")
        assert unsaid(finding.because, *(each.label for each in procedure.criteria)) == [
            each.label for each in procedure.criteria[1:]
        ]

    def test_all_that_are_missing_are_named(self, procedure: Procedure) -> None:
        finding = found(judged(procedure).decide(command("submit-for-approval")), "criteria-met")
        assert finding.margin == -4
        labels = [each.label for each in procedure.criteria]
        labels_da = [each.label_da or "" for each in procedure.criteria]
        assert not unsaid(finding.because, "4 of 4", *labels)
        assert not unsaid(finding.because_da, "4 af 4", *labels_da)


class TestOpenToAll:
    """... og bidrage med løsninger og viden, som skal være tilgængelig for alle interesserede
    kommuner og regioner."""

    def test_a_track_that_keeps_its_results_to_itself_is_kept_back(
        self, procedure: Procedure
    ) -> None:
        assert is_missing(procedure, "results-open")


class TestAnElementOfDevelopmentTestOrDemonstration:
    """Et klimaudviklingsspor i Klimaalliancen forstås som et problemdrevet spor, der indeholder et
    tydeligt udviklings-, test- eller demonstrationselement."""

    def test_a_track_without_one_is_kept_back(self, procedure: Procedure) -> None:
        assert is_missing(procedure, "development-element")

    @pytest.mark.parametrize(
        "elements", [["development"], ["test"], ["demonstration"], ["test", "demonstration"]]
    )
    def test_each_of_the_three_can_be_described(
        self, procedure: Procedure, elements: list[str]
    ) -> None:
        described = in_phase(Phase.IDEA, procedure, describe={"elements": elements})
        assert described.proposal.description is not None
        assert list(described.proposal.description.elements) == elements

    def test_a_human_judges_it_and_the_description_does_not(self, procedure: Procedure) -> None:
        told_of_it = in_phase(Phase.SPARRING, procedure, describe={"elements": ["test"]})
        qualified = told_of_it.then(command("submit-for-qualification"))
        assert qualified.decide(command("submit-for-approval")).refused_by == ("criteria-met",)
        silent = in_phase(Phase.QUALIFICATION, procedure, describe=None)
        assert silent.decide(command("submit-for-approval")).refused_by == ()

    @pytest.mark.parametrize("by", [DGO, SECRETARIAT])
    def test_who_judged_and_why_is_recorded(self, procedure: Procedure, by: str) -> None:
        history = judged(procedure)
        judgement = command("assess-criterion", by=by, reason="Tre pilotoplande.")
        after = history.then(judgement)
        assert after.proposal.assessments["development-element"].reason == "Tre pilotoplande."
        assert str(after.events[-1].by) == by

    @pytest.mark.parametrize("reason", ["", " ", "\t\n", "\u200b", "\u00a0"])
    def test_a_judgement_without_a_reason_is_none(self, procedure: Procedure, reason: str) -> None:
        history = judged(procedure)
        decision = history.decide(command("assess-criterion", reason=reason))
        assert decision.refused_by == ("reason-given",)
        assert found(decision, "reason-given").margin == -1

    @pytest.mark.parametrize("by", ["proposer:0751", "committee:klimaalliancen"])
    def test_nobody_judges_their_own_or_out_of_turn(self, procedure: Procedure, by: str) -> None:
        history = judged(procedure)
        assert history.decide(command("assess-criterion", by=by)).refused_by == ("authorised",)

    def test_the_last_judgement_counts(self, procedure: Procedure) -> None:
        all_met = in_phase(Phase.QUALIFICATION, procedure)
        doubted = all_met.then(command("assess-criterion", met=False, at="2024-04-19 10:00"))
        assert doubted.decide(command("submit-for-approval")).refused_by == ("criteria-met",)
        convinced = doubted.then(command("assess-criterion", at="2024-04-20 10:00"))
        assert convinced.decide(command("submit-for-approval")).refused_by == ()


class TestNoSupportForWellProvenSolutions:
    """Der gives ikke støtte til direkte implementering af kendte og velafprøvede løsninger."""

    def test_a_track_that_only_uses_what_is_known_is_kept_back(self, procedure: Procedure) -> None:
        assert is_missing(procedure, "not-proven-solution")

    def test_a_human_judges_it_and_the_description_does_not(self, procedure: Procedure) -> None:
        honest = in_phase(Phase.QUALIFICATION, procedure, describe={"proven_solution": True})
        assert honest.decide(command("submit-for-approval")).refused_by == ()
