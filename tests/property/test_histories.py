"""A history is its events: replayed, recorded and read again, it is the same proposal."""

import json
from functools import reduce

import attrs
import pytest
from hypothesis import given

from klimaflow import History, HistoryError, NotPermitted, Phase, Proposal, decide, evolve
from klimaflow.commands import Command
from klimaflow.lifecycle import BY_PHASE_AND_DEED
from klimaflow.moments import Moment
from klimaflow.parties import Actor
from klimaflow.proposal import FINAL
from tests.property.worlds import World
from tests.strategies import SHIPPED, actors, asked, commands, committed, lived, moments, proposals

Asked = tuple[World, list[Command], dict[str, int]]


class TestReplay:
    @given(asked())
    def test_the_events_alone_leave_the_same_proposal(self, asked: Asked) -> None:
        history = lived(*asked)
        assert reduce(evolve, history.events, Proposal()) == history.proposal

    @given(asked())
    def test_records_survive_json(self, asked: Asked) -> None:
        history = lived(*asked)
        records = json.loads(json.dumps(history.to_records(), allow_nan=False))
        assert records == history.to_records()
        read = History.from_records(records, history.procedure)
        assert (read, read.proposal) == (history, history.proposal)
        assert read.to_records() == records

    @given(asked())
    def test_every_event_can_be_decided_again_on_what_was_known(self, asked: Asked) -> None:
        history = lived(*asked)
        decisions = list(history.decisions())
        assert all(decision.permitted for decision in decisions)
        assert tuple(e for decision in decisions for e in decision.events) == history.events

    @given(asked(), moments, actors)
    def test_what_was_known_at_any_moment_is_a_history_too(
        self, asked: Asked, at: Moment, by: Actor
    ) -> None:
        history = lived(*asked)
        latest = max((event.at for event in history.events), default=at)
        assert history.as_of(latest) == history
        for known in (history.as_of(at), *(history.as_of(event.at) for event in history.events)):
            assert set(known.events) <= set(history.events)
            assert len(known.rows()) == len(known.events)
            assert known.possible(at, by) == () or known.proposal.phase not in FINAL


class TestRefusal:
    @given(asked())
    def test_what_is_refused_changes_nothing(self, asked: Asked) -> None:
        world, commands, promised = asked
        history = History(world.procedure)
        for command in commands:
            before, events = history.proposal, history.events
            decision = history.decide(command, committed=promised)
            if decision.permitted:
                history = history.then(command, committed=promised)
                assert history.events == (*events, *decision.events)
                continue
            with pytest.raises(NotPermitted) as refusal:
                history.then(command, committed=promised)
            assert refusal.value.decision.refused_by == decision.refused_by != ()
            with pytest.raises(NotPermitted):
                history.record(decision)
            assert decision.events == ()
            assert (history.proposal, history.events) == (before, events)


class TestFinalPhases:
    @given(asked(), commands)
    def test_no_history_goes_on_after_its_end(self, asked: Asked, command: Command) -> None:
        world, commands, promised = asked
        history = History(world.procedure)
        for each in (*commands, command):
            decision = history.decide(each, committed=promised)
            if history.proposal.phase in FINAL:
                assert decision.refused_by == ("known-move",)
                for event in history.events:
                    with pytest.raises(HistoryError):
                        evolve(history.proposal, event)
            history = history.record(decision) if decision.permitted else history

    @given(proposals, commands, committed)
    def test_no_proposal_whatever_leaves_a_final_phase(
        self, proposal: Proposal, command: Command, promised: dict[str, int]
    ) -> None:
        for phase in FINAL:
            ended = attrs.evolve(proposal, phase=phase)
            decision = decide(SHIPPED, ended, command, committed=promised)
            assert decision.refused_by == ("known-move",)
            assert decision.events == ()

    @pytest.mark.parametrize("phase", FINAL)
    def test_the_lifecycle_has_no_deed_there(self, phase: Phase) -> None:
        assert phase not in {source for source, _deed in BY_PHASE_AND_DEED}
