"""Hvor mange midler er afsat? The separate consent of each party that pays."""

import pytest

from klimaflow import History, Phase, Procedure
from klimaflow.proposal import ConsentStatus
from tests.conftest import (
    ASKED,
    COMMITTEE,
    SECRETARIAT,
    command,
    consent,
    found,
    in_phase,
    told,
    unsaid,
)

ALL = {
    "realdania": 1_000_000,
    "region-nordjylland": 1,
    "region-midtjylland": 2,
    "region-syddanmark": 3,
    "region-hovedstaden": 4,
    "region-sjaelland": 5,
}


@pytest.fixture(scope="module")
def approved(procedure: Procedure) -> History:
    """A track that Realdania and Region Syddanmark pay for."""
    return in_phase(Phase.FUNDER_CONSENT, procedure)


@pytest.fixture(scope="module")
def of_all_six(procedure: Procedure) -> History:
    return in_phase(Phase.FUNDER_CONSENT, procedure, propose_budget={"contributions": ALL})


class TestTheConsentOfEachContributingParty:
    """Anvendelse af midlerne forudsætter særskilt godkendelse af de respektive bidragende
    parter."""

    RULE = "every-party-consents"

    @pytest.mark.parametrize("missing", ALL)
    def test_all_consents_but_one_are_not_enough(self, of_all_six: History, missing: str) -> None:
        others = (consent(funder, kr) for funder, kr in ALL.items() if funder != missing)
        waiting = told(of_all_six, *others)
        decision = waiting.decide(command("start"))
        assert decision.refused_by == (self.RULE,)
        finding = found(decision, self.RULE)
        assert finding.margin == -1
        name = of_all_six.procedure.funder_names[missing]
        assert not unsaid(finding.because, "1 of 6", f": {name}.")
        assert not unsaid(finding.because_da, "1 af 6", f": {name}.")
        complete = waiting.then(consent(missing, ALL[missing]))
        assert complete.decide(command("start")).refused_by == ()

    def test_the_consent_of_all_is_enough(self, of_all_six: History) -> None:
        consents = (consent(funder, kroner) for funder, kroner in ALL.items())
        decision = told(of_all_six, *consents).decide(command("start"))
        assert (decision.refused_by, decision.remarks) == ((), ())
        assert found(decision, self.RULE).margin == 0

    def test_without_any_every_party_is_named(self, approved: History) -> None:
        decision = approved.decide(command("start"))
        assert decision.refused_by == (self.RULE,)
        finding = found(decision, self.RULE)
        assert finding.margin == -2
        assert not unsaid(finding.because, "2 of 2", "Realdania and Region Syddanmark")
        assert not unsaid(finding.because_da, "2 af 2", "Realdania og Region Syddanmark")
        assert finding.source.quote == " ".join((type(self).__doc__ or "").split())

    def test_who_pays_nothing_is_not_asked(self, procedure: Procedure) -> None:
        history = in_phase(
            Phase.FUNDER_CONSENT,
            procedure,
            approve={"granted": {"realdania": 1_500_000, "region-syddanmark": 0}},
        )
        assert history.proposal.contributing == ("realdania",)
        consented = history.then(consent("realdania", 1_500_000))
        assert consented.decide(command("start")).refused_by == ()

    @pytest.mark.parametrize(
        ("deed", "by", "refused_by"),
        [
            ("give-consent", "funder:region-syddanmark", ("authorised", "speaks-for-itself")),
            ("give-consent", SECRETARIAT, ("authorised", "speaks-for-itself")),
            ("give-consent", COMMITTEE, ("authorised", "speaks-for-itself")),
            ("give-consent", "proposer:realdania", ("authorised", "speaks-for-itself")),
            ("give-consent", "funder:Realdania", ("authorised", "speaks-for-itself")),
            ("give-consent", "funder:realdania/Ann Hansen", ()),
            ("refuse-consent", "funder:region-syddanmark", ("authorised", "speaks-for-itself")),
            ("refuse-consent", "funder:realdania", ()),
        ],
    )
    def test_nobody_consents_for_another(
        self, approved: History, deed: str, by: str, refused_by: tuple[str, ...]
    ) -> None:
        decision = approved.decide(command(deed, by=by))
        assert decision.refused_by == refused_by
        finding = found(decision, "speaks-for-itself")
        assert finding.margin == -len(refused_by[1:])
        if refused_by:
            assert not unsaid(finding.because, by, "Realdania", "funder:realdania")
            assert not unsaid(finding.because_da, by, "Realdania", "funder:realdania")

    def test_nobody_withdraws_for_another(self, approved: History) -> None:
        consented = told(approved, *(consent(funder, kr) for funder, kr in ASKED.items()))
        others = consented.decide(command("withdraw-consent", by="funder:region-syddanmark"))
        assert others.refused_by == ("authorised", "speaks-for-itself")
        own = consented.decide(command("withdraw-consent", by="funder:realdania"))
        assert own.refused_by == ()

    @pytest.mark.parametrize("funder", ["region-sjaelland", "kl", "nobody", ""])
    def test_only_a_contributing_party_is_asked(self, approved: History, funder: str) -> None:
        by = f"funder:{funder or 'realdania'}"
        decision = approved.decide(consent(funder, 1, by=by))
        strange = ("amount-agreed", "consent-open", "contributing-party")
        for_another = () if funder else ("authorised", "speaks-for-itself")
        assert decision.refused_by == tuple(sorted((*strange, *for_another)))
        assert found(decision, "amount-agreed").margin is None
        finding = found(decision, "contributing-party")
        assert not unsaid(finding.because, "Realdania and Region Syddanmark")
        assert not unsaid(finding.because_da, "Realdania og Region Syddanmark")

    @pytest.mark.parametrize(
        ("amount", "refused_by", "margin"),
        [
            (0, ("amount-agreed",), -1_500_000),
            (1_499_999, ("amount-agreed",), -1),
            (1_500_000, (), 0),
            (1_500_001, (), 1),
        ],
    )
    def test_a_consent_covers_the_whole_amount_to_the_krone(
        self, approved: History, amount: int, refused_by: tuple[str, ...], margin: int
    ) -> None:
        decision = approved.decide(consent("realdania", amount))
        assert decision.refused_by == refused_by
        finding = found(decision, "amount-agreed")
        assert finding.margin == margin
        assert not unsaid(finding.because, f"DKK {amount:,}", "DKK 1,500,000", "Realdania")
        assert not unsaid(finding.because_da, "1.500.000 kr.", "Realdania")
        assert (f" DKK {-margin:,} less" in finding.because) is (margin < 0)

    @pytest.mark.parametrize(
        ("start", "refused_by"),
        [
            ("2024-06-10 09:59:59.999999", (RULE,)),
            ("2024-06-10 10:00", ()),
            ("2024-06-10T07:59:59.999999Z", (RULE,)),
            ("2024-06-10T08:00:00Z", ()),
        ],
    )
    def test_it_is_there_before_the_money_is_used(
        self, approved: History, start: str, refused_by: tuple[str, ...]
    ) -> None:
        consented = told(
            approved,
            consent("realdania", 1_500_000, at="2024-06-10 10:00"),
            consent("region-syddanmark", 500_000, at="2024-06-05 10:00"),
        )
        decision = consented.decide(command("start", at=start))
        assert decision.refused_by == refused_by
        assert found(decision, self.RULE).margin == -len(refused_by)

    def test_it_is_not_asked_before_the_committee_decides(self, procedure: Procedure) -> None:
        before = in_phase(Phase.COMMITTEE_DECISION, procedure)
        decision = before.decide(command("approve"))
        assert decision.refused_by == ()
        assert self.RULE not in [each.rule for each in decision.findings]

    @pytest.mark.parametrize(
        ("start", "in_force"),
        [
            ("2024-07-01 00:00", True),
            ("2024-07-01 23:59:59.999999", True),
            ("2024-07-02 00:00", False),
            ("2024-07-01T21:59:59.999999Z", True),
            ("2024-07-01T22:00:00Z", False),
            ("2024-07-02T11:59:59+14:00", True),
        ],
    )
    def test_a_consent_is_in_force_to_the_end_of_its_last_day(
        self, approved: History, start: str, in_force: bool
    ) -> None:
        consented = told(
            approved,
            consent("realdania", 1_500_000, valid_until="2024-07-01"),
            consent("region-syddanmark", 500_000),
        )
        decision = consented.decide(command("start", at=start))
        assert decision.refused_by == (() if in_force else ("consents-in-force",))
        finding = found(decision, "consents-in-force")
        assert finding.margin == (0 if in_force else -1)

    def test_who_let_it_run_out_is_named(self, approved: History) -> None:
        consented = told(
            approved,
            consent("realdania", 1_500_000, valid_until="2024-06-30"),
            consent("region-syddanmark", 500_000, valid_until="2024-07-01"),
        )
        finding = found(consented.decide(command("start")), "consents-in-force")
        assert not unsaid(finding.because, "Realdania", "1")
        assert not unsaid(finding.because_da, "Realdania", "1")
        assert "Syddanmark" not in finding.because

    def test_a_conditional_consent_counts_when_its_condition_is_met(
        self, approved: History
    ) -> None:
        consented = told(
            approved,
            consent("realdania", 1_500_000, conditions=["En plan"]),
            consent("region-syddanmark", 500_000),
        )
        decision = consented.decide(command("start"))
        assert decision.refused_by == ("conditions-met",)
        finding = found(decision, "conditions-met")
        assert finding.margin == -1
        assert not unsaid(finding.because, "“En plan”", "1")
        assert not unsaid(finding.because_da, "»En plan«", "1")
        met = consented.then(command("meet-condition"))
        assert met.decide(command("start")).refused_by == ()

    def test_it_is_the_parties_of_this_track_as_they_are_now(self, approved: History) -> None:
        realdania = approved.then(consent("realdania", 1_500_000))
        assert realdania.decide(command("start")).refused_by == (self.RULE,)
        alone = realdania.then(command("amend-grant", granted={"realdania": 1_500_000}))
        assert alone.decide(command("start")).refused_by == ()
        statuses = alone.proposal.consents_on(alone.procedure.partnership_ends.on)
        assert statuses == {"realdania": ConsentStatus.GIVEN}
