"""One permitted row for each command; a test changes what it is about."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from klimaflow import Procedure
from klimaflow.frames import columns
from klimaflow.frames.columns import Kind
from klimaflow.moments import moment

PERMITTED: dict[str, dict[str, Any]] = {
    "submit-for-qualification": {"at": "2024-04-10 12:00", "phase": "sparring"},
    "submit-for-approval": {"at": "2024-04-22 12:00", "phase": "qualification"},
    "put-before-committee": {
        "at": "2024-05-20 12:00",
        "phase": "approval_process",
        "role": "secretariat",
    },
    "approve": {"at": "2024-05-30 13:00", "phase": "committee_decision", "role": "committee"},
    "give-consent": {
        "at": "2024-06-10 10:00",
        "phase": "funder_consent",
        "role": "funder",
        "organisation": "realdania",
        "funder": "realdania",
        "consent": "awaited",
    },
    "start": {"at": "2024-07-01 08:00", "phase": "funder_consent", "role": "secretariat"},
}
_OTHERWISE: dict[str, Any] = {
    "role": "proposer",
    "since": "2024-02-01 10:00",
    "round": "2024-spring",
    "own_round": "2024-spring",
    "authorities": 3,
    "conditions_unmet": 0,
}
_OF_KIND: dict[Kind, Any] = {Kind.FLAG: True, Kind.KRONER: 500_000}


def utc(text: str) -> datetime:
    """Return a Danish time as a plain datetime in UTC."""
    return datetime.fromisoformat(moment(text).isoformat()).astimezone(UTC)


def row(procedure: Procedure, do: str, **changes: Any) -> dict[str, Any]:
    """Return a row with every column that the command asks for, permitted but for the changes."""
    said: dict[str, Any] = {}
    for column in columns(procedure, do):
        name = column.name
        value = {**_OTHERWISE, **PERMITTED[do]}.get(name, _OF_KIND.get(column.kind))
        if name.startswith("consented_at_"):
            value = "2024-06-10 10:00"
        elif name.startswith("consent_ends_at_"):
            value = "2030-01-01 00:00"
        said[name] = value
    said |= changes
    return {
        name: utc(v) if _is_time(name) and isinstance(v, str) else v for name, v in said.items()
    }


def _is_time(name: str) -> bool:
    return name in ("at", "since") or name.startswith(("consented_at_", "consent_ends_at_"))


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return rows as a frame, with their types also where all is null."""
    return pl.DataFrame(list(rows), schema={name: _type_of(name) for name in rows[0]})


def _type_of(name: str) -> Any:
    if _is_time(name):
        return pl.Datetime("us", "UTC")
    if name.startswith("met_") or name in ("of_the_track", "budget_stated", "cofinancing_stated"):
        return pl.Boolean
    counted = ("granted", "asked", "amount", "authorities", "conditions")
    return pl.Int64 if name.startswith(counted) else pl.String
