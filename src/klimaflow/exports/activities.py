"""What can be done in each phase under one procedure: `MOVES`, round by round, funder by funder.

Others know a process by its activities. A move is one activity; a move that closes at the deadline
of a round is one for each round, and one about a funder's consent is one for each funder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import attrs
from attrs import frozen

from klimaflow import commands as do
from klimaflow import rules as r
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.lifecycle import MOVES, Move, closure
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import MICROSECOND, Day, Moment
from klimaflow.phrases import label
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal
from klimaflow.seen.words import Words
from klimaflow.unknown import UNKNOWN, Unknown

__all__ = ["Activity", "activities", "by_round", "called", "identifier"]

UPPER = (r.NO_LATER_THAN, r.BY_THE_DAY)
PLAIN = do.PutBeforeCommittee(at="2024-01-01 00:00", by="secretariat:klimaflow")
"""A command that names no round, so that its facts are those of the proposal's own."""


@frozen
class Activity(Sheet):
    """A move under a procedure, in one round or for one funder where that matters.

    `roles` may do it. It can be done up to `closes`, a moment or a whole day, that included; None
    is without end.
    """

    move: Move
    roles: tuple[str, ...]
    round: str | None
    funder: str | None
    closes: Moment | Day | None

    @property
    def id(self) -> str:
        """Its place in the course: the phase, the command, and the round or funder."""
        phase = (self.move.source or "").replace("_", "-")
        parts = (phase, self.move.command.do, self.round, self.funder)
        return identifier(*(part for part in parts if part))

    @property
    def late_from(self) -> Moment | None:
        """The first moment that is too late."""
        if isinstance(self.closes, Day):
            return self.closes.ends_at
        return None if self.closes is None else self.closes + MICROSECOND

    def name(self, words: Words) -> str:
        """Return what it is called: `Give consent: Realdania`."""
        return called(self.move.command.do, self.round, self.funder, words)


def called(do: str, in_round: str | None, funder: str | None, words: Words) -> str:
    """Return what an activity is called, on one line."""
    named = label("commands", do, words.lang)
    said = [words.round(in_round)] if in_round else []
    said += [words.funder(funder)] if funder else []
    return " ".join(f"{named}: {', '.join(said)}".split()) if said else named


def activities(procedure: Procedure) -> tuple[Activity, ...]:
    """Return all that can be done from the beginning on, in the order of `MOVES`.

    What nobody may do, what the phase alone forbids, and what only that would lead to is left out.
    """
    found = [activity for move in MOVES for activity in _of(move, procedure)]
    edges = {(each.move.source, each.move.target) for each in found}
    reached = closure(None, edges)
    return tuple(each for each in found if each.move.source in reached)


def _of(move: Move, procedure: Procedure) -> Iterator[Activity]:
    roles = procedure.authority.at.get((move.command.do, move.source), ())
    if not roles or _forbidden(move, procedure):
        return
    rounds = procedure.gates if by_round(move, procedure) else (None,)
    funders = procedure.funder_names if _by_funder(move) else (None,)
    for in_round, funder in product(rounds, funders):
        closes = _closes(move, procedure, in_round)
        assert not isinstance(closes, Unknown)
        yield Activity(move, roles, in_round, funder, closes)


def by_round(move: Move, procedure: Procedure) -> bool:
    """Return whether a move closes at a deadline of the round that it is about."""
    return _closes(move, procedure, None) is UNKNOWN


def _by_funder(move: Move) -> bool:
    return "funder" in {each.name for each in attrs.fields(move.command)}


def _closes(move: Move, procedure: Procedure, of: str | None) -> Moment | Day | Unknown | None:
    """Return until when a move can be made in a round; unknown if that takes a round to say."""
    facts = _facts(move, procedure, of)
    bounds: list[Any] = [getattr(facts, str(rule.bound)) for rule in move.rules if _closing(rule)]
    return next(iter(bounds), None)


def _closing(rule: r.Rule) -> bool:
    return rule.quantity == "at" and rule.direction in UPPER


def _forbidden(move: Move, procedure: Procedure) -> bool:
    """Return whether the phase alone refuses a move: it would skip the qualification."""
    facts = _facts(move, procedure, None)
    return r.QUALIFICATION_FIRST in move.rules and facts.qualified < facts.qualification_required


def _facts(move: Move, procedure: Procedure, of: str | None) -> Facts:
    return Facts(procedure, Proposal(phase=move.source, round=of), PLAIN, FrozenMap())


def identifier(*parts: str) -> str:
    """Return names joined by dots, as an XML name if the first begins with a letter.

    Different names stay different: what an XML name cannot hold is an underscore and its code.
    """
    return ".".join(re.sub(r"[^A-Za-z0-9-]", _coded, part) for part in parts)


def _coded(match: re.Match[str]) -> str:
    return f"_{ord(match[0]):02x}"
