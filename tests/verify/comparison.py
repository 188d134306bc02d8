"""The oracle beside an exploration: both answer every command that any state is asked.

The oracle folds the way to each state itself, from the same commands as a case file has them.
"""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import attrs

from klimaflow.commands import Command
from klimaflow.decider import Decision, evolve
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import Move
from klimaflow.parties import AUTHORITY_KINDS, Actor, Participant
from klimaflow.verify.offers import Offer
from klimaflow.verify.space import Space, State
from tests import oracle
from tests.property.worlds import World

Step = dict[str, Any]

SHOWN = 5
"""How many differences are told in full; the rest are counted."""


class Comparison:
    """A watcher that asks the oracle what `decide` was asked, and notes where the two differ."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cases: dict[int, Step] = {}
        self._steps: dict[int, tuple[Command, Step]] = {}
        self._asked: dict[Move | None, list[str]] = {}
        self.answers = self.permitted = self.states = 0
        self.broken: Counter[str] = Counter()
        self.different = 0
        self.differences: list[str] = []

    def __call__(self, state: State, offer: Offer, decision: Decision, after: State | None) -> None:
        """Compare an answer: verdict, broken rules, rules asked, and the phase after the step."""
        step, promised = self._step(offer.command), {**offer.committed}
        theirs = oracle.answer(step, self._case(state), promised, self._world.facts)
        ours = {
            "do": offer.command.do,
            "permitted": decision.permitted,
            "phase": _phase(state, decision, after),
            "refused_by": list(decision.refused_by),
            "remarks": list(decision.remarks),
            "asked": self._rules(decision),
        }
        self.answers += 1
        self.permitted += decision.permitted
        self.broken.update(rule.id for rule in decision.broken)
        if ours != theirs:
            self._note(state, offer, f"klimaflow: {ours}\n  oracle: {theirs}")

    def finish(self, space: Space) -> None:
        """Compare what is left of each state: its phase, its round, its grant and its consents."""
        for state in space.states[1:]:
            proposal, case = state.proposal, self._case(state)
            self.states += 1
            ours = {
                "phase": str(proposal.phase),
                "round": proposal.round,
                "granted": {**proposal.granted},
            }
            if ours != {name: case[name] for name in ours}:
                self._note(state, None, f"klimaflow: {ours}\n  oracle: {case}")

    def told(self) -> str:
        """Return how many differences there are, and the first of them in full."""
        return "\n".join([f"{self.different} differences", *self.differences])

    def _case(self, state: State) -> Step:
        """Return the state as the oracle has folded it."""
        case = self._cases.get(state.number)
        if case is None:
            case = oracle.begun()
            if state.before is not None and state.by is not None:
                case = deepcopy(self._case(state.before))
                oracle.change(case, self._step(state.by.command))
            self._cases[state.number] = case
        return case

    def _step(self, command: Command) -> Step:
        """Return a command as the oracle is told it; many states are given the same one."""
        if id(command) not in self._steps:
            self._steps[id(command)] = (command, told(command))  # which keeps its id its own
        return self._steps[id(command)][1]

    def _rules(self, decision: Decision) -> list[str]:
        """Return the rules asked: a move asks the same of every proposal."""
        if decision.move not in self._asked:
            self._asked[decision.move] = sorted(each.rule for each in decision.findings)
        return self._asked[decision.move]

    def _note(self, state: State, offer: Offer | None, what: str) -> None:
        self.different += 1
        if len(self.differences) < SHOWN:
            commands = [*state.commands(), *([offer.command] if offer else [])]
            way = "\n".join(f"    {told(each)}" for each in commands)
            promised = f", promised {dict(offer.committed)}" if offer and offer.committed else ""
            self.differences.append(f"state {state.number}{promised}:\n{way}\n  {what}")


def told(command: Command) -> Step:
    """Return a command as a step of a case file, its time as plain Python has it."""
    names = [each.name for each in attrs.fields(type(command))]
    values = {name: _plain(getattr(command, name)) for name in names}
    return {
        "do": command.do,
        **{name: value for name, value in values.items() if value is not None},
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat()).astimezone(UTC)
    if isinstance(value, Actor):
        return str(value)
    if isinstance(value, FrozenMap):
        return {**value}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Participant):
        plain = {"id": value.id, "name": value.name, "kind": str(value.kind)}
        return value.id if value.kind in AUTHORITY_KINDS else plain
    return value


def _phase(state: State, decision: Decision, after: State | None) -> str | None:
    """Return the phase after the step."""
    phase = state.proposal.phase
    if after is not None:
        phase = after.proposal.phase
    elif decision.permitted:  # with promises to others, which an exploration does not follow up
        phase = evolve(state.proposal, decision.events[0]).phase
    return None if phase is None else str(phase)
