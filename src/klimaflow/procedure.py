"""What has been laid down: rounds, deadlines, thresholds, funders and funds, each with its source.

A `Procedure` mirrors its policy file key by key; `klimaflow.policy` reads one. Each entry cites
a passage of the document, or says `because` where the document is silent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.entries import (
    Checked,
    Document,
    Entry,
    Passage,
    Reading,
    Source,
    entry,
    named,
    passage,
    reading,
)
from klimaflow.fields import (
    Unreadable,
    each,
    identifier,
    one_of,
    optional,
    reads,
    stated_day,
    stated_time,
    visible,
    whole,
)
from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import MICROSECOND, Day, Moment, WallClock, day, shown
from klimaflow.parties import Kind, Role, authority
from klimaflow.proposal import Phase
from klimaflow.requirements import Pattern, Requirement, UntilPossible, plain, undemanding
from klimaflow.seen.procedure import procedure_html

__all__ = ["Criterion", "Fund", "Funder", "Procedure", "Reading", "Round", "Source", "Strength"]


class Strength(StrEnum):
    """'skal' (must) binds and refuses; 'bør' (should) advises and remarks."""

    BINDING = "binding"
    ADVISORY = "advisory"


class Boundary(StrEnum):
    """Whether the stated minute of a deadline is still in time."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class Resolution(StrEnum):
    """How finely the time of receipt is read: to the microsecond, or to the minute begun."""

    EXACT = "exact"
    MINUTE = "minute"


class Authorised(StrEnum):
    """Who a command may be open to: a role, or anyone at all."""

    ANYONE = "anyone"
    PROPOSER = Role.PROPOSER.value
    PARTICIPANT = Role.PARTICIPANT.value
    DGO = Role.DGO.value
    SECRETARIAT = Role.SECRETARIAT.value
    COMMITTEE = Role.COMMITTEE.value
    FUNDER = Role.FUNDER.value


class RequiredAt(StrEnum):
    """At which command the consent of every contributing party binds."""

    START = "start"
    NEVER = "never"


@frozen(kw_only=True)
class Readings:
    """How the document is read; see docs/explanation/interpretation.md."""

    deadline: Reading[Boundary] = field(metadata=reads(reading(one_of(Boundary))))
    resolution: Reading[Resolution] = field(metadata=reads(reading(one_of(Resolution))))
    grace_minutes: Reading[int] = field(metadata=reads(reading(fields.minutes)))
    qualification_required: Reading[bool] = field(metadata=reads(reading(fields.flag)))
    cofinancing: Reading[Strength] | None = field(
        default=None, metadata=reads(reading(one_of(Strength)))
    )
    late_registration_minutes: Reading[int] | None = field(
        default=None, metadata=reads(reading(fields.minutes))
    )
    late_registration: Reading[Strength] | None = field(
        default=None, metadata=reads(reading(one_of(Strength)))
    )


OF_REGISTRATION = ("late_registration_minutes", "late_registration")
"""The readings that a store asks, which knows when something was recorded; `decide` does not."""


@frozen(kw_only=True)
class Participation(Entry):
    """How many authorities must take part, which kinds count, and at which commands."""

    minimum: int = field(metadata=reads(whole))
    kinds: tuple[Kind, ...] = field(metadata=reads(each(one_of(Kind))))
    binding_at: tuple[str, ...] = field(metadata=reads(each(identifier)))
    advisory_at: tuple[str, ...] = field(metadata=reads(each(identifier)))


@frozen(kw_only=True)
class ConsentTerms(Entry):
    """When the separate consent of each contributing party must be there."""

    required_at: RequiredAt = field(metadata=reads(one_of(RequiredAt)))


@frozen(kw_only=True)
class Authority(Entry):
    """Who may do what: `command` or `command@phase` to roles, where `anyone` is a role."""

    roles: FrozenMap[str, tuple[str, ...]] = field(metadata=reads(FrozenMap))
    at: Mapping[tuple[str, Phase | None], tuple[str, ...]] = field(init=False, repr=False, eq=False)
    """The roles that may give a command in a phase, by (command, phase)."""

    @at.default
    def _at(self) -> FrozenMap[tuple[str, Phase | None], tuple[str, ...]]:
        everywhere = {key.partition("@")[0] for key in self.roles}
        return FrozenMap(
            ((do, phase), self.roles.get(f"{do}@{phase}", self.roles.get(do, ())))
            for do in everywhere
            for phase in (None, *Phase)
        )


