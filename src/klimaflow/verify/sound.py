"""What no permitted step may do, said straight from the document and without the rules.

These are checks of the rules, so they look at the proposal, the command and the procedure's figures
themselves and share no fact with what they check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain, combinations

from klimaflow.commands import (
    AmendGrant,
    Approve,
    Command,
    GiveConsent,
    RefuseConsent,
    Start,
    WithdrawConsent,
)
from klimaflow.events import Approved, Event, GrantAmended
from klimaflow.moments import Moment, date_of
from klimaflow.parties import Role
from klimaflow.procedure import Fund, Procedure, RequiredAt
from klimaflow.proposal import FINAL, ConsentStatus, Proposal

__all__ = ["consented", "unsound"]

Check = Callable[[Procedure, Proposal, Command, Event], bool]


def unsound(
    procedure: Procedure, proposal: Proposal, command: Command, event: Event
) -> Iterator[str]:
    """Yield the id of each property that a permitted step breaks."""
    if proposal.phase in FINAL:
        yield "final-is-final"
    for name, check in _CHECKS.get(type(command), ()):
        if not check(procedure, proposal, command, event):
            yield name


def consented(proposal: Proposal, funder: str, at: Moment, zone: str) -> bool:
    """Tell whether a funder has consented by `at`, in force then and for all that is granted."""
    consent = proposal.consents.get(funder)
    if consent is None or consent.status is not ConsentStatus.GIVEN or consent.at > at:
        return False
    in_force = consent.valid_until is None or date_of(at, zone) <= consent.valid_until
    return in_force and consent.amount >= proposal.granted[funder]


def _consents(procedure: Procedure, proposal: Proposal, command: Command, _event: Event) -> bool:
    if procedure.consent.required_at is not RequiredAt.START:
        return True
    paying = [funder for funder, amount in proposal.granted.items() if amount > 0]
    agreed = all(consented(proposal, each, command.at, procedure.zone) for each in paying)
    asked = chain(
        proposal.grant.conditions if proposal.grant else (),
        *(proposal.consents[each].conditions for each in paying if each in proposal.consents),
    )
    return agreed and bool(paying) and all(condition.met is not None for condition in asked)


def _authorities(procedure: Procedure, proposal: Proposal, command: Command, _event: Event) -> bool:
    terms = procedure.participants
    ids = {each.id for each in proposal.participants if each.kind in terms.kinds}
    return command.do not in terms.binding_at or len(ids) >= terms.minimum


def _criteria(procedure: Procedure, proposal: Proposal, _command: Command, _event: Event) -> bool:
    met = {name for name, judged in proposal.assessments.items() if judged.met}
    return all(each.id in met for each in procedure.criteria if each.strength == "binding")


def _partnership(
    procedure: Procedure, _proposal: Proposal, command: Command, _event: Event
) -> bool:
    return date_of(command.at, procedure.zone) <= procedure.valid_until.value


def _own(_procedure: Procedure, _proposal: Proposal, command: Command, _event: Event) -> bool:
    assert isinstance(command, GiveConsent | RefuseConsent | WithdrawConsent)
    return command.by.role is Role.FUNDER and command.by.organisation == command.funder


def _funds(procedure: Procedure, _proposal: Proposal, command: Command, event: Event) -> bool:
    """Tell whether the funds can carry a grant: each group of funders no more than its funds."""
    assert isinstance(event, Approved | GrantAmended)
    today = date_of(command.at, procedure.zone)
    left = {
        fund: max(fund.amount - event.committed.get(fund.id, 0), 0)
        for fund in procedure.funds
        if _open(fund, today)
    }
    paying = {funder: amount for funder, amount in event.granted.items() if amount > 0}
    groups = chain.from_iterable(combinations(paying, n) for n in range(1, len(paying) + 1))
    return all(sum(paying[each] for each in group) <= _carried(left, group) for group in groups)


def _open(fund: Fund, today: date) -> bool:
    if fund.released_on is not None:
        return today >= fund.released_on
    return fund.awaits is None


def _carried(left: Mapping[Fund, int], group: tuple[str, ...]) -> int:
    return sum(kroner for fund, kroner in left.items() if set(group) & set(fund.funders))


_OWN: list[tuple[str, Check]] = [("own-consent", _own)]
_FUNDS: list[tuple[str, Check]] = [("within-funds", _funds)]
_CHECKS: Mapping[type[Command], list[tuple[str, Check]]] = {
    Start: [
        ("start-with-consents", _consents),
        ("start-with-authorities", _authorities),
        ("start-with-criteria", _criteria),
        ("start-within-partnership", _partnership),
    ],
    Approve: _FUNDS,
    AmendGrant: _FUNDS,
    GiveConsent: _OWN,
    RefuseConsent: _OWN,
    WithdrawConsent: _OWN,
}
