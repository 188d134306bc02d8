"""JSON Schemas (2020-12) of what klimaflow reads and writes, made from the classes that read it.

A schema says what can be read; what contradicts itself, or the calendar, only the reader finds: a
date that is not on its weekday, a criterion that the procedure does not have, a round out of order.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from klimaflow.case import Head
from klimaflow.changes import ProcedureChanged
from klimaflow.commands import COMMANDS
from klimaflow.entries import Entry, Reading
from klimaflow.events import EVENTS
from klimaflow.fields import MOST_ENTRIES, MOST_KRONER, MOST_TEXT
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import MOVES
from klimaflow.moments import Moment, WallClock
from klimaflow.parties import IDENTIFIER, Actor, Kind, Participant, Role
from klimaflow.procedure import Authorised, Authority, Procedure, Strength
from klimaflow.proposal import ConsentStatus, Phase
from klimaflow.records import SCHEMA, SCHEMA_OF_CHANGES
from klimaflow.rules import RULES

__all__ = ["SCHEMAS", "schema", "schema_text"]

Schema = dict[str, Any]
"""A JSON Schema, or a part of one: JSON's own values, whatever they are."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string", "maxLength": MOST_TEXT}
VISIBLE: Schema = {**TEXT, "pattern": r"\S"}
ID: Schema = {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"}
WHOLE: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_KRONER}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
OFFSET = "(Z|[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?)"
MOMENT: Schema = {"type": "string", "pattern": f"^{CLOCK}{OFFSET}?$"}
STATED_DAY: Schema = {"type": "string", "pattern": r"^\S{1,20} [0-9]{4}-[0-9]{2}-[0-9]{2}$"}
STATED: Schema = {
    "type": "string",
    "pattern": r"^\S{1,20} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$",
}
ACTOR: Schema = {
    "type": "string",
    "pattern": f"^({'|'.join(Role)}):{IDENTIFIER.pattern}(/.{{1,200}})?$",
}
CODE: Schema = {"type": "string", "pattern": "^[0-9]{4}$"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

_TYPES: dict[object, Schema] = {
    bool: FLAG,
    int: WHOLE,
    date: DAY,
    Moment: MOMENT,
    WallClock: STATED,
    Actor: ACTOR,
}
_BY_READER = {"visible": VISIBLE, "identifier": ID, "code": CODE, "stated_day": STATED_DAY}


class _Definitions:
    """Makes the schemas of classes, each once; `nullable` where what is not there is null."""

    def __init__(self, *, nullable: bool) -> None:
        self.made: dict[str, Schema] = {}
        self._nullable = nullable

    def table(self, cls: type[Any], **more: Schema) -> Schema:
        """Return the schema of a table with a key for each field of a class, and for `more`."""
        hints = get_type_hints(cls)
        given = [each for each in attrs.fields(cls) if each.init]
        keys = {each.name: self._field(each, hints[each.name]) for each in given}
        needed = [each.name for each in given if each.default is attrs.NOTHING or self._nullable]
        found = closed({**more, **keys}, [*more, *needed])
        if issubclass(cls, Entry):
            found["oneOf"] = [{"required": ["source"]}, {"required": ["because"]}]
        return found

    def _field(self, field: attrs.Attribute[Any], hint: Any) -> Schema:
        if hint in (str, date, str | None):
            reader = field.metadata.get("reader", field.converter)
            name = getattr(reader, "__name__", "").lstrip("_")
            if name in _BY_READER:
                return self._or_null(_BY_READER[name], hint)
        if field.name == "conditions":
            return {"type": "array", "items": VISIBLE, "maxItems": MOST_ENTRIES}
        return self.of(hint)

    def _or_null(self, found: Schema, hint: Any) -> Schema:
        return {"anyOf": [found, {"type": "null"}]} if _optional(hint) and self._nullable else found

    def of(self, hint: Any) -> Schema:
        """Return the schema of a type."""
        if _optional(hint):
            (one,) = (each for each in get_args(hint) if each is not type(None))
            return self._or_null(self.of(one), hint)
        if hint is str:
            return TEXT
        if hint in _TYPES:
            return _TYPES[hint]
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Literal:
            return {"const": arguments[0]}
        if origin is tuple:
            return {"type": "array", "items": self.of(arguments[0]), "maxItems": MOST_ENTRIES}
        if origin in (FrozenMap, Mapping):
            values = self.of(arguments[1])
            return {"type": "object", "additionalProperties": values, "maxProperties": MOST_ENTRIES}
        return self._named(origin or hint, arguments)

    def _named(self, cls: type[Any], arguments: tuple[Any, ...]) -> Schema:
        name = cls.__name__ + "".join(f"_{each.__name__}" for each in arguments)
        if name not in self.made:
            self.made[name] = {}  # so that a class may hold itself
            self.made[name] = self._made(cls, arguments)
        return {"$ref": f"#/$defs/{name}"}

    def _made(self, cls: type[Any], arguments: tuple[Any, ...]) -> Schema:
        if issubclass(cls, StrEnum):
            return {"enum": [*map(str, cls)]}
        if cls is Authority:
            return _authority(self)
        if cls is Participant:
            table = closed({"id": ID, "name": VISIBLE, "kind": self.of(Kind)})
            return table if self._nullable else {"oneOf": [CODE, table]}
        if cls is Procedure and self._nullable:
            return closed({"id": ID, "edition": WHOLE, "sha256": SHA256})
        if cls is Reading:
            entry = self.table(Entry)
            return {
                **entry,
                **closed({"value": self.of(arguments[0]), **entry["properties"]}, ["value"]),
            }
        return self.table(cls)


def closed(properties: Mapping[str, Schema], required: Iterable[str] | None = None) -> Schema:
    """Return the schema of a table with these keys and no others, all required by default."""
    needed = [*(properties if required is None else required)]
    shape = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**shape, "required": needed} if needed else shape


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def _authority(definitions: _Definitions) -> Schema:
    """Return the schema of who may do what: a key for each command, or each place of one."""
    roles = {"type": "array", "items": {"enum": [*map(str, Role), Authorised.ANYONE.value]}}
    places = {f"{each.command.do}@{each.source}" for each in MOVES if each.source}
    entry = definitions.table(Entry)
    keys = dict.fromkeys((*COMMANDS, *sorted(places)), roles)
    return {**entry, "properties": {**entry["properties"], **keys}}


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


