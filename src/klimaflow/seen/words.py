"""What a command asks for, and who asks, in the words of a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import attrs

from klimaflow import phrases
from klimaflow.fields import is_visible
from klimaflow.moments import Moment, spelled
from klimaflow.parties import Actor, Participant, Role, authorities
from klimaflow.phrases import label

if TYPE_CHECKING:
    from klimaflow.changes import ProcedureChanged
    from klimaflow.commands import Command
    from klimaflow.procedure import Criterion, Procedure, Round
    from klimaflow.proposal import Element, Proposal

__all__ = ["Words", "criterion_label", "quoted", "round_label"]


def quoted(text: str, lang: str) -> str:
    """Return the text in the quotation marks of the language."""
    return label("formats", "quoted", lang).format(text)


def round_label(stated: Round, lang: str) -> str:
    """Return what a round is called."""
    return (stated.label_da if lang == "da" else None) or stated.label


def criterion_label(stated: Criterion, lang: str) -> str:
    """Return what a criterion says."""
    return (stated.label_da if lang == "da" else None) or stated.label


class Words:
    """Names and commands under one procedure, as one proposal knows them, in one language."""

    def __init__(self, procedure: Procedure, proposal: Proposal, lang: str) -> None:
        self.procedure, self.proposal, self.lang = procedure, proposal, lang

    def quoted(self, text: str) -> str:
        return quoted(text, self.lang)

    def funder(self, funder: str) -> str:
        return self.procedure.funder_names.get(funder) or self.quoted(funder)

    def round(self, round_id: str) -> str:
        gates = self.procedure.gates.get(round_id)
        return self.quoted(round_id) if gates is None else round_label(gates.round, self.lang)

    def amounts(self, amounts: Mapping[str, int]) -> str:
        """Return kroner for each funder, as a list."""
        each = (f"{self.funder(who)} {self.kroner(amount)}" for who, amount in amounts.items())
        return phrases.listed(each, self.lang, "nothing")

    def kroner(self, amount: int) -> str:
        return phrases.kroner(amount, self.lang)

    def moment(self, at: Moment) -> str:
        """Return the moment in short, as exactly as it needs to be told apart."""
        fine = "microseconds" if at.microsecond else "seconds" if at.second else "moment"
        pattern = label("formats", f"brief_{fine}", self.lang)
        return spelled(at, pattern, self.lang, self.procedure.zone)

    def actor(self, by: Actor) -> str:
        """Return who acts, the same word once only: `Mette, Aarhus (0751), proposer`."""
        parts = (by.person, self.organisation(by.organisation), label("actors", by.role, self.lang))
        return ", ".join(dict.fromkeys(part for part in parts if part))

    def organisation(self, organisation: str) -> str:
        """Return what an organisation is called: a funder, an authority, a participant."""
        participants = {each.id: each.name for each in self.proposal.participants}
        if organisation in self.procedure.funder_names:
            return self.procedure.funder_names[organisation]
        if organisation in authorities():
            return f"{authorities()[organisation].name} ({organisation})"
        if organisation in participants:
            return f"{participants[organisation]} ({organisation})"
        return organisation

    def command(self, command: Command) -> str:
        """Return a command with what it says: `Defer: autumn 2024, “not ripe yet”`."""
        named = label("commands", command.do, self.lang)
        said = [*self._said(command)]
        return f"{named}: {', '.join(said)}" if said else named

    def edition(self, procedure: Procedure) -> str:
        return label("report", "edition", self.lang).format(procedure.id, procedure.edition)

    def change(self, change: ProcedureChanged) -> str:
        """Return when a case was moved, from which procedure to which, by whom and why."""
        between = self.edition(change.before), self.edition(change.after)
        said = self.moment(change.at), *between, self.actor(change.by), self.quoted(change.reason)
        return label("report", "move", self.lang).format(*said)

    def _said(self, command: Command) -> Iterable[str]:
        said = _Said(self, command)
        for field in attrs.fields(type(command)):
            wording = getattr(said, field.name, None)
            value = getattr(command, field.name)
            if wording is not None and value is not None and (text := wording(value)):
                yield text


class _Said:
    """The words for each field of a command that is worth telling; methods are named as fields."""

    def __init__(self, words: Words, command: Command) -> None:
        self._words, self._command, self._lang = words, command, words.lang

    def title(self, text: str) -> str:
        return self._words.quoted(text) if is_visible(text) else ""

    reason = need = condition = title

    def adviser(self, text: str) -> str:
        return text.strip()

    def participants(self, participants: Iterable[Participant]) -> str:
        return phrases.listed((each.name for each in participants), self._lang)

    def participant(self, named: str) -> str:
        known = {each.id: each.name for each in self._words.proposal.participants}
        return known.get(named) or self._words.quoted(named)

    def elements(self, elements: Iterable[Element]) -> str:
        names = (label("elements", each, self._lang) for each in elements)
        return phrases.listed(names, self._lang, "nothing")

    def contributions(self, amounts: Mapping[str, int]) -> str:
        return self._words.amounts(amounts)

    granted = contributions

    def cofinancing(self, amount: int) -> str:
        return label("report", "cofinancing", self._lang).format(self._words.kroner(amount))

    def round(self, round_id: str) -> str:
        return self._words.round(round_id)

    def criterion(self, criterion: str) -> str:
        known = {each.id: each for each in self._words.procedure.criteria}
        stated = known.get(criterion)
        return self._words.quoted(criterion_label(stated, self._lang) if stated else criterion)

    def met(self, met: bool) -> str:
        return label("words", "kept" if met else "broken", self._lang)

    def conditions(self, conditions: Iterable[str]) -> str:
        listed = phrases.listed(map(self._words.quoted, conditions), self._lang, "nothing")
        return label("report", "on_condition", self._lang).format(listed) if conditions else ""

    def funder(self, funder: str) -> str:
        by = self._command.by
        itself = by.role is Role.FUNDER and by.organisation == funder
        return "" if itself else self._words.funder(funder)

    def amount(self, amount: int) -> str:
        return self._words.kroner(amount)

    def valid_until(self, on: date) -> str:
        return label("report", "valid_until", self._lang).format(phrases.day(on, self._lang))
