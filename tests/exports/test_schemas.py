"""The schemas take what klimaflow reads and writes, and refuse the corpus of what it does not."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime, time
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
from tests.corpus.mutations import VALUES, at, drop, misspelt, pattern, put, rename, spelled
from tests.corpus.mutations import Path as Place

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
JUDGES = {name: Draft202012Validator(schema(name)) for name in SCHEMAS}
NOT_JSON = {name for name, each in VALUES.items() if isinstance(each, date | datetime | time)}
NOT_JSON |= {"nan", "inf", "-inf", "huge"}
NOT_SEEN = {"whole float", "blank text"}
"""1.0 is a whole number in JSON, and none in TOML; which characters show nothing only we know."""
REFERENCES = {
    *("procedure", "committed", "step[].criterion"),
    *("zone", "authority", "rounds", "funds[].funders", "funds[].funders[]"),
    *("participants.binding_at", "participants.binding_at[]"),
    *("participants.advisory_at", "participants.advisory_at[]"),
}
"""What names something else, or must be complete: only the reader knows what there is."""
ASKED = VALUES.keys() - NOT_JSON - NOT_SEEN - {"deep", "list of lists", "beyond"}
POLICY_PLACES = [path for path in policies.PLACES if path != ("not_encoded", "title")]
UNALIKE = [path for path in cases.UNALIKE if not {*cases.STORY} & {*path}]


def plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it."""
    return json.loads(json.dumps(value, default=lambda each: each.isoformat()))


def judged(name: str, value: Any) -> bool:
    return JUDGES[name].is_valid(plain(value))


def assert_judged(of: str, whole: Any, path: Place, name: str, *, fits: bool) -> None:
    """Assert that a value is taken where it fits, and refused where its type alone says no."""
    value = VALUES[name]
    alike = type(value) is type(at(whole, path))
    if fits or not (alike and pattern(path) in REFERENCES):
        assert judged(of, put(whole, path, value)) is fits, name


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


class TestTheCorpus:
    @pytest.mark.parametrize("path", UNALIKE, ids=spelled)
    def test_of_cases(self, path: Place) -> None:
        for name in ASKED:
            fits = name in cases.FITS_HERE[cases.kind(path)]
            assert_judged("case", cases.plain(), path, name, fits=fits)

    @pytest.mark.parametrize("path", POLICY_PLACES, ids=spelled)
    def test_of_policies(self, path: Place) -> None:
        for name in ASKED:
            fits = name in policies.FITS[policies.kind(path)]
            assert_judged("policy", policies.FULL, path, name, fits=fits)

    @pytest.mark.parametrize("of", ["case", "policy"])
    def test_of_keys_that_are_missing_or_misspelt(self, of: str) -> None:
        whole = cases.plain() if of == "case" else policies.FULL
        places = UNALIKE if of == "case" else POLICY_PLACES
        free = ("contributions", "granted", "committed", "not_encoded")
        for path in (p for p in places if isinstance(p[-1], str)):
            if path[:1] == ("authority",):
                continue  # a command may be laid down phase by phase
            optional = (cases if of == "case" else policies).may_be_missing(path)
            assert judged(of, drop(whole, path)) is optional, path
            anything = path[-2:-1] in [(name,) for name in free]
            assert judged(of, rename(whole, path, misspelt(str(path[-1])))) is anything, path

    def test_of_records(self) -> None:
        records = test_moved_records.RECORDS
        for path in test_moved_records.PLACES:
            for name in ASKED:
                if name in test_moved_records.fits(path):
                    assert judged("records", put(records, path, VALUES[name])), (path, name)
                elif type(VALUES[name]) is not type(at(records, path)):
                    assert not judged("records", put(records, path, VALUES[name])), (path, name)


def test_a_policy_says_what_it_must_for_each_command() -> None:
    table = tomllib.loads(POLICY)
    table["authority"]["sart"] = ["secretariat"]
    assert not judged("policy", table)
