"""The append-only record of one proposal: what happened, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from itertools import compress
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.changes import Moving, ProcedureChanged, Verdict
from klimaflow.commands import Command
from klimaflow.decider import NOTHING_COMMITTED, Decision, decide, evolve, obeyed
from klimaflow.errors import CaseError, HistoryError, NotPermitted
from klimaflow.events import Event
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import COMMAND_OF
from klimaflow.making import maker
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import moment
from klimaflow.options import Option, options
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal
from klimaflow.records import SCHEMA, Entry, Replay, read, read_on, written
from klimaflow.seen.timeline import Step, history_html

__all__ = ["SCHEMA", "History"]


@frozen(weakref_slot=False)
class History(Sheet):
    """The events of one proposal under one procedure, and the proposal that they leave.

    A history never changes; `then`, `record` and `under` return another one. `procedure` is the one
    that holds now, `changes` tells of those before it.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    events: tuple[Event, ...] = field(default=(), alias="_events")
    proposal: Proposal = field(default=Proposal(), alias="_proposal")
    changes: tuple[ProcedureChanged, ...] = field(default=(), alias="_changes")

    @property
    def opened_under(self) -> Procedure:
        """The procedure that held when the first event was recorded."""
        return self.changes[0].before if self.changes else self.procedure

    def decide(
        self, command: Command, *, committed: Mapping[str, int] = NOTHING_COMMITTED
    ) -> Decision:
        """Answer a command, without doing it; see `klimaflow.decide`.

        Raises `CaseError` for a fund in `committed` that the procedure does not have, and for what
        is no amount of kroner: a misspelt promise would otherwise be spent twice.
        """
        if committed is not NOTHING_COMMITTED:
            committed = _promised(committed, self.procedure)
        return decide(self.procedure, self.proposal, command, committed=committed)

    def then(
        self, command: Command, *, committed: Mapping[str, int] = NOTHING_COMMITTED
    ) -> History:
        """Return the history after a command; raise `NotPermitted` if it is refused."""
        return self.record(self.decide(command, committed=committed))

    def record(self, decision: Decision) -> History:
        """Return the history with what was decided.

        Raises `NotPermitted` for a refusal, and `HistoryError` for a decision that was made on
        another procedure or another state of the proposal.
        """
        facts, events, move = decision.facts, decision.events, decision.move
        if not events or move is None:
            raise NotPermitted(decision)
        if facts.proposal is not self.proposal and facts.proposal != self.proposal:
            raise HistoryError("the decision was made on another state of the proposal")
        if facts.procedure is not self.procedure and facts.procedure != self.procedure:
            raise HistoryError("the decision was made under another procedure")
        proposal = obeyed(self.proposal, events[0], move)
        return _history(self.procedure, self.events + events, proposal, self.changes)

    def under(
        self,
        procedure: Procedure,
        by: str | Actor,
        reason: str,
        at: str | datetime,
        accept: Sequence[str] = (),
    ) -> History:
        """Return the history moved to another procedure, which decides from then on.

        The proposal and its events stay; `changes` gets who moved it, when, why, and what the old
        and the new procedure say of each event. `at` is not before the last change of phase, nor
        before an earlier move. No rule says who may do this: the host vouches for `by`.

        Raises `HistoryError` with each objection: an event that the new procedure refuses and
        `accept` does not name by number and command (`"7 submit-for-approval"`), a name that is
        none of those, a history without events, and the procedure that holds already. Raises
        `CaseError` for what cannot be read, a blank reason too, each problem with its path.
        """
        moving = Moving.read(procedure=procedure, by=by, reason=reason, at=at, accept=accept)
        verdicts = self.verdicts(procedure)
        change = moving.change(self.procedure, self.proposal.since, self.changes, verdicts)
        return _history(procedure, self.events, self.proposal, (*self.changes, change))

    def verdicts(self, procedure: Procedure) -> tuple[Verdict, ...]:
        """Return what another procedure says of each event, beside the one that held for it."""
        pairs = zip(self.decisions(), self.decisions(procedure), strict=True)
        return tuple(
            Verdict(number, held.command.do, held.refused_by, other.refused_by)
            for number, (held, other) in enumerate(pairs, start=1)
        )

    def as_of(self, at: str | datetime) -> History:
        """Return the history of what was received by a moment, that moment included.

        It is under the procedure that held then; but an event stays under the one under which it
        was recorded, even if it was received before the case was moved there.
        """
        limit = moment(at)
        kept = [event.at <= limit for event in self.events]
        changes = tuple(
            change.among(kept)
            for change in self.changes
            if change.at <= limit or any(kept[change.events :])
        )
        events = tuple(compress(self.events, kept))
        return self._begun(events, reduce(evolve, events, Proposal()), changes)

    def stages(self) -> Iterator[History]:
        """Yield the history as it stood after each event, before the next one was recorded."""
        proposal = Proposal()
        for number, event in enumerate(self.events, start=1):
            proposal = evolve(proposal, event)
            changes = tuple(change for change in self.changes if change.events <= number)
            yield self._begun(self.events[:number], proposal, changes)

    def _begun(
        self,
        events: tuple[Event, ...],
        proposal: Proposal,
        changes: tuple[ProcedureChanged, ...],
    ) -> History:
        procedure = changes[-1].after if changes else self.opened_under
        return _history(procedure, events, proposal, changes)

    def possible(self, at: str | datetime, by: str | Actor) -> tuple[Option, ...]:
        """Return what an actor may do at a moment, and what is missing for the rest.

        There is one option for each move from here, asked with the values that are likeliest.
        """
        asker = Command(at=at, by=by)
        return options(self.procedure, self.proposal, asker.at, asker.by)

    def decisions(self, procedure: Procedure | None = None) -> Iterator[Decision]:
        """Yield the decision behind each event, made again on what was known then.

        Each is made under the procedure that held when its event was recorded, or all of them under
        another one, if one is given.
        """
        proposal, held = Proposal(), self.opened_under
        for entry in self._entries():
            if isinstance(entry, ProcedureChanged):
                held = entry.after
                continue
            command = _command_of(entry)
            committed = getattr(entry, "committed", NOTHING_COMMITTED)
            yield decide(procedure or held, proposal, command, committed=committed)
            proposal = evolve(proposal, entry)

    def _entries(self) -> Iterator[Entry]:
        """Yield the events, and between them the changes of procedure."""
        begin = 0
        for change in self.changes:
            yield from self.events[begin : change.events]
            yield change
            begin = change.events
        yield from self.events[begin:]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each event, as tables like them: `at` is aware, the rest is text.

        `phase` and `round` are those after the event.
        """
        rows: list[dict[str, Any]] = []
        proposal = Proposal()
        for number, event in enumerate(self.events, start=1):
            proposal = evolve(proposal, event)
            rows.append(
                {
                    "number": number,
                    "at": event.at,
                    "by": str(event.by),
                    "do": COMMAND_OF[type(event)].do,
                    "event": type(event).__name__,
                    "phase": str(proposal.phase),
                    "round": proposal.round,
                }
            )
        return rows

    def _html(self, lang: str) -> str:
        steps = [
            Step(decision, stage.proposal)
            for decision, stage in zip(self.decisions(), self.stages(), strict=True)
        ]
        return history_html(self.proposal.title, self.procedure, steps, lang)

    def to_records(self) -> list[dict[str, Any]]:
        """Return the history as JSON-safe dicts: a head, then one for each event and each change.

        `number` is the place of a record after the head, from 1.
        The head names the procedure by id, edition and SHA-256 and counts what follows; of a case
        that was moved also the procedure that it was opened under.
        """
        return written(self.procedure, self.opened_under, self._entries())

    @classmethod
    def from_records(
        cls, records: Sequence[Mapping[str, Any]], procedure: Procedure, *others: Procedure
    ) -> History:
        """Return the history that `to_records` wrote, under the procedures that it names.

        A history that was moved names those that it was under before: hand in all of them, or all
        that you have, in any order. Raises `HistoryError` that says where, for records that are
        cut, reordered, of an unknown version, of a procedure that is not given, unreadable, or of
        a move that the lifecycle does not have.
        """
        return _replayed(read(records, (procedure, *others)))


_history = maker(History)


def _promised(committed: Mapping[str, int], procedure: Procedure) -> Mapping[str, int]:
    try:
        promised = fields.amounts(committed)
    except Unreadable as error:
        raise CaseError(Unreadable(*error.under("committed")).lines()) from None
    if strange := [each for each in promised if each not in procedure.fund_ids]:
        raise CaseError([f"committed.{each}: is no fund of the procedure" for each in strange])
    return promised


def continued(
    history: History, records: Iterable[Mapping[str, Any]], procedures: Sequence[Procedure]
) -> History:
    """Return the history after the records that come next in it, without a head.

    Raises `HistoryError` as `History.from_records` does.
    """
    before = (history.procedure, history.proposal, history.events, history.changes)
    return _replayed(read_on(Replay(*before), records, procedures))


def _replayed(replay: Replay) -> History:
    events, changes = tuple(replay.events), tuple(replay.changes)
    return _history(replay.procedure, events, replay.proposal, changes)


def _command_of(event: Event) -> Command:
    """Return what was asked; not read again, for the register of that day need not be today's."""
    of = COMMAND_OF[type(event)]
    command = object.__new__(of)
    for each in attrs.fields(of):
        object.__setattr__(command, each.name, getattr(event, each.name))
    return command
