"""Every place of a history's records, spoilt in every way: a HistoryError that names the place."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest

from klimaflow import History, HistoryError, load_procedure
from klimaflow.commands import Command
from klimaflow.events import EVENTS
from tests.conftest import COMMITTEE, CRITERIA, SECRETARIAT, SHIPPED, command, consent, told
from tests.corpus.checking import about
from tests.corpus.checking import problems as told_of
from tests.corpus.mutations import Path, at, drop, misspelt, pattern, places, put, rename, spelled

PROCEDURE = load_procedure(SHIPPED)
AUTUMN = {"at": "2024-11-21 13:00"}
LATER = {"at": "2024-12-01 10:00"}


def eventful() -> Iterable[Command]:
    """Yield commands of nearly every kind, all of them permitted in this order."""
    opening = ("register-idea", "enlist-participants", "release-participant")
    yield from (command(do) for do in opening)
    again = [{"id": "cvr:1", "name": "Vand A/S", "kind": "company"}, "0461"]
    yield command("enlist-participants", participants=again)
    yield from (command(do) for do in ("describe", "propose-budget", "hold-sparring"))
    yield command("submit-for-qualification")
    yield from (command("assess-criterion", criterion=each) for each in CRITERIA)
    yield command("submit-for-approval")
    yield command("defer", at="2024-05-01 10:00", by=SECRETARIAT)
    yield command("put-before-committee", at="2024-11-20 10:00")
    yield command("approve", **AUTUMN, conditions=["En plan"])
    yield consent("realdania", 1_500_000, **AUTUMN, conditions=["Tal"], valid_until="2025-12-31")
    yield command("withdraw-consent", **LATER)
    yield command("refuse-consent", **LATER)
    yield command("meet-condition", **LATER)
    yield command("amend-grant", **LATER)
    yield command("return", **LATER, by=COMMITTEE)
    yield command("withdraw", at="2024-12-24 10:00")


RECORDS: list[dict[str, Any]] = told(History(PROCEDURE), *eventful()).to_records()

DEEP: Any = []
for _ in range(20_000):
    DEEP = [DEEP]

VALUES: dict[str, Any] = {
    "null": None,
    "text": "x",
    "empty text": "",
    "blank text": " \t\N{ZERO WIDTH SPACE}",
    "bell": "a\x07\x1b[31m\nb",
    "long text": "x" * 20_001,
    "lone surrogate": "a\ud800",
    "number": 7,
    "negative": -1,
    "beyond": 10**12 + 1,
    "huge": 10**5000,
    "float": 1.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "true": True,
    "empty list": [],
    "list": ["x"],
    "tuple": ("x",),
    "empty table": {},
    "table": {"x": 1},
    "table of odd keys": {5: 1, None: 2, 10**5000: 3, "\ud800": 4, "a\n": 5},
    "deep": DEEP,
    "bytes": b"x",
    "object": object(),
}
"""Values that JSON has, and some that only Python has."""

_TEXTS = {"text", "bell"}
_ANY_TEXTS = {*_TEXTS, "empty text", "blank text"}
_BY_VALUES: dict[tuple[str, ...], set[str]] = {
    ("title", "name"): _TEXTS,
    ("summary", "adviser", "notes", "need", "reason", "condition"): _ANY_TEXTS,
    ("round", "funder", "participant"): _ANY_TEXTS,
    ("id", "criterion"): {"text"},
    ("results_open", "proven_solution", "met"): {"true"},
    ("contributions", "granted", "committed"): {"empty table", "table"},
    ("participants", "elements"): {"empty list"},
    ("amount",): {"number"},
    ("cofinancing",): {"number", "null"},
    ("valid_until",): {"null"},
    ("conditions",): {"empty list", "list", "tuple"},
}
FITS: dict[str, set[str]] = {key: fit for keys, fit in _BY_VALUES.items() for key in keys}

PLACES = [path for path, _ in places(RECORDS)]
_SEEN: dict[tuple[str, str], Path] = {}
for path in PLACES:
    event = RECORDS[int(path[0])].get("event", "head")
    _SEEN.setdefault((event if "said" in path else event[:4] == "head", pattern(path)), path)
UNALIKE = [path for path in _SEEN.values() if len(path) > 1]
KEYS = [path for path in UNALIKE if isinstance(path[-1], str)]


def fits(path: Path) -> set[str]:
    """Return the names of the values that a place takes."""
    last = path[-1]
    if isinstance(last, int):
        return _TEXTS if path[-2] == "conditions" else set()
    if path[-2] in ("contributions", "granted", "committed"):
        return {"number"}
    if last == "said":
        return set() if at(RECORDS, path) else {"empty table"}
    return FITS.get(last, set()) if "said" in path[:-1] else set()


def place(path: Path) -> str:
    """Return where a problem with this place is told; the head's count is of all records."""
    if path == (0, "events"):
        return "records"
    if path[:2] == (0, "procedure"):
        return "records[0].procedure"
    return f"records{spelled(path)}"


def problems(records: Any) -> tuple[str, ...]:
    return told_of(partial(History.from_records, records, PROCEDURE), HistoryError)


def test_the_records_to_be_spoilt_are_none_yet_and_have_nearly_every_event() -> None:
    again = History.from_records(RECORDS, PROCEDURE)
    assert again.to_records() == RECORDS
    assert {record.get("event") for record in RECORDS} >= set(EVENTS) - {"Rejected", "Started"}


@pytest.mark.parametrize("path", UNALIKE, ids=spelled)
def test_a_value_of_another_kind_is_named(path: Path) -> None:
    for name, value in VALUES.items():
        spoilt = put(RECORDS, path, value)
        if name in fits(path):
            History.from_records(spoilt, PROCEDURE)
        else:
            assert about(problems(spoilt), place(path)), name


@pytest.mark.parametrize("number", [0, 1, len(RECORDS) - 1])
def test_what_is_no_record_is_named(number: int) -> None:
    for name, value in VALUES.items():
        assert about(problems(put(RECORDS, (number,), value)), f"records[{number}]"), name
    for value in VALUES.values():
        problems(value)


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_missing_is_named(path: Path) -> None:
    spoilt = drop(RECORDS, path)
    if path[-2] in ("contributions", "granted", "committed"):
        History.from_records(spoilt, PROCEDURE)
    elif "said" in path[:-1]:
        assert problems(spoilt) == (f"{place(path)}: is missing",)
    elif len(path) == 3:
        assert problems(spoilt)[0].startswith("records[0].procedure: is not {'id': ")
    else:
        assert f"records[{path[0]}]: expected " in "\n".join(problems(spoilt))


@pytest.mark.parametrize("path", KEYS, ids=spelled)
def test_a_key_that_is_misspelt_is_named(path: Path) -> None:
    wrong = misspelt(str(path[-1]))
    spoilt = rename(RECORDS, path, wrong)
    if path[-2] in ("contributions", "granted", "committed"):
        History.from_records(spoilt, PROCEDURE)
    elif "said" in path[:-1]:
        told = about(problems(spoilt), place((*path[:-1], wrong)))
        assert f"is not a key here; did you mean {path[-1]}?" in told[0]
    else:
        assert about(problems(spoilt), f"records[{path[0]}]")
