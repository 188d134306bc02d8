"""Where each finding says that its rule stands: the entry it rests on, and no other."""

import attrs
import pytest

from klimaflow import Phase, Procedure, commands, evolve
from klimaflow.events import GrantAmended
from klimaflow.moments import moment
from klimaflow.parties import actor
from klimaflow.proposal import ConsentStatus, Proposal
from tests.conftest import ASKED, SECRETARIAT, command, found, in_phase, told

AGREEMENT = "tilkendegivet 10 mio. kr. til klimaudviklingsspor"
LATER = "Realdania har afsat yderligere 10 mio. kr."


def quote(procedure: Procedure, phase: Phase, asked: commands.Command, rule: str) -> str:
    return found(in_phase(phase, procedure).decide(asked), rule).source.quote


def test_a_known_round_rests_on_the_words_about_the_rounds(procedure: Procedure) -> None:
    asked = command("submit-for-qualification", round="2024-autumn")
    words = quote(procedure, Phase.SPARRING, asked, "known-round")
    assert words.startswith("Væsentlige deadlines for indstillingsforløb")


@pytest.mark.parametrize(
    ("unmet", "words"),
    [
        ("need-from-climate-plans", "skal tage afsæt i behov"),
        ("results-open", "skal være tilgængelig for alle"),
    ],
)
def test_unmet_criteria_rest_on_the_first_that_is_unmet(
    procedure: Procedure, unmet: str, words: str
) -> None:
    history = in_phase(Phase.QUALIFICATION, procedure).then(
        command("assess-criterion", criterion=unmet, met=False)
    )
    decision = history.decide(command("submit-for-approval"))
    assert words in found(decision, "criteria-met").source.quote


def test_met_criteria_rest_on_the_first_of_all(procedure: Procedure) -> None:
    asked = command("submit-for-approval")
    words = quote(procedure, Phase.QUALIFICATION, asked, "criteria-met")
    assert words == procedure.criteria[0].source.quote  # type: ignore[union-attr]


def test_without_criteria_there_is_nothing_to_rest_on(procedure: Procedure) -> None:
    bare = attrs.evolve(procedure, criteria=())
    source = found(
        in_phase(Phase.QUALIFICATION, bare).decide(command("submit-for-approval")), "criteria-met"
    ).source
    assert (source.document, source.section) == ("klimaflow", "")
    assert source.quote == "Nothing has been laid down for this."


@pytest.mark.parametrize(
    ("granted", "fund"), [({"region-syddanmark": 1}, 1), ({"realdania": 1}, 0), ({"nobody": 1}, 0)]
)
def test_a_grant_rests_on_the_first_fund_that_it_draws_on(
    procedure: Procedure, granted: dict[str, int], fund: int
) -> None:
    marked = attrs.evolve(
        procedure,
        funds=tuple(
            attrs.evolve(each, source=None, because=f"fund {number}")
            for number, each in enumerate(procedure.funds)
        ),
    )
    asked = command("approve", granted=granted)
    assert quote(marked, Phase.COMMITTEE_DECISION, asked, "within-fund") == f"fund {fund}"
    assert quote(marked, Phase.COMMITTEE_DECISION, asked, "fund-released") == "fund 2"


def test_released_funds_rest_on_those_drawn_on_where_none_awaits_anything(
    procedure: Procedure,
) -> None:
    open_funds = attrs.evolve(procedure, funds=procedure.funds[:2])
    words = quote(open_funds, Phase.COMMITTEE_DECISION, command("approve"), "fund-released")
    assert AGREEMENT in words
    words = quote(procedure, Phase.COMMITTEE_DECISION, command("approve"), "fund-released")
    assert LATER in words


def test_without_funds_there_is_nothing_to_rest_on(procedure: Procedure) -> None:
    bare = attrs.evolve(procedure, funds=())
    decision = in_phase(Phase.COMMITTEE_DECISION, bare).decide(command("approve"))
    for rule in ("within-fund", "fund-released"):
        assert found(decision, rule).source.quote == "Nothing has been laid down for this."


def test_margins_of_whole_days_are_written_in_days(procedure: Procedure) -> None:
    def margin(at: str) -> object:
        decision = in_phase(Phase.APPROVAL_PROCESS, procedure).decide(
            command("put-before-committee", at=at)
        )
        return found(decision, "before-the-meeting").to_dict()["margin"]

    assert margin("2024-05-30 23:59") == "P0D"
    assert margin("2024-05-31 00:00") == "-P1D"
    assert margin("2024-05-20 12:00") == "P10D"


class TestWhatAWordOfAPartyKeeps:
    def test_a_refusal_a_withdrawal_and_a_void_consent_keep_their_time(
        self, procedure: Procedure
    ) -> None:
        waiting = in_phase(Phase.FUNDER_CONSENT, procedure)
        refused = waiting.then(command("refuse-consent", at="2024-06-10 10:00"))
        given = waiting.then(command("give-consent", at="2024-06-11 10:00"))
        lowered = told(
            waiting,
            command("amend-grant", granted={**ASKED, "realdania": 5}, at="2024-06-01 10:00"),
            command("give-consent", amount=5, at="2024-06-12 10:00"),
            command("amend-grant", granted=ASKED, at="2024-06-13 10:00"),
        )
        for history, status, at in (
            (refused, ConsentStatus.REFUSED, "2024-06-10 10:00"),
            (given.then(command("withdraw-consent", at="2024-06-14 10:00")), "withdrawn", None),
            (lowered, ConsentStatus.VOID, "2024-06-12 10:00"),
        ):
            consent = history.proposal.consents["realdania"]
            assert consent.status == status
            assert consent.at == moment(at or "2024-06-14 10:00")

    def test_an_amendment_without_a_grant_before_it_is_obeyed(self) -> None:
        """No history comes here; `evolve` obeys all the same."""
        event = GrantAmended(
            moment("2024-06-01 10:00"),
            actor(SECRETARIAT),
            command("amend-grant").granted,  # type: ignore[attr-defined]
            "Efter aftale.",
            command("amend-grant").granted,  # type: ignore[attr-defined]
        )
        grant = evolve(Proposal(phase=Phase.FUNDER_CONSENT), event).grant
        assert grant is not None
        assert (grant.amounts, grant.total, grant.conditions) == (ASKED, 2_000_000, ())