def authority_of(value: object) -> Authority:
    """Read who may do what: beside `source` or `because`, each key is a command."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    own = {key: value[key] for key in ("source", "because") if key in value}
    roles = {key: roles for key, roles in value.items() if key not in own}
    readers: list[tuple[str, Callable[[], Any]]] = [("", partial(entry(Entry), own))]
    readers += ((fields.in_path(key), partial(_roles, given)) for key, given in roles.items())
    cited, *found = fields.gathered(readers)
    may = FrozenMap(zip(roles, found, strict=True))
    return Authority(roles=may, source=cited.source, because=cited.because)


_roles = each(one_of(Authorised))


def not_encoded(value: object) -> FrozenMap[str, NotEncoded]:
    """Read the sentences that were left out, each under a name of its own."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    read_one = partial(fields.read, NotEncoded)
    readers = ((fields.in_path(key), partial(read_one, given)) for key, given in value.items())
    pairs = fields.gathered(readers)
    return FrozenMap(zip(value, pairs, strict=True))


@frozen(kw_only=True)
class Quotes:
    """The words of a round's three dates, where the round's own passage does not hold them."""

    qualification: Passage | None = field(default=None, metadata=reads(passage))
    approval: Passage | None = field(default=None, metadata=reads(passage))
    committee: Passage | None = field(default=None, metadata=reads(passage))


@frozen(kw_only=True)
class Round(Entry):
    """One half-year: two deadlines and a committee meeting, as stated, on the procedure's clock.

    The last moment that is in time follows from the readings: see `Gates`.
    """

    id: str = field(metadata=reads(identifier))
    label: str = field(metadata=reads(visible))
    label_da: str | None = field(default=None, metadata=reads(visible))
    qualification: WallClock = field(metadata=reads(stated_time))
    approval: WallClock = field(metadata=reads(stated_time))
    committee: date = field(metadata=reads(stated_day))
    sources: Quotes = field(default=Quotes(), metadata=reads(partial(fields.read, Quotes)))


@frozen
class Gates:
    """A round under the procedure's readings: when each of its gates closes.

    `qualification_closes_at` and `approval_closes_at` are the last moments in time.
    `number` counts the rounds from 1, in the order of their meetings.
    """

    round: Round
    number: int
    qualification_closes_at: Moment
    approval_closes_at: Moment
    meeting: Day


@frozen(kw_only=True)
class Criterion(Entry):
    """What a human assesses about a track."""

    id: str = field(metadata=reads(identifier))
    label: str = field(metadata=reads(visible))
    label_da: str | None = field(default=None, metadata=reads(visible))
    strength: Strength = field(metadata=reads(one_of(Strength)))


def _code(value: object) -> str:
    code = fields.text(value)
    try:
        return authority(code).id
    except ValueError as error:
        raise Unreadable(str(error)) from None


@frozen(kw_only=True)
class Funder(Entry):
    """A contributing party. `authority` is its official code, if it has one."""

    id: str = field(metadata=reads(identifier))
    name: str = field(metadata=reads(visible))
    authority: str | None = field(default=None, metadata=reads(_code))


@frozen(kw_only=True)
class Fund(Entry):
    """Kroner that some funders have set aside; locked while it awaits something.

    A fund that `awaits` something is empty until the start of the day `released_on`.
    """

    id: str = field(metadata=reads(identifier))
    funders: tuple[str, ...] = field(metadata=reads(each(identifier)))
    amount: int = field(metadata=reads(fields.kroner))
    awaits: str | None = field(default=None, metadata=reads(visible))
    released_on: date | None = field(default=None, metadata=reads(optional(fields.day)))


@frozen(kw_only=True)
class NotEncoded:
    """A sentence of the document that was left out on purpose, and why."""

    quote: str = field(metadata=reads(visible))
    because: str = field(metadata=reads(visible))


