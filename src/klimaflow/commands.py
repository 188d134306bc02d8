"""What someone asks for. A command is imperative and may be refused; `decide` answers it.

Every command has `at`, the moment it was received (kept in UTC; text without an offset is Danish
wall-clock time), and `by`, the actor (`role:organisation` or `role:organisation/person`).
A command that cannot be read raises `CaseError` with every problem and its path, and a time that
is none `MomentError`; whether a readable command is permitted is another question.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import attrs
from attrs import field

from klimaflow import fields
from klimaflow.errors import CaseError
from klimaflow.fields import Unreadable, each, one_of
from klimaflow.frozenmap import FrozenMap
from klimaflow.making import Value
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Moment
from klimaflow.parties import Actor, Participant
from klimaflow.proposal import Element

__all__ = [
    "COMMANDS",
    "AmendGrant",
    "Approve",
    "AssessCriterion",
    "Command",
    "Defer",
    "Describe",
    "EnlistParticipants",
    "GiveConsent",
    "HoldSparring",
    "MeetCondition",
    "ProposeBudget",
    "PutBeforeCommittee",
    "RefuseConsent",
    "RegisterIdea",
    "Reject",
    "ReleaseParticipant",
    "Return",
    "Start",
    "SubmitForApproval",
    "SubmitForQualification",
    "Withdraw",
    "WithdrawConsent",
]

_conditions = each(fields.visible)


class _Readable(type):
    """Lets a command that cannot be read say so with every problem at once."""

    def __call__(cls, *args: Any, **raw: Any) -> Any:  # as the class is called
        try:
            return super().__call__(*args, **raw)
        except Unreadable:
            try:
                return fields.read(cls, raw)  # type: ignore[arg-type]  # finds every problem
            except Unreadable as error:
                raise CaseError(error.lines()) from None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Command(Value, Sheet, metaclass=_Readable):
    """What all commands have. `do` is its name in files, `trigger` its name in the machine."""

    do: ClassVar[str] = ""
    trigger: ClassVar[str] = ""

    at: Moment = field(converter=fields.at)
    by: Actor = field(converter=fields.actor)

    def __init_subclass__(cls) -> None:
        cls.do = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()
        name = cls.do.replace("-", "_")
        cls.trigger = f"{name}_" if keyword.iskeyword(name) else name


# Converters say what a caller may give; the readers behind them take anything and judge it.


def _text(value: str) -> str:
    return fields.text(value)


def _visible(value: str) -> str:
    return fields.visible(value)


def _identifier(value: str) -> str:
    return fields.identifier(value)


def _flag(value: bool) -> bool:
    return fields.flag(value)


def _kroner(value: int) -> int:
    return fields.kroner(value)


def _participants(
    value: Sequence[str | Mapping[str, str] | Participant],
) -> tuple[Participant, ...]:
    return each(fields.participant)(value)


def _elements(value: Sequence[str]) -> tuple[Element, ...]:
    return each(one_of(Element))(value)


def _texts(value: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_conditions(value)))


def _maybe_amounts(value: Mapping[str, int] | None) -> FrozenMap[str, int] | None:
    return None if value is None else fields.amounts(value)


def _maybe_kroner(value: int | None) -> int | None:
    return None if value is None else fields.kroner(value)


def _maybe_day(value: date | str | None) -> date | None:
    return None if value is None else fields.day(value)


def _maybe_round(value: str | None) -> str | None:
    return None if value is None else fields.text(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RegisterIdea(Command):
    """Register an idea; anyone may: 'En ide til et klimaudviklingsspor kan opstå alle steder.'"""

    title: str = field(converter=_visible)
    summary: str = field(default="", converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class HoldSparring(Command):
    """Hold sparring, which is offered from the idea to the start and never required."""

    adviser: str = field(converter=_text)
    notes: str = field(default="", converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EnlistParticipants(Command):
    """Enlist participants: official codes, or tables of id, name and kind; an id counts once."""

    participants: tuple[Participant, ...] = field(converter=_participants)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ReleaseParticipant(Command):
    """Let the participant with this id go."""

    participant: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Describe(Command):
    """Describe the track: the need, its elements, whether results are open, whether proven."""

    need: str = field(converter=_text)
    elements: tuple[Element, ...] = field(converter=_elements)
    results_open: bool = field(converter=_flag)
    proven_solution: bool = field(converter=_flag)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ProposeBudget(Command):
    """Ask each funder for whole kroner. Without `cofinancing` the budget is silent on it."""

    contributions: FrozenMap[str, int] = field(converter=fields.amounts)
    cofinancing: int | None = field(default=None, converter=_maybe_kroner)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SubmitForQualification(Command):
    """Submit the proposal for professional qualification in a round."""

    round: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AssessCriterion(Command):
    """Record whether a criterion is met, and why; a human judges."""

    criterion: str = field(converter=_identifier)
    met: bool = field(converter=_flag)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SubmitForApproval(Command):
    """Submit the proposal for the approval process; by default in the proposal's own round."""

    round: str | None = field(default=None, converter=_maybe_round)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PutBeforeCommittee(Command):
    """Put the proposal before the committee, no later than the day of its meeting."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Approve(Command):
    """Approve the proposal; what is granted is by default what is asked, in kroner per funder."""

    granted: FrozenMap[str, int] | None = field(default=None, converter=_maybe_amounts)
    conditions: tuple[str, ...] = field(default=(), converter=_texts)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Return(Command):
    """Return the proposal to sparring; the next submission is a new revision."""

    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Defer(Command):
    """Defer the proposal to a round whose meeting has not passed."""

    round: str = field(converter=_text)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Reject(Command):
    """Reject the proposal, for good."""

    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GiveConsent(Command):
    """Consent, as one contributing party, to pay up to `amount` kroner.

    `valid_until` is the last day on which the consent is in force.
    """

    funder: str = field(converter=_text)
    amount: int = field(converter=_kroner)
    conditions: tuple[str, ...] = field(default=(), converter=_texts)
    valid_until: date | None = field(default=None, converter=_maybe_day)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RefuseConsent(Command):
    """Refuse, as one contributing party, to pay."""

    funder: str = field(converter=_text)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class WithdrawConsent(Command):
    """Take back a consent that was given."""

    funder: str = field(converter=_text)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MeetCondition(Command):
    """Record that a condition, quoted by its text, is met, and why."""

    condition: str = field(converter=_text)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AmendGrant(Command):
    """Replace the whole grant, in kroner per funder; a funder left out no longer contributes."""

    granted: FrozenMap[str, int] = field(converter=fields.amounts)
    reason: str = field(converter=_text)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Start(Command):
    """Start the track; the money may be used."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Withdraw(Command):
    """Withdraw the proposal, for good."""

    reason: str = field(converter=_text)


COMMANDS: dict[str, type[Command]] = {
    value.do: value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, Command) and value is not Command
}
"""Every command by its name in files."""
