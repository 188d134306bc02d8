"""What is known of one proposal, and the phases that it passes through."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.parties import Participant
from klimaflow.seen.proposal import proposal_html

__all__ = [
    "Assessment",
    "Budget",
    "Condition",
    "Consent",
    "ConsentStatus",
    "Description",
    "Element",
    "Grant",
    "Phase",
    "Proposal",
]


class Phase(StrEnum):
    """Where a proposal stands, in the order of the course."""

    IDEA = "idea"
    SPARRING = "sparring"
    QUALIFICATION = "qualification"
    APPROVAL_PROCESS = "approval_process"
    COMMITTEE_DECISION = "committee_decision"
    FUNDER_CONSENT = "funder_consent"
    STARTED = "started"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def final(self) -> bool:
        """Whether nothing leads out of this phase."""
        return self in FINAL


FINAL = frozenset({Phase.STARTED, Phase.REJECTED, Phase.WITHDRAWN})
OPEN = tuple(phase for phase in Phase if phase not in FINAL)


class Element(StrEnum):
    """What makes a track more than the use of known solutions."""

    DEVELOPMENT = "development"
    TEST = "test"
    DEMONSTRATION = "demonstration"


class ConsentStatus(StrEnum):
    """How it stands with one contributing party's consent."""

    AWAITED = "awaited"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    LAPSED = "lapsed"


_GIVEN = ConsentStatus.GIVEN


@frozen(weakref_slot=False)
class Description(Sheet):
    """What the track is about, as its proposer sees it."""

    need: str
    elements: tuple[Element, ...]
    results_open: bool
    proven_solution: bool


@frozen(weakref_slot=False)
class Budget(Sheet):
    """What is asked of each funder, in kroner. Without `cofinancing` it is silent on that."""

    contributions: FrozenMap[str, int]
    cofinancing: int | None


@frozen(weakref_slot=False)
class Assessment(Sheet):
    """A human's judgement of one criterion."""

    met: bool
    reason: str


@frozen(weakref_slot=False)
class Condition(Sheet):
    """What a committee or a funder made its yes depend on. `met` is the reason, once it is met."""

    text: str
    met: str | None = None


@frozen(weakref_slot=False)
class Grant(Sheet):
    """What the committee granted. `total` stays as the committee left it, in kroner."""

    amounts: FrozenMap[str, int]
    total: int
    conditions: tuple[Condition, ...] = ()


@frozen(weakref_slot=False)
class Consent(Sheet):
    """One contributing party's last word: its `status` is given, refused, withdrawn or void.

    `valid_until` is the last day on which a given consent is in force; None is without end.
    """

    status: ConsentStatus
    at: Moment
    amount: int = 0
    conditions: tuple[Condition, ...] = ()
    valid_until: date | None = None

    def status_on(self, today: date | None) -> ConsentStatus:
        """Return the status on a day: a given consent lapses after `valid_until`.

        Without a day it is the status as the party left it.
        """
        if today is None or self.valid_until is None or self.status is not _GIVEN:
            return self.status
        return ConsentStatus.LAPSED if self.valid_until < today else _GIVEN

    @property
    def given(self) -> bool:
        """Whether the party said yes and has neither taken it back nor been asked for more."""
        return self.status is _GIVEN


_NOTHING: FrozenMap[str, int] = FrozenMap()


@frozen(weakref_slot=False)
class Proposal(Sheet):
    """One proposal as its events have left it; the empty proposal before there are any.

    `since` is when the phase was entered. `round` is the last one chosen, in effect until the
    next submission. `revision` counts from 1 and grows with each return.
    """

    phase: Phase | None = None
    since: Moment | None = None
    round: str | None = None
    revision: int = 1
    proposer: str | None = None
    title: str = ""
    summary: str = ""
    participants: tuple[Participant, ...] = ()
    description: Description | None = None
    budget: Budget | None = None
    assessments: FrozenMap[str, Assessment] = FrozenMap()
    grant: Grant | None = None
    consents: FrozenMap[str, Consent] = FrozenMap()

    @property
    def granted(self) -> FrozenMap[str, int]:
        """What each funder is to pay, in kroner; empty while nothing is granted."""
        return _NOTHING if self.grant is None else self.grant.amounts

    @property
    def contributing(self) -> tuple[str, ...]:
        """The funders that are to pay more than nothing."""
        return tuple([funder for funder, amount in self.granted.items() if amount > 0])

    def consent_of(self, funder: str, today: date | None) -> ConsentStatus | None:
        """Return the status of a funder's consent on a day; None if it does not contribute."""
        if self.granted.get(funder, 0) == 0:
            return None
        consent = self.consents.get(funder)
        return ConsentStatus.AWAITED if consent is None else consent.status_on(today)

    def consents_on(self, today: date) -> dict[str, ConsentStatus]:
        """Return the status on a day of each contributing funder's consent."""
        statuses = {funder: self.consent_of(funder, today) for funder in self.contributing}
        return {funder: status for funder, status in statuses.items() if status is not None}

    def _html(self, lang: str) -> str:
        return proposal_html(self, lang)
