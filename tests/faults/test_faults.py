"""A few faults that between them break each property; `make faults` plants all, each on its own."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
import tomlkit

from klimaflow import Procedure
from klimaflow.policy import parse_procedure
from klimaflow.verify import properties
from tests.conftest import POLICY
from tests.faults.campaign import KINDS, verified
from tests.faults.fault import planted
from tests.faults.verifying import nothing_idle, proved

FAULTS = {fault.name: fault for faults in KINDS.values() for fault in faults}
ROUNDS = ("spring", "autumn")
REPORTS = {"data-count"}
"""What decides nothing is reported and no property is broken by it."""


def required(*names: str) -> tuple[str, ...]:
    return tuple(f"requirement:{name}" for name in names)


def of_rounds(*names: str) -> tuple[str, ...]:
    return required(*(f"{each}-{name}" for each in ROUNDS for name in names))


BREAKS: Mapping[str, tuple[str, ...]] = {
    "deadlines are exclusive": of_rounds("qualification-in-time", "approval-in-time"),
    "a minute of grace": of_rounds("qualification-not-late", "approval-not-late"),
    "the meeting is a day late": of_rounds("approved-on-the-day"),
    "validity a day short": required("to-the-end-of-2027"),
    "fund realdania a krone too small": required("all-ten-million-of-realdania"),
    "four authorities are needed": required("three-suffice-to-submit", "three-suffice-to-start"),
    "no criterion binds, and qualification neither": required(
        "qualified-first-from-idea", "qualified-first-from-sparring"
    ),
    "put-before-committee without secretariat": (
        *("phases-reached", "decided-in-its-round", "rounds-possible", "no-vain-submission"),
        *("moves-taken", "not-only-withdrawal", *of_rounds("decided-at-the-meeting")),
    ),
    "withdraw without proposer": ("final-reachable",),
    "committee-has-met never refuses": (
        *("rules-decide",),
        *of_rounds("not-approved-before-the-meeting", "not-rejected-before-the-meeting"),
    ),
    "one criterion is enough": ("start-with-criteria", *required("criteria-first")),
    "within-fund never refuses": (
        *("within-funds",),
        *required("twenty-million-in-all", "ten-million-of-realdania"),
    ),
    "every-party-consents never refuses": (
        *("start-with-consents",),
        *required("every-party-consents"),
    ),
    "within-partnership never refuses": ("start-within-partnership", *required("not-after-2027")),
    "before-approval-deadline off by one": ("deadlines-met-and-missed",),
    "one more authority counts": (
        *("start-with-authorities",),
        *required("three-to-submit", "three-to-start"),
    ),
    "anyone may consent for a funder": (
        *("own-consent",),
        *required("each-for-itself", "only-the-committee-approves", "only-the-committee-rejects"),
    ),
    "a final phase can be left": ("final-is-final",),
}

TOGETHER = (
    (
        *("deadlines are exclusive", "the meeting is a day late", "validity a day short"),
        *("fund realdania a krone too small", "four authorities are needed"),
        "no criterion binds, and qualification neither",
    ),
    ("a minute of grace", "withdraw without proposer"),
    ("put-before-committee without secretariat",),
    ("committee-has-met never refuses",),
    (
        *("within-fund never refuses", "every-party-consents never refuses"),
        *("within-partnership never refuses", "before-approval-deadline off by one"),
    ),
    ("one criterion is enough", "one more authority counts"),
    ("anyone may consent for a funder",),
    ("a final phase can be left",),
)
"""The faults that are planted in one copy: what the one breaks, the others leave whole."""


def backwards(value: Any) -> Any:  # as TOML has it
    """Return a table with its keys in the opposite order, and so within it."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed([*value])}
    return [*map(backwards, value)] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def anew() -> Procedure:
    """The shipped procedure, its file printed without comments and in another order."""
    text = tomlkit.dumps(backwards(tomllib.loads(POLICY)))
    assert [*tomllib.loads(text)] != [*tomllib.loads(POLICY)]
    assert "#" not in text
    return parse_procedure(text)


@pytest.mark.parametrize("names", TOGETHER)
def test_a_fault_breaks_what_it_must(names: tuple[str, ...]) -> None:
    with planted(*(FAULTS[name] for name in names)) as copy:
        found = verified(1, copy)
    assert [each for name in names for each in BREAKS[name] if each not in found] == []


def test_each_of_them_is_planted() -> None:
    assert sorted(name for names in TOGETHER for name in names) == sorted(BREAKS)


def test_each_property_is_broken_by_one_and_none_without(
    procedure: Procedure, anew: Procedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(properties, "idle", nothing_idle)
    proofs = proved(anew, 1)
    assert anew.sha256 == procedure.sha256
    assert [each.id for each in proofs if not each.holds] == []
    broken = {name for names in BREAKS.values() for name in names}
    assert broken == {each.id for each in proofs} - REPORTS