@frozen(kw_only=True)
class Procedure(Sheet):
    """All that has been laid down for the tracks of some half-years.

    `sha256` is the hash of the content: comments and layout of the file do not count.
    """

    id: str = field(metadata=reads(identifier))
    edition: int = field(metadata=reads(whole))
    checked: Checked = field(metadata=reads(partial(fields.read, Checked)))
    title: str = field(metadata=reads(visible))
    valid_from: Reading[date] = field(metadata=reads(reading(fields.day)))
    valid_until: Reading[date] = field(metadata=reads(reading(fields.day)))
    zone: str = field(metadata=reads(fields.zone))
    source: Document = field(metadata=reads(partial(fields.read, Document)))
    readings: Readings = field(metadata=reads(partial(fields.read, Readings)))
    participants: Participation = field(metadata=reads(entry(Participation)))
    consent: ConsentTerms = field(metadata=reads(entry(ConsentTerms)))
    authority: Authority = field(metadata=reads(authority_of))
    rounds: tuple[Round, ...] = field(metadata=reads(named(entry(Round))))
    criteria: tuple[Criterion, ...] = field(metadata=reads(named(entry(Criterion))))
    funders: tuple[Funder, ...] = field(metadata=reads(named(entry(Funder))))
    funds: tuple[Fund, ...] = field(metadata=reads(named(entry(Fund))))
    requirements: tuple[Requirement, ...] = field(
        default=(), metadata=reads(named(fields.checked(entry(Requirement), undemanding)))
    )
    not_encoded: FrozenMap[str, NotEncoded] = field(metadata=reads(not_encoded))

    gates: Mapping[str, Gates] = field(init=False, repr=False, eq=False)
    binding_criteria: tuple[str, ...] = field(init=False, repr=False, eq=False)
    funds_of: Mapping[str, tuple[Fund, ...]] = field(init=False, repr=False, eq=False)
    funder_names: Mapping[str, str] = field(init=False, repr=False, eq=False)
    fund_ids: frozenset[str] = field(init=False, repr=False, eq=False)
    partnership_ends: Day = field(init=False, repr=False, eq=False)
    sha256: str = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        gates = {r.id: self._gates(number, r) for number, r in enumerate(self.rounds, start=1)}
        self._derive("gates", FrozenMap(gates))
        binding = (each.id for each in self.criteria if each.strength is Strength.BINDING)
        self._derive("binding_criteria", tuple(binding))
        self._derive("funds_of", FrozenMap((f.id, self._funds_of(f.id)) for f in self.funders))
        self._derive("fund_ids", frozenset(each.id for each in self.funds))
        self._derive("funder_names", FrozenMap((f.id, f.name) for f in self.funders))
        self._derive("partnership_ends", day(self.valid_until.value, self.zone))
        self._derive("sha256", "")
        self._derive("sha256", hashlib.sha256(self.content.encode()).hexdigest())

    @property
    def content(self) -> str:
        """What `sha256` is the hash of, in UTF-8: `to_dict` as JSON, its keys in order."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def _derive(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _funds_of(self, funder: str) -> tuple[Fund, ...]:
        return tuple(fund for fund in self.funds if funder in fund.funders)

    def _gates(self, number: int, stated: Round) -> Gates:
        closes = self._closes_at(stated.qualification), self._closes_at(stated.approval)
        return Gates(stated, number, *closes, day(stated.committee, self.zone))

    def _closes_at(self, stated: WallClock) -> Moment:
        """Return the last moment in time for a stated deadline, under the readings."""
        grace = timedelta(minutes=self.readings.grace_minutes.value)
        closes_at = stated.in_zone(self.zone) + grace
        if self.readings.deadline.value is Boundary.EXCLUSIVE:
            return closes_at - MICROSECOND
        if self.readings.resolution.value is Resolution.MINUTE:
            return closes_at + timedelta(minutes=1) - MICROSECOND
        return closes_at

    def strength(self, rule: str, do: str) -> Strength | None:
        """Return how strongly a rule stands at a command; None where it is not asked.

        Only what the policy file may weaken is looked up here; all other rules are binding.
        """
        if rule == "enough-authorities":
            if do in self.participants.binding_at:
                return Strength.BINDING
            return Strength.ADVISORY if do in self.participants.advisory_at else None
        if rule == "cofinancing-considered":
            return self.readings.cofinancing.value if self.readings.cofinancing else None
        if rule in _CONSENT_RULES and self.consent.required_at is RequiredAt.NEVER:
            return Strength.ADVISORY
        return Strength.BINDING

    def cite(self, what: Entry) -> Source:
        """Return the source of an entry: its passage, or this file's own words for it."""
        if what.source is not None:
            return Source(self.source.document, what.source.section, what.source.quote)
        return Source(f"{self.id}, edition {self.edition}", "", what.because or "")

    def to_dict(self) -> dict[str, Any]:
        """Return the procedure as JSON-safe values under the policy file's keys.

        Moments are ISO 8601 with the offset of the procedure's zone, dates are ISO dates. Without
        requirements there is no such key: it is younger than procedures whose hash is on record.
        """
        table = attrs.asdict(
            self,
            filter=lambda attribute, value: attribute.init and value is not None,
            value_serializer=lambda _owner, _field, value: self._plain(value),
        )
        if not self.requirements:
            del table["requirements"]
        roles = table["authority"].pop("roles")
        table["authority"] |= {key: list(given) for key, given in roles.items()}
        return table

    def _html(self, lang: str) -> str:
        return procedure_html(self, lang)

    def _plain(self, value: object) -> object:
        if isinstance(value, (Pattern, UntilPossible)):
            return plain(value)
        if isinstance(value, WallClock):
            return shown(value.in_zone(self.zone), self.zone)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, tuple):
            return list(value)
        return str(value) if isinstance(value, StrEnum) else value


_CONSENT_RULES = frozenset({"every-party-consents", "consents-in-force", "conditions-met"})
