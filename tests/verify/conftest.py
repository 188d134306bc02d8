"""The shipped procedure explored once for all tests, and a small one that is explored in a wink."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from klimaflow import Procedure
from klimaflow.policy import read_procedure
from klimaflow.verify import Verified, verify
from klimaflow.verify.space import Space, explored
from tests.conftest import POLICY


@pytest.fixture(scope="session")
def verified(procedure: Procedure) -> Verified:
    return verify(procedure)


@pytest.fixture(scope="session")
def space(procedure: Procedure) -> Space:
    return explored(procedure, funders=1)


def small(change: Callable[[dict[str, Any]], object] = lambda _table: None) -> Procedure:
    """Return the shipped procedure with one round, criterion and funder, and then changed."""
    table = tomllib.loads(POLICY)
    for name in ("rounds", "criteria", "funders", "funds"):
        del table[name][1:]
    del table["requirements"]
    change(table)
    return read_procedure(table)
