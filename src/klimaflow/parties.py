"""Who takes part: the actors that ask, the participants of a track, the register of authorities."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from attrs import frozen

from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet

__all__ = ["Actor", "Kind", "Participant", "Role", "authorities"]

IDENTIFIER = re.compile(r"[!-.0-~]{1,100}", re.ASCII)
"""What identifies an organisation: printable ASCII without a space or a slash. Names never do."""

CODE = re.compile(r"[0-9]{4}", re.ASCII)
"""An official authority code has four digits."""


class Role(StrEnum):
    """In what capacity somebody acts."""

    PROPOSER = "proposer"
    PARTICIPANT = "participant"
    DGO = "dgo"
    SECRETARIAT = "secretariat"
    COMMITTEE = "committee"
    FUNDER = "funder"


class Kind(StrEnum):
    """What sort of organisation a participant is."""

    MUNICIPALITY = "municipality"
    REGION = "region"
    COMPANY = "company"
    ASSOCIATION = "association"
    KNOWLEDGE_INSTITUTION = "knowledge-institution"
    OTHER = "other"


AUTHORITY_KINDS = frozenset({Kind.MUNICIPALITY, Kind.REGION})


@frozen(cache_hash=True)
class Actor(Sheet):
    """Somebody who acts, written `role:organisation` or `role:organisation/person`.

    klimaflow authenticates nobody: the host vouches for the actor.
    """

    role: Role
    organisation: str
    person: str | None = None

    def __str__(self) -> str:
        person = "" if self.person is None else f"/{self.person}"
        return f"{self.role}:{self.organisation}{person}"


@lru_cache(maxsize=4096)
def actor(text: str) -> Actor:
    """Return the actor that `text` writes; raise `ValueError` saying what is wrong with it."""
    role, colon, rest = text.partition(":")
    organisation, slash, person = rest.partition("/")
    if not colon or role not in Role.__members__.values():
        roles = ", ".join(Role)
        raise ValueError(f"{text[:60]!r} is no actor: write role:organisation, a role of {roles}")
    if not IDENTIFIER.fullmatch(organisation):
        raise ValueError(
            f"{text[:60]!r} is no actor: the organisation's id is printable ASCII without spaces"
        )
    if slash and not (person.strip() and person.isprintable() and len(person) <= 200):
        raise ValueError(f"{text[:60]!r} is no actor: the person has no readable name")
    return Actor(Role(role), organisation, person if slash else None)


@frozen(cache_hash=True)
class Participant(Sheet):
    """An organisation that takes part in a track. `id` identifies it, `name` is for people."""

    id: str
    name: str
    kind: Kind


@cache
def authorities() -> Mapping[str, Participant]:
    """Return the 98 municipalities and five regions of Denmark by their official code."""
    text = files("klimaflow").joinpath("data/danish-authorities-2024.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    each = (Participant(row["code"], row["name"], Kind(row["kind"])) for row in rows)
    return FrozenMap((authority.id, authority) for authority in each)


def authority(code: str) -> Participant:
    """Return the authority of this code; raise `ValueError` with the nearest one if there is none.

    A name is not a code: the error for one suggests the code of the nearest name.
    """
    register = authorities()
    found = register.get(code)
    if found is None:
        hint = "".join(f'; did you mean "{near.id}" ({near.name})?' for near in _nearest(code))
        raise ValueError(f"{code[:60]!r} is not the code of a Danish municipality or region{hint}")
    return found


def _nearest(code: str) -> list[Participant]:
    """Return the authority whose code, or else whose name, is nearest; none if none is near."""
    register = authorities()
    if CODE.fullmatch(code):
        return [min(register.values(), key=lambda each: _distance(each.id, code))]
    by_name = {each.name: each for each in register.values()}
    return [by_name[name] for name in get_close_matches(code, by_name, n=1)]


def _distance(one: str, other: str) -> tuple[int, int]:
    unequal = sum(a != b for a, b in zip(one, other, strict=True))
    return unequal, abs(int(one) - int(other))
