"""The golden histories of a release: the same answers, in whatever surroundings they are given."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest

from klimaflow import Phase
from klimaflow.commands import COMMANDS
from klimaflow.events import EVENTS
from klimaflow.rules import RULES
from tests.golden import replaying
from tests.golden.replaying import Table
from tools import golden as writing

ROOT = Path(__file__).parent.parent
GOLDEN: dict[str, Table] = dict(replaying.files())

SEEDS = ("0", "1", "random")
ZONES = ("UTC", "Pacific/Auckland", "America/New_York", "Europe/Copenhagen")
LOCALES = ("C", "C.UTF-8", "da_DK.UTF-8")
SURROUNDINGS = [
    {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
    for (seed, zone), locale in zip(product(SEEDS, ZONES), cycle(LOCALES), strict=False)
]
"""Each seed in each zone, and each zone and each seed in each locale."""


def steps() -> Iterator[Table]:
    for golden in GOLDEN.values():
        for case in golden["cases"]:
            yield from case["steps"]


def answers() -> Iterator[Table]:
    return (step["answer"] for step in steps() if "findings" in step["answer"])


def differences(found: Any, kept: Any, path: str) -> Iterator[str]:
    """Yield where two answers differ, each with both of them."""
    if isinstance(kept, dict) and isinstance(found, dict) and kept.keys() == found.keys():
        for key, value in kept.items():
            yield from differences(found[key], value, f"{path}.{key}")
    elif isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        for number, value in enumerate(kept):
            yield from differences(found[number], value, f"{path}[{number}]")
    elif found != kept or type(found) is not type(kept):
        yield f"{path}: {found!r}, and was {kept!r}"


class TestReplay:
    @pytest.mark.parametrize("name", GOLDEN)
    def test_the_answers_are_those_of_the_release(self, name: str) -> None:
        found = replaying.replayed(GOLDEN[name])
        assert [*differences(found, GOLDEN[name], name)][:5] == []

    @pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda each: "-".join(each.values()))
    def test_in_any_surroundings(self, surroundings: dict[str, str]) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
        done = subprocess.run(
            [sys.executable, "-m", "tests.golden.replaying"],
            check=False,
            capture_output=True,
            cwd=ROOT,
            encoding="ascii",
            env={**plain, **surroundings},
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert [*differences(found, GOLDEN, "golden")][:5] == []

    def test_a_difference_is_found_and_its_place_told(self) -> None:
        (name, *_) = GOLDEN
        spoilt = json.loads(json.dumps(GOLDEN[name]))
        findings = spoilt["cases"][0]["steps"][0]["answer"]["findings"]
        findings[0]["margin"] = 7
        findings[1]["holds"] = 1
        told = [*differences(replaying.replayed(spoilt), spoilt, name)]
        place = f"{name}.cases[0].steps[0].answer.findings"
        assert [each.partition(": ")[0] for each in told] == [
            f"{place}[0].margin",
            f"{place}[1].holds",
        ]


class TestWhatIsKept:
    def test_the_files_are_those_that_the_tool_writes(self) -> None:
        assert [*differences(writing.written(), GOLDEN, "golden")][:5] == []

    @pytest.mark.parametrize("name", GOLDEN)
    def test_a_file_pins_its_procedures(self, name: str) -> None:
        assert GOLDEN[name]["policies"]
        for policy in GOLDEN[name]["policies"]:
            procedure = replaying.procedure(replaying.HERE, policy)
            assert (policy["id"], policy["edition"]) == (procedure.id, procedure.edition)
            assert len(policy["sha256"]) == 64
            assert policy["sha256"] == procedure.sha256

    def test_every_example_is_among_them(self) -> None:
        names = [path.stem for path in sorted((ROOT / "examples").glob("*.toml"))]
        assert [case["name"] for case in GOLDEN["examples"]["cases"]] == names

    def test_every_phase(self) -> None:
        assert {answer["phase"] for answer in answers()} >= {str(phase) for phase in Phase}

    def test_every_command_permitted_and_refused(self) -> None:
        asked = [(step["asked"].get("do"), step["answer"].get("permitted")) for step in steps()]
        permitted = {do for do, may in asked if may}
        assert permitted == set(COMMANDS)
        assert {do for do, may in asked if may is False} <= set(COMMANDS)

    def test_every_event(self) -> None:
        records = [
            record
            for golden in GOLDEN.values()
            for case in golden["cases"]
            for record in case.get("records", ())
        ]
        assert {record.get("event") for record in records} == {*EVENTS, "ProcedureChanged", None}

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_on_both_sides_in_both_languages(self, rule: str) -> None:
        found = [
            finding
            for answer in answers()
            for finding in answer["findings"]
            if finding["rule"] == rule
        ]
        sides = {finding["holds"] for finding in found}
        assert sides == ({False} if rule == "known-move" else {True, False})
        assert all(finding["because"] != finding["because_da"] for finding in found)
        broken = [
            answer
            for answer in answers()
            if rule in answer["refused_by"] or rule in answer["remarks"]
        ]
        assert broken

    def test_a_moved_history(self) -> None:
        (case,) = GOLDEN["moved"]["cases"]
        moves = [step["answer"] for step in case["steps"] if "under" in step["asked"]]
        assert sum("objections" in each for each in moves) == 4
        assert sum("verdicts" in each for each in moves) == 3
        assert case["records"][0]["changes"] == 3
