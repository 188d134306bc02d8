"""Plans and windows, held against `decide` in the procedures and histories of all scripts."""

from collections.abc import Sequence
from datetime import timedelta

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from klimaflow import History
from klimaflow.commands import COMMANDS, Command
from klimaflow.moments import Moment
from klimaflow.planning import Plan, Step, missing_for, plan
from klimaflow.planning.windows import lines, window
from klimaflow.proposal import FINAL
from klimaflow.testing.author import command
from tests import strategies
from tests.strategies import MICROSECOND, lived, scripts

Told = tuple[History, dict[str, int], Moment]
fewer = settings(max_examples=80)


@st.composite
def told(draw: st.DrawFn) -> Told:
    """Draw a history, what its funds have promised, and a moment near a line or near its end."""
    world, steps, promised = draw(scripts())
    history = lived(world, [command(step) for step in steps], promised)
    near = lines(history.procedure, history.proposal) + [each.at for each in history.events]
    nudge = st.sampled_from([timedelta(0), MICROSECOND, -MICROSECOND]) | st.timedeltas(
        timedelta(days=-60), timedelta(days=60)
    )
    return history, promised, draw(st.sampled_from(near)) + draw(nudge)


def asked(history: History, command: Command, at: Moment, promised: dict[str, int]) -> set[str]:
    decision = history.decide(attrs.evolve(command, at=at), committed=promised)
    return set(decision.refused_by)


class TestWindows:
    @fewer
    @given(told(), strategies.commands)
    def test_between_two_lines_every_moment_has_the_same_answer(
        self, told: Told, command: Command
    ) -> None:
        history, promised, at = told
        found = lines(history.procedure, history.proposal)
        start = max((each for each in found if each <= at), default=found[0] - MICROSECOND)
        assert asked(history, command, at, promised) == asked(history, command, start, promised)

    @fewer
    @given(told(), strategies.commands)
    def test_both_sides_of_both_ends(self, told: Told, command: Command) -> None:
        history, promised, _ = told
        found = window(history, command, promised)
        within = set(found.decision.refused_by)
        if found.opens_at is not None:
            assert asked(history, command, found.opens_at, promised) == within
            assert asked(history, command, found.opens_at - MICROSECOND, promised) != within
        if found.closes_at is not None:
            after = asked(history, command, found.closes_at + MICROSECOND, promised)
            assert asked(history, command, found.closes_at, promised) == within
            assert {each.rule for each in found.closed_by} == after - within != set()


def replayed(
    history: History, steps: Sequence[Step], moments: Sequence[Moment], promised: dict[str, int]
) -> bool:
    """Tell whether each of the steps is permitted at its moment."""
    for step, at in zip(steps, moments, strict=True):
        moved = attrs.evolve(step.decision.command, at=at)
        decision = history.decide(moved, committed=promised)
        if not decision.permitted:
            return False
        history = history.record(decision)
    return True


def at_the_last(found: Plan) -> list[Moment]:
    """Return the last moment of each step; where there is none, as soon as it can be."""
    moments: list[Moment] = []
    for step in found.steps:
        before = moments[-1] if moments else step.at
        moments.append(max(before, step.at) if step.last is None else step.last)
    return moments


class TestPlans:
    @fewer
    @given(told())
    def test_a_plan_can_be_carried_out_as_soon_as_it_can_and_at_its_last_moments(
        self, told: Told
    ) -> None:
        history, promised, at = told
        found = plan(history, at, committed=promised)
        if found.permitted:
            soonest = [step.at for step in found.steps]
            assert replayed(found.history, found.steps, soonest, promised)
            assert replayed(found.history, found.steps, at_the_last(found), promised)

    @fewer
    @given(told())
    def test_one_microsecond_after_any_last_moment_it_cannot(self, told: Told) -> None:
        history, promised, at = told
        found = plan(history, at, committed=promised)
        if not found.permitted:
            return
        latest = at_the_last(found)
        for number, step in enumerate(found.steps):
            if step.last is not None:
                late = [max(each, step.last + MICROSECOND) for each in latest[number:]]
                moments = [*latest[:number], *late]
                assert not replayed(found.history, found.steps, moments, promised)

    @fewer
    @given(told())
    def test_it_is_lost_if_and_only_if_a_moment_has_passed_before_it_can_be_met(
        self, told: Told
    ) -> None:
        history, promised, at = told
        found = plan(history, at, committed=promised)
        assert found.at == at
        assert found.lost == any(s.last is not None and s.last < s.at for s in found.steps)
        assert not (found.lost and found.permitted)
        if found.permitted and found.slack is not None:
            assert found.slack >= timedelta(0)
        if (after := found.if_lost()) is not None:
            assert after.gates is not None
            assert found.gates is not None
            assert (after.lost, after.gates.number > found.gates.number) == (False, True)

    @fewer
    @given(told())
    def test_it_ends_with_the_start_or_with_what_stands_in_the_way(self, told: Told) -> None:
        history, promised, at = told
        found = plan(history, at, committed=promised)
        phase = found.history.proposal.phase
        assert (not found.steps) is (phase in FINAL)
        if found.steps:
            assert [step.decision.permitted for step in found.steps[:-1]].count(False) == 0
            last = found.steps[-1]
            assert last.missing if not last.decision.permitted else last.do == "start"


class TestMissing:
    @fewer
    @given(told(), st.sampled_from([*COMMANDS]))
    def test_who_does_what_is_missing_is_missing_nothing(self, told: Told, do: str) -> None:
        history, promised, at = told
        steps = missing_for(history, do, at, committed=promised)
        if steps and all(step.decision.permitted for step in steps) and steps[-1].do != do:
            after, then = history.as_of(at), steps[-1].at
            for step in steps:
                after = after.record(after.decide(step.decision.command, committed=promised))
            assert missing_for(after, do, then, committed=promised) == ()
