"""The campaigns at length: `python -m tests.reliability.run --runs 1000 --appends 10000`."""

import argparse
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain, count, islice
from pathlib import Path

from attrs import frozen

from klimaflow import Procedure, load_procedure
from klimaflow.commands import Command
from klimaflow.store import Store
from tests.conftest import SHIPPED
from tests.reliability import campaigns, clocks, hooks, payloads, strangers
from tests.reliability.campaigns import Counts
from tests.reliability.full import full_disks, small_disk
from tests.reliability.inputs import Faults
from tests.reliability.insiders import insiders
from tests.reliability.octets import every_octet
from tests.reliability.power import power_cuts
from tests.reliability.recorded import opened
from tests.reliability.servers import Server, stopped_servers
from tests.reliability.tampering import all_found, every_bit, every_row, filled, invented
from tests.store.databases import course, new_database, running_postgresql

Campaign = Callable[[], Counts]
JOURNALS = ("delete", "wal")


@frozen
class Places:
    """Where campaigns make their databases: a folder for SQLite, a server of PostgreSQL."""

    folder: Path
    server: str
    procedure: Procedure
    numbers: Iterator[int]

    def new_folder(self) -> Path:
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        return folder

    def on_sqlite(self, journal: str) -> Store:
        store = opened(f"sqlite:///{self.new_folder() / 'cases.db'}", self.procedure, journal)
        store.create()
        return store

    def on_postgresql(self) -> Store:
        return campaigns.fresh(new_database(self.server), self.procedure)

    def stores(self) -> Iterator[tuple[str, Callable[[], Store]]]:
        """Yield how to make a new store on each database and in each mode."""
        for journal in JOURNALS:
            yield f"SQLite, {journal.upper()}", partial(self.on_sqlite, journal)
        yield "PostgreSQL", self.on_postgresql


