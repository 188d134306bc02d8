"""What is not known permits nothing, whatever it is compared with."""

import operator
from collections.abc import Callable

import pytest

from klimaflow.moments import Moment, moment
from klimaflow.unknown import UNKNOWN

KNOWN: list[int | Moment] = [0, -1, 10**9, moment("2024-04-15 09:00")]


@pytest.mark.parametrize("known", [*KNOWN, UNKNOWN])
@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_no_comparison_with_it_holds(
    compare: Callable[[object, object], bool], known: object
) -> None:
    assert compare(UNKNOWN, known) is False
    assert compare(known, UNKNOWN) is False


def test_what_is_made_of_it_is_unknown() -> None:
    assert UNKNOWN + 1 is UNKNOWN
    assert 1 + UNKNOWN is UNKNOWN
    assert UNKNOWN - 1 is UNKNOWN
    assert 1 - UNKNOWN is UNKNOWN
    assert UNKNOWN.begins_at is UNKNOWN
    assert UNKNOWN.ends_at is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"
