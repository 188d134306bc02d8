"""Hvor mange midler er afsat? The funds, to the krone."""

from collections.abc import Mapping

import pytest

from klimaflow import Decision, Phase, Procedure
from tests.conftest import command, found, in_phase, policy, unsaid

MILLION = 1_000_000
REGIONS = (
    "region-nordjylland",
    "region-midtjylland",
    "region-syddanmark",
    "region-hovedstaden",
    "region-sjaelland",
)
LOCKED = 'awaits = "partnerskabets midtvejsevaluering"'
RELEASED = f"{LOCKED}\nreleased_on = 2025-03-01"


@pytest.fixture(scope="module")
def released() -> Procedure:
    return policy((LOCKED, RELEASED))


def approval(
    procedure: Procedure,
    granted: Mapping[str, int],
    *,
    committed: Mapping[str, int] | None = None,
    at: str = "2024-05-30 13:00",
) -> Decision:
    """Return the committee's approval of all that is asked."""
    history = in_phase(
        Phase.COMMITTEE_DECISION, procedure, propose_budget={"contributions": granted}
    )
    return history.decide(command("approve", at=at), committed=committed or {})


class TestTenMillionEach:
    """I Klimaalliancen er der på nuværende tidspunkt tilkendegivet 10 mio. kr. til
    klimaudviklingsspor af hhv. Realdania og de fem regioner."""

    def test_realdanias_last_krone_can_be_granted_and_no_more(self, procedure: Procedure) -> None:
        last = approval(procedure, {"realdania": 10 * MILLION})
        assert last.refused_by == ()
        assert found(last, "within-fund").margin == 0
        beyond = approval(procedure, {"realdania": 10 * MILLION + 1})
        assert beyond.refused_by == ("fund-released", "within-fund")
        assert found(beyond, "within-fund").margin == -1

    @pytest.mark.parametrize("region", REGIONS)
    def test_one_region_may_draw_all_that_the_five_have(
        self, procedure: Procedure, region: str
    ) -> None:
        last = approval(procedure, {region: 10 * MILLION})
        assert last.refused_by == ()
        assert found(last, "within-fund").margin == 0
        beyond = approval(procedure, {region: 10 * MILLION + 1})
        assert beyond.refused_by == ("within-fund",)
        assert found(beyond, "within-fund").margin == -1

    def test_the_five_share_one_fund(self, procedure: Procedure) -> None:
        shares = dict.fromkeys(REGIONS, 2 * MILLION)
        assert approval(procedure, shares).refused_by == ()
        beyond = approval(procedure, {**shares, "region-sjaelland": 2 * MILLION + 1})
        assert beyond.refused_by == ("within-fund",)
        assert found(beyond, "within-fund").margin == -1

    def test_the_two_are_each_their_own(self, procedure: Procedure) -> None:
        both = {"realdania": 10 * MILLION, "region-sjaelland": 10 * MILLION}
        assert approval(procedure, both).refused_by == ()
        uneven = {"realdania": 1, "region-sjaelland": 10 * MILLION + 1}
        assert approval(procedure, uneven).refused_by == ("within-fund",)

    def test_a_funder_of_two_draws_on_them_in_the_order_of_the_file(self) -> None:
        first = '"region-nordjylland", "region-midtjylland"'
        shared = policy((first, f'"realdania", {first}'))
        both = {"realdania": 10 * MILLION, "region-sjaelland": 10 * MILLION}
        assert approval(shared, both).refused_by == ()

    @pytest.mark.parametrize(
        ("fund", "funder"), [("realdania", "realdania"), ("regions", "region-midtjylland")]
    )
    def test_what_other_tracks_were_promised_is_gone(
        self, procedure: Procedure, fund: str, funder: str
    ) -> None:
        committed = {fund: 2_500_000}
        left = approval(procedure, {funder: 7_500_000}, committed=committed)
        assert left.refused_by == ()
        assert found(left, "within-fund").margin == 0
        beyond = approval(procedure, {funder: 7_500_001}, committed=committed)
        assert "within-fund" in beyond.refused_by
        assert found(beyond, "within-fund").margin == -1

    def test_a_fund_promised_beyond_its_amount_is_empty(self, procedure: Procedure) -> None:
        committed = {"regions": 11 * MILLION}
        none = approval(procedure, {"region-midtjylland": 1}, committed=committed)
        assert none.refused_by == ("within-fund",)
        assert found(none, "within-fund").margin == -1
        other = approval(procedure, {"realdania": 1}, committed=committed)
        assert other.refused_by == ()

    def test_it_says_how_much_is_missing_and_what_is_left(self, procedure: Procedure) -> None:
        granted = {"realdania": 8 * MILLION, "region-sjaelland": MILLION}
        decision = approval(procedure, granted, committed={"realdania": 2_500_000})
        finding = found(decision, "within-fund")
        assert finding.margin == -500_000
        left = ("DKK 500,000", "realdania DKK 7,500,000", "regions DKK 10,000,000")
        assert not unsaid(finding.because, *left)
        left = ("500.000 kr.", "realdania 7.500.000 kr.", "regions 10.000.000 kr.")
        assert not unsaid(finding.because_da, *left)
        assert "10 mio. kr." in finding.source.quote

    def test_a_fund_that_is_promised_to_the_last_krone_has_none_left(
        self, procedure: Procedure
    ) -> None:
        for promised in (10 * MILLION, 10 * MILLION + 1):
            decision = approval(procedure, {"region-sjaelland": 1}, committed={"regions": promised})
            assert "regions DKK 0 " in found(decision, "within-fund").because

    def test_what_there_is_to_spare_is_the_margin(self, procedure: Procedure) -> None:
        granted = {"realdania": 9 * MILLION, "region-sjaelland": 4 * MILLION}
        finding = found(approval(procedure, granted), "within-fund")
        assert finding.margin == MILLION
        assert not unsaid(finding.because, "DKK 13,000,000", "DKK 1,000,000")
        assert not unsaid(finding.because_da, "13.000.000 kr.", "1.000.000 kr.")


