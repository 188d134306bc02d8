"""Whoever changes what is stored is found out: by the store, and by an auditor with an export.

`rounds` is how often a campaign draws; `make reliability` draws more often.
"""

import json
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, LargeBinary, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from klimaflow import Phase, Procedure
from klimaflow.errors import StoreError
from klimaflow.store import Checkpoint, Store, audit, sealing
from klimaflow.store.checkpoints import root
from klimaflow.store.schema import TABLES
from tests.conftest import command
from tests.store.databases import brought, course

HELD = tuple(table for table in TABLES if table not in (TABLES.outbox, TABLES.timer))
AUDITED = (TABLES.procedure, TABLES.proposal, TABLES.event)


@pytest.fixture
def sound(engine: Engine, procedure: Procedure) -> Store:
    """Some cases, a refusal and an erasure among their entries."""
    store = Store(engine, procedure, records_refusals=True)
    for case in ("a", "b"):
        for number, each in enumerate(course(procedure, Phase.FUNDER_CONSENT)):
            store.execute(case, each, key=f"{case}{number}")
    store.execute("a", command("start"), key="refused")
    store.erase("b", [1], "secretariat:kl/Bo", "Efter anmodning.", "2024-07-01 10:00")
    brought(store, "c", command("register-idea", by="proposer:0751/Ann"))
    assert store.verify() == []
    assert audit.audit(store.export()) == []
    return store


@contextmanager
def tampered(store: Store, change: Callable[[Connection], Any]) -> Iterator[Store]:
    """Give the store as it is after a change, which is undone afterwards."""
    engine: Any = store._where
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        change(connection)
        yield store._on(connection)
        connection.rollback()


def missed(store: Store, *changes: tuple[str, Callable[[Connection], Any]]) -> list[str]:
    """Return the names of the changes that are not found out."""
    left = []
    for name, change in changes:
        with suppress(IntegrityError), tampered(store, change) as changed:  # refused is found
            if not changed.verify():
                left.append(name)
    return left


def rows_of(store: Store, table: Table) -> list[dict[str, Any]]:
    with store.transaction() as inside:
        connection: Any = inside._where
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def the_row(table: Table, row: dict[str, Any]) -> Any:
    return [column == row[column.name] for column in table.primary_key.columns]


def flips(store: Store, table: Table, draw: random.Random, each: int) -> Iterator[Any]:
    """Yield changes of single bits, `each` of them for each column of each row."""
    for row in rows_of(store, table):
        for column in table.columns:
            value = row[column.name]
            for _ in range(each):
                other = flipped(value, column.type, draw)
                if other is not None and other != value:
                    change = update(table).where(*the_row(table, row)).values({column: other})
                    name = f"{table.name}.{column.name} {the_row(table, row)[0].right.value}"
                    yield name, partial(_executed, change)


def flipped(value: Any, of: Any, draw: random.Random) -> Any:
    """Return the value with one bit changed; None where there is no such value."""
    if isinstance(of, LargeBinary):
        place = draw.randrange(len(value) * 8)
        changed = bytearray(value)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)
    if isinstance(value, str) and value:
        place = draw.randrange(len(value))
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
    if isinstance(value, int):
        return value ^ 1 << draw.randrange(8)
    return None if value is None or isinstance(value, str) else value.add(microseconds=1)


def test_a_bit_that_is_flipped_anywhere_is_found(sound: Store) -> None:
    draw = random.Random(1)
    changes = [change for table in HELD for change in flips(sound, table, draw, 1)]
    assert len(changes) > 400
    assert missed(sound, *draw.sample(changes, 120)) == []


