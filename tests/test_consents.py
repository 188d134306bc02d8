"""The whole life of a consent: given, conditional, refused, withdrawn, void, lapsed, left out."""

from datetime import date
from typing import Any

import attrs
import pytest

from klimaflow import Decision, History, Phase, Procedure, decide
from klimaflow.commands import Command
from klimaflow.proposal import Condition, ConsentStatus
from tests.conftest import command, consent, found, in_phase, told, unsaid

MILLION = 1_000_000
OPEN_WORDS = {"awaited": "afventes", "withdrawn": "trukket tilbage", "void": "bortfaldet"}
OPEN_WORDS["lapsed"] = "udløbet"


@pytest.fixture(scope="module")
def granted(procedure: Procedure) -> History:
    """A track to which Realdania and Region Syddanmark are to pay a million each."""
    asked = {"realdania": 3 * MILLION, "region-syddanmark": 3 * MILLION}
    return in_phase(
        Phase.FUNDER_CONSENT,
        procedure,
        propose_budget={"contributions": asked},
        approve={"granted": {"realdania": MILLION, "region-syddanmark": MILLION}},
    )


def give(amount: int = MILLION, at: str = "2024-06-10 10:00", **changes: Any) -> Command:
    return consent("realdania", amount, at, **changes)


def amend(realdania: int, region: int = MILLION, at: str = "2024-06-12 10:00") -> Command:
    amounts = {"realdania": realdania, "region-syddanmark": region}
    return command("amend-grant", granted=amounts, at=at)


def status(history: History, on: str = "2024-06-20") -> str | None:
    """Return how it stands with Realdania's consent."""
    return history.proposal.consent_of("realdania", date.fromisoformat(on))


def again(history: History, at: str = "2024-06-20 10:00") -> Decision:
    """Return the answer to Realdania's giving its consent once more."""
    return history.decide(give(history.proposal.granted["realdania"], at))


WITHDRAW = command("withdraw-consent", at="2024-06-11 10:00")
REFUSE = command("refuse-consent")
START = command("start")


class TestAwaited:
    def test_it_is_awaited_until_the_party_speaks(self, granted: History) -> None:
        assert status(granted) == "awaited"
        assert again(granted).refused_by == ()
        assert granted.proposal.consents_on(date(2024, 6, 20)) == {
            "realdania": "awaited",
            "region-syddanmark": "awaited",
        }

    def test_what_was_not_given_cannot_be_withdrawn(self, granted: History) -> None:
        decision = granted.decide(WITHDRAW)
        assert decision.refused_by == ("consent-given",)
        finding = found(decision, "consent-given")
        assert finding.margin == -1
        assert not unsaid(finding.because, "Realdania", "awaited")
        assert not unsaid(finding.because_da, "Realdania", "afventes")


class TestGiven:
    def test_it_stands_and_is_not_given_twice(self, granted: History) -> None:
        given = granted.then(give())
        assert status(given) == "given"
        decision = again(given)
        assert decision.refused_by == ("consent-open",)
        finding = found(decision, "consent-open")
        assert not unsaid(finding.because, "Realdania", "given", "withdraw it first")
        assert not unsaid(finding.because_da, "Realdania", "givet", "træk den først tilbage")

    def test_it_cannot_be_refused_while_it_stands(self, granted: History) -> None:
        late = command("refuse-consent", at="2024-06-11 10:00")
        assert granted.then(give()).decide(late).refused_by == ("consent-open",)

    def test_it_is_that_partys_alone(self, granted: History) -> None:
        given = granted.then(give())
        assert given.proposal.consents_on(date(2024, 6, 20)) == {
            "realdania": "given",
            "region-syddanmark": "awaited",
        }
        assert given.decide(consent("region-syddanmark", MILLION)).refused_by == ()


