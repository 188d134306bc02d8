"""What each door to a database must do, whichever library is behind it, by rows made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klimaflow.moments import Moment, copenhagen
from klimaflow.store.door import Door

EARLY, LATE = copenhagen("2024-02-01 10:00"), copenhagen("2024-02-01 10:00:00.000001")
HASH = "0" * 64
PROCEDURE = {"sha256": HASH, "id": "p", "edition": 1, "content": b"{}"}


def proposal(case_id: str, length: int = 0) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "version": length,
        "length": length,
        "head": HASH,
        "procedure": HASH,
        "opened_under": HASH,
        "recorded_at": EARLY,
        "phase": None,
        "since": None,
        "round": None,
        "revision": 1,
        "proposer": None,
        "title": case_id,
        "granted": "{}",
        "promised": "{}",
    }


def entry(case_id: str, position: int, recorded_at: Moment = EARLY) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "position": position,
        "kind": "event",
        "number": position,
        "name": "x",
        "at": EARLY,
        "recorded_at": recorded_at,
        "body": b"{}",
        "beside": b"{}",
        "hash": HASH,
    }


class TheDoor:
    """The facts; a module of tests inherits them with its fixture `rows`, in a transaction."""

    @pytest.fixture
    def cases(self, rows: Door) -> Door:
        """Cases `a`, `b` and `c`, of three entries each, not written in their order."""
        assert rows.new_procedure(PROCEDURE)
        for case_id in "bca":
            assert rows.new_proposal(proposal(case_id, 3))
            for position in (3, 1, 2):
                rows.write_entry(entry(case_id, position, LATE if position == 1 else EARLY))
        return rows

    def test_what_is_there_already_stays_and_is_told(self, cases: Door) -> None:
        assert cases.has_procedure(HASH)
        assert not cases.has_procedure("1" * 64)
        assert not cases.new_procedure({**PROCEDURE, "edition": 2})
        assert not cases.new_proposal(proposal("a", 9))
        asked = {"key": "k", "request": HASH, "case_id": "a", "position": 1}
        assert cases.new_key(asked)
        assert not cases.new_key({**asked, "case_id": "b"})
        cases.set_timers("a", {"x": EARLY})
        cases.set_timers("a", {"x": LATE})
        assert [each["edition"] for each in cases.procedures()] == [1]
        assert [each["length"] for each in cases.proposals()] == [3, 3, 3]
        assert [each["due_at"] for each in cases.timers()] == [EARLY]
        kept = cases.key("k")
        assert kept is not None
        assert kept["case_id"] == "a"

    def test_a_key_is_free_again_when_it_is_dropped(self, rows: Door) -> None:
        for key in "kl":
            assert rows.new_key({"key": key, "request": HASH, "case_id": "a", "position": 1})
        rows.drop_key("k")
        assert rows.key("k") is None
        assert rows.key("l") is not None

    def test_a_case_moves_on_from_the_length_that_was_seen(self, cases: Door) -> None:
        for case_id, length in (("b", 2), ("b", 4), ("d", 3)):
            assert not cases.moved_on(proposal(case_id, 4), length)
        assert [each["length"] for each in cases.proposals()] == [3, 3, 3]
        assert cases.moved_on(proposal("b", 4), 3)
        found = {each["case_id"]: each["length"] for each in cases.proposals()}
        assert found == {"a": 3, "b": 4, "c": 3}

    def test_a_locked_case_is_as_it_was(self, cases: Door) -> None:
        before = cases.proposal("b")
        assert before is not None
        assert (before["case_id"], before["title"]) == ("b", "b")
        assert cases.locked_proposal("b") == before == cases.proposal("b")
        assert cases.locked_proposal("d") is None

    def test_entries_come_in_their_order(self, cases: Door) -> None:
        cases.disclose("b", 2, b"[1]")
        places = [(each["case_id"], each["position"]) for each in cases.all_entries()]
        assert places == [(case_id, position) for case_id in "abc" for position in (1, 2, 3)]
        assert [each["position"] for each in cases.entries("b")] == [1, 2, 3]

    def test_what_is_disclosed_of_one_entry_is_of_no_other(self, cases: Door) -> None:
        cases.disclose("b", 2, b"[1]")
        found = [each for each in cases.all_entries() if each["beside"] != b"{}"]
        assert found == [cases.entry("b", 2)]
        assert (found[0]["case_id"], found[0]["position"]) == ("b", 2)
        assert cases.entry("b", 4) is None

    def test_the_latest_time_need_not_be_that_of_the_last_entry(self, cases: Door) -> None:
        assert cases.latest() == LATE
        cases.write_entry(entry("a", 4))
        assert cases.latest() == LATE

    def test_where_nothing_was_recorded_there_is_no_latest_time(self, rows: Door) -> None:
        assert rows.latest() is None

    def test_funds_come_in_the_order_in_which_they_are_locked(self, rows: Door) -> None:
        for fund in "bca":
            assert rows.new_fund(fund)
        rows.promise("a", 7)
        assert not rows.new_fund("a")
        rows.promise("a", -2)
        assert [*rows.funds().items()] == [("a", 5), ("b", 0), ("c", 0)]
        assert [*rows.funds(lock=("c", "a")).items()] == [("a", 5), ("c", 0)]

    def test_the_outbox_gives_the_oldest_first(self, cases: Door) -> None:
        for place in (("b", 2), ("a", 1), ("b", 1)):
            cases.post(*place)
        found = cases.outbox(2)
        assert [(each["case_id"], each["position"]) for each in found] == [("b", 2), ("a", 1)]
        assert found[1]["recorded_at"] == LATE
        cases.delivered([found[0]["sequence"]])
        assert [each["position"] for each in cases.outbox(9)] == [1, 1]
        assert len(cases.posted()) == 2

    def test_the_place_of_what_was_delivered_is_no_others(self, cases: Door) -> None:
        cases.post("a", 1)
        (first,) = cases.outbox(9)
        cases.delivered([first["sequence"]])
        cases.post("a", 2)
        cases.delivered([first["sequence"]])
        (second,) = cases.outbox(9)
        assert second["position"] == 2
        assert second["sequence"] > first["sequence"]

    def test_what_is_due_is_claimed_earliest_first_and_by_case(self, rows: Door) -> None:
        for case_id, due_at in (("b", LATE), ("c", EARLY), ("a", LATE)):
            rows.set_timers(case_id, {"x": due_at, "y": LATE.add(microseconds=1)})
        assert rows.claimed(EARLY.subtract(microseconds=1), 9) == []
        assert [each["case_id"] for each in rows.claimed(LATE, 2)] == ["c", "a"]
        assert [each["case_id"] for each in rows.claimed(LATE, 9)] == ["b"]
        assert [each["name"] for each in rows.timers()] == ["y"] * 3

    def test_one_reminder_is_claimed_as_it_was_set(self, rows: Door) -> None:
        rows.set_timers("a", {"x": EARLY, "y": EARLY})
        for other in (("b", "x", EARLY), ("a", "z", EARLY), ("a", "x", LATE)):
            assert not rows.claim(*other)
        assert rows.claim("a", "x", EARLY)
        assert not rows.claim("a", "x", EARLY)
        assert [each["name"] for each in rows.timers()] == ["y"]

    def test_timers_are_dropped_by_case_and_name(self, rows: Door) -> None:
        for case_id in "ab":
            rows.set_timers(case_id, {"x": EARLY, "y": EARLY, "z": EARLY})
        rows.drop_timers("a", ["x", "y"])
        left = sorted((each["case_id"], each["name"]) for each in rows.timers())
        assert left == [("a", "z"), ("b", "x"), ("b", "y"), ("b", "z")]


def written(rows: Door) -> None:
    """Write two cases, two funds and two reminders."""
    rows.new_procedure(PROCEDURE)
    for name in "ab":
        rows.new_proposal(proposal(name))
        rows.new_fund(name)
        rows.set_timers(name, {"x": EARLY})


class TheLocks:
    """What others do meanwhile on PostgreSQL; on SQLite there is one writer at a time.

    A module of tests inherits them with its fixture `both`: two doors to what is `written`, in two
    transactions, of which the second one does not wait.
    """

    @pytest.mark.parametrize(
        "lock",
        [
            lambda rows, name: rows.locked_proposal(name),
            lambda rows, name: rows.funds(lock=[name]),
        ],
        ids=["a case", "a fund"],
    )
    def test_it_keeps_others_away_and_from_nothing_else(
        self, both: tuple[Door, Door], lock: Callable[[Door, str], Any]
    ) -> None:
        first, second = both
        assert lock(first, "a")
        assert lock(second, "b")
        with pytest.raises(Exception, match="lock timeout"):  # of whichever library
            lock(second, "a")

    def test_whoever_only_reads_waits_for_none(self, both: tuple[Door, Door]) -> None:
        first, second = both
        assert first.locked_proposal("a")
        assert first.funds(lock="ab")
        assert second.proposal("a")
        assert second.funds() == {"a": 0, "b": 0}

    def test_what_somebody_claims_is_passed_over(self, both: tuple[Door, Door]) -> None:
        first, second = both
        assert [each["case_id"] for each in first.claimed(EARLY, 1)] == ["a"]
        assert [each["case_id"] for each in second.claimed(EARLY, 9)] == ["b"]
