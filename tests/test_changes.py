"""A running case keeps its procedure, until someone moves it to another one, on the record."""

import copy
import pickle
from datetime import datetime
from typing import Any

import attrs
import pytest

from klimaflow import CaseError, History, HistoryError, NotPermitted, Phase, Procedure, copenhagen
from klimaflow.changes import ProcedureChanged, Verdict
from klimaflow.machine import LifecycleMachine
from klimaflow.moments import moment
from klimaflow.parties import Actor, Role
from klimaflow.proposal import ConsentStatus
from klimaflow.report import Course, course_page, history_markdown, plain
from tests.conftest import (
    ASKED,
    COMMITTEE,
    COURSE,
    DGO,
    PROPOSER,
    SECRETARIAT,
    SHIPPED,
    command,
    consent,
    found,
    in_phase,
    policy,
    told,
    unsaid,
)

EDITION = ("edition = 1", "edition = 2")
SOONER = ('approval = "torsdag 2024-04-25 09:00"', 'approval = "fredag 2024-04-19 09:00"')
AUTUMN_SOONER = (
    ('"mandag 2024-10-07 09:00"', '"mandag 2024-09-23 09:00"'),
    ('"torsdag 2024-10-24 09:00"', '"fredag 2024-09-27 09:00"'),
)
EDITIONS = {"en": "edition", "da": "udgave"}
REASON = "Fristen var læst forkert."
LATE = "11 submit-for-approval"
"""The event that the earlier deadline makes late: submitted 22 April 12:00."""


@pytest.fixture(scope="module")
def sooner() -> Procedure:
    """Edition 2, in which the approval deadline of the spring comes six days earlier."""
    return policy(EDITION, SOONER)


@pytest.fixture(scope="module")
def reworded() -> Procedure:
    """Another procedure that decides nothing otherwise."""
    return policy(('title = "Procedure for', 'title = "Proceduren for'))


@pytest.fixture(scope="module")
def waiting(procedure: Procedure) -> History:
    """In the approval process since 22 April 12:00."""
    return in_phase(Phase.APPROVAL_PROCESS, procedure)


def moved(history: History, to: Procedure, **changes: Any) -> History:
    """Return a history moved after all that it holds, whatever the other procedure refuses."""
    refused = [verdict.name for verdict in history.verdicts(to) if verdict.after]
    latest = max(event.at for event in history.events)
    said: dict[str, Any] = {"by": SECRETARIAT, "reason": REASON, "at": latest, "accept": refused}
    return history.under(to, **{**said, **changes})


def without(procedure: Procedure, *, funder: str = "", round_id: str = "") -> Procedure:
    """Return the procedure as if a funder, or a round, had never been in it."""
    funds = tuple(
        attrs.evolve(fund, funders=tuple(each for each in fund.funders if each != funder))
        for fund in procedure.funds
    )
    return attrs.evolve(
        procedure,
        funders=tuple(each for each in procedure.funders if each.id != funder),
        funds=funds,
        rounds=tuple(each for each in procedure.rounds if each.id != round_id),
    )


class TestKeepingTheProcedure:
    def test_a_case_stays_under_the_procedure_that_it_was_opened_under(
        self, procedure: Procedure, waiting: History
    ) -> None:
        assert waiting.procedure is waiting.opened_under is procedure
        assert waiting.changes == ()

    def test_a_moved_case_still_knows_it(
        self, procedure: Procedure, waiting: History, reworded: Procedure, sooner: Procedure
    ) -> None:
        twice = moved(moved(waiting, reworded), sooner)
        assert (twice.procedure, twice.opened_under) == (sooner, procedure)

    def test_what_follows_keeps_the_change(self, waiting: History, reworded: Procedure) -> None:
        there = moved(waiting, reworded)
        after = there.then(command("put-before-committee"))
        assert (after.procedure, after.changes) == (reworded, there.changes)
        assert after.events[:-1] == there.events