class TestConditional:
    def test_the_conditions_of_committee_and_parties_are_met_one_by_one(
        self, procedure: Procedure
    ) -> None:
        history = told(
            in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["A", "B"]}),
            consent("realdania", 1_500_000, conditions=["B", "C"]),
            consent("region-syddanmark", 500_000),
        )
        for number, text in enumerate("ABC"):
            decision = history.decide(START)
            assert decision.refused_by == ("conditions-met",)
            assert found(decision, "conditions-met").margin == number - 3
            history = history.then(command("meet-condition", condition=text, reason=f"Ja, {text}."))
        assert history.decide(START).refused_by == ()
        assert history.proposal.grant is not None
        assert history.proposal.grant.conditions == (
            Condition("A", "Ja, A."),
            Condition("B", "Ja, B."),
        )
        assert history.proposal.consents["realdania"].conditions[0] == Condition("B", "Ja, B.")

    def test_a_condition_that_nobody_made_is_not_met(self, granted: History) -> None:
        given = granted.then(give(conditions=["En plan", "En tidsplan"]))
        decision = given.decide(command("meet-condition", condition="en plan"))
        assert decision.refused_by == ("known-condition",)
        finding = found(decision, "known-condition")
        assert not unsaid(finding.because, "“en plan”", "“En plan” and “En tidsplan”")
        assert not unsaid(finding.because_da, "»en plan«", "»En plan« og »En tidsplan«")

    def test_where_there_is_none_it_says_so(self, granted: History) -> None:
        finding = found(granted.decide(command("meet-condition")), "known-condition")
        assert "nothing" in finding.because
        assert "intet" in finding.because_da

    def test_the_conditions_of_a_consent_go_with_it(self, granted: History) -> None:
        given = granted.then(give(conditions=["En plan"]))
        withdrawn = told(given, WITHDRAW)
        assert withdrawn.decide(command("meet-condition")).refused_by == ("known-condition",)
        unconditional = told(
            withdrawn, give(at="2024-06-12 10:00"), consent("region-syddanmark", MILLION)
        )
        assert unconditional.decide(START).refused_by == ()

    @pytest.mark.parametrize("word", ["refused", "withdrawn", "void"])
    def test_only_of_a_consent_that_is_given_and_of_who_pays(
        self, granted: History, word: str
    ) -> None:
        history = told(granted, give(conditions=["A"]), consent("region-syddanmark", MILLION))
        proposal = history.proposal
        given = proposal.consents["realdania"]
        other = attrs.evolve(given, status=ConsentStatus(word))
        not_given = attrs.evolve(proposal, consents=proposal.consents.with_("realdania", other))
        another = attrs.evolve(given, conditions=(Condition("B"),))
        consents = proposal.consents.with_("region-sjaelland", another)
        of_none = attrs.evolve(proposal, consents=consents)
        left = {
            name: found(decide(history.procedure, of, START), "conditions-met").margin
            for name, of in {"given": proposal, "not given": not_given, "none": of_none}.items()
        }
        assert left == {"given": -1, "not given": 0, "none": -1}

    def test_the_committees_are_met_without_any_consent(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
        met = history.then(command("meet-condition"))
        assert met.decide(START).refused_by == ("every-party-consents",)
        assert met.decide(command("meet-condition")).refused_by == ()


class TestRefused:
    def test_it_stands_until_the_amount_is_changed(self, granted: History) -> None:
        refused = granted.then(REFUSE)
        assert status(refused) == "refused"
        decision = again(refused)
        assert decision.refused_by == ("consent-open",)
        finding = found(decision, "consent-open")
        assert not unsaid(finding.because, "refused", "until the amount")
        assert not unsaid(finding.because_da, "afslået", "indtil beløbet")
        assert refused.decide(command("refuse-consent")).refused_by == ("consent-open",)

    @pytest.mark.parametrize(
        ("amount", "after"),
        [(MILLION - 1, "awaited"), (MILLION, "refused"), (MILLION + 1, "awaited")],
    )
    def test_a_krone_more_or_less_asks_anew(
        self, granted: History, amount: int, after: str
    ) -> None:
        asked_anew = told(granted, REFUSE, amend(amount, MILLION - 1))
        assert status(asked_anew) == after
        assert again(asked_anew).permitted is (after == "awaited")

    def test_another_partys_amount_is_no_reason(self, granted: History) -> None:
        assert status(told(granted, REFUSE, amend(MILLION, 1))) == "refused"

    def test_it_is_a_missing_consent_at_the_start(self, granted: History) -> None:
        refused = told(granted, REFUSE, consent("region-syddanmark", MILLION))
        assert refused.decide(START).refused_by == ("every-party-consents",)

    def test_the_grant_goes_on_without_who_refused(self, granted: History) -> None:
        others = command("amend-grant", granted={"region-syddanmark": 2 * MILLION})
        history = told(
            granted, REFUSE, others, consent("region-syddanmark", 2 * MILLION, "2024-06-13 10:00")
        )
        assert history.decide(START).refused_by == ()


class TestWithdrawn:
    def test_it_can_be_given_again(self, granted: History) -> None:
        withdrawn = told(granted, give(), WITHDRAW)
        assert status(withdrawn) == "withdrawn"
        assert withdrawn.decide(START).refused_by == ("every-party-consents",)
        assert again(withdrawn).refused_by == ()
        assert status(withdrawn.record(again(withdrawn))) == "given"

    def test_it_is_not_withdrawn_twice_but_may_be_refused(self, granted: History) -> None:
        withdrawn = told(granted, give(), WITHDRAW)
        assert withdrawn.decide(WITHDRAW).refused_by == ("consent-given",)
        assert withdrawn.decide(REFUSE).refused_by == ()

    def test_no_amendment_brings_it_back(self, granted: History) -> None:
        assert status(told(granted, give(), WITHDRAW, amend(1))) == "withdrawn"


class TestVoid:
    @pytest.mark.parametrize(
        ("amount", "after"), [(MILLION - 1, "given"), (MILLION, "given"), (MILLION + 1, "void")]
    )
    def test_a_krone_more_than_it_covers_voids_it(
        self, granted: History, amount: int, after: str
    ) -> None:
        amended = told(granted, give(), amend(amount, MILLION - 1))
        assert status(amended) == after

    def test_a_raise_that_it_covers_keeps_it(self, granted: History) -> None:
        lowered = told(granted, give(2 * MILLION), amend(1))
        assert status(lowered) == "given"
        assert status(told(lowered, amend(MILLION))) == "given"

    def test_a_void_consent_stays_void_after_lowering(self, granted: History) -> None:
        void = told(granted, give(), amend(MILLION + 1, 1))
        lowered = told(void, amend(MILLION), amend(1))
        assert status(lowered) == "void"
        lowered = told(lowered, consent("region-syddanmark", MILLION))
        assert lowered.decide(START).refused_by == ("every-party-consents",)
        assert again(lowered).refused_by == ()
        assert lowered.record(again(lowered)).decide(START).refused_by == ()

    def test_it_leaves_the_consents_of_the_others(self, granted: History) -> None:
        both = told(granted, give(), consent("region-syddanmark", MILLION))
        amended = told(both, amend(MILLION + 1, MILLION - 1))
        statuses = amended.proposal.consents_on(date(2024, 6, 20))
        assert statuses == {"realdania": "void", "region-syddanmark": "given"}
        assert amended.decide(START).refused_by == ("every-party-consents",)

    def test_it_cannot_be_withdrawn_but_refused(self, granted: History) -> None:
        void = told(granted, give(), amend(MILLION + 1, 1))
        assert void.decide(WITHDRAW).refused_by == ("consent-given",)
        assert void.decide(REFUSE).refused_by == ()


class TestLapsed:
    UNTIL = "2024-06-15"

    @pytest.mark.parametrize(("on", "then"), [("2024-06-15", "given"), ("2024-06-16", "lapsed")])
    def test_it_is_out_of_force_the_day_after(self, granted: History, on: str, then: str) -> None:
        given = granted.then(give(valid_until=self.UNTIL))
        assert status(given, on) == then
        assert given.proposal.consent_of("realdania", None) == "given"
        late = again(given, f"{on} 12:00")
        assert late.refused_by == (("consent-open",) if then == "given" else ())
        withdrawal = given.decide(command("withdraw-consent", at=f"{on} 12:00"))
        assert withdrawal.refused_by == (("consent-given",) if then == "lapsed" else ())

    def test_at_the_start_it_is_run_out_and_not_missing(self, granted: History) -> None:
        given = told(granted, give(valid_until=self.UNTIL), consent("region-syddanmark", MILLION))
        assert given.decide(START).refused_by == ("consents-in-force",)
        renewed = told(given, give(at="2024-06-20 10:00", valid_until="2024-07-01"))
        assert renewed.decide(START).refused_by == ()

    def test_a_new_word_replaces_the_old_day(self, granted: History) -> None:
        given = granted.then(give(valid_until=self.UNTIL))
        refused = told(given, command("refuse-consent", at="2024-06-16 00:00"))
        assert status(refused, "2024-06-30") == "refused"

    def test_who_left_does_not_hold_up_the_start(self, granted: History) -> None:
        given = told(granted, give(valid_until=self.UNTIL))
        alone = told(
            given,
            command("amend-grant", granted={"region-syddanmark": MILLION}),
            consent("region-syddanmark", MILLION, "2024-06-13 10:00"),
        )
        assert alone.decide(START).refused_by == ()


class TestOpenAgain:
    @pytest.mark.parametrize("word", OPEN_WORDS)
    def test_it_says_why_it_is_open(self, granted: History, word: str) -> None:
        history = {
            "awaited": granted,
            "withdrawn": told(granted, give(), WITHDRAW),
            "void": told(granted, give(), amend(MILLION + 1, 1)),
            "lapsed": told(granted, give(valid_until="2024-06-15")),
        }[word]
        assert status(history) == word
        finding = found(again(history), "consent-open")
        assert (finding.holds, finding.margin) == (True, 0)
        assert not unsaid(finding.because, "Realdania", word)
        assert not unsaid(finding.because_da, "Realdania", OPEN_WORDS[word])


class TestAmendments:
    @pytest.mark.parametrize("rest", [{}, {"realdania": 0}])
    def test_a_funder_left_out_or_at_zero_contributes_no_more(
        self, granted: History, rest: dict[str, int]
    ) -> None:
        region = {"region-syddanmark": MILLION}
        out = told(granted, give(), command("amend-grant", granted={**region, **rest}))
        assert out.proposal.contributing == ("region-syddanmark",)
        assert status(out) is None
        gone = ("amount-agreed", "consent-open", "contributing-party")
        decision = out.decide(give())
        assert decision.refused_by == gone
        finding = found(decision, "consent-open")
        assert not unsaid(finding.because, "Realdania", "more than zero kroner")
        assert not unsaid(finding.because_da, "Realdania", "mere end nul kroner")
        back = told(out, amend(MILLION))
        assert status(back) == "awaited"
        assert again(back).refused_by == ()

    @pytest.mark.parametrize(
        ("realdania", "region", "refused_by"),
        [
            (2 * MILLION, 0, ()),
            (1, 2 * MILLION - 1, ()),
            (MILLION, MILLION + 1, ("within-grant",)),
            (2 * MILLION, 1, ("within-grant",)),
            (3 * MILLION + 1, 0, ("within-grant", "within-request")),
            (0, 0, ("grant-stated",)),
        ],
    )
    def test_the_sum_stays_within_what_the_committee_granted(
        self, granted: History, realdania: int, region: int, refused_by: tuple[str, ...]
    ) -> None:
        decision = granted.decide(amend(realdania, region))
        assert decision.refused_by == refused_by
        margin = 2 * MILLION - realdania - region
        assert found(decision, "within-grant").margin == margin

    def test_a_lowered_grant_may_be_raised_again_to_the_committees_sum(
        self, granted: History
    ) -> None:
        lowered = told(granted, amend(1, 1))
        assert lowered.decide(amend(MILLION)).refused_by == ()
        decision = lowered.decide(amend(MILLION, MILLION + 1))
        assert decision.refused_by == ("within-grant",)
        finding = found(decision, "within-grant")
        assert not unsaid(finding.because, "DKK 2,000,001", "DKK 1 ", "DKK 2,000,000")
        assert not unsaid(finding.because_da, "2.000.001 kr.", "1 kr.", "2.000.000 kr.")

    def test_an_unknown_funder_is_no_party(self, granted: History) -> None:
        decision = granted.decide(command("amend-grant", granted={"kl": 1, "realdania": 1}))
        assert decision.refused_by == ("contributing-party", "within-fund", "within-request")

    def test_it_draws_on_what_the_funds_have(self, granted: History) -> None:
        command_ = amend(MILLION)
        left = granted.decide(command_, committed={"regions": 9 * MILLION})
        assert left.refused_by == ()
        beyond = granted.decide(command_, committed={"regions": 9 * MILLION + 1})
        assert beyond.refused_by == ("within-fund",)
        assert granted.record(left).events[-1].committed == {"regions": 9 * MILLION}  # type: ignore[attr-defined]

    def test_beyond_the_request_names_who(self, granted: History) -> None:
        decision = granted.decide(amend(3 * MILLION + 5, 3 * MILLION))
        finding = found(decision, "within-request")
        assert finding.margin == -5
        assert not unsaid(finding.because, "Realdania DKK 5")
        assert not unsaid(finding.because_da, "Realdania 5 kr.")
        assert "Syddanmark" not in finding.because

    def test_who_was_asked_for_nothing_is_granted_nothing(self, granted: History) -> None:
        decision = granted.decide(command("amend-grant", granted={"region-sjaelland": 1}))
        assert decision.refused_by == ("within-request",)
        assert "Region Sjælland DKK 1;" in found(decision, "within-request").because


class TestWithinTheRequest:
    """No funder is granted more than was asked of it, whatever the others are granted."""

    @pytest.mark.parametrize(
        ("granted", "refused_by"),
        [
            ({"realdania": 1_000_000, "region-syddanmark": 500_000}, ()),
            ({"realdania": 1_000_000, "region-syddanmark": 500_001}, ("within-request",)),
            ({"region-syddanmark": 500_001, "realdania": 1_000_000}, ("within-request",)),
            ({"realdania": 1_500_000, "region-nordjylland": 0}, ()),
            ({"realdania": 1_500_000, "region-nordjylland": 1}, ("within-request",)),
        ],
    )
    def test_one_too_many_is_not_made_good_by_one_too_few(
        self, procedure: Procedure, granted: dict[str, int], refused_by: tuple[str, ...]
    ) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        assert history.decide(command("approve", granted=granted)).refused_by == refused_by
