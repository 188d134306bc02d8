"""Calls that fail, and servers that are stopped, in short."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from klimaflow import Phase, Procedure
from tests.reliability.campaigns import fresh
from tests.reliability.inputs import Faults
from tests.reliability.servers import Server, stopped_servers
from tests.reliability.twins import TwoTransactions
from tests.store.databases import course, new_database


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_call_that_fails_leaves_nothing_half_and_the_next_write_works(
    journal: str, tmp_path: Path, procedure: Procedure
) -> None:
    first = course(procedure, Phase.IDEA)[:1]
    counts = Faults(tmp_path, procedure, journal).run(first, every=24)
    assert counts["faults"] > counts["told"] > 5


def test_of_two_transactions_one_fails_alone(tmp_path: Path, procedure: Procedure) -> None:
    twin = Faults(tmp_path, procedure, "delete", of=TwoTransactions)
    with pytest.raises(AssertionError, match="the chain does not end where the proposal says"):
        twin.run(course(procedure, Phase.IDEA)[:1], every=8)


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that no other test uses, since it is stopped."""
    with TemporaryDirectory(prefix="kf-pg-") as folder:
        server = Server(Path(folder))
        yield server
        server.stop(signal.SIGQUIT)


def test_a_server_that_is_stopped_loses_nothing(own: Server, procedure: Procedure) -> None:
    store = fresh(new_database(own.url), procedure)
    counts = stopped_servers(own, store, writers=2, stops=2, draw=random.Random(1))
    store.close()
    assert counts["acknowledged"] > 0


def test_one_that_does_not_wait_for_its_disk_does(own: Server, procedure: Procedure) -> None:
    store = fresh(new_database(own.url), procedure)
    own.set("synchronous_commit", "off")
    own.set("wal_writer_delay", "10s")
    with pytest.raises(AssertionError):
        stopped_servers(own, store, writers=2, stops=1, draw=random.Random(1))
    store.close()
