"""One rule per requirement: a quantity, a bound and a direction.

Quantity and bound are the names of two facts, or a number, so that the same text answers for one
proposal and for columns of many. The verdict is the comparison, the margin the difference of the
same two. What belongs to a direction is written once, with the direction; the words of each
rule, in English and Danish, are in `wording/`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from attrs import frozen

from klimaflow.entries import Entry, Source
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import date_of, span
from klimaflow.phrases import label
from klimaflow.unknown import Unknown

__all__ = ["RULES", "Direction", "Margin", "Rule"]

Margin = int | timedelta | None
"""How far a quantity is from its bound; positive is to spare, None where it is not known."""

Quantity = str | int
"""The name of a fact (a number, a moment or a day), or a number itself."""


class Effect(StrEnum):
    """What a higher bound does to a rule."""

    RELAXES = "relaxes"
    TIGHTENS = "tightens"


@frozen
class Direction(Sheet):
    """On which side of its bound a quantity must be. In `whole_days` the bound is a day.

    `test` is the comparison as text, with `{quantity}` and `{bound}`.
    """

    name: str
    test: str
    distance: Callable[[Any, Any], int | timedelta]
    higher_bound: Effect
    whole_days: bool = False

    def margin(self, quantity: object, bound: object) -> Margin:
        """Return how much there is to spare: a number, a time, or whole days."""
        if isinstance(quantity, Unknown) or isinstance(bound, Unknown):
            return None
        return self.distance(quantity, bound)


AT_MOST = Direction("at-most", "{quantity} <= {bound}", lambda q, bound: bound - q, Effect.RELAXES)
AT_LEAST = Direction(
    "at-least", "{quantity} >= {bound}", lambda q, bound: q - bound, Effect.TIGHTENS
)
NO_LATER_THAN = Direction(
    "no-later-than",
    "{quantity} <= {bound}",
    span,
    Effect.RELAXES,
)
NO_EARLIER_THAN = Direction(
    "no-earlier-than",
    "{quantity} >= {bound}",
    lambda at, bound: span(bound, at),
    Effect.TIGHTENS,
)
BY_THE_DAY = Direction(
    "by-the-day",
    "{quantity} < {bound}.ends_at",
    lambda at, day: day.on - date_of(at, day.zone),
    Effect.RELAXES,
    whole_days=True,
)
FROM_THE_DAY = Direction(
    "from-the-day",
    "{quantity} >= {bound}.begins_at",
    lambda at, day: date_of(at, day.zone) - day.on,
    Effect.TIGHTENS,
    whole_days=True,
)


@frozen(eq=False)
class Rule(Sheet):
    """A requirement. `basis` finds the entry it rests on; None is a requirement of ours."""

    id: str
    quantity: Quantity
    direction: Direction
    bound: Quantity
    basis: Callable[[Facts], Entry | None] | None

    @property
    def test(self) -> str:
        """The comparison as text, over a Facts object `f`: `f.at <= f.approval_closes_at`."""
        return self.direction.test.format(quantity=_text(self.quantity), bound=_text(self.bound))

    def margin(self, facts: Facts) -> Margin:
        """Return how far the facts are from the line; None where one is not known."""
        return self.direction.margin(_value(self.quantity, facts), _value(self.bound, facts))

    def source(self, facts: Facts, lang: str = "en") -> Source:
        """Return where the rule stands, with the words themselves; our own in `en` or `da`."""
        if self.basis is None:
            return Source("klimaflow", "", label("own_words", self.id, lang))
        entry = self.basis(facts)
        if entry is None:
            return Source("klimaflow", "", label("own_words", "nothing", lang))
        return facts.procedure.cite(entry)

    def __repr__(self) -> str:
        return f"<Rule {self.id}>"


def _text(of: Quantity) -> str:
    return f"f.{of}" if isinstance(of, str) else str(of)


def _value(of: Quantity, facts: Facts) -> Any:
    return getattr(facts, of) if isinstance(of, str) else of


def asked(rules: tuple[Rule, ...]) -> Callable[[Facts], tuple[Rule, ...]]:
    """Return a function that asks these rules and returns those that the facts break.

    It is compiled from the rules' own texts: a call for each comparison would cost more than the
    comparisons do. What is not known breaks each rule that compares it.
    """
    names = {f"rule_{number}": rule for number, rule in enumerate(rules)}
    lines = [f"  if not {rule.test}: broken += ({name},)" for name, rule in names.items()]
    source = "\n".join(["def ask(f):", "  broken = ()", *lines, "  return broken"])
    scope: dict[str, Any] = dict(names)
    exec(compile(source, "<rules>", "exec"), scope)
    ask: Callable[[Facts], tuple[Rule, ...]] = scope["ask"]
    return ask


def _quoted(gate: str, *, own: bool = False) -> Callable[[Facts], Entry | None]:
    def find(facts: Facts) -> Entry | None:
        gates = facts.own_gates if own else facts.gates
        if gates is None:
            return None
        passage = getattr(gates.round.sources, gate)
        return gates.round if passage is None else Entry(source=passage)

    return find


def _round(facts: Facts) -> Entry | None:
    return None if facts.gates is None else facts.gates.round


def _criterion(facts: Facts) -> Entry | None:
    named = [each for each in facts.procedure.criteria if each.id in facts.unmet[:1]]
    return next(iter(named or facts.procedure.criteria), None)


def _fund(facts: Facts) -> Entry | None:
    drawing = {funder for funder, kr in (facts.granted or FrozenMap()).items() if kr}
    drawn = (fund for fund in facts.procedure.funds if drawing.intersection(fund.funders))
    return next(drawn, next(iter(facts.procedure.funds), None))


def _locked_fund(facts: Facts) -> Entry | None:
    awaiting = (fund for fund in facts.procedure.funds if fund.awaits is not None)
    return next(awaiting, _fund(facts))


def _consent(facts: Facts) -> Entry:
    return facts.procedure.consent


def _authority(facts: Facts) -> Entry:
    return facts.procedure.authority


OURS: Final = None

KNOWN_MOVE = Rule("known-move", 0, AT_LEAST, 1, OURS)
IN_ORDER = Rule("in-order", "at", NO_EARLIER_THAN, "since", OURS)
AUTHORISED = Rule("authorised", "authorised", AT_LEAST, 1, _authority)
REASON_GIVEN = Rule("reason-given", "reasons", AT_LEAST, 1, OURS)
KNOWN_ROUND = Rule("known-round", "rounds_known", AT_LEAST, 1, _round)
QUALIFICATION_FIRST = Rule(
    "qualification-first",
    "qualified",
    AT_LEAST,
    "qualification_required",
    lambda f: f.procedure.readings.qualification_required,
)
BEFORE_QUALIFICATION_DEADLINE = Rule(
    "before-qualification-deadline",
    "at",
    NO_LATER_THAN,
    "qualification_closes_at",
    _quoted("qualification"),
)
BEFORE_APPROVAL_DEADLINE = Rule(
    "before-approval-deadline",
    "at",
    NO_LATER_THAN,
    "approval_closes_at",
    _quoted("approval"),
)
SAME_OR_LATER_ROUND = Rule(
    "same-or-later-round",
    "round_number",
    AT_LEAST,
    "own_round_number",
    OURS,
)
ROUND_STILL_OPEN = Rule("round-still-open", "at", BY_THE_DAY, "meeting", _quoted("committee"))
ENOUGH_AUTHORITIES = Rule(
    "enough-authorities",
    "authorities",
    AT_LEAST,
    "authorities_minimum",
    lambda f: f.procedure.participants,
)
CRITERIA_MET = Rule("criteria-met", "criteria_unmet", AT_MOST, 0, _criterion)
BUDGET_STATED = Rule("budget-stated", "budgets", AT_LEAST, 1, OURS)
COFINANCING_CONSIDERED = Rule(
    "cofinancing-considered",
    "cofinancing_stated",
    AT_LEAST,
    1,
    lambda f: f.procedure.readings.cofinancing,
)
BEFORE_THE_MEETING = Rule(
    "before-the-meeting",
    "at",
    BY_THE_DAY,
    "own_meeting",
    _quoted("committee", own=True),
)
COMMITTEE_HAS_MET = Rule(
    "committee-has-met",
    "at",
    FROM_THE_DAY,
    "own_meeting",
    _quoted("committee", own=True),
)
GRANT_STATED = Rule("grant-stated", "granted_total", AT_LEAST, 1, OURS)
WITHIN_REQUEST = Rule("within-request", "over_request", AT_MOST, 0, OURS)
WITHIN_GRANT = Rule("within-grant", "granted_total", AT_MOST, "total_of_committee", OURS)
WITHIN_FUND = Rule("within-fund", "over_funds", AT_MOST, 0, _fund)
FUND_RELEASED = Rule("fund-released", "only_in_locked", AT_MOST, 0, _locked_fund)
CONTRIBUTING_PARTY = Rule("contributing-party", "funders_unknown", AT_MOST, 0, _consent)
SPEAKS_FOR_ITSELF = Rule("speaks-for-itself", "speaks_for_itself", AT_LEAST, 1, _consent)
CONSENT_OPEN = Rule("consent-open", "consent_open", AT_LEAST, 1, _consent)
CONSENT_GIVEN = Rule("consent-given", "consent_given", AT_LEAST, 1, _consent)
AMOUNT_AGREED = Rule("amount-agreed", "consented", AT_LEAST, "amount_granted", _consent)
KNOWN_PARTICIPANT = Rule("known-participant", "participants_known", AT_LEAST, 1, OURS)
KNOWN_CONDITION = Rule("known-condition", "conditions_known", AT_LEAST, 1, OURS)
EVERY_PARTY_CONSENTS = Rule("every-party-consents", "consents_missing", AT_MOST, 0, _consent)
CONSENTS_IN_FORCE = Rule("consents-in-force", "consents_run_out", AT_MOST, 0, _consent)
CONDITIONS_MET = Rule("conditions-met", "conditions_unmet", AT_MOST, 0, _consent)
WITHIN_PARTNERSHIP = Rule(
    "within-partnership",
    "at",
    BY_THE_DAY,
    "partnership_ends",
    lambda f: f.procedure.valid_until,
)

RULES: dict[str, Rule] = {
    rule.id: rule for rule in list(globals().values()) if isinstance(rule, Rule)
}
"""Every rule by its public id, in the order of this page."""
