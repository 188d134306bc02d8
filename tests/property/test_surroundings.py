"""The same question has the same answer everywhere: no hash seed, zone or locale counts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from klimaflow.testing.author import script
from tests.corpus.writing import toml
from tests.strategies import WORLDS

ROOT = Path(__file__).parents[2]
ANSWER = """
import json, sys
from klimaflow.case import parse_case
from klimaflow.policy import load_procedure
from klimaflow.report.course import Course, follow_json

answers = []
for text in json.load(sys.stdin):
    case = parse_case(text)
    history = Course.of(case).history
    latest = max(step.command.at for step in case.steps)
    possible = history.possible(at=latest, by="proposer:0751")
    answers += [follow_json(case), follow_json(case, "da"), history.to_records()]
    answers += [[option.decision.explained("da"), str(option)] for option in possible]
answers.append(load_procedure("klimaalliancen-2024").sha256)
json.dump(answers, sys.stdout)
"""
SURROUNDINGS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "4294967295", "PYTHONOPTIMIZE": "2"},
    {"TZ": "Pacific/Kiritimati"},
    {"TZ": "America/St_Johns", "LANG": "da_DK.UTF-8", "LC_ALL": "da_DK.UTF-8"},
    {"TZ": "Antarctica/Troll", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LC_ALL": "tr_TR.UTF-8", "PYTHONCOERCECLOCALE": "0", "PYTHONDEVMODE": "1"},
]


def answers(texts: str, surroundings: dict[str, str]) -> Any:
    """Return what a fresh Python says of these cases, in these surroundings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "-c", ANSWER],
        check=False,
        capture_output=True,
        cwd=ROOT,
        encoding="ascii",
        env={**plain, "PYTHONHASHSEED": "0", "TZ": "Europe/Copenhagen", **surroundings},
        input=texts,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cases() -> str:
    """Return fifteen case files, most of which go far."""
    random, texts = Random(6), []
    for _ in range(15):
        steps, promised = script(random, WORLDS[0].procedure)
        head = {"case": "spor", "procedure": WORLDS[0].procedure.id, "committed": promised}
        texts.append(toml({**head, "step": steps}))
    return json.dumps(texts)


@pytest.fixture(scope="module")
def at_home(cases: str) -> Any:
    return answers(cases, {})


def test_the_cases_go_through_all_phases(at_home: Any) -> None:
    phases = {step["phase"] for case in at_home if isinstance(case, dict) for step in case["steps"]}
    assert phases >= {"idea", "qualification", "committee_decision", "funder_consent", "started"}


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda each: "-".join(each.values()))
def test_the_answers_are_those_of_home(
    cases: str, at_home: Any, surroundings: dict[str, str]
) -> None:
    assert answers(cases, surroundings) == at_home
