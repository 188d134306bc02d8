"""What a proposal lacks, and the step that brings it: for a broken rule, what would mend it.

A step that nobody has taken says what is enough and no more: the first authorities of the register
that do not take part yet, a budget of one krone. Plans show that such a step is needed, never what
it was supposed to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count, islice
from typing import Any

from attrs import field, frozen

from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.funds import draw
from klimaflow.parties import AUTHORITY_KINDS, Participant, authorities

__all__ = ["MENDS", "Mend"]

MOST = 1_000
"""No more participants are supposed."""


@frozen
class Mend:
    """The step that mends a rule: a command by its name, and what it says beside `at` and `by`."""

    do: str
    says: Mapping[str, Any] = field(default=FrozenMap())


def _enlisting(facts: Facts) -> Mend | None:
    lacking = facts.authorities_minimum - facts.authorities
    room = max(MOST - len(facts.proposal.participants), 0)
    able = [*islice(_who_counts(facts), min(lacking, room))]
    return Mend("enlist-participants", {"participants": able}) if able else None


def _who_counts(facts: Facts) -> Iterator[Participant]:
    """Yield participants of the kinds that count and who do not take part yet."""
    kinds = facts.procedure.participants.kinds
    known = (each for each in authorities().values() if each.kind in kinds)
    others = (kind for kind in kinds if kind not in AUTHORITY_KINDS)
    invented = (Participant(f"{kind}-{n}", "…", kind) for kind in others for n in count(1))
    taken = {each.id for each in facts.proposal.participants}
    return (each for each in chain(known, invented) if each.id not in taken)


def _budget(facts: Facts) -> Mend:
    budget = facts.proposal.budget
    asked = _one_krone(facts) if budget is None else budget.contributions
    cofinancing = (budget and budget.cofinancing) or 0
    return Mend("propose-budget", {"contributions": asked, "cofinancing": cofinancing})


def _one_krone(facts: Facts) -> Mapping[str, int]:
    """Return a krone from the first funder whose funds have one on the day of the meeting."""
    on = facts.gates.meeting.begins_at if facts.gates else facts.at
    each = [FrozenMap({funder: 1}) for funder in facts.procedure.funder_names]
    able = (one for one in each if not draw(facts.procedure, one, facts.committed, on).short)
    return next(able, each[0] if each else FrozenMap())


MENDS: Mapping[str, Callable[[Facts], Mend | None]] = {
    "enough-authorities": _enlisting,
    "criteria-met": lambda f: Mend("assess-criterion", {"criterion": f.unmet[0]}),
    "budget-stated": _budget,
    "cofinancing-considered": _budget,
    "qualification-first": lambda _: Mend("submit-for-qualification"),
    "every-party-consents": lambda f: Mend("give-consent", {"funder": f.awaited[0]}),
    "consents-in-force": lambda f: Mend("give-consent", {"funder": f.run_out[0]}),
    "conditions-met": lambda f: Mend("meet-condition", {"condition": f.unmet_conditions[0]}),
}
"""For each rule that a step of its own can mend, that step, given the facts that break the rule.

None where nobody is left to take it.
"""
