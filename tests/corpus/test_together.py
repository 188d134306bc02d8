"""Several mistakes in one file: all of them are told, each at its place."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from itertools import product
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from klimaflow import CaseError, History, HistoryError, PolicyError
from klimaflow.policy import parse_procedure
from klimaflow.testing.stories import parse_story
from tests import strategies as _profile  # noqa: F401 - 200 examples, always the same
from tests.corpus import cases, policies, test_records
from tests.corpus.checking import about, problems
from tests.corpus.mutations import VALUES, Path, drop, misspelt, put, rename, spelled
from tests.corpus.writing import toml

SPEAKING = [name for name in VALUES if name != "deep"]  # that is told before anything is read


@frozen
class Mistake:
    """A way to spoil a table at a place, and where it is told."""

    place: Path
    make: Callable[[Any], Any] = field(repr=False)
    told_at: str
    beside: Path = ()
    """What it contradicts, if that is elsewhere."""

    def apart_from(self, other: "Mistake") -> bool:
        """Tell whether neither stands within the other, nor says what the other is."""
        pairs = product(self._ruled(), other._ruled())
        return not any(starts_with(a, b) or starts_with(b, a) for a, b in pairs)

    def _ruled(self) -> list[Path]:
        does = self.place[-1] in ("do", "event")  # that says what else there is beside it
        return [self.place[:-1] if does else self.place, *([self.beside] if self.beside else [])]


def starts_with(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def wrong_values(paths: Sequence[Path], fits: Callable[[Path], set[str]]) -> list[Mistake]:
    """Return a mistake for each value of the corpus that does not fit."""
    return [
        put_at(path, VALUES[name], beside=_held_against(path))
        for path in paths
        for name in SPEAKING
        if name not in fits(path)
    ]


def wrong_keys(paths: Sequence[Path], optional: Callable[[Path], bool]) -> list[Mistake]:
    """Return for each key that must be there two mistakes: it is missing, or it is misspelt."""
    keys = [path for path in paths if isinstance(path[-1], str) and not optional(path)]
    found = []
    for path in keys:
        cites = path[-1] in ("source", "because") and len(path) > 1 and path[0] != "not_encoded"
        where = spelled(path[:-1] if cites else path)
        found.append(Mistake(path, partial(drop, path=path), where))
        name = misspelt(str(path[-1]))
        found.append(Mistake(path, partial(rename, path=path, name=name), where))
    return found


def _held_against(path: Path) -> Path:
    """Return where it stands whether there is such a fund, such a criterion, such a refusal."""
    if path[-1] == "permitted":
        return (*path[:-1], "refused_by")
    return ("procedure",) if path[0] == "committed" or path[-1] == "criterion" else ()


def put_at(path: Path, value: Any, told_at: str = "", beside: Path = ()) -> Mistake:
    return Mistake(path, partial(put, path=path, value=value), told_at or spelled(path), beside)


CONTRADICTIONS = [
    put_at(("rounds", 0, "approval"), "fredag 2024-04-25 09:00"),
    put_at(("rounds", 0, "qualification"), "mandag 2024-04-29 09:00", "rounds[0].approval",
           ("rounds", 0, "approval")),
    put_at(("rounds", 1, "committee"), "torsdag 2024-05-30", beside=("rounds", 0, "committee")),
    put_at(("rounds", 1, "id"), "2024-spring", beside=("rounds", 0, "id")),
    put_at(("criteria", 1, "id"), "need-from-climate-plans", beside=("criteria", 0, "id")),
    put_at(("funders", 1, "id"), "realdania", beside=("funders", 0, "id")),
    put_at(("funders", 1, "authority"), "1086"),
    put_at(("funds", 0, "funders"), ["realdania", "danske-bank"], "funds[0].funders[1]"),
    put_at(("funds", 1, "id"), "realdania", beside=("funds", 0, "id")),
    put_at(("authority", "start"), ["mayor"], "authority.start[0]"),
    put_at(("authority", "begin"), ["secretariat"]),
    put_at(("authority", "start@idea"), ["secretariat"]),
    put_at(("zone",), "Europe/Kopenhagen"),
    put_at(("valid_from", "value"), date(2028, 1, 1), "valid_until", ("valid_until", "value")),
    put_at(("participants", "advisory_at"), ["start"], "participants.advisory_at[0]",
           ("participants", "binding_at")),
    put_at(("participants", "binding_at"), ["approve"], "participants.binding_at[0]"),
    put_at(("readings", "deadline", "because"), "and so", "readings.deadline",
           ("readings", "deadline", "source")),
    put_at(("readings", "resolution", "source"), {"section": "s", "quote": "q"},
           "readings.resolution", ("readings", "resolution", "because")),
    put_at(("criteria", 0, "because"), "and so", "criteria[0]", ("criteria", 0, "source")),
]  # fmt: skip

POLICY_MISTAKES = [
    *CONTRADICTIONS,
    *wrong_keys(policies.PLACES, policies.may_be_missing),
    *wrong_values(
        [path for path in policies.PLACES if len(path) > 1],
        lambda path: policies.FITS[policies.kind(path)],
    ),
]
CASE_MISTAKES = [
    put_at(("committed", "danske-bank"), 1, beside=("procedure",)),
    put_at(("step", 7, "criterion"), "no-criterion", beside=("procedure",)),
    put_at(("step", 19, "refused_by"), ["no-rule"], "step[19].refused_by[0]"),
    put_at(("step", 0, "at"), "2024-03-31 02:30"),
    put_at(("step", 1, "at"), "2024-10-27 02:30"),
    put_at(("step", 2, "participants"), ["0751", "0752"], "step[2].participants[1]"),
    put_at(("step", 3, "by"), "mayor:0751"),
    put_at(("step", 4, "do"), "describe-it"),
    *wrong_keys(cases.UNALIKE, cases.may_be_missing),
    *wrong_values(
        [path for path in cases.UNALIKE if path != ("step",)],
        lambda path: cases.FITS_HERE[cases.kind(path)],
    ),
]
RECORD_MISTAKES = [
    Mistake(path, partial(put, path=path, value=test_records.VALUES[name]),
            test_records.place(path))
    for path in test_records.UNALIKE
    for name in test_records.VALUES
    if name not in test_records.fits(path)
]  # fmt: skip


def several(mistakes: list[Mistake]) -> st.SearchStrategy[list[Mistake]]:
    """Return two to five mistakes that have nothing to do with one another."""
    kinds = st.sampled_from(mistakes[:20]) | st.sampled_from(mistakes)
    return st.lists(kinds, min_size=5, max_size=9).map(_apart).filter(lambda some: len(some) > 1)


def _apart(mistakes: list[Mistake]) -> list[Mistake]:
    kept: list[Mistake] = []
    for mistake in mistakes:
        if all(mistake.apart_from(other) for other in kept):
            kept.append(mistake)
    return kept[:5]


def spoilt(table: Any, mistakes: list[Mistake]) -> Any:
    for mistake in mistakes:
        table = mistake.make(table)
    return table


def untold(mistakes: list[Mistake], told: tuple[str, ...]) -> list[str]:
    return [mistake.told_at for mistake in mistakes if not about(told, mistake.told_at)]


@given(several(POLICY_MISTAKES))
def test_all_mistakes_of_a_policy_are_told(mistakes: list[Mistake]) -> None:
    text = toml(spoilt(policies.FULL, mistakes))
    assert untold(mistakes, problems(partial(parse_procedure, text), PolicyError)) == []


@given(several(CASE_MISTAKES))
def test_all_mistakes_of_a_case_are_told(mistakes: list[Mistake]) -> None:
    text = toml(spoilt(cases.FULL, mistakes))
    assert untold(mistakes, problems(partial(parse_story, text), CaseError)) == []


@given(several(RECORD_MISTAKES))
def test_all_mistakes_of_records_are_told(mistakes: list[Mistake]) -> None:
    records = spoilt(test_records.RECORDS, mistakes)
    read = partial(History.from_records, records, test_records.PROCEDURE)
    assert untold(mistakes, problems(read, HistoryError)) == []


@pytest.mark.parametrize("mistake", CONTRADICTIONS, ids=lambda each: spelled(each.place))
def test_each_contradiction_alone_is_told(mistake: Mistake) -> None:
    text = toml(spoilt(policies.FULL, [mistake]))
    told = problems(partial(parse_procedure, text), PolicyError)
    assert about(told, mistake.told_at)
