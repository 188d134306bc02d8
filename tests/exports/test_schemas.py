"""The schemas take what klimaflow reads and writes."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from klimaflow import Procedure
from klimaflow.case import load_case
from klimaflow.exports import SCHEMAS, schema
from klimaflow.policy import shipped
from klimaflow.report import follow_json
from tests.conftest import POLICY, nearly_every_event
from tests.corpus import cases, policies, test_moved_records

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
JUDGES = {name: Draft202012Validator(schema(name)) for name in SCHEMAS}


def plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it."""
    return json.loads(json.dumps(value, default=lambda each: each.isoformat()))


def judged(name: str, value: Any) -> bool:
    return JUDGES[name].is_valid(plain(value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema_of_2020_12(name: str) -> None:
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema(name))


def test_of_anything_else_there_is_none() -> None:
    with pytest.raises(ValueError, match="'story' is none of case, policy, records, follow"):
        schema("story")


class TestWhatIsReadAndWritten:
    @pytest.mark.parametrize("name", shipped())
    def test_every_shipped_policy(self, name: str) -> None:
        text = files("klimaflow").joinpath(f"policies/{name}.toml").read_text("utf-8")
        JUDGES["policy"].validate(plain(tomllib.loads(text)))

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_every_example_and_what_follow_says_of_it(self, path: Path) -> None:
        JUDGES["case"].validate(plain(tomllib.loads(path.read_text("utf-8"))))
        JUDGES["follow"].validate(plain(follow_json(load_case(path))))

    def test_a_case_of_every_command_and_a_policy_with_every_key(self) -> None:
        JUDGES["case"].validate(plain(cases.plain()))
        JUDGES["policy"].validate(plain(policies.FULL))

    def test_records_of_every_event_of_a_moved_case_and_of_the_first_schema(
        self, procedure: Procedure
    ) -> None:
        JUDGES["records"].validate(nearly_every_event(procedure).to_records())
        JUDGES["records"].validate(test_moved_records.RECORDS)
        kept = json.loads((ROOT / "tests/records/schema-1.json").read_bytes())
        for records in kept.values():
            JUDGES["records"].validate(records)


def test_a_policy_says_what_it_must_for_each_command() -> None:
    table = tomllib.loads(POLICY)
    table["authority"]["sart"] = ["secretariat"]
    assert not judged("policy", table)
