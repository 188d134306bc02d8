"""A project of Django's that hosts klimaflow, on SQLite, or on PostgreSQL if that is asked for.

`KLIMAFLOW_DJANGO=postgresql` chooses the latter, which starts itself.
"""

import atexit
import os
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

import django
import pytest
from sqlalchemy import make_url

from tests.store.databases import running_postgresql

ON_POSTGRESQL = os.environ.get("KLIMAFLOW_DJANGO") == "postgresql"

# Django reads its settings once, so the database is there before them.
_surroundings = ExitStack()
atexit.register(_surroundings.close)
if ON_POSTGRESQL:
    url = make_url(_surroundings.enter_context(running_postgresql()))
    os.environ["PGHOST"], os.environ["PGUSER"] = str(url.query["host"]), str(url.username)
else:
    folder = _surroundings.enter_context(TemporaryDirectory(prefix="kf-django-"))
    os.environ["KLIMAFLOW_SQLITE"] = f"{folder}/cases.sqlite3"
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # of this process only, not of those that it starts

from django.contrib.auth.models import Permission, User

from klimaflow import commands as do
from klimaflow.contrib.django.models import Representation
from tests.django.host.models import Track

CASE = "2024/17"
AT = "2024-02-01 10:00"
IDEA = do.RegisterIdea(title="Skybrud på tværs", by="proposer:0751", at=AT)


def speaker(name: str, *actors: str, permitted: bool = True) -> User:
    """Return a user who speaks for some actors, and may give every command."""
    user = User.objects.create_user(name, password="pw")
    for actor in actors:
        role, _, organisation = actor.partition(":")
        Representation.objects.create(user=user, role=role, organisation=organisation)
    if permitted:
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="klimaflow"))
    return user


@pytest.fixture
def ann(db: Any) -> User:
    """Ann speaks for Aarhus as its proposer."""
    return speaker("ann", "proposer:0751")


@pytest.fixture
def track(ann: User) -> Track:
    """A track of the host's whose idea is registered."""
    track = Track.objects.create(journal_number="24/17", case_id=CASE)
    assert track.execute(IDEA, user=ann).permitted
    return track
