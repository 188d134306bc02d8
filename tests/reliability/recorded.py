"""The writer whose calls are recorded: `python -m tests.reliability.recorded URL JOURNAL EVENTS`.

It is the store as it is; a further argument, a mode of `synchronous`, makes it a bad twin. For each
event that was acknowledged it writes one octet to its standard output.
"""

import os
import sys
import warnings
from itertools import islice
from typing import cast

from sqlalchemy import Engine, event

from klimaflow import Procedure, load_procedure
from klimaflow.commands import Command
from klimaflow.store import Store
from klimaflow.store.opening import Journal
from tests.conftest import SHIPPED
from tests.store.databases import course

Asked = tuple[str, Command]


def asked(procedure: Procedure, number: int) -> list[Asked]:
    """Return so many commands with their cases: whole courses, one case after another."""
    every = ((f"case-{case}", each) for case in range(number) for each in course(procedure))
    return list(islice(every, number))


def opened(
    url: str, procedure: Procedure, journal: str, synchronous: str = "", of: type[Store] = Store
) -> Store:
    """Return a store in one mode; one that waits for the disk less than it should is a bad twin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of WAL with several processes: only one writes
        store = of(url, procedure, journal=cast(Journal, journal))
    if synchronous:
        weaker = f"PRAGMA synchronous={synchronous}"
        event.listen(cast(Engine, store._where), "connect", lambda raw, _: raw.execute(weaker))
    return store


def main(url: str, journal: str, events: str, synchronous: str = "") -> None:
    procedure = load_procedure(SHIPPED)
    store = opened(url, procedure, journal, synchronous)
    for number, (case, each) in enumerate(asked(procedure, int(events))):
        assert store.execute(case, each, key=str(number)).permitted
        os.write(1, b".")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