class TestOnTheRecord:
    def test_who_when_why_from_what_to_what_after_how_many_events(
        self, procedure: Procedure, waiting: History, reworded: Procedure
    ) -> None:
        (change,) = waiting.under(
            reworded, "secretariat:kl/Ann", REASON, "2024-05-02 10:00"
        ).changes
        assert change.by == Actor(Role.SECRETARIAT, "kl", "Ann")
        assert change.at == moment(copenhagen("2024-05-02 10:00"))
        assert change.reason == REASON
        assert (change.before, change.after) == (procedure, reworded)
        assert change.events == len(waiting.events) == 11

    def test_the_events_and_the_proposal_stay(self, waiting: History, sooner: Procedure) -> None:
        there = moved(waiting, sooner)
        assert (there.events, there.proposal) == (waiting.events, waiting.proposal)
        assert there != waiting
        assert (waiting.changes, waiting.procedure.edition) == ((), 1)

    def test_each_event_has_a_verdict_before_and_after(
        self, waiting: History, sooner: Procedure
    ) -> None:
        (change,) = moved(waiting, sooner).changes
        assert [verdict.number for verdict in change.verdicts] == list(range(1, 12))
        assert [each.do for each in change.verdicts] == [d.command.do for d in waiting.decisions()]
        assert [each for each in change.verdicts if each.changed] == [
            Verdict(11, "submit-for-approval", (), ("before-approval-deadline",))
        ]
        assert change.verdicts == waiting.verdicts(sooner)
        assert change.accepted == (LATE,)

    def test_the_list_says_what_changes(self, waiting: History, sooner: Procedure) -> None:
        (change,) = moved(waiting, sooner).changes
        head, *lines = str(change).splitlines()
        assert head == (
            f"2024-04-22T12:00:00+02:00 {SECRETARIAT} moved "
            f"{SHIPPED}, edition 1 ({waiting.procedure.sha256[:12]}) → "
            f"{SHIPPED}, edition 2 ({sooner.sha256[:12]}): {REASON}"
        )
        assert lines[0] == "1 register-idea: permitted"
        assert lines[-1] == f"{LATE}: permitted → refused by before-approval-deadline"

    def test_what_both_refuse_is_the_same(self, waiting: History, sooner: Procedure) -> None:
        verdict = Verdict(11, "submit-for-approval", ("criteria-met",), ("criteria-met",))
        assert not verdict.changed
        assert str(verdict) == f"{LATE}: refused by criteria-met"

    def test_the_sentences_are_in_the_decisions(self, waiting: History, sooner: Procedure) -> None:
        *_, last = waiting.decisions(sooner)
        assert last.procedure == sooner
        assert "friday 19 april 2024" in found(last, "before-approval-deadline").because.lower()

    def test_a_change_is_short_to_print_does_not_change_and_can_be_pickled(
        self, waiting: History, sooner: Procedure
    ) -> None:
        there = moved(waiting, sooner)
        (change,) = there.changes
        assert len(repr(change)) < 2_000
        assert f"before={SHIPPED}, edition 1 (" in repr(change)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            change.reason = "x"  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(there)) == there == copy.deepcopy(there)


