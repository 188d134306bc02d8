"""Named changes of a scenario: what each does to the steps of a case, and to a row of a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import attrs
from attrs import field, frozen

from klimaflow import phrases
from klimaflow.commands import (
    COMMANDS,
    AmendGrant,
    Approve,
    Command,
    EnlistParticipants,
    GiveConsent,
    ProposeBudget,
    RefuseConsent,
    ReleaseParticipant,
)
from klimaflow.errors import CaseError
from klimaflow.fields import kroner
from klimaflow.frames.rows import Row
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import later, moment
from klimaflow.phrases import label
from klimaflow.procedure import Procedure
from klimaflow.scenarios.driving import Step

__all__ = ["Amount", "Change", "LateBy", "Refuses", "Under", "WithoutParty"]

Steps = tuple[Step, ...]


class Change(Protocol):
    """What is otherwise in a scenario. What it is about must be there: else it raises `CaseError`.

    A change that is about something, and makes no difference, is none of its business.
    """

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps with this change."""
        ...

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row of a course with this change."""
        ...

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return what it changes, in a few words of `en` or `da`."""
        ...


def _word(name: str, lang: str, *values: object) -> str:
    return label("scenarios", name, lang).format(*values)


def _nothing(what: str, there: Sequence[str]) -> CaseError:
    known = f"; those are {', '.join(sorted({*there}))}" if there else ""
    return CaseError([f"{what}{known}"])


def _with(step: Step, **values: Any) -> Step:
    return attrs.evolve(step, command=attrs.evolve(step.command, **values))


@frozen
class LateBy:
    """Each of the steps with this command, and these fields, comes later (or sooner).

    Whole days are days on the procedure's clock, the rest is exact.
    """

    do: str
    by: timedelta
    of: Mapping[str, Any] = field(default=FrozenMap())

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps, those that are meant later."""
        if not any(map(self._means, (step.command for step in steps))):
            raise _nothing(f"late_by: no step is {self._named}", [s.command.do for s in steps])
        return tuple(self._later(step, procedure.zone) for step in steps)

    @property
    def _named(self) -> str:
        said = "".join(f" ({name} {value})" for name, value in self.of.items())
        return f"{str(self.do)[:60]}{said}"

    def _means(self, command: Command) -> bool:
        said = (str(getattr(command, name, None)) == str(of) for name, of in self.of.items())
        return command.do == self.do and all(said)

    def _later(self, step: Step, zone: str) -> Step:
        means = self._means(step.command)
        return _with(step, at=later(step.command.at, self.by, zone)) if means else step

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row, that moment later; a consent's, if `of` names its funder."""
        known = self.do in COMMANDS
        name = f"{COMMANDS[self.do].trigger.rstrip('_')}_at" if known else str(self.do)
        if self.do == GiveConsent.do:
            name = f"consented_at_{self.of.get('funder')}"
        if row.get(name) is None:
            raise _nothing(f"late_by: the row has no {name}", [n for n in row if "_at" in n])
        return {**row, name: later(moment(row[name]), self.by, procedure.zone)}

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return by how much which step comes later."""
        words = "sooner" if self.by < timedelta(0) else "late_by"
        step, funder = label("commands", self.do, lang), self.of.get("funder")
        if funder is not None:
            step += f" ({procedure.funder_names.get(str(funder), str(funder))})"
        days = abs(self.by) % timedelta(days=1) == timedelta(0)
        long = phrases.days(abs(self.by), lang) if days else phrases.span(abs(self.by), lang)
        return _word(words, lang, step, long)


@frozen
class WithoutParty:
    """A participant that never takes part; in a row, one municipality or region less."""

    party: str

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps without it: whoever is enlisted alone is not enlisted at all."""
        enlisted = [
            each.id
            for step in steps
            if isinstance(step.command, EnlistParticipants)
            for each in step.command.participants
        ]
        if self.party not in enlisted:
            raise _nothing(f"without_party: {str(self.party)[:60]} is not enlisted", enlisted)
        return tuple(filter(None, map(self._without, steps)))

    def _without(self, step: Step) -> Step | None:
        command = step.command
        if isinstance(command, ReleaseParticipant) and command.participant == self.party:
            return None
        if not isinstance(command, EnlistParticipants):
            return step
        others = tuple(each for each in command.participants if each.id != self.party)
        if len(others) == len(command.participants):
            return step
        return _with(step, participants=others) if others else None

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row with one authority less, at the submissions and at the start."""
        names = [name for name in ("authorities", "authorities_at_start") if row.get(name)]
        if not names:
            raise CaseError(["without_party: the row has no authorities"])
        return {**row, **{name: row[name] - 1 for name in names}}

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return who is missing."""
        return _word("without_party", lang, self.party)


