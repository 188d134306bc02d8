"""klimaflow and the oracle answer alike, whatever a script asks for and however it is written.

A longer campaign, which writes its tally: `KLIMAFLOW_SCRIPTS=100000 KLIMAFLOW_SEED=7 pytest -s
tests/property/test_oracle_agrees.py`.
"""

import os
import sys
from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

import pytest

from klimaflow.case import Case, parse_case
from klimaflow.case import Step as CaseStep
from klimaflow.frozenmap import FrozenMap
from klimaflow.proposal import Phase
from klimaflow.report.course import Course
from klimaflow.rules import RULES
from klimaflow.testing.author import Step, command, script
from tests.corpus.writing import toml
from tests.oracle import COPENHAGEN, FACTS, follow
from tests.property.worlds import World, worlds

SCRIPTS = int(os.environ.get("KLIMAFLOW_SCRIPTS", "2000"))
SEED = int(os.environ.get("KLIMAFLOW_SEED", "2024"))
WORLDS = worlds(Random(2024), 80)


def parsed(steps: list[Step], promised: dict[str, int], random: Random) -> Case:
    """Return the case as it is read from its text; times are written in any way there is."""
    written = [{**step, "at": _written(step["at"], random)} for step in steps]
    head = {"case": "et-spor", "procedure": "klimaalliancen-2024"}
    return parse_case(toml({**head, "committed": promised, "step": written}))


def _written(at: datetime, random: Random) -> object:
    wall = at.astimezone(COPENHAGEN)
    as_text = random.choice((at.isoformat(), at.isoformat(" "), wall.isoformat()))
    if wall.utcoffset() == wall.replace(fold=not wall.fold).utcoffset():  # not shown twice
        naive = wall.replace(tzinfo=None)
        return random.choice((at, as_text, naive, naive.isoformat(" "), naive.isoformat()))
    return random.choice((at, as_text))


def made(steps: list[Step], world: World, promised: dict[str, int]) -> Case:
    """Return the case as Python makes it, command by command."""
    commands = tuple(CaseStep(command(step)) for step in steps)
    return Case("et-spor", world.procedure, commands, FrozenMap(promised))


def ours(case: Case) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what klimaflow says of a case, in the oracle's words."""
    course = Course.of(case)
    steps = []
    for answered in course.steps:
        decision, phase = answered.decision, answered.history.proposal.phase
        step = {"do": decision.command.do, "permitted": decision.permitted}
        step.update(phase=phase and str(phase), refused_by=list(decision.refused_by))
        step.update(remarks=list(decision.remarks), asked=sorted(f.rule for f in decision.findings))
        steps.append(step)
    proposal = course.proposal
    return {
        "phase": proposal.phase and str(proposal.phase),
        "round": proposal.round,
        "granted": dict(proposal.granted),
        "consents": course.consents(),
    }, steps


Answered = tuple[dict[str, Any], list[dict[str, Any]]]


def disagreement(steps: list[Step], world: World, promised: dict[str, int]) -> str | None:
    """Return the first difference between the two, as text."""
    return difference(steps, ours(made(steps, world, promised)), world, promised)


def difference(
    steps: list[Step], answered: Answered, world: World, promised: dict[str, int]
) -> str | None:
    """Return where the oracle says otherwise than klimaflow has answered."""
    left, answers = answered
    expected = follow(steps, promised, world.facts)
    for number, (answer, other) in enumerate(zip(answers, expected.pop("steps"), strict=True)):
        if answer != other:
            return f"step {number}, {steps[number]}\n  klimaflow: {answer}\n  oracle: {other}"
    return None if left == expected else f"at the end\n  klimaflow: {left}\n  oracle: {expected}"


def smallest(steps: list[Step], world: World, promised: dict[str, int]) -> str:
    """Return the difference after leaving out each step without which there still is one."""
    for number in reversed(range(len(steps))):
        fewer = steps[:number] + steps[number + 1 :]
        if fewer and disagreement(fewer, world, promised):
            steps = fewer
    changed = {name: value for name, value in world.facts.items() if value != FACTS[name]}
    lines = "\n".join(map(str, steps))
    return f"{disagreement(steps, world, promised)}\n{lines}\n{promised=}\n{changed=}"


class Tally:
    """How far the scripts went, and which rules stood alone in the way of a step."""

    def __init__(self) -> None:
        self.scripts = self.steps = 0
        self.phases: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.alone: Counter[str] = Counter()

    def add(self, answers: list[dict[str, Any]]) -> None:
        self.scripts += 1
        self.steps += len(answers)
        self.phases.update({answer["phase"] for answer in answers if answer["phase"]})
        for answer in answers:
            self.asked.update(answer["asked"])
            self.broken.update(answer["refused_by"] + answer["remarks"])
            self.alone.update(answer["refused_by"] if len(answer["refused_by"]) == 1 else ())

    def __str__(self) -> str:
        shares = (f"  {name:20} {n / self.scripts:6.1%}" for name, n in self.phases.most_common())
        rules = (
            f"  {rule:30} asked {self.asked[rule]:8} broken {self.broken[rule]:8}"
            f" alone {self.alone[rule]:8}"
            for rule in sorted(RULES)
        )
        head = f"{self.scripts} scripts of {self.steps} steps; phases reached, rules:"
        return "\n".join((head, *shares, *rules, ""))


def test_klimaflow_and_the_oracle_answer_every_script_alike() -> None:
    tally, random = Tally(), Random(SEED)
    for number in range(SCRIPTS):
        world = random.choice(WORLDS) if number % 2 else WORLDS[0]
        steps, promised = script(random, world.procedure)
        answered = ours(made(steps, world, promised))
        if difference(steps, answered, world, promised):
            pytest.fail(f"script {number}: {smallest(steps, world, promised)}")
        tally.add(answered[1])
        if number % 8 == 0:
            assert ours(parsed(steps, promised, random)) == answered
    sys.stdout.write(str(tally))
    assert all(tally.phases[phase] >= SCRIPTS / 50 for phase in Phase)
    assert tally.phases["funder_consent"] >= SCRIPTS / 4
    assert tally.phases["started"] >= SCRIPTS / 8
    assert set(tally.asked) == set(RULES)
    often = {rule for rule, times in tally.asked.items() if times >= SCRIPTS / 10}
    assert often <= set(tally.broken)


@pytest.mark.parametrize("world", WORLDS[1:40], ids=lambda world: world.procedure.sha256[:8])
def test_a_script_in_which_all_goes_well_goes_well_in_every_world(world: World) -> None:
    random = Random(SEED)
    for _ in range(50):
        steps, promised = script(random, world.procedure)
        assert disagreement(steps, world, promised) is None
