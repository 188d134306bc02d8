"""The campaigns at length: `python -m tests.reliability.run --runs 1000 --appends 10000`."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from klimaflow import Procedure, load_procedure
from klimaflow.store import Store
from tests.reliability import campaigns
from tests.store.databases import course, new_database, running_postgresql

Places = dict[str, Callable[[], Store]]
Campaign = Callable[[Store], campaigns.Counts]


def places(folder: Path, server: str, procedure: Procedure) -> Places:
    """Return how to make a new store on each database and in each mode."""
    numbers = iter(range(10_000))

    def on_sqlite(journal: str) -> Store:
        url = f"sqlite:///{folder / f'{next(numbers)}.db'}"
        return campaigns.fresh(url, procedure, journal=journal)

    return {
        "SQLite, DELETE": lambda: on_sqlite("delete"),
        "SQLite, WAL": lambda: on_sqlite("wal"),
        "PostgreSQL": lambda: campaigns.fresh(new_database(server), procedure),
    }


def told(asked: argparse.Namespace, procedure: Procedure) -> Iterator[tuple[str, Campaign]]:
    """Yield the campaigns by name, in the sizes that are asked for."""
    writers, draw = asked.writers, random.Random(asked.seed)
    each = max(asked.appends // writers, 1)
    few = min(each, 50)  # a case is folded for each append: its cost grows with its length
    yield "kill -9 of a writer", lambda s: campaigns.killed_writers(s, asked.runs, draw)
    yield "writers on one case", lambda s: campaigns.many_writers(s, writers, few, 1)
    yield "writers on many cases", lambda s: campaigns.many_writers(s, writers, each, 200)
    yield "the same keys", lambda s: campaigns.same_keys(s, writers, procedure)
    for number in (2, 8):
        committees = partial(_committees, number, asked.rounds, procedure)
        yield f"the last of a fund, {number} committees", committees
    yield "a reader of the outbox", lambda s: campaigns.outbox_reader(s, writers, each, 200)
    yield "readers under writers", lambda s: campaigns.readers(s, 4, few)
    yield "an interrupted host", lambda s: campaigns.interrupted_hosts(s, course(procedure))


def _committees(number: int, rounds: int, procedure: Procedure, store: Store) -> campaigns.Counts:
    return campaigns.last_of_a_fund(store, number, rounds, procedure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="writers that are killed")
    parser.add_argument("--appends", type=int, default=2000, help="events of a campaign of writers")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of committees")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a word of the campaign or of the database")
    asked, procedure = parser.parse_args(), load_procedure("klimaalliancen-2024")
    with tempfile.TemporaryDirectory() as folder, running_postgresql(durable=True) as server:
        for place, make in places(Path(folder), server, procedure).items():
            for name, campaign in told(asked, procedure):
                if asked.only in f"{place}: {name}":
                    begin = time.perf_counter()
                    store = make()
                    counts = campaign(store)
                    store.close()
                    seconds = time.perf_counter() - begin
                    print(f"{place}: {name}: {counts}, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
