"""Moments of a round: `2024-spring approval + 1 microsecond`, so that a story outlives its dates.

    ROUND GATE [(+|-) COUNT UNIT]

GATE is `qualification` or `approval`, the deadline as the policy file states it, or
`committee begins` or `committee ends`, the start of the meeting's day (inclusive) and its end
(exclusive: the midnight after it). UNIT is microsecond, second, minute, hour, day or week, or its
plural. Days and weeks keep the time that the procedure's clock shows; the others are exact.
"""

from __future__ import annotations

import re
from datetime import timedelta

from klimaflow.errors import MomentError
from klimaflow.fields import Unreadable
from klimaflow.moments import Moment, later_by_days, moment
from klimaflow.procedure import Gates, Procedure

__all__ = ["is_relative", "moment_of_a_round"]

_FORM = re.compile(
    r"(?P<round>\S+) (?P<gate>qualification|approval|committee begins|committee ends)"
    r"(?: (?P<sign>[+-]) (?P<count>[0-9]{1,9}) (?P<unit>[a-z]+?)s?)?"
)
_GATE = re.compile(r"\b(qualification|approval|committee|begins|ends)\b")
_DAYS = {"day": 1, "week": 7}
_EXACT = {
    "microsecond": timedelta(microseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}
_EXAMPLE = 'write it as "2024-spring approval + 1 microsecond"'


def is_relative(value: object) -> bool:
    """Tell whether a value is meant as a moment of a round: a text that names a gate."""
    return isinstance(value, str) and _GATE.search(value) is not None


def moment_of_a_round(text: str, procedure: Procedure | None) -> Moment | None:
    """Return the moment in UTC; None if there is no procedure to ask, and all else is in order.

    Raises `Unreadable` for another form and for an unknown round, and `MomentError` for a moment
    that the clock does not show or that is beyond the calendar.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise Unreadable(f"{text[:60]!r} is no moment of a round: {_EXAMPLE}{_edge(text)}")
    unit = match["unit"]
    if unit is not None and unit not in (*_EXACT, *_DAYS):
        units = ", ".join((*_EXACT, *_DAYS))
        raise Unreadable(f"{unit[:60]!r} is no unit of time; those are {units}")
    if procedure is None:
        return None
    if match["round"] not in procedure.gates:
        rounds = ", ".join(procedure.gates)
        raise Unreadable(f"{match['round'][:60]!r} is no round; the rounds are {rounds}")
    at = _gate(match["gate"], procedure.gates[match["round"]], procedure.zone)
    count = int(f"{match['sign']}{match['count']}") if unit else 0
    return _moved(at, count, unit, procedure.zone)


def _edge(text: str) -> str:
    if re.search(r"committee(?! begins| ends)", text):
        return "; a meeting has a day, of which committee begins or committee ends is a moment"
    return ""


def _gate(name: str, gates: Gates, zone: str) -> Moment:
    moments = {
        "qualification": lambda: gates.round.qualification.in_zone(zone),
        "approval": lambda: gates.round.approval.in_zone(zone),
        "committee begins": lambda: gates.meeting.begins_at,
        "committee ends": lambda: gates.meeting.ends_at,
    }
    return moments[name]()


def _moved(at: Moment, count: int, unit: str | None, zone: str) -> Moment:
    if unit in _DAYS:
        return later_by_days(at, count * _DAYS[unit], zone)
    if unit is None:
        return at
    try:
        return moment(at + count * _EXACT[unit])
    except OverflowError:
        raise MomentError(f"{count} {unit}s from there is beyond the calendar") from None
