"""The rules: their ids, and the line of each, kept on one side and broken on the other."""

from datetime import timedelta
from typing import Any, NamedTuple

import attrs
import pytest

from klimaflow import Decision, Phase, Procedure, decide, phrases
from klimaflow.commands import Command
from klimaflow.rules import RULES, Margin
from tests.conftest import SECRETARIAT, command, consent, found, in_phase, told

MICROSECOND, DAY, NOW = timedelta(microseconds=1), timedelta(days=1), timedelta(0)

IDS = """known-move in-order authorised reason-given known-round qualification-first
before-qualification-deadline before-approval-deadline same-or-later-round round-still-open
enough-authorities criteria-met budget-stated cofinancing-considered before-the-meeting
committee-has-met within-request within-grant within-fund fund-released contributing-party
speaks-for-itself consent-open consent-given grant-stated known-participant known-condition
amount-agreed every-party-consents consents-in-force conditions-met within-partnership"""


class Given(NamedTuple):
    """A proposal in a phase, brought there by a course that is changed so, and some commands."""

    phase: Phase
    changes: dict[str, Any] = {}  # noqa: RUF012
    commands: tuple[Command, ...] = ()


class When(NamedTuple):
    """A command that is changed so, and the margin that the rule then has."""

    given: Given
    changes: dict[str, Any]
    margin: Margin


IDEA, SPARRING, QUALIFIED = Given(Phase.IDEA), Given(Phase.SPARRING), Given(Phase.QUALIFICATION)
IN_APPROVAL, IN_COMMITTEE = Given(Phase.APPROVAL_PROCESS), Given(Phase.COMMITTEE_DECISION)
GRANTED = Given(Phase.FUNDER_CONSENT)
IN_AUTUMN = {"submit_for_qualification": {"round": "2024-autumn"}}
ON_CONDITION = {"approve": {"conditions": ["En plan"]}}
TWO = {"enlist_participants": {"participants": ["0751", "0461"]}}
BY_SECRETARIAT = {"by": SECRETARIAT, "round": "2024-autumn"}
BOTH = (consent("realdania", 1_500_000), consent("region-syddanmark", 500_000))
SHORT_LIVED = (consent("realdania", 1_500_000, valid_until="2024-06-30"), BOTH[1])

