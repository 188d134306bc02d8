"""When somebody should look at a case again, though nothing has happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from klimaflow.history import History
from klimaflow.moments import Moment, date_of, day, later_by_days
from klimaflow.procedure import Gates
from klimaflow.proposal import Phase

__all__ = ["reminders"]

BEFORE_A_DEADLINE: Final = 7
BEFORE_A_CONSENT_ENDS: Final = 14

_GATES: Final[Mapping[Phase, str]] = {
    Phase.IDEA: "qualification",
    Phase.SPARRING: "qualification",
    Phase.QUALIFICATION: "approval",
}


def reminders(history: History) -> dict[str, Moment]:
    """Return what a case should be looked at for, and from which moment, as it stands now.

    Seven days before each deadline of the next gate on its way, and on the day after it was missed:
    a case of which nothing is heard has the next round's ahead. Fourteen days before a consent runs
    out. What would have been due before the last event is left out.
    """
    if not history.events:
        return {}
    last = max(event.at for event in history.events)
    found = {**dict(_of_deadlines(history, last)), **dict(_of_consents(history))}
    return {name: due for name, due in found.items() if due > last}


def _of_deadlines(history: History, last: Moment) -> Iterator[tuple[str, Moment]]:
    procedure, phase = history.procedure, history.proposal.phase
    gate = _GATES.get(phase) if phase else None
    for gates in procedure.gates.values() if gate else ():
        closes_at = _closes_at(gates, str(gate))
        if closes_at >= last and (gate == "qualification" or _own_or_later(history, gates)):
            name = f"{gate}-deadline-{{}}/{gates.round.id}"
            zone = procedure.zone
            yield name.format("near"), later_by_days(closes_at, -BEFORE_A_DEADLINE, zone)
            missed = later_by_days(closes_at, 1, zone)
            yield name.format("missed"), day(date_of(missed, zone), zone).begins_at


def _closes_at(gates: Gates, gate: str) -> Moment:
    closes_at: Moment = getattr(gates, f"{gate}_closes_at")
    return closes_at


def _own_or_later(history: History, gates: Gates) -> bool:
    own = history.procedure.gates.get(history.proposal.round or "")
    return own is None or gates.number >= own.number


def _of_consents(history: History) -> Iterator[tuple[str, Moment]]:
    if history.proposal.phase is not Phase.FUNDER_CONSENT:
        return
    zone = history.procedure.zone
    for funder, consent in history.proposal.consents.items():
        if consent.given and consent.valid_until is not None:
            begins_at = day(consent.valid_until, zone).begins_at
            due = later_by_days(begins_at, -BEFORE_A_CONSENT_ENDS, zone)
            yield f"consent-runs-out/{funder}", due
