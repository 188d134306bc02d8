"""What a new procedure changes against an old one: in its text, in its answers, in one's cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

import attrs
from attrs import define, field, frozen

from klimaflow import phrases
from klimaflow.case import Case
from klimaflow.commands import Command
from klimaflow.decider import Decision, decide
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.markup.tables import html_table
from klimaflow.procedure import Procedure, Readings
from klimaflow.verify.count import answer
from klimaflow.verify.entries import Change, changes
from klimaflow.verify.offers import Offer
from klimaflow.verify.space import State, Step, explored
from klimaflow.verify.watch import Watch

__all__ = ["CaseImpact", "Difference", "Effect", "Turned", "Verdicts", "difference"]


class Effect(StrEnum):
    """What the new procedure does to a verdict: permits what was refused, or the reverse."""

    RELAXED = "relaxed"
    TIGHTENED = "tightened"


@frozen(eq=False)
class Verdicts(Sheet):
    """One command, decided under the old procedure and under the new one."""

    old: Decision
    new: Decision

    @property
    def differ(self) -> bool:
        """Whether the verdict, the rules that refuse or the remarks change."""
        before, after = ((d.refused_by, d.remarks) for d in (self.old, self.new))
        return before != after

    @property
    def because(self) -> tuple[str, ...]:
        """The rules that refuse, or remark, under one procedure and not under the other."""
        before, after = ({*d.refused_by, *d.remarks} for d in (self.old, self.new))
        return tuple(sorted(before ^ after))

    def explained(self, lang: str = "en") -> tuple[str, ...]:
        """Return why: what the procedure that finds these rules broken says of them."""
        found = [each for decision in (self.old, self.new) for each in decision.findings]
        broken = [each for each in found if not each.holds and each.rule in self.because]
        return tuple(f"{each.rule}: {each.explained(lang)}" for each in broken)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values."""
        sides = {"old": self.old, "new": self.new}
        verdicts = {
            name: {
                "permitted": each.permitted,
                "refused_by": list(each.refused_by),
                "remarks": list(each.remarks),
            }
            for name, each in sides.items()
        }
        return {**verdicts, "because": list(self.explained(lang))}


@frozen(eq=False)
class Turned(Sheet):
    """A verdict that changes: one command, one way, for one reason, with the shortest case.

    `count` is how many of the explored answers change so. The case is possible under the old
    procedure up to its last command, or else under the new one: `under` names which.
    """

    do: str
    effect: Effect
    count: int
    verdicts: Verdicts
    step: Step = field(repr=False)
    under: Procedure = field(repr=False)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The case; the verdict on its last command changes."""
        return self.step.commands

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values."""
        return {
            "do": self.do,
            "effect": str(self.effect),
            "answers": self.count,
            "under": self.under.id,
            **self.verdicts.to_dict(lang),
        }


@frozen(eq=False)
class CaseImpact(Sheet):
    """One case taken through both procedures: the verdicts on each of its steps."""

    name: str
    steps: tuple[Verdicts, ...]

    @property
    def changed(self) -> dict[int, Verdicts]:
        """The steps that are decided otherwise, by their number from 0."""
        return {number: each for number, each in enumerate(self.steps) if each.differ}

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values: the steps that change, by their number in the file from 0."""
        changed = [
            {"step": n, "do": each.new.command.do, **each.to_dict(lang)}
            for n, each in self.changed.items()
        ]
        return {"case": self.name, "steps": len(self.steps), "changed": changed}


@frozen(eq=False)
class Difference(Sheet):
    """All that a new procedure changes against an old one.

    `alone_nothing` are the entries which, taken over one at a time, change no answer.
    """

    old: Procedure = field(repr=lambda procedure: procedure.id)
    new: Procedure = field(repr=lambda procedure: procedure.id)
    changes: tuple[Change, ...]
    turned: tuple[Turned, ...]
    alone_nothing: tuple[str, ...]
    cases: tuple[CaseImpact, ...]
    states: int
    answers: int

    @property
    def changes_nothing(self) -> bool:
        """Whether neither the text nor any answer differs."""
        return not self.changes and not self.decides_otherwise

    @property
    def decides_otherwise(self) -> bool:
        """Whether any verdict changes, or anything that is said of a step of the cases."""
        return bool(self.turned) or any(case.changed for case in self.cases)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values, as `klimaflow diff --json` prints them but for the cases."""
        return {
            "old": {"id": self.old.id, "sha256": self.old.sha256},
            "new": {"id": self.new.id, "sha256": self.new.sha256},
            "decides_otherwise": self.decides_otherwise,
            "states": self.states,
            "answers": self.answers,
            "changes": [each.to_dict() for each in self.changes],
            "alone_nothing": list(self.alone_nothing),
            "verdicts": [each.to_dict(lang) for each in self.turned],
            "cases": [each.to_dict(lang) for each in self.cases],
        }

    def _html(self, lang: str) -> str:
        head = [phrases.label("diff", each, lang) for each in ("command", "effect", "because")]
        rows = [
            (
                phrases.label("commands", each.do, lang),
                phrases.label("diff", each.effect, lang),
                " ".join(each.verdicts.explained(lang)),
            )
            for each in self.turned
        ]
        return html_table(f"{self.old.id} → {self.new.id}", head, rows)