# rule: command, kept so, broken so
LINES: dict[str, tuple[str, When, When]] = {
    "in-order": (
        "put-before-committee",
        When(IN_APPROVAL, {"at": "2024-04-22 12:00"}, NOW),
        When(IN_APPROVAL, {"at": "2024-04-22 11:59:59.999999"}, -MICROSECOND),
    ),
    "authorised": (
        "start",
        When(GRANTED, {}, 0),
        When(GRANTED, {"by": "proposer:0751"}, -1),
    ),
    "reason-given": (
        "withdraw",
        When(IDEA, {"reason": "."}, 0),
        When(IDEA, {"reason": " \n"}, -1),
    ),
    "known-round": (
        "submit-for-qualification",
        When(SPARRING, {"round": "2024-autumn"}, 0),
        When(SPARRING, {"round": "autumn"}, -1),
    ),
    "qualification-first": (
        "submit-for-approval",
        When(QUALIFIED, {}, 0),
        When(SPARRING, {"round": "2024-spring"}, -1),
    ),
    "before-qualification-deadline": (
        "submit-for-qualification",
        When(SPARRING, {"at": "2024-04-15 08:59:59.999999"}, MICROSECOND),
        When(SPARRING, {"at": "2024-04-15 09:00:00.000001"}, -MICROSECOND),
    ),
    "before-approval-deadline": (
        "submit-for-approval",
        When(QUALIFIED, {"at": "2024-04-25 09:00"}, NOW),
        When(QUALIFIED, {"at": "2024-04-25 09:00:00.000001"}, -MICROSECOND),
    ),
    "same-or-later-round": (
        "submit-for-approval",
        When(QUALIFIED, {"round": "2024-spring"}, 0),
        When(Given(Phase.QUALIFICATION, IN_AUTUMN), {"round": "2024-spring"}, -1),
    ),
    "round-still-open": (
        "defer",
        When(IN_APPROVAL, {"at": "2024-11-20 23:59:59.999999", **BY_SECRETARIAT}, DAY),
        When(IN_APPROVAL, {"at": "2024-11-22 00:00", **BY_SECRETARIAT}, -DAY),
    ),
    "enough-authorities": (
        "submit-for-approval",
        When(QUALIFIED, {}, 0),
        When(Given(Phase.QUALIFICATION, TWO), {}, -1),
    ),
    "criteria-met": (
        "submit-for-approval",
        When(QUALIFIED, {}, 0),
        When(Given(Phase.QUALIFICATION, {"assess_criterion": None}), {}, -4),
    ),
    "budget-stated": (
        "submit-for-approval",
        When(QUALIFIED, {}, 0),
        When(Given(Phase.QUALIFICATION, {"propose_budget": None}), {}, -1),
    ),
    "cofinancing-considered": (
        "submit-for-approval",
        When(Given(Phase.QUALIFICATION, {"propose_budget": {"cofinancing": 0}}), {}, 0),
        When(Given(Phase.QUALIFICATION, {"propose_budget": {"cofinancing": None}}), {}, -1),
    ),
    "before-the-meeting": (
        "put-before-committee",
        When(IN_APPROVAL, {"at": "2024-05-30 23:59:59.999999"}, NOW),
        When(IN_APPROVAL, {"at": "2024-05-31 00:00"}, -DAY),
    ),
    "committee-has-met": (
        "approve",
        When(IN_COMMITTEE, {"at": "2024-05-30 00:00"}, NOW),
        When(IN_COMMITTEE, {"at": "2024-05-29 23:59:59.999999"}, -DAY),
    ),
    "grant-stated": (
        "approve",
        When(IN_COMMITTEE, {"granted": {"realdania": 1}}, 0),
        When(IN_COMMITTEE, {"granted": {"realdania": 0}}, -1),
    ),
    "within-request": (
        "approve",
        When(IN_COMMITTEE, {"granted": {"realdania": 1_500_000}}, 0),
        When(IN_COMMITTEE, {"granted": {"realdania": 1_500_001}}, -1),
    ),
    "within-grant": (
        "amend-grant",
        When(GRANTED, {"granted": {"realdania": 1_999_999}}, 1),
        When(GRANTED, {"granted": {"realdania": 1_500_000, "region-sjaelland": 500_001}}, -1),
    ),
    "within-fund": (
        "approve",
        When(IN_COMMITTEE, {}, 8_500_000),
        When(IN_COMMITTEE, {"granted": {"region-syddanmark": 10_000_001}}, -1),
    ),
    "fund-released": (
        "approve",
        When(IN_COMMITTEE, {"granted": {"realdania": 10_000_000}}, 0),
        When(IN_COMMITTEE, {"granted": {"realdania": 10_000_001}}, -1),
    ),
    "contributing-party": (
        "propose-budget",
        When(IDEA, {"contributions": {"region-sjaelland": 1}}, 0),
        When(IDEA, {"contributions": {"kl": 1, "0751": 1, "realdania": 1}}, -2),
    ),
    "speaks-for-itself": (
        "give-consent",
        When(GRANTED, {}, 0),
        When(GRANTED, {"by": "funder:region-syddanmark"}, -1),
    ),
    "consent-open": (
        "give-consent",
        When(GRANTED, {}, 0),
        When(Given(Phase.FUNDER_CONSENT, commands=BOTH), {}, -1),
    ),
    "consent-given": (
        "withdraw-consent",
        When(Given(Phase.FUNDER_CONSENT, commands=BOTH), {}, 0),
        When(GRANTED, {}, -1),
    ),
    "amount-agreed": (
        "give-consent",
        When(GRANTED, {"amount": 1_500_001}, 1),
        When(GRANTED, {"amount": 1_499_999}, -1),
    ),
    "known-participant": (
        "release-participant",
        When(IDEA, {"participant": "1083"}, 0),
        When(IDEA, {"participant": "Aarhus"}, -1),
    ),
    "known-condition": (
        "meet-condition",
        When(Given(Phase.FUNDER_CONSENT, ON_CONDITION), {}, 0),
        When(Given(Phase.FUNDER_CONSENT, ON_CONDITION), {"condition": "en plan"}, -1),
    ),
    "every-party-consents": (
        "start",
        When(Given(Phase.FUNDER_CONSENT, commands=BOTH), {}, 0),
        When(Given(Phase.FUNDER_CONSENT, commands=BOTH[:1]), {}, -1),
    ),
    "consents-in-force": (
        "start",
        When(Given(Phase.FUNDER_CONSENT, commands=SHORT_LIVED), {"at": "2024-06-30 23:59"}, 0),
        When(Given(Phase.FUNDER_CONSENT, commands=SHORT_LIVED), {"at": "2024-07-01 00:00"}, -1),
    ),
    "conditions-met": (
        "start",
        When(GRANTED, {}, 0),
        When(Given(Phase.FUNDER_CONSENT, ON_CONDITION), {}, -1),
    ),
    "within-partnership": (
        "start",
        When(GRANTED, {"at": "2027-12-31 23:59:59.999999"}, NOW),
        When(GRANTED, {"at": "2028-01-01 00:00"}, -DAY),
    ),
}


