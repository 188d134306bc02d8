"""The lifecycle as a machine of transitions, on hosts' own objects."""

import copy
import gc
import logging
import pickle
import re
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import attrs
import pytest
from transitions import EventData, State

from klimaflow import CaseError, History, HistoryError, NotPermitted, Phase, Procedure
from klimaflow.commands import COMMANDS, Command
from klimaflow.lifecycle import MOVES
from klimaflow.machine import UNREGISTERED, LifecycleMachine, Step
from tests.conftest import (
    COMMITTEE,
    COURSE,
    PERMITTED,
    PROPOSER,
    command,
    in_phase,
    policy,
)


class Plain:
    def __init__(self, history: History) -> None:
        self.history = history


@attrs.define
class Slotted:
    history: History


@dataclass
class Equal:
    history: History


@dataclass(slots=True)
class Unreferable:
    """It has no slot for weak references."""

    history: History


class Stored:
    """Its history is a property over what it has stored."""

    def __init__(self, history: History) -> None:
        self.row = (history,)

    @property
    def history(self) -> History:
        return self.row[0]

    @history.setter
    def history(self, history: History) -> None:
        self.row = (history,)


Host = Any  # a case, with the triggers that it gets at run time
HOSTS = [Plain, Slotted, Equal, Unreferable, Stored]
SPARRING = command("hold-sparring")
MOVING, STAYING = command("withdraw"), command("enlist-participants", at="2024-02-09 10:00")
"""From the idea, one is a move into a final phase, the other stays."""


