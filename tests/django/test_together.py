"""Several at once on one case, and another library on the same tables."""

from threading import Event, Thread
from time import monotonic, sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from klimaflow import Procedure
from klimaflow import commands as do
from klimaflow.contrib.django.cases import Cases
from klimaflow.errors import Conflict
from klimaflow.store import Store
from tests.conftest import DGO
from tests.django.conftest import AT, CASE, ON_POSTGRESQL
from tests.django.host.models import Track

pytestmark = pytest.mark.django_db(transaction=True)

NAMED = do.EnlistParticipants(participants=["0461"], by="proposer:0751", at=AT)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def wait_for_a_waiter() -> None:
    """Return once another connection waits for a lock; SQLite does not say, so it is given time."""
    if not ON_POSTGRESQL:
        sleep(0.3)
        return
    until = monotonic() + 20
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


def test_the_second_waits_for_the_first_and_sees_what_it_did(track: Track, ann: User) -> None:
    begun, found = Event(), []

    def second() -> None:
        begun.wait(20)
        try:
            track.execute(NAMED, user=ann, expected_version=1)
        except Conflict as conflict:
            found.append(conflict)
        finally:
            connection.close()

    other = Thread(target=second)
    other.start()
    with transaction.atomic():
        assert track.execute(NAMED, user=ann, expected_version=1).version == 2
        begun.set()
        wait_for_a_waiter()
    other.join(20)
    (conflict,) = found
    assert (conflict.expected, conflict.found) == (1, 2)
    assert Cases().verify() == []


def test_two_who_use_one_key_at_once_are_answered_once(ann: User) -> None:
    track = Track.objects.create(journal_number="24/23")
    idea = do.RegisterIdea(title="x", by="proposer:0751", at=AT)
    begun, found = Event(), []

    def second() -> None:
        begun.wait(20)
        try:
            found.append(track.execute(idea, user=ann, key="once"))
        finally:
            connection.close()

    other = Thread(target=second)
    other.start()
    with transaction.atomic():
        first = track.execute(idea, user=ann, key="once")
        begun.set()
        wait_for_a_waiter()
    other.join(20)
    (answer,) = found
    assert (answer, answer.repeated) == (first, True)
    assert len(track.history.events) == 1


def test_a_store_of_sqlalchemy_reads_and_continues_what_django_wrote(
    track: Track, ann: User, procedure: Procedure
) -> None:
    name = connection.settings_dict["NAME"]
    where = f"postgresql+psycopg:///{name}" if ON_POSTGRESQL else f"sqlite:///{name}"
    store = Store(where, procedure)
    try:
        assert store.history(CASE) == track.history
        assert store.verify(Cases().checkpoint()) == []
        sparring = do.HoldSparring(adviser="Bo", by=DGO, at=AT)
        assert store.execute(CASE, sparring, key="one").permitted
        assert Cases().verify(store.checkpoint()) == []
        assert [*Cases().export()] == [*store.export()]
        assert track.execute(NAMED, user=ann, key="two").version == 3
        assert store.verify() == []
    finally:
        store.close()
