"""The figures that a rule's sentence names, each made when the sentence is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from klimaflow import phrases
from klimaflow.facts import Facts
from klimaflow.frozenmap import FrozenMap
from klimaflow.funds import draw, locked
from klimaflow.lifecycle import moves_from
from klimaflow.moments import Moment
from klimaflow.parties import Role
from klimaflow.phrases import label
from klimaflow.procedure import Fund, Gates
from klimaflow.proposal import ConsentStatus
from klimaflow.rules import Rule
from klimaflow.unknown import Unknown

__all__ = ["Figures"]


class Figures:
    """The figures of one rule's sentence, by name: each method without an underscore is one."""

    def __init__(self, rule: Rule, facts: Facts, lang: str) -> None:
        self._rule, self._facts, self._lang = rule, facts, lang
        self._procedure, self._proposal = facts.procedure, facts.proposal

    def __getitem__(self, name: str) -> str:
        figure = getattr(type(self), name, None)
        return str(getattr(self._facts, name) if figure is None else figure(self))

    def _moment(self, at: Moment) -> str:
        return phrases.moment(at, self._lang, self._procedure.zone)

    def _kroner(self, amount: int | Unknown) -> str:
        assert isinstance(amount, int), "a sentence for what is not known names no amount of it"
        return phrases.kroner(amount, self._lang)

    def _listed(self, items: Iterable[str], empty: str = "nobody") -> str:
        return phrases.listed(items, self._lang, empty)

    def _fragment(self, name: str, *values: str) -> str:
        return label("fragments", name, self._lang).format(*values)

    def _quoted(self, text: str | None) -> str:
        return label("formats", "quoted", self._lang).format(text or "")

    def at(self) -> str:
        return self._moment(self._facts.at)

    def since(self) -> str:
        return self._moment(self._facts.since)

    def by(self) -> str:
        return str(self._facts.command.by)

    def do(self) -> str:
        return label("commands", self._facts.command.do, self._lang)

    def phase(self) -> str:
        phase = self._proposal.phase
        return label("phases", phase, self._lang) if phase else self.in_phase()

    def in_phase(self) -> str:
        phase = self._proposal.phase
        if phase is None:
            return label("words", "before_any_phase", self._lang)
        return self._fragment("in_phase", label("phases", phase, self._lang))

    def possible(self) -> str:
        moves = moves_from(self._proposal.phase)
        names = (label("commands", move.command.do, self._lang) for move in moves)
        return self._listed(names, "nothing")

    def may(self) -> str:
        return self._listed(label("roles", role, self._lang) for role in self._facts.roles)

    def membership(self) -> str:
        of_the_track = {Role.PROPOSER, Role.PARTICIPANT} & set(self._facts.roles)
        return self._fragment("membership") if of_the_track else ""

    def margin(self) -> str:
        """Return the margin in the words of the rule's direction."""
        margin, direction = self._rule.margin(self._facts), self._rule.direction
        words: list[str] = phrases.phrases(self._lang)["margins"][direction.name]
        kept, exact, broken = words
        if not margin:
            return exact
        if isinstance(margin, int):
            return (kept if margin > 0 else broken).format(abs(margin))
        spell = phrases.days if direction.whole_days else phrases.span
        return (kept if margin > timedelta(0) else broken).format(spell(abs(margin), self._lang))

    def _round(self, round_id: str | None) -> str:
        gates = self._procedure.gates.get(round_id)  # type: ignore[arg-type]
        if gates is None:
            return self._quoted(round_id)
        stated = gates.round
        return (stated.label_da if self._lang == "da" else None) or stated.label

    def round(self) -> str:
        return self._round(self._facts.round)

    def own_round(self) -> str:
        return self._round(self._proposal.round)

    def rounds(self) -> str:
        return self._listed(self._procedure.gates)

    def qualification_closes(self) -> str:
        return self._gate("qualification_closes_at")

    def approval_closes(self) -> str:
        return self._gate("approval_closes_at")

    def _gate(self, gate: str) -> str:
        return self._moment(getattr(self._facts.gates, gate))

    def meeting(self) -> str:
        return self._day_of(self._facts.gates)

    def own_meeting(self) -> str:
        return self._day_of(self._facts.own_gates)

    def _day_of(self, gates: Gates | None) -> str:
        assert gates is not None, "a sentence for an unknown round names no day of it"
        return phrases.day(gates.meeting.on, self._lang)

    def next_qualification(self) -> str:
        return self._next("next_qualification", "qualification_closes_at")

    def next_approval(self) -> str:
        return self._next("next_approval", "approval_closes_at")

    def _next(self, fragment: str, gate: str) -> str:
        for gates in self._procedure.gates.values():
            closes_at = getattr(gates, gate)
            if self._facts.at <= closes_at:
                return self._fragment(
                    fragment, self._round(gates.round.id), self._moment(closes_at)
                )
        return label("words", "no_round", self._lang)

    def next_meeting(self) -> str:
        for gates in self._procedure.gates.values():
            if self._facts.at < gates.meeting.ends_at:
                round_label = self._round(gates.round.id)
                return self._fragment("next_meeting", round_label, self._day_of(gates))
        return label("words", "no_round", self._lang)

    def partnership_ends(self) -> str:
        return phrases.day(self._procedure.partnership_ends.on, self._lang)

    def minimum(self) -> int:
        return self._facts.authorities_minimum

    def lacking(self) -> int:
        return self._facts.authorities_minimum - self._facts.authorities

    def authority_names(self) -> str:
        kinds = self._procedure.participants.kinds
        return self._listed(p.name for p in self._proposal.participants if p.kind in kinds)

    def participant(self) -> str:
        named = self._facts.command.participant
        known = {each.id: each.name for each in self._proposal.participants}
        return known.get(named) or self._quoted(named)

    def participants(self) -> str:
        return self._listed(f"{each.id} ({each.name})" for each in self._proposal.participants)

    def criteria(self) -> int:
        return sum(each.strength == "binding" for each in self._procedure.criteria)

    def unmet(self) -> str:
        return self._listed(
            self._quoted((each.label_da if self._lang == "da" else None) or each.label)
            for each in self._procedure.criteria
            if each.id in self._facts.unmet
        )

    def requested(self) -> str:
        budget = self._proposal.budget
        return self._kroner(sum(budget.contributions.values()) if budget else 0)

    def cofinancing(self) -> str:
        budget = self._proposal.budget
        return self._kroner((budget and budget.cofinancing) or 0)

    def granted_total(self) -> str:
        return self._kroner(self._facts.granted_total)

    def total_of_committee(self) -> str:
        return self._kroner(self._facts.total_of_committee)

    def excess(self) -> str:
        margin = self._rule.margin(self._facts)
        return self._kroner(-margin if isinstance(margin, int) else 0)

    def beyond_request(self) -> str:
        budget = self._proposal.budget
        asked = budget.contributions if budget else FrozenMap()
        beyond = {f: kr - asked.get(f, 0) for f, kr in self._granted.items()}
        return self._listed(
            f"{self._name(funder)} {self._kroner(kr)}" for funder, kr in beyond.items() if kr > 0
        )

    def missing_in_funds(self) -> str:
        return self._kroner(self._facts.over_funds)

    def left_in_funds(self) -> str:
        drawn = draw(self._procedure, self._granted, self._facts.committed, self._facts.at)
        return self._kroner(drawn.spare(self._procedure, self._granted))

    def only_in_locked(self) -> str:
        return self._kroner(self._facts.only_in_locked)

    def open_funds(self) -> str:
        committed = self._facts.committed
        return self._listed(
            f"{fund.id} {self._kroner(max(0, fund.amount - committed.get(fund.id, 0)))}"
            for fund in self._of_the_grant()
            if not locked(fund, self._facts.at, self._procedure.zone)
        )

    def locked_funds(self) -> str:
        return self._listed(
            self._release(fund)
            for fund in self._of_the_grant()
            if locked(fund, self._facts.at, self._procedure.zone)
        )

    def _of_the_grant(self) -> list[Fund]:
        drawing = {funder for funder, kr in self._granted.items() if kr}
        return [fund for fund in self._procedure.funds if drawing.intersection(fund.funders)]

    @property
    def _granted(self) -> FrozenMap[str, int]:
        return self._facts.granted or FrozenMap()

    def _release(self, fund: Fund) -> str:
        amount = self._kroner(fund.amount)
        if fund.released_on is not None:
            on = phrases.day(fund.released_on, self._lang)
            return self._fragment("locked_until", fund.id, amount, on)
        return self._fragment("locked_fund", fund.id, amount, fund.awaits or "")

    def _name(self, funder: str) -> str:
        return self._procedure.funder_names.get(funder) or self._quoted(funder)

    def _names(self, funders: Iterable[str]) -> str:
        return self._listed(self._name(each) for each in funders)

    def funder(self) -> str:
        return self._name(self._facts.command.funder)

    def funder_id(self) -> str:
        return str(self._facts.command.funder)

    def strangers(self) -> str:
        return self._names(self._facts.strangers)

    def parties(self) -> str:
        parties: Iterable[str] = self._procedure.funder_names
        if hasattr(self._facts.command, "funder"):
            parties = [each for each in self._proposal.contributing if each in parties]
        return self._names(parties)

    def contributing(self) -> str:
        return self._names(self._proposal.contributing)

    def parties_count(self) -> int:
        return len(self._proposal.contributing)

    def awaited(self) -> str:
        return self._names(self._facts.awaited)

    def run_out(self) -> str:
        return self._names(self._facts.run_out)

    def consent_status(self) -> str:
        status = self._facts.consent
        if status is None:
            return label("words", "not_asked", self._lang)
        return label("consents", status, self._lang)

    def consent_way_out(self) -> str:
        ways = {ConsentStatus.REFUSED: "refused_way_out", ConsentStatus.GIVEN: "given_way_out"}
        status = self._facts.consent
        return self._fragment("none_way_out" if status is None else ways[status])

    def consented(self) -> str:
        return self._kroner(self._facts.consented)

    def amount_granted(self) -> str:
        return self._kroner(self._facts.amount_granted)

    def shortfall(self) -> str:
        return self._kroner(self._facts.amount_granted - self._facts.consented)

    def condition(self) -> str:
        return self._quoted(self._facts.command.condition)

    def unmet_conditions(self) -> str:
        return self._listed((self._quoted(c) for c in self._facts.unmet_conditions), "nothing")
