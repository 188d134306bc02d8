"""A history moved to other procedures is still its events, each under the procedure of its time."""

import json
from functools import reduce
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from klimaflow import History, Proposal, evolve
from klimaflow.commands import Command
from klimaflow.moments import Moment
from klimaflow.procedure import Procedure
from klimaflow.testing.author import command
from tests.strategies import WORLDS, commands, moments, scripts

BY = "secretariat:kl"
fewer = settings(max_examples=settings().max_examples // 5)  # a life takes ten times as long
PROCEDURES = [world.procedure for world in WORLDS]


def moved(history: History, to: Procedure, at: Moment | None = None) -> History:
    """Return the history under another procedure, all accepted; as it was if it is under that."""
    if not history.events or to.sha256 == history.procedure.sha256:
        return history
    refused = [verdict.name for verdict in history.verdicts(to) if verdict.after]
    earliest = [history.proposal.since, *(change.at for change in history.changes), at]
    latest = max(each for each in earliest if each is not None)
    return history.under(to, BY, "Nyt halvår.", latest, refused)


@st.composite
def lives(draw: st.DrawFn) -> History:
    """Draw a history that is moved now and then, at likely times and at any."""
    world, steps, promised = draw(scripts())
    history = History(world.procedure)
    stops = draw(st.dictionaries(st.integers(0, 25), st.sampled_from(PROCEDURES), max_size=3))
    for number, step in enumerate(steps):
        if number in stops:
            at = draw(st.none() | st.just(command(step).at) | moments)
            history = moved(history, stops[number], at)
        known = {fund: kr for fund, kr in promised.items() if fund in history.procedure.fund_ids}
        decision = history.decide(command(step), committed=known)
        history = history.record(decision) if decision.permitted else history
    return moved(history, draw(st.sampled_from(PROCEDURES)))


def known_to(history: History) -> list[Procedure]:
    return [history.opened_under, *(change.after for change in history.changes)]


class TestReplay:
    @fewer
    @given(lives(), st.integers(0, 2**32))
    def test_the_records_leave_the_same_history_in_whatever_order_the_procedures_come(
        self, history: History, seed: int
    ) -> None:
        records = json.loads(json.dumps(history.to_records(), allow_nan=False))
        procedures = known_to(history)
        Random(seed).shuffle(procedures)
        read = History.from_records(records, *procedures)
        assert (read, read.proposal, read.changes) == (history, history.proposal, history.changes)
        assert read.to_records() == records
        assert reduce(evolve, read.events, Proposal()) == history.proposal

    @fewer
    @given(lives())
    def test_every_event_is_permitted_again_under_the_procedure_of_its_time(
        self, history: History
    ) -> None:
        decisions = list(history.decisions())
        assert all(decision.permitted for decision in decisions)
        assert tuple(event for each in decisions for event in each.events) == history.events
        assert {each.procedure.sha256 for each in decisions} <= {
            each.sha256 for each in known_to(history)
        }

    @fewer
    @given(lives())
    def test_a_change_says_what_its_procedure_says_of_each_event(self, history: History) -> None:
        for change in history.changes:
            until = list(history.decisions(change.after))[: change.events]
            assert [each.refused_by for each in until] == [v.after for v in change.verdicts]
            assert change.accepted == tuple(v.name for v in change.verdicts if v.after)

    @fewer
    @given(lives())
    def test_the_stages_lead_to_the_history(self, history: History) -> None:
        stages = list(history.stages())
        assert stages[-1:] == ([history] if history.events else [])
        for stage in stages:
            assert History.from_records(stage.to_records(), *known_to(history)) == stage


class TestLookingBack:
    @fewer
    @given(lives(), moments)
    def test_what_was_known_at_any_moment_is_a_history_too(
        self, history: History, at: Moment
    ) -> None:
        held = dict(zip(map(id, history.events), history.decisions(), strict=True))
        for known in (history.as_of(at), *(history.as_of(event.at) for event in history.events)):
            assert History.from_records(known.to_records(), *known_to(history)) == known
            for event, decision in zip(known.events, known.decisions(), strict=True):
                assert decision.procedure == held[id(event)].procedure


class TestWhateverIsAsked:
    @fewer
    @given(lives(), commands, moments)
    def test_there_is_an_answer_in_words(
        self, history: History, command: Command, at: Moment
    ) -> None:
        decision = history.decide(command)
        assert decision.procedure is history.procedure
        assert decision.explained("da") != decision.explained("en")
        assert [finding.to_dict() for finding in decision.findings]
        for option in history.possible(at, BY):
            assert str(option)