def answer(procedure: Procedure, do: str, when: When) -> Decision:
    given = when.given
    history = told(in_phase(given.phase, procedure, **given.changes), *given.commands)
    return history.decide(command(do, **when.changes))


class TestTheRulesOfTheDesign:
    def test_there_are_these_and_no_other(self) -> None:
        assert sorted(RULES) == sorted(IDS.split())
        assert all(rule.id == name for name, rule in RULES.items())
        assert repr(RULES["in-order"]) == "<Rule in-order>"

    def test_each_has_a_line_here(self) -> None:
        assert LINES.keys() | {"known-move"} == RULES.keys()

    @pytest.mark.parametrize("rule", LINES)
    def test_each_is_kept_on_one_side(self, procedure: Procedure, rule: str) -> None:
        do, kept, _ = LINES[rule]
        decision = answer(procedure, do, kept)
        finding = found(decision, rule)
        assert (finding.holds, finding.margin) == (True, kept.margin)
        assert eval(RULES[rule].test, {"f": decision.facts}) is True
        assert rule not in decision.refused_by + decision.remarks
        assert finding.source.document
        assert finding.source.quote

    @pytest.mark.parametrize("rule", LINES)
    def test_each_is_broken_on_the_other(self, procedure: Procedure, rule: str) -> None:
        do, _, broken = LINES[rule]
        decision = answer(procedure, do, broken)
        finding = found(decision, rule)
        assert (finding.holds, finding.margin) == (False, broken.margin)
        assert eval(RULES[rule].test, {"f": decision.facts}) is False
        assert rule in decision.refused_by + decision.remarks
        assert (rule in decision.refused_by) is (finding.strength == "binding")
        assert finding.because != finding.because_da
        assert finding.source.document
        assert finding.source.quote

    @pytest.mark.parametrize("rule", LINES)
    def test_what_rests_on_no_passage_rests_on_words_of_ours(
        self, procedure: Procedure, rule: str
    ) -> None:
        do, kept, _ = LINES[rule]
        source = found(answer(procedure, do, kept), rule).source
        if RULES[rule].basis is None:
            words = phrases.label("own_words", rule, "en")
            assert (source.document, source.quote) == ("klimaflow", words)
        else:
            assert source.document in (procedure.source.document, "klimaalliancen-2024, edition 1")

    def test_a_round_that_was_not_laid_down_has_no_passage(self, procedure: Procedure) -> None:
        decision = answer(procedure, "defer", When(IN_COMMITTEE, {"round": "?"}, None))
        for rule in ("known-round", "round-still-open"):
            assert found(decision, rule).source.quote == "Nothing has been laid down for this."

    @pytest.mark.parametrize("rule", ["before-the-meeting", "committee-has-met"])
    def test_a_day_is_told_in_whole_days(self, procedure: Procedure, rule: str) -> None:
        do, kept, _ = LINES[rule]
        finding = found(answer(procedure, do, kept), rule)
        assert finding.to_dict()["margin"] == "P0D"
        assert "on the very day" in finding.because
        assert "på selve dagen" in finding.because_da

    def test_every_round_is_later_than_none(self, procedure: Procedure) -> None:
        for number, into in enumerate(("2024-spring", "2024-autumn"), start=1):
            decision = answer(procedure, "submit-for-approval", When(SPARRING, {"round": into}, 0))
            assert found(decision, "same-or-later-round").margin == number

    def test_a_deferral_rests_on_the_meeting_it_leaves_and_the_one_it_goes_to(
        self, procedure: Procedure
    ) -> None:
        decision = answer(procedure, "defer", When(IN_COMMITTEE, {}, None))
        assert found(decision, "committee-has-met").source.quote.endswith("Torsdag 30. maj")
        assert found(decision, "round-still-open").source.quote == "Torsdag 21. november"

    def test_a_known_move_does_not_list_itself(self, procedure: Procedure) -> None:
        idea = in_phase(Phase.IDEA, procedure)
        listed = [each.rule for each in idea.decide(command("withdraw")).findings]
        assert listed == ["in-order", "authorised", "reason-given"]


