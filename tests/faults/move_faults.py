"""Faults in the graph: each move with another target, and each rule left out of each move."""

from collections.abc import Iterator

import attrs

from klimaflow.lifecycle import MOVES, Move, indexed
from klimaflow.proposal import Phase
from tests.faults.fault import Fault

INDEX = "BY_PHASE_AND_DEED = indexed(MOVES)"


def move_faults() -> Iterator[Fault]:
    for move in MOVES:
        where = f"{move.command.do} ({move.source or 'new'})"
        target = other_target(move)
        yield fault(f"{where} leads to {target}", move, f"target=Phase.{target.name}")
        for rule in move.rules:
            rest = f'rules=tuple(rule for rule in move.rules if rule.id != "{rule.id}")'
            yield fault(f"{where} without {rule.id}", move, rest)


def fault(name: str, move: Move, change: str) -> Fault:
    source = None if move.source is None else f"Phase.{move.source.name}"
    found = f'(move.source, move.command.do) == ({source}, "{move.command.do}")'
    changed = f"attrs.evolve(move, {change}) if {found} else move"
    patch = f"import attrs\n\nMOVES = tuple({changed} for move in MOVES)\n{INDEX}"
    return Fault(name, "lifecycle.py", ((INDEX, patch),))


def other_target(move: Move) -> Phase:
    """Return the next phase, in their order, that the lifecycle admits as the move's target."""
    phases: list[Phase] = [*Phase]
    first = phases.index(move.target) + 1
    others = (*phases[first:], *phases[: first - 1])
    return next((each for each in others if admitted(move, each)), others[0])


def admitted(move: Move, target: Phase) -> bool:
    try:
        indexed(attrs.evolve(m, target=target) if m is move else m for m in MOVES)
    except ValueError:
        return False
    return True


MOVE_FAULTS = (*move_faults(),)
