"""Many cases on one command line: files, and folders of them; the mistakes of all at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from klimaflow.case import load_case
from klimaflow.cli.progress import counted
from klimaflow.cli.shared import Unreadable
from klimaflow.errors import CaseError
from klimaflow.policy import read_bytes
from klimaflow.report import Course

__all__ = ["case_files", "courses_of", "is_case", "refuse"]


def case_files(cases: Sequence[str]) -> Iterator[str]:
    """Yield each file that is named, and each case file of a folder; raise `Unreadable`."""
    for name in cases:
        if not os.path.isdir(name):
            yield name
            continue
        try:
            held = [path for path in sorted(Path(name).glob("*.toml")) if is_case(path)]
        except OSError as error:
            raise Unreadable(name, [f"cannot be read: {error.strerror}"]) from None
        if not held:
            raise Unreadable(name, ["has no case files: *.toml with a `case` in it"])
        yield from map(str, held)


def is_case(path: Path) -> bool:
    """Tell whether a file is meant as a case; one that cannot be read may be, and is told of."""
    if path.name.endswith(".story.toml"):
        return False
    try:
        return "case" in tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return True


def courses_of(names: Sequence[str]) -> list[Course]:
    """Return the course of each case; raise `Unreadable` with the problems of all of them."""
    courses: list[Course] = []
    problems: list[str] = []
    for name in counted([*dict.fromkeys(names)]):
        try:
            courses.append(Course.of(load_case(name)))
        except CaseError as error:
            problems += Unreadable(name, error.problems).problems
    refuse(problems)
    return courses


def refuse(problems: Sequence[str]) -> None:
    """Raise `Unreadable` with these lines, if there are any."""
    if problems:
        error = Unreadable("klimaflow", [])
        error.problems = [*problems]
        raise error
