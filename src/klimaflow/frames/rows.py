"""One row of a table as `decide` takes it: the proposal and the command that it implies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from klimaflow import fields
from klimaflow.commands import COMMANDS, Command
from klimaflow.errors import FrameError, MomentError
from klimaflow.fields import Unreadable
from klimaflow.frozenmap import FrozenMap
from klimaflow.moments import MICROSECOND, Moment, date_of, moment
from klimaflow.parties import Actor, Kind, Participant, Role
from klimaflow.procedure import Authorised, Procedure
from klimaflow.proposal import (
    Assessment,
    Budget,
    Condition,
    Consent,
    ConsentStatus,
    Grant,
    Phase,
    Proposal,
)

__all__ = ["INSIDE", "MOST_PARTICIPANTS", "Row", "Said", "acting", "implied"]

Row = Mapping[str, Any]
"""What a row says, by column; None is not known."""

INSIDE = "proposer"
"""Who proposes: a row says no more than whether the actor's organisation is of the track."""

_OUTSIDE = "outsider"
MOST_PARTICIPANTS = 10_000
_MOST_CONDITIONS = 1_000
_ONE_DAY = timedelta(days=1)


def acting(procedure: Procedure, do: str, phase: Phase | None) -> Role:
    """Return a role that may give a command in a phase; the proposer's if none may.

    Only a funder speaks for a funder, and for nothing else.
    """
    if hasattr(COMMANDS[do], "funder"):
        return Role.FUNDER
    may = procedure.authority.at.get((do, phase), ())
    others = (Role(each) for each in may if each not in (Authorised.ANYONE, Authorised.FUNDER))
    return next(others, Role.PROPOSER)


def implied(procedure: Procedure, do: str, row: Row) -> tuple[Proposal, Command]:
    """Return the proposal that a row tells of, and its command.

    A row says less than a history: who takes part, why something is assessed as met and what a
    condition says is made up. Raises `FrameError` with each value that is not known, or is none.
    """
    said = _OfACommand(procedure, do, row)
    proposal, command = said.proposal(), said.command()
    said.check()
    return proposal, command()