@pytest.fixture(params=HOSTS, ids=lambda host: host.__name__)
def host(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def machine(procedure: Procedure) -> Iterator[LifecycleMachine]:
    made = LifecycleMachine(procedure)
    yield made
    made.remove_model(made.models)


@pytest.fixture
def idea(procedure: Procedure) -> History:
    return in_phase(Phase.IDEA, procedure)


def said(asked: Command) -> dict[str, Any]:
    """Return what a trigger is given to make this command."""
    return attrs.asdict(asked, recurse=False)


def by_trigger(machine: LifecycleMachine, case: Host, asked: Command) -> bool:
    machine.add_model(case)
    taken: bool = getattr(case, asked.trigger)(**said(asked))
    return taken


def by_handle(machine: LifecycleMachine, case: Host, asked: Command) -> bool:
    return machine.handle(case, asked)


@pytest.fixture(params=[by_handle, by_trigger], ids=["handle", "trigger"])
def move(request: pytest.FixtureRequest) -> Any:
    return request.param


Move = Callable[[LifecycleMachine, Host, Command], bool]


class TestMoving:
    def test_a_whole_course_ends_where_the_commands_lead(
        self, machine: LifecycleMachine, host: Any, move: Move, procedure: Procedure
    ) -> None:
        whole = in_phase(Phase.STARTED, procedure)
        case = host(History(procedure))
        for decision in whole.decisions():
            assert move(machine, case, decision.command) is True
        assert case.history == whole

    def test_what_the_funds_have_promised_counts(
        self, machine: LifecycleMachine, move: Move, procedure: Procedure
    ) -> None:
        case = Plain(in_phase(Phase.COMMITTEE_DECISION, procedure))
        machine.add_model(case)
        committed = {"realdania": 9_500_000}
        for refused in (
            lambda: machine.handle(case, command("approve"), committed),
            lambda: machine.handle(case, command("approve"), committed=committed),
            lambda: case.approve(**PERMITTED["approve"], committed=committed),  # type: ignore[attr-defined]
        ):
            with pytest.raises(NotPermitted) as refusal:
                refused()
            assert "within-fund" in refusal.value.decision.refused_by
        assert not case.may_approve(**PERMITTED["approve"], committed=committed)  # type: ignore[attr-defined]
        assert case.may_approve(**PERMITTED["approve"])  # type: ignore[attr-defined]
        assert machine.handle(case, command("approve"), committed=None) is True

    def test_a_trigger_is_given_by_name_too(self, machine: LifecycleMachine, idea: History) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        assert case.may_trigger("withdraw", **said(MOVING))
        assert case.trigger("withdraw", **said(MOVING)) is True
        assert case.is_withdrawn()

    def test_return_is_return_(self, machine: LifecycleMachine, procedure: Procedure) -> None:
        case: Host = Plain(in_phase(Phase.COMMITTEE_DECISION, procedure))
        machine.add_model(case)
        assert case.may_return_(reason="Nej.", by=COMMITTEE, at="2024-05-30 13:00")
        assert case.return_(reason="Nej.", by=COMMITTEE, at="2024-05-30 13:00")
        assert case.history.proposal.phase is Phase.SPARRING

    def test_the_state_is_the_fold_whoever_sets_the_history(
        self, machine: LifecycleMachine, host: Any, procedure: Procedure
    ) -> None:
        case: Host = host(History(procedure))
        machine.add_model(case)
        assert case.is_unregistered()
        for phase in Phase:
            case.history = in_phase(phase, procedure)
            assert [p for p in Phase if getattr(case, f"is_{p}")()] == [phase]
            assert machine.get_model_state(case).name == phase
            assert machine.is_state(phase, case)
        assert not case.is_unregistered()

    def test_an_attribute_state_is_the_hosts_own(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        case: Host = Plain(idea)
        case.state = "in the drawer"
        move(machine, case, MOVING)
        assert case.state == "in the drawer"


class TestRefusing:
    def test_raises_with_the_decision_and_changes_nothing(
        self, machine: LifecycleMachine, host: Any, move: Move, idea: History
    ) -> None:
        case = host(idea)
        late = command("submit-for-qualification", at="2024-04-15 09:01")
        with pytest.raises(NotPermitted) as refusal:
            move(machine, case, late)
        assert case.history is idea
        assert refusal.value.decision.command == late
        assert refusal.value.decision.refused_by == ("before-qualification-deadline",)

    def test_a_move_that_the_lifecycle_does_not_have_is_known_move(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        case = Plain(idea)
        with pytest.raises(NotPermitted) as refusal:
            move(machine, case, command("start"))
        assert refusal.value.decision.refused_by == ("known-move",)
        assert case.history is idea

    def test_on_exception_does_not_swallow_it(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        told: list[EventData] = []
        machine.on_exception = told.append
        for refused in (command("start"), command("withdraw", reason="")):
            with pytest.raises(NotPermitted):
                move(machine, Plain(idea), refused)
        assert told == []

    def test_a_hosts_own_command_is_none_of_the_lifecycle(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        @attrs.frozen(kw_only=True)
        class Archive(Command):
            pass

        @attrs.frozen(kw_only=True)
        class Withdraw(Command):
            reason: str = "Its name is that of another"

        for own in (Archive, Withdraw):
            with pytest.raises(NotPermitted) as refusal:
                machine.handle(Plain(idea), own(by=PROPOSER, at="2024-06-12 10:00"))
            assert refusal.value.decision.refused_by == ("known-move",)

    def test_a_case_under_another_procedure_is_not_taken(
        self, machine: LifecycleMachine, move: Move
    ) -> None:
        other = in_phase(Phase.IDEA, policy(("minimum = 3", "minimum = 2")))
        case = Plain(other)
        with pytest.raises(HistoryError, match=other.procedure.sha256[:12]):
            move(machine, case, MOVING)
        with pytest.raises(HistoryError, match="another procedure"):
            machine.add_model(case)
        assert machine.models == []
        assert case.history is other

    def test_nor_one_that_came_under_another_procedure(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        case.history = in_phase(Phase.IDEA, policy(("minimum = 3", "minimum = 2")))
        for ask in (case.may_withdraw, case.withdraw):
            with pytest.raises(HistoryError, match="another procedure"):
                ask(**said(MOVING))

    def test_a_procedure_that_was_read_twice_is_the_same(
        self, machine: LifecycleMachine, move: Move
    ) -> None:
        again = in_phase(Phase.IDEA, policy())
        assert again.procedure is not machine.procedure
        assert move(machine, Plain(again), MOVING)

    def test_what_is_no_history_is_not_taken(self, machine: LifecycleMachine, move: Move) -> None:
        for none in (None, "idea", 0):
            with pytest.raises(HistoryError, match="no History"):
                move(machine, Plain(none), MOVING)  # type: ignore[arg-type]

    def test_there_is_no_other_way_to_a_state(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        assert not [name for name in machine.events if name.startswith("to_")]
        assert not hasattr(case, "to_started")
        for state in (Phase.STARTED, "started", machine.get_state("started")):
            with pytest.raises(HistoryError, match="by a decision"):
                machine.set_state(state, case)
        with pytest.raises(TypeError, match="MOVES"):
            machine.add_transition("jump", "idea", "started")
        with pytest.raises(TypeError, match="MOVES"):
            machine.remove_transition("withdraw")
        assert case.history is idea

    def test_a_condition_of_the_hosts_own_refuses_as_in_transitions(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        (row,) = machine.get_transitions("withdraw", Phase.IDEA)
        row.conditions.append(row.condition_cls(lambda _: False))
        case = Plain(idea)
        assert move(machine, case, MOVING) is False
        assert case.history is idea

    def test_a_decision_can_be_set(self, machine: LifecycleMachine, idea: History) -> None:
        case = Plain(idea)
        machine.set_state(idea.decide(MOVING), case)
        assert case.history == idea.then(MOVING)
        with pytest.raises(HistoryError, match="another state"):
            machine.set_state(idea.decide(MOVING), case)


class TestAsking:
    def test_answers_what_decide_answers(self, machine: LifecycleMachine, idea: History) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        for do in COMMANDS:
            asked = command(do)
            assert getattr(case, f"may_{asked.trigger}")(**said(asked)) is (
                idea.decide(asked).permitted
            )
            assert case.may_trigger(asked.trigger, **said(asked)) is idea.decide(asked).permitted

    def test_calls_nobody(self, machine: LifecycleMachine, idea: History) -> None:
        called: list[EventData] = []
        for install in EVERY_HOOK.values():
            install(machine, called.append)
        machine.on_exception = called.append
        case: Host = Plain(idea)
        machine.add_model(case)
        assert case.may_withdraw(**said(MOVING))
        assert not case.may_withdraw(**{**said(MOVING), "reason": ""})
        assert not case.may_start(**said(command("start")))
        assert called == []
        assert case.history is idea

    @pytest.mark.parametrize("ask", ["withdraw", "may_withdraw"])
    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"raeson": "Nej."}, TypeError),
            ({"reason": None}, TypeError),
            ({"reason": 7}, CaseError),
            ({"reason": "Nej.", "at": "i morgen"}, ValueError),
        ],
        ids=["misspelt", "missing", "unreadable", "no moment"],
    )
    def test_wrong_arguments_are_an_error(
        self,
        machine: LifecycleMachine,
        idea: History,
        ask: str,
        wrong: dict[str, Any],
        error: type[Exception],
    ) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        given = {"by": PROPOSER, "at": "2024-06-12 10:00", "reason": "Nej.", **wrong}
        given = {name: value for name, value in given.items() if value is not None}
        if "raeson" in wrong:
            del given["reason"]
        with pytest.raises(error):
            getattr(case, ask)(**given)
        assert case.history is idea

    def test_positional_arguments_are_an_error(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        for ask in (case.may_withdraw, case.withdraw):
            with pytest.raises(TypeError):
                ask("Nej.", by=PROPOSER, at="2024-06-12 10:00")

    def test_an_unknown_trigger_is_an_error(self, machine: LifecycleMachine, idea: History) -> None:
        case: Host = Plain(idea)
        machine.add_model(case)
        for ask in (case.may_trigger, case.trigger):
            with pytest.raises(AttributeError, match="witdraw"):
                ask("witdraw", **said(MOVING))


Install = Callable[[LifecycleMachine, Callable[..., Any]], object]


def around(name: str) -> Install:
    """Install a callback that all moves have."""
    return lambda machine, callback: getattr(machine, name).append(callback)


def at(*names: str) -> Install:
    """Install a callback for some triggers or phases, as `machine.before_…(callback)` does."""
    return lambda machine, callback: [getattr(machine, name)(callback) for name in names]


EVERY_MOVE = {
    "prepare_event": around("prepare_event"),
    "prepare": at("prepare_withdraw", "prepare_enlist_participants"),
    "before_state_change": around("before_state_change"),
    "before": at("before_withdraw", "before_enlist_participants"),
}
PHASE_CHANGE = {
    "on_exit": at("on_exit_idea"),
    "on_enter": at("on_enter_withdrawn"),
    "on_final": around("on_final"),
}
AFTERWARDS = {
    "after": at("after_withdraw", "after_enlist_participants"),
    "after_state_change": around("after_state_change"),
    "finalize_event": around("finalize_event"),
}
EVERY_HOOK: dict[str, Install] = {**EVERY_MOVE, **PHASE_CHANGE, **AFTERWARDS}
STAYING_HOOKS = [*EVERY_MOVE, *AFTERWARDS]
HOOKED = [(MOVING, hook) for hook in EVERY_HOOK] + [(STAYING, hook) for hook in STAYING_HOOKS]
hooked = pytest.mark.parametrize(
    ("asked", "hook"), HOOKED, ids=[f"{asked.do}-{hook}" for asked, hook in HOOKED]
)


NESTED: dict[str, Install] = {
    "prepare_event": around("prepare_event"),
    "before_state_change": around("before_state_change"),
    "on_exit": at("on_exit_idea"),
    "on_enter": at("on_enter_sparring"),
    "after_state_change": around("after_state_change"),
    "finalize_event": around("finalize_event"),
}


class Broken(Exception):
    """What a host's callback raises."""


def breaking(error: type[BaseException] = Broken) -> Callable[[Step], None]:
    def callback(step: Step) -> None:
        raise error(step.command.do)

    return callback


errors = pytest.mark.parametrize("error", [Broken, KeyboardInterrupt])


class TestCallbacks:
    @pytest.mark.parametrize("asked", [MOVING, STAYING], ids=["moving", "staying"])
    def test_come_in_transitions_order(
        self, machine: LifecycleMachine, move: Move, idea: History, asked: Command
    ) -> None:
        called: list[str] = []
        for hook, install in EVERY_HOOK.items():
            install(machine, lambda _, hook=hook: called.append(hook))
        machine.on_enter_idea(lambda _: called.append("on_enter_idea"))
        assert move(machine, Plain(idea), asked)
        assert called == (list(EVERY_HOOK) if asked is MOVING else STAYING_HOOKS)

    def test_on_final_is_for_final_phases(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.on_final = breaking()
        assert move(machine, Plain(idea), SPARRING)

    def test_see_the_step(self, machine: LifecycleMachine, move: Move, idea: History) -> None:
        seen: dict[str, tuple[Any, ...]] = {}

        def look(step: Step, hook: str) -> None:
            assert isinstance(step, Step)
            assert isinstance(step.state, State)
            assert (step.model, step.machine, step.args) == (case, machine, ())
            assert (step.event.name, step.command, step.committed) == ("withdraw", MOVING, {})
            assert step.before is idea
            assert step.kwargs == said(MOVING)
            assert hook == "prepare_event" or step.transition is row
            decided = step.decision and step.decision.permitted
            seen[hook] = (step.state.name, decided, len(step.model.history.events))

        (row,) = machine.get_transitions("withdraw", "idea", "withdrawn")
        for hook, install in EVERY_HOOK.items():
            install(machine, lambda step, hook=hook: look(step, hook))
        case = Plain(idea)
        move(machine, case, MOVING)
        events = len(idea.events)
        for hook in ("prepare_event", "prepare"):
            assert seen.pop(hook) == ("idea", None, events)
        for hook in ("before_state_change", "before", "on_exit"):
            assert seen.pop(hook) == ("idea", True, events)
        assert set(seen) == {"on_enter", "on_final", *AFTERWARDS}
        assert set(seen.values()) == {("withdrawn", True, events + 1)}

    def test_see_what_the_trigger_was_given(self, machine: LifecycleMachine, idea: History) -> None:
        seen: list[Any] = []
        machine.prepare_event = lambda step: seen.extend([step.kwargs, step.committed])
        given = {**PERMITTED["withdraw"], "committed": {"regions": 1}}
        case: Host = Plain(idea)
        machine.add_model(case)
        case.withdraw(**given)
        assert seen == [given, {"regions": 1}]

    def test_are_given_to_the_constructor_too(
        self, procedure: Procedure, move: Move, idea: History
    ) -> None:
        seen: list[str] = []
        machine = LifecycleMachine(
            procedure,
            name="track",
            before_state_change=[lambda step: seen.append(step.command.do)],
            after_state_change="note",
        )

        class Noting(Plain):
            def note(self, step: Step) -> None:
                assert step.model is self
                seen.append("noted")

        move(machine, Noting(idea), MOVING)
        assert seen == ["withdraw", "noted"]
        with pytest.raises(TypeError):
            LifecycleMachine(procedure, send_event=False)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="before_state_chance"):
            LifecycleMachine(procedure, before_state_chance=seen.append)

    def test_of_the_hosts_class_are_called_once(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        called: list[str] = []

        class Listening(Plain):
            def on_exit_idea(self, step: Step) -> None:
                called.append(f"{step.model.history.proposal.phase} left")

            def on_enter_withdrawn(self, step: Step) -> None:
                called.append(f"{step.model.history.proposal.phase} entered")

            def on_enter_idea(self, step: Step) -> None:
                raise AssertionError

        for _ in range(2):
            move(machine, Listening(idea), STAYING)
            move(machine, Listening(idea), MOVING)
        assert called == ["idea left", "withdrawn entered"] * 2
        move(machine, Plain(idea), MOVING)  # which has none, and no matter
        machine.on_enter_withdrawn("on_enter_withdrawn")
        move(machine, Listening(idea), MOVING)
        assert called == ["idea left", "withdrawn entered"] * 3

    def test_after_state_change_knows_how_often_a_phase_was_entered(
        self, machine: LifecycleMachine, procedure: Procedure
    ) -> None:
        entered: list[str] = []
        for phase in Phase:
            getattr(machine, f"on_enter_{phase}")(lambda step: entered.append(step.state.name))
        case = Plain(History(procedure))
        whole = in_phase(Phase.STARTED, procedure)
        for decision in whole.decisions():
            machine.handle(case, decision.command)
        path = ["idea", "sparring", "qualification", "approval_process", "committee_decision"]
        assert entered == [*path, "funder_consent", "started"]


class TestAllOrNothing:
    @hooked
    @errors
    def test_a_callback_that_raises_leaves_the_history_as_it_was(
        self,
        machine: LifecycleMachine,
        host: Any,
        move: Move,
        idea: History,
        asked: Command,
        hook: str,
        error: type[BaseException],
    ) -> None:
        EVERY_HOOK[hook](machine, breaking(error))
        case = host(idea)
        with pytest.raises(error, match=asked.do):
            move(machine, case, asked)
        assert case.history is idea

    @hooked
    @errors
    def test_on_exception_gets_the_error_and_the_case_as_it_was(
        self,
        machine: LifecycleMachine,
        move: Move,
        idea: History,
        asked: Command,
        hook: str,
        error: type[BaseException],
    ) -> None:
        told: list[tuple[object, ...]] = []
        machine.on_exception = lambda step: told.append(
            (type(step.error), step.state.name, id(step.model.history))
        )
        EVERY_HOOK[hook](machine, breaking(error))
        case = Plain(idea)
        if hook == "finalize_event":
            with pytest.raises(error):
                move(machine, case, asked)
        else:
            assert move(machine, case, asked) is False
            assert told == [(error, "idea", id(idea))]
        assert case.history is idea

    def test_on_exception_may_raise_itself(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        def other(step: Step) -> None:
            machine.handle(step.model, STAYING)
            raise LookupError

        machine.on_exception = other
        machine.before_withdraw(breaking())
        case = Plain(idea)
        with pytest.raises(LookupError):
            move(machine, case, MOVING)
        assert case.history is idea

    def test_what_on_exception_does_instead_stands(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.on_exception = lambda step: machine.handle(step.model, STAYING)
        machine.on_enter_withdrawn(breaking())
        case = Plain(idea)
        assert move(machine, case, MOVING) is False
        assert case.history == idea.then(STAYING)

    def test_the_first_error_is_raised_if_finalize_event_raises_too(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.after_withdraw(breaking())
        machine.finalize_event = breaking(LookupError)
        case = Plain(idea)
        with pytest.raises(Broken):
            move(machine, case, MOVING)
        assert case.history is idea

    def test_finalize_event_is_called_for_a_refusal(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        results: list[Any] = []
        machine.finalize_event = lambda step: results.append(step.result)
        for refused in (command("withdraw", reason=""), command("start")):
            with pytest.raises(NotPermitted):
                move(machine, Plain(idea), refused)
        move(machine, Plain(idea), MOVING)
        assert results == [False, False, True]

    @pytest.mark.parametrize("asked", [SPARRING, STAYING], ids=["moving", "staying"])
    @pytest.mark.parametrize("hook", NESTED)
    def test_an_inner_move_goes_with_the_outer(
        self, machine: LifecycleMachine, move: Move, idea: History, asked: Command, hook: str
    ) -> None:
        inner, moved = command("describe", at="2024-02-16 10:00", need="Mere."), []

        def nested(step: Step) -> None:
            if step.command != inner:
                moved.append(machine.handle(step.model, inner))
                raise Broken

        NESTED[hook](machine, nested)
        case = Plain(idea)
        if asked is STAYING and hook in ("on_exit", "on_enter"):
            assert move(machine, case, asked)
        else:
            with pytest.raises(Broken):
                move(machine, case, asked)
            assert moved == [True]
            assert case.history is idea

    def test_an_inner_move_afterwards_stands(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.after_enlist_participants(lambda step: machine.handle(step.model, MOVING))
        case = Plain(idea)
        assert move(machine, case, STAYING)
        assert case.history == idea.then(STAYING).then(MOVING)

    @pytest.mark.parametrize("hook", ["before_state_change", "before", "on_exit"])
    def test_an_inner_move_after_the_decision_makes_it_stale(
        self, machine: LifecycleMachine, move: Move, idea: History, hook: str
    ) -> None:
        def enlist(step: Step) -> None:
            if step.command == MOVING:
                machine.handle(step.model, command("release-participant", at="2024-02-09 10:00"))

        EVERY_HOOK[hook](machine, enlist)
        case = Plain(idea)
        with pytest.raises(HistoryError, match="another state"):
            move(machine, case, MOVING)
        assert case.history is idea

    def test_an_inner_event_that_changes_nothing_is_kept(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.before_withdraw(lambda step: machine.handle(step.model, STAYING))
        case = Plain(idea)
        assert move(machine, case, MOVING)
        assert case.history == idea.then(STAYING).then(MOVING)

    def test_an_inner_move_before_the_decision_counts(
        self, machine: LifecycleMachine, move: Move, procedure: Procedure
    ) -> None:
        alone = in_phase(Phase.QUALIFICATION, procedure, enlist_participants=None)
        submit = command("submit-for-approval")
        assert not alone.decide(submit).permitted
        enlist = command("enlist-participants", at="2024-04-20 10:00")
        machine.prepare_submit_for_approval(lambda step: machine.handle(step.model, enlist))
        case = Plain(alone)
        assert move(machine, case, submit)
        assert case.history == alone.then(enlist).then(submit)

    def test_an_inner_move_before_a_refusal_is_taken_back(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        inner = command("describe", at="2024-02-16 10:00", need="Mere.")
        machine.prepare_withdraw(lambda step: machine.handle(step.model, inner))
        case = Plain(idea)
        with pytest.raises(NotPermitted) as refusal:
            move(machine, case, command("withdraw", reason=""))
        assert case.history is idea
        assert refusal.value.decision.proposal == idea.then(inner).proposal

    def test_so_is_one_before_a_condition_of_the_hosts_own_refuses(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.prepare_withdraw(lambda step: machine.handle(step.model, STAYING))
        (row,) = machine.get_transitions("withdraw", "idea")
        row.conditions.append(row.condition_cls(lambda _: False))
        case = Plain(idea)
        assert move(machine, case, MOVING) is False
        assert case.history is idea

    def test_a_case_that_leaves_its_phase_before_the_decision_is_not_moved(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.prepare_withdraw(lambda step: machine.handle(step.model, SPARRING))
        case = Plain(idea)
        with pytest.raises(HistoryError, match="out of idea"):
            move(machine, case, MOVING)
        assert case.history is idea

    def test_a_callback_cannot_change_the_procedure(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        other = in_phase(Phase.IDEA, policy(("minimum = 3", "minimum = 2")))
        machine.prepare_event = lambda step: setattr(step.model, "history", other)
        case = Plain(idea)
        with pytest.raises(HistoryError, match="another procedure"):
            move(machine, case, MOVING)
        assert case.history is idea

    def test_a_refusal_in_a_callback_is_an_error_of_the_callback(
        self, machine: LifecycleMachine, move: Move, idea: History
    ) -> None:
        machine.after_withdraw(lambda step: machine.handle(step.model, command("start")))
        case = Plain(idea)
        with pytest.raises(NotPermitted) as refusal:
            move(machine, case, MOVING)
        assert refusal.value.decision.command == command("start")
        machine.on_exception = lambda step: None
        assert move(machine, case, MOVING) is False
        assert case.history is idea


class TestCases:
    def test_are_told_apart_by_identity(
        self, machine: LifecycleMachine, host: Any, idea: History
    ) -> None:
        one, other = cases = host(idea), host(idea)
        machine.add_model(cases)
        assert [id(case) for case in machine.models] == [id(one), id(other)]
        one.withdraw(**said(MOVING))
        assert other.may_withdraw(**said(MOVING))
        assert (one.is_withdrawn(), other.is_withdrawn()) == (True, False)

    def test_keep_what_was_loaded(
        self, machine: LifecycleMachine, host: Any, procedure: Procedure
    ) -> None:
        loaded = in_phase(Phase.STARTED, procedure)
        case = host(loaded)
        machine.add_model(case)
        machine.add_model([case])
        assert case.history is loaded
        assert len(machine.models) == 1

    def test_are_not_changed(self, machine: LifecycleMachine, idea: History) -> None:
        case = Plain(idea)
        machine.add_model(case)
        assert vars(case) == {"history": idea}

    def test_are_not_compared(self, machine: LifecycleMachine, idea: History) -> None:
        class Incomparable(Plain):
            def __eq__(self, other: object) -> bool:
                raise AssertionError

            __hash__ = None  # type: ignore[assignment]

        machine.add_model(cases := [Incomparable(idea) for _ in range(3)])
        machine.remove_model(cases)

    def test_weigh_little(self, machine: LifecycleMachine, idea: History) -> None:
        cases = [Plain(idea) for _ in range(500)]
        machine.add_model(cases[0])
        tracemalloc.start()
        machine.add_model(cases)
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown / len(cases) < 600  # bytes

    @pytest.mark.parametrize("host", [Plain, Slotted, Equal, Stored])
    def test_are_not_kept_alive(
        self, machine: LifecycleMachine, host: Any, move: Move, idea: History
    ) -> None:
        machine.on_exception = lambda step: None
        machine.after_withdraw(breaking())
        case, other = host(idea), host(idea)
        machine.add_model([case, other])
        move(machine, case, STAYING)
        move(machine, case, MOVING)
        alive = weakref.ref(case)
        del case
        gc.collect()
        assert alive() is None
        assert [id(each) for each in machine.models] == [id(other)]
        assert other.is_idea()

    def test_without_weak_references_stay_until_they_are_removed(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        machine.add_model(Unreferable(idea))
        gc.collect()
        (kept,) = machine.models
        machine.remove_model(kept)
        assert machine.models == []

    def test_keep_their_machine_alive(self, procedure: Procedure, idea: History) -> None:
        case: Host = Plain(idea)
        LifecycleMachine(procedure).add_model(case)
        gc.collect()
        assert case.withdraw(**said(MOVING))

    def test_a_machine_goes_with_its_last_case(self, procedure: Procedure, idea: History) -> None:
        machine = LifecycleMachine(procedure)
        case: Host = Plain(idea)
        machine.add_model(case)
        alive = weakref.ref(machine)
        del case, machine
        gc.collect()
        assert alive() is None

    def test_that_nobody_registered_have_no_triggers(
        self, machine: LifecycleMachine, host: Any, idea: History
    ) -> None:
        machine.add_model(known := host(idea))
        case = host(idea)
        for name in ("withdraw", "may_withdraw", "is_idea", "trigger", "may_trigger"):
            with pytest.raises(AttributeError, match=rf"{host.__name__}\.{name}.*add_model"):
                getattr(case, name)
        assert hasattr(known, "withdraw")
        assert not hasattr(case, "withdraw")
        assert machine.handle(case, MOVING)

    def test_that_were_removed_have_none_either(
        self, machine: LifecycleMachine, host: Any, idea: History
    ) -> None:
        one, other = host(idea), host(idea)
        machine.add_model([one, other])
        machine.remove_model(one)
        assert not hasattr(one, "withdraw")
        assert other.is_idea()
        with pytest.raises(ValueError, match="not with this machine"):
            machine.remove_model(one)
        machine.add_model(one)
        assert one.is_idea()

    def test_of_one_class_follow_each_its_own_machine(
        self, machine: LifecycleMachine, procedure: Procedure, host: Any, idea: History
    ) -> None:
        lenient = LifecycleMachine(policy(("minimum = 3", "minimum = 2")))
        two = {"participants": ["0751", "0461"]}
        told: list[object] = []
        lenient.after_state_change = lambda step: told.append(step.model)
        strict_case = host(in_phase(Phase.QUALIFICATION, procedure, enlist_participants=two))
        lenient_case = host(
            in_phase(Phase.QUALIFICATION, lenient.procedure, enlist_participants=two)
        )
        machine.add_model(strict_case)
        lenient.add_model(lenient_case)
        submit = said(command("submit-for-approval"))
        assert not strict_case.may_submit_for_approval(**submit)
        assert lenient_case.submit_for_approval(**submit)
        assert [id(each) for each in told] == [id(lenient_case)]
        lenient.remove_model(lenient_case)

    def test_are_with_one_machine_at_a_time(
        self, machine: LifecycleMachine, procedure: Procedure, idea: History
    ) -> None:
        other = LifecycleMachine(procedure)
        case: Host = Plain(idea)
        machine.add_model(case)
        with pytest.raises(ValueError, match="another machine"):
            other.add_model(case)
        with pytest.raises(ValueError, match="not with this machine"):
            other.remove_model(case)
        machine.remove_model(case)
        other.add_model(case)
        assert case.is_idea()
        assert (len(machine.models), len(other.models)) == (0, 1)

    def test_of_a_class_with_such_names_keep_them(
        self, machine: LifecycleMachine, idea: History, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Busy(Plain):
            def start(self) -> str:
                return "the engine"

        case: Host = Busy(idea)
        with caplog.at_level(logging.WARNING, logger="transitions.core"):
            machine.add_model([case, Busy(idea)])
        assert ["'start'" in each for each in caplog.messages] == [True]
        assert case.start() == "the engine"
        assert not case.may_start(**said(command("start")))
        assert case.withdraw(**said(MOVING))

    def test_of_a_subclass_use_its_base_classs_triggers(
        self, machine: LifecycleMachine, idea: History, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Derived(Plain):
            pass

        case: Host = Derived(idea)
        machine.add_model([Plain(idea), case])
        assert caplog.messages == []
        assert "withdraw" in vars(Plain)
        assert "withdraw" not in vars(Derived)
        assert Plain.withdraw is Derived.withdraw  # type: ignore[attr-defined]
        assert case.withdraw(**said(MOVING))

    @pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
    def test_are_copied_without_the_machine(
        self,
        machine: LifecycleMachine,
        host: Any,
        procedure: Procedure,
        clone: Callable[[Any], Any],
    ) -> None:
        case = host(History(procedure))
        machine.add_model(case)
        other = clone(case)
        assert other.history == case.history
        assert not hasattr(other, "withdraw")
        assert machine.handle(other, command("register-idea"))
        assert case.is_unregistered()

    def test_are_pickled_without_the_machine(
        self, machine: LifecycleMachine, host: Any, procedure: Procedure
    ) -> None:
        machine.after_state_change.append(lambda step: None)  # which cannot be pickled
        alone, case, other = (host(History(procedure)) for _ in range(3))
        machine.add_model([case, other])
        written = pickle.dumps(case)
        assert len(written) == len(pickle.dumps(alone))
        assert pickle.loads(written).history == case.history


class TestGraph:
    def test_is_the_lifecycles(self, machine: LifecycleMachine) -> None:
        found = {
            (name, row.source, row.dest)
            for name, trigger in machine.events.items()
            for rows in trigger.transitions.values()
            for row in rows
        }
        assert found == {(m.command.trigger, m.source or UNREGISTERED, m.target) for m in MOVES}
        assert len(machine.get_transitions()) == len(MOVES)

    def test_its_states_are_the_phases(self, machine: LifecycleMachine) -> None:
        assert list(machine.states) == [UNREGISTERED, *Phase]
        assert [name for name, state in machine.states.items() if state.final] == [
            phase for phase in Phase if phase.final
        ]
        assert machine.initial == UNREGISTERED
        assert machine.get_state(Phase.IDEA) is machine.get_state("idea")
        assert machine.get_state(None).name == UNREGISTERED

    @pytest.mark.parametrize("phase", COURSE)
    def test_get_triggers_takes_phases_and_names(
        self, machine: LifecycleMachine, phase: Phase | None
    ) -> None:
        expected = {move.command.trigger for move in MOVES if move.source is phase}
        for state in (phase, str(phase or UNREGISTERED), machine.get_state(phase)):
            assert set(machine.get_triggers(state)) == expected
            rows = machine.get_transitions(source=state)
            assert {row.move.command.trigger for row in rows} == expected
            assert all(row.source == (phase or UNREGISTERED) for row in rows)

    def test_get_transitions_selects(self, machine: LifecycleMachine) -> None:
        (row,) = machine.get_transitions("defer", Phase.COMMITTEE_DECISION)
        assert (row.dest, row.move.source) == ("approval_process", Phase.COMMITTEE_DECISION)
        assert len(machine.get_transitions(dest=Phase.WITHDRAWN)) == 6
        assert machine.get_transitions("jump") == []

    def test_its_diagram_has_the_edges_of_the_lifecycle(self, machine: LifecycleMachine) -> None:
        text = machine.get_graph(title="Forløb").draw(None) or ""
        edges = re.findall(r"^ *(\w+) --> (\w+): (.+)$", text, re.MULTILINE)
        drawn = [(do, a, b) for a, b, labels in edges for do in labels.split(" | ")]
        rows = [(m.command.do, str(m.source or UNREGISTERED), str(m.target)) for m in MOVES]
        assert sorted(drawn) == sorted(rows)
        assert "stateDiagram-v2" in text
        assert "Forløb" in text
        assert f"[*] --> {UNREGISTERED}" in text
        assert re.findall(r"Class (\w+) s_active", text) == [UNREGISTERED]

    def test_its_diagram_marks_the_phase_of_a_case(
        self, machine: LifecycleMachine, procedure: Procedure
    ) -> None:
        case = Plain(in_phase(Phase.APPROVAL_PROCESS, procedure))
        text = machine.get_graph(case).draw(None) or ""
        assert re.findall(r"Class (\w+) s_active", text) == ["approval_process"]

    def test_every_command_has_a_trigger(
        self, machine: LifecycleMachine, procedure: Procedure
    ) -> None:
        case: Host = Plain(History(procedure))
        machine.add_model(case)
        for each in COMMANDS.values():
            assert callable(getattr(case, each.trigger))
            assert callable(getattr(case, f"may_{each.trigger}"))

    def test_dispatch_moves_all_cases(self, machine: LifecycleMachine, idea: History) -> None:
        cases = [Plain(idea), Plain(idea)]
        machine.add_model(cases)
        assert machine.dispatch("withdraw", **said(MOVING))
        assert [case.history.proposal.phase for case in cases] == [Phase.WITHDRAWN] * 2

    def test_events_of_the_machine_trigger_any_case(
        self, machine: LifecycleMachine, idea: History
    ) -> None:
        case = Plain(idea)
        assert machine.events["withdraw"].trigger(case, **said(MOVING))
        assert case.history == idea.then(MOVING)
