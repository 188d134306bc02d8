"""What verification shows of one procedure: every property, proved or broken, and by what."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from attrs import field, frozen

from klimaflow import phrases
from klimaflow.markup.sheet import Sheet
from klimaflow.markup.tables import html_table
from klimaflow.procedure import Procedure
from klimaflow.verify.proof import Proof
from klimaflow.verify.properties import proofs
from klimaflow.verify.space import explored
from klimaflow.verify.watch import Watch

__all__ = ["Verified", "verify"]


@frozen(eq=False)
class Verified(Sheet):
    """The outcome: the proofs, in a fixed order, and how much was explored for them.

    `answers` counts how often `decide` was asked, `transitions` the permitted steps, one for each
    instant that matters; `seconds` is the time that it took.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    funders: tuple[str, ...]
    states: int
    transitions: int
    answers: int
    seconds: float
    proofs: tuple[Proof, ...] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether every property holds."""
        return not self.broken

    @property
    def broken(self) -> tuple[Proof, ...]:
        """The properties that do not hold."""
        return tuple(each for each in self.proofs if not each.holds)

    def __getitem__(self, name: str) -> Proof:
        """Return the proof of a property by its id; raise `KeyError` if there is none."""
        for each in self.proofs:
            if each.id == name:
                return each
        raise KeyError(name)

    def summary(self, lang: str = "en") -> str:
        """Return in a sentence how many properties hold, and what was explored."""
        counts = (self.states, self.transitions, self.answers)
        return phrases.label("verify", "summary", lang).format(
            len(self.proofs) - len(self.broken),
            len(self.proofs),
            phrases.listed(self.funders, lang),
            *(phrases.number(each, lang) for each in counts),
            max(round(self.seconds), 1),
        )

    def _html(self, lang: str) -> str:
        head = [phrases.label("verify", each, lang) for each in ("property", "finding", "rests_on")]
        rows = [
            (f"{'✓' if each.holds else '✗'} {each.id}", _said(each, lang), each.source.quote)
            for each in self.proofs
        ]
        return html_table(f"{self.procedure.id}: {self.summary(lang)}", head, rows)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values, as `klimaflow verify --json` prints them but for the cases."""
        return {
            "procedure": self.procedure.id,
            "sha256": self.procedure.sha256,
            "holds": self.holds,
            "funders": list(self.funders),
            "states": self.states,
            "transitions": self.transitions,
            "answers": self.answers,
            "seconds": round(self.seconds, 1),
            "properties": [each.to_dict(lang) for each in self.proofs],
        }


def _said(proof: Proof, lang: str) -> str:
    return " ".join(filter(None, (proof.statement(lang), proof.finding(lang))))


def verify(
    procedure: Procedure,
    funders: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Explore everything that can happen under a procedure, and prove each property of it.

    `funders` is how many of its funders take part; they are chosen so that every fund is drawn on.
    With two, each combination of consents is explored; of more, one at a time says anything but
    a plain yes. `progress` is called with the number of states explored and found so far.

    Raises `ValueError` if the procedure has not so many funders.
    """
    began = perf_counter()
    watch = Watch(procedure)
    space = explored(procedure, funders=funders, watchers=(watch,), progress=progress)
    found = tuple(proofs(space, watch))
    return Verified(
        procedure,
        space.funders,
        len(space.states),
        space.transitions,
        space.answers,
        perf_counter() - began,
        found,
    )
