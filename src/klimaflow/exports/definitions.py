"""The parts of which JSON Schemas are made: plain values, and tables made from classes."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from klimaflow.commands import COMMANDS
from klimaflow.entries import Entry, Reading
from klimaflow.fields import MOST_ENTRIES, MOST_KRONER, MOST_TEXT
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import MOVES
from klimaflow.moments import Moment, WallClock
from klimaflow.parties import IDENTIFIER, Actor, Kind, Participant, Role
from klimaflow.procedure import Authorised, Authority, Procedure

__all__ = [
    "ACTOR",
    "DAY",
    "FLAG",
    "ID",
    "INSTANT",
    "MOMENT",
    "SHA256",
    "TEXT",
    "VISIBLE",
    "WHOLE",
    "Definitions",
    "Schema",
    "closed",
]

Schema = dict[str, Any]
"""A JSON Schema, or a part of one: JSON's own values, whatever they are."""

TEXT: Schema = {"type": "string", "maxLength": MOST_TEXT}
VISIBLE: Schema = {**TEXT, "pattern": r"\S"}
ID: Schema = {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"}
WHOLE: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_KRONER}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
OFFSET = "(Z|[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?)"
MOMENT: Schema = {"type": "string", "pattern": f"^{CLOCK}{OFFSET}?$"}
INSTANT: Schema = {"type": "string", "pattern": f"^{CLOCK}{OFFSET}$"}
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


class Definitions:
    """Makes the schemas of classes, each once.

    What is not there is null where they are `nullable`; days and times are on a calendar where they
    are `dated`, and otherwise stated with their weekday.
    """

    def __init__(self, *, nullable: bool = False, dated: bool = False) -> None:
        self.made: dict[str, Schema] = {}
        self._nullable = nullable
        self._types = {**_TYPES, WallClock: MOMENT} if dated else _TYPES
        self._by_reader = {**_BY_READER, "stated_day": DAY} if dated else _BY_READER

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
            if name in self._by_reader:
                return self._or_null(self._by_reader[name], hint)
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
        if hint in self._types:
            return self._types[hint]
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


def _authority(definitions: Definitions) -> Schema:
    """Return the schema of who may do what: a key for each command, or each place of one."""
    roles = {"type": "array", "items": {"enum": [*map(str, Role), Authorised.ANYONE.value]}}
    places = {f"{each.command.do}@{each.source}" for each in MOVES if each.source}
    entry = definitions.table(Entry)
    keys = dict.fromkeys((*COMMANDS, *sorted(places)), roles)
    return {**entry, "properties": {**entry["properties"], **keys}}
