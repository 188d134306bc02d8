"""Policy files with other values: other dates, amounts, readings, roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from klimaflow.moments import spelled
from klimaflow.parties import Kind, Role
from klimaflow.policy import policy_table, read_procedure
from klimaflow.procedure import Boundary, Procedure, RequiredAt, Resolution, Strength

__all__ = ["procedures"]

_ASKING = ("submit-for-qualification", "submit-for-approval", "start")
_CLOCK = st.sampled_from(["09:00", "00:00", "12:00", "23:59"])
_ZONES = st.sampled_from(["Europe/Copenhagen"] * 4 + ["UTC", "America/Nuuk"])
_STRENGTHS = st.sampled_from(list(map(str, Strength)))


def procedures(which: str | Path = "klimaalliancen-2024") -> st.SearchStrategy[Procedure]:
    """Return the procedures of a policy file, shipped or not, with some other values.

    What may differ are dates, amounts, thresholds, readings, strengths, roles and the zone; which
    rounds, criteria, funders and funds there are stays. What the file demands of itself in
    `[[requirements]]` is left out. Raises `PolicyError` for what is no policy file.
    """
    table = policy_table(which)
    read_procedure(table)
    return _varied({key: each for key, each in table.items() if key != "requirements"})


@st.composite
def _varied(draw: st.DrawFn, table: dict[str, Any]) -> Procedure:
    changes: dict[str, Callable[[], Any]] = {
        "zone": lambda: draw(_ZONES),
        "readings": lambda: _readings(draw, table["readings"]),
        "participants": lambda: {**table["participants"], **_participants(draw)},
        "consent": lambda: {**table["consent"], "required_at": str(draw(_of(RequiredAt)))},
        "authority": lambda: {**table["authority"], **_authority(draw, table["authority"])},
        "rounds": lambda: _rounds(draw, table["rounds"]),
        "criteria": lambda: [{**e, "strength": draw(_STRENGTHS)} for e in table["criteria"]],
        "funds": lambda: [_fund(draw, each) for each in table["funds"]],
    }
    changed = draw(st.sets(st.sampled_from(sorted(changes)), max_size=len(changes)))
    return read_procedure({**table, **{key: changes[key]() for key in sorted(changed)}})


def _of(values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(values))


def _readings(draw: st.DrawFn, stated: dict[str, Any]) -> dict[str, Any]:
    values = {
        "deadline": _of(Boundary).map(str),
        "resolution": _of(Resolution).map(str),
        "grace_minutes": st.sampled_from([0, 1, 15, 24 * 60]),
        "qualification_required": st.booleans(),
        "cofinancing": _STRENGTHS,
        "late_registration_minutes": st.sampled_from([0, 15, 24 * 60]),
        "late_registration": _STRENGTHS,
    }
    return {name: {**entry, "value": draw(values[name])} for name, entry in stated.items()}


def _participants(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(st.lists(_of(Kind).map(str), unique=True))
    where = {do: draw(st.sampled_from(["binding_at", "advisory_at", ""])) for do in _ASKING}
    return {
        "minimum": draw(st.integers(0, 5)),
        "kinds": draw(st.sampled_from([["municipality", "region"], kinds])),
        "binding_at": [do for do in _ASKING if where[do] == "binding_at"],
        "advisory_at": [do for do in _ASKING if where[do] == "advisory_at"],
    }


def _authority(draw: st.DrawFn, stated: dict[str, Any]) -> dict[str, list[str]]:
    commands = [key for key, roles in stated.items() if isinstance(roles, list)]
    changed = draw(st.sets(st.sampled_from(commands), max_size=3))
    roles = st.lists(st.sampled_from([*map(str, Role), "anyone"]), unique=True, max_size=3)
    return {key: draw(roles) for key in sorted(changed)}


def _rounds(draw: st.DrawFn, stated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw the dates of the rounds anew, in the order of the file."""
    found, on = [], date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 700)))
    for each in stated:
        approval = on + timedelta(days=draw(st.integers(1, 30)))
        committee = approval + timedelta(days=draw(st.integers(0, 60)))
        gates = {
            "qualification": f"{_day(on)} {draw(_CLOCK)}",
            "approval": f"{_day(approval)} {draw(_CLOCK)}",
            "committee": _day(committee),
        }
        found.append({**each, **gates})
        on = committee + timedelta(days=draw(st.integers(1, 150)))
    return found


def _day(on: date) -> str:
    return f"{spelled(on, 'dddd', 'da')} {on}"


def _fund(draw: st.DrawFn, stated: dict[str, Any]) -> dict[str, Any]:
    some = st.sampled_from([0, 1, 1_500_000, 10_000_000]) | st.integers(0, 10**8)
    days = st.integers(0, 700).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
    opens = draw(st.none() | days) if "awaits" in stated else None
    return {**stated, "amount": draw(some), **({} if opens is None else {"released_on": opens})}
