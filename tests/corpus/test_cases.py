"""Every place of a case file, spoilt in every way: always a CaseError that names the place."""

from functools import partial

import pytest

from klimaflow import CaseError
from klimaflow.case import parse_case
from klimaflow.commands import COMMANDS
from klimaflow.testing.stories import parse_story
from tests.corpus.cases import FITS_HERE, FULL, PLACES, STORY, UNALIKE, kind, may_be_missing, plain
from tests.corpus.checking import about
from tests.corpus.checking import problems as told_of
from tests.corpus.mutations import (
    VALUES,
    Path,
    at,
    drop,
    misspelt,
    put,
    rename,
    spelled,
    twice,
)
from tests.corpus.writing import toml

KEYS = [path for path in UNALIKE if isinstance(path[-1], str)]
FREE = ("committed", "contributions", "granted")


def problems(text: str) -> tuple[str, ...]:
    return told_of(partial(parse_story, text), CaseError)


def test_the_case_to_be_spoilt_is_none_yet_and_has_every_command() -> None:
    case = parse_story(toml(FULL))
    assert [step.command.do for step in case.steps] == list(COMMANDS)
    assert parse_case(toml(plain())).procedure == case.procedure


@pytest.mark.parametrize("path", UNALIKE, ids=spelled)
def test_a_value_of_another_kind_is_named(path: Path) -> None:
    for name, value in VALUES.items():
        text = toml(put(FULL, path, value))
        if name in FITS_HERE[kind(path)]:
            parse_story(text)
        else:
            assert about(problems(text), spelled(path)), name


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_missing_is_named(path: Path) -> None:
    text = toml(drop(FULL, path))
    if may_be_missing(path):
        parse_story(text)
    else:
        (told,) = problems(text)
        assert told.startswith(f"{spelled(path)}: is missing")


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_misspelt_is_named_with_the_nearest(path: Path) -> None:
    wrong = misspelt(str(path[-1]))
    text = toml(rename(FULL, path, wrong))
    if path[-2:-1] in (("contributions",), ("granted",)):
        parse_story(text)  # an unknown funder is refused, not unreadable
        return
    told = about(problems(text), spelled((*path[:-1], wrong)))
    if path[-1] == "do":
        assert problems(text) == (
            f"{spelled(path)}: is missing; the commands are {', '.join(COMMANDS)}",
        )
    elif path[-2:-1] == ("committed",):
        assert "is no fund of the procedure; those are realdania, regions, " in told[0]
    elif path[-1] in STORY:
        assert f"did you mean {path[-1]}?" in told[0]
    else:
        assert f"is not a key here; did you mean {path[-1]}?" in told[0]


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_stands_twice_is_no_toml(path: Path) -> None:
    (told,) = problems(toml(twice(FULL, path)))
    assert told.startswith("is not TOML: ")
    assert "line " in told


@pytest.mark.parametrize("path", PLACES, ids=spelled)
def test_a_text_that_cannot_be_encoded_is_no_utf_8(path: Path) -> None:
    if isinstance(at(FULL, path), str):
        assert problems(toml(put(FULL, path, "\ud800"))) == ("is not UTF-8 text",)


@pytest.mark.parametrize("key", STORY)
def test_only_a_story_says_what_it_expects(key: str) -> None:
    case = plain()
    case["step"][0][key] = FULL["step"][19][key]
    told = told_of(partial(parse_case, toml(case)), CaseError)
    assert told[0].startswith(f"step[0].{key}: is not a key here; ")


def test_a_case_that_is_no_story_is_told_what_its_procedure_lacks() -> None:
    case = plain()
    case["committed"] = {"realdnia": 1}
    case["step"][7]["criterion"] = "no-criterion"
    told = told_of(partial(parse_case, toml(case)), CaseError)
    assert [line.partition(":")[0] for line in told] == ["committed.realdnia", "step[7].criterion"]
