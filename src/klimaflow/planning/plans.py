"""Backwards from the committee's meeting: what has still to happen, by whom, and by when.

No rule stands here: every answer is that of `decide`, put to what the history would then be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches

import attrs
from attrs import field, frozen

from klimaflow.commands import COMMANDS, Command
from klimaflow.decider import NOTHING_COMMITTED
from klimaflow.errors import CaseError, NotPermitted
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import MICROSECOND, Moment, moment
from klimaflow.parties import Actor
from klimaflow.planning.ahead import Ahead, Step
from klimaflow.planning.table import plan_html
from klimaflow.planning.windows import lines
from klimaflow.procedure import Gates
from klimaflow.proposal import FINAL, Phase

__all__ = ["Plan", "last_moment", "missing_for", "plan"]


@frozen(eq=False)
class Plan(Sheet):
    """What has still to happen until the track starts, if it is to be decided in one round.

    `history` is what was received by `at`. `round` is None if nothing is left to plan and the
    proposal has none. `committed` is what each fund has promised to other tracks, in kroner.
    """

    history: History
    at: Moment
    round: str | None
    steps: tuple[Step, ...]
    committed: Mapping[str, int] = field(repr=False)

    @property
    def gates(self) -> Gates | None:
        """The deadlines and the meeting of the round."""
        return self.history.procedure.gates.get(self.round)  # type: ignore[arg-type]

    @property
    def lost(self) -> bool:
        """Whether a step can no longer be in time: the round is lost."""
        return any(step.late for step in self.steps)

    @property
    def permitted(self) -> bool:
        """Whether nothing stands in the way but the steps themselves."""
        return all(step.decision.permitted for step in self.steps)

    @property
    def slack(self) -> timedelta | None:
        """How long the next step can wait; negative if it is late, None if nothing hurries it."""
        return self.steps[0].slack(self.at) if self.steps else None

    @property
    def decided(self) -> bool:
        """Whether the committee has decided, or the proposal is withdrawn: no round can be lost."""
        return _decided(self.history)

    def about(self, step: Step) -> str | None:
        """Return the criterion, funder or condition that a step is about, by its id or text.

        None if it is about none, and for the consent of parties that no budget names yet.
        """
        command, proposal = step.decision.command, self.history.proposal
        named = (getattr(command, name, None) for name in ("criterion", "condition"))
        funder = getattr(command, "funder", None) if proposal.budget or proposal.grant else None
        return next((each for each in (*named, funder) if each is not None), None)

    def if_lost(self) -> Plan | None:
        """Return the plan for the next round that is not lost itself; None if there is none.

        Once the committee has decided, no round can be lost any more.
        """
        gates = self.gates
        if gates is None or self.decided:
            return None
        later = (each for each in _rounds(self.history) if each.number > gates.number)
        plans = (plan(self.history, self.at, each.round.id, self.committed) for each in later)
        return next((each for each in plans if not each.lost), None)

    def _html(self, lang: str) -> str:
        return plan_html(self, lang)


def plan(
    history: History,
    at: str | datetime,
    round: str | None = None,
    committed: Mapping[str, int] = NOTHING_COMMITTED,
) -> Plan:
    """Return what has still to happen after `at` until the track starts, each step in its order.

    What was received later than `at` does not count. The round is by default the proposal's own or
    the first later one that is not lost; if all are, the last. Raises `CaseError` for a round that
    the procedure does not have, and for another one than the proposal's once that is decided; as
    `History.decide` for `committed`; and `MomentError` for an `at` that is no moment.
    """
    known, now = history.as_of(at), moment(at)
    final = known.proposal.phase in FINAL
    ahead = _best(known, now, round, committed, lambda e: final or e.reach(Phase.STARTED))
    return Plan(known, now, ahead.round, _in_time(ahead.steps), committed)


def missing_for(
    history: History,
    wanted: str | Phase,
    at: str | datetime,
    *,
    by: str | Actor | None = None,
    round: str | None = None,
    committed: Mapping[str, int] = NOTHING_COMMITTED,
) -> tuple[Step, ...]:
    """Return the steps that are missing at `at` for a command (by its name) or a phase.

    It is empty if the command is permitted at `at` (given by `by`, or by whoever may give it), or
    the phase is entered. The command itself is the last of the steps if it has to wait or is
    refused; `Step.missing` says why. Round, `committed` and errors as for `plan`; `CaseError` too
    for a command and a phase that there is not.
    """
    known, now = history.as_of(at), moment(at)
    if wanted in set(Phase):
        phase = Phase(wanted)
        return _in_time(_best(known, now, round, committed, lambda e: e.reach(phase)).steps)
    do, actor = _named(wanted), _actor(by, now)
    ahead = _best(known, now, round, committed, lambda each: each.take(do, by=actor))
    *before, last = steps = _in_time(ahead.steps)
    able = last.do == do and last.decision.permitted and last.not_before is None
    return tuple(before) if able else steps


def last_moment(
    history: History,
    do: str,
    *,
    by: str | Actor | None = None,
    round: str | None = None,
    committed: Mapping[str, int] = NOTHING_COMMITTED,
) -> Moment | None:
    """Return the last moment at which a command can be permitted, included, in UTC; None if no end.

    What the command needs first is supposed to have happened, as soon as it could from the latest
    event on. The round is by default the proposal's own, or else the first. Raises `NotPermitted`,
    with the refusal, if there is no such moment; and errors as for `missing_for`.
    """
    first = lines(history.procedure, history.proposal)[0] - MICROSECOND
    start = max((event.at for event in history.events), default=first)
    rounds = _rounds(history, round)
    ahead = Ahead(history, start, rounds[0].round.id if rounds else None, committed)
    ahead.take(_named(do), by=_actor(by, start))
    step = ahead.steps[-1]
    answer = step.window.decision if step.do == do else step.decision
    if not answer.permitted:
        raise NotPermitted(answer)
    return step.window.closes_at


def _named(do: str) -> str:
    if do not in COMMANDS:
        near = get_close_matches(str(do), [*COMMANDS, *Phase], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise CaseError([f"{str(do)[:60]!r} is no command and no phase{hint}"])
    return do


def _actor(by: str | Actor | None, at: Moment) -> Actor | None:
    return None if by is None else Command(at=at, by=by).by


def _best(
    history: History,
    at: Moment,
    round_id: str | None,
    committed: Mapping[str, int],
    go: Callable[[Ahead], bool],
) -> Ahead:
    """Go ahead in the round that is named, or else the first one in which nothing is late."""
    rounds: list[str | None] = [each.round.id for each in _rounds(history, round_id)]
    first, *later = [round_id] if round_id else (rounds or [None])
    ahead = _gone(Ahead(history, at, first, committed), go)
    for each in later:
        if not any(step.late for step in ahead.steps):
            break
        ahead = _gone(Ahead(history, at, each, committed), go)
    return ahead


def _gone(ahead: Ahead, go: Callable[[Ahead], bool]) -> Ahead:
    go(ahead)
    return ahead


def _rounds(history: History, named: str | None = None) -> list[Gates]:
    """Return the rounds from the one that is named, or else the proposal's own, or the first."""
    gates, own = history.procedure.gates, history.proposal.round
    if named is not None and named not in gates:
        raise CaseError([f"round: {named[:60]!r} is none of {', '.join(gates)}"])
    if _decided(history):
        if named not in (None, own):
            raise CaseError(
                [f"round: none is left to choose in the phase {history.proposal.phase}"]
            )
        return [each for each in gates.values() if each.round.id == own]
    begin = gates.get(named or own)  # type: ignore[arg-type]
    return [each for each in gates.values() if begin is None or each.number >= begin.number]


def _decided(history: History) -> bool:
    return history.proposal.phase in {Phase.FUNDER_CONSENT, *FINAL}


def _in_time(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps, each no later than those that come after it."""
    found: list[Step] = []
    for step in reversed([*steps]):
        after = found[-1] if found else None
        if after and after.last and (step.last is None or after.last < step.last):
            step = attrs.evolve(step, last=after.last, closed_by=after.closed_by)
        found.append(step)
    return tuple(reversed(found))
