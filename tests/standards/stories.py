"""Stories to be told to programs of others: the examples, the golden cases, and drawn ones."""

import json
from collections.abc import Iterable, Iterator, Mapping
from random import Random

from attrs import frozen

from klimaflow import Decision, History, Phase, Procedure
from klimaflow.case import load_case
from klimaflow.commands import Command
from klimaflow.exports.activities import Activity
from klimaflow.rules import BY_THE_DAY, NO_LATER_THAN, RULES
from klimaflow.testing.author import command, script
from tests.conftest import in_phase
from tests.golden.replaying import HERE, asked

CLOSING = {rule.id for rule in RULES.values() if rule.direction in (NO_LATER_THAN, BY_THE_DAY)}
"""The rules that refuse what is too late, and nothing else."""


@frozen
class Asked:
    """A step: what was decided, and the phases in which it was asked and in which it left the case.

    `round` and `funder` are those that it is about.
    """

    decision: Decision
    before: Phase | None
    after: Phase | None
    round: str | None
    funder: str | None

    @property
    def late(self) -> bool:
        """Whether it is refused for being too late, and for no other reason."""
        return not self.decision.permitted and {*self.decision.refused_by} <= CLOSING

    def among(self, activities: Iterable[Activity]) -> Activity:
        """Return the one of a procedure's activities that was asked for."""
        place = self.before, self.decision.command.do
        (found,) = [
            each
            for each in activities
            if (each.move.source, each.move.command.do) == place
            and each.round in (None, self.round)
            and each.funder in (None, self.funder)
        ]
        return found


@frozen
class Story:
    """What was asked step by step, and the history that it came to."""

    name: str
    steps: tuple[Asked, ...]
    history: History


def told(
    name: str,
    procedure: Procedure,
    commands: Iterable[Command],
    committed: Mapping[str, int] | None = None,
) -> Story:
    """Return the story of these commands; what is refused changes nothing."""
    steps, history = [], History(procedure)
    for each in commands:
        before = history.proposal
        decision = history.decide(each, committed=committed or {})
        history = history.record(decision) if decision.permitted else history
        in_round = getattr(each, "round", None) or before.round
        funder = getattr(each, "funder", None)
        steps.append(Asked(decision, before.phase, history.proposal.phase, in_round, funder))
    return Story(name, tuple(steps), history)


def stories(procedure: Procedure, number: int) -> Iterator[Story]:
    """Yield stories under a procedure: one to each phase, and so many that are drawn."""
    for phase in Phase:
        yield lived(phase, in_phase(phase, procedure))
    for seed in range(number):
        steps, promised = script(Random(seed), procedure, 25)
        yield told(f"drawn {seed}", procedure, map(command, steps), promised)


def lived(name: str, history: History) -> Story:
    """Return the story of a history, in which nothing was refused."""
    commands = [each.command for each in history.decisions()]
    return told(name, history.procedure, commands)


def examples() -> Iterator[Story]:
    """Yield the shipped examples."""
    for name in ("afslag", "skybrud-paa-tvaers", "trukket"):
        case = load_case(f"examples/{name}.toml")
        yield told(name, case.procedure, [each.command for each in case.steps], case.committed)


def lines(procedure: Procedure) -> Iterator[Story]:
    """Yield the golden stories, under a procedure: each comes to a line of a rule, or beyond it."""
    for case in json.loads((HERE / "lines.json").read_text("utf-8"))["cases"]:
        (step,) = case["steps"]
        commands = [asked(each) for each in (*case["given"], step["asked"])]
        yield told(case["name"], procedure, commands, step["asked"].get("committed"))