def _case(made: _Definitions) -> Schema:
    steps = {do: made.table(cls, do={"const": do}) for do, cls in COMMANDS.items()}
    head = made.table(Head)
    listed = {"type": "array", "items": _one_for_each("do", steps), "maxItems": MOST_ENTRIES}
    properties = {**head["properties"], "step": listed}
    return closed(properties, [*head["required"], "step"])


def _policy(made: _Definitions) -> Schema:
    return made.table(Procedure)


def _records(made: _Definitions) -> Schema:
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


def _record(made: _Definitions, cls: type[Any], version: int) -> Schema:
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


def _follow(made: _Definitions) -> Schema:
    maybe = {"anyOf": [TEXT, {"type": "null"}]}
    phase = {"enum": [*map(str, Phase), None]}
    rules = {"type": "array", "items": {"enum": [*RULES]}, "uniqueItems": True}
    source = closed({"document": TEXT, "section": TEXT, "quote": TEXT})
    finding = closed(
        {
            "rule": {"enum": [*RULES]},
            "holds": FLAG,
            "strength": made.of(Strength),
            "because": VISIBLE,
            "margin": {"type": ["string", "integer", "null"]},
            "source": source,
        }
    )
    step = closed(
        {
            "do": {"enum": [*COMMANDS]},
            "at": MOMENT,
            "permitted": FLAG,
            "phase": phase,
            "refused_by": rules,
            "remarks": rules,
            "findings": {"type": "array", "items": finding},
        }
    )
    money = made.of(FrozenMap[str, int])
    consents = {"type": "object", "additionalProperties": made.of(ConsentStatus)}
    return closed(
        {
            "case": VISIBLE,
            "procedure": ID,
            "phase": phase,
            "round": maybe,
            "granted": money,
            "consents": consents,
            "steps": {"type": "array", "items": step},
        }
    )


_MAKERS: dict[str, tuple[str, Callable[[_Definitions], Schema], bool]] = {
    "case": ("A case file of klimaflow", _case, False),
    "policy": ("A policy file of klimaflow", _policy, False),
    "records": ("The records of a history of klimaflow", _records, True),
    "follow": ("What klimaflow follow --json prints", _follow, True),
}
SCHEMAS = (*_MAKERS,)
"""What there are schemas of."""


def schema(of: str) -> Schema:
    """Return the JSON Schema of a case file, a policy file, records, or `follow --json`.

    A TOML file is judged as JSON has it, its dates and times as ISO texts. Raises `ValueError` for
    what is none of `SCHEMAS`.
    """
    if of not in _MAKERS:
        raise ValueError(f"{of!r} is none of {', '.join(SCHEMAS)}")
    title, make, nullable = _MAKERS[of]
    made = _Definitions(nullable=nullable)
    found = make(made)
    heading = {
        "$schema": DIALECT,
        "$id": f"urn:klimaflow:{of}",
        "title": title,
    }
    return {**heading, **found, "$defs": dict(sorted(made.made.items()))}


def schema_text(of: str | None = None, lang: str = "en") -> str:
    """Return one schema as JSON text, or all of them as the definitions of one."""
    found = (
        schema(of)
        if of
        else {"$schema": DIALECT, "$defs": {each: schema(each) for each in SCHEMAS}}
    )
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
