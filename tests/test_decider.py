"""`decide` answers with all findings, `evolve` obeys, and a return or a deferral goes back."""

import attrs
import pytest

from klimaflow import (
    CaseError,
    HistoryError,
    MomentError,
    NotPermitted,
    Phase,
    Procedure,
    decide,
    evolve,
)
from klimaflow.commands import COMMANDS
from klimaflow.events import EVENTS, Approved, Event
from klimaflow.lifecycle import MOVES
from klimaflow.proposal import Assessment
from tests.conftest import (
    COMMITTEE,
    CRITERIA,
    DGO,
    SECRETARIAT,
    SHIPPED,
    command,
    consent,
    found,
    in_phase,
    told,
    unsaid,
)

POSSIBLE = {(move.source, move.command.do) for move in MOVES}
IMPOSSIBLE = [
    (phase, do) for phase in (None, *Phase) for do in COMMANDS if (phase, do) not in POSSIBLE
]
HAPPENING = {(move.source, move.event.__name__) for move in MOVES}
NEVER = [
    (phase, name) for phase in (None, *Phase) for name in EVENTS if (phase, name) not in HAPPENING
]
RETURNABLE = pytest.mark.parametrize(
    ("phase", "by"),
    [
        (Phase.QUALIFICATION, DGO),
        (Phase.QUALIFICATION, SECRETARIAT),
        (Phase.APPROVAL_PROCESS, SECRETARIAT),
        (Phase.COMMITTEE_DECISION, COMMITTEE),
        (Phase.FUNDER_CONSENT, COMMITTEE),
    ],
)


@pytest.fixture(scope="module")
def every_event(procedure: Procedure) -> dict[str, Event]:
    """An event of each kind, as it once happened."""
    granted = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": ["En plan"]})
    later = "2024-06-20 10:00"
    histories = [
        *(in_phase(phase, procedure) for phase in Phase if phase.final),
        told(granted, command("meet-condition"), command("release-participant", at=later)),
        told(granted, command("refuse-consent"), command("amend-grant"), command("return")),
        told(granted, consent("realdania", 1_500_000), command("withdraw-consent")),
        told(in_phase(Phase.COMMITTEE_DECISION, procedure), command("defer")),
    ]
    return {type(event).__name__: event for each in histories for event in each.events}


class TestAMoveThatIsNotPossible:
    @pytest.mark.parametrize(("phase", "do"), IMPOSSIBLE)
    def test_is_told_so_and_nothing_else(
        self, procedure: Procedure, phase: Phase | None, do: str
    ) -> None:
        history = in_phase(phase, procedure)
        decision = history.decide(command(do))
        assert (decision.permitted, decision.events, decision.move) == (False, (), None)
        assert decision.refused_by == ("known-move",)
        assert decision.remarks == ()
        (finding,) = decision.findings
        assert (finding.holds, finding.margin, finding.strength) == (False, -1, "binding")

    def test_names_what_is_possible(self, procedure: Procedure) -> None:
        decision = in_phase(Phase.QUALIFICATION, procedure).decide(command("start"))
        finding = found(decision, "known-move")
        assert not unsaid(finding.because, "Start the track", "Professional qualification")
        assert not unsaid(finding.because, "Assess a criterion", "and Withdraw the proposal")
        assert not unsaid(finding.because_da, "Igangsæt sporet", "Faglig kvalificering")
        assert not unsaid(finding.because_da, "Vurdér et kriterium", "og Træk forslaget")

    def test_names_it_before_there_is_any_phase_and_after_the_last(
        self, procedure: Procedure
    ) -> None:
        before = in_phase(None, procedure).decide(command("start"))
        assert "Register the idea" in found(before, "known-move").because
        after = in_phase(Phase.REJECTED, procedure).decide(command("start"))
        assert not unsaid(found(after, "known-move").because, "Rejected", "nothing")
        assert not unsaid(found(after, "known-move").because_da, "Afslag", "intet")


