"""A case as the text of a case file, for `klimaflow follow`; the only door to tomlkit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import attrs
import tomlkit
from tomlkit.items import Item

from klimaflow.commands import Command
from klimaflow.moments import COPENHAGEN, moment, shown
from klimaflow.parties import AUTHORITY_KINDS, Actor, Participant
from klimaflow.report.page import printable

__all__ = ["case_text"]

YEAR_OF_STANDARD_TIME = 1894


def case_text(
    name: str,
    procedure: str,
    commands: Sequence[Command],
    *,
    committed: Mapping[str, int],
    remarks: Sequence[str] = (),
) -> str:
    """Return the text of a case file that takes these commands, one step each.

    `procedure` is a shipped id, or a file beside the case. The remarks are comments at its top.
    """
    document = tomlkit.document()
    for remark in remarks:
        document.add(tomlkit.comment(printable(remark)))
    document.add("case", tomlkit.string(name))
    document.add("procedure", tomlkit.string(procedure))
    if committed:
        document.add("committed", tomlkit.item(dict(committed)))
    steps = tomlkit.aot()
    for command in commands:
        step = tomlkit.table()
        step.add("do", command.do)
        for field in attrs.fields(type(command)):
            value = getattr(command, field.name)
            if field.name in ("at", "by") or value != field.default:
                step.add(field.name, _plain(value))
        steps.append(step)
    document.add("step", steps)
    return tomlkit.dumps(document)


def _plain(value: object) -> Item:
    """Return a value as it stands in a case file."""
    if isinstance(value, datetime):
        return tomlkit.item(_moment(value))
    if isinstance(value, date):
        return tomlkit.date(value.isoformat())
    if isinstance(value, Actor):
        return tomlkit.item(str(value))
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    if isinstance(value, tuple):
        array = tomlkit.array()
        array.extend([_entry(each) for each in value])
        return array
    return tomlkit.item(value)


def _moment(at: datetime) -> str:
    """Return a moment with the Danish offset; in UTC while that had seconds, before 1894."""
    return shown(moment(at), COPENHAGEN if at.year > YEAR_OF_STANDARD_TIME else "UTC")


def _entry(value: object) -> Any:  # what tomlkit makes of it
    if not isinstance(value, Participant):
        return str(value)
    if value.kind in AUTHORITY_KINDS:
        return value.id
    table = tomlkit.inline_table()
    table.update({"id": value.id, "name": value.name, "kind": str(value.kind)})
    return table
