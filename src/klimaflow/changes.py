"""A case that was moved to another procedure: who did it, when, why, and what it did to the events.

The change stands in a history beside the events and is none of them: the proposal stays as it was,
and what is asked from then on is decided under the other procedure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.errors import CaseError, HistoryError
from klimaflow.fields import Unreadable, each, identifier, reads, text, visible, whole
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment, shown
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure

__all__ = ["ProcedureChanged", "Verdict"]


@frozen(weakref_slot=False)
class Verdict(Sheet):
    """What two procedures say of one recorded event: the ids of the rules that refuse it.

    `before` is under the procedure that held when the event was recorded, `after` under the other
    one; empty is permitted. `number` counts the events from 1, `do` is the command's name.
    """

    number: int = field(metadata=reads(whole))
    do: str = field(metadata=reads(identifier))
    before: tuple[str, ...] = field(metadata=reads(each(identifier)))
    after: tuple[str, ...] = field(metadata=reads(each(identifier)))

    @property
    def name(self) -> str:
        """What names the event beyond doubt, such as `7 submit-for-approval`."""
        return f"{self.number} {self.do}"

    @property
    def changed(self) -> bool:
        """Whether other rules refuse it, or any instead of none."""
        return self.before != self.after

    def __str__(self) -> str:
        before, after = _said(self.before), _said(self.after)
        return f"{self.name}: {before} → {after}" if self.changed else f"{self.name}: {after}"


def named(procedure: Procedure) -> str:
    """Return a procedure's id, edition and the beginning of its SHA-256, as people tell it."""
    return f"{procedure.id}, edition {procedure.edition} ({procedure.sha256[:12]})"


def _said(rules: tuple[str, ...]) -> str:
    return f"refused by {', '.join(rules)}" if rules else "permitted"


@frozen(weakref_slot=False)
class ProcedureChanged(Sheet):
    """A case was moved from the procedure `before` to `after`.

    `at` is when, in UTC, `by` who did it. `verdicts` has one for each event recorded until then.
    """

    at: Moment
    by: Actor
    reason: str
    before: Procedure = field(repr=named)
    after: Procedure = field(repr=named)
    verdicts: tuple[Verdict, ...]

    @property
    def events(self) -> int:
        """How many events had been recorded."""
        return len(self.verdicts)

    @property
    def accepted(self) -> tuple[str, ...]:
        """The names of the events that `after` refuses, all of them accepted by name."""
        return tuple(verdict.name for verdict in self.verdicts if verdict.after)

    def __str__(self) -> str:
        moved = f"{self.by} moved {named(self.before)} → {named(self.after)}: {self.reason}"
        return "\n".join([f"{shown(self.at, self.after.zone)} {moved}", *map(str, self.verdicts)])

    def among(self, kept: Sequence[bool]) -> ProcedureChanged:
        """Return the change as it is in a history that has only the events that are kept."""
        verdicts = enumerate(compress(self.verdicts, kept), start=1)
        return attrs.evolve(self, verdicts=tuple(attrs.evolve(v, number=n) for n, v in verdicts))


def _procedure(value: object) -> Procedure:
    if not isinstance(value, Procedure):
        raise Unreadable("expected a Procedure: load it first")
    return value


@frozen(kw_only=True, eq=False, repr=False)
class Moving:
    """What someone says who moves a case to another procedure."""

    procedure: Procedure = field(metadata=reads(_procedure))
    by: Actor = field(metadata=reads(fields.actor))
    reason: str = field(metadata=reads(visible))
    at: Moment = field(metadata=reads(fields.at))
    accept: tuple[str, ...] = field(metadata=reads(each(text)))

    @classmethod
    def read(cls, **said: object) -> Moving:
        """Return what is said; raise `CaseError` with each problem and its path."""
        try:
            return fields.read(cls, said)
        except Unreadable as error:
            raise CaseError(error.lines()) from None

    def change(
        self,
        held: Procedure,
        since: Moment | None,
        earlier: Sequence[ProcedureChanged],
        verdicts: tuple[Verdict, ...],
    ) -> ProcedureChanged:
        """Return the change; raise `HistoryError` with all that stands in its way.

        `since` is when the last phase was entered, `earlier` the changes before this one.
        """
        objections = [*self._of_the_case(held, since, earlier), *self._of_the_events(verdicts)]
        if objections:
            raise HistoryError("\n".join(objections))
        return ProcedureChanged(self.at, self.by, self.reason, held, self.procedure, verdicts)

    def _of_the_case(
        self, held: Procedure, since: Moment | None, earlier: Sequence[ProcedureChanged]
    ) -> Iterator[str]:
        if self.procedure.sha256 == held.sha256:
            yield f"procedure: nothing changes: the case is under {named(held)} already"
        if since is None:
            yield "events: nothing is recorded yet: open the case under the new procedure instead"
        elif self.at < since:
            yield f"at: comes before {shown(since, held.zone)}, when the last phase was entered"
        if earlier and self.at < earlier[-1].at:
            last = shown(earlier[-1].at, held.zone)
            yield f"at: comes before {last}, when the case was last moved"

    def _of_the_events(self, verdicts: Iterable[Verdict]) -> Iterator[str]:
        refused = {verdict.name: verdict for verdict in verdicts if verdict.after}
        for number, name in enumerate(self.accept):
            if name not in refused:
                yield f"accept[{number}]: {fields.in_path(name)} is no event that it refuses"
        for name, verdict in refused.items():
            if name in self.accept:
                continue
            rules = ", ".join(verdict.after)
            yield f"accept: {named(self.procedure)} refuses {name} by {rules}; name it to accept it"
