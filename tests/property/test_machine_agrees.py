"""The machine permits what `decide` permits, whoever asks it and whatever callbacks do."""

from random import Random
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from klimaflow import Decision, History, NotPermitted
from klimaflow.commands import Command
from klimaflow.machine import UNREGISTERED, LifecycleMachine, Step
from tests.property.worlds import World
from tests.strategies import asked


@attrs.define
class Case:
    history: History


class Broken(Exception):
    """What a callback raises."""


def handle(machine: LifecycleMachine, case: Any, command: Command, promised: Any) -> bool:
    return machine.handle(case, command, promised)


def trigger(machine: LifecycleMachine, case: Any, command: Command, promised: Any) -> bool:
    """Call the trigger of a case that is registered, after its `may_…`, which must agree."""
    said = {**attrs.asdict(command, recurse=False), "committed": promised}
    before = case.history
    may = getattr(case, f"may_{command.trigger}")(**said)
    assert case.history is before
    try:
        taken: bool = getattr(case, command.trigger)(**said)
    except NotPermitted:
        assert not may
        raise
    assert may is taken is True
    return taken


def answer(
    machine: LifecycleMachine, case: Case, command: Command, promised: Any, move: Any
) -> Decision | None:
    """Return the refusal, which leaves the case as it was; None is a move that was made."""
    before = case.history
    try:
        assert move(machine, case, command, promised) is True
    except NotPermitted as refusal:
        assert case.history is before
        return refusal.decision
    return None


@given(asked(), st.sampled_from([handle, trigger]))
def test_the_machine_and_decide_permit_the_same_and_end_alike(
    drawn: tuple[World, list[Command], dict[str, int]], move: Any
) -> None:
    world, commands, promised = drawn
    machine = LifecycleMachine(world.procedure)
    machine.add_model(case := Case(History(world.procedure)))
    history = case.history
    for command in commands:
        decision = history.decide(command, committed=promised)
        refused = answer(machine, case, command, promised, move)
        if refused is None:
            assert decision.permitted
            history = history.record(decision)
        else:
            assert (refused.refused_by, refused.remarks) == (decision.refused_by, decision.remarks)
            assert not decision.permitted
        assert case.history == history
        assert machine.get_model_state(case).name == (history.proposal.phase or UNREGISTERED)


HOOKS = ("prepare_event", "before_state_change", "after_state_change", "on_final", "finalize_event")


@given(asked(), st.integers(0, 2**32), st.floats(0, 1))
def test_whatever_callbacks_break_the_history_is_one_that_decide_would_have_made(
    drawn: tuple[World, list[Command], dict[str, int]], seed: int, share: float
) -> None:
    world, commands, promised = drawn
    random = Random(seed)

    def frail(_step: Step) -> None:
        if random.random() < share:
            raise Broken

    machine = LifecycleMachine(world.procedure, **dict.fromkeys(HOOKS, frail))
    for state in machine.states.values():
        state.on_enter.append(frail)
        state.on_exit.append(frail)
    case = Case(History(world.procedure))
    for command in commands:
        before = case.history
        try:
            taken = machine.handle(case, command, promised)
        except (Broken, NotPermitted):
            assert case.history is before
        else:
            assert taken
            assert case.history == before.then(command, committed=promised)
