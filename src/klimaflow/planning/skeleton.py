"""A policy file for the next half-year, from the text of the one before; the only door to tomlkit.

The text and its comments stay. What belongs to a half-year alone is emptied, so that the loader
names each date that nobody has filled in.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item
from tomlkit.items import Table as StandardTable

from klimaflow.policy import load_procedure, policy_text
from klimaflow.procedure import Procedure
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
    from the last, with empty dates. `checked` is empty, `edition` is 1, and ids and names that
    say which half-year it is say the next one. Raises `PolicyError` as `load_procedure` does.
    """
    old = load_procedure(which)
    document = tomlkit.parse(policy_text(which))
    stated = old.rounds[-1]
    rounds: Any = document["rounds"]
    del rounds[:-1]
    _empty_round(rounds[0])
    renamed = {"id": _next_half(stated.id) or f"{stated.id}-next"}
    renamed |= {"label": _next_half(stated.label) or f"{stated.label} (next)"}
    if stated.label_da is not None:
        renamed["label_da"] = _next_half(stated.label_da) or f"{stated.label_da} (næste)"
    _set(rounds[0], renamed)
    _set(document, _head(old, stated.id, renamed["id"]))
    label = printable(stated.label)
    return HEAD.format(round=label, id=old.id, edition=old.edition) + document.as_string()


def _head(old: Procedure, before: str, after: str) -> dict[str, Any]:
    """Return what the head says now; its year is a new one if that of the round's id is."""
    years = dict(zip(YEAR.findall(before), YEAR.findall(after), strict=False))
    named = {key: _in_year(getattr(old, key), years) for key in ("id", "title")}
    if named["id"] == old.id:
        named["id"] = f"{old.id}-next"
    unchecked = tomlkit.parse('checked = { by = "", on = "" }')["checked"]
    return {**named, "edition": 1, "checked": unchecked}


def _in_year(text: str, years: dict[str, str]) -> str:
    return YEAR.sub(lambda match: years.get(match[0], match[0]), text)


def _empty_round(stated: StandardTable | InlineTable) -> None:
    """Empty the dates of a round; the old ones stay as comments, where there is room for one."""
    for key in DATES:
        before, item = str(stated[key]), stated.value.item(key)
        assert isinstance(item, Item), "the loader has read it, and so it is a text"
        said = item.trivia.comment.lstrip("# ")
        stated[key] = filled = tomlkit.string("")
        if isinstance(stated, StandardTable):
            filled.comment("; ".join(filter(None, (f"before: {before}", said))))


def _set(table: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        table[key] = value


def _next_half(text: str) -> str | None:
    """Return `spring 2025` for `autumn 2024`, in English or Danish; None if it is no half-year."""
    for spring, autumn in HALVES:
        if autumn in text and YEAR.search(text):
            return YEAR.sub(lambda match: str(int(match[0]) + 1), text.replace(autumn, spring))
        if spring in text:
            return text.replace(spring, autumn)
    return None
