"""Boundaries: each line that a rule draws, and how far from it a decision is, in smallest units.

A line is what a rule compares with. Where that is laid down in the policy file there is one line
for each such entry, named by its path; otherwise it is one of the proposal's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from klimaflow.decider import Decision
from klimaflow.facts import Facts
from klimaflow.funds import draw
from klimaflow.moments import MICROSECOND, Day, Moment, day, span
from klimaflow.procedure import Procedure
from klimaflow.proposal import Consent
from klimaflow.rules import RULES

__all__ = ["Distance", "beyond", "distances", "lines", "within"]

Distance = int | timedelta
"""How far within the line; below zero is beyond. A number of kroner, parties, rounds, or a time."""

Line = tuple[str, str]  # the id of the rule, and the path of what is laid down, or no path
Found = Iterable[tuple[str, Distance]]


def within(distance: Distance) -> bool:
    """Tell whether it is on the line, or the smallest unit within: 1, or a microsecond."""
    return distance in (0, 1, timedelta(0), MICROSECOND)


def beyond(distance: Distance) -> bool:
    """Tell whether it is the smallest unit beyond the line."""
    return distance in (-1, -MICROSECOND)


def lines(procedure: Procedure) -> dict[Line, object]:
    """Return every line of a procedure, with the value that is laid down; None if none is."""
    found: dict[Line, object] = {(rule, ""): None for rule, own in _LINES.items() if own in _OWN}
    for gates in procedure.gates.values():
        path = f"rounds.{gates.round.id}"
        found["before-qualification-deadline", f"{path}.qualification"] = (
            gates.qualification_closes_at
        )
        found["before-approval-deadline", f"{path}.approval"] = gates.approval_closes_at
        for rule in ("round-still-open", "before-the-meeting", "committee-has-met"):
            found[rule, f"{path}.committee"] = gates.meeting
    participants = procedure.participants
    if participants.minimum and (participants.binding_at or participants.advisory_at):
        found["enough-authorities", "participants.minimum"] = participants.minimum
    for criterion in procedure.binding_criteria:
        found["criteria-met", f"criteria.{criterion}"] = criterion
    for fund in procedure.funds:
        found["within-fund", f"funds.{fund.id}.amount"] = fund.amount
        if fund.released_on is not None:
            found["fund-released", f"funds.{fund.id}.released_on"] = fund.released_on
    found["within-partnership", "valid_until"] = procedure.partnership_ends
    return found


def distances(decision: Decision) -> Iterator[tuple[Line, Distance]]:
    """Yield each line that a decision was held against, and how far from it the decision is."""
    for finding in decision.findings:
        measure = _LINES.get(finding.rule)
        for path, distance in measure(finding.rule, decision.facts) if measure else ():
            yield (finding.rule, path), distance


def _margin(rule: str, facts: Facts) -> Found:
    margin = RULES[rule].margin(facts)
    if margin is not None:
        yield "", margin


def _in_order(rule: str, facts: Facts) -> Found:
    """Yield the margin, unless there is no phase yet that could have begun too late."""
    return () if facts.proposal.since is None else _margin(rule, facts)


def _consents(_rule: str, facts: Facts) -> Found:
    dated = [each for each in facts.proposal.consents.items() if _dated(*each, facts)]
    if dated:
        until = min(consent.valid_until for _, consent in dated if consent.valid_until)
        yield "", _until_the_end(facts.at, day(until, facts.procedure.zone))


def _dated(funder: str, consent: Consent, facts: Facts) -> bool:
    contributes = facts.proposal.granted.get(funder, 0) > 0
    return contributes and consent.given and consent.valid_until is not None


def _until_the_end(at: Moment, until: Day) -> timedelta:
    return span(at, until.ends_at) - MICROSECOND


def _deadline(gate: str) -> Callable[[str, Facts], Found]:
    def measure(rule: str, facts: Facts) -> Found:
        if facts.gates is not None:
            for _, margin in _margin(rule, facts):
                yield f"rounds.{facts.gates.round.id}.{gate}", margin

    return measure


def _by_the_day(rule: str, facts: Facts) -> Found:
    gates = facts.gates if rule == "round-still-open" else facts.own_gates
    if gates is not None:
        yield f"rounds.{gates.round.id}.committee", _until_the_end(facts.at, gates.meeting)


def _from_the_day(_rule: str, facts: Facts) -> Found:
    gates = facts.own_gates
    if gates is not None:
        yield f"rounds.{gates.round.id}.committee", span(gates.meeting.begins_at, facts.at)


def _minimum(rule: str, facts: Facts) -> Found:
    return (("participants.minimum", margin) for _, margin in _margin(rule, facts))


def _criteria(_rule: str, facts: Facts) -> Found:
    """Yield that all are met, or the only one that is not."""
    unmet = facts.unmet
    if not unmet:
        return ((f"criteria.{each}", 0) for each in facts.procedure.binding_criteria)
    return ((f"criteria.{each}", -1) for each in unmet if len(unmet) == 1)


def _amounts(_rule: str, facts: Facts) -> Found:
    """Yield for each open fund of who draws what is left in it, or what its funders lack."""
    granted = facts.granted
    if granted is not None:
        drawing = draw(facts.procedure, granted, facts.committed, facts.at)
        for fund in facts.procedure.funds:
            if fund.id in drawing.left:
                lacking = sum(drawing.short.get(funder, 0) for funder in fund.funders)
                yield f"funds.{fund.id}.amount", -lacking or drawing.left[fund.id]


def _release(_rule: str, facts: Facts) -> Found:
    """Yield how long ago each fund opened without which the grant would lack something."""
    granted, procedure = facts.granted, facts.procedure
    for fund in procedure.funds if granted is not None else ():
        if fund.released_on is not None and _needed(fund.id, facts):
            opens = day(fund.released_on, procedure.zone).begins_at
            yield f"funds.{fund.id}.released_on", span(opens, facts.at)


def _needed(fund_id: str, facts: Facts) -> bool:
    """Tell whether a grant that the funds can carry, locked ones too, draws on this one."""
    granted, procedure = facts.granted, facts.procedure
    drawing = draw(procedure, granted or {}, facts.committed, None)
    fund = next(each for each in procedure.funds if each.id == fund_id)
    rest = max(fund.amount - facts.committed.get(fund_id, 0), 0)
    return not drawing.short and drawing.left.get(fund_id, rest) < rest


def _partnership(_rule: str, facts: Facts) -> Found:
    yield "valid_until", _until_the_end(facts.at, facts.partnership_ends)


_OWN: tuple[Callable[[str, Facts], Found], ...] = (_margin, _in_order, _consents)
"""How far it is from a line that is the proposal's own."""

_LINES: dict[str, Callable[[str, Facts], Found]] = {
    "in-order": _in_order,
    "same-or-later-round": _margin,
    "before-qualification-deadline": _deadline("qualification"),
    "before-approval-deadline": _deadline("approval"),
    "round-still-open": _by_the_day,
    "before-the-meeting": _by_the_day,
    "committee-has-met": _from_the_day,
    "enough-authorities": _minimum,
    "criteria-met": _criteria,
    "grant-stated": _margin,
    "within-request": _margin,
    "within-grant": _margin,
    "within-fund": _amounts,
    "fund-released": _release,
    "amount-agreed": _margin,
    "every-party-consents": _margin,
    "consents-in-force": _consents,
    "conditions-met": _margin,
    "within-partnership": _partnership,
}
"""Each rule that draws a line; all others ask whether something is so."""
