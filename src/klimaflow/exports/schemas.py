"""JSON Schemas (2020-12) of what klimaflow reads and writes, made from the classes that read it.

A schema says what can be read; what contradicts itself, or the calendar, only the reader finds: a
date that is not on its weekday, a criterion that the procedure does not have, a round out of order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from klimaflow.case import Head
from klimaflow.changes import ProcedureChanged
from klimaflow.commands import COMMANDS
from klimaflow.events import EVENTS
from klimaflow.exports import answers
from klimaflow.exports.definitions import ACTOR, MOMENT, WHOLE, Definitions, Schema, closed
from klimaflow.fields import MOST_ENTRIES
from klimaflow.procedure import Procedure
from klimaflow.records import SCHEMA, SCHEMA_OF_CHANGES

__all__ = ["SCHEMAS", "schema", "schema_text"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _one_for_each(key: str, tables: Mapping[str, Schema]) -> Schema:
    """Return the schema of a table whose other keys depend on what stands under one."""
    chosen = [
        {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": table}
        for name, table in tables.items()
    ]
    return {
        "type": "object",
        "properties": {key: {"enum": [*tables]}},
        "required": [key],
        "allOf": chosen,
    }


def _case(made: Definitions) -> Schema:
    steps = {do: made.table(cls, do={"const": do}) for do, cls in COMMANDS.items()}
    head = made.table(Head)
    listed = {"type": "array", "items": _one_for_each("do", steps), "maxItems": MOST_ENTRIES}
    properties = {**head["properties"], "step": listed}
    return closed(properties, [*head["required"], "step"])


def _policy(made: Definitions) -> Schema:
    return made.table(Procedure)


def _records(made: Definitions) -> Schema:
    identity = made.of(Procedure)
    plain = {"schema": {"const": SCHEMA}, "procedure": identity, "events": WHOLE}
    moved = {
        **plain,
        "schema": {"const": SCHEMA_OF_CHANGES},
        "opened_under": identity,
        "changes": WHOLE,
    }
    entries = {name: _record(made, cls, SCHEMA) for name, cls in EVENTS.items()}
    entries[ProcedureChanged.__name__] = _record(made, ProcedureChanged, SCHEMA_OF_CHANGES)
    return {
        "type": "array",
        "prefixItems": [{"oneOf": [closed(plain), closed(moved)]}],
        "items": _one_for_each("event", entries),
        "minItems": 1,
    }


def _record(made: Definitions, cls: type[Any], version: int) -> Schema:
    said = made.table(cls)
    keys = {name: each for name, each in said["properties"].items() if name not in ("at", "by")}
    return closed(
        {
            "schema": {"const": version},
            "number": {"type": "integer", "minimum": 1},
            "event": {"const": cls.__name__},
            "at": MOMENT,
            "by": ACTOR,
            "said": closed(keys),
        }
    )


_MAKERS: dict[str, tuple[str, Callable[[Definitions], Schema]]] = {
    "case": ("A case file of klimaflow", _case),
    "policy": ("A policy file of klimaflow", _policy),
    "records": ("The records of a history of klimaflow", _records),
    **{
        name: (f"What klimaflow {called} --json prints", make)
        for name, (called, make) in answers.ANSWERS.items()
    },
}
SCHEMAS = (*_MAKERS,)
"""What there are schemas of: files, records, and what each command prints with `--json`."""


def schema(of: str) -> Schema:
    """Return the JSON Schema of a file, of records, or of what a command prints with `--json`.

    A TOML file is judged as JSON has it, its dates and times as ISO texts. Raises `ValueError` for
    what is none of `SCHEMAS`.
    """
    if of not in _MAKERS:
        raise ValueError(f"{of!r} is none of {', '.join(SCHEMAS)}")
    title, make = _MAKERS[of]
    made = Definitions(nullable=of == "records", dated=of == "procedure")
    found = make(made)
    heading = {"$schema": DIALECT, "$id": f"urn:klimaflow:{of}", "title": title}
    return {**heading, **found, "$defs": dict(sorted(made.made.items()))}


def schema_text(of: str | None = None, lang: str = "en") -> str:
    """Return one schema as JSON text, or all of them as the definitions of one."""
    found = (
        schema(of)
        if of
        else {"$schema": DIALECT, "$defs": {each: schema(each) for each in SCHEMAS}}
    )
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