@frozen
class Refuses:
    """A funder that refuses when it would have consented."""

    funder: str

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps, its first consent a refusal, and none after that."""
        self._known(procedure)
        asked = [number for number, step in enumerate(steps) if self._consents(step)]
        if not asked:
            return steps
        first = steps[asked[0]]
        refusal = RefuseConsent(
            at=first.command.at, by=first.command.by, funder=self.funder, reason="…"
        )
        others = ((n, step) for n, step in enumerate(steps) if n not in asked[1:])
        return tuple(
            attrs.evolve(step, command=refusal) if n == asked[0] else step for n, step in others
        )

    def _known(self, procedure: Procedure) -> None:
        if self.funder not in procedure.funder_names:
            said = f"refuses: {str(self.funder)[:60]} is no funder of the procedure"
            raise _nothing(said, [*procedure.funder_names])

    def _consents(self, step: Step) -> bool:
        command = step.command
        return isinstance(command, GiveConsent) and command.funder == self.funder

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row, its consent never arriving."""
        self._known(procedure)
        return {**row, f"consented_at_{self.funder}": None}

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return who refuses."""
        return _word("refuses", lang, procedure.funder_names.get(self.funder, self.funder))


@frozen
class Amount:
    """What is asked of a funder is another amount of kroner, and so what is granted and agreed."""

    funder: str
    kroner: int = field(converter=kroner)

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps: asked, granted and consented to; a later grant is at most that."""
        Refuses(self.funder)._known(procedure)
        return tuple(self._of(step) for step in steps)

    def _of(self, step: Step) -> Step:
        command = step.command
        if isinstance(command, ProposeBudget):
            return _with(step, contributions=self._put(command.contributions))
        if isinstance(command, Approve) and command.granted is not None:
            return _with(step, granted=self._put(command.granted))
        if isinstance(command, AmendGrant) and self.funder in command.granted:
            lower = min(self.kroner, command.granted[self.funder])
            return _with(step, granted=command.granted.with_(self.funder, lower))
        if isinstance(command, GiveConsent) and command.funder == self.funder:
            return _with(step, amount=self.kroner)
        return step

    def _put(self, amounts: FrozenMap[str, int]) -> FrozenMap[str, int]:
        return amounts.with_(self.funder, self.kroner)

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row: asked, and granted and consented to where the row says what is."""
        Refuses(self.funder)._known(procedure)
        named = (f"granted_{self.funder}", f"consented_{self.funder}")
        names = [f"asked_{self.funder}", *(name for name in named if name in row)]
        if any(each.startswith("granted_") for each in row):
            names.append(named[0])
        return {**row, **dict.fromkeys(names, self.kroner)}

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return how much is asked of whom."""
        funder = procedure.funder_names.get(self.funder, self.funder)
        return _word("amount", lang, phrases.kroner(self.kroner, lang), funder)


@frozen
class Under:
    """Another procedure."""

    procedure: Procedure

    def on_steps(self, steps: Steps, procedure: Procedure) -> Steps:
        """Return the steps, which stay."""
        return steps

    def on_row(self, row: Row, procedure: Procedure) -> Row:
        """Return the row, which stays."""
        return row

    def explained(self, procedure: Procedure, lang: str = "en") -> str:
        """Return which procedure, by id, edition and the beginning of its hash."""
        other = self.procedure
        return _word("under", lang, other.id, other.edition, other.sha256[:8])
