"""How what is stored is sealed: canonical bytes, a chain of hashes for each case, salted values.

The reference of the tables lays the format down; `klimaflow.store.audit` reads it from there.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Any, Final

import rfc8785

from klimaflow.errors import StoreError

__all__ = [
    "ALGORITHM",
    "ERASED",
    "canonical",
    "chained",
    "disclosed",
    "framed",
    "genesis",
    "is_hash",
    "sealed",
]

ALGORITHM: Final = b"sha-256"
ERASED: Final = "(erased)"
"""What stands where a value was erased."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_COMMITMENT: Final = {"commitment"}
_DECODED: Final = json.JSONDecoder().decode
_JSON: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SALT = 16  # octets: what was erased cannot be found by guessing

Beside = dict[str, dict[str, str]]
"""The salt and the value behind each commitment, by its path."""


def canonical(value: Any) -> bytes:  # whatever JSON holds
    """Return a JSON value in the canonical form of RFC 8785."""
    return rfc8785.dumps(value)


def written(texts: str | Beside) -> bytes:
    """Return a text, or what stands beside an entry, in canonical form: of texts it is JSON's own.

    Raises `ValueError` for what is not Unicode.
    """
    return _JSON.encode(texts).encode()


def framed(*parts: bytes) -> bytes:
    """Return the parts, each after its length in eight octets: no two lists give the same."""
    return b"".join([len(part).to_bytes(8, "big") + part for part in parts])


def digest(tag: bytes, *parts: bytes) -> bytes:
    """Return the hash of the parts for one purpose, which the tag names."""
    return sha256(_tagged(tag) + framed(*parts)).digest()


@cache
def _tagged(tag: bytes) -> bytes:
    return framed(tag, ALGORITHM)


def is_hash(text: str) -> bool:
    """Tell whether a text is a hash as it is written: 64 lower-case hexadecimal digits."""
    return bool(_HASH.fullmatch(text))


def genesis(case_id: str) -> str:
    """Return what the chain of a case begins with, in hexadecimal digits."""
    return digest(b"klimaflow.case.v1", case_id.encode()).hex()


def chained(head: str, body: bytes) -> str:
    """Return the head of a chain after one more body."""
    return digest(b"klimaflow.entry.v1", bytes.fromhex(head), body).hex()


def committed(salt: str, value: str) -> str:
    """Return the commitment to a value, which says nothing to those who lack the salt."""
    return digest(b"klimaflow.value.v1", bytes.fromhex(salt), written(value)).hex()


def asked_under(key: str) -> str:
    """Return the hash of a key."""
    return digest(b"klimaflow.key.v1", key.encode()).hex()


def asked(key: str, content: Any) -> str:
    """Return the hash of what is asked under a key, JSON-safe values.

    It says nothing to those who lack the key, of which only the hash is stored.
    """
    return digest(b"klimaflow.request.v1", key.encode(), canonical(content)).hex()


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of the content of a procedure, which is the procedure's own."""
    return sha256(content).hexdigest()


_TEXTS = ("title", "summary", "adviser", "notes", "need", "reason")


def personal(said: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield where a person may be named: the path, the table and the key.

    A condition is not among them: it is known by its text.
    """
    for key in _TEXTS:
        if said.get(key):
            yield f"{path}/{key}", said, key  # type: ignore[misc]  # a table of our own making
    participants = said.get("participants")
    for number, each in enumerate(participants or ()):
        yield f"{path}/participants/{number}/name", each, "name"


def sealed(body: dict[str, Any]) -> Beside:
    """Put a commitment in each place of a body where a person may be named.

    Returns what is behind them; of an actor all but the person stays in the body.
    """
    beside: Beside = {}
    for path, table, key in places(body):
        salt = secrets.token_hex(_SALT)
        if key == "by":
            table["as"] = table["by"].partition("/")[0]
        beside[path] = {"salt": salt, "value": table[key]}
        table[key] = {"commitment": committed(salt, table[key])}
    return beside


def places(body: dict[str, Any]) -> list[tuple[str, dict[str, Any], str]]:
    """Return where a person may be named in the body of an entry."""
    within = "record" if "record" in body else "command" if "command" in body else ""
    table = body[within] if within else body
    prefix = f"/{within}" if within else ""
    said = table.get("said", {})
    found = [*personal(said, f"{prefix}/said")]
    if "/" in table["by"]:
        found.append((f"{prefix}/by", table, "by"))
    if "reason" in table:
        found.append((f"{prefix}/reason", table, "reason"))
    return found


def disclosed(body: dict[str, Any], beside: Beside) -> list[str]:
    """Put the values behind its commitments into a body, or words for what was erased.

    Returns the paths of the latter. Raises `StoreError` for a value that is not the one committed
    to.
    """
    known: set[str] = set()
    for path, table, key in commitments(body):
        known.add(path)
        behind = beside.get(path)
        if behind is not None and not _is_behind(behind, table[key]):
            raise StoreError(f"the value of {path} is not the one that was recorded")
        organisation = f"{table.pop('as')}/" if key == "by" else ""
        table[key] = f"{organisation}{ERASED}" if behind is None else behind["value"]
    if strange := beside.keys() - known:
        raise StoreError(f"nothing was recorded of {', '.join(sorted(strange))}")
    return sorted(known - beside.keys())


def _is_behind(behind: Any, commitment: dict[str, str]) -> bool:
    try:
        salt, value = behind["salt"], behind["value"]
        told = committed(salt, value) == commitment["commitment"]
        return told and isinstance(value, str) and salt == salt.lower() and len(salt) == 2 * _SALT
    except (KeyError, TypeError, ValueError):
        return False


def commitments(value: Any, path: str = "") -> list[tuple[str, dict[str, Any], str]]:
    """Return where commitments stand in a body: the path, the table and the key."""
    found: list[tuple[str, dict[str, Any], str]] = []
    inside: Iterable[tuple[Any, Any]] = enumerate(value)
    if isinstance(value, dict):
        inside = value.items()
    for key, each in inside:
        if isinstance(each, dict) and isinstance(value, dict) and each.keys() == _COMMITMENT:
            found.append((f"{path}/{key}", value, key))
        elif isinstance(each, (dict, list)) and each:
            found += commitments(each, f"{path}/{key}")
    return found


def read(stored: bytes) -> dict[str, Any]:
    """Return the table that stored canonical bytes write; raise `StoreError` if they do not."""
    try:
        value = _DECODED(stored.decode())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise StoreError("what is stored is no table of JSON")
    return value


def read_beside(stored: bytes) -> Beside:
    """Return what stands beside an entry; raise `StoreError` if it is not in canonical form."""
    if stored == b"{}":  # in most entries nobody is named
        return {}
    beside = read(stored)
    try:
        canonical = written(beside) == stored
    except (ValueError, RecursionError):
        canonical = False
    if not canonical:
        raise StoreError("what stands beside it is not in canonical form")
    return beside
