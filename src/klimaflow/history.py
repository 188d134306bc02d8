"""The append-only record of one proposal: what happened, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.commands import Command
from klimaflow.decider import NOTHING_COMMITTED, Decision, decide, evolve
from klimaflow.errors import HistoryError, NotPermitted
from klimaflow.events import EVENTS, Event
from klimaflow.fields import Unreadable
from klimaflow.lifecycle import BY_PHASE_AND_DEED, moves_from
from klimaflow.moments import Moment, moment
from klimaflow.parties import Actor
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal

__all__ = ["SCHEMA", "History"]

SCHEMA: Final = 1
"""The version of the records that `to_records` writes and `from_records` reads."""


@frozen
class History:
    """The events of one proposal under one procedure, and the proposal that they leave.

    A history never changes; `then` and `record` return a longer one.
    """

    procedure: Procedure = field(repr=lambda procedure: procedure.id)
    events: tuple[Event, ...] = field(default=(), init=False)
    proposal: Proposal = field(default=Proposal(), init=False)

    def decide(
        self, command: Command, *, committed: Mapping[str, int] = NOTHING_COMMITTED
    ) -> Decision:
        """Answer a command, without doing it; see `klimaflow.decide`."""
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
        if not decision.permitted:
            raise NotPermitted(decision)
        if decision.proposal is not self.proposal and decision.proposal != self.proposal:
            raise HistoryError("the decision was made on another state of the proposal")
        if decision.procedure is not self.procedure and decision.procedure != self.procedure:
            raise HistoryError("the decision was made under another procedure")
        return self._with(decision.events)

    def _with(self, events: tuple[Event, ...]) -> History:
        proposal = self.proposal
        for event in events:
            proposal = evolve(proposal, event)
        longer = History(self.procedure)
        object.__setattr__(longer, "events", self.events + events)
        object.__setattr__(longer, "proposal", proposal)
        return longer

    def as_of(self, at: str | datetime) -> History:
        """Return the history as it stood at a moment: the events recorded up to the first later one.

        An event received exactly at the moment belongs to it.
        """
        limit = moment(at)
        kept = [event for event in self.events if event.at <= limit]
        return History(self.procedure)._with(tuple(kept))
