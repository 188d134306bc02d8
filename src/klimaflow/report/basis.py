"""What each entry of a procedure carries: the rules that cite it, or answer otherwise without it.

Nothing is listed by hand. A rule rests on an entry if its `basis` finds that entry for some
proposal, or if another value of the entry changes what the rule says of some proposal.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any

import attrs

from klimaflow.commands import (
    Approve,
    Command,
    ProposeBudget,
    SubmitForApproval,
    SubmitForQualification,
)
from klimaflow.decider import decide
from klimaflow.entries import Entry, Passage
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import moment
from klimaflow.parties import Actor, Role
from klimaflow.procedure import Procedure
from klimaflow.proposal import Assessment, Budget, Phase, Proposal
from klimaflow.rules import RULES

__all__ = ["entries", "rules_of"]

GATES = ("qualification", "approval", "committee")
BY = Actor(Role.SECRETARIAT, "klimaflow")
AT = moment("2000-01-01T00:00:00Z")


def entries(procedure: Procedure) -> dict[str, Entry]:
    """Return every entry of a policy file by its path, such as `rounds[0].approval`."""
    found: dict[str, Entry] = {}
    for name in ("valid_from", "valid_until", "participants", "consent", "authority"):
        found[name] = getattr(procedure, name)
    for field in attrs.fields(type(procedure.readings)):
        if (reading := getattr(procedure.readings, field.name)) is not None:
            found[f"readings.{field.name}"] = reading
    for name in ("rounds", "criteria", "funders", "funds", "requirements"):
        found |= {f"{name}[{n}]": each for n, each in enumerate(getattr(procedure, name))}
    for number, stated in enumerate(procedure.rounds):
        passages = {gate: getattr(stated.sources, gate) for gate in GATES}
        found |= {f"rounds[{number}].{g}": Entry(source=p) for g, p in passages.items() if p}
    return found


def rules_of(procedure: Procedure) -> dict[str, list[str]]:
    """Return the ids of the rules that rest on each entry, by the entry's path."""
    paths = {_key(entry): path for path, entry in entries(procedure).items()}
    rests: dict[str, set[str]] = {path: set() for path in paths.values()}
    for facts in _cases(procedure):
        for rule in RULES.values():
            entry = None if rule.basis is None else rule.basis(facts)
            if entry is not None:
                rests[paths[_key(entry)]].add(rule.id)
    before = _answers(procedure)
    for path, changed in _changed(procedure):
        rests[path] |= {of[1] for of, answer in _answers(changed).items() if before[of] != answer}
    return {path: [rule for rule in RULES if rule in ids] for path, ids in rests.items()}


def _key(entry: Entry) -> int:
    """Return what tells entries apart: equal passages are cited in more than one place."""
    place: Entry | Passage = entry if entry.source is None else entry.source
    return id(place)


def _cases(procedure: Procedure) -> Iterator[Facts]:
    """Yield facts for each round, with each criterion in turn unmet and each funder granted."""
    criteria = [each.id for each in procedure.criteria] or [""]
    funders = [each.id for each in procedure.funders] or [""]
    for stated, unmet, funder in product(procedure.rounds, criteria, funders):
        judged = {c: Assessment(True, "") for c in criteria if c != unmet}
        proposal = Proposal(
            round=stated.id,
            assessments=FrozenMap(judged),
            budget=Budget(FrozenMap({funder: 1}), None),
        )
        yield Facts(procedure, proposal, Approve(at=AT, by=BY), FrozenMap())


Answers = dict[tuple[str, str], Any]  # by (what was asked, rule): holds, strength and margin


def _answers(procedure: Procedure) -> Answers:
    """Return what the rules say of commands that bring each kind of entry into play."""
    answers: Answers = {}
    for name, proposal, command in _asked(procedure):
        for finding in decide(procedure, proposal, command).findings:
            says = finding.holds, finding.strength, finding.margin
            answers[name, finding.rule] = says
    return answers


def _asked(procedure: Procedure) -> Iterator[tuple[str, Proposal, Command]]:
    idea = Proposal(phase=Phase.IDEA, since=AT)
    for stated in procedure.rounds:
        for kind in (SubmitForQualification, SubmitForApproval):
            yield f"{kind.do} {stated.id}", idea, kind(at=AT, by=BY, round=stated.id)
    for funder in sorted({funder for fund in procedure.funds for funder in fund.funders}):
        budget = ProposeBudget(at=AT, by=BY, contributions={funder: 1})
        yield f"{budget.do} {funder}", idea, budget


def _changed(procedure: Procedure) -> Iterator[tuple[str, Procedure]]:
    """Yield the procedure with another value for one entry at a time, beside that entry's path."""
    readings = procedure.readings
    for field in attrs.fields(type(readings)):
        reading = getattr(readings, field.name)
        for value in () if reading is None else _other_values(reading.value):
            changed = attrs.evolve(readings, **{field.name: attrs.evolve(reading, value=value)})
            yield f"readings.{field.name}", attrs.evolve(procedure, readings=changed)
    for number, funder in enumerate(procedure.funders):
        others = tuple(each for each in procedure.funders if each is not funder)
        yield f"funders[{number}]", attrs.evolve(procedure, funders=others)


def _other_values(value: Any) -> list[Any]:
    if isinstance(value, StrEnum):
        return [each for each in type(value) if each is not value]
    return [not value] if isinstance(value, bool) else [value + 1]
