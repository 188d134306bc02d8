"""Which proposals are one state: those that no rule of a procedure can tell apart.

Left out is what no rule reads: titles, reasons, the description, the revision, who advised. What a
proposal has passed through stays: its round, its assessments, its grant. Funders that draw on
the same funds are interchangeable; which of them consented is not kept, only how many.

The time of the last change of phase is not part of the state: a proposal that entered its phase
earlier may do all that one that entered it later may, and more (see `Space`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from klimaflow.procedure import Procedure
from klimaflow.proposal import FINAL, Consent, ConsentStatus, Proposal
from klimaflow.verify.money import Money

__all__ = ["Fold"]

FEW_CRITERIA = 5
"""Of more binding criteria than these it is not kept which are met, only how many."""

_OPEN = frozenset({ConsentStatus.AWAITED, ConsentStatus.WITHDRAWN, ConsentStatus.VOID})


class Fold:
    """Tells states apart, for one procedure or for several that are compared.

    When `coarse`, consents that are awaited, withdrawn or void are one: each is open to be given.
    """

    def __init__(
        self, procedures: tuple[Procedure, ...], funders: tuple[str, ...], *, coarse: bool
    ) -> None:
        self._terms = [each.participants for each in procedures]
        binding = [each.binding_criteria for each in procedures]
        self._criteria = tuple(dict.fromkeys(name for names in binding for name in names))
        self._coarse = coarse
        alike: dict[Hashable, list[str]] = {}
        for funder in funders:
            drawn = tuple(tuple(f.id for f in p.funds_of.get(funder, ())) for p in procedures)
            alike.setdefault(drawn, []).append(funder)
        self.alike = tuple(map(tuple, alike.values()))
        """The funders, in groups of interchangeable ones."""
        full = Money.of(procedures[0], funders).full
        self._most = [sum(full[each] for each in group) for group in self.alike]

    def key(self, proposal: Proposal) -> Hashable:
        """Return the state of a proposal; equal for proposals that no rule can tell apart."""
        phase = proposal.phase
        if phase in FINAL or phase is None:
            return phase
        judged = proposal.assessments
        each_met = tuple([each in judged and judged[each].met for each in self._criteria])
        met = each_met if len(each_met) <= FEW_CRITERIA else sum(each_met)
        parties = [
            tuple(sorted([self.funder(proposal, each) for each in group])) for group in self.alike
        ]
        money = self._asked(proposal) if proposal.grant is None else self._granted(proposal)
        return (phase, proposal.round, self.enough(proposal), met, money, *parties)

    @staticmethod
    def _asked(proposal: Proposal) -> Hashable:
        budget = proposal.budget
        return None if budget is None else budget.cofinancing is None

    def _granted(self, proposal: Proposal) -> Hashable:
        """Return what bounds an amendment: the committee's sum, and what is left in the funds."""
        grant, amounts = proposal.grant, proposal.granted
        assert grant is not None, "asked of a proposal with a grant"
        sums = [sum([amounts.get(each, 0) for each in group]) for group in self.alike]
        full = [s >= most for s, most in zip(sums, self._most, strict=True)]
        return (grant.total > sum(sums), *full, self._unmet(grant.conditions))

    def enough(self, proposal: Proposal) -> tuple[bool, ...]:
        """Return whether anyone takes part, and for each procedure whether enough do."""
        kinds = [each.kind for each in proposal.participants]
        counts = (sum(kind in t.kinds for kind in kinds) >= t.minimum for t in self._terms)
        return (bool(kinds), *counts)

    def funder(self, proposal: Proposal, funder: str) -> tuple[Any, ...]:
        """Return all that the rules know of a funder: what is asked, granted and consented to.

        Once there is a grant, it counts whether more was asked, not how much.
        """
        budget, grant = proposal.budget, proposal.grant
        asked = -1 if budget is None else budget.contributions.get(funder, -1)
        if grant is None:
            return (asked,)
        granted = grant.amounts.get(funder, 0)
        consent = self._consent(proposal, proposal.consents.get(funder), granted)
        return (asked > granted, granted > 0, *consent)

    def _consent(
        self, proposal: Proposal, consent: Consent | None, granted: int
    ) -> tuple[Any, ...]:
        status = ConsentStatus.AWAITED if consent is None else consent.status
        if consent is None or not consent.given:
            return (ConsentStatus.AWAITED if self._coarse and status in _OPEN else status,)
        until = "" if consent.valid_until is None else consent.valid_until.isoformat()
        later = proposal.since is not None and consent.at > proposal.since
        return status, consent.amount > granted, until, later, self._unmet(consent.conditions)

    @staticmethod
    def _unmet(conditions: tuple[object, ...]) -> int:
        return sum(getattr(each, "met", None) is None for each in conditions)

    def special(self, proposal: Proposal) -> bool:
        """Tell whether a consent is refused, late, for a time, or has a condition that is unmet."""
        classes = [self._consent(proposal, each, 0) for each in proposal.consents.values()]
        return any(each[0] is ConsentStatus.REFUSED or any(each[2:]) for each in classes)
