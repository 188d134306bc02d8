"""Whoever changes what is stored is found out: by the store, and by an auditor with an export."""

import json
import random
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, select, text, update

from klimaflow import Procedure
from klimaflow.errors import KeyReused, StoreError
from klimaflow.moments import moment
from klimaflow.store import Checkpoint, Store, audit
from klimaflow.store.checkpoints import root
from klimaflow.store.schema import TABLES
from klimaflow.store.writing import Request
from tests.conftest import command, policy
from tests.reliability.campaigns import fresh
from tests.reliability.insiders import cut_off, insiders
from tests.reliability.octets import every_octet
from tests.reliability.tampering import (
    all_found,
    every_row,
    executed,
    filled,
    invented,
    missed,
    rows_of,
    some_bits,
    tampered,
)
from tests.reliability.twins import ForgetsCheckpoints, Lenient
from tests.store.databases import brought, course


@pytest.fixture
def sound(engine: Engine, procedure: Procedure) -> Store:
    """Some cases, a refusal and an erasure among their entries."""
    store = filled(Store(engine, procedure, records_refusals=True), "a", "b")
    assert audit.audit(store.export()) == []
    return store


def test_a_bit_that_is_flipped_anywhere_is_found(sound: Store) -> None:
    changes = some_bits(sound, random.Random(1))
    assert len(changes) > 400
    assert missed(sound, *changes) == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # an export looks the same from any
