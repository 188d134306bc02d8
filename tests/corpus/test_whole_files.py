"""Files that are spoilt as a whole: of no size, of any size, of no encoding, without a bottom."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from attrs import frozen

from klimaflow import CaseError, PolicyError, load_procedure
from klimaflow.case import load_case, parse_case
from klimaflow.policy import parse_procedure
from klimaflow.testing.stories import load_story, parse_story
from tests.conftest import POLICY
from tests.corpus.cases import FULL, plain
from tests.corpus.checking import problems
from tests.corpus.writing import toml

KIB = 1024
CASE = toml(FULL)
DEEP = 10_000


@frozen
class Format:
    """One kind of file: how its text and its path are read, and a text that is one."""

    parse: Callable[[str | bytes], object]
    load: Callable[[str | Path], object]
    error: type[PolicyError] | type[CaseError]
    good: str


FORMATS = {
    "policy": Format(parse_procedure, load_procedure, PolicyError, POLICY),
    "case": Format(parse_case, load_case, CaseError, toml(plain())),
    "story": Format(parse_story, load_story, CaseError, CASE),
}

WHOLE: dict[str, tuple[str | bytes, str]] = {
    "10 MB": (b"#" * 10_000_000, "is larger than 256 KiB"),
    "10 MB of brackets": (b"x=" + b"[" * 10_000_000, "is larger than 256 KiB"),
    "a byte too many": (b"#" * (256 * KIB + 1), "is larger than 256 KiB"),
    "letters of two bytes": ("#" + "æ" * (128 * KIB), "is larger than 256 KiB"),
    "not UTF-8": (b'x = "\xff"', "is not UTF-8 text"),
    "Latin-1": ('x = "\u00e6"'.encode("latin-1"), "is not UTF-8 text"),
    "cut in a letter": ('x = "æ'.encode()[:-1], "is not UTF-8 text"),
    "UTF-16": ("x = 1".encode("utf-16"), "is not UTF-8 text"),
    "UTF-16 without a mark": ("x = 1".encode("utf-16-le"), "is not TOML: "),
    "UTF-32": ("x = 1".encode("utf-32"), "is not UTF-8 text"),
    "a surrogate": ('x = "\ud800"', "is not UTF-8 text"),
    "a surrogate in CESU": (b'x = "\xed\xa0\x80"', "is not UTF-8 text"),
    "a byte order mark": (b"\xef\xbb\xbfx = 1", "begins with a byte order mark: save it without"),
    "NUL": (b"x = 1\x00", "is not TOML: "),
    "only NUL": (b"\x00" * 1000, "is not TOML: "),
    "a control character": (b'x = "\x07"', "is not TOML: "),
    "a bare carriage return": (b"x = 1\ry = 2", "is not TOML: "),
    "JSON": (b'{"id": "klimaalliancen-2024"}', "is not TOML: "),
    "an open text": ('x = "' + "a" * 1000, "is not TOML: "),
    "an open list": ("x = [" + "1," * 1000, "is not TOML: "),
    "brackets": ("x = " + "[" * DEEP, "is nested too deeply"),
    "brackets, closed": ("x = " + "[" * DEEP + "]" * DEEP, "is nested too deeply"),
    "braces": ("x = " + "{a = " * DEEP + "1" + "}" * DEEP, "is nested too deeply"),
    "seventeen lists": ("x = " + "[" * 17 + "]" * 17, "x" + "[0]" * 15 + ": is nested too deeply"),
    "a key of many parts": (".".join("a" * DEEP) + " = 1", "is nested too deeply"),
    "a key of quoted parts": (" . ".join(['"a b"', "'c'"] * 5_000) + " = 1", "is nested too deep"),
    "a head of many parts": ("[" + ".".join("a" * DEEP) + "]", "is nested too deeply"),
    "a key in a table": ("x = {" + ".".join("a" * DEEP) + " = 1}", "is nested too deeply"),
    "seventeen parts": (".".join("a" * 17) + " = []", ".".join("a" * 16) + ": is nested too deep"),
    "a decimal number": ("x = " + "9" * 5_000, "is not TOML: a number has more than 4,300 digits"),
    "a table twice": ("[a]\n[a]\n", "is not TOML: "),
    "a long table twice": (f"[{'a' * 60_000}]\n" * 2, "is not TOML: "),
    "a list and a table": ("[[a]]\n[a]\n", "is not TOML: "),
    "no such time": ("x = 2024-02-30T00:00:00Z", "is not TOML: "),
}


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.mark.parametrize("name", WHOLE)
def test_one_problem_says_it_in_no_time(form: Format, name: str, tmp_path: Path) -> None:
    content, expected = WHOLE[name]
    began = time.monotonic()
    told = problems(partial(form.parse, content), form.error)
    if isinstance(content, bytes):
        file = tmp_path / "file.toml"
        file.write_bytes(content)
        assert problems(partial(form.load, file), form.error) == told
        assert problems(partial(form.load, str(file)), form.error) == told
    assert time.monotonic() - began < 5
    assert len(told) == 1
    assert told[0].startswith(expected)


@pytest.mark.parametrize("empty", [b"", "", "\n\n", "# nothing\r\n", " \t"])
def test_an_empty_file_lacks_everything(form: Format, empty: str | bytes) -> None:
    told = problems(partial(form.parse, empty), form.error)
    assert len(told) > 2
    assert all(line.endswith(": is missing") for line in told)


def test_the_largest_file_is_read(form: Format, tmp_path: Path) -> None:
    content = (form.good + "\n# ").encode()
    content += b"x" * (256 * KIB - len(content))
    assert form.parse(content) == form.parse(form.good.replace("\n", "\r\n"))
    file = tmp_path / "file.toml"
    file.write_bytes(content)
    assert form.load(file) == form.parse(form.good)


def test_many_mistakes_are_told_in_a_moment(form: Format) -> None:
    many = "".join(f"k{number} = 1\n" for number in range(20_000))
    began = time.monotonic()
    assert problems(partial(form.parse, many + form.good), form.error)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("path", ["", ".", "no\0file", "x" * 5_000, "no/such.toml", "\ud800"])
def test_what_is_no_file_is_told(form: Format, path: str) -> None:
    (told,) = problems(partial(form.load, path), form.error)
    assert told.startswith(("'", '"'))


def test_a_pipe_is_not_waited_for(form: Format, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (told,) = problems(partial(form.load, tmp_path / "pipe"), form.error)
    assert told.endswith("is not a file")
