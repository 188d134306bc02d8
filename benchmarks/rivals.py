"""The same seven steps without klimaflow: in bare transitions, and in hand-written Python.

Both ask the same questions of the same data and keep an audit list. Neither can say why not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from transitions import EventData, Machine

STEPS = ("register", "sparring", "qualify", "submit", "put", "approve", "start")


class Case:
    """A case with all its data; only its state changes."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.state = "none"
        self.since: datetime | None = None
        self.audit: list[tuple[str, datetime, str]] = []
        self.__dict__.update(data)

    proposer: str
    participants: list[tuple[str, str]]
    rounds: dict[str, dict[str, datetime]]
    round: str
    criteria: dict[str, bool]
    budget: dict[str, int]
    cofinancing: int | None
    funds: dict[str, tuple[str, int]]
    consents: dict[str, tuple[datetime, int, datetime | None]]
    conditions: list[tuple[str, bool]]
    ends: datetime


def in_order(case: Case, at: datetime) -> bool:
    return case.since is None or at >= case.since


def authorised(case: Case, by: tuple[str, str], roles: set[str]) -> bool:
    role, organisation = by
    if role not in roles:
        return False
    if role != "proposer":
        return True
    return organisation == case.proposer or organisation in [p for p, _ in case.participants]


def enough(case: Case) -> bool:
    return sum(kind in ("municipality", "region") for _, kind in case.participants) >= 3


def qualification_open(case: Case, at: datetime) -> bool:
    known = case.rounds.get(case.round)
    return known is not None and at <= known["qualification"]


def approval_open(case: Case, at: datetime) -> bool:
    known = case.rounds.get(case.round)
    return known is not None and at <= known["approval"] and case.state == "qualification"


def complete(case: Case) -> bool:
    return all(case.criteria.values()) and case.budget is not None


def before_meeting(case: Case, at: datetime) -> bool:
    return at < case.rounds[case.round]["meeting_ends"]


def after_meeting(case: Case, at: datetime) -> bool:
    return at >= case.rounds[case.round]["meeting_begins"]


def within_means(case: Case) -> bool:
    granted, left = case.budget, {fund: amount for fund, (_, amount) in case.funds.items()}
    if sum(granted.values()) < 1 or any(kr > case.budget[f] for f, kr in granted.items()):
        return False
    for funder, amount in granted.items():
        for fund, (owner, _) in case.funds.items():
            if owner == funder:
                drawn = min(amount, left[fund])
                left[fund] -= drawn
                amount -= drawn
        if amount:
            return False
    return True


def consented(case: Case, at: datetime) -> bool:
    for funder, amount in case.budget.items():
        given = case.consents.get(funder)
        if given is None or given[0] > at or given[1] < amount:
            return False
        if given[2] is not None and given[2] < at:
            return False
    return all(met for _, met in case.conditions)


# Hand-written: one function a step.


def _done(case: Case, step: str, state: str, at: datetime, by: tuple[str, str]) -> bool:
    case.state = state
    case.since = at
    case.audit.append((step, at, by[1]))
    return True


def by_hand(case: Case, step: str, at: datetime, by: tuple[str, str]) -> bool:
    return HAND[step](case, at, by)


def register(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    return case.state == "none" and in_order(case, at) and _done(case, "register", "idea", at, by)


def sparring(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "idea" and in_order(case, at) and authorised(case, by, {"secretariat"})
    return ok and _done(case, "sparring", "sparring", at, by)


def qualify(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "sparring" and in_order(case, at) and authorised(case, by, {"proposer"})
    ok = ok and qualification_open(case, at) and enough(case)
    return ok and _done(case, "qualify", "qualification", at, by)


def submit(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "qualification" and in_order(case, at)
    ok = ok and authorised(case, by, {"proposer"}) and approval_open(case, at)
    ok = ok and enough(case) and complete(case) and case.cofinancing is not None
    return ok and _done(case, "submit", "approval", at, by)


def put(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "approval" and in_order(case, at)
    ok = ok and authorised(case, by, {"secretariat"}) and before_meeting(case, at)
    return ok and _done(case, "put", "committee", at, by)


def approve(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "committee" and in_order(case, at) and authorised(case, by, {"committee"})
    ok = ok and after_meeting(case, at) and within_means(case)
    return ok and _done(case, "approve", "consent", at, by)


def start(case: Case, at: datetime, by: tuple[str, str]) -> bool:
    ok = case.state == "consent" and in_order(case, at) and authorised(case, by, {"secretariat"})
    ok = ok and enough(case) and consented(case, at) and at < case.ends
    return ok and _done(case, "start", "started", at, by)


HAND = {
    "register": register,
    "sparring": sparring,
    "qualify": qualify,
    "submit": submit,
    "put": put,
    "approve": approve,
    "start": start,
}

# Bare transitions: one shared machine, the same questions as conditions.

Guard = Callable[[Case, datetime, tuple[str, str]], bool]


def _at(asked: Callable[[Case, datetime], bool]) -> Guard:
    return lambda case, at, by: asked(case, at)


def _of(asked: Callable[[Case], bool]) -> Guard:
    return lambda case, at, by: asked(case)


def _role(role: str) -> Guard:
    return lambda case, at, by: authorised(case, by, {role})


COFINANCING = _of(lambda case: case.cofinancing is not None)
ENDS = _at(lambda case, at: at < case.ends)
MOVES: tuple[tuple[str, str, str, tuple[Guard, ...]], ...] = (
    ("register", "none", "idea", ()),
    ("sparring", "idea", "sparring", (_role("secretariat"),)),
    (
        "qualify",
        "sparring",
        "qualification",
        (_role("proposer"), _at(qualification_open), _of(enough)),
    ),
    (
        "submit",
        "qualification",
        "approval",
        (_role("proposer"), _at(approval_open), _of(enough), _of(complete), COFINANCING),
    ),
    ("put", "approval", "committee", (_role("secretariat"), _at(before_meeting))),
    (
        "approve",
        "committee",
        "consent",
        (_role("committee"), _at(after_meeting), _of(within_means)),
    ),
    ("start", "consent", "started", (_role("secretariat"), _of(enough), _at(consented), ENDS)),
)
"""Each step with its source, its target, and what is asked beside whether it is in order."""
STATES = ("none", *(target for _, _, target, _ in MOVES))


def guards(asked: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """Return all that is asked of a step."""
    return (_at(in_order), *asked)


def _condition(guard: Guard) -> Callable[[EventData], bool]:
    return lambda event: guard(event.model, event.kwargs["at"], event.kwargs["by"])


def _audit(event: EventData) -> None:
    at, by = event.kwargs["at"], event.kwargs["by"]
    event.model.since = at
    event.model.audit.append((event.event.name, at, by[1]))


def bare_machine() -> Machine:
    """Return the machine; cases are added with `add_model`, as its users do."""
    machine = Machine(
        model=None, states=[*STATES], initial="none", auto_transitions=False, send_event=True
    )
    for trigger, source, target, asked in MOVES:
        conditions = [_condition(each) for each in guards(asked)]
        machine.add_transition(trigger, source, target, conditions=conditions, after=_audit)
    return machine
