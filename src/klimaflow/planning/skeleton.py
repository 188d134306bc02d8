"""A policy file for the next half-year, from the text of the one before; the only door to tomlkit.

The text and its comments stay. What belongs to a half-year alone is emptied, so that the loader
names each date that nobody has filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item
from tomlkit.items import Table as StandardTable

from klimaflow.policy import load_procedure, policy_text
from klimaflow.procedure import Procedure, Round
from klimaflow.report.page import printable

__all__ = ["skeleton"]

DATES = ("qualification", "approval", "committee")
HALVES = (("spring", "autumn"), ("forår", "efterår"))
YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])", re.ASCII)
HEAD = """\
# A skeleton for the half-year after {round}, made from {id}, edition {edition}.
# Fill in what is empty: `klimaflow procedure FILE` names it. Copy [[rounds]] for another half-year.
# Then hold all the rest against the new document: `klimaflow procedure FILE --source TEXT`.
# From here on it is the text of the old file.

"""


def skeleton(which: str | Path) -> str:
    """Return the text of a policy file for the half-year after the last round of another one.

    `which` is a shipped id or a path. The old text stays, but for its rounds: there is one, made
    from the last, with empty dates, and of the requirements that name a round those of the last.
    `checked` is empty, `edition` is 1, and ids and names that say which half-year it is say the
    next one. Raises `PolicyError` as `load_procedure` does.
    """
    old = load_procedure(which)
    document = tomlkit.parse(policy_text(which))
    after = _next_half(old.rounds[-1].id) or f"{old.rounds[-1].id}-next"
    _next_round(document["rounds"], old.rounds[-1], after)
    _required(document.get("requirements"), old, after)
    _set(document, _head(old, after))
    label = printable(old.rounds[-1].label)
    return HEAD.format(round=label, id=old.id, edition=old.edition) + document.as_string()


def _head(old: Procedure, after: str) -> dict[str, Any]:
    """Return what the head says now; its year is a new one if that of the round's id is."""
    years = dict(zip(YEAR.findall(old.rounds[-1].id), YEAR.findall(after), strict=False))
    named = {key: _in_year(getattr(old, key), years) for key in ("id", "title")}
    if named["id"] == old.id:
        named["id"] = f"{old.id}-next"
    unchecked = tomlkit.parse('checked = { by = "", on = "" }')["checked"]
    return {**named, "edition": 1, "checked": unchecked}


def _in_year(text: str, years: dict[str, str]) -> str:
    return YEAR.sub(lambda match: years.get(match[0], match[0]), text)


def _next_round(rounds: Any, last: Round, after: str) -> None:
    """Leave the last round alone, without its dates, under its new names."""
    del rounds[:-1]
    _emptied(rounds[0], DATES)
    renamed = {"id": after, "label": _next_half(last.label) or f"{last.label} (next)"}
    if last.label_da is not None:
        renamed["label_da"] = _next_half(last.label_da) or f"{last.label_da} (næste)"
    _set(rounds[0], renamed)


def _required(requirements: Any, old: Procedure, after: str) -> None:
    """Leave out what is required of earlier rounds, and empty the times required of the last."""
    for number, stated in reversed([*enumerate(old.requirements)]):
        name, pattern = stated.demand
        if pattern.round == old.rounds[-1].id:
            _set(requirements[number], {"id": _next_half(stated.id) or stated.id})
            demand = requirements[number][name]
            before = _emptied(demand, [key for key, _ in pattern.clocks()])
            if isinstance(requirements[number], StandardTable) and isinstance(demand, InlineTable):
                _remark(demand, before)
            demand["round"] = after
        elif pattern.round is not None:
            del requirements[number]


def _emptied(table: StandardTable | InlineTable, keys: Iterable[str]) -> list[str]:
    """Empty some texts; the old ones stay as comments where there is room, and are returned."""
    before = []
    for key in keys:
        item = table.value.item(key)
        assert isinstance(item, Item), "the loader has read it, and so it is a text"
        before.append(str(table[key]))
        table[key] = filled = tomlkit.string("")
        if isinstance(table, StandardTable):
            _remark(filled, before[-1:], item.trivia.comment)
    return before


def _remark(item: Item, before: list[str], said: str = "") -> None:
    """Let a comment say what was there before, and what it said itself."""
    said = (said or item.trivia.comment).lstrip("# ")
    if before:
        item.comment("; ".join(filter(None, (f"before: {', '.join(before)}", said))))


def _set(table: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        table[key] = value


def _next_half(text: str) -> str | None:
    """Return `spring 2025` for `autumn 2024`, in English or Danish; None if it is no half-year."""
    for spring, autumn in HALVES:
        if autumn in text:
            return YEAR.sub(lambda match: str(int(match[0]) + 1), text.replace(autumn, spring))
        if spring in text:
            return text.replace(spring, autumn)
    return None