class TestTenMillionMoreAfterTheEvaluation:
    """Realdania har afsat yderligere 10 mio. kr. til klimaudviklingsspor til rådighed efter
    partnerskabets midtvejsevaluering."""

    def test_before_it_is_released_the_fund_is_empty(self, procedure: Procedure) -> None:
        decision = approval(procedure, {"realdania": 15 * MILLION})
        assert decision.refused_by == ("fund-released", "within-fund")
        assert found(decision, "within-fund").margin == -5 * MILLION
        assert found(decision, "fund-released").margin == -5 * MILLION

    def test_what_even_the_locked_fund_would_not_cover_does_not_wait_for_it(
        self, procedure: Procedure
    ) -> None:
        covered = approval(procedure, {"realdania": 20 * MILLION})
        assert covered.refused_by == ("fund-released", "within-fund")
        beyond = approval(procedure, {"realdania": 20 * MILLION + 1})
        assert beyond.refused_by == ("within-fund",)
        assert found(beyond, "within-fund").margin == -10 * MILLION - 1
        assert found(beyond, "fund-released").margin == 0

    def test_the_regions_do_not_draw_on_it(self, released: Procedure) -> None:
        decision = approval(released, {"region-sjaelland": 10 * MILLION + 1}, at="2025-03-01 00:00")
        assert decision.refused_by == ("within-fund",)

    @pytest.mark.parametrize(
        ("at", "refused_by"),
        [
            ("2025-02-28 23:59:59.999999", ("fund-released", "within-fund")),
            ("2025-03-01 00:00", ()),
            ("2025-02-28T22:59:59.999999Z", ("fund-released", "within-fund")),
            ("2025-02-28T23:00:00Z", ()),
        ],
    )
    def test_it_is_there_from_the_start_of_the_day_of_its_release(
        self, released: Procedure, at: str, refused_by: tuple[str, ...]
    ) -> None:
        decision = approval(released, {"realdania": 20 * MILLION}, at=at)
        assert decision.refused_by == refused_by

    def test_it_is_drawn_on_after_the_first(self, released: Procedure) -> None:
        committed = {"realdania": 10 * MILLION, "realdania-after-evaluation": 9 * MILLION}
        after = {"committed": committed, "at": "2025-03-01 00:00"}
        last = approval(released, {"realdania": MILLION}, **after)  # type: ignore[arg-type]
        assert (last.refused_by, found(last, "within-fund").margin) == ((), 0)
        beyond = approval(released, {"realdania": MILLION + 1}, **after)  # type: ignore[arg-type]
        assert beyond.refused_by == ("within-fund",)

    def test_it_says_what_the_fund_awaits(self, procedure: Procedure) -> None:
        finding = found(approval(procedure, {"realdania": 12 * MILLION}), "fund-released")
        fund = ("realdania-after-evaluation", "partnerskabets midtvejsevaluering")
        assert not unsaid(finding.because, *fund, "DKK 2,000,000", "DKK 10,000,000")
        assert not unsaid(finding.because_da, *fund, "2.000.000 kr.", "10.000.000 kr.")
        assert "yderligere 10 mio. kr." in finding.source.quote

    def test_it_says_when_a_dated_fund_is_released(self, released: Procedure) -> None:
        finding = found(approval(released, {"realdania": 12 * MILLION}), "fund-released")
        assert "Saturday 1 March 2025" in finding.because
        assert "lørdag den 1. marts 2025" in finding.because_da


class TestNoCapForOneTrack:
    """Der er ingen fast beløbsgrænse pr. klimaudviklingsspor."""

    def test_one_track_may_take_all_that_the_funds_have(self, procedure: Procedure) -> None:
        everything = {"realdania": 10 * MILLION, "region-nordjylland": 10 * MILLION}
        assert approval(procedure, everything).refused_by == ()

    @pytest.mark.parametrize("kroner", [1, 10**12])
    def test_any_amount_can_be_asked_for(self, procedure: Procedure, kroner: int) -> None:
        history = in_phase(
            Phase.QUALIFICATION, procedure, propose_budget={"contributions": {"realdania": kroner}}
        )
        decision = history.decide(command("submit-for-approval"))
        assert (decision.refused_by, decision.remarks) == ((), ())


class TestMoreMoneyMayCome:
    """I partnerskabet arbejdes der kontinuerligt på at finde yderligere finansiering til
    klimaudviklingsspor."""

    def test_money_that_is_found_is_a_new_fund_in_the_file(self, procedure: Procedure) -> None:
        fund = 'id = "found"\nfunders = ["region-sjaelland"]\namount = 1\nbecause = "It came."'
        more = policy(("[not_encoded]", f"[[funds]]\n{fund}\n\n[not_encoded]"))
        granted = {"region-sjaelland": 10 * MILLION + 1}
        assert approval(procedure, granted).refused_by == ("within-fund",)
        assert approval(more, granted).refused_by == ()
