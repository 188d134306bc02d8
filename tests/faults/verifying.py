"""Verifies the shipped procedure of the tree in which it runs, and prints what it finds as JSON.

`python -m tests.faults.verifying 2` explores with two funders.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import klimaflow
from klimaflow import Procedure, load_procedure
from klimaflow.errors import PolicyError
from klimaflow.verify import properties
from klimaflow.verify.proof import Proof
from klimaflow.verify.space import Space, Step, explored
from klimaflow.verify.watch import Watch

SHIPPED = "klimaalliancen-2024"
MOST_STATES = 60_000


def nothing_idle(_space: Space, _steps: Sequence[Step]) -> tuple[str, ...]:
    """Stand in for the search for data that decide nothing: it takes long and breaks nothing."""
    return ()


def bounded(_done: int, found: int) -> None:
    assert found < MOST_STATES, f"more than {MOST_STATES} states"


def proved(procedure: Procedure, funders: int) -> list[Proof]:
    watch = Watch(procedure)
    space = explored(procedure, funders=funders, watchers=(watch,), progress=bounded)
    return [*properties.proofs(space, watch)]


def found(funders: int) -> list[str]:
    """Return what the loader says first, or the ids of the properties that do not hold."""
    try:
        procedure = load_procedure(SHIPPED)
    except PolicyError as error:
        return [f"loader: {error.problems[0]}"]
    return [each.id for each in proved(procedure, funders) if not each.holds]


if __name__ == "__main__":
    assert Path(klimaflow.__file__).is_relative_to(Path.cwd()), "the copy's package is verified"
    with patch.object(properties, "idle", nothing_idle):
        print(json.dumps(found(int(sys.argv[1]))))