class TestAccepting:
    def test_what_the_new_procedure_refuses_must_be_named(
        self, waiting: History, sooner: Procedure
    ) -> None:
        with pytest.raises(HistoryError) as error:
            waiting.under(sooner, SECRETARIAT, REASON, "2024-05-02 10:00")
        assert str(error.value) == (
            f"accept: {SHIPPED}, edition 2 ({sooner.sha256[:12]}) refuses {LATE} "
            "by before-approval-deadline; name it to accept it"
        )
        there = waiting.under(sooner, SECRETARIAT, REASON, "2024-05-02 10:00", accept=[LATE])
        assert there.procedure == sooner

    @pytest.mark.parametrize(
        "name",
        [
            "submit-for-approval",
            "11",
            "1 register-idea",
            "11 approve",
            "12 submit-for-approval",
            "",
        ],
    )
    def test_no_other_name_will_do(self, waiting: History, sooner: Procedure, name: str) -> None:
        with pytest.raises(HistoryError) as error:
            waiting.under(sooner, SECRETARIAT, REASON, "2024-05-02 10:00", accept=[LATE, name])
        assert str(error.value).startswith("accept[1]: ")
        assert str(error.value).endswith(" is no event that it refuses")

    def test_nothing_is_accepted_in_reserve(self, waiting: History, reworded: Procedure) -> None:
        with pytest.raises(HistoryError, match=r"accept\[0\]: 11 submit-for-approval is no event"):
            waiting.under(reworded, SECRETARIAT, REASON, "2024-05-02 10:00", accept=[LATE])

    def test_two_events_of_one_command_are_accepted_one_by_one(self, eventful: History) -> None:
        stricter = policy(EDITION, SOONER, *AUTUMN_SOONER)
        refused = [each.name for each in eventful.verdicts(stricter) if each.after]
        assert refused == [LATE, "21 submit-for-approval"]
        for one in refused:
            with pytest.raises(HistoryError):
                eventful.under(stricter, SECRETARIAT, REASON, "2024-12-06 10:00", accept=[one])
        there = eventful.under(stricter, SECRETARIAT, REASON, "2024-12-06 10:00", refused)
        assert there.changes[0].accepted == tuple(refused)

    def test_what_was_recorded_although_refused_is_accepted_by_name_too(
        self, procedure: Procedure, reworded: Procedure
    ) -> None:
        records = in_phase(Phase.QUALIFICATION, procedure).to_records()
        records[6]["at"] = "2024-04-15T07:00:00.000001+00:00"
        late = History.from_records(records, procedure)
        name = "6 submit-for-qualification"
        with pytest.raises(HistoryError, match=f"refuses {name} by"):
            moved(late, reworded, accept=())
        (change,) = moved(late, reworded).changes
        assert change.accepted == (name,)
        assert not any(verdict.changed for verdict in change.verdicts)


