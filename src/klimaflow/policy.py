"""A policy file in, a `Procedure` out, every mistake named at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from klimaflow import fields
from klimaflow.commands import COMMANDS
from klimaflow.entries import tables
from klimaflow.errors import MomentError, PolicyError
from klimaflow.fields import Unreadable, readable, stated_day, stated_time
from klimaflow.lifecycle import MOVES
from klimaflow.moments import COPENHAGEN
from klimaflow.procedure import Procedure
from klimaflow.requirements import DEMANDS
from klimaflow.rules import ENOUGH_AUTHORITIES

__all__ = [
    "load_procedure",
    "parse_procedure",
    "policy_table",
    "policy_text",
    "read_procedure",
    "refuse_no_file",
    "shipped",
]

MOST_BYTES = 256 * 1024
"""No policy, case or story file is larger."""

DEEPEST = 16
"""No table or list in these files stands in more others."""

_KEY = r"""(?<![\w-])(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*"""
_LONG_KEY = re.compile(rf"(?:{_KEY}\.[ \t]*){{99}}", re.ASCII)
"""A key of a hundred parts; the reader's work grows with the square of their number."""


def shipped() -> tuple[str, ...]:
    """Return the ids of the procedures that come with klimaflow."""
    names = (each.name for each in files("klimaflow").joinpath("policies").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_procedure(which: str | Path) -> Procedure:
    """Return a shipped procedure by its id, or the one in a policy file by its path.

    Raises `PolicyError` with every mistake of the file and its path.
    """
    return read_procedure(policy_table(which))


def policy_table(which: str | Path) -> dict[str, Any]:
    """Return what the file that `load_procedure` reads says, key by key and not yet judged.

    Raises `PolicyError` for a file that is not there, and for one that is no TOML.
    """
    try:
        return parse_toml(policy_text(which))
    except Unreadable as error:
        raise PolicyError(error.lines()) from None


def policy_text(which: str | Path) -> bytes:
    """Return the content of the file that `load_procedure` reads, comments and all.

    Raises `PolicyError` for a file that is not there or cannot be read.
    """
    try:
        return _content(which)
    except Unreadable as error:
        raise PolicyError(error.lines()) from None


def _content(which: str | Path) -> bytes:
    if isinstance(which, str) and which in shipped():
        return files("klimaflow").joinpath(f"policies/{which}.toml").read_bytes()
    try:
        if str(which) and Path(which).exists():
            return read_bytes(Path(which))
    except Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise Unreadable(unreadable(which, error)) from None
    known = ", ".join(shipped())
    raise Unreadable(f"{str(which)[:200]!r} is neither a file nor a shipped procedure ({known})")


def unreadable(path: str | Path, error: OSError | ValueError) -> str:
    """Return in one line that a file cannot be read, and why."""
    why = error.strerror if isinstance(error, OSError) else error
    return f"{str(path)[:200]!r} cannot be read: {why}"


def parse_procedure(text: str | bytes) -> Procedure:
    """Return the procedure that the text of a policy file lays down; raises `PolicyError`."""
    try:
        table = parse_toml(text)
    except Unreadable as error:
        raise PolicyError(error.lines()) from None
    return read_procedure(table)


def read_procedure(table: Mapping[str, Any]) -> Procedure:
    """Return the procedure that the keys of a policy file lay down.

    Raises `PolicyError` with every mistake and its path.
    """
    try:
        return fields.checked(partial(fields.read, Procedure), _contradictions)(table)
    except Unreadable as error:
        raise PolicyError(error.lines()) from None


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of at most 256 KiB; raise `Unreadable` for a larger one."""
    refuse_no_file(path)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(f"is larger than {MOST_BYTES // 1024} KiB")
    return content


def refuse_no_file(path: Path) -> None:
    """Raise `Unreadable` for a name that is not that of a file, with what it is."""
    if not path.is_file():
        why = ", but a folder" if path.is_dir() else "" if path.exists() else ": there is none"
        raise Unreadable(f"{str(path)[:200]!r} is not a file{why}")


def parse_toml(text: str | bytes) -> dict[str, Any]:
    """Return the table that a TOML text writes; raise `Unreadable` if it is none."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        if len(decoded.encode("utf-8")) > MOST_BYTES:
            raise Unreadable(f"is larger than {MOST_BYTES // 1024} KiB")
        if decoded.startswith("\ufeff"):
            raise Unreadable("begins with a byte order mark: save it without one")
        if _LONG_KEY.search(decoded):
            raise Unreadable("is nested too deeply")
        return _bounded(tomllib.loads(decoded))
    except Unreadable:
        raise
    except UnicodeError:
        raise Unreadable("is not UTF-8 text") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"is not TOML: {_short(str(error))}") from None


def _short(sentence: str) -> str:
    """Return a sentence in a line; the end of one on TOML says in which line and column."""
    if sentence.startswith("Exceeds the limit"):
        return "a number has more than 4,300 digits"
    return sentence if len(sentence) <= 200 else f"{sentence[:120]}… {sentence[-60:]}"


def _bounded(table: dict[str, Any]) -> dict[str, Any]:
    """Return the table; raise `Unreadable` for each place where it is nested too deeply."""
    if deep := [*_too_deep(table, "", DEEPEST)]:
        raise Unreadable(*((path, "is nested too deeply") for path in deep))
    return table


def _too_deep(value: object, path: str, levels: int) -> Iterator[str]:
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        yield path
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _too_deep(each, f"{path}.{fields.in_path(key)}".lstrip("."), levels - 1)
    else:
        for number, each in enumerate(value):
            yield from _too_deep(each, f"{path}[{number}]", levels - 1)


def _contradictions(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what no single entry can know: references between entries and to the lifecycle."""
    checks = (
        *(_authority, _participants, _rounds, _clocks, _funds, _validity),
        *(_requirements, _clocks_of_requirements, _late_registration),
    )
    return [problem for check in checks for problem in check(table)]


def _authority(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stated = table.get("authority")
    if not isinstance(stated, Mapping):
        return
    places = {f"{move.command.do}@{move.source}" for move in MOVES} | set(COMMANDS)
    for key in stated:
        if key not in places and key not in ("source", "because"):
            problem = "is no command of the lifecycle, or not in that phase"
            yield f"authority.{fields.in_path(key)}", problem
    for move in MOVES:
        if move.command.do not in stated and f"{move.command.do}@{move.source}" not in stated:
            yield f"authority.{move.command.do}", f"is missing (phase {move.source})"


def _participants(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asking = sorted({move.command.do for move in MOVES if ENOUGH_AUTHORITIES in move.rules})
    stated = _table(table, "participants")
    binding = _texts(stated, "binding_at")
    for key in ("binding_at", "advisory_at"):
        for number, name in _texts(stated, key).items():
            path = f"participants.{key}[{number}]"
            if name not in asking:
                yield path, f"{name[:60]!r} is none of {', '.join(asking)}"
            elif key == "advisory_at" and name in binding.values():
                yield path, f"{name!r} stands in binding_at too"


def _rounds(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stated = tables(table.get("rounds"))
    for number, raw in enumerate(stated):
        first, then = (readable(stated_time, raw.get(g)) for g in ("qualification", "approval"))
        last = readable(stated_day, raw.get("committee"))
        if first and then and first.naive > then.naive:
            yield f"rounds[{number}].approval", "comes before the qualification deadline"
        if then and last and then.naive.date() > last:
            yield f"rounds[{number}].committee", "comes before the approval deadline"
    for number, (raw, later) in enumerate(pairwise(stated), start=1):
        before, on = (readable(stated_day, each.get("committee")) for each in (raw, later))
        if before and on and on <= before:
            name = fields.in_path(raw.get("id"))
            yield f"rounds[{number}].committee", f"comes no later than in {name}"
    if table.get("rounds") == []:
        yield "rounds", "needs at least one round"


def _clocks(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    zone = readable(fields.zone, table.get("zone"))
    for number, raw in enumerate(tables(table.get("rounds")) if zone else ()):
        for gate in ("qualification", "approval"):
            stated = readable(stated_time, raw.get(gate))
            try:
                if stated and zone:
                    stated.in_zone(zone)
            except MomentError as error:
                yield f"rounds[{number}].{gate}", str(error)


def _funds(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    funders = [each.get("id") for each in tables(table.get("funders"))]
    for number, fund in enumerate(tables(table.get("funds"))):
        for place, funder in _texts(fund, "funders").items():
            if funder not in funders:
                path = f"funds[{number}].funders[{place}]"
                yield path, f"{funder[:60]!r} is not among the funders"


def _requirements(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known: dict[str, tuple[str, list[Any]]] = {
        "do": ("commands", [*COMMANDS]),
        "round": ("rounds", [each.get("id") for each in tables(table.get("rounds"))]),
        "funder": ("funders", [each.get("id") for each in tables(table.get("funders"))]),
    }
    for path, pattern in _patterns(table):
        for key, (those, names) in known.items():
            name = readable(fields.identifier, pattern.get(key))
            if name is not None and name not in names:
                yield f"{path}.{key}", f"{name[:60]!r} is not among the {those}"


def _clocks_of_requirements(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, pattern in _patterns(table):
        for key, value in pattern.items():
            stated = readable(stated_time, value)
            try:
                if stated:
                    stated.in_zone(COPENHAGEN)
            except MomentError as error:
                yield f"{path}.{fields.in_path(key)}", str(error)


def _patterns(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, stated in enumerate(tables(table.get("requirements"))):
        for demand in DEMANDS:
            if isinstance(pattern := stated.get(demand), Mapping):
                yield f"requirements[{number}].{demand}", pattern


def _validity(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    first, last = (
        readable(fields.day, _table(table, key).get("value"))
        for key in ("valid_from", "valid_until")
    )
    if first and last and first > last:
        yield "valid_until", "comes before valid_from"


def _late_registration(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    readings = _table(table, "readings")
    if "late_registration" in readings and "late_registration_minutes" not in readings:
        yield "readings.late_registration", "needs late_registration_minutes beside it"


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}


def _texts(table: Mapping[str, Any], key: str) -> dict[int, str]:
    """Return the texts of a list by their places; other entries the readers complain of."""
    value = table.get(key)
    listed = value if isinstance(value, list) else []
    return {number: each for number, each in enumerate(listed) if isinstance(each, str)}