def on_any_store(
    asked: argparse.Namespace, procedure: Procedure
) -> Iterator[tuple[str, Callable[[Store], Counts]]]:
    """Yield the campaigns that a store of any kind goes through, in the sizes asked for."""
    writers, draw = asked.writers, random.Random(asked.seed)
    each = max(asked.appends // writers, 1)
    few = min(each, 50)  # the rows of a case are read for each append: its cost grows with them
    alone = max(asked.alone // writers, 1)
    cases = max(asked.appends // 20, 1)
    yield "kill -9 of a writer", lambda s: campaigns.killed_writers(s, asked.runs, draw)
    yield "writers on one case", lambda s: campaigns.many_writers(s, writers, alone, 1)
    yield "writers on 50 cases", lambda s: campaigns.many_writers(s, writers, each, 50)
    yield "the same keys", lambda s: campaigns.same_keys(s, writers, procedure)
    for number in (2, 8):
        committees = partial(_committees, number, asked.rounds, procedure)
        yield f"the last of a fund, {number} committees", committees
    yield "a reader of the outbox", lambda s: campaigns.outbox_reader(s, writers, each, cases)
    yield "readers under writers", lambda s: campaigns.readers(s, 4, few)
    commands = course(procedure)
    yield "hooks that fail", lambda s: hooks.failing_hooks(s, commands)
    yield "callbacks that fail", lambda s: hooks.failing_callbacks(s, procedure, commands)
    yield "hooks that ask again", lambda s: hooks.asking_again(s, commands)
    yield "interrupts", lambda s: hooks.interrupts(s, asked.runs, draw)
    yield "clocks set back", lambda s: clocks.clocks_set_back(s, writers, each)
    yield "strangers", lambda s: strangers.strangers(s, procedure)
    texts = payloads.payloads()
    yield "hostile texts", lambda s: payloads.hostile_texts(s, procedure, texts)
    yield "rows that are changed", _rows
    yield "bits that are changed", lambda s: _bits(s, asked.bits)
    yield "ends cut off and chains written anew", _insiders


def _committees(number: int, rounds: int, procedure: Procedure, store: Store) -> Counts:
    return campaigns.last_of_a_fund(store, number, rounds, procedure)


def _rows(store: Store) -> Counts:
    filled(store, "a", "b")
    return all_found(store, chain(every_row(store), invented(store)))


def _bits(store: Store, each: int) -> Counts:
    filled(store, "a")
    return all_found(store, islice(every_bit(store), 0, None, each))


def _insiders(store: Store) -> Counts:
    filled(store, "a", "b")
    return insiders(store, store.checkpoint())


def _octets(places: Places, asked: argparse.Namespace) -> Counts:
    file = places.new_folder() / "cases.db"
    store = campaigns.fresh(f"sqlite:///{file}", places.procedure)
    filled(store, "a", "b").close()
    changed = range(0, file.stat().st_size, asked.octets)
    return every_octet(file, places.procedure, random.Random(asked.seed), changed)


def told(asked: argparse.Namespace, places: Places) -> Iterator[tuple[str, Campaign]]:
    """Yield all campaigns by their place and name."""
    for place, make in places.stores():
        for name, campaign in on_any_store(asked, places.procedure):
            yield f"{place}: {name}", partial(_on_a_new_store, campaign, make)
    for journal in JOURNALS:
        sizes = {"events": asked.events, "draws": asked.draws, "seed": asked.seed}
        cuts = partial(power_cuts, places.new_folder(), places.procedure, journal, **sizes)
        yield f"SQLite, {journal.upper()}: power cut", cuts
        commands = course(places.procedure)[: asked.commands]
        failing = partial(_failing_calls, places, journal, commands)
        yield f"SQLite, {journal.upper()}: calls that fail", failing
    octets = partial(_octets, places, asked)
    yield "SQLite, DELETE: octets of the file that are changed", octets
    yield "PostgreSQL: a server that is stopped", partial(_stopped, asked)
    yield "PostgreSQL: a disk that is full", partial(_full, asked)


def _failing_calls(places: Places, journal: str, commands: Sequence[Command]) -> Counts:
    return Faults(places.new_folder(), places.procedure, journal).run(commands)


def _stopped(asked: argparse.Namespace) -> Counts:
    with tempfile.TemporaryDirectory(prefix="kf-pg-") as folder, _server(folder) as (server, own):
        draw = random.Random(asked.seed)
        return stopped_servers(server, own, asked.writers // 2, asked.stops, draw)


def _full(asked: argparse.Namespace) -> Counts:
    within = tempfile.TemporaryDirectory(prefix="kf-pg-")
    with within as folder, small_disk(Path(folder)) as disk, _server(folder) as (server, own):
        return full_disks(server, disk, own, asked.stops, random.Random(asked.seed))


@contextmanager
def _server(folder: str) -> Iterator[tuple[Server, Store]]:
    """Give a server of its own in a folder, and a store on it."""
    server = Server(Path(folder))
    try:
        with closing(campaigns.fresh(new_database(server.url), load_procedure(SHIPPED))) as store:
            yield server, store
    finally:
        server.stop(signal.SIGQUIT)


def _on_a_new_store(campaign: Callable[[Store], Counts], make: Callable[[], Store]) -> Counts:
    with closing(make()) as store:
        return campaign(store)


def sizes() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="writers that are killed")
    parser.add_argument("--appends", type=int, default=2000, help="events of a campaign of writers")
    parser.add_argument("--alone", type=int, default=400, help="events of writers on one case")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of committees")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--events", type=int, default=20, help="events before the power is cut")
    parser.add_argument("--draws", type=int, default=2, help="images of each moment by chance")
    parser.add_argument("--commands", type=int, default=4, help="commands whose calls fail")
    parser.add_argument("--stops", type=int, default=5, help="times a server is stopped or full")
    parser.add_argument("--bits", type=int, default=1, help="each of how many is changed")
    parser.add_argument("--octets", type=int, default=1, help="each of how many is changed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a word of the campaign or of the database")
    parser.add_argument("--folder", help="where SQLite's files are; else among temporary files")
    return parser


def main() -> None:
    asked, procedure = sizes().parse_args(), load_procedure(SHIPPED)
    within = tempfile.TemporaryDirectory(dir=asked.folder)
    with within as folder, running_postgresql(durable=True) as server:
        for name, campaign in told(asked, Places(Path(folder), server, procedure, count())):
            if asked.only in name:
                begin = time.perf_counter()
                counts = campaign()
                print(f"{name}: {counts}, {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