class Said:
    """What a row says; every value that cannot be read is noted."""

    def __init__(self, procedure: Procedure, row: Row) -> None:
        self.procedure, self.row = procedure, row
        self.problems: list[str] = []

    def check(self) -> None:
        """Raise `FrameError` with each value that is not known, or is none."""
        if self.problems:
            raise FrameError(self.problems)

    def read(self, name: str, read: Callable[[Any], Any]) -> Any:
        """Return a value as something reads it."""
        value = self.row.get(name)
        if value is None:
            self.problems.append(f"{name}: is not known")
            return None
        try:
            return read(value)
        except Unreadable as error:
            self.problems += (f"{name}: {line}" for line in error.lines())
        except MomentError as error:
            self.problems.append(f"{name}: {error}")
        except ValueError:
            self.problems.append(f"{name}: {value!r} is none")
        return None

    def moment(self, name: str) -> Any:
        """Return a moment."""
        return self.read(name, moment)

    def whole(self, name: str) -> Any:
        """Return a whole number, or whole kroner."""
        return self.read(name, lambda value: fields.whole(int(value)))

    def has(self, prefix: str) -> bool:
        """Tell whether a funder has a column with this prefix."""
        return any(self.of(prefix))

    def of(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield each funder that has a column with this prefix, and the column."""
        funders = self.procedure.funder_names
        return ((each, prefix + each) for each in funders if prefix + each in self.row)

    def kroner(self, prefix: str) -> FrozenMap[str, int]:
        """Return the funders that have an amount above zero."""
        amounts = {funder: self.whole(name) for funder, name in self.of(prefix)}
        return FrozenMap({funder: amount for funder, amount in amounts.items() if amount})

    def assessed(self) -> Iterator[tuple[str, bool]]:
        """Yield each criterion that is assessed, and whether it is met."""
        for each in self.procedure.criteria:
            met = self.row.get(f"met_{each.id}")
            if met is not None:
                yield each.id, bool(met)

    def conditions(self) -> tuple[str, ...]:
        """Return the texts of the conditions that are not met."""
        count = self.whole("conditions_unmet") if "conditions_unmet" in self.row else 0
        if count and count > _MOST_CONDITIONS:
            self.problems.append(f"conditions_unmet: no track has {count}")
            return ()
        return tuple(f"Condition {number}" for number in range(1, (count or 0) + 1))

    def last_day(self, ends: Moment, at: Moment) -> date:
        """Return the last day of a consent that is asked for `at` a moment.

        A row gives a moment, where a consent has a day: one that ended within a day ended with the
        day before.
        """
        last, zone = date_of(ends - MICROSECOND, self.procedure.zone), self.procedure.zone
        return last if at < ends else min(last, date_of(at, zone) - _ONE_DAY)


class _OfACommand(Said):
    """What a row says of a proposal, and of a command."""

    def __init__(self, procedure: Procedure, do: str, row: Row) -> None:
        super().__init__(procedure, row)
        self.do, self.at = do, self.moment("at")

    def proposal(self) -> Proposal:
        """Return the proposal; without sense where a problem was noted."""
        return Proposal(
            phase=self.read("phase", Phase),
            since=self.moment("since"),
            round=(self.read("own_round", str) if "own_round" in self.row else None) or None,
            proposer=INSIDE,
            title="?",
            participants=self._participants(),
            budget=self._budget(),
            assessments=FrozenMap((id, Assessment(met, "?")) for id, met in self.assessed()),
            grant=self._grant(),
            consents=FrozenMap(self._consents()),
        )

    def command(self) -> Callable[[], Command]:
        """Return what makes the command, once everything is known to be readable."""
        own: dict[str, Any] = {"at": self.at, "by": self._actor()}
        if self.do.startswith("submit") and "round" in self.row:
            own["round"] = self.read("round", str)
        if self.do == "approve" and self.has("granted_"):
            own["granted"] = self.kroner("granted_")
        if self.do == "give-consent":
            own |= {"funder": self.read("funder", str), "amount": self.whole("amount")}
        return lambda: COMMANDS[self.do](**own)

    def _actor(self) -> Actor:
        role = self.read("role", Role) if "role" in self.row else Role.PROPOSER
        if "organisation" in self.row:
            return Actor(role, self.read("organisation", fields.identifier))
        of_the_track = "of_the_track" not in self.row or self.read("of_the_track", bool)
        return Actor(role, INSIDE if of_the_track else _OUTSIDE)

    def _participants(self) -> tuple[Participant, ...]:
        count = self.whole("authorities") if "authorities" in self.row else 0
        kinds = self.procedure.participants.kinds
        if count and (count > MOST_PARTICIPANTS or not kinds):
            self.problems.append(f"authorities: no proposal has {count}")
        elif count:
            return _counting(count, kinds[0])
        return ()

    def _budget(self) -> Budget | None:
        if self.has("asked_"):
            return Budget(self.kroner("asked_"), None)
        if not {"budget_stated", "cofinancing_stated"} & {*self.row}:
            return None
        stated = self.read("budget_stated", bool)
        considered = "cofinancing_stated" in self.row and self.read("cofinancing_stated", bool)
        return Budget(FrozenMap(), 0 if considered else None) if stated else None

    def _grant(self) -> Grant | None:
        amounts = FrozenMap[str, int]()
        if self.do == "start":
            amounts = self.kroner("granted_")
        elif self.do == "give-consent":
            granted = self.whole("granted")
            amounts = FrozenMap({str(self.row.get("funder")): granted} if granted else {})
        else:
            return None
        return Grant(amounts, sum(amounts.values()), tuple(map(Condition, self.conditions())))

    def _consents(self) -> Iterator[tuple[str, Consent]]:
        if self.do == "give-consent":
            yield from self._consent()
        for funder, name in self.of("consented_at_"):
            if self.row[name] is not None:
                until = self._valid_until(f"consent_ends_at_{funder}", funder)
                gave = self.moment(name)
                yield funder, Consent(ConsentStatus.GIVEN, gave, 0, valid_until=until)

    def _consent(self) -> Iterator[tuple[str, Consent]]:
        """Yield the consent of the funder that the command names, if there is one."""
        status, funder = self.read("consent", ConsentStatus), self.row.get("funder")
        if status is ConsentStatus.LAPSED and self.at is not None:
            ended = self._today() - _ONE_DAY
            yield str(funder), Consent(ConsentStatus.GIVEN, self.at, valid_until=ended)
        elif status not in (None, ConsentStatus.AWAITED):
            yield str(funder), Consent(status, self.at)

    def _valid_until(self, name: str, funder: str) -> date | None:
        if name not in self.row or not self.row.get(f"granted_{funder}"):
            return None
        ends = self.moment(name)
        return None if ends is None or self.at is None else self.last_day(ends, self.at)

    def _today(self) -> date:
        return date_of(self.at, self.procedure.zone)


@lru_cache(maxsize=256)
def _counting(count: int, kind: Kind) -> tuple[Participant, ...]:
    """Return so many participants of a kind, none of whom there is."""
    numbers = range(1, count + 1)
    return tuple(Participant(f"{kind}-{n}", f"{kind} {n}", kind) for n in numbers)
