"""Files that cannot be read, and texts beyond measure: one line each says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from klimaflow import CaseError, MomentError, PolicyError, load_procedure
from klimaflow.case import load_case, parse_case
from klimaflow.moments import moment
from klimaflow.policy import DEEPEST, MOST_BYTES, parse_procedure

NESTED = f"a = {'[' * DEEPEST}{']' * DEEPEST}\n"
BEYOND = f"a = {'[' * 5000}{']' * 5000}\n"
LONG = "x" * 300

LOADERS: list[tuple[Callable[[Path], object], type[CaseError | PolicyError]]] = [
    (load_case, CaseError),
    (load_procedure, PolicyError),
]


@pytest.mark.parametrize(("load", "error"), LOADERS, ids=["case", "policy"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"#" * (MOST_BYTES + 1), "is larger than 256 KiB"),
        (b"a = '\xff'", "is not UTF-8 text"),
        (NESTED.encode(), f"a{'[0]' * (DEEPEST - 1)}: is nested too deeply"),
        (BEYOND.encode(), "is nested too deeply"),
    ],
    ids=["large", "not text", "nested", "nested far"],
)
def test_what_stands_in_a_file(
    tmp_path: Path,
    load: Callable[[Path], object],
    error: type[CaseError | PolicyError],
    content: bytes,
    problem: str,
) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content)
    with pytest.raises(error) as told:
        load(file)
    assert told.value.problems == (problem,)


@pytest.mark.parametrize(("load", "error"), LOADERS, ids=["case", "policy"])
def test_a_name_that_no_file_can_have(
    load: Callable[[Path], object], error: type[CaseError | PolicyError]
) -> None:
    with pytest.raises(error) as told:
        load(Path(LONG))
    assert told.value.problems == (f"{LONG[:200]!r} cannot be read: File name too long",)


def test_as_much_as_may_be() -> None:
    with pytest.raises(PolicyError, match="is missing"):
        parse_procedure("#" * MOST_BYTES)
    with pytest.raises(PolicyError) as told:
        parse_procedure(NESTED.replace("[", "", 1).replace("]", "", 1))
    assert not [each for each in told.value.problems if "deeply" in each]


@pytest.mark.parametrize("line", ["", "procedure = 5\n", 'procedure = ""\n'])
def test_a_case_without_a_procedure(line: str) -> None:
    with pytest.raises(CaseError) as told:
        parse_case(f'case = "x"\n{line}')
    assert [each for each in told.value.problems if each.startswith("procedure: ")]


def test_a_number_that_cannot_be_written_is_no_moment() -> None:
    with pytest.raises(MomentError, match="a int"):
        moment(10**5000)  # type: ignore[arg-type]  # what a host may hand in
