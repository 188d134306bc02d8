"""Tables of random courses, on and beside every line; and what comes of each command."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from attrs import frozen
from numpy.random import Generator

from klimaflow import Decision, History, Procedure
from klimaflow.commands import COMMANDS
from klimaflow.frames.replay import enlisted
from klimaflow.moments import MICROSECOND, Moment, date_of, moment
from klimaflow.parties import Actor, Participant, Role
from klimaflow.procedure import Gates, Strength
from tests.frames.drawn import microseconds

Row = Mapping[str, Any]

READY = ("submit_for_qualification", "submit_for_approval", "put_before_committee", "approve")
_DAY = 86_400_000_000
_NEAR = np.array([0, -1, -_DAY, -9 * _DAY] * 5 + [1, 60_000_000, 9 * _DAY, 200 * _DAY])
"""How far from a line a moment is, in microseconds: most are in time, some by nothing."""

OF_TIME = {
    "in-order",
    "before-qualification-deadline",
    "before-approval-deadline",
    "before-the-meeting",
    "committee-has-met",
    "within-fund",
    "fund-released",
    "every-party-consents",
    "consents-in-force",
    "within-partnership",
}
"""The rules that ask when: they refuse what comes at a time that is not known."""


@frozen
class Courses:
    """So many courses under a procedure."""

    procedure: Procedure
    rows: int
    random: Generator

    def table(self) -> pl.DataFrame:
        """Return the rows, their times in UTC."""
        gates = [*self.procedure.gates.values()]
        aims = self.random.integers(0, len(gates), self.rows)
        lines = np.array([self._lines(each) for each in gates])[aims]
        near = self.random.choice(_NEAR, (self.rows, 4))
        times = {f"{name}_at": lines[:, n] + near[:, n] for n, name in enumerate(READY)}
        times["start_at"] = self._starts(lines[:, 3])
        made: dict[str, Any] = {name: self._sometimes(each, 0.99) for name, each in times.items()}
        rounds: list[Any] = [*self.procedure.gates] * 9 + ["", "2023-autumn", None]
        if self.random.random() < 0.5:
            made["first_round"] = pl.Series(
                [*self.random.choice(rounds, self.rows)], dtype=pl.String
            )
        most = 7 if self.procedure.participants.kinds else 1
        made["authorities"] = self.random.integers(min(2, most - 1), most, self.rows)
        if self.random.random() < 0.5:
            made["authorities_at_start"] = self.random.integers(min(2, most - 1), most, self.rows)
        for each in self.procedure.criteria:
            met = self.random.choice(np.array([True] * 60 + [False, None], object), self.rows)
            made[f"met_{each.id}"] = pl.Series([*met], dtype=pl.Boolean)
        for name in ("budget_stated", "cofinancing_stated"):
            made[name] = self.random.random(self.rows) < 0.98
        made["conditions_unmet"] = self.random.choice([0] * 9 + [1, 2], self.rows)
        made |= self._money(times["approve_at"])
        return pl.DataFrame(made).with_columns(
            pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC")
            for name in made
            if name in times or name.startswith(("consented_at_", "consent_ends_at_"))
        )

    def _lines(self, gates: Gates) -> list[int]:
        meets = self.random.choice([0, 1]) * MICROSECOND
        return [
            microseconds(each)
            for each in (
                gates.qualification_closes_at,
                gates.approval_closes_at,
                gates.meeting.ends_at - MICROSECOND,
                gates.meeting.begins_at - meets,
            )
        ]

    def _starts(self, decided: Any) -> Any:
        ends = microseconds(self.procedure.partnership_ends.ends_at)
        late = ends + self.random.choice([-1, 0, 1], self.rows)
        soon = decided + self.random.choice([0, 1, 30 * _DAY, -_DAY], self.rows)
        return np.where(self.random.random(self.rows) < 0.1, late, soon)

    def _sometimes(self, values: Any, share: float) -> pl.Series:
        kept = pl.Series(self.random.random(self.rows) < share)
        return pl.select(pl.when(kept).then(pl.Series(values))).to_series()

    def _money(self, decided: Any) -> Iterator[tuple[str, Any]]:
        near = [0, 0, 0, 1, 500_000, 700_000, 1_500_000, 3_000_000, 10_000_000, 10_000_001]
        granted, ending, agreed = self.random.random(3) < 0.5
        for funder in self.procedure.funder_names:
            given = self.random.choice(near, self.rows, p=[0.12] * 8 + [0.02, 0.02])
            above = self.random.choice([0] * 27 + [1, 500_000, -1], self.rows)
            if granted:
                yield f"granted_{funder}", given
            yield f"asked_{funder}", np.maximum(0, given + above)
            arrives = decided + self.random.choice([0, -1, 1, 20 * _DAY, 40 * _DAY], self.rows)
            yield f"consented_at_{funder}", self._sometimes(arrives, 0.97)
            if agreed:
                less = self.random.choice([0] * 27 + [1, -1], self.rows)
                yield f"consented_{funder}", np.maximum(0, given + above + less)
            if ending:
                ends = self.random.choice([_DAY, 41 * _DAY, *[3_000 * _DAY] * 20], self.rows)
                yield f"consent_ends_at_{funder}", arrives + ends


@frozen
class Outcome:
    """What comes of a row, as `course` says it."""

    reached: str
    stopped_at: str
    stopped_by: str
    round: str
    started_at: datetime | None


def outcome(procedure: Procedure, row: Row, committed: Mapping[str, int]) -> Outcome:
    """Take a row through the course, asking `decide` for each command."""
    return _Course(procedure, row, committed).outcome()


class _Course:
    def __init__(self, procedure: Procedure, row: Row, committed: Mapping[str, int]) -> None:
        self.procedure, self.row, self.committed = procedure, row, committed
        self.history = History(procedure)
        self.gates = [*procedure.gates.values()]
        self.round = ""

    def outcome(self) -> Outcome:
        refusal = self.refusal()
        phase, since = self.history.proposal.phase, self.history.proposal.since
        if refusal is None:
            assert since is not None
            return Outcome(str(phase), "", "", self.round, since)
        do, broken = refusal
        return Outcome(str(phase), do, " ".join(broken), self.round, None)

    def refusal(self) -> tuple[str, list[str]] | None:
        """Return the command that is refused, and by what."""
        self.prepare()
        for step in (self.qualify, self.apply, self.put, self.approve, self.start):
            do, at, decision = step()
            broken = self.broken(decision, known=at is not None)
            if broken:
                return do, broken
            self.history = self.history.record(decision)
        return None

    def broken(self, decision: Decision, *, known: bool) -> list[str]:
        do, strength = decision.command.do, self.procedure.strength
        broken = {rule.id for rule in decision.broken}
        if not known:
            broken |= OF_TIME
        asked = [finding.rule for finding in decision.findings]
        return [r for r in asked if r in broken and strength(r, do) is Strength.BINDING]

    def ready(self, do: str) -> Moment | None:
        """Return when a step is ready, and the one before it has been taken."""
        at = self.row[COMMANDS[do].trigger + "_at"]
        since = self.history.proposal.since
        return None if at is None else max(moment(at), since) if since else moment(at)

    def asked(self, do: str, at: Moment | None, **own: Any) -> Decision:
        may = self.procedure.authority.at.get((do, self.history.proposal.phase), ())
        roles = [each for each in may if each not in ("anyone", "funder")]
        role = Role.FUNDER if "funder" in own else Role(roles[0] if roles else "proposer")
        by = Actor(role, own.get("funder", "us" if role in ("proposer", "participant") else "it"))
        at = at or self.history.proposal.since or moment("2024-01-01 00:00")
        return self.history.decide(COMMANDS[do](at=at, by=by, **own), committed=self.committed)

    def does(self, do: str, at: Moment, **own: Any) -> None:
        decision = self.asked(do, at, **own)
        if decision.permitted:
            self.history = self.history.record(decision)

    def prepare(self) -> None:
        at = self.ready("submit-for-qualification") or moment("2024-01-01 00:00")
        self.does("register-idea", at, title="A row")
        self.does("enlist-participants", at, participants=self.enlisted("authorities"))
        if self.row["budget_stated"]:
            stated = 0 if self.row["cofinancing_stated"] else None
            self.does("propose-budget", at, contributions=self.kroner("asked_"), cofinancing=stated)

    def enlisted(self, name: str) -> tuple[Participant, ...]:
        return enlisted(self.procedure, self.row[name])

    def kroner(self, prefix: str) -> dict[str, int]:
        funders = (f for f in self.procedure.funder_names if prefix + f in self.row)
        return {f: self.row[prefix + f] for f in funders if self.row[prefix + f]}

    def submitted(
        self, do: str, rounds: Sequence[Gates], closes_at: str
    ) -> tuple[str, Moment | None, Decision]:
        """Submit in the first of these rounds that is open, or else in the last one."""
        at = self.ready(do)
        open_ones = (each for each in rounds if at is None or at <= getattr(each, closes_at))
        gates = next(open_ones, rounds[-1])
        self.round = gates.round.id
        return do, at, self.asked(do, at, round=self.round)

    def qualify(self) -> tuple[str, Moment | None, Decision]:
        do, first = "submit-for-qualification", self.row.get("first_round")
        if "first_round" in self.row and first not in self.procedure.gates:
            at = self.ready(do)
            return do, at, self.asked(do, at, round=first or "")
        rounds = [each for each in self.gates if first is None or each.number >= self.number(first)]
        return self.submitted(do, rounds, "qualification_closes_at")

    def number(self, round_id: str) -> int:
        return self.procedure.gates[round_id].number

    def apply(self) -> tuple[str, Moment | None, Decision]:
        since = self.history.proposal.since
        assert since is not None
        for each in self.procedure.criteria:
            met = self.row[f"met_{each.id}"]
            if met is not None:
                judged = {"criterion": each.id, "met": met, "reason": "So it is."}
                self.does("assess-criterion", since, **judged)
        rounds = [each for each in self.gates if each.number >= self.number(self.round)]
        return self.submitted("submit-for-approval", rounds, "approval_closes_at")

    def put(self) -> tuple[str, Moment | None, Decision]:
        do = "put-before-committee"
        at = self.ready(do)
        if at is not None and at >= self.procedure.gates[self.round].meeting.ends_at:
            later = [each.round.id for each in self.gates if each.number > self.number(self.round)]
            for each in later:
                self.does("defer", at, round=each, reason="Too late.")
            self.round = self.history.proposal.round or ""
        return do, at, self.asked(do, at)

    def approve(self) -> tuple[str, Moment | None, Decision]:
        at = self.ready("approve")
        if at is not None:
            at = max(at, self.procedure.gates[self.round].meeting.begins_at)
        funders = self.procedure.funder_names
        stated = any(f"granted_{funder}" in self.row for funder in funders)
        conditions = [f"Condition {n}" for n in range(self.row["conditions_unmet"])]
        granted = self.kroner("granted_") if stated else None
        return "approve", at, self.asked("approve", at, granted=granted, conditions=conditions)

    def start(self) -> tuple[str, Moment | None, Decision]:
        """Start when it is ready, or else with the consent that is missing, if it ever comes."""
        approved = self.history.proposal.since
        assert approved is not None
        self.take_part(approved)
        at, before = self.ready("start"), self.history
        coming = sorted(self.consents(approved))
        waits = self.procedure.strength("every-party-consents", "start") is Strength.BINDING
        while at is not None and waits and coming:
            if "every-party-consents" not in self.asked("start", at).refused_by:
                break
            arrives, funder = coming.pop(0)
            awaited = self.history
            self.does("give-consent", arrives, funder=funder, amount=self.amount(funder))
            at = max(at, arrives) if self.history is not awaited else at
        self.history = before
        for arrives, funder in self.consents(approved):
            own = {"amount": self.amount(funder), "valid_until": self.last_day(funder, at)}
            self.does("give-consent", arrives, funder=funder, **own)
        return "start", at, self.asked("start", at)

    def take_part(self, at: Moment) -> None:
        if "authorities_at_start" not in self.row:
            return
        then = self.enlisted("authorities_at_start")
        self.does("enlist-participants", at, participants=then)
        for each in self.history.proposal.participants[len(then) :]:
            self.does("release-participant", at, participant=each.id)

    def consents(self, approved: Moment) -> Iterator[tuple[Moment, str]]:
        for funder in self.history.proposal.contributing:
            arrives = self.row[f"consented_at_{funder}"]
            if arrives is not None:
                yield max(moment(arrives), approved), funder

    def amount(self, funder: str) -> int:
        amount = self.row.get(f"consented_{funder}", self.history.proposal.granted[funder])
        return int(amount)

    def last_day(self, funder: str, at: Moment | None) -> date | None:
        """Return the last day of a consent of which a row says from which moment on it is none.

        What ends within a day is out of force from then on, and in force before.
        """
        name, zone = f"consent_ends_at_{funder}", self.procedure.zone
        if name not in self.row or at is None:
            return None
        ends = moment(self.row[name])
        last = date_of(ends - MICROSECOND, zone)
        return last if at < ends else min(last, date_of(at, zone) - timedelta(days=1))