class TestObjecting:
    @pytest.mark.parametrize(
        ("at", "refused"),
        [
            ("2024-04-22 11:59:59.999999", True),
            ("2024-04-22 12:00", False),
            (datetime.fromisoformat("2024-04-22T12:00:00.000001+02:00"), False),
        ],
    )
    def test_not_before_the_last_change_of_phase(
        self, waiting: History, reworded: Procedure, at: str | datetime, refused: bool
    ) -> None:
        if refused:
            with pytest.raises(HistoryError) as error:
                moved(waiting, reworded, at=at)
            assert str(error.value) == (
                "at: comes before 2024-04-22T12:00:00+02:00, when the last phase was entered"
            )
        else:
            assert moved(waiting, reworded, at=at).procedure == reworded

    @pytest.mark.parametrize(
        ("at", "refused"), [("2024-05-02 09:59:59.999999", True), ("2024-05-02 10:00", False)]
    )
    def test_not_before_an_earlier_move(
        self, waiting: History, reworded: Procedure, sooner: Procedure, at: str, refused: bool
    ) -> None:
        once = moved(waiting, reworded, at="2024-05-02 10:00")
        if refused:
            with pytest.raises(HistoryError) as error:
                moved(once, sooner, at=at)
            assert str(error.value) == (
                "at: comes before 2024-05-02T10:00:00+02:00, when the case was last moved"
            )
        else:
            assert len(moved(once, sooner, at=at).changes) == 2

    def test_to_an_equal_procedure_nothing_changes(
        self, procedure: Procedure, waiting: History
    ) -> None:
        for equal in (procedure, policy()):
            with pytest.raises(
                HistoryError, match=r"^procedure: nothing changes: the case is under"
            ):
                moved(waiting, equal)

    def test_a_history_of_nothing_is_opened_under_the_other_instead(
        self, procedure: Procedure, reworded: Procedure
    ) -> None:
        with pytest.raises(HistoryError, match=r"^events: nothing is recorded yet"):
            History(procedure).under(reworded, SECRETARIAT, REASON, "2024-05-02 10:00")

    def test_all_objections_at_once(self, waiting: History, sooner: Procedure) -> None:
        with pytest.raises(HistoryError) as error:
            waiting.under(sooner, SECRETARIAT, REASON, "2024-04-01 10:00", ["x\ny", "1 start"])
        paths = [line.partition(":")[0] for line in str(error.value).splitlines()]
        assert paths == ["at", "accept[0]", "accept[1]", "accept"]

    def test_what_cannot_be_read_is_told_at_once_with_its_path(self, waiting: History) -> None:
        with pytest.raises(CaseError) as error:
            waiting.under("klimaalliancen-2025", "kl", " \t\n", "2024-05-02", "x")  # type: ignore[arg-type]
        paths = [problem.partition(":")[0] for problem in error.value.problems]
        assert paths == ["procedure", "by", "reason", "at", "accept"]

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"reason": ""}, "reason: is blank"),
            ({"reason": "\N{ZERO WIDTH SPACE}"}, "reason: is blank"),
            ({"reason": None}, "reason: expected a text"),
            ({"reason": "x" * 20_001}, "reason: is longer"),
            ({"by": 5}, "by: expected a text"),
            ({"at": datetime(2024, 5, 2)}, "at: 2024-05-02 00:00:00 has no zone"),
            ({"at": "2024-03-31 02:30"}, "at: 2024-03-31 02:30:00 does not exist"),
            ({"accept": [5]}, "accept[0]: expected a text"),
            ({"accept": None}, "accept: expected a list"),
        ],
    )
    def test_what_is_unreadable(
        self, waiting: History, reworded: Procedure, said: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(CaseError) as error:
            moved(waiting, reworded, **said)
        (told,) = error.value.problems
        assert told.startswith(problem)


class TestAfterwards:
    def test_the_new_procedure_decides(self, procedure: Procedure, sooner: Procedure) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        there = moved(qualified, sooner)
        asked = command("submit-for-approval", at="2024-04-19 09:00:00.000001")
        assert qualified.decide(asked).refused_by == ()
        assert there.decide(asked).refused_by == ("before-approval-deadline",)
        with pytest.raises(NotPermitted):
            there.then(asked)
        options = {option.do: option for option in there.possible("2024-04-20 10:00", PROPOSER)}
        likely = options["submit-for-approval"].decision.command
        assert likely.round == "2024-autumn"  # type: ignore[attr-defined]
        in_time = command("submit-for-approval", at="2024-04-19 09:00")
        assert there.then(in_time).proposal.phase is Phase.APPROVAL_PROCESS

    def test_a_decision_of_before_is_not_recorded(
        self, waiting: History, reworded: Procedure
    ) -> None:
        stale = waiting.decide(command("put-before-committee"))
        with pytest.raises(HistoryError, match="another procedure"):
            moved(waiting, reworded).record(stale)

    def test_each_event_is_decided_again_under_its_own_procedure(
        self, procedure: Procedure, waiting: History, sooner: Procedure
    ) -> None:
        longer = told(moved(waiting, sooner), command("put-before-committee"), command("approve"))
        decisions = list(longer.decisions())
        assert [each.procedure for each in decisions] == [procedure] * 11 + [sooner] * 2
        assert all(each.permitted for each in decisions)
        assert tuple(each.events[0] for each in decisions) == longer.events
        under_one = [each.permitted for each in longer.decisions(sooner)]
        assert under_one == [True] * 10 + [False] + [True] * 2

    def test_moved_twice_and_back_each_event_keeps_its_own(
        self, procedure: Procedure, waiting: History, reworded: Procedure, sooner: Procedure
    ) -> None:
        once = moved(waiting, sooner).then(command("put-before-committee"))
        twice = moved(once, reworded).then(command("approve"))
        back = moved(twice, procedure)
        assert [each.before for each in back.changes] == [procedure, sooner, reworded]
        assert [each.after for each in back.changes] == [sooner, reworded, procedure]
        assert [each.events for each in back.changes] == [11, 12, 13]
        assert back.procedure is back.opened_under is procedure
        held = [each.procedure for each in back.decisions()]
        assert held == [procedure] * 11 + [sooner] + [reworded]
        assert back.events == twice.events

    def test_moved_twice_at_once(
        self, procedure: Procedure, waiting: History, reworded: Procedure, sooner: Procedure
    ) -> None:
        back = moved(moved(moved(waiting, sooner), reworded), procedure)
        assert [each.events for each in back.changes] == [11, 11, 11]
        assert {each.procedure.sha256 for each in back.decisions()} == {procedure.sha256}

    def test_rows_are_those_of_the_events(self, waiting: History, sooner: Procedure) -> None:
        assert moved(waiting, sooner).rows() == waiting.rows()

    def test_stages_are_the_history_after_each_event(
        self, procedure: Procedure, waiting: History, sooner: Procedure
    ) -> None:
        longer = moved(waiting, sooner).then(command("put-before-committee"))
        stages = list(longer.stages())
        assert [len(stage.events) for stage in stages] == list(range(1, 13))
        assert [stage.procedure for stage in stages] == [procedure] * 10 + [sooner] * 2
        assert stages[-1] == longer
        assert stages[10].proposal == waiting.proposal


class TestAsOf:
    @pytest.mark.parametrize(
        ("at", "edition"),
        [
            ("2024-05-02 09:59:59.999999", 1),
            ("2024-05-02 10:00", 2),
            ("2024-05-02 10:00:00.000001", 2),
        ],
    )
    def test_before_the_change_the_earlier_procedure_holds(
        self, waiting: History, sooner: Procedure, at: str, edition: int
    ) -> None:
        there = moved(waiting, sooner, at="2024-05-02 10:00").then(command("put-before-committee"))
        then = there.as_of(at)
        assert then.procedure.edition == edition
        assert then == (moved(waiting, sooner, at="2024-05-02 10:00") if edition == 2 else waiting)

    def test_the_earlier_of_two_changes_holds_until_the_later(
        self, procedure: Procedure, waiting: History, reworded: Procedure, sooner: Procedure
    ) -> None:
        once = moved(waiting, reworded, at="2024-05-02 10:00")
        twice = moved(once, sooner, at="2024-05-03 10:00")
        assert twice.as_of("2024-05-02 10:00") == once
        assert twice.as_of("2024-05-03 10:00") == twice
        assert twice.as_of("2024-04-30 10:00") == waiting
        assert twice.as_of("2024-01-01 10:00") == History(procedure)

    def test_mail_that_is_registered_late_stays_under_its_procedure(
        self, procedure: Procedure, sooner: Procedure
    ) -> None:
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        there = moved(qualified, sooner, at="2024-04-20 10:00")
        late = there.then(command("describe", at="2024-04-19 10:00"))
        assert there.as_of("2024-04-19 10:00") == qualified
        then = late.as_of("2024-04-19 10:00")
        assert (then.procedure, len(then.events)) == (sooner, len(late.events))
        assert [each.procedure for each in then.decisions()][-1] == sooner

    def test_a_change_of_before_an_event_counts_without_it(
        self, procedure: Procedure, reworded: Procedure
    ) -> None:
        sparred = told(
            in_phase(Phase.QUALIFICATION, procedure),
            command("hold-sparring", at="2024-04-19 10:00"),
            command("describe", at="2024-04-18 12:30"),
        )
        then = moved(sparred, reworded, at="2024-04-18 13:00").as_of("2024-04-18 13:00")
        (change,) = then.changes
        assert change.events == len(then.events) == len(sparred.events) - 1
        assert [each.number for each in change.verdicts] == list(range(1, change.events + 1))
        assert change.verdicts[-1].name == "11 describe"
        records = then.to_records()
        assert History.from_records(records, procedure, reworded) == then


class TestWhatTheNewProcedureDoesNotKnow:
    """Its rules refuse, and say why; nothing raises."""

    def test_a_round(self, procedure: Procedure) -> None:
        autumn = without(procedure, round_id="2024-spring")
        qualified = in_phase(Phase.QUALIFICATION, procedure)
        assert [each.after for each in qualified.verdicts(autumn) if each.after] == [
            ("before-qualification-deadline", "known-round")
        ]
        there = moved(qualified, autumn)
        refused = there.decide(command("submit-for-approval"))
        assert refused.refused_by == (
            *("before-approval-deadline", "known-round", "same-or-later-round"),
        )
        assert found(refused, "known-round").because.startswith("There is no such round")
        later = there.then(command("submit-for-approval", round="2024-autumn"))
        assert later.proposal.round == "2024-autumn"

    def test_a_round_in_which_the_committee_was_to_meet(self, procedure: Procedure) -> None:
        autumn = without(procedure, round_id="2024-spring")
        there = moved(in_phase(Phase.COMMITTEE_DECISION, procedure), autumn)
        for do in ("approve", "reject", "return", "defer"):
            assert "committee-has-met" in there.decide(command(do)).refused_by
        assert there.decide(command("withdraw")).permitted

    def test_a_funder_that_was_asked(self, procedure: Procedure) -> None:
        left = without(procedure, funder="realdania")
        there = moved(in_phase(Phase.COMMITTEE_DECISION, procedure), left)
        assert there.changes[0].accepted == ("4 propose-budget",)
        assert there.decide(command("approve")).refused_by == ("within-fund",)
        rest = command("approve", granted={"region-syddanmark": 500_000})
        assert there.decide(rest).permitted

    def test_a_funder_whose_consent_is_awaited(self, procedure: Procedure) -> None:
        left = without(procedure, funder="realdania")
        there = moved(in_phase(Phase.FUNDER_CONSENT, procedure), left)
        assert there.changes[0].accepted == ("4 propose-budget", "13 approve")
        for do in ("give-consent", "refuse-consent"):
            refused = there.decide(command(do))
            assert refused.refused_by == ("contributing-party",)
            sentence = found(refused, "contributing-party").because
            assert sentence.startswith(
                "Not a contributing party here: “realdania”. The contributing"
            )
            assert sentence.count("realdania") == 1
        assert "every-party-consents" in there.decide(command("start")).refused_by
        again = there.decide(command("amend-grant", granted=ASKED))
        assert again.refused_by == ("contributing-party", "within-fund")
        rest = command("amend-grant", granted={"region-syddanmark": 500_000})
        assert there.decide(rest).permitted

    def test_a_funder_that_has_consented_is_bound_and_can_take_it_back_once(
        self, procedure: Procedure
    ) -> None:
        consenting = in_phase(Phase.FUNDER_CONSENT, procedure)
        for funder, amount in ASKED.items():
            consenting = consenting.then(consent(funder, amount))
        there = moved(consenting, without(procedure, funder="realdania"))
        assert there.decide(command("start")).permitted
        assert there.decide(command("give-consent")).refused_by == ("consent-open",)
        taken = there.then(command("withdraw-consent"))
        assert taken.proposal.consents["realdania"].status is ConsentStatus.WITHDRAWN
        given_again = taken.decide(command("give-consent", at="2024-06-12 10:00"))
        assert given_again.refused_by == ("contributing-party",)

    def test_a_consent_that_has_run_out(self, procedure: Procedure) -> None:
        consenting = in_phase(Phase.FUNDER_CONSENT, procedure).then(
            consent("realdania", 1_500_000, valid_until="2024-06-15")
        )
        there = moved(consenting, without(procedure, funder="realdania"))
        in_force = command("withdraw-consent", at="2024-06-15 23:59")
        assert there.decide(in_force).permitted
        run_out = there.decide(command("give-consent", at="2024-06-16 00:00"))
        assert run_out.refused_by == ("contributing-party",)

    def test_what_other_tracks_were_promised_of_a_fund(self, procedure: Procedure) -> None:
        approved = in_phase(Phase.COMMITTEE_DECISION, procedure).then(
            command("approve"), committed={"realdania": 8_500_000}
        )
        renamed = attrs.evolve(
            procedure, funds=(attrs.evolve(procedure.funds[0], id="ny"), *procedure.funds[1:])
        )
        (change,) = moved(approved, renamed).changes
        assert change.accepted == ()
        with pytest.raises(CaseError, match=r"committed\.realdania: is no fund"):
            moved(approved, renamed).decide(command("start"), committed={"realdania": 1})

    def test_criteria(self, procedure: Procedure) -> None:
        new = attrs.evolve(procedure.criteria[0], id="ny")
        there = moved(
            in_phase(Phase.QUALIFICATION, procedure), attrs.evolve(procedure, criteria=(new,))
        )
        assert there.decide(command("submit-for-approval")).refused_by == ("criteria-met",)
        judged = there.then(command("assess-criterion", criterion="ny", by=DGO))
        assert judged.decide(command("submit-for-approval")).permitted

    @pytest.mark.parametrize("phase", [each for each in COURSE if each is not None])
    def test_from_every_phase_every_command_has_an_answer_in_both_languages(
        self, procedure: Procedure, phase: Phase
    ) -> None:
        rounds = (attrs.evolve(procedure.rounds[1], id="2025-spring"),)
        bare = attrs.evolve(procedure, rounds=rounds, funders=(), funds=(), criteria=())
        there = moved(in_phase(phase, procedure), bare)
        for by in (SECRETARIAT, PROPOSER, COMMITTEE, "funder:realdania"):
            for option in there.possible("2024-12-01 10:00", by):
                assert option.decision.explained("en") != option.decision.explained("da")
                assert [each.to_dict() for each in option.decision.findings]


class Host:
    def __init__(self, history: History) -> None:
        self.history = history


class TestInTheMachine:
    def test_a_host_may_move_its_case_and_then_needs_the_other_machine(
        self, procedure: Procedure, waiting: History, reworded: Procedure
    ) -> None:
        old, new, case = LifecycleMachine(procedure), LifecycleMachine(reworded), Host(waiting)
        old.add_model(case)
        case.history = case.history.under(reworded, SECRETARIAT, REASON, "2024-05-02 10:00")
        there = case.history
        with pytest.raises(HistoryError, match=f"use a machine for {SHIPPED} "):
            old.handle(case, command("put-before-committee"))
        assert case.history is there
        old.remove_model(case)
        new.add_model(case)
        assert case.is_approval_process()  # type: ignore[attr-defined]
        assert new.handle(case, command("put-before-committee")) is True
        assert case.history == there.then(command("put-before-committee"))

    def test_a_callback_may_move_it_once_the_step_is_taken(
        self, procedure: Procedure, waiting: History, reworded: Procedure
    ) -> None:
        def move(step: Any) -> None:
            step.model.history = moved(step.model.history, reworded)

        case = Host(waiting)
        machine = LifecycleMachine(procedure, after_state_change=move)
        assert machine.handle(case, command("put-before-committee")) is True
        assert (case.history.procedure, len(case.history.events)) == (reworded, 12)

    def test_a_callback_cannot_move_it_before_the_decision(
        self, procedure: Procedure, waiting: History, reworded: Procedure
    ) -> None:
        def move(step: Any) -> None:
            step.model.history = moved(step.model.history, reworded)

        case = Host(waiting)
        machine = LifecycleMachine(procedure, prepare_event=move)
        with pytest.raises(HistoryError, match="another procedure"):
            machine.handle(case, command("put-before-committee"))
        assert case.history is waiting


@pytest.fixture(scope="module")
def longer(waiting: History, sooner: Procedure) -> History:
    return moved(waiting, sooner).then(command("put-before-committee"))


class TestInReports:
    def test_the_course_ends_with_the_very_history(self, longer: History) -> None:
        course = Course.of_history(longer, "spor")
        assert course.permitted
        assert (course.history, course.procedure) == (longer, longer.procedure)
        assert [step.decision.procedure.edition for step in course.steps] == [1] * 11 + [2]
        assert [step.history.proposal.phase for step in course.steps][-2:] == [
            *(Phase.APPROVAL_PROCESS, Phase.COMMITTEE_DECISION),
        ]

    def test_so_it_does_if_the_change_comes_last(self, waiting: History, sooner: Procedure) -> None:
        there = moved(waiting, sooner)
        assert Course.of_history(there).history == there

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_pages_are_written(self, longer: History, lang: str) -> None:
        (change,) = longer.changes
        page = plain(course_page(Course.of_history(longer), lang), 200)
        markdown = history_markdown(longer, lang).replace("\\", "")
        for text in (page, markdown):
            (line,) = [each for each in text.splitlines() if change.reason in each]
            assert unsaid(line, f"{SHIPPED}, {EDITIONS[lang]} 1", f"{EDITIONS[lang]} 2", "kl") == []
        assert markdown.count("\n| ") == 14

    def test_a_change_is_no_event(self, longer: History) -> None:
        assert not any(isinstance(event, ProcedureChanged) for event in longer.events)
