"""Each schema of an answer takes what the command prints, and refuses it with anything broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from klimaflow.cli import commands
from klimaflow.exports import SCHEMAS, schema
from tests.conftest import POLICY, SHIPPED
from tests.corpus.mutations import Path as Place
from tests.corpus.mutations import drop, pattern, places, put, rename
from tests.scenarios.test_specs import FILE
from tests.verify.test_cli import faulty, four, text

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "examples/skybrud-paa-tvaers.toml")
STORY = str(ROOT / "tests/stories/late.story.toml")
BARE = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
AGAINST = 'against = "four.toml"\n\n[base]'
DOCUMENT = "Alle kan foreslå og deltage. Noget andet står ingen steder.\n"

ASKED: dict[str, tuple[str, ...]] = {
    "follow": ("follow", DEMO),
    "procedure": ("procedure",),
    "source": ("procedure", "--source", "document.txt"),
    "plan": ("plan", DEMO, "--at", "2024-04-16 10:00"),
    "plan from nothing": ("plan", "--at", "2024-03-01 10:00"),
    "plan that is lost": ("plan", DEMO, "--at", "2025-03-01 10:00"),
    "test": ("test", SHIPPED, STORY),
    "verify": ("verify", "faulty.toml", "--funders", "1"),
    "diff": ("diff", "small.toml", "four.toml", DEMO, "--funders", "1"),
    "simulate": ("simulate", str(FILE), "--rows", "50"),
    "simulate both": ("simulate", "both.toml", "--rows", "50"),
}
"""By a name that begins with that of the schema: what is asked, with `--json`."""

ANY: dict[str, Any] = {
    "text": "\N{ZERO WIDTH SPACE}no",
    "number": 1.5,
    "negative": -1,
    "true": True,
    "null": None,
    "list": [[["x"]]],
    "table": {"no such": {"x": [1]}},
}
KEYED = {
    *("granted", "consents", "not_found", "days.holidays", "coverage[].items[].sides"),
    *("properties[].notes", "reached", "stopped_by", "stopped_at", "rounds", "waited_for"),
    *(f"{side}.{of}" for side in "ab" for of in ("reached", "stopped_by", "stopped_at")),
    *(f"{side}.{of}" for side in "ab" for of in ("rounds", "waited_for")),
}
"""Tables whose keys are names: of phases, funders, files."""
FREE = {"not_found", "coverage[].items[].sides", "properties[].notes"}
"""Those of them whose names may be any."""
NULLABLE = {
    *("phase", "round", "case", "meeting", "slack", "days", "if_lost", "seed", "title"),
    *("a.seed", "b.seed", "days.working", "days.holidays", "if_lost.last", "if_lost.slack"),
    *("steps[].phase", "steps[].findings[].margin", "stories[].answers[].phase"),
    *(f"steps[].{key}" for key in ("about", "not_before", "last", "slack", "working_days")),
    *(f"steps[].{key}" for key in ("closed_by", "source", "because")),
    *("steps[].missing[].margin", "coverage[].items[].sides.*", "properties[].from_then"),
    *("properties[].case", "changes[].old", "changes[].new", "changes[].rests_on[]"),
    *(f"{side}quantiles[].{key}" for side in ("", "a.", "b.") for key in ("started_by", "days")),
}
"""What may be null: in a plan, of a case that has no phase yet, of what nothing shows."""
NOT_NULL = {"follow": {"case"}, "test": {"case"}, "verify": {"case"}}
LEAVES = {"changes[].old", "changes[].new"}
"""What a policy file says there, whatever it is."""
WORDS = {
    *("because", "quote", "section", "document", "text", "entries[]", "because[]", "statement"),
    *("finding", "names[]", "property", "case", "story", "where", "name", "file", "otherwise[]"),
    *("patches[]", "path", "rests_on[]", "alone_nothing[]", "title", "about", "*", "*[]"),
}
"""What holds words of somebody's, so that any text fits."""
NEGATIVE = {"margin", "difference", "interval[]"}
"""Numbers that may be below zero."""
FEW = 2
FRACTIONS = {"days", "seconds", "percent", "difference", "interval[]"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command prints, by its name in `ASKED`."""
    folder = tmp_path_factory.mktemp("answers")
    scenarios = FILE.read_text("utf-8").replace("[base]", AGAINST, 1)
    written = {"small.toml": text(), "faulty.toml": text(faulty), "four.toml": text(four)}
    written |= {"document.txt": DOCUMENT, "both.toml": scenarios}
    for name, content in written.items():
        (folder / name).write_text(content, "utf-8")
    with ThreadPoolExecutor(2) as pool:
        printed = pool.map(lambda args: printed_by(args, folder), ASKED.values())
        return dict(zip(ASKED, printed, strict=True))


def printed_by(args: tuple[str, ...], folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "klimaflow.cli", *args, "--json"],
        cwd=folder,
        env=BARE,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert (done.returncode in (0, 1), done.stderr) == (True, ""), args
    return json.loads(done.stdout)


def judge(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name.split()[0]))


def test_every_command_with_json_has_a_schema() -> None:
    with_json = {
        name
        for name, command in commands.klimaflow.commands.items()
        if any("--json" in each.opts for each in command.params)
    }
    assert with_json | {"source"} | {"case", "policy", "records"} == {*SCHEMAS}
    assert {name.split()[0] for name in ASKED} == with_json | {"source"}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_printed_is_as_its_schema_says(answers: dict[str, Any], name: str) -> None:
    judge(name).validate(answers[name])


def test_a_schema_takes_the_answers_of_no_other(answers: dict[str, Any]) -> None:
    for name, answer in answers.items():
        for other in SCHEMAS:
            assert judge(other).is_valid(answer) is (other == name.split()[0]), (name, other)


@pytest.mark.parametrize("name", [each for each in ASKED if not each.startswith("procedure")])
def test_what_is_broken_at_any_place_is_refused(answers: dict[str, Any], name: str) -> None:
    whole, valid = short(answers[name]), judge(name).is_valid
    for path, value in one_of_each(whole):
        place, within = spelled(path), spelled(path[:-1])
        if isinstance(path[-1], str) and within not in KEYED:
            assert not valid(drop(whole, path)), f"without {place}"
            assert not valid(rename(whole, path, f"{path[-1]}s")), f"misspelt {place}"
        elif isinstance(path[-1], str) and within not in FREE:
            assert not valid(rename(whole, path, "no such/thing")), place
        for kind, other in ANY.items():
            if not fits(kind, place, value, name):
                assert not valid(put(whole, path, other)), f"{place} is {kind}: {other!r}"


def short(value: Any) -> Any:
    """Return an answer with the first few of everything that it lists."""
    if isinstance(value, dict):
        return {key: short(each) for key, each in value.items()}
    return [short(each) for each in value[:FEW]] if isinstance(value, list) else value


def one_of_each(whole: Any) -> list[tuple[Place, Any]]:
    """Return a place of each kind, with what stands there: where something does, if anywhere."""
    found: dict[str, tuple[Place, Any]] = {}
    for path, value in places(whole):
        if found.setdefault(spelled(path), (path, value))[1] is None:
            found[spelled(path)] = (path, value)
    return [*found.values()]


def spelled(path: Place) -> str:
    """Return the path without numbers, and `*` for a key that is a name."""
    words: list[str | int] = []
    for part in path:
        words.append("*" if pattern(tuple(words)) in KEYED else part)
    return pattern(tuple(words))


def fits(kind: str, place: str, value: Any, name: str) -> bool:
    """Tell whether a value of some kind may stand at a place, where `value` does."""
    last = place.rpartition(".")[2]
    if place in LEAVES:
        return kind not in ("number", "table")
    if kind == "null":
        return place in NULLABLE and place not in NOT_NULL.get(name.split()[0], ())
    if kind == "text":
        return last in WORDS and (value is None or isinstance(value, str))
    if kind == "true":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "negative":
        return last in NEGATIVE
    if kind == "number":
        return last in FRACTIONS
    return False


def test_a_procedure_is_refused_with_a_value_of_another_type(answers: dict[str, Any]) -> None:
    """Its keys are those of the policy file, whose schema has its own corpus."""
    whole, valid = short(answers["procedure"]), judge("procedure").is_valid
    assert not valid(drop(whole, ("sha256",)))
    assert not valid(tomllib.loads(POLICY))
    for path, value in one_of_each(whole):
        for kind in ("number", "negative", "null", "table"):
            alike = isinstance(value, int) and not isinstance(value, bool) and kind == "number"
            if not alike:
                assert not valid(put(whole, path, ANY[kind])), f"{path} is {kind}"
