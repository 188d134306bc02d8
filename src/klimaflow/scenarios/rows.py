"""A history as one row of a course: when each step was taken, and when the rest can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from klimaflow.commands import COMMANDS
from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.frames.columns import Kind
from klimaflow.frames.steps import STEPS
from klimaflow.history import History
from klimaflow.lifecycle import BY_PHASE_AND_DEED
from klimaflow.moments import Moment, day, moment
from klimaflow.planning import plan
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase, Proposal

__all__ = ["kind_of", "literal", "row_columns", "row_of"]

_DTYPES = {
    Kind.MOMENT: pl.Datetime("us", "UTC"),
    Kind.COUNT: pl.Int64(),
    Kind.KRONER: pl.Int64(),
    Kind.FLAG: pl.Boolean(),
    Kind.TEXT: pl.String(),
}


def kind_of(name: str) -> Kind | None:
    """Return what the values of a column of a course are; None if it is no such column."""
    if name.endswith("_at") or name.startswith(("consented_at_", "consent_ends_at_")):
        return Kind.MOMENT
    if name.startswith("met_") or name in ("budget_stated", "cofinancing_stated"):
        return Kind.FLAG
    if name.startswith(("asked_", "granted_", "consented_")):
        return Kind.KRONER
    if name in ("authorities", "authorities_at_start", "conditions_unmet"):
        return Kind.COUNT
    return Kind.TEXT if name == "first_round" else None


def row_columns(names: Iterable[str]) -> dict[str, Any]:
    """Return the types that these columns of a course have in polars; of others, none."""
    kinds = ((name, kind_of(name)) for name in names)
    return {name: _DTYPES[kind] for name, kind in kinds if kind is not None}


def literal(name: str, value: Any) -> pl.Expr:
    """Return a value as a column of a course has it; a text is a moment where moments are."""
    (dtype,) = row_columns([name]).values()
    plain = _utc(moment(value)) if kind_of(name) is Kind.MOMENT and value is not None else value
    return pl.lit(plain, dtype=dtype)


def row_of(history: History, at: str | datetime | None = None) -> dict[str, Any]:
    """Return a history as the row of a course, by column: a base for `grid` and `sample`.

    A step that has been taken has its own moment; each one that is still to come is taken as soon
    as it can be from `at` on (by default the latest event), as `klimaflow.planning.plan` has it:
    what nobody has assessed is met then, and every party consents. Moments are in UTC. What no
    budget and no grant says is left out; give it beside the row.
    """
    last = max((event.at for event in history.events), default=None)
    found = dict(_planned(history, at or last)) if at or last else {}
    row = {**found, **_taken(history)}
    proposal = history.proposal
    return {**row, **_counts(history), **dict(_money(proposal, history.procedure))}


def _planned(history: History, at: str | datetime | None) -> Iterator[tuple[str, Any]]:
    """Yield what is still to come."""
    assert at is not None, "somebody looks ahead from a moment"
    begun, decided = {**_taken(history)}, plan(history, at, committed=_committed(history))
    for criterion in history.procedure.criteria:
        yield f"met_{criterion.id}", True
    for step in decided.steps:
        if step.do == "give-consent":
            yield f"consented_at_{step.decision.command.funder}", _utc(step.at)  # type: ignore[attr-defined]
        elif step.do in STEPS and _at(step.do) not in begun:
            yield _at(step.do), _utc(step.at)


def _committed(history: History) -> Mapping[str, int]:
    committed = (each.facts.committed for each in history.decisions())
    return next(filter(None, committed), NOTHING_COMMITTED)


def _taken(history: History) -> dict[str, Any]:
    """Return when each step was taken last, what was assessed, and who has consented."""
    taken: dict[str, Any] = {}
    proposal = Proposal()
    for stage, event in zip(history.stages(), history.events, strict=True):
        move = BY_PHASE_AND_DEED[proposal.phase, type(event)]
        proposal = stage.proposal
        if move.command.do in STEPS:
            taken[_at(move.command.do)] = _utc(event.at)
        if move.command.do == "submit-for-qualification":
            taken["first_round"] = proposal.round
        if proposal.phase is Phase.SPARRING:  # what was returned begins anew
            taken = {}
    judged = proposal.assessments.items()
    taken |= {f"met_{criterion}": each.met for criterion, each in judged}
    for funder, consent in proposal.consents.items():
        taken[f"consented_at_{funder}"] = _utc(consent.at) if consent.given else None
        if consent.valid_until is not None:
            ends = day(consent.valid_until, history.procedure.zone).ends_at
            taken[f"consent_ends_at_{funder}"] = _utc(ends)
    return taken


def _counts(history: History) -> dict[str, int]:
    """Return how many authorities took part when it was submitted, and how many do now."""
    kinds = history.procedure.participants.kinds
    now = sum(each.kind in kinds for each in history.proposal.participants)
    then = now
    for stage in history.stages():
        if stage.proposal.phase in (Phase.APPROVAL_PROCESS, Phase.QUALIFICATION):
            then = sum(each.kind in kinds for each in stage.proposal.participants)
    return {"authorities": then, "authorities_at_start": now}


def _money(proposal: Proposal, procedure: Procedure) -> Iterator[tuple[str, Any]]:
    asked = proposal.budget.contributions if proposal.budget else {}
    for funder in procedure.funder_names:
        if asked.get(funder):
            yield f"asked_{funder}", asked[funder]
        if proposal.granted.get(funder):
            yield f"granted_{funder}", proposal.granted[funder]
    if proposal.budget is not None:
        yield "cofinancing_stated", proposal.budget.cofinancing is not None


def _at(do: str) -> str:
    return f"{COMMANDS[do].trigger}_at"


def _utc(at: Moment) -> datetime:
    return datetime.fromisoformat(at.isoformat())
