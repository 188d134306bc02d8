"""A policy file in, a `Procedure` out, every mistake named at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from klimaflow import fields
from klimaflow.commands import COMMANDS
from klimaflow.errors import MomentError, PolicyError
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import MOVES
from klimaflow.procedure import Procedure
from klimaflow.rules import ENOUGH_AUTHORITIES

__all__ = ["load_procedure", "parse_procedure", "shipped"]

MOST_BYTES = 256 * 1024
"""No policy, case or story file is larger."""

MOST = 10**18
"""No number in these files is larger; what it may be at its place is another question."""


def shipped() -> tuple[str, ...]:
    """Return the ids of the procedures that come with klimaflow."""
    names = (each.name for each in files("klimaflow").joinpath("policies").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_procedure(which: str | Path) -> Procedure:
    """Return a shipped procedure by its id, or the one in a policy file by its path.

    Raises `PolicyError` with every mistake of the file and its path.
    """
    if isinstance(which, str) and which in shipped():
        text = files("klimaflow").joinpath(f"policies/{which}.toml").read_bytes()
        return parse_procedure(text)
    try:
        if Path(which).exists():
            return parse_procedure(read_bytes(Path(which)))
    except PolicyError:
        raise
    except Unreadable as error:
        raise PolicyError(error.lines()) from None
    except (OSError, ValueError) as error:
        raise PolicyError([f"{str(which)[:200]!r} cannot be read: {error}"]) from None
    known = ", ".join(shipped())
    raise PolicyError([f"{str(which)[:200]!r} is neither a file nor a shipped procedure ({known})"])


def parse_procedure(text: str | bytes) -> Procedure:
    """Return the procedure that the text of a policy file lays down; raises `PolicyError`."""
    problems: list[str] = []
    procedure = None
    try:
        table = parse_toml(text)
        problems += _contradictions(table)
        procedure = fields.read(Procedure, table)
    except Unreadable as error:
        problems = error.lines() + problems
    except MomentError as error:  # a deadline that the clocks of its zone skip, or show twice
        problems.insert(0, str(error))
    if procedure is None or problems:
        raise PolicyError(problems)
    return procedure


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of at most 256 KiB; raise `Unreadable` for a larger one."""
    if not path.is_file():
        raise Unreadable(f"{str(path)!r} is not a file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(f"is larger than {MOST_BYTES // 1024} KiB")
    return content


def parse_toml(text: str | bytes) -> dict[str, Any]:
    """Return the table that a TOML text writes; raise `Unreadable` if it is none."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        if len(decoded.encode("utf-8")) > MOST_BYTES:
            raise Unreadable(f"is larger than {MOST_BYTES // 1024} KiB")
        return _bounded(tomllib.loads(decoded))
    except Unreadable:
        raise
    except UnicodeError:
        raise Unreadable("is not UTF-8 text") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"is not TOML: {error}") from None


def _bounded(table: dict[str, Any]) -> dict[str, Any]:
    """Return the table; raise `Unreadable` for numbers of so many digits that none can be shown."""
    places: list[tuple[str, Any]] = [("", table)]
    for path, value in places:
        if isinstance(value, dict):
            places += ((f"{path}.{key[:60]}".lstrip("."), each) for key, each in value.items())
        elif isinstance(value, list):
            places += ((f"{path}[{number}]", each) for number, each in enumerate(value))
    beyond = [path for path, value in places if isinstance(value, int) and abs(value) > MOST]
    if beyond:
        raise Unreadable(*((path, "is a number beyond all measure") for path in beyond))
    return table


def _contradictions(table: Mapping[str, Any]) -> list[str]:
    """Return what no single entry can know: references between entries and to the lifecycle."""
    checks = (_authority, _participants, _funds, _validity)
    return [problem for check in checks for problem in check(table)]


def _authority(table: Mapping[str, Any]) -> Iterator[str]:
    stated = table.get("authority")
    if not isinstance(stated, Mapping):
        return
    places = {f"{move.command.do}@{move.source}" for move in MOVES} | set(COMMANDS)
    for key in stated:
        if key not in places and key not in ("source", "because"):
            yield f"authority.{key[:60]}: is no command of the lifecycle, or not in that phase"
    for move in MOVES:
        if move.command.do not in stated and f"{move.command.do}@{move.source}" not in stated:
            yield f"authority.{move.command.do}: is missing (phase {move.source})"


def _participants(table: Mapping[str, Any]) -> Iterator[str]:
    stated = table.get("participants")
    if not isinstance(stated, Mapping):
        return
    asking = {move.command.do for move in MOVES if ENOUGH_AUTHORITIES in move.rules}
    for key in ("binding_at", "advisory_at"):
        names = stated.get(key)
        for number, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str) and name not in asking:
                yield f"participants.{key}[{number}]: {name[:60]!r} is none of {sorted(asking)}"
            elif key == "advisory_at" and name in (stated.get("binding_at") or []):
                yield f"participants.{key}[{number}]: {name!r} stands in binding_at too"


def _funds(table: Mapping[str, Any]) -> Iterator[str]:
    funders = {each.get("id") for each in _tables(table, "funders") if _hashable(each.get("id"))}
    for number, fund in enumerate(_tables(table, "funds")):
        named = fund.get("funders")
        for place, funder in enumerate(named if isinstance(named, list) else []):
            if isinstance(funder, str) and funder not in funders:
                yield f"funds[{number}].funders[{place}]: {funder[:60]!r} is not among the funders"


def _validity(table: Mapping[str, Any]) -> Iterator[str]:
    first, last = (table.get(key) for key in ("valid_from", "valid_until"))
    if isinstance(first, Mapping) and isinstance(last, Mapping):
        try:
            if fields.day(first["value"]) > fields.day(last["value"]):
                yield "valid_until: comes before valid_from"
        except (KeyError, Unreadable):
            return


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = table.get(key)
    return [e for e in entries if isinstance(e, Mapping)] if isinstance(entries, list) else []


def _hashable(value: object) -> bool:
    return isinstance(value, str)
