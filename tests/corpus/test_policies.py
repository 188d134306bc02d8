"""Every place of a policy file, spoilt in every way: always a PolicyError that names the place."""

from functools import partial

import pytest

from klimaflow import PolicyError
from klimaflow.policy import parse_procedure
from tests.corpus.checking import about
from tests.corpus.checking import problems as told_of
from tests.corpus.mutations import (
    VALUES,
    Path,
    at,
    drop,
    misspelt,
    pattern,
    put,
    rename,
    spelled,
    twice,
)
from tests.corpus.policies import FITS, FULL, PLACES, kind, may_be_missing
from tests.corpus.writing import toml

KEYS = [path for path in PLACES if isinstance(path[-1], str)]
COMMANDS = ("return", "return@committee_decision", "because")
UNALIKE = [
    path
    for path in PLACES
    if pattern(path[:1]) != "authority" or path[1:2] == () or path[1] in COMMANDS
]
"""The places of which no other is just the same."""


def problems(text: str) -> tuple[str, ...]:
    return told_of(partial(parse_procedure, text), PolicyError)


def test_the_policy_to_be_spoilt_is_none_yet() -> None:
    assert parse_procedure(toml(FULL)).id == "klimaalliancen-2024"


@pytest.mark.parametrize("path", UNALIKE, ids=spelled)
def test_a_value_of_another_kind_is_named(path: Path) -> None:
    for name, value in VALUES.items():
        text = toml(put(FULL, path, value))
        if name not in FITS[kind(path)]:
            assert about(problems(text), spelled(path)), name
            continue
        try:
            parse_procedure(text)
        except PolicyError:  # what fits there may contradict what stands elsewhere
            problems(text)


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_missing_is_named(path: Path) -> None:
    text = toml(drop(FULL, path))
    if may_be_missing(path):
        parse_procedure(text)
    elif path[-1] in ("source", "because") and len(path) > 1 and path[0] != "not_encoded":
        around = spelled(path[:-1])
        assert problems(text) == (f"{around}: needs either a source or a because",)
    elif path[0] == "authority" and len(path) == 2:
        assert f"{spelled(path)}: is missing (phase " in problems(text)[0]
    else:
        told = problems(text)
        assert f"{spelled(path)}: is missing" in told
        assert len(about(told, spelled(path))) == 1


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_misspelt_is_named_with_the_nearest(path: Path) -> None:
    wrong = misspelt(str(path[-1]))
    text = toml(rename(FULL, path, wrong))
    if pattern(path[:-1]) == "not_encoded":
        parse_procedure(text)
        return
    told = about(problems(text), spelled((*path[:-1], wrong)))[0]
    if pattern(path[:-1]) == "authority":
        assert "is no command of the lifecycle" in told
    else:
        assert f"is not a key here; did you mean {path[-1]}?" in told


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_stands_twice_is_no_toml(path: Path) -> None:
    (told,) = problems(toml(twice(FULL, path)))
    assert told.startswith("is not TOML: ")
    assert "line " in told


@pytest.mark.parametrize("path", PLACES, ids=spelled)
def test_a_text_that_cannot_be_encoded_is_no_utf_8(path: Path) -> None:
    if isinstance(at(FULL, path), str):
        assert problems(toml(put(FULL, path, "\ud800"))) == ("is not UTF-8 text",)
