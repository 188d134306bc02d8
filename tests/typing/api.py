"""How users may write it, as mypy sees it: this module is checked, never run."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, assert_type

from klimaflow import (
    Decision,
    Finding,
    History,
    NotPermitted,
    Phase,
    PolicyError,
    Procedure,
    Proposal,
    copenhagen,
    decide,
    evolve,
    load_procedure,
)
from klimaflow import commands as do
from klimaflow.changes import ProcedureChanged, Verdict
from klimaflow.events import Event
from klimaflow.moments import Moment
from klimaflow.parties import Actor, Participant
from klimaflow.planning import Plan, Step, last_moment, missing_for, plan
from klimaflow.procedure import Source
from klimaflow.testing import Given, When, given


def commands_take_texts_moments_and_values() -> None:
    do.RegisterIdea(title="Skybrud", by="proposer:0751", at=copenhagen("2024-02-01 10:00"))
    do.RegisterIdea(title="Skybrud", by="proposer:0751", at="2024-02-01 10:00")
    do.EnlistParticipants(
        participants=["0751", {"id": "cvr:1", "name": "Vand A/S", "kind": "company"}],
        by="proposer:0751",
        at=datetime.now().astimezone(),
    )
    do.GiveConsent(
        funder="realdania",
        amount=1,
        valid_until=date(2024, 12, 31),
        by="funder:realdania",
        at="2024-06-01 10:00",
    )
    do.Approve(granted={"realdania": 1}, conditions=["x"], by="committee:fu", at="2024-06-01 10:00")


def a_command_keeps_clean_values(command: do.GiveConsent, enlist: do.EnlistParticipants) -> None:
    assert_type(command.at, Moment)
    assert_type(command.by, Actor)
    assert_type(command.valid_until, date | None)
    assert_type(enlist.participants, tuple[Participant, ...])


def what_is_wrong_is_seen_before_it_runs() -> None:
    do.RegisterIdea(by="proposer:0751", at="2024-02-01 10:00")  # type: ignore[call-arg]
    do.RegisterIdea(title=5, by="proposer:0751", at="2024-02-01 10:00")  # type: ignore[arg-type]
    do.SubmitForApproval(rond="x", by="proposer:0751", at="x")  # type: ignore[call-arg]


def a_history_is_asked_and_continued(procedure: Procedure, command: do.Command) -> None:
    history = History(procedure)
    assert_type(history.proposal, Proposal)
    assert_type(history.events, tuple[Event, ...])
    assert_type(history.decide(command, committed={"realdania": 1}), Decision)
    assert_type(history.then(command), History)
    assert_type(history.as_of(copenhagen("2024-02-01 10:00")), History)
    assert_type(history.decisions(), Iterator[Decision])
    assert_type(history.to_records(), list[dict[str, Any]])
    assert_type(History.from_records(history.to_records(), procedure), History)
    assert_type(History.from_records(history.to_records(), procedure, procedure), History)
    history.proposal = Proposal()  # type: ignore[misc]


def a_history_is_moved(history: History, procedure: Procedure) -> None:
    accept = [verdict.name for verdict in history.verdicts(procedure) if verdict.after]
    by, at = "secretariat:kl", copenhagen("2024-02-01 10:00")
    assert_type(history.under(procedure, by, "x", at, accept), History)
    assert_type(history.under(procedure, by=by, reason="x", at="2024-02-01 10:00"), History)
    assert_type(history.verdicts(procedure), tuple[Verdict, ...])
    assert_type(history.changes, tuple[ProcedureChanged, ...])
    assert_type(history.changes[0].before, Procedure)
    assert_type(history.decisions(procedure), Iterator[Decision])
    assert_type(history.stages(), Iterator[History])
    assert_type(history.opened_under, Procedure)
    history.under(procedure, by, "x")  # type: ignore[call-arg]


def a_decision_is_read(decision: Decision, finding: Finding) -> None:
    assert_type(decision.permitted, bool)
    assert_type(decision.findings, tuple[Finding, ...])
    assert_type(decision.refused_by, tuple[str, ...])
    assert_type(finding.because, str)
    assert_type(finding.margin, int | timedelta | None)
    assert_type(finding.source, Source)


def the_two_functions(procedure: Procedure, command: do.Command, event: Event) -> None:
    assert_type(decide(procedure, Proposal(), command), Decision)
    assert_type(evolve(Proposal(), event), Proposal)
    assert_type(Proposal().phase, Phase | None)


def errors_carry_values() -> None:
    try:
        load_procedure("x")
    except PolicyError as error:
        assert_type(error.problems, tuple[str, ...])
    except NotPermitted as refusal:
        assert_type(refusal.decision, Decision)


def given_when_then(command: do.Command) -> None:
    assert_type(given("klimaalliancen-2024", command), Given)
    assert_type(given("klimaalliancen-2024").when(command).then_refused_by("authorised"), When)


def plans_are_read(history: History) -> None:
    found = plan(history, copenhagen("2024-04-02 10:00"), "2024-spring", {"realdania": 1})
    assert_type(found, Plan)
    assert_type(found.steps, tuple[Step, ...])
    assert_type(found.slack, timedelta | None)
    assert_type(found.if_lost(), Plan | None)
    assert_type(last_moment(history, "start", by="secretariat:kl"), Moment | None)
    assert_type(missing_for(history, Phase.STARTED, "2024-04-02 10:00"), tuple[Step, ...])
