"""What is asked of every refusal of the corpus: one error, and in it each mistake on a line."""

from collections.abc import Callable

import pytest

from klimaflow import CaseError, HistoryError, PolicyError


def problems(
    read: Callable[[], object], kind: type[PolicyError] | type[CaseError] | type[HistoryError]
) -> tuple[str, ...]:
    """Return what is wrong; each mistake is one short line that any terminal can print."""
    with pytest.raises(kind) as error:
        read()
    assert type(error.value) is kind
    told = tuple(str(error.value).split("\n"))
    assert told == getattr(error.value, "problems", told) != ()
    for line in told:
        assert line.isprintable()
        assert 0 < len(line) < 600
    return told


def about(told: tuple[str, ...], path: str) -> list[str]:
    """Return the problems at a path and below it."""
    return [line for line in told if line.startswith((f"{path}:", f"{path}.", f"{path}["))]