class TestADecision:
    def test_has_all_findings_not_the_first_broken_one(self, procedure: Procedure) -> None:
        idea = in_phase(
            Phase.IDEA,
            procedure,
            enlist_participants=None,
            propose_budget=None,
        )
        decision = idea.decide(
            command("submit-for-approval", by="proposer:kl", round="1999", at="2024-01-31 23:59")
        )
        rules = [each.rule for each in decision.findings]
        assert decision.move is not None
        assert rules == [each.id for each in decision.move.rules]
        assert decision.refused_by == (
            "authorised",
            "before-approval-deadline",
            "budget-stated",
            "criteria-met",
            "enough-authorities",
            "in-order",
            "known-round",
            "qualification-first",
            "same-or-later-round",
        )
        assert decision.remarks == ("cofinancing-considered",)
        assert not any(each.holds for each in decision.findings)

    def test_remarks_come_with_a_permission(self, procedure: Procedure) -> None:
        alone = in_phase(Phase.SPARRING, procedure, enlist_participants=None)
        decision = alone.decide(command("submit-for-qualification"))
        assert (decision.permitted, decision.remarks) == (True, ("enough-authorities",))
        assert len(decision.events) == 1
        assert ": permitted, with remarks\n" in decision.explained("en")
        assert ": tilladt, med bemærkninger\n" in decision.explained("da")
        assert "  ! enough-authorities: " in str(decision)

    def test_shows_every_requirement_with_its_sentence_and_source(
        self, procedure: Procedure
    ) -> None:
        decision = in_phase(Phase.FUNDER_CONSENT, procedure).decide(command("start"))
        text = str(decision)
        assert text == decision.explained() == decision.explained("en")
        assert text.startswith("Start the track, Monday 1 July 2024 at 08:00, secretariat:kl: ref")
        for finding in decision.findings:
            mark = "✓" if finding.holds else "✗"
            assert f"  {mark} {finding.rule}: {finding.because}" in text
        shown = [line.strip() for line in text.splitlines() if line.startswith("      ")]
        source = found(decision, "every-party-consents").source
        assert shown == [f"“{source.quote}” ({source.document})"]
        assert found(decision, "every-party-consents").because_da in decision.explained("da")

    def test_shows_no_passage_where_the_words_are_ours(self, procedure: Procedure) -> None:
        decision = in_phase(Phase.IDEA, procedure).decide(command("withdraw", reason=""))
        assert found(decision, "reason-given").source.quote not in str(decision)

    def test_says_when_the_phase_was_entered(self, procedure: Procedure) -> None:
        waiting = in_phase(Phase.APPROVAL_PROCESS, procedure)
        early = waiting.decide(command("put-before-committee", at="2024-04-22 11:59"))
        finding = found(early, "in-order")
        since = ("Approval process", "Monday 22 April 2024 at 12:00", "1 minute too early")
        assert not unsaid(finding.because, *since)
        since = ("Godkendelsesforløb", "mandag den 22. april 2024 kl. 12.00", "1 minut for tidligt")
        assert not unsaid(finding.because_da, *since)

    def test_is_permitted_without_more(self, procedure: Procedure) -> None:
        decision = in_phase(None, procedure).decide(command("register-idea"))
        assert ": permitted\n" in str(decision)

    def test_knows_only_english_and_danish(self, procedure: Procedure) -> None:
        decision = in_phase(None, procedure).decide(command("register-idea"))
        with pytest.raises(ValueError, match="'sv' is none of en, da"):
            decision.explained("sv")

    def test_carries_what_it_was_about(self, procedure: Procedure) -> None:
        history = in_phase(Phase.IDEA, procedure)
        asked = command("withdraw")
        decision = history.decide(asked)
        assert decision.procedure is procedure
        assert (decision.procedure.id, decision.procedure.edition) == (SHIPPED, 1)
        assert decision.proposal is history.proposal
        assert decision.command is asked

    def test_is_the_same_for_the_same_arguments_and_changes_none(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        before, committed = attrs.evolve(history.proposal), {"realdania": 9_000_000}
        answers = [
            decide(procedure, history.proposal, command("approve"), committed=committed)
            for _ in range(2)
        ]
        assert str(answers[0]) == str(answers[1])
        assert answers[0].refused_by == answers[1].refused_by == ("fund-released", "within-fund")
        assert history.proposal == before
        assert committed == {"realdania": 9_000_000}

    def test_is_carried_by_the_error_of_who_asked_for_the_deed(self, procedure: Procedure) -> None:
        with pytest.raises(NotPermitted) as error:
            in_phase(Phase.IDEA, procedure).then(command("start"))
        assert error.value.decision.refused_by == ("known-move",)
        assert str(error.value) == str(error.value.decision)

    def test_finds_in_json_safe_values(self, procedure: Procedure) -> None:
        decision = in_phase(Phase.SPARRING, procedure).decide(command("submit-for-qualification"))
        finding = found(decision, "before-qualification-deadline")
        assert finding.to_dict("da") == {
            "rule": "before-qualification-deadline",
            "holds": True,
            "strength": "binding",
            "because": finding.because_da,
            "margin": "P4DT21H",
            "source": {
                "document": "Procedure for behandling af klimaudviklingsspor (dec23)",
                "section": "Hvornår er der deadline?",
                "quote": finding.source.quote,
            },
        }
        assert finding.to_dict()["because"] == finding.because


class TestACommandThatCannotBeRead:
    def test_says_everything_that_is_wrong_with_it_at_once(self) -> None:
        with pytest.raises(CaseError) as error:
            command("give-consent", by="nobody", amount=-1, conditions=["", 5], funder=None)
        paths = [problem.partition(": ")[0] for problem in error.value.problems]
        assert paths == ["by", "funder", "amount", "conditions[0]", "conditions[1]"]
        assert str(error.value) == "\n".join(error.value.problems)

    @pytest.mark.parametrize(
        ("do", "changes", "problem"),
        [
            ("enlist-participants", {"participants": ["0752"]}, 'participants[0]: .*"0751"'),
            ("enlist-participants", {"participants": "0751"}, "participants: expected a list"),
            ("describe", {"elements": ["idea"]}, "elements[0]: 'idea' is none of development"),
            ("describe", {"results_open": 1}, "results_open: expected true or false"),
            ("propose-budget", {"contributions": {"realdania": 0.5}}, "contributions.realdania: "),
            ("propose-budget", {"cofinancing": True}, "cofinancing: expected a whole number"),
            ("approve", {"granted": [1]}, "granted: expected a table of kroner"),
            ("give-consent", {"valid_until": "2024-6-1"}, "valid_until: '2024-6-1' is not a date"),
            ("register-idea", {"title": "\u200b "}, "title: is blank"),
            ("start", {"by": "0751"}, "by: '0751' is no actor"),
        ],
    )  # fmt: skip
    def test_says_where(self, do: str, changes: dict[str, object], problem: str) -> None:
        with pytest.raises(CaseError, match=problem.replace("[0]", r"\[0\]")):
            command(do, **changes)

    def test_a_time_that_is_none_is_an_error_of_its_own(self) -> None:
        with pytest.raises(MomentError, match="is not a time"):
            command("start", at="i morgen")

    def test_a_condition_stated_twice_is_one(self) -> None:
        assert command("approve", conditions=["A", "B", "A"]).conditions == ("A", "B")  # type: ignore[attr-defined]


class TestReturn:
    @RETURNABLE
    def test_lapses_what_was_judged_and_granted(
        self, procedure: Procedure, phase: Phase, by: str
    ) -> None:
        history = in_phase(phase, procedure)
        before = history.proposal
        assert set(before.assessments) == set(CRITERIA)
        after = history.then(command("return", by=by)).proposal
        assert after.phase is Phase.SPARRING
        assert (after.assessments, after.grant, after.consents) == ({}, None, {})
        assert (before.revision, after.revision) == (1, 2)
        kept = ("participants", "description", "budget", "title", "proposer", "round")
        for name in kept:
            assert getattr(after, name) == getattr(before, name)
        assert after.since == history.then(command("return", by=by)).events[-1].at

    @pytest.mark.parametrize("by", [DGO, SECRETARIAT])
    @pytest.mark.parametrize("phase", [Phase.COMMITTEE_DECISION, Phase.FUNDER_CONSENT])
    def test_is_the_committees_once_it_has_the_proposal(
        self, procedure: Procedure, phase: Phase, by: str
    ) -> None:
        decision = in_phase(phase, procedure).decide(command("return", by=by))
        assert decision.refused_by == ("authorised",)

    @pytest.mark.parametrize("phase", [Phase.QUALIFICATION, Phase.APPROVAL_PROCESS])
    def test_is_not_the_committees_before(self, procedure: Procedure, phase: Phase) -> None:
        decision = in_phase(phase, procedure).decide(command("return"))
        assert decision.refused_by == ("authorised",)

    def test_the_next_submission_is_judged_anew(self, procedure: Procedure) -> None:
        returned = in_phase(Phase.COMMITTEE_DECISION, procedure).then(command("return"))
        again = returned.then(
            command("submit-for-qualification", round="2024-autumn", at="2024-10-01 10:00")
        )
        decision = again.decide(command("submit-for-approval", at="2024-10-20 10:00"))
        assert decision.refused_by == ("criteria-met",)
        assert found(decision, "criteria-met").margin == -4

    def test_consents_are_given_anew(self, procedure: Procedure) -> None:
        consented = in_phase(Phase.FUNDER_CONSENT, procedure).then(consent("realdania", 1_500_000))
        after = consented.then(command("return", at="2024-06-20 10:00")).proposal
        assert (after.granted, after.contributing, after.consents) == ({}, (), {})
        assert after.consent_of("realdania", None) is None


class TestDefer:
    def test_the_committee_sends_it_to_a_later_round(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        after = history.then(command("defer")).proposal
        assert (after.phase, after.round) == (Phase.APPROVAL_PROCESS, "2024-autumn")
        assert after.assessments == history.proposal.assessments
        assert after.revision == 1

    def test_a_deferral_within_the_approval_process_is_no_new_phase(
        self, procedure: Procedure
    ) -> None:
        history = in_phase(Phase.APPROVAL_PROCESS, procedure)
        after = history.then(command("defer", by=SECRETARIAT, at="2024-05-02 10:00")).proposal
        assert (after.round, after.since) == ("2024-autumn", history.proposal.since)

    def test_there_is_no_way_back_to_an_earlier_round(self, procedure: Procedure) -> None:
        autumn = in_phase(Phase.COMMITTEE_DECISION, procedure).then(command("defer"))
        back = autumn.decide(
            command("defer", by=SECRETARIAT, round="2024-spring", at="2024-05-30 14:00")
        )
        assert back.refused_by == ("same-or-later-round",)

    def test_an_unknown_round_breaks_all_that_ask_for_it(self, procedure: Procedure) -> None:
        history = in_phase(Phase.COMMITTEE_DECISION, procedure)
        decision = history.decide(command("defer", round="2025-spring"))
        assert decision.refused_by == ("known-round", "round-still-open", "same-or-later-round")

    def test_who_may_depends_on_who_has_it(self, procedure: Procedure) -> None:
        before = in_phase(Phase.APPROVAL_PROCESS, procedure)
        assert before.decide(command("defer")).refused_by == ("authorised",)
        there = in_phase(Phase.COMMITTEE_DECISION, procedure)
        assert there.decide(command("defer", by=SECRETARIAT)).refused_by == ("authorised",)


class TestEvolve:
    @pytest.mark.parametrize(("phase", "name"), NEVER)
    def test_refuses_an_event_that_the_lifecycle_does_not_have(
        self,
        procedure: Procedure,
        every_event: dict[str, Event],
        phase: Phase | None,
        name: str,
    ) -> None:
        proposal = in_phase(phase, procedure).proposal
        with pytest.raises(HistoryError, match=f"the lifecycle has no {name} ") as error:
            evolve(proposal, every_event[name])
        assert (phase or "before there is any phase") in str(error.value)

    def test_obeys_whatever_the_rules_would_say(
        self, procedure: Procedure, every_event: dict[str, Event]
    ) -> None:
        waiting = in_phase(Phase.FUNDER_CONSENT, procedure)
        assert waiting.decide(command("start")).permitted is False
        assert evolve(waiting.proposal, every_event["Started"]).phase is Phase.STARTED

    def test_leaves_what_was_before_as_it_was(self, procedure: Procedure) -> None:
        history = in_phase(Phase.QUALIFICATION, procedure, assess_criterion=None)
        before = attrs.evolve(history.proposal)
        after = history.then(command("assess-criterion")).proposal
        assert history.proposal == before != after
        assert after.assessments == {
            "development-element": Assessment(True, "Der testes i tre oplande.")
        }

    def test_a_final_phase_keeps_what_led_to_it(self, procedure: Procedure) -> None:
        granted = in_phase(Phase.FUNDER_CONSENT, procedure)
        after = granted.then(command("withdraw")).proposal
        assert after.phase is Phase.WITHDRAWN
        assert after.granted == granted.proposal.granted != {}


def test_what_was_promised_then_stays_so_whatever_becomes_of_the_callers_dict(
    procedure: Procedure,
) -> None:
    promised = {"realdania": 1}
    proposal = in_phase(Phase.COMMITTEE_DECISION, procedure).proposal
    (event,) = decide(procedure, proposal, command("approve"), committed=promised).events
    promised["realdania"] = 2
    assert isinstance(event, Approved)
    assert event.committed == {"realdania": 1}
