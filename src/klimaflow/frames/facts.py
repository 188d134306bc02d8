"""What the rules ask about, of many rows: the same names as those of `klimaflow.facts.Facts`.

The rules' own texts are evaluated over it, so that no rule is written twice. Only the facts that
the rules of a screened command name are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from klimaflow.commands import Command
from klimaflow.frames.columns import Columns, described
from klimaflow.frames.drawing import Amounts, Drawing, as_expr, awaiting
from klimaflow.frames.terms import (
    Beyond,
    Condition,
    Fact,
    Lacking,
    both,
    counted,
    either,
    known,
    negated,
    so,
    timed,
)
from klimaflow.parties import Role
from klimaflow.procedure import Authorised, Gates, Procedure
from klimaflow.proposal import ConsentStatus, Phase

__all__ = ["ColumnFacts"]

_OWN = (Role.PROPOSER, Role.PARTICIPANT)
_STANDING = (ConsentStatus.GIVEN, ConsentStatus.REFUSED)
_OPEN = tuple(each for each in ConsentStatus if each not in _STANDING)
_ZERO = "without it, nothing"
_MOST = 10**15


class ColumnFacts:
    """The facts of one command, put to the proposal of each row under one procedure."""

    def __init__(
        self,
        procedure: Procedure,
        command: type[Command],
        columns: Columns,
        committed: Mapping[str, int],
    ) -> None:
        self.procedure = procedure
        self.command = command
        self.columns = columns
        self.committed = committed
        self._phase = columns.text(described("phase"))

    def in_phase(self, phases: Iterable[Phase]) -> Condition:
        """Return whether the proposal is in one of these phases."""
        return self._phase.among(map(str, phases))

    @cached_property
    def at(self) -> Fact:
        """When the command was received."""
        return self.columns.moment(described("at"))

    @property
    def since(self) -> Fact:
        """When the proposal entered its phase."""
        return self.columns.moment(described("since"))

    @property
    def authorised(self) -> Fact:
        """Whether the actor has one of the roles that may do this, and is who that role means."""
        may: dict[tuple[str, ...], list[Phase]] = {}
        for phase in Phase:
            roles = self.procedure.authority.at.get((self.command.do, phase), ())
            may.setdefault(roles, []).append(phase)
        if len(may) == 1:
            return so(self._may(next(iter(may))))
        return so(either(*(both(self.in_phase(of), self._may(r)) for r, of in may.items())))

    def _may(self, roles: tuple[str, ...]) -> Condition:
        if Authorised.ANYONE in roles:
            return True
        role = self.columns.text(described("role"))
        own = [each for each in roles if each in _OWN]
        others = [each for each in roles if each not in (*_OWN, Role.FUNDER)]
        found = [role.among(map(str, others))]
        if own:
            of_the_track = self.columns.flag(described("of_the_track"))
            found.append(both(role.among(map(str, own)), of_the_track))
        if Role.FUNDER in roles and hasattr(self.command, "funder"):
            found.append(self._speaks())
        return either(*found)

    def _speaks(self) -> Condition:
        role = self.columns.text(described("role"))
        organisation = self.columns.text(described("organisation"))
        funder = self.columns.text(described("funder"))
        return both(role.among([Role.FUNDER]), organisation.same_as(funder))

    @property
    def speaks_for_itself(self) -> Fact:
        """Whether the actor is the funder that the command names."""
        return so(self._speaks())

    def _by_round(self, value: Callable[[Gates], Any]) -> Fact:
        return self._by("round", value)

    def _by(self, name: str, value: Callable[[Gates], Any]) -> Fact:
        may_be_left_out = name == "round" and attrs.fields_dict(self.command)[name].default is None
        if may_be_left_out and not self.columns.has(name):
            name = "own_round"
        optional = "without it, the proposal's own" if may_be_left_out else ""
        text = self.columns.text(described(name, optional=optional))
        rounds = self.procedure.gates.items()
        return Fact(*((text.among([id]), value(gates)) for id, gates in rounds))

    @property
    def rounds_known(self) -> Fact:
        """Whether the round is one of the procedure's."""
        return self._by_round(lambda _: 1)

    @property
    def round_number(self) -> Fact:
        """The round's place in the order of meetings, from 1."""
        return self._by_round(lambda gates: gates.number)

    @property
    def own_round_number(self) -> Fact:
        """The place of the proposal's own round; 0 if it has none."""
        found = self._by("own_round", lambda gates: gates.number)
        own = self.columns.text(described("own_round"))
        return Fact(*found.cases, (own.other_than(self.procedure.gates), 0))

    @property
    def qualification_closes_at(self) -> Fact:
        """The last moment in time for professional qualification."""
        return timed(*self._by_round(lambda gates: gates.qualification_closes_at).cases)

    @property
    def approval_closes_at(self) -> Fact:
        """The last moment in time for the approval process."""
        return timed(*self._by_round(lambda gates: gates.approval_closes_at).cases)

    @property
    def meeting(self) -> Fact:
        """The day of the meeting of the round that the command names."""
        return self._by_round(lambda gates: gates.meeting)

    @property
    def own_meeting(self) -> Fact:
        """The day of the meeting of the proposal's own round."""
        return self._by("own_round", lambda gates: gates.meeting)

    @property
    def partnership_ends(self) -> Fact:
        """The last day on which a track can start."""
        return Fact((True, self.procedure.partnership_ends))

    @property
    def authorities(self) -> Fact:
        """How many distinct participants are of a kind that counts."""
        return counted((True, self.columns.number(described("authorities"))))

    @property
    def authorities_minimum(self) -> int:
        """How many there must be."""
        return self.procedure.participants.minimum

    @property
    def qualified(self) -> Fact:
        """Whether the proposal comes from professional qualification."""
        others = [phase for phase in Phase if phase is not Phase.QUALIFICATION]
        return Fact((self.in_phase([Phase.QUALIFICATION]), 1), (self.in_phase(others), 0))

    @property
    def reasons(self) -> Fact:
        """Whether a reason is stated; in a table it always is."""
        return so(True)

    @property
    def qualification_required(self) -> int:
        """Whether the approval process follows qualification only."""
        return int(self.procedure.readings.qualification_required.value)

    @property
    def criteria_unmet(self) -> Fact:
        """How many binding criteria are not assessed as met."""
        binding = self.procedure.binding_criteria
        self.columns.no_others("met_", [each.id for each in self.procedure.criteria])
        met = [self.columns.flag(described("met_{criterion}", each)) for each in binding]
        return Lacking(True, met)

    @property
    def budgets(self) -> Fact:
        """Whether a budget is proposed."""
        return so(self.columns.flag(described("budget_stated")))

    @property
    def cofinancing_stated(self) -> Fact:
        """Whether there is a budget that says something of co-financing."""
        stated = self.columns.flag(described("cofinancing_stated"))
        return so(both(self.columns.flag(described("budget_stated")), stated))

    def _of_funders(self, pattern: str) -> list[str]:
        """Return the funders that have a column of a pattern."""
        prefix = pattern.partition("{")[0]
        self.columns.no_others(prefix, self.procedure.funder_names)
        return [f for f in self.procedure.funder_names if self.columns.has(prefix + f)]

    def _amounts(self, pattern: str, optional: str = _ZERO) -> Amounts:
        """Return the amounts of the funders that have a column; one at least must have one."""
        funders = self._of_funders(pattern)
        if not funders:
            self.columns.note(pattern, "is missing for every funder; one at least must have it")
            return Amounts(True, dict.fromkeys([*self.procedure.funder_names][:1] or [""], 0))
        given = {f: self.columns.amount(described(pattern, f, optional)) for f in funders}
        return Amounts(
            both(*(sound for sound, _ in given.values())),
            {funder: amount for funder, (_, amount) in given.items()},
        )

    @cached_property
    def granted(self) -> Amounts:
        """What the command grants each funder, or else what is asked."""
        asks = hasattr(self.command, "granted") and not self._of_funders("granted_{funder}")
        if asks:
            return self._asked
        optional = "without all of them, what is asked" if hasattr(self.command, "granted") else ""
        return self._amounts("granted_{funder}", optional or _ZERO)

    @cached_property
    def _asked(self) -> Amounts:
        return self._amounts("asked_{funder}")

    @property
    def granted_total(self) -> Fact:
        """What is granted in sum."""
        granted = self.granted
        return counted((granted.known, granted.total))

    @property
    def over_request(self) -> Fact:
        """By how much the funder nearest to its line is granted more than was asked of it."""
        granted, asked = self.granted, self._asked
        if granted is asked:
            return counted((granted.known, 0))
        over = [
            nw.when(as_expr(amount) > 0)
            .then(as_expr(amount) - as_expr(asked.of.get(funder, 0)))
            .otherwise(-_MOST)
            for funder, amount in granted.of.items()
        ]
        beyond = nw.when(as_expr(granted.total) > 0).then(nw.max_horizontal(*over)).otherwise(0)
        return counted((both(granted.known, asked.known), beyond))

    @property
    def over_funds(self) -> Fact:
        """By how much what is granted exceeds the released funds; below zero, what is left."""
        drawing = self._drawing
        return Beyond(both(self.granted.known, known(self.at)), drawing.over(), drawing.missing)

    @property
    def only_in_locked(self) -> Fact:
        """What is missing of funders whose funds, with those still locked, would cover it all."""
        lockable = self.granted.among(awaiting(self.procedure))
        still = Drawing(self.procedure, lockable, self.committed, self.columns, None)
        missing = self._drawing.short_but_not_in(still)
        return counted((both(self.granted.known, known(self.at)), missing))

    @cached_property
    def _drawing(self) -> Drawing:
        return Drawing(self.procedure, self.granted, self.committed, self.columns, self.at)

    @property
    def funders_unknown(self) -> Fact:
        """Whether the funder that the command names is none that contributes."""
        funder = self.columns.text(described("funder"))
        named = either(
            funder.among(self.procedure.funder_names),
            self._consent().among([ConsentStatus.GIVEN]),
        )
        return Fact((both(named, self._contributes()), 0))

    def _consent(self) -> Any:
        return self.columns.text(described("consent"))

    def _contributes(self) -> Condition:
        sound, granted = self.columns.amount(described("granted"))
        return both(sound, granted > 0)

    @property
    def consent_open(self) -> Fact:
        """Whether that funder's consent can be given or refused now."""
        return so(both(self._consent().among(_OPEN), self._contributes()))

    @property
    def consented(self) -> Fact:
        """The amount that the command consents to."""
        return counted(self.columns.amount(described("amount")))

    @property
    def amount_granted(self) -> Fact:
        """The amount granted from the funder that the command names, if it contributes."""
        _, granted = self.columns.amount(described("granted"))
        return counted((self._contributes(), granted))

    @property
    def consents_missing(self) -> Fact:
        """How many contributing parties have given no consent by now."""
        granted, at = self.granted, self.at
        gave = {f: self._moment_of("consented_at_{funder}", f) for f in granted.of}
        met = [either((kr == 0), (gave[f] <= at).holds) for f, kr in granted.of.items()]
        return Lacking(both(granted.known, known(at)), met)

    @property
    def consents_run_out(self) -> Fact:
        """How many contributing parties have a consent that is no longer in force."""
        granted, at = self.granted, self.at
        ends = self._of_funders("consent_ends_at_{funder}")
        certain, met = [granted.known, known(at)], []
        for funder in ends:
            end = self._moment_of("consent_ends_at_{funder}", funder, "without it, never")
            gave = self._moment_of("consented_at_{funder}", funder)
            idle = either(granted.of.get(funder, 0) == 0, negated(known(gave)))
            certain.append(either(idle, known(end)))
            met.append(either(idle, (at < end).holds))
        return Lacking(both(*certain), met)

    def _moment_of(self, pattern: str, funder: str, optional: str = "") -> Fact:
        return self.columns.moment(described(pattern, funder, optional))

    @property
    def conditions_unmet(self) -> Fact:
        """How many conditions are not met yet."""
        return counted(self.columns.amount(described("conditions_unmet")))
