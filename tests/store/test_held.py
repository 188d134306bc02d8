"""What `verify` holds against the entries, each thing by what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, delete, update

from klimaflow import Procedure
from klimaflow.errors import CaseError, StoreError
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import copenhagen, moment
from klimaflow.store import Checkpoint, Store
from klimaflow.store.checkpoints import Head
from klimaflow.store.schema import TABLES
from klimaflow.store.sealing import asked_under, canonical, chained, genesis
from tests.conftest import command
from tests.reliability.tampering import executed, filled, inserted, rows_of, tampered
from tests.store.databases import course

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

LATER = moment("2024-02-01T09:00:00.000001Z")
OTHER = {
    "procedure": "0" * 64,
    "opened_under": "0" * 64,
    "recorded_at": LATER,
    "since": LATER,
    "version": 99,
    "length": 99,
    "revision": 99,
    "number": 99,
    "at": LATER,
    "granted": "{}",
    "promised": "{}",
}
A0 = asked_under("a0")
NOT_A_PROCEDURE = "a procedure is missing: hand in the one of SHA-256 " + "0" * 64


@pytest.fixture
def sound(engine: Engine, procedure: Procedure) -> Store:
    """Cases `a` and `b` of 14 entries, the last of `b` an erasure, and `c` of one."""
    return filled(Store(engine, procedure, records_refusals=True), "a", "b")


def changed(table: Table, values: dict[str, Any], **where: Any) -> Callable[[Connection], None]:
    mine = [table.c[name] == value for name, value in where.items()]
    return partial(executed, update(table).where(*mine).values(values))


def gone(table: Table, **where: Any) -> Callable[[Connection], None]:
    mine = [table.c[name] == value for name, value in where.items()]
    return partial(executed, delete(table).where(*mine))


def said(store: Store, change: Callable[[Connection], Any]) -> list[str]:
    with tampered(store, change) as after:
        return [str(each) for each in after.verify()]


def test_each_column_of_a_proposal(sound: Store) -> None:
    (row,) = (each for each in rows_of(sound, TABLES.proposal) if each["case_id"] == "a")
    for column in row.keys() - {"case_id"}:
        other = OTHER.get(column, "x")
        (told,) = said(sound, changed(TABLES.proposal, {column: other}, case_id="a"))
        expected = f"the proposal has {column} {other}, the entries say {row[column]}"
        if column in ("procedure", "opened_under"):
            expected = NOT_A_PROCEDURE
        assert told == f"a, position 14: {expected}"


def test_each_column_of_an_entry(sound: Store) -> None:
    (row,) = (each for each in rows_of(sound, TABLES.event) if each["case_id"] == "c")
    for column in row.keys() - {"case_id", "position", "body", "beside", "hash"}:
        other = OTHER.get(column, "x")
        (told,) = said(sound, changed(TABLES.event, {column: other}, case_id="c"))
        expected = f"{column} is {other} in the column and {row[column]} in the body"
        assert told == f"c, position 1: {expected}"
    (told,) = said(sound, changed(TABLES.event, {"hash": "0" * 64}, case_id="c"))
    assert told == "c, position 1: the hash is not that of what is stored"
    (told,) = said(sound, changed(TABLES.event, {"position": 2}, case_id="c"))
    assert told == "c, position 1: position 1 is missing"
    told, *_ = said(sound, gone(TABLES.event, case_id="a", position=5))
    assert told == "a, position 5: position 5 is missing"
    (told,) = said(sound, changed(TABLES.event, {"beside": b"{}"}, case_id="a", position=1))
    assert told == "a, position 1: /record/said/title is missing and was not erased on the record"


def test_the_form_of_a_body_whose_chain_was_written_anew(sound: Store) -> None:
    bodies: list[Any] = [
        {"kind": "event"},
        {"case": "c", "position": 1, "kind": "event", "record": 5},
        {"case": "c", "position": 1, "kind": "event", "record": {"at": 5}},
        {"case": "c", "position": 1, "kind": "event", "record": {"at": "never"}},
    ]
    for body in bodies:
        stored = canonical(body)
        values = {"body": stored, "hash": chained(genesis("c"), stored)}
        (told,) = said(sound, changed(TABLES.event, values, case_id="c"))
        assert told == "c, position 1: the body is not of the form that a store writes"


def test_the_table_that_a_body_is(sound: Store) -> None:
    for octets in [b"[]", b"5", b"{", b"\xff", b"[" * 9_999]:
        values = {"body": octets, "hash": chained(genesis("c"), octets)}
        (told,) = said(sound, changed(TABLES.event, values, case_id="c"))
        assert told == "c, position 1: what is stored is no table of JSON"
    (told,) = said(sound, changed(TABLES.event, {"beside": b"{ }"}, case_id="c"))
    assert told == "c, position 1: what stands beside it is not in canonical form"


def test_the_value_behind_a_commitment(sound: Store) -> None:
    path = "/record/said/title"
    beside = sound.trail("c")[0].beside
    behind = beside[path]
    salt, value = behind["salt"], behind["value"]
    assert salt != salt.upper()
    others: list[Any] = [
        {"salt": salt, "value": value + " "},
        {"salt": salt, "value": None},
        {"salt": salt[::-1], "value": value},
        {"salt": salt.upper(), "value": value},
        {"salt": salt[:-2], "value": value},
        {"salt": "no digits", "value": value},
        {"salt": salt},
        {"value": value},
        [salt, value],
        {},
    ]
    for other in others:
        change = changed(TABLES.event, {"beside": canonical({**beside, path: other})}, case_id="c")
        assert said(sound, change) == [
            f"c, position 1: the value of {path} is not the one that was recorded"
        ]
    more = canonical({**beside, "/record/said/need": behind})
    assert said(sound, changed(TABLES.event, {"beside": more}, case_id="c")) == [
        "c, position 1: nothing was recorded of /record/said/need"
    ]


def test_a_checkpoint_that_is_none(sound: Store) -> None:
    table = sound.checkpoint().to_dict()
    assert Checkpoint.from_dict(table).root == table["root"]
    others: list[tuple[dict[str, Any], str]] = [
        ({"format": "klimaflow.checkpoint.v0"}, "format: expected klimaflow.checkpoint.v1"),
        ({"format": "klimaflow.checkpoint.v2"}, "format: expected klimaflow.checkpoint.v1"),
        ({"algorithm": "sha-1"}, "algorithm: expected sha-256"),
        ({"algorithm": None}, "algorithm: expected sha-256"),
        ({"heads": {"a": {"length": 1, "hash": "g" * 64}}}, "heads.hash: expected 64 lower-case"),
        ({"heads": {"a": {"length": 1, "hash": "A" * 64}}}, "heads.hash: expected 64 lower-case"),
        ({"heads": {"a": {"length": 1, "hash": "0" * 63}}}, "heads.hash: expected 64 lower-case"),
        ({"heads": {"a": {"length": 1, "hash": "0" * 66}}}, "heads.hash: expected 64 lower-case"),
        ({"heads": {"a": {"length": 1, "hash": 5}}}, "heads.hash: "),
        ({"root": "0" * 64}, "root: the heads are not those"),
        ({"root": "f" * 64}, "root: the heads are not those"),
        ({"heads": []}, "heads: expected a table of heads"),
        ({"heads": {"a": {"length": 1}}}, "hash: is missing"),
        ({"at": "2024"}, "at: "),
        ({"more": 1}, "more: "),
    ]
    for other, told in others:
        with pytest.raises(StoreError, match=told):
            Checkpoint.from_dict({**table, **other})


def test_a_case_without_its_proposal_and_one_without_its_entries(sound: Store) -> None:
    (told,) = said(sound, gone(TABLES.proposal, case_id="a"))
    assert told == "a, position 14: has no proposal"
    (told,) = said(sound, gone(TABLES.event, case_id="c"))
    assert told == "c, position 1: all of its entries are missing"


def test_a_procedure(sound: Store, procedure: Procedure) -> None:
    named = f"procedure {procedure.id}, edition {procedure.edition}"
    told = f"{named}: the content is not that of its SHA-256"
    for year in range(2025, 2035):  # their hashes are on both sides of the one that stands there
        spoilt = procedure.content.replace("2024", str(year)).encode()
        assert said(sound, changed(TABLES.procedure, {"content": spoilt})) == [told]
    (row,) = rows_of(sound, TABLES.procedure)

    def two(connection: Connection) -> None:
        for sha256 in ("0" * 64, "1" * 64):
            inserted(TABLES.procedure, {**row, "sha256": sha256})(connection)

    assert said(sound, two) == [told, told]
    for values in ({"id": "a"}, {"id": "z"}, {"edition": 0}, {"edition": 2}):
        assert said(sound, changed(TABLES.procedure, values)) == [
            f"procedure {values.get('id', procedure.id)}, edition {values.get('edition', 1)}: "
            f"is {procedure.id}, edition 1"
        ]


def test_an_entry_that_is_another_than_at_the_checkpoint(sound: Store) -> None:
    heads = {**sound.checkpoint().heads, "a": Head(5, "0" * 64)}
    other = Checkpoint(LATER, FrozenMap(heads))
    assert list(map(str, sound.verify(other))) == [
        "a, position 5: is not what the checkpoint has: it, or what leads to it, is new"
    ]
    right = {**heads, "a": Head(5, sound.trail("a")[4].hash)}
    assert sound.verify(Checkpoint(other.at, FrozenMap(right))) == []


def test_a_fund(sound: Store) -> None:
    held = sound.funds()["realdania"]
    for other in (-1, 1):
        values = {"promised": held + other}
        assert said(sound, changed(TABLES.fund, values, fund="realdania")) == [
            f"fund realdania: has promised {held + other}, the cases {held}"
        ]
    assert said(sound, gone(TABLES.fund, fund="realdania")) == [
        f"fund realdania: has promised None, the cases {held}"
    ]
    assert said(sound, inserted(TABLES.fund, {"fund": "x", "promised": 0})) == [
        "fund x: has promised 0, the cases None"
    ]


def test_a_key(sound: Store, procedure: Procedure) -> None:
    named = "a, position 1: was not asked under the key that names it"
    for values in ({"key": "b"}, {"key": "c"}, {"request": "0" * 64}, {"request": "f" * 64}):
        assert said(sound, changed(TABLES.idempotency, values, key=A0)) == [named]
    moved = said(sound, changed(TABLES.idempotency, {"position": 99}, key=A0))
    lost = "a, position 1: the key under which it was asked is missing"
    assert moved == ["a, position 99: was not asked under the key that names it", lost]
    assert said(sound, gone(TABLES.idempotency, key=A0)) == [lost]
    change = changed(TABLES.idempotency, {"position": 99}, key=A0)
    told = "a: position 99 is missing"
    with tampered(sound, change) as after, pytest.raises(StoreError, match=told):
        after.execute("a", course(procedure)[0], key="a0")


def test_the_outbox(sound: Store) -> None:
    refusal = {"case_id": "a", "position": 14}
    for place in (refusal, {"case_id": "a", "position": 99}, {"case_id": "d", "position": 1}):
        assert said(sound, inserted(TABLES.outbox, place)) == [
            f"{place['case_id']}, position {place['position']}: is in the outbox and did not happen"
        ]
    assert said(sound, gone(TABLES.outbox, case_id="a")) == []


def test_a_timer(sound: Store) -> None:
    name = "qualification-deadline-near/2024-spring"
    for at in ("08:59:59.999999", "09:00:00.000001"):
        values = {"due_at": copenhagen(f"2024-04-08 {at}")}
        assert said(sound, changed(TABLES.timer, values, case_id="c", name=name)) == [
            f"c: the timer {name} is not due then"
        ]
    assert said(sound, gone(TABLES.timer, case_id="c")) == []


class TestAnErasure:
    def test_of_what_cannot_be_read_is_told_with_each_path(self, sound: Store) -> None:
        before = [*sound.export()]
        with pytest.raises(CaseError) as caught:
            sound.erase("a", [0.5], "kim", " ", "never")  # type: ignore[list-item]
        paths = [each.partition(":")[0] for each in caught.value.problems]
        assert sorted(paths) == ["at", "by", "positions[0]", "reason"]
        assert [*sound.export()] == before

    def test_of_what_is_erased_already_leaves_no_entry(self, sound: Store) -> None:
        before = sound.trail("b")
        assert sound.erase("b", [1], "secretariat:kl", "x", "2024-08-01 10:00") == 0
        assert sound.trail("b") == before

    def test_of_whoever_takes_part_takes_the_name(self, sound: Store, engine: Engine) -> None:
        firm = {"id": "cvr:00000000", "name": "Hemmelig Jensen", "kind": "company"}
        enlisted = command("enlist-participants", participants=["0751", firm])
        assert sound.execute("c", enlisted).permitted
        assert sound.erase("c", [2], "secretariat:kl", "x", "2024-08-01 10:00") == 2
        assert sound.trail("c")[1].missing == tuple(
            f"/record/said/participants/{number}/name" for number in (0, 1)
        )
        assert "Jensen" not in "".join(map(repr, rows_of(sound, TABLES.event)))
        assert sound.verify() == []

    def test_of_an_entry_that_is_named_twice_is_one(self, sound: Store) -> None:
        asked = ("secretariat:kl", "x", "2024-08-01 10:00")
        assert sound.erase("c", [1, 1], *asked) == 2
        assert sound.trail("c")[-1].body["erased"] == {"1": ["/record/by", "/record/said/title"]}
