"""Every datum of a procedure, moved a little: what would be decided if it were otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import attrs

from klimaflow.moments import WallClock
from klimaflow.procedure import OF_REGISTRATION, Procedure

__all__ = ["moved"]

OTHER_ZONE = {False: "Europe/London", True: "Europe/Copenhagen"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

Moved = tuple[str, Procedure]


def moved(procedure: Procedure) -> Iterator[Moved]:
    """Yield the path of each datum and the procedure with that datum moved, some in two ways.

    Names, labels, titles and passages are words: they decide nothing and are left out.
    """
    yield from _named(procedure)
    yield from _readings(procedure)
    yield from _participants(procedure)
    yield from _authority(procedure)
    yield from _listed(procedure)


def _named(procedure: Procedure) -> Iterator[Moved]:
    for name in ("valid_from", "valid_until"):
        stated = getattr(procedure, name)
        for step in (-DAY, DAY):
            other = attrs.evolve(stated, value=stated.value + step)
            yield name, attrs.evolve(procedure, **{name: other})
    yield "zone", attrs.evolve(procedure, zone=OTHER_ZONE[procedure.zone == OTHER_ZONE[False]])
    for value in _others(procedure.consent.required_at):
        terms = attrs.evolve(procedure.consent, required_at=value)
        yield "consent.required_at", attrs.evolve(procedure, consent=terms)


def _readings(procedure: Procedure) -> Iterator[Moved]:
    readings = procedure.readings
    for name, stated in _fields(readings).items():
        if stated is not None and name not in OF_REGISTRATION:  # those decide nothing here
            for value in _others(stated.value):
                other = attrs.evolve(readings, **{name: attrs.evolve(stated, value=value)})
                yield f"readings.{name}", attrs.evolve(procedure, readings=other)


def _participants(procedure: Procedure) -> Iterator[Moved]:
    terms = procedure.participants
    changes: list[tuple[str, Mapping[str, Any]]] = [
        ("minimum", {"minimum": value}) for value in _others(terms.minimum)
    ]
    for name in ("kinds", "binding_at", "advisory_at"):
        changes += [(f"{name}[{n}]", {name: rest}) for n, rest in _without(getattr(terms, name))]
    for path, change in changes:
        other = attrs.evolve(terms, **change)
        yield f"participants.{path}", attrs.evolve(procedure, participants=other)


def _authority(procedure: Procedure) -> Iterator[Moved]:
    terms = procedure.authority
    for key, roles in terms.roles.items():
        for number, rest in _without(roles):
            changed = terms.roles.with_(key, rest)
            other = attrs.evolve(terms, roles=changed)
            yield f"authority.{key}[{number}]", attrs.evolve(procedure, authority=other)


def _listed(procedure: Procedure) -> Iterator[Moved]:
    """Yield the data of the rounds, criteria, funders and funds."""
    for name in ("rounds", "criteria", "funders", "funds"):
        stated = getattr(procedure, name)
        for number, one in enumerate(stated):
            for key, other in _one(one):
                change: dict[str, Any] = {name: (*stated[:number], other, *stated[number + 1 :])}
                yield f"{name}[{number}].{key}", attrs.evolve(procedure, **change)


def _one(entry: Any) -> Iterator[tuple[str, Any]]:  # a round, a criterion, a funder or a fund
    for key, value in _fields(entry).items():
        if key == "funders":
            for number, rest in _without(value):
                yield f"funders[{number}]", attrs.evolve(entry, funders=rest)
        else:
            for other in _moved_value(key, value):
                yield key, attrs.evolve(entry, **{key: other})


def _moved_value(key: str, value: Any) -> list[Any]:
    if isinstance(value, WallClock):
        return [WallClock(value.naive + step) for step in (-MINUTE, MINUTE)]
    if isinstance(value, date):
        return [value - DAY, value + DAY]
    if key in ("strength", "amount"):
        return _others(value)
    return [None] if key in ("awaits", "authority") and value is not None else []


def _fields(entry: Any) -> dict[str, Any]:  # any attrs instance
    return {each.name: getattr(entry, each.name) for each in attrs.fields(type(entry))}


def _without(values: tuple[Any, ...]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    return ((n, values[:n] + values[n + 1 :]) for n in range(len(values)))


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, StrEnum):
        return [each for each in type(value) if each is not value]
    return [each for each in (value - 1, value + 1) if each >= 0]
