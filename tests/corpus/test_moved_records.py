"""Every place of the head and the change of a moved history, spoilt: an error that names it."""

from functools import partial
from typing import Any

import pytest

from klimaflow import History, HistoryError, Phase, load_procedure
from tests.conftest import SECRETARIAT, SHIPPED, command, in_phase, policy
from tests.corpus.checking import about
from tests.corpus.checking import problems as told_of
from tests.corpus.mutations import Path, at, drop, misspelt, places, put, rename, spelled
from tests.corpus.test_records import VALUES

SOONER = ('approval = "torsdag 2024-04-25 09:00"', 'approval = "fredag 2024-04-19 09:00"')
FIRST, SECOND = load_procedure(SHIPPED), policy(("edition = 1", "edition = 2"), SOONER)
HISTORY = (
    in_phase(Phase.APPROVAL_PROCESS, FIRST)
    .under(SECOND, SECRETARIAT, "Ny frist.", "2024-05-02 10:00", ["11 submit-for-approval"])
    .then(command("put-before-committee"))
)
RECORDS: list[dict[str, Any]] = HISTORY.to_records()
CHANGE = 12
LATE = 10
"""Which record is the change, and which of its verdicts refuses."""

IDENTITY = ("id", "edition", "sha256")

PLACES = [
    path
    for path, _ in places(RECORDS)
    if path[0] in (0, CHANGE)
    and len(path) > 1
    and (len(path) < 4 or path[3] in (0, LATE, *IDENTITY))
]
KEYS = [path for path in PLACES if isinstance(path[-1], str)]


def fits(path: Path) -> set[str]:
    """Return the names of the values that a place takes."""
    if path[-1] in ("before", "after") and "verdicts" in path:
        return {"empty list", "list", "tuple"}
    if path[-2] in ("before", "after") and "verdicts" in path:
        return {"text"}
    return {"reason": {"text", "bell"}}.get(str(path[-1]), set())


def problems(records: Any) -> tuple[str, ...]:
    return told_of(partial(History.from_records, records, FIRST, SECOND), HistoryError)


def place(path: Path) -> str:
    """Return where a problem with this place is told, or the place around it."""
    if path in ((0, "events"), (0, "changes"), (CHANGE, "event")):
        return "records"
    as_a_whole = ("procedure", "opened_under") if path[0] == 0 else ("before", "after")
    keep = next((n for n, key in enumerate(path) if key in as_a_whole), len(path))
    if "verdicts" in path:
        keep = 2 if path[-1] in ("number", "do") else len(path)
    around = path[: keep + 1]
    return f"records{spelled(around)}"


def test_the_records_to_be_spoilt_are_none_yet() -> None:
    assert History.from_records(RECORDS, FIRST, SECOND).to_records() == RECORDS
    assert RECORDS[CHANGE]["event"] == "ProcedureChanged"
    assert RECORDS[CHANGE]["said"]["verdicts"][LATE]["after"] == ["before-approval-deadline"]


@pytest.mark.parametrize("path", PLACES, ids=spelled)
def test_a_value_of_another_kind_is_named(path: Path) -> None:
    for name, value in VALUES.items():
        spoilt = put(RECORDS, path, value)
        if name in fits(path):
            History.from_records(spoilt, FIRST, SECOND)
        else:
            assert about(problems(spoilt), place(path)), name


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_missing_or_misspelt_is_named(path: Path) -> None:
    for spoilt in (drop(RECORDS, path), rename(RECORDS, path, misspelt(str(path[-1])))):
        around = f"records{spelled(path[:-1])}"
        assert about(problems(spoilt), around) or path == (CHANGE, "event")


@pytest.mark.parametrize("number", [0, CHANGE])
def test_what_is_no_record_is_named(number: int) -> None:
    for name, value in VALUES.items():
        told = problems(put(RECORDS, (number,), value))
        assert about(told, f"records[{number}]"), name
    assert at(RECORDS, (number,))
