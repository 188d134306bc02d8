"""Hvor mange midler er afsat? What a proposal should say of other money."""

import pytest

from klimaflow import History, Phase, Procedure
from tests.conftest import command, found, in_phase

RULE = "cofinancing-considered"


def with_cofinancing(procedure: Procedure, kroner: int | None) -> History:
    return in_phase(Phase.QUALIFICATION, procedure, propose_budget={"cofinancing": kroner})


class TestCofinancing:
    """Forslag til klimaudviklingsspor bør forholde sig til muligheder for medfinansiering."""

    def test_silence_is_a_remark_and_no_refusal(self, procedure: Procedure) -> None:
        decision = with_cofinancing(procedure, None).decide(command("submit-for-approval"))
        assert (decision.permitted, decision.refused_by, decision.remarks) == (True, (), (RULE,))
        finding = found(decision, RULE)
        assert (finding.strength, finding.holds, finding.margin) == ("advisory", False, -1)
        assert "even if it is zero" in finding.because
        assert "også hvis den er nul kroner" in finding.because_da
        assert "bør forholde sig" in finding.source.quote

    @pytest.mark.parametrize("kroner", [0, 1, 250_000])
    def test_to_state_none_is_not_to_be_silent(self, procedure: Procedure, kroner: int) -> None:
        decision = with_cofinancing(procedure, kroner).decide(command("submit-for-approval"))
        assert (decision.refused_by, decision.remarks) == ((), ())
        finding = found(decision, RULE)
        assert (finding.holds, finding.margin) == (True, 0)
        assert f"DKK {kroner:,}" in finding.because

    def test_a_new_budget_that_is_silent_takes_the_word_back(self, procedure: Procedure) -> None:
        said = with_cofinancing(procedure, 0)
        silent = said.then(command("propose-budget", at="2024-04-19 10:00", cofinancing=None))
        assert silent.decide(command("submit-for-approval")).remarks == (RULE,)

    def test_no_budget_at_all_is_silence_too(self, procedure: Procedure) -> None:
        without = in_phase(Phase.QUALIFICATION, procedure, propose_budget=None)
        decision = without.decide(command("submit-for-approval"))
        assert decision.refused_by == ("budget-stated",)
        assert decision.remarks == (RULE,)
        assert found(decision, "budget-stated").margin == -1

    def test_a_remark_does_not_follow_it_further(self, procedure: Procedure) -> None:
        silent = with_cofinancing(procedure, None).then(command("submit-for-approval"))
        assert silent.decide(command("put-before-committee")).remarks == ()
