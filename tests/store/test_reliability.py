"""The campaigns in short, on both databases, and their bad twins, on which each must fail."""

import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from klimaflow import Procedure
from klimaflow.errors import StoreError
from klimaflow.lifecycle import MOVES
from klimaflow.store import Store
from tests.conftest import policy
from tests.reliability import campaigns, clocks, hooks, payloads, strangers, twins
from tests.reliability.tampering import all_found, some_bits
from tests.store.databases import brought, course, new_database


@pytest.fixture
def opened(url: str, procedure: Procedure) -> Iterator[Callable[..., Store]]:
    """Opens a store, or one of its twins, on a new database, and closes it after the test."""
    stores: list[Store] = []

    def opened(of: type[Store] = Store, at: str = url, **options: Any) -> Store:
        stores.append(campaigns.fresh(at, procedure, of, **options))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def fresh(opened: Callable[..., Store]) -> Store:
    return opened()


def test_a_writer_that_is_killed_loses_nothing_and_leaves_nothing_half(fresh: Store) -> None:
    assert campaigns.killed_writers(fresh, 8, random.Random(1))["runs"] == 8


def test_nor_does_one_that_writes_ahead(tmp_path: Path, procedure: Procedure) -> None:
    url = f"sqlite:///{tmp_path / 'wal.db'}"
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of SQLite before 3.51.3: only one process writes at a time
        store = campaigns.fresh(url, procedure, journal="wal")
    assert campaigns.killed_writers(store, 8, random.Random(2))["runs"] == 8


def test_writers_on_one_case_lose_no_update(fresh: Store) -> None:
    assert campaigns.many_writers(fresh, 8, 4, 1)["acknowledged"] == 32


def test_writers_on_many_cases_lose_no_update(fresh: Store) -> None:
    assert campaigns.many_writers(fresh, 8, 8, 10)["acknowledged"] == 64


def test_the_same_keys_from_many_processes_count_once(fresh: Store, procedure: Procedure) -> None:
    assert campaigns.same_keys(fresh, 8, procedure)["events"] == 16


@pytest.mark.parametrize("committees", [2, 8])
def test_the_last_of_a_fund_is_spent_once(
    fresh: Store, procedure: Procedure, committees: int
) -> None:
    assert campaigns.last_of_a_fund(fresh, committees, 1, procedure)["overdrawn"] == 0


def test_a_hook_that_fails_or_is_interrupted_leaves_nothing_and_no_lock(
    fresh: Store, procedure: Procedure
) -> None:
    counts = hooks.failing_hooks(fresh, course(procedure)[:2])
    assert counts["failures"] > 60


def test_a_callback_that_fails_leaves_neither_state_nor_event(
    fresh: Store, procedure: Procedure
) -> None:
    assert hooks.failing_callbacks(fresh, procedure, course(procedure)[:2])["failures"] == 16


def test_a_hook_that_asks_again_does_both_or_neither(fresh: Store, procedure: Procedure) -> None:
    counts = hooks.asking_again(fresh, course(procedure)[:2])
    assert counts["asked again"] > counts["errors"] > 0


def test_a_reader_of_the_outbox_passes_nothing_over(fresh: Store) -> None:
    assert campaigns.outbox_reader(fresh, 4, 8, 5)["missed"] == 0


def test_whoever_reads_under_writers_sees_one_moment(fresh: Store) -> None:
    assert campaigns.readers(fresh, 3, 10)["reads"] > 0


def test_a_clock_that_is_set_back_lets_nothing_late_in(fresh: Store) -> None:
    counts = clocks.clocks_set_back(fresh, 2, 10)
    assert counts["acknowledged"] > 0
    assert counts["late"] > 0


def test_no_stranger_is_let_in_anywhere(fresh: Store, procedure: Procedure) -> None:
    assert strangers.strangers(fresh, procedure, MOVES[1::7])["asked"] >= 80


def test_what_is_said_changes_nothing_of_how_it_is_written(
    fresh: Store, procedure: Procedure
) -> None:
    counts = payloads.hostile_texts(fresh, procedure, payloads.payloads()[::41])
    assert counts["written"] == len(payloads.FORMS) * counts["texts"] == 108


class TestTheTwinsAreRed:
    def test_two_transactions_leave_something_half(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        twin = opened(twins.TwoTransactions)
        with pytest.raises((AssertionError, StoreError), match=r"a part of it was|does not end"):
            hooks.failing_hooks(twin, course(procedure))

    def test_nor_do_two_transactions_keep_the_hosts_case_in_step(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        twin = opened(twins.TwoTransactions)
        with pytest.raises(AssertionError, match="an event without its state"):
            hooks.failing_callbacks(twin, procedure, course(procedure))

    def test_two_transactions_that_are_killed_leave_something_half(
        self, opened: Callable[..., Store]
    ) -> None:
        twin = opened(twins.TwoTransactions)
        with pytest.raises((AssertionError, StoreError)):
            campaigns.killed_writers(twin, 12, random.Random(1), longest=0.2)

    def test_without_keys_a_request_does_not_count_once(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        with pytest.raises(AssertionError):
            campaigns.same_keys(opened(twins.NoKeys), 2, procedure)

    def test_a_reader_that_keeps_its_place_passes_over_what_commits_late(
        self, opened: Callable[..., Store], server: str
    ) -> None:
        twin = opened(twins.KeepsItsPlace, new_database(server))
        with pytest.raises(AssertionError):
            campaigns.outbox_reader(twin, 4, 8, 5)

    def test_a_clock_that_is_trusted_takes_what_is_late(self, opened: Callable[..., Store]) -> None:
        with pytest.raises(AssertionError, match="was set back"):
            clocks.clocks_set_back(opened(twins.TrustsItsClock), 2, 10)

    def test_a_page_that_does_not_escape_is_broken(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        careless = {"careless": lambda c: payloads.html(f"<h1>{c.proposal.title}</h1>")}
        with pytest.raises(AssertionError, match="careless is broken by"):
            payloads.hostile_texts(opened(), procedure, ["<b>"], careless)

    def test_an_authority_of_anyone_lets_strangers_in(self, opened: Callable[..., Store]) -> None:
        lax = policy(('describe = ["proposer"]', 'describe = ["anyone"]'))
        moves = [each for each in MOVES if each.command.do == "describe"]
        with pytest.raises(AssertionError, match="proposer:0101 may describe"):
            strangers.strangers(opened(), lax, moves)

    def test_without_a_version_check_an_update_is_lost(
        self, opened: Callable[..., Store], server: str
    ) -> None:
        twin = opened(twins.NoVersionCheck, new_database(server))
        with pytest.raises(AssertionError):
            campaigns.many_writers(twin, 8, 10, 1)

    def test_unlocked_funds_are_overdrawn(
        self, opened: Callable[..., Store], server: str, procedure: Procedure
    ) -> None:
        twin = opened(twins.UnlockedFunds, new_database(server))
        with pytest.raises(AssertionError, match="have spent the same money"):
            campaigns.last_of_a_fund(twin, 8, 5, procedure)

    def test_without_a_version_check_what_asks_again_leaves_something_half(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        with pytest.raises(AssertionError, match=r"half|in-order"):
            hooks.asking_again(opened(twins.NoVersionCheck), course(procedure)[:2])

    def test_a_lenient_verifier_misses_what_was_changed(
        self, opened: Callable[..., Store], procedure: Procedure
    ) -> None:
        twin = opened(twins.Lenient)
        brought(twin, "a", *course(procedure))
        with pytest.raises(AssertionError, match="is missed"):
            all_found(twin, some_bits(twin, random.Random(1)))
