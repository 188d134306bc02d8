"""`decide` is a function: total over all that the types admit, and pure."""

import copy
import json
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from klimaflow import Decision, Procedure, Proposal, decide, evolve, load_procedure
from klimaflow.commands import Command
from klimaflow.lifecycle import MOVES, moves_from
from klimaflow.moments import Moment
from klimaflow.options import options
from klimaflow.parties import Actor
from klimaflow.procedure import Strength
from klimaflow.rules import Margin
from tests.strategies import (
    SHIPPED,
    WORLDS,
    actors,
    any_texts,
    commands,
    committed,
    moments,
    proposals,
)

procedures = st.just(SHIPPED) | st.sampled_from([world.procedure for world in WORLDS])
speakers = actors | actors.flatmap(
    lambda actor: st.builds(Actor, st.just(actor.role), any_texts, st.none() | any_texts)
)


def said(decision: Decision) -> dict[str, Any]:
    """Return all that a decision says, after reading every word and figure of it."""
    for finding in decision.findings:
        assert finding.because
        assert finding.because_da
        assert finding.margin is None or isinstance(finding.margin, int | timedelta)
        assert finding.source.document
    return {
        "findings": [
            finding.to_dict(lang) for lang in ("en", "da") for finding in decision.findings
        ],
        "text": [str(decision), decision.explained("da")],
        "events": list(decision.events),
        "answer": [decision.permitted, decision.refused_by, decision.remarks],
    }


def rules_of(procedure: Procedure, proposal: Proposal, command: Command) -> list[str]:
    """Return the rules that a command has to keep, by the lifecycle and the policy."""
    for move in MOVES:
        if move.source == proposal.phase and move.command is type(command):
            strengths = {rule.id: procedure.strength(rule.id, command.do) for rule in move.rules}
            return [rule for rule, strength in strengths.items() if strength is not None]
    return ["known-move"]


def on_the_right_side(margin: Margin) -> bool:
    """Tell whether a margin leaves something, or just enough."""
    if isinstance(margin, timedelta):
        return margin >= timedelta(0)
    return margin is not None and margin >= 0


class TestDecide:
    """For any procedure, any proposal, any command and any promises of the funds."""

    @given(procedures, proposals, commands, committed)
    def test_it_answers_with_words_figures_and_sources(
        self, procedure: Procedure, proposal: Proposal, command: Command, promised: dict[str, int]
    ) -> None:
        decision = decide(procedure, proposal, command, committed=promised)
        findings = said(decision)["findings"]
        assert json.loads(json.dumps(findings, allow_nan=False)) == findings

    @given(procedures, proposals, commands, committed)
    def test_the_same_question_has_the_same_answer_and_changes_nothing(
        self, procedure: Procedure, proposal: Proposal, command: Command, promised: dict[str, int]
    ) -> None:
        before = copy.deepcopy((proposal, command, promised))
        first = decide(procedure, proposal, command, committed=promised)
        again = decide(procedure, *before[:2], committed=before[2])
        assert said(first) == said(again) == said(first)
        assert (proposal, command, promised) == before

    @given(procedures, proposals, commands, committed)
    def test_it_finds_what_the_move_asks_and_refuses_for_what_binds(
        self, procedure: Procedure, proposal: Proposal, command: Command, promised: dict[str, int]
    ) -> None:
        decision = decide(procedure, proposal, command, committed=promised)
        found = decision.findings
        assert [each.rule for each in found] == rules_of(procedure, proposal, command)
        broken = {
            s: sorted(f.rule for f in found if not f.holds and f.strength is s) for s in Strength
        }
        assert list(decision.refused_by) == broken[Strength.BINDING]
        assert list(decision.remarks) == broken[Strength.ADVISORY]
        assert decision.permitted == (not decision.refused_by) == bool(decision.events)
        for finding in found:  # a margin is on the same side of the line as the verdict
            assert finding.holds == on_the_right_side(finding.margin)

    @given(procedures, proposals, commands, committed)
    def test_evolve_obeys_every_event_of_a_decision(
        self, procedure: Procedure, proposal: Proposal, command: Command, promised: dict[str, int]
    ) -> None:
        decision = decide(procedure, proposal, command, committed=promised)
        for event in decision.events:
            assert decision.move is not None
            assert evolve(proposal, event).phase is decision.move.target


class TestPossible:
    """What an actor may do now can be asked of any proposal."""

    @given(procedures, proposals, moments, speakers)
    def test_there_is_an_answer_for_every_move(
        self, procedure: Procedure, proposal: Proposal, at: Moment, by: Actor
    ) -> None:
        found = options(procedure, proposal, at, by)
        assert [each.do for each in found] == [m.command.do for m in moves_from(proposal.phase)]
        for option in found:
            assert said(option.decision)["answer"][0] is option.permitted
            assert option.permitted == (not option.missing)
            assert str(option)


def test_nothing_of_all_that_changed_the_procedure() -> None:
    assert load_procedure(SHIPPED.id) == SHIPPED
