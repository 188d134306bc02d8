"""Tables of random rows for each command, on and beside every line; and what `decide` says of them.

A row is whole: what is null says that something was not assessed, or not consented to.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from attrs import frozen
from numpy.random import Generator

from klimaflow import Decision, Procedure, decide
from klimaflow.frames import columns
from klimaflow.frames.rows import implied
from klimaflow.moments import MICROSECOND, day, moment, span
from klimaflow.parties import Role
from klimaflow.procedure import Strength
from klimaflow.proposal import ConsentStatus, Phase
from klimaflow.rules import RULES

Draw = Callable[["Drawing", str, Mapping[str, Any]], Any]

_EPOCH = moment(datetime(1970, 1, 1, tzinfo=UTC))
_NUDGES = np.array([0, 0, 0, 1, -1, 60_000_000, -60_000_000, 3_600_000_000, -86_400_000_000])
TWICE = (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC))
"""Both times at which the clocks of Copenhagen show 02:30 on 27 October 2024."""

PHASES = {
    "submit-for-qualification": (Phase.IDEA, Phase.SPARRING),
    "submit-for-approval": (Phase.QUALIFICATION,),
    "put-before-committee": (Phase.APPROVAL_PROCESS,),
    "approve": (Phase.COMMITTEE_DECISION,),
    "give-consent": (Phase.FUNDER_CONSENT,),
    "start": (Phase.FUNDER_CONSENT,),
}


def microseconds(at: datetime) -> int:
    return span(_EPOCH, moment(at)) // MICROSECOND


def lines(procedure: Procedure) -> list[int]:
    """Return every moment at which an answer changes, in microseconds since 1970."""
    found: list[datetime] = [*TWICE, procedure.partnership_ends.ends_at]
    for gates in procedure.gates.values():
        found += [gates.qualification_closes_at, gates.approval_closes_at]
        found += [gates.meeting.begins_at, gates.meeting.ends_at]
    for fund in procedure.funds:
        if fund.released_on is not None:
            found.append(day(fund.released_on, procedure.zone).begins_at)
    return [microseconds(each) for each in found]


@frozen
class Drawing:
    """So many rows for a command under a procedure."""

    procedure: Procedure
    do: str
    rows: int
    random: Generator

    def table(self) -> pl.DataFrame:
        """Return the rows, their times in UTC."""
        made: dict[str, Any] = {}
        for column in columns(self.procedure, self.do):
            made[column.name] = self._drawn(column.name, made)
        return pl.DataFrame(made).with_columns(
            pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC")
            for name in made
            if name in ("at", "since") or name.startswith("consent")
            if name != "consent"
        )

    def _drawn(self, name: str, made: Mapping[str, Any]) -> Any:
        for prefix, draw in DRAWS.items():
            if name.startswith(prefix):
                return draw(self, name, made)
        if name == "since":
            return made["at"] - self.random.choice(
                [0, 1, -1, 10**6, 30 * 86_400 * 10**6], self.rows
            )
        raise AssertionError(f"how is {name} drawn?")

    def among(self, *values: Any, likely: int = 1) -> Any:
        """Return values, the first `likely` of them nine times in ten."""
        values = tuple(str(v) if isinstance(v, str) else v for v in values)  # no member of an enum
        often = self.random.choice(np.array(values[:likely], object), self.rows)
        seldom = self.random.choice(np.array(values, object), self.rows)
        return np.where(self.random.random(self.rows) < 0.9, often, seldom).tolist()

    def moments(self) -> Any:
        near = self.random.choice(lines(self.procedure), self.rows)
        near += self.random.choice(_NUDGES, self.rows)
        first, last = (microseconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (2023, 2029))
        return np.where(
            self.random.random(self.rows) < 0.8, near, self.random.integers(first, last, self.rows)
        )

    def sometimes(self, values: Any, share: float = 0.9) -> Any:
        """Return the values, most of them, and else nulls."""
        kept = pl.Series(self.random.random(self.rows) < share)
        return pl.select(pl.when(kept).then(pl.Series(values))).to_series()

    def kroner(self) -> Any:
        """Return amounts of which half are nothing, and most of the others can be paid."""
        near = [0, 0, 0, 0, 0, 0, 1, 500_000, 500_000, 1_500_000, 9_999_999, 10_000_000, 10_000_001]
        return np.where(
            self.random.random(self.rows) < 0.98, self.random.choice(near, self.rows), 10**11
        )

    def beside(self, values: Any, *distances: int) -> Any:
        """Return values at a distance from others, none of them below zero."""
        return np.maximum(0, values + self.random.choice(distances, self.rows))

    def rounds(self) -> Any:
        known = [*self.procedure.gates]
        return self.among(*known, "", "2023-autumn", likely=len(known))

    def authorities(self) -> Any:
        return self.random.integers(0, 6 if self.procedure.participants.kinds else 1, self.rows)

    def funders(self) -> Any:
        return self.among(*self.procedure.funder_names, "danske-bank", likely=2)


DRAWS: Mapping[str, Draw] = {
    "at": lambda of, _n, _made: of.moments(),
    "phase": lambda of, _n, _made: of.among(*PHASES[of.do], *Phase, likely=len(PHASES[of.do])),
    "role": lambda of, _n, _made: of.among(
        *[r for r in of.procedure.authority.roles.get(of.do, ()) if r in {*Role}] or [Role.DGO],
        *Role,
    ),
    "of_the_track": lambda of, _n, _made: of.random.random(of.rows) < 0.9,
    "organisation": lambda of, _n, _made: of.funders(),
    "funder": lambda of, _n, _made: of.funders(),
    "round": lambda of, _n, _made: of.rounds(),
    "own_round": lambda of, _n, _made: of.rounds(),
    "authorities": lambda of, _n, _made: of.authorities(),
    "met_": lambda of, _n, _made: pl.Series(
        of.among(True, True, False, None, likely=2), dtype=pl.Boolean
    ),
    "budget_stated": lambda of, _n, _made: of.random.random(of.rows) < 0.9,
    "cofinancing_stated": lambda of, _n, _made: of.random.random(of.rows) < 0.7,
    "granted": lambda of, _n, _made: of.kroner(),
    "asked_": lambda of, name, made: of.beside(
        made[name.replace("asked_", "granted_")], 0, 0, 0, 0, 0, 0, 0, 1, 500_000, -1
    ),
    "amount": lambda of, _n, made: of.beside(made["granted"], 0, 0, 1, -1),
    "consented_at_": lambda of, _n, made: of.sometimes(
        of.beside(made["at"], -(10**12), -(10**12), -(10**12), -(10**12), -1, 0, 0, 0, 0, 0, 0, 1)
    ),
    "consent_ends_at_": lambda of, _n, made: of.beside(
        made["at"], 10**12, 10**13, 10**13, 10**13, 10**13, 10**13, 10**13, 10**13, 1, 0, -1
    ),
    "consent": lambda of, _n, _made: of.among(*ConsentStatus, likely=1),
    "conditions_unmet": lambda of, _n, _made: of.random.choice([0, 0, 0, 1, 2], of.rows),
}


def answered(
    procedure: Procedure, do: str, table: pl.DataFrame, committed: Mapping[str, int]
) -> list[Decision]:
    """Return what `decide` says of each row."""
    pairs = (implied(procedure, do, row) for row in table.iter_rows(named=True))
    return [decide(procedure, *pair, committed=committed) for pair in pairs]


def refused_by(decision: Decision) -> str:
    """Return what a frame says of a refusal: the binding rules in the lifecycle's order."""
    strength = decision.procedure.strength
    do = decision.command.do
    binding = (r.id for r in decision.broken if strength(r.id, do) is Strength.BINDING)
    return " ".join(binding)


def holds(decision: Decision, rule: str) -> bool:
    """Tell whether a rule holds by itself, also where the move is not possible."""
    if rule == "known-move":
        return decision.move is not None
    return bool(eval(RULES[rule].test, {}, {"f": decision.facts}))


def margin(decision: Decision, rule: str) -> int | timedelta | None:
    """Return the margin as frames have it: by the day it is the time to the last moment within."""
    of, facts = RULES[rule], decision.facts
    found = of.margin(facts)
    if found is None or not of.direction.whole_days:
        return found
    last_day = getattr(facts, str(of.bound))
    if "ends_at" in of.direction.test:
        return span(facts.at, moment(last_day.ends_at - MICROSECOND))
    return span(last_day.begins_at, facts.at)
