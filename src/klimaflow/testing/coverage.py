"""Policy coverage: what a set of stories has seen of a procedure, on both sides.

There is something to see in

* a *rule* at each command that asks it: kept, and broken;
* a *move*: taken, and refused;
* a *boundary*: within it (on the line or the smallest unit inside), and the smallest unit beyond;
* a *reading*, a field that chooses between ways to read the document: that it decides something.

A reading decides something where a story patches its field and the answer would have been another
without that patch. What is seen in a patched story counts, and is marked; a boundary counts there
only if the patches leave it where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow.decider import Decision, decide
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import MOVES, Move
from klimaflow.markup.sheet import Sheet
from klimaflow.procedure import OF_REGISTRATION, Procedure, Readings
from klimaflow.rules import IN_ORDER, KNOWN_MOVE
from klimaflow.testing.lines import beyond, distances, lines, within
from klimaflow.testing.patches import Patch
from klimaflow.testing.stories import Answer, Story, Told, patched_procedure

__all__ = ["Coverage", "Item", "Kind", "Sighting", "coverage"]


class Kind(StrEnum):
    """What there is to see."""

    RULE = "rule"
    MOVE = "move"
    READING = "reading"
    BOUNDARY = "boundary"


SIDES = {
    Kind.RULE: ("kept", "broken"),
    Kind.MOVE: ("taken", "refused"),
    Kind.READING: ("decides",),
    Kind.BOUNDARY: ("within", "beyond"),
}
"""The sides of each kind."""

Side = tuple[Kind, str, str]  # of what kind, the name of the item, which side of it


@frozen
class Sighting(Sheet):
    """Where a side was seen first: the story, the place in it, and whether patches were needed."""

    story: str
    where: str
    patched: bool


@frozen
class Item(Sheet):
    """Something to see, and where each of its sides was seen; None is not yet."""

    kind: Kind
    name: str
    sides: Mapping[str, Sighting | None]

    @property
    def unseen(self) -> tuple[str, ...]:
        """The sides that no story has seen."""
        return tuple(side for side, seen in self.sides.items() if seen is None)


@frozen
class Coverage(Sheet):
    """What a set of stories has seen of one procedure."""

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    items: tuple[Item, ...] = field(repr=False)

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """Return the items of one kind."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def sides(self) -> int:
        """How many sides there are to see."""
        return sum(len(item.sides) for item in self.items)

    @property
    def seen(self) -> int:
        """How many of them a story has seen."""
        return self.sides - sum(len(item.unseen) for item in self.items)

    @property
    def percent(self) -> Fraction:
        """The share of them in per cent, exactly: 100 only if nothing is unseen."""
        return Fraction(100 * self.seen, self.sides)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values, as `klimaflow test --json` prints them."""
        return {
            "procedure": self.procedure.id,
            "sha256": self.procedure.sha256,
            "percent": float(self.percent),
            "seen": self.seen,
            "sides": self.sides,
            "items": [
                {**attrs.asdict(item), "kind": str(item.kind), "sides": _plain(item.sides)}
                for item in self.items
            ],
        }


def _plain(sides: Mapping[str, Sighting | None]) -> dict[str, Any]:
    return {side: None if seen is None else attrs.asdict(seen) for side, seen in sides.items()}


def coverage(stories: Iterable[Told]) -> tuple[Coverage, ...]:
    """Return the coverage of each procedure that stories are about, in the order of their ids.

    A patched story is about the procedure that it patches.
    """
    procedures: dict[str, Procedure] = {}
    seen: dict[str, dict[Side, Sighting]] = {}
    for told in stories:
        of = told.story.unpatched
        procedures.setdefault(of.sha256, of)
        sightings = seen.setdefault(of.sha256, {})
        for answer, side in _sides(told):
            now = Sighting(told.name, answer.asked.where, bool(told.story.patches))
            before = sightings.setdefault(side, now)
            if before.patched and not now.patched:
                sightings[side] = now
    found = (Coverage(of, _items(of, seen[sha])) for sha, of in procedures.items())
    return tuple(sorted(found, key=lambda each: (each.procedure.id, each.procedure.sha256)))


def _items(procedure: Procedure, seen: Mapping[Side, Sighting]) -> tuple[Item, ...]:
    return tuple(
        Item(kind, name, {side: seen.get((kind, name, side)) for side in sides})
        for kind, name, sides in _to_see(procedure)
    )


def _to_see(procedure: Procedure) -> Iterator[tuple[Kind, str, tuple[str, ...]]]:
    for name, sides in _rules(procedure).items():
        yield Kind.RULE, name, sides
    for move in MOVES:
        yield Kind.MOVE, _move(move), SIDES[Kind.MOVE]
    for path in readings(procedure):
        yield Kind.READING, path, SIDES[Kind.READING]
    for rule, path in lines(procedure):
        yield Kind.BOUNDARY, _boundary(rule, path), SIDES[Kind.BOUNDARY]


def _rules(procedure: Procedure) -> dict[str, tuple[str, ...]]:
    """Return each rule at each command that asks it, with its sides."""
    found: dict[str, tuple[str, ...]] = {}
    for move in MOVES:
        do = move.command.do
        for rule in (KNOWN_MOVE, *move.rules):
            if procedure.strength(rule.id, do) is not None:
                first = rule is IN_ORDER and move.source is None  # nothing can come before it
                found[_rule(do, rule.id)] = SIDES[Kind.RULE][:1] if first else SIDES[Kind.RULE]
    return found


def readings(procedure: Procedure) -> tuple[str, ...]:
    """Return the paths of the fields that choose between ways to read the document."""
    stated = [
        each.name
        for each in attrs.fields(Readings)
        if getattr(procedure.readings, each.name) and each.name not in OF_REGISTRATION
    ]
    awaiting = [fund for fund in procedure.funds if fund.awaits and fund.released_on is None]
    return (
        *(f"readings.{name}" for name in stated),
        *(f"participants.{name}" for name in ("kinds", "binding_at", "advisory_at")),
        "consent.required_at",
        *(f"criteria.{criterion.id}.strength" for criterion in procedure.criteria),
        *(f"funds.{fund.id}.released_on" for fund in awaiting),
    )


def _rule(do: str, rule: str) -> str:
    return f"{do}: {rule}"


def _move(move: Move) -> str:
    return f"{move.command.do}@{move.source}" if move.source else move.command.do


def _boundary(rule: str, path: str) -> str:
    return f"{rule}: {path}" if path else rule


def _sides(told: Told) -> Iterator[tuple[Answer, Side]]:
    """Yield every side that a story sees, and the answer in which it does."""
    story = told.story
    laid_down, unpatched = lines(story.procedure), lines(story.unpatched)
    unmoved = {line for line, value in unpatched.items() if laid_down.get(line, ...) == value}
    alone = [*_alone(story)]
    for answer in told.answers:
        decision = answer.decision
        yield from ((answer, side) for side in _decided(decision))
        for line, distance in distances(decision):
            if line in unmoved and (side := _side(distance)):
                yield answer, (Kind.BOUNDARY, _boundary(*line), side)
        for path, without in alone:
            if _otherwise(decision, without):
                yield answer, (Kind.READING, path, "decides")


def _decided(decision: Decision) -> Iterator[Side]:
    do, move = decision.command.do, decision.move
    for finding in decision.findings:
        yield Kind.RULE, _rule(do, finding.rule), "kept" if finding.holds else "broken"
    if move is not None:
        yield Kind.RULE, _rule(do, KNOWN_MOVE.id), "kept"
        yield Kind.MOVE, _move(move), "taken" if decision.permitted else "refused"


def _side(distance: Any) -> str | None:
    return "within" if within(distance) else "beyond" if beyond(distance) else None


def _alone(story: Story) -> Iterator[tuple[str, Procedure]]:
    """Yield each reading that a patch is about, and the procedure with all patches but that."""
    for path in readings(story.unpatched):
        about = [patch for patch in story.patches if _is_about(patch, path)]
        others = tuple(patch for patch in story.patches if patch not in about)
        try:
            if about:
                yield path, patched_procedure(story.table, others)
        except Unreadable:  # the others are none without it, and so no answer is without it
            continue


def _is_about(patch: Patch, path: str) -> bool:
    return str(patch) == path or str(patch).startswith(f"{path}.")


def _otherwise(decision: Decision, without: Procedure) -> bool:
    facts = decision.facts
    other = decide(without, facts.proposal, decision.command, committed=facts.committed)
    return _answer(decision) != _answer(other)


def _answer(decision: Decision) -> tuple[object, ...]:
    return decision.permitted, decision.refused_by, decision.remarks
