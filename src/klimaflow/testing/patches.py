"""Patches: what if the policy said something else? Each names the value that the file has now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from klimaflow import fields
from klimaflow.fields import Unreadable
from klimaflow.markup.sheet import Sheet

__all__ = ["Patch", "patched", "read_patch"]

_PATH = re.compile(r'(?:"[^"]+"|[^."]+)(?:\.(?:"[^"]+"|[^."]+))*')
_KEY = re.compile(r'"([^"]+)"|([^."]+)')


def _path(value: object) -> tuple[str, ...]:
    if not _PATH.fullmatch(fields.visible(value)):
        example = "participants.minimum or rounds.2024-spring.approval"
        raise Unreadable(f"{str(value)[:60]!r} is no path: write it as {example}")
    return tuple(quoted or plain for quoted, plain in _KEY.findall(str(value)))


def _anything(value: object) -> object:
    return value


@frozen(kw_only=True)
class Patch(Sheet):
    """One change of a policy file: the value at `path` is `old` and becomes `new`.

    `path` holds keys; an entry of a list is found by its id. Without an `old` the file must have
    no such key, without a `new` it loses it.
    """

    path: tuple[str, ...] = field(metadata=fields.reads(_path))
    old: Any = field(default=None, metadata=fields.reads(_anything))
    new: Any = field(default=None, metadata=fields.reads(_anything))

    def __str__(self) -> str:
        return ".".join(f'"{key}"' if "." in key else key for key in self.path)

    def apply(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """Return the table of a policy file with this change; `Unreadable` if `old` is not so."""
        changed: dict[str, Any] = _within(table, self.path, self)
        return changed


def read_patch(value: object) -> Patch:
    """Read a patch; one without both values, or with two equal ones, changes nothing."""
    patch = fields.read(Patch, value)
    if patch.old is None and patch.new is None:
        raise Unreadable("needs an old value, a new one, or both")
    if _same(patch.old, patch.new):
        raise Unreadable(("new", "is the old value: this changes nothing"))
    return patch


def patched(table: Mapping[str, Any], patches: Iterable[Patch]) -> dict[str, Any]:
    """Return the table of a policy file with all these changes, made one after another.

    Raises `Unreadable` with each that does not fit, under `[0]`, `[1]`, …
    """
    problems: list[tuple[str, str]] = []
    changed = dict(table)
    for number, patch in enumerate(patches):
        try:
            changed = patch.apply(changed)
        except Unreadable as error:
            problems += error.under(f"[{number}]")
    if problems:
        raise Unreadable(*problems)
    return changed


def _within(value: Any, keys: tuple[str, ...], patch: Patch) -> Any:
    """Return the value with what is at the end of `keys` changed."""
    key, rest = keys[0], keys[1:]
    if isinstance(value, list):
        return _in_list(value, key, rest, patch)
    if not isinstance(value, Mapping):
        raise Unreadable(("path", f"{fields.in_path(key)} is below what is no table"))
    found = _within(value.get(key, {}), rest, patch) if rest else _new(value.get(key), patch)
    return {name: each for name, each in {**value, key: found}.items() if each is not None}


def _in_list(value: list[Any], key: str, rest: tuple[str, ...], patch: Patch) -> list[Any]:
    named = [isinstance(each, Mapping) and each.get("id") == key for each in value]
    if not any(named):
        ids = [fields.in_path(each.get("id")) for each in value if isinstance(each, Mapping)]
        there = f"those are {', '.join(ids)}" if ids else "a list without ids is changed as a whole"
        raise Unreadable(("path", f"{fields.in_path(key)} is the id of no entry; {there}"))
    changed = [
        each if not here else _within(each, rest, patch) if rest else _new(each, patch)
        for each, here in zip(value, named, strict=True)
    ]
    return [each for each in changed if each is not None]


def _new(now: Any, patch: Patch) -> Any:
    if not _same(now, patch.old):
        stated = "there is no such key" if now is None else f"the file has {_shown(now)[:60]}"
        expected = "none" if patch.old is None else _shown(patch.old)[:60]
        raise Unreadable(("old", f"{stated}, and the patch expects {expected}"))
    return patch.new


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values of TOML are the same; true is not 1, and 1.0 is not either."""
    return type(one) is type(other) and _shown(one) == _shown(other)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    return f"{type(value).__name__} {value}"
