"""What has happened. An event is in the past tense and is never refused; `evolve` obeys it.

An event holds all that its decision rested on besides the proposal and the procedure, so that the
decision can be made again years later. Its values are clean: they come from a command, or
from a record that `klimaflow.fields` has read.
"""

from __future__ import annotations

from datetime import date

import attrs
from attrs import field

from klimaflow import fields
from klimaflow.fields import each, flag, identifier, kroner, one_of, optional, reads, text
from klimaflow.frozenmap import FrozenMap
from klimaflow.making import Value
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.parties import Actor, Participant
from klimaflow.proposal import Element

__all__ = [
    "EVENTS",
    "Approved",
    "BudgetProposed",
    "ConditionMet",
    "ConsentGiven",
    "ConsentRefused",
    "ConsentWithdrawn",
    "CriterionAssessed",
    "Deferred",
    "Event",
    "GrantAmended",
    "IdeaRegistered",
    "ParticipantReleased",
    "ParticipantsEnlisted",
    "PutBeforeCommittee",
    "Rejected",
    "Returned",
    "SparringHeld",
    "Started",
    "SubmittedForApproval",
    "SubmittedForQualification",
    "TrackDescribed",
    "Withdrawn",
]

_texts = each(fields.visible)


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Event(Value, Sheet):
    """What all events have: when it was received, in UTC, and who did it."""

    at: Moment = field(metadata=reads(fields.at))
    by: Actor = field(metadata=reads(fields.actor))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class IdeaRegistered(Event):
    """An idea was registered."""

    title: str = field(metadata=reads(fields.visible))
    summary: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class SparringHeld(Event):
    """Sparring was held."""

    adviser: str = field(metadata=reads(text))
    notes: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ParticipantsEnlisted(Event):
    """Participants were enlisted."""

    participants: tuple[Participant, ...] = field(metadata=reads(each(fields.recorded_participant)))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ParticipantReleased(Event):
    """A participant was let go."""

    participant: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class TrackDescribed(Event):
    """The track was described."""

    need: str = field(metadata=reads(text))
    elements: tuple[Element, ...] = field(metadata=reads(each(one_of(Element))))
    results_open: bool = field(metadata=reads(flag))
    proven_solution: bool = field(metadata=reads(flag))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class BudgetProposed(Event):
    """A budget was proposed, in kroner."""

    contributions: FrozenMap[str, int] = field(metadata=reads(fields.amounts))
    cofinancing: int | None = field(metadata=reads(optional(kroner)))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class SubmittedForQualification(Event):
    """The proposal was submitted for professional qualification."""

    round: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class CriterionAssessed(Event):
    """A criterion was assessed."""

    criterion: str = field(metadata=reads(identifier))
    met: bool = field(metadata=reads(flag))
    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class SubmittedForApproval(Event):
    """The proposal was submitted for the approval process of a round."""

    round: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class PutBeforeCommittee(Event):
    """The proposal was put before the committee."""


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Approved(Event):
    """The committee approved. `committed` is what the funds had promised to others, in kroner."""

    granted: FrozenMap[str, int] = field(metadata=reads(fields.amounts))
    conditions: tuple[str, ...] = field(metadata=reads(_texts))
    committed: FrozenMap[str, int] = field(metadata=reads(fields.amounts))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Returned(Event):
    """The proposal was returned to sparring."""

    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Deferred(Event):
    """The proposal was deferred to another round, or to a later meeting of its own."""

    round: str = field(metadata=reads(text))
    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Rejected(Event):
    """The committee rejected the proposal."""

    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ConsentGiven(Event):
    """A contributing party consented."""

    funder: str = field(metadata=reads(text))
    amount: int = field(metadata=reads(kroner))
    conditions: tuple[str, ...] = field(metadata=reads(_texts))
    valid_until: date | None = field(metadata=reads(optional(fields.day)))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ConsentRefused(Event):
    """A contributing party refused."""

    funder: str = field(metadata=reads(text))
    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ConsentWithdrawn(Event):
    """A contributing party took its consent back."""

    funder: str = field(metadata=reads(text))
    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class ConditionMet(Event):
    """A condition was met."""

    condition: str = field(metadata=reads(text))
    reason: str = field(metadata=reads(text))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class GrantAmended(Event):
    """The grant was replaced. `committed` is what the funds had promised to others, in kroner."""

    granted: FrozenMap[str, int] = field(metadata=reads(fields.amounts))
    reason: str = field(metadata=reads(text))
    committed: FrozenMap[str, int] = field(metadata=reads(fields.amounts))


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Started(Event):
    """The track was started."""


@attrs.frozen(weakref_slot=False, eq=False, repr=False)
class Withdrawn(Event):
    """The proposal was withdrawn."""

    reason: str = field(metadata=reads(text))


EVENTS: dict[str, type[Event]] = {
    name: value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, Event) and value is not Event
}
"""Every event by its name."""