def test_every_bit_of_a_body_and_of_what_is_beside_it_is_found(
    sound: Store, procedure: Procedure
) -> None:
    (row,) = [r for r in rows_of(sound, TABLES.event) if r["case_id"] == "c"]
    lines = [*sound.export()]
    found = 0
    for name in ("body", "beside"):
        for place in range(len(row[name]) * 8):
            changed = bytearray(row[name])
            changed[place // 8] ^= 1 << place % 8
            spoilt = [_with(line, "c", name, bytes(changed)) for line in lines]
            found += bool(_audited(spoilt))
    assert found == 8 * (len(row["body"]) + len(row["beside"]))


def _with(line: str, case: str, name: str, value: bytes) -> str:
    table = json.loads(line)
    if table["line"] == "entry" and table["case_id"] == case:
        table[name] = b64encode(value).decode()
    return json.dumps(table)


def _audited(lines: list[str]) -> list[str]:
    return audit.audit([each for each in lines if '"a"' not in each and '"b"' not in each])


FOLDED = {"phase", "since", "round", "revision", "proposer", "title", "granted", "promised"}
"""Columns that only whoever folds the cases can judge."""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_every_column_of_an_export_is_held_by_the_auditor(sound: Store) -> None:
    rows = [json.loads(line) for line in sound.export()]
    few = [row for row in rows if row.get("case_id") not in ("a", "b")]
    assert audit.audit(map(json.dumps, few)) == []
    for place, row in enumerate(few):
        for column in row.keys() - FOLDED:
            others: list[Any] = [None, "x", 7, [], f"{row[column]} "]
            for other in others:
                spoilt = [*few[:place], {**row, column: other}, *few[place + 1 :]]
                assert other == row[column] or _found(spoilt), f"{row['line']}.{column}: {other!r}"
    doubled = [[*few[: n + 1], *few[n:]] for n in range(len(few))]
    missing = [[*few[:n], *few[n + 1 :]] for n in range(len(few))]
    assert all(map(_found, [*doubled, *missing]))


def _found(rows: list[dict[str, Any]]) -> bool:
    try:
        return bool(audit.audit(map(json.dumps, rows)))
    except ValueError as error:
        return bool(str(error))


@pytest.mark.parametrize(
    "text", ["", "\n", "[]", "{", '{"line": "export"}', '{"line": []}', "[" * 9_999, "\ud800"]
)
def test_what_is_no_export_ends_the_auditor_with_2(text: str, tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert audit.main([str(export)]) == 2
    assert audit.main([]) == audit.main([str(export)] * 3) == 2


def test_what_the_auditor_says_obeys_nothing_that_an_export_holds(sound: Store) -> None:
    lines = [line.replace('"c"', '"\\u001b[31m\\ud800"') for line in sound.export()]
    found = audit.audit(lines)
    assert found
    assert all(each.isprintable() for each in found)


def test_a_row_that_is_removed_is_found(sound: Store) -> None:
    changes = [
        (f"{table.name} {row}", partial(_executed, delete(table).where(*the_row(table, row))))
        for table in (TABLES.proposal, TABLES.event, TABLES.idempotency)
        for row in rows_of(sound, table)
    ]
    assert missed(sound, *changes) == []


def _executed(statement: Any, connection: Connection) -> None:
    connection.execute(statement)


def _inserted(table: Table, values: dict[str, Any]) -> Callable[[Connection], None]:
    return partial(_executed, insert(table).values(values))


def test_a_row_that_is_inserted_moved_or_doubled_is_found(sound: Store) -> None:
    event = TABLES.event
    first, second, third = rows_of(sound, event)[:3]
    of_a = {"case_id": "a", "position": 1}

    def swapped(connection: Connection) -> None:
        for was, now in ((2, 99), (3, 2), (99, 3)):
            place = (event.c.case_id == "a") & (event.c.position == was)
            connection.execute(update(event).where(place).values(position=now))

    changes: list[tuple[str, Callable[[Connection], Any]]] = [
        ("doubled", _inserted(event, {**third, "case_id": "a", "position": 99})),
        ("moved to another case", _inserted(event, {**first, "case_id": "d"})),
        ("swapped", swapped),
        ("a key", _inserted(TABLES.idempotency, {"key": "x", "request": "0" * 64, **of_a})),
        ("a fund", _inserted(TABLES.fund, {"fund": "x", "promised": 1})),
        ("an envelope", _inserted(TABLES.outbox, {**of_a, "position": 99})),
        ("a timer", _inserted(TABLES.timer, {"case_id": "a", "name": "x", "due_at": second["at"]})),
    ]
    assert missed(sound, *changes) == []


def test_the_first_bad_event_is_named(sound: Store) -> None:
    event = TABLES.event
    place = (event.c.case_id == "a") & (event.c.position == 5)

    def change(connection: Connection) -> None:
        body = connection.scalar(select(event.c.body).where(place))
        assert body is not None
        connection.execute(update(event).where(place).values(body=body.replace(b"2024", b"2025")))

    with tampered(sound, change) as changed:
        (bad,) = changed.verify()
        assert (bad.case_id, bad.position) == ("a", 5)
        assert str(bad) == "a, position 5: the hash is not that of what is stored"
        assert [each[:14] for each in audit.audit(changed.export())] == ["a: position 5:"]
        with pytest.raises(StoreError, match="a, position 5"):
            changed.execute("a", command("withdraw"))


def cut_off(connection: Connection) -> None:
    """Cut off the end of a chain and set its proposal to what is left, as an insider could."""
    event, proposal = TABLES.event, TABLES.proposal
    mine = event.c.case_id == "a"
    rows = connection.execute(select(event).where(mine).order_by(event.c.position)).mappings().all()
    last, before = rows[-1], rows[-2]
    assert last["kind"] == "refusal", "its loss leaves the proposal as it was"
    connection.execute(delete(event).where(mine, event.c.position == last["position"]))
    connection.execute(delete(TABLES.idempotency).where(TABLES.idempotency.c.key == "refused"))
    left = {
        "length": before["position"],
        "head": before["hash"],
        "recorded_at": before["recorded_at"],
    }
    connection.execute(update(proposal).where(proposal.c.case_id == "a").values(left))


def rewritten(connection: Connection) -> None:
    """Write a whole chain anew, with another title, as whoever has the code could."""
    event, proposal = TABLES.event, TABLES.proposal
    mine = event.c.case_id == "c"
    (row,) = connection.execute(select(event).where(mine)).mappings().all()
    body = json.loads(row["body"])
    beside = json.loads(row["beside"])
    sealing.disclosed(body, beside)
    body["record"]["said"]["title"] = "Noget andet"
    values = sealing.sealed(body)
    stored = sealing.canonical(body)
    head = sealing.chained(sealing.genesis("c"), stored)
    anew = {"body": stored, "beside": sealing.canonical(values), "hash": head}
    connection.execute(update(event).where(mine).values(anew))
    of_c = update(proposal).where(proposal.c.case_id == "c")
    connection.execute(of_c.values(head=head, title="Noget andet"))


@pytest.mark.parametrize("change", [cut_off, rewritten])
def test_only_a_checkpoint_sees_an_end_cut_off_and_a_chain_written_anew(
    sound: Store, change: Callable[[Connection], None]
) -> None:
    checkpoint = sound.checkpoint()
    with tampered(sound, change) as changed:
        assert changed.verify() == [], "a chain alone cannot see it"
        assert audit.audit(changed.export()) == []
        assert [each.case_id for each in changed.verify(checkpoint)] == [
            "a" if change is cut_off else "c"
        ]
        assert len(audit.audit(changed.export(), checkpoint.to_dict())) == 1


def test_a_case_that_is_gone_altogether_is_seen_by_a_checkpoint(sound: Store) -> None:
    checkpoint = sound.checkpoint()

    def gone(connection: Connection) -> None:
        connection.execute(delete(TABLES.timer).where(TABLES.timer.c.case_id == "c"))
        connection.execute(delete(TABLES.outbox).where(TABLES.outbox.c.case_id == "c"))
        connection.execute(delete(TABLES.event).where(TABLES.event.c.case_id == "c"))
        connection.execute(delete(TABLES.proposal).where(TABLES.proposal.c.case_id == "c"))

    with tampered(sound, gone) as changed:
        assert changed.verify() == []
        assert [str(each) for each in changed.verify(checkpoint)] == [
            "c, position 1: all of its entries are missing"
        ]
        assert len(audit.audit(changed.export(), checkpoint.to_dict())) == 1


def test_what_happens_after_a_checkpoint_is_no_tampering(
    sound: Store, procedure: Procedure
) -> None:
    checkpoint = Checkpoint.from_dict(json.loads(json.dumps(sound.checkpoint().to_dict())))
    brought(sound, "d", *course(procedure))
    brought(sound, "a", command("withdraw"))
    assert sound.verify(checkpoint) == []
    assert sound.checkpoint().root != checkpoint.root


def test_a_checkpoint_whose_heads_were_changed_is_none(sound: Store) -> None:
    table = sound.checkpoint().to_dict()
    table["heads"]["a"]["length"] -= 1
    with pytest.raises(StoreError, match="root: the heads are not those"):
        Checkpoint.from_dict(table)
    assert audit.audit(sound.export(), table)
    with pytest.raises(StoreError, match="heads: is missing"):
        Checkpoint.from_dict({"at": "2024-01-01 10:00"})


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        # The roots of the first leaves of the test data of Certificate Transparency.
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_the_tree_is_that_of_rfc_9162(leaves: int, expected: str) -> None:
    texts = "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60616263" * 4
    data = [bytes.fromhex(each) for each in texts]
    data[7] = bytes.fromhex("606162636465666768696a6b6c6d6e6f")
    assert root(data[:leaves]).hex() == audit._tree(data[:leaves]).hex() == expected


class TestErasure:
    def test_the_values_are_gone_from_the_database(self, engine: Engine, store: Store) -> None:
        secret = "Hemmelig Jensen"
        brought(store, "a", command("register-idea", title=secret, by=f"proposer:0751/{secret}"))
        brought(store, "a", command("hold-sparring", adviser=secret, notes=secret))
        assert (
            store.erase("a", [1, 2], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00") == 4
        )
        with engine.connect() as connection:
            stored = [repr(connection.execute(select(t)).all()) for t in TABLES]
        assert not [each for each in stored if "Jensen" in each]

    def test_the_chain_still_verifies_and_the_case_goes_on(
        self, store: Store, procedure: Procedure
    ) -> None:
        commands = course(procedure)
        brought(store, "a", *commands[:6])
        before = store.history("a")
        store.erase("a", range(1, 7), "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00")
        after = store.history("a")
        assert after.proposal.title == "(erased)"
        assert (after.proposal.phase, after.proposal.budget) == (
            before.proposal.phase,
            before.proposal.budget,
        )
        brought(store, "a", *commands[6:])
        assert store.verify() == []
        assert audit.audit(store.export()) == []

    def test_of_an_actor_the_organisation_stays(self, store: Store) -> None:
        brought(store, "a", command("register-idea", by="proposer:0751/Ann"))
        store.erase("a", [1], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00")
        assert str(store.history("a").events[0].by) == "proposer:0751/(erased)"

    def test_a_refusal_and_an_erasure_can_be_erased_too(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        store = Store(engine, procedure, records_refusals=True)
        brought(store, "a", command("register-idea", title="Jensen", by="proposer:0751/Jensen"))
        refused = command("reject", by="committee:fu/Jensen", reason="Jensen")
        assert not store.execute("a", refused, key="k").permitted
        store.erase("a", [1], "secretariat:kl/Jensen", "Jensen", "2024-08-01 10:00")
        store.erase("a", [2, 3], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00")
        with engine.connect() as connection:
            stored = [repr(connection.execute(select(t)).all()) for t in TABLES]
        assert not [each for each in stored if "Jensen" in each]
        assert store.execute("a", refused, key="k").repeated
        assert store.verify() == []

    def test_what_is_erased_twice_is_erased_once(self, store: Store) -> None:
        brought(store, "a", command("register-idea"))
        asked = ("a", [1], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00")
        assert (store.erase(*asked), store.erase(*asked)) == (1, 0)

    def test_a_value_that_is_removed_without_a_record_is_found(self, sound: Store) -> None:
        event = TABLES.event
        change = update(event).where(event.c.case_id == "c").values(beside=b"{}")
        with tampered(sound, lambda connection: connection.execute(change)) as changed:
            (bad,) = changed.verify()
            assert "missing and was not erased on the record" in str(bad)
            assert audit.audit(changed.export())

    def test_entries_that_there_are_not_are_refused(self, store: Store) -> None:
        brought(store, "a", command("register-idea"))
        with pytest.raises(StoreError, match="there is no entry 2, 3"):
            store.erase("a", [1, 2, 3], "secretariat:kl", "x", "2024-08-01 10:00")
        assert store.history("a").proposal.title == "Skybrud på tværs"


def test_the_auditors_file_runs_alone(sound: Store, tmp_path: Path) -> None:
    export, checkpoint = tmp_path / "export.jsonl", tmp_path / "checkpoint.json"
    export.write_text("".join(sound.export()), "utf-8")
    checkpoint.write_text(json.dumps(sound.checkpoint().to_dict()), "utf-8")

    def run(*files: Path) -> tuple[int, str]:
        line = [sys.executable, "-I", "-S", audit.__file__, *map(str, files)]
        done = subprocess.run(line, check=False, capture_output=True, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    assert run(export, checkpoint) == (0, "sound\n")
    export.write_text("".join(export.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert run(export, checkpoint)[0] == 1
    assert run(tmp_path / "none")[0] == run()[0] == 2
