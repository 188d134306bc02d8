"""Foreign organisations as actors, at every way in: none of them is let in."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final

from klimaflow import NotPermitted, Phase, Procedure
from klimaflow.commands import Command
from klimaflow.history import History
from klimaflow.lifecycle import MOVES, Move
from klimaflow.machine import LifecycleMachine
from klimaflow.store import Store
from tests.conftest import command, in_phase
from tests.reliability.campaigns import Counts
from tests.store.databases import brought, course

STRANGERS: Final = (
    "proposer:0101",
    "participant:0101",
    "participant:0461",
    "funder:region-nordjylland",
    "funder:stranger",
)
"""An authority that is not of the track, one that takes part and leads nothing, other funders."""


def strangers(store: Store, procedure: Procedure, moves: Sequence[Move] = MOVES) -> Counts:
    """Ask in the name of each stranger for each move, by each way; only an idea is anyone's."""
    own = type(store)(store._where, procedure)
    machine = LifecycleMachine(procedure)
    asked = 0
    for number, move in enumerate(moves):
        if move.source is None:
            continue
        case, phase = f"case-{number}", Phase(move.source)
        brought(own, case, *course(procedure, phase))
        history, version = in_phase(phase, procedure), own.version(case)
        for by in STRANGERS:
            wanted = command(move.command.do, by=by)
            for way in (_decided, _then, _handled):
                assert not way(machine, history, wanted), f"{by} may {move.command.do}"
            assert not own.execute(case, wanted).permitted, f"{by} may {move.command.do}"
            asked += 4
        assert own.version(case) == version
    assert own.verify() == []
    return {"moves": len(moves), "asked": asked, "accepted": 0}


def _decided(_machine: LifecycleMachine, history: History, asked: Command) -> bool:
    decision = history.decide(asked)
    assert decision.permitted or "authorised" in decision.refused_by
    return decision.permitted


def _then(_machine: LifecycleMachine, history: History, asked: Command) -> bool:
    try:
        history.then(asked)
    except NotPermitted:
        return False
    return True


def _handled(machine: LifecycleMachine, history: History, asked: Command) -> bool:
    try:
        return machine.handle(SimpleNamespace(history=history), asked)
    except NotPermitted:
        return False
