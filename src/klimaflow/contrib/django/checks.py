"""What Django's `check` says of settings on which a store cannot rely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from klimaflow.contrib.django.configuration import procedures
from klimaflow.contrib.django.rows import VENDORS, table

__all__ = ["configured"]


def configured(**_asked: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings of this app."""
    return [*_of_times(), *_of_procedures(), *_of_database()]


def _of_times() -> Iterator[CheckMessage]:
    if not settings.USE_TZ:
        yield Error(
            "USE_TZ must be True: a store keeps moments, not times of day.", id="klimaflow.E001"
        )


def _of_procedures() -> Iterator[CheckMessage]:
    try:
        procedures()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="klimaflow.E002")


def _of_database() -> Iterator[CheckMessage]:
    alias = router.db_for_write(table("Proposal"))
    connection = connections[alias]
    if connection.vendor not in VENDORS:
        known = " and ".join(VENDORS)
        told = f"The database {alias} is {connection.vendor}, which is none of {known}."
        yield Error(told, id="klimaflow.E003")
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite" and options.get("transaction_mode") != "IMMEDIATE":
        yield Warning(
            f"The database {alias} begins its transactions without the right to write.",
            hint="Set its option transaction_mode to IMMEDIATE, or two writers fail each other.",
            id="klimaflow.W001",
        )
