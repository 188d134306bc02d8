"""Texts and records changed at random: read, or refused in the one way there is."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from klimaflow import CaseError, History, HistoryError, PolicyError
from klimaflow.case import load_case, parse_case
from klimaflow.policy import load_procedure, parse_procedure
from klimaflow.testing.stories import parse_story
from tests import strategies as _profile  # noqa: F401 - 200 examples, always the same
from tests.conftest import POLICY
from tests.corpus import cases, policies
from tests.corpus.checking import problems
from tests.corpus.mutations import drop, put
from tests.corpus.test_records import PLACES, PROCEDURE, RECORDS, VALUES
from tests.corpus.writing import toml

ROOT = Path(__file__).parents[2]
TOKENS = (
    *("", "\n", "\r", '"', "'", '"""', "'''", "=", ".", ",", "[", "]", "[[", "]]", "{", "}", "#"),
    *("\\", "\\u0000", "\\ud800", "\x00", "\x7f", "\ufeff", "\u2028", "æ", "{0}", "%s", "-", "+"),
    *("nan", "inf", "true", "0x", "1e400", "1_0", "2024-04-15", "09:00:00", "9" * 4301),
    *("[step]", "[[step]]", "[rounds]", "[[rounds]]", "[authority]", "because = 'x'\n", "id = 1\n"),
    *("Europe", "UTC", "fredag", "proposer:", "0751", "2024-spring", "start", "anyone"),
)

Edit = tuple[float, int, str]
edits: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 0, 1, 2, 10, 60, 400]),
        st.sampled_from(TOKENS) | st.text(max_size=12),
    ),
    min_size=1,
    max_size=5,
)
"""Where in the text, how many characters are cut out there, and what is put in."""


def edited(text: str, edits: list[Edit]) -> str:
    for where, cut, token in edits:
        start = int(where * len(text))
        text = text[:start] + token + text[start + cut :]
    return text


def moved(text: str, edits: list[Edit]) -> str:
    """Return the text with some of its lines at other places, and some twice."""
    lines = text.splitlines(keepends=True)
    for where, cut, _ in edits:
        start, end = (int(share * (len(lines) - 1)) for share in (where, 1 - where))
        lines[end:end] = lines[start : start + 1 + cut % 3]
        if cut:
            del lines[start]
    return "".join(lines)


def survives(read: Callable[[], object], error: type[Any]) -> None:
    """Read; if there is an error it is of one kind, and says what is wrong line by line."""
    try:
        read()
    except error:
        problems(read, error)


CASES = (
    toml(cases.FULL),
    toml(cases.plain()),
    (ROOT / "examples/skybrud-paa-tvaers.toml").read_text("utf-8"),
)


@given(st.sampled_from([POLICY, toml(policies.FULL)]), edits, st.sampled_from([edited, moved]))
def test_a_policy_changed_at_random(
    text: str, edits: list[Edit], change: Callable[[str, list[Edit]], str]
) -> None:
    survives(partial(parse_procedure, change(text, edits)), PolicyError)


@given(
    st.sampled_from(CASES),
    edits,
    st.sampled_from([edited, moved]),
    st.sampled_from([parse_case, parse_story]),
)
def test_a_case_changed_at_random(
    text: str,
    edits: list[Edit],
    change: Callable[[str, list[Edit]], str],
    parse: Callable[[str], object],
) -> None:
    survives(partial(parse, change(text, edits)), CaseError)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_anything_at_all_as_a_file(content: bytes | str) -> None:
    survives(partial(parse_procedure, content), PolicyError)
    survives(partial(parse_case, content), CaseError)


@given(
    st.text(max_size=60)
    | st.sampled_from(["/dev/zero", "/dev/null", "/", "~", "\ud800", "a" * 5_000])
)
def test_anything_at_all_as_a_path(path: str) -> None:
    survives(partial(load_procedure, path), PolicyError)
    survives(partial(load_case, path), CaseError)


@given(st.text(max_size=60) | st.sampled_from(["../x", "/etc/passwd", "a" * 5_000, ".", "x\0"]))
def test_anything_at_all_as_the_procedure_of_a_case(which: str) -> None:
    text = toml({**cases.plain(), "procedure": which})
    survives(partial(parse_case, text), CaseError)
    survives(partial(parse_case, text, folder=Path(__file__).parent), CaseError)


keys = st.text(max_size=8) | st.sampled_from(["schema", "number", "said", "at", "by", "event"])
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([*VALUES]).map(lambda name: VALUES[name]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.none() | json), min_size=1, max_size=4))
def test_records_changed_at_random(changes: list[tuple[Any, Any]]) -> None:
    records: Any = RECORDS
    for path, value in changes:
        try:
            records = drop(records, path) if value is None else put(records, path, value)
        except (KeyError, IndexError, TypeError):  # what led there was changed before
            continue
    survives(partial(History.from_records, records, PROCEDURE), HistoryError)


@given(json)
def test_anything_at_all_as_records(records: Any) -> None:
    survives(partial(History.from_records, records, PROCEDURE), HistoryError)
    survives(partial(History.from_records, [RECORDS[0], records], PROCEDURE), HistoryError)


@given(st.lists(st.integers(0, len(RECORDS) - 1), max_size=30))
def test_records_in_any_order_and_number(order: list[int]) -> None:
    renumbered = [
        {**RECORDS[each], "number": number} for number, each in enumerate(order, start=1) if each
    ]
    head = {**RECORDS[0], "events": len(renumbered)}
    survives(partial(History.from_records, [head, *renumbered], PROCEDURE), HistoryError)