def difference(
    old: Procedure,
    new: Procedure,
    cases: Iterable[Case | History] = (),
    funders: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Difference:
    """Return what changes: every entry, every verdict over all explored states, and in the cases.

    Both procedures are explored, with the instants and the values of both, and every answer of the
    one is held against the other's. A case is taken through both, whichever it names; a history
    by the commands behind its events. Raises `ValueError` if one has not so many funders.
    """
    turning = _Turning(old, new)
    watch = Watch(old)
    spaces = [
        explored(old, new, funders=funders, watchers=(watch, turning.seen), progress=progress),
        explored(new, old, funders=funders, watchers=(turning.seen_anew,), progress=progress),
    ]
    found = changes(old, new)
    return Difference(
        old,
        new,
        found,
        tuple(turning.turned()),
        tuple(_alone_nothing(old, new, found, watch.kinds)),
        tuple(_impact(old, new, case) for case in cases),
        sum(len(each.states) for each in spaces),
        sum(each.answers for each in spaces),
    )


@define(eq=False)
class _First:
    step: Step
    under: Procedure
    count: int = 0


class _Turning:
    """Notes the first step of each command whose verdict changes, each way and for each reason."""

    def __init__(self, old: Procedure, new: Procedure) -> None:
        self._old, self._new = old, new
        self._found: dict[tuple[str, Effect, tuple[str, ...]], _First] = {}

    def seen(self, state: State, offer: Offer, decision: Decision, _after: State | None) -> None:
        """See an answer of the old procedure."""
        self._note(state, offer, self._old, decision, self._asked(self._new, state, offer))

    def seen_anew(
        self, state: State, offer: Offer, decision: Decision, _after: State | None
    ) -> None:
        """See an answer of the new procedure."""
        self._note(state, offer, self._new, self._asked(self._old, state, offer), decision)

    @staticmethod
    def _asked(procedure: Procedure, state: State, offer: Offer) -> Decision:
        return decide(procedure, state.proposal, offer.command, committed=offer.committed)

    def _note(
        self, state: State, offer: Offer, under: Procedure, old: Decision, new: Decision
    ) -> None:
        if bool(old.events) is not bool(new.events):
            step, verdicts = Step(state, offer), Verdicts(old, new)
            effect = Effect.RELAXED if new.events else Effect.TIGHTENED
            place = (offer.command.do, effect, verdicts.because)
            first = self._found.setdefault(place, _First(step, under))
            first.count += 1
            if first.under is not under and len(step.commands) < len(first.step.commands):
                first.step, first.under = step, under

    def turned(self) -> Iterator[Turned]:
        """Yield each change, the shortest case first."""
        ordered = sorted(self._found.items(), key=lambda item: len(item[1].step.commands))
        for (do, effect, _), first in ordered:
            state, offer = first.step.state, first.step.offer
            old, new = (self._asked(each, state, offer) for each in (self._old, self._new))
            yield Turned(do, effect, first.count, Verdicts(old, new), first.step, first.under)


def _alone_nothing(
    old: Procedure, new: Procedure, found: Sequence[Change], steps: Sequence[Step]
) -> Iterator[str]:
    """Yield each entry that differs and which, taken over alone, changes no answer."""
    names = dict.fromkeys(_top(change.path) for change in found)
    for name in names:
        mixed = _with(old, new, name)
        if mixed is None or all(answer(mixed, step) == answer(old, step) for step in steps):
            yield name


def _top(path: str) -> str:
    """Return the entry that a path lies in: `rounds`, `readings.deadline`."""
    first, _, rest = path.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "readings" else first


def _with(old: Procedure, new: Procedure, name: str) -> Procedure | None:
    """Return the old procedure with one entry of the new; None if no rule could read it."""
    first, _, reading = name.partition(".")
    if reading:
        change: dict[str, Any] = {reading: getattr(new.readings, reading)}
        readings: Readings = attrs.evolve(old.readings, **change)
        return attrs.evolve(old, readings=readings)
    if first in ("not_encoded", "requirements"):
        return None
    return attrs.evolve(old, **{first: getattr(new, first)})


def _impact(old: Procedure, new: Procedure, case: Case | History) -> CaseImpact:
    if isinstance(case, History):
        commands = [(each.command, each.facts.committed) for each in case.decisions()]
        name = case.proposal.title
    else:
        commands = [(step.command, case.committed) for step in case.steps]
        name = case.name
    histories = [History(old), History(new)]
    steps = []
    for command, committed in commands:
        decisions = []
        for place, history in enumerate(histories):
            known = history.procedure.fund_ids
            promised = FrozenMap({each: kr for each, kr in committed.items() if each in known})
            decision = history.decide(command, committed=promised)
            decisions.append(decision)
            histories[place] = history.record(decision) if decision.permitted else history
        steps.append(Verdicts(*decisions))
    return CaseImpact(name, tuple(steps))