def test_every_bit_of_a_body_and_of_what_is_beside_it_is_found(
    sound: Store, procedure: Procedure
) -> None:
    (row,) = [r for r in rows_of(sound, TABLES.event) if r["case_id"] == "c"]
    lines = [each for each in sound.export() if '"a"' not in each and '"b"' not in each]
    found = 0
    for name in ("body", "beside"):
        for place in range(len(row[name]) * 8):
            changed = bytearray(row[name])
            changed[place // 8] ^= 1 << place % 8
            spoilt = [_with(line, "c", name, bytes(changed)) for line in lines]
            found += bool(audit.audit(spoilt))
    assert found == 8 * (len(row["body"]) + len(row["beside"]))


def _with(line: str, case: str, name: str, value: bytes) -> str:
    table = json.loads(line)
    if table["line"] == "entry" and table["case_id"] == case:
        table[name] = b64encode(value).decode()
    return json.dumps(table)


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


def test_a_row_that_is_removed_doubled_moved_or_invented_is_found(sound: Store) -> None:
    assert all_found(sound, [*every_row(sound), *invented(sound)])["changes"] > 300


def test_a_time_that_cannot_be_read_is_reported(sound: Store, engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return  # PostgreSQL takes no such time
    change = text("UPDATE klimaflow_timer SET due_at = '2024-13-01 00:00:00.000000'")
    with tampered(sound, partial(executed, change)) as changed:
        (bad,) = changed.verify()
        assert str(bad).startswith("a value cannot be read")


def test_a_case_that_was_moved_is_sound_to_the_auditor_and_its_procedure_is_held(
    engine: Engine, procedure: Procedure
) -> None:
    other = policy(("minimum = 3", "minimum = 2"))
    store = Store(engine, procedure, other)
    brought(store, "a", command("register-idea"))
    brought(Store(engine, other), "b", command("register-idea"))
    store.move("a", other, "secretariat:kl", "Ny udgave.", "2024-02-20 10:00")
    for _ in range(2):
        assert audit.audit(store.export(), store.checkpoint().to_dict()) == []
        mine = TABLES.proposal.c.case_id == "a"
        back = update(TABLES.proposal).where(mine).values(procedure=procedure.sha256)
        with tampered(store, partial(executed, back)) as changed:
            (told,) = audit.audit(changed.export())
            assert told.endswith("the proposal's procedure is not that of the entries")
        brought(store, "a", command("hold-sparring", at="2024-02-21 10:00"))


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


def test_only_a_checkpoint_sees_an_end_cut_off_and_a_chain_written_anew(sound: Store) -> None:
    checkpoint = sound.checkpoint()
    counts = insiders(sound, checkpoint)
    assert counts["changes"] > 50
    assert counts["seen alone"] < counts["changes"] / 2
    with tampered(sound, partial(cut_off, sound, "a", 5)) as changed:
        assert [str(each) for each in changed.verify(checkpoint)] == [
            "a, position 5: ends here; the checkpoint has 14 entries"
        ]


def test_an_octet_of_the_file_is_found_or_was_of_no_use(
    procedure: Procedure, tmp_path: Path
) -> None:
    store = Store(tmp_path / "cases.db", procedure, records_refusals=True)
    store.create()
    filled(store, "a", "b").close()
    draw, size = random.Random(1), (tmp_path / "cases.db").stat().st_size
    counts = every_octet(tmp_path / "cases.db", procedure, draw, draw.sample(range(size), 60))
    assert counts["noticed"] > 10
    assert counts["nothing"] > 10


def test_without_the_checkpoint_they_are_missed(sound: Store, procedure: Procedure) -> None:
    twin = ForgetsCheckpoints(sound._where, procedure)
    with pytest.raises(AssertionError, match="is missed"):
        insiders(twin, sound.checkpoint())


def test_a_lenient_verifier_misses_an_octet_of_the_file(
    procedure: Procedure, tmp_path: Path
) -> None:
    file = tmp_path / "cases.db"
    with closing(fresh(f"sqlite:///{file}", procedure)) as store:
        brought(store, "a", command("register-idea", title="Skybrud"))
    title = file.read_bytes().index(b"Skybrud")
    with pytest.raises(AssertionError, match=f"octet {title} is missed"):
        every_octet(file, procedure, random.Random(1), [title], of=Lenient)


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


ALL_OTHER: dict[str, Any] = {
    "version": 99,
    "length": 1,
    "head": "0" * 64,
    "phase": "idea",
    "since": None,
    "round": "x",
    "revision": 9,
    "proposer": None,
    "title": "?",
    "granted": "{}",
    "promised": '{"realdania": 1}',
    "recorded_at": moment("2024-01-01T00:00:00Z"),
}
"""A row of a proposal in which nothing is right but what other tables bind."""


def test_the_row_of_a_proposal_is_made_anew_from_its_entries(
    engine: Engine, procedure: Procedure
) -> None:
    other = policy(("minimum = 3", "minimum = 2"))
    store = filled(Store(engine, procedure, other), "a", "b")
    store.move("a", other, "secretariat:kl", "Ny udgave.", "2024-07-02 10:00")
    before = rows_of(store, TABLES.proposal)
    held = {"procedure": procedure.sha256, "opened_under": other.sha256}
    with engine.begin() as connection:
        of_a = TABLES.proposal.c.case_id == "a"
        connection.execute(update(TABLES.proposal).where(of_a).values({**ALL_OTHER, **held}))
    assert [each.case_id for each in store.verify()] == ["a"]
    store.rebuild("a")
    assert rows_of(store, TABLES.proposal) == before
    assert store.verify() == []


def test_of_a_chain_that_is_broken_no_row_is_made(sound: Store, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(TABLES.proposal).values(title="?"))
        spoilt = update(TABLES.event).where(TABLES.event.c.position == 2)
        connection.execute(spoilt.where(TABLES.event.c.case_id == "b").values(hash="0" * 64))
    before = rows_of(sound, TABLES.proposal)
    with pytest.raises(StoreError, match="b, position 2: the hash is not that of what is stored"):
        sound.rebuild("b")
    for unknown in ("d", "\0", "\ud800"):
        with pytest.raises(StoreError, match="there is no such case"):
            sound.rebuild(unknown)
    assert rows_of(sound, TABLES.proposal) == before


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
        idea = command("register-idea", title=secret, by=f"proposer:0751/{secret}")
        assert store.execute("a", idea, key=f"The letter of {secret}").permitted
        brought(store, "a", command("hold-sparring", adviser=secret, notes=secret))
        assert (
            store.erase("a", [1, 2], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00") == 4
        )
        with engine.connect() as connection:
            stored = [repr(connection.execute(select(t)).all()) for t in TABLES]
        assert not [each for each in stored if "Jensen" in each]

    def test_no_hash_that_stays_tells_a_name_to_who_lacks_the_key(self, store: Store) -> None:
        refused = command("reject", by="committee:fu/Jensen", reason="Nej.")
        asked = [Request("a", refused, refused.at, key).asked["request"] for key in "kl"]
        assert len({*asked}) == 2
        idea = command("register-idea", by="proposer:0751/Jensen")
        store.execute("a", idea, key="k")
        store.erase("a", [1], "secretariat:kl", "Efter anmodning.", "2024-08-01 10:00")
        assert store.execute("a", idea, key="k").repeated
        with pytest.raises(KeyReused):
            store.execute("a", command("register-idea", by="proposer:0751/Hansen"), key="k")

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