class TestWhatIsNotKnown:
    """A fact that is not known breaks every rule that needs it, with no margin."""

    CASES = pytest.mark.parametrize(
        ("rule", "phase", "lost", "do", "changes"),
        [
            ("before-qualification-deadline", Phase.SPARRING, {}, "submit-for-qualification",
             {"round": "?"}),
            ("before-approval-deadline", Phase.QUALIFICATION, {}, "submit-for-approval",
             {"round": "?"}),
            ("before-approval-deadline", Phase.QUALIFICATION, {"round": None},
             "submit-for-approval", {}),
            ("same-or-later-round", Phase.QUALIFICATION, {}, "submit-for-approval",
             {"round": "?"}),
            ("round-still-open", Phase.COMMITTEE_DECISION, {}, "defer", {"round": "?"}),
            ("before-the-meeting", Phase.APPROVAL_PROCESS, {"round": "2023-autumn"},
             "put-before-committee", {}),
            ("committee-has-met", Phase.COMMITTEE_DECISION, {"round": None}, "reject", {}),
            ("grant-stated", Phase.COMMITTEE_DECISION, {"budget": None}, "approve", {}),
            ("within-request", Phase.COMMITTEE_DECISION, {"budget": None}, "approve", {}),
            ("within-request", Phase.COMMITTEE_DECISION, {"budget": None}, "approve",
             {"granted": {"realdania": 1}}),
            ("within-fund", Phase.COMMITTEE_DECISION, {"budget": None}, "approve", {}),
            ("fund-released", Phase.COMMITTEE_DECISION, {"budget": None}, "approve", {}),
            ("within-grant", Phase.FUNDER_CONSENT, {"grant": None}, "amend-grant", {}),
            ("amount-agreed", Phase.FUNDER_CONSENT, {"grant": None}, "give-consent", {}),
        ],
    )  # fmt: skip

    @CASES
    def test_it_breaks_the_rule_and_has_no_margin(
        self,
        procedure: Procedure,
        rule: str,
        phase: Phase,
        lost: dict[str, Any],
        do: str,
        changes: dict[str, Any],
    ) -> None:
        proposal = attrs.evolve(in_phase(phase, procedure).proposal, **lost)
        decision = decide(procedure, proposal, command(do, **changes))
        finding = found(decision, rule)
        assert rule in decision.refused_by
        assert (finding.holds, finding.margin) == (False, None)
        assert finding.to_dict()["margin"] is None
        assert finding.source.quote
        assert finding.because != finding.because_da
