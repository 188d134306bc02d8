"""The schemas refuse what the readers of files and records refuse, and take what they take."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from tests.corpus import cases, policies, test_moved_records
from tests.corpus.mutations import VALUES, Path, at, drop, misspelt, pattern, put, rename, spelled
from tests.exports.test_schemas import judged

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


def assert_judged(of: str, whole: Any, path: Path, name: str, *, fits: bool) -> None:
    """Assert that a value is taken where it fits, and refused where its type alone says no."""
    value = VALUES[name]
    alike = type(value) is type(at(whole, path))
    if fits or not (alike and pattern(path) in REFERENCES):
        assert judged(of, put(whole, path, value)) is fits, name


@pytest.mark.parametrize("path", UNALIKE, ids=spelled)
def test_of_cases(path: Path) -> None:
    for name in ASKED:
        fits = name in cases.FITS_HERE[cases.kind(path)]
        assert_judged("case", cases.plain(), path, name, fits=fits)


@pytest.mark.parametrize("path", POLICY_PLACES, ids=spelled)
def test_of_policies(path: Path) -> None:
    for name in ASKED:
        fits = name in policies.FITS[policies.kind(path)]
        assert_judged("policy", policies.FULL, path, name, fits=fits)


@pytest.mark.parametrize("of", ["case", "policy"])
def test_of_keys_that_are_missing_or_misspelt(of: str) -> None:
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


def test_of_records() -> None:
    records = test_moved_records.RECORDS
    for path in test_moved_records.PLACES:
        for name in ASKED:
            if name in test_moved_records.fits(path):
                assert judged("records", put(records, path, VALUES[name])), (path, name)
            elif type(VALUES[name]) is not type(at(records, path)):
                assert not judged("records", put(records, path, VALUES[name])), (path, name)
