"""Hvad er Klimaalliancen? Whose partnership it is, and until when."""

from datetime import UTC, date, timedelta

import pytest

from klimaflow import History, Phase, Procedure, copenhagen
from tests.conftest import command, consent, found, in_phase, told, unsaid

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
RULE = "within-partnership"


@pytest.fixture(scope="module")
def consented(procedure: Procedure) -> History:
    return told(
        in_phase(Phase.FUNDER_CONSENT, procedure),
        consent("realdania", 1_500_000),
        consent("region-syddanmark", 500_000),
    )


class TestThePartners:
    """Klimaalliancen er et partnerskab indgået af KL, Realdania og de fem regioner."""

    def test_the_contributing_parties_are_realdania_and_the_five_regions(
        self, procedure: Procedure
    ) -> None:
        parties = {each.id: (each.name, each.authority) for each in procedure.funders}
        assert parties == {
            "realdania": ("Realdania", None),
            "region-nordjylland": ("Region Nordjylland", "1081"),
            "region-midtjylland": ("Region Midtjylland", "1082"),
            "region-syddanmark": ("Region Syddanmark", "1083"),
            "region-hovedstaden": ("Region Hovedstaden", "1084"),
            "region-sjaelland": ("Region Sjælland", "1085"),
        }

    def test_kl_is_a_partner_who_is_not_asked_for_money(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        decision = idea.decide(
            command("propose-budget", contributions={"kl": 1, "realdania": 1_500_000})
        )
        assert decision.refused_by == ("contributing-party",)
        finding = found(decision, "contributing-party")
        assert finding.margin == -1
        assert not unsaid(finding.because, "“kl”", "Realdania", "and Region Sjælland")
        assert not unsaid(finding.because_da, "»kl«", "Realdania", "og Region Sjælland")

    @pytest.mark.parametrize("funder", ["realdania", "region-sjaelland"])
    def test_each_of_the_others_is(self, procedure: Procedure, funder: str) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        asked = command("propose-budget", contributions={funder: 1})
        assert idea.decide(asked).refused_by == ()


class TestItRunsTo2027:
    """Partnerskabet er femårigt og løber til 2027."""

    def test_it_is_five_years(self, procedure: Procedure) -> None:
        first, last = procedure.valid_from.value, procedure.valid_until.value
        assert (first, last) == (date(2023, 1, 1), date(2027, 12, 31))
        assert last.year - first.year + 1 == 5

    @pytest.mark.parametrize(
        ("at", "refused_by", "margin"),
        [
            ("2027-12-30 23:59:59.999999", (), DAY),
            ("2027-12-31 00:00", (), timedelta(0)),
            ("2027-12-31 23:59:59.999999", (), timedelta(0)),
            ("2028-01-01 00:00", (RULE,), -DAY),
            ("2028-01-01 00:00:00.000001", (RULE,), -DAY),
            ("2027-12-31T22:59:59.999999Z", (), timedelta(0)),
            ("2027-12-31T23:00:00Z", (RULE,), -DAY),
            ("2028-01-01T12:59:59+14:00", (), timedelta(0)),
            ("2027-12-31T11:00:00-12:00", (RULE,), -DAY),
        ],
    )
    def test_a_track_starts_to_the_end_of_its_last_day(
        self, consented: History, at: str, refused_by: tuple[str, ...], margin: timedelta
    ) -> None:
        decision = consented.decide(command("start", at=at))
        assert decision.refused_by == refused_by
        assert found(decision, RULE).margin == margin

    def test_who_is_too_late_is_told_when_it_ended(self, consented: History) -> None:
        new_year = copenhagen("2027-12-31 23:59:59.999999") + MICROSECOND
        finding = found(consented.decide(command("start", at=new_year.astimezone(UTC))), RULE)
        assert not unsaid(finding.because, "1 January 2028 at 00:00", "1 day late")
        assert not unsaid(finding.because, "Friday 31 December 2027")
        assert not unsaid(finding.because_da, "1. januar 2028 kl. 0.00", "1 dag for sent")
        assert not unsaid(finding.because_da, "fredag den 31. december 2027")
        assert finding.source.quote == TestItRunsTo2027.__doc__

    def test_it_is_the_start_that_must_be_within_it(self, procedure: Procedure) -> None:
        late = in_phase(Phase.COMMITTEE_DECISION, procedure)
        assert late.decide(command("approve", at="2028-02-01 10:00")).refused_by == ()
