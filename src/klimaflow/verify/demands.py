"""Whether a step is as a pattern of the policy file's `[[requirements]]` says."""

from __future__ import annotations

from klimaflow.commands import Command
from klimaflow.events import Approved, Event, GrantAmended
from klimaflow.lifecycle import Move
from klimaflow.moments import COPENHAGEN
from klimaflow.parties import AUTHORITY_KINDS
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal
from klimaflow.requirements import Pattern, UntilPossible
from klimaflow.verify.sound import consented

__all__ = ["Demand", "may_fit"]


def may_fit(pattern: Pattern | UntilPossible, move: Move) -> bool:
    """Tell whether a step of this move may fit a pattern, or be what must stay possible."""
    if isinstance(pattern, UntilPossible):
        return pattern.do == move.command.do
    return (
        pattern.do in (None, move.command.do)
        and pattern.phase in (None, move.source)
        and pattern.leads_to in (None, move.target)
    )


class Demand:
    """One pattern, ready to be held against many steps."""

    def __init__(self, pattern: Pattern, procedure: Procedure) -> None:
        self._pattern, self._procedure = pattern, procedure
        stated = {name: clock.in_zone(COPENHAGEN) for name, clock in pattern.clocks()}
        self._at = stated.get("at")
        self._earlier, self._later = stated.get("earlier_than"), stated.get("later_than")
        self._from = stated.get("not_earlier_than")

    def met_by(self, before: Proposal, command: Command, event: Event) -> bool:
        """Tell whether a permitted step, of a move that may fit, fits the pattern."""
        return (
            self._named(before, command)
            and self._timely(command)
            and self._counted(before, command)
            and self._granted(event)
        )

    def _named(self, before: Proposal, command: Command) -> bool:
        it, by = self._pattern, command.by.role
        return (
            it.by in (None, by)
            and it.by_other_than is not by
            and it.round in (None, getattr(command, "round", None) or before.round)
        )

    def _timely(self, command: Command) -> bool:
        at = command.at
        return (
            (self._at is None or at == self._at)
            and (self._earlier is None or at < self._earlier)
            and (self._later is None or at > self._later)
            and (self._from is None or at >= self._from)
        )

    def _counted(self, before: Proposal, command: Command) -> bool:
        it = self._pattern
        if it.authorities_below is not None:
            ids = {each.id for each in before.participants if each.kind in AUTHORITY_KINDS}
            if len(ids) >= it.authorities_below:
                return False
        if it.criteria_unmet:
            judged = before.assessments
            met = [each.id in judged and judged[each.id].met for each in self._procedure.criteria]
            if all(met):
                return False
        if it.consents_missing:
            zone = self._procedure.zone
            paying = [each for each, kroner in before.granted.items() if kroner > 0]
            return not all(consented(before, each, command.at, zone) for each in paying)
        return True

    def _granted(self, event: Event) -> bool:
        it = self._pattern
        funder = getattr(event, "funder", None)
        amounts = event.granted if isinstance(event, Approved | GrantAmended) else None
        if it.granted_above is not None:
            if amounts is None:
                return False
            kroner = sum(amounts.values()) if it.funder is None else amounts.get(it.funder, 0)
            return kroner > it.granted_above
        return it.funder is None or it.funder == funder or it.funder in (amounts or ())
