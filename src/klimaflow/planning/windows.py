"""From when and until when a command can be permitted, as the real `decide` answers.

Rules compare moments with what is laid down or recorded, and with nothing else. Between two such
lines every moment has the same answer, so one question for each stretch asks all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import attrs
from attrs import frozen

from klimaflow.commands import Command
from klimaflow.decider import Decision, Finding
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import MICROSECOND, Moment, day
from klimaflow.procedure import Procedure
from klimaflow.proposal import Proposal

__all__ = ["Window", "lines", "window"]


@frozen(eq=False)
class Window(Sheet):
    """When a command, put to one history, has its most favourable answer.

    From `opens_at` to `closes_at`, both included; None is without beginning, or without end.
    `decision` is the answer within it: what it refuses, no moment heals. `closed_by` is what is
    newly broken one microsecond after `closes_at`.
    """

    opens_at: Moment | None
    closes_at: Moment | None
    decision: Decision
    closed_by: tuple[Finding, ...]


def window(history: History, command: Command, committed: Mapping[str, int]) -> Window:
    """Return when a command can be permitted; its own `at` does not count.

    Of the stretches before a rule closes for good, it is those with the answer of the last one.
    """
    starts = [*_starts(history)]
    answers = [
        history.decide(attrs.evolve(command, at=start), committed=committed) for start in starts
    ]
    refused = [frozenset(answer.refused_by) for answer in answers]
    newly = [after - before for before, after in pairwise(refused)]
    last = next((number for number, closing in enumerate(newly) if closing), len(newly))
    first = last
    while first and refused[first - 1] == refused[last]:
        first -= 1
    closed = () if last == len(newly) else _broken(answers[last + 1], newly[last])
    return Window(
        starts[first] if first else None,
        starts[last + 1] - MICROSECOND if closed else None,
        answers[last],
        closed,
    )


def _broken(answer: Decision, rules: frozenset[str]) -> tuple[Finding, ...]:
    return tuple(finding for finding in answer.findings if finding.rule in rules)


def _starts(history: History) -> Iterator[Moment]:
    """Yield a moment of each stretch: one before the first line, then where each line begins."""
    found = lines(history.procedure, history.proposal)
    yield found[0] - MICROSECOND
    yield from found


def lines(procedure: Procedure, proposal: Proposal) -> list[Moment]:
    """Return the moments from which on an answer can be another, in order, each once."""
    return sorted({*_laid_down(procedure), *_recorded(procedure, proposal)})


def _laid_down(procedure: Procedure) -> Iterator[Moment]:
    for gates in procedure.gates.values():
        yield gates.qualification_closes_at + MICROSECOND
        yield gates.approval_closes_at + MICROSECOND
        yield gates.meeting.begins_at
        yield gates.meeting.ends_at
    yield procedure.partnership_ends.ends_at
    for fund in procedure.funds:
        if fund.released_on is not None:
            yield day(fund.released_on, procedure.zone).begins_at


def _recorded(procedure: Procedure, proposal: Proposal) -> Iterator[Moment]:
    if proposal.since is not None:
        yield proposal.since
    for consent in proposal.consents.values():
        yield consent.at
        if consent.valid_until is not None:
            yield day(consent.valid_until, procedure.zone).ends_at
