"""What verification finds of one property: whether it holds, and a case that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from klimaflow import phrases
from klimaflow.commands import Command
from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, shown
from klimaflow.procedure import Procedure, Source
from klimaflow.verify.space import Step

__all__ = ["Proof"]


@frozen(kw_only=True, eq=False)
class Proof(Sheet):
    """One property of a procedure: `id`, whether it `holds`, and what it rests on.

    `step` ends the shortest case that breaks it or, for what must be possible, that shows it.
    `from_then` is the moment, after that case, from which on what should be possible is not.
    `names` are the rules, moves or data that it is about. `source` is the sentence behind it.
    """

    id: str
    holds: bool
    source: Source
    procedure: Procedure = field(repr=False)
    step: Step | None = field(default=None, repr=False)
    from_then: Moment | None = None
    names: tuple[str, ...] = ()
    notes: Mapping[str, tuple[str, ...]] = FrozenMap()

    @property
    def requirement(self) -> str | None:
        """The id of the policy file's own requirement, if it is one."""
        kind, _, name = self.id.partition(":")
        return name if kind == "requirement" else None

    @property
    def commands(self) -> tuple[Command, ...]:
        """The case that shows it, its last command the one in question; empty without one."""
        return () if self.step is None else self.step.commands

    def statement(self, lang: str = "en") -> str:
        """Return what the property says, in `en` or `da`."""
        if self.requirement is not None:
            demand, _ = next(
                each.demand for each in self.procedure.requirements if each.id == self.requirement
            )
            return phrases.label("verify", demand, lang).format(self.requirement)
        return phrases.label("properties", self.id, lang)

    def finding(self, lang: str = "en") -> str:
        """Return how it is broken, or what is to be noted although it holds; empty if nothing."""
        said = [self._broken(lang)] if not self.holds else []
        said += [
            phrases.label("verify", name, lang).format(phrases.listed(names, lang, "nothing"))
            for name, names in self.notes.items()
            if names
        ]
        return " ".join(each for each in said if each)

    def _broken(self, lang: str) -> str:
        zone = self.procedure.zone
        said = []
        if self.names:
            listed = phrases.listed(self.names, lang, "nothing")
            said.append(phrases.label("verify", "names", lang).format(listed))
        if self.step is not None:
            command = self.step.offer.command
            do = phrases.label("commands", command.do, lang)
            at = phrases.moment(command.at, lang, zone)
            form = "after" if self.from_then is not None else "shown"
            count = len(self.commands)
            said.append(phrases.label("verify", form, lang).format(count, do, at, command.by))
        if self.from_then is not None:
            at = phrases.moment(self.from_then, lang, zone)
            said.append(phrases.label("verify", "from_then", lang).format(at))
        return " ".join(said) or phrases.label("verify", "no_case", lang)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return JSON-safe values; `case` is added by who can write one."""
        return {
            "property": self.id,
            "holds": self.holds,
            "statement": self.statement(lang),
            "finding": self.finding(lang),
            "names": list(self.names),
            "notes": {name: list(names) for name, names in self.notes.items()},
            "from_then": self.from_then and shown(self.from_then, self.procedure.zone),
            "source": {
                "document": self.source.document,
                "section": self.source.section,
                "quote": self.source.quote,
            },
        }
