"""How long the seven steps of a proposal's course take, and what a live case weighs.

Everything is measured side by side in one process: each repetition runs every contender once, and
the medians of the repetitions are compared. A run says what this machine did, no more.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import evolve
from rivals import Case, bare_machine, by_hand

from klimaflow import History, copenhagen, load_procedure
from klimaflow import commands as do
from klimaflow.commands import Command
from klimaflow.machine import LifecycleMachine
from klimaflow.procedure import RequiredAt

PROCEDURE = load_procedure("klimaalliancen-2024")
PROPOSER, SECRETARIAT = "proposer:0751", "secretariat:klimaalliancen"
GRANT = {"realdania": 1_500_000, "region-syddanmark": 500_000}
REPETITIONS, BATCH = 300, 40


def commands() -> list[tuple[str | None, Command]]:
    """Return a whole course; the seven steps that change the phase have a rival's name."""
    assessed = [
        do.AssessCriterion(
            criterion=each.id, met=True, reason="Set", by="dgo:midt", at="2024-04-16 09:00"
        )
        for each in PROCEDURE.criteria
    ]
    consented = [
        do.GiveConsent(funder=funder, amount=kr, by=f"funder:{funder}", at="2024-06-01 10:00")
        for funder, kr in GRANT.items()
    ]
    return [
        ("register", do.RegisterIdea(title="Skybrud", by=PROPOSER, at="2024-02-01 10:00")),
        (
            None,
            do.EnlistParticipants(
                participants=["0751", "0461", "1083"], by=PROPOSER, at="2024-02-01 10:05"
            ),
        ),
        (
            None,
            do.ProposeBudget(
                contributions=GRANT, cofinancing=0, by=PROPOSER, at="2024-02-02 10:00"
            ),
        ),
        ("sparring", do.HoldSparring(adviser="DGO", by=SECRETARIAT, at="2024-02-03 10:00")),
        (
            "qualify",
            do.SubmitForQualification(round="2024-spring", by=PROPOSER, at="2024-04-15 09:00"),
        ),
        *((None, each) for each in assessed),
        ("submit", do.SubmitForApproval(by=PROPOSER, at="2024-04-25 09:00")),
        ("put", do.PutBeforeCommittee(by=SECRETARIAT, at="2024-05-01 10:00")),
        ("approve", do.Approve(by="committee:fu", at="2024-05-30 10:00")),
        *((None, each) for each in consented),
        ("start", do.Start(by=SECRETARIAT, at="2024-06-03 10:00")),
    ]


def followed() -> tuple[list[tuple[History, Command]], list[tuple[str, Command]], History]:
    """Return the seven steps, each with the history that it continues, and the last history."""
    history, before, named = History(PROCEDURE), [], []
    for name, command in commands():
        if name is not None:
            before.append((history, command))
            named.append((name, command))
        history = history.then(command)
    return before, named, history


def rival_data() -> dict[str, object]:
    """Return what the same proposal knows, as plain data."""
    gates = PROCEDURE.gates["2024-spring"]
    at = copenhagen("2024-06-01 10:00").in_timezone("UTC")
    return {
        "proposer": "0751",
        "participants": [("0751", "municipality"), ("0461", "municipality"), ("1083", "region")],
        "rounds": {
            "2024-spring": {
                "qualification": gates.qualification_closes_at,
                "approval": gates.approval_closes_at,
                "meeting_begins": gates.meeting.begins_at,
                "meeting_ends": gates.meeting.ends_at,
            }
        },
        "round": "2024-spring",
        "criteria": {each.id: True for each in PROCEDURE.criteria},
        "budget": dict(GRANT),
        "cofinancing": 0,
        "funds": {
            "realdania": ("realdania", 10_000_000),
            "regions": ("region-syddanmark", 10_000_000),
        },
        "consents": {funder: (at, kr, None) for funder, kr in GRANT.items()},
        "conditions": [],
        "ends": PROCEDURE.partnership_ends.ends_at,
    }


class HostCase:
    """A host's own case object."""

    def __init__(self, history: History) -> None:
        self.history = history


def timed(contenders: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median microseconds of each contender's seven steps, divided by seven."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(REPETITIONS):
        for name, run in contenders.items():
            began = time.perf_counter_ns()
            for _ in range(BATCH):
                run()
            samples[name].append((time.perf_counter_ns() - began) / 1000 / BATCH)
    return {name: statistics.median(each) / 7 for name, each in samples.items()}


def klimaflow_pure() -> Callable[[], None]:
    before, _, _ = followed()

    def run() -> None:
        for history, command in before:
            history.record(history.decide(command))

    return run


def klimaflow_machine() -> Callable[[], None]:
    before, _, _ = followed()
    machine, case = LifecycleMachine(PROCEDURE), HostCase(before[0][0])

    def run() -> None:
        for history, command in before:
            case.history = history
            machine.handle(case, command)

    return run


def rival_steps() -> list[tuple[str, datetime, tuple[str, str]]]:
    _, named, _ = followed()
    return [(name, c.at, (str(c.by.role), c.by.organisation)) for name, c in named]


def bare_transitions() -> Callable[[], None]:
    steps, case, machine = rival_steps(), Case(rival_data()), bare_machine()
    machine.add_model(case)

    def run() -> None:
        case.state, case.since, case.audit = "none", None, []
        for name, at, by in steps:
            if not getattr(case, name)(at=at, by=by):
                raise AssertionError(name)

    return run


def hand_written() -> Callable[[], None]:
    steps, case = rival_steps(), Case(rival_data())

    def run() -> None:
        case.state, case.since, case.audit = "none", None, []
        for name, at, by in steps:
            if not by_hand(case, name, at, by):
                raise AssertionError(name)

    return run


def contenders() -> dict[str, Callable[[], None]]:
    return {
        "klimaflow, pure": klimaflow_pure(),
        "klimaflow, machine": klimaflow_machine(),
        "bare transitions": bare_transitions(),
        "by hand": hand_written(),
    }


def weight(make: Callable[[], object], cases: int = 2_000) -> float:
    """Return the bytes of one live object, over many of them."""
    make()
    gc.collect()
    tracemalloc.start()
    held = [make() for _ in range(cases)]
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / len(held)


def seven_step_course() -> tuple[History, list[Command]]:
    """Return a bare course of seven steps: a procedure without criteria, minimum and consents."""
    bare = evolve(
        PROCEDURE,
        criteria=(),
        participants=evolve(PROCEDURE.participants, minimum=0),
        consent=evolve(PROCEDURE.consent, required_at=RequiredAt.NEVER),
    )
    kept = (
        do.RegisterIdea,
        do.ProposeBudget,
        do.SubmitForQualification,
        do.SubmitForApproval,
        do.PutBeforeCommittee,
        do.Approve,
        do.Start,
    )
    return History(bare), [command for _, command in commands() if isinstance(command, kept)]


def own_history() -> History:
    """Return a whole course whose commands, texts and moments belong to this case alone."""
    history = History(PROCEDURE)
    for _, command in commands():
        history = history.then(command)
    return history


def shared_history(course: list[Command], history: History) -> History:
    for command in course:
        history = history.then(command)
    return history


def weights() -> dict[str, float]:
    """Return the bytes of live cases after courses of seven and of all steps."""
    course = [command for _, command in commands()]
    start, seven = seven_step_course()
    whole = f"all {len(course)} steps of the 2024 procedure"
    return {
        "seven steps, its history and proposal": weight(lambda: shared_history(seven, start)),
        f"{whole}, its history and proposal": weight(
            lambda: shared_history(course, History(PROCEDURE))
        ),
        f"{whole}, and its own texts and moments": weight(own_history),
    }


def import_milliseconds(statement: str) -> float:
    """Return the median time of a fresh interpreter that runs a statement, its modules compiled."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    samples = []
    for _ in range(22):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
        samples.append(time.perf_counter() - began)
    return statistics.median(samples[1:]) * 1000


def main() -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    medians = timed(contenders())
    bare = medians["bare transitions"]
    print("\nSeven steps of the course; medians of one step, explained and recorded")
    for name, microseconds in medians.items():
        print(
            f"  {name:20} {microseconds:6.2f} µs   {microseconds / bare:5.2f} of bare transitions"
        )
    print("\nA live case (bytes, tracemalloc)")
    for what, size in weights().items():
        print(f"  {what:58} {size:5.0f}")
    start, whole = import_milliseconds("pass"), import_milliseconds("import klimaflow")
    pillars = import_milliseconds("import attrs, pendulum")
    print("\nImporting, beyond an empty interpreter (ms, medians of fresh processes)")
    print(f"  attrs and pendulum alone  {pillars - start:4.0f}")
    print(f"  klimaflow                 {whole - start:4.0f}")
    print(f"measured in {timedelta(seconds=round(time.process_time()))} of processor time")


if __name__ == "__main__":
    main()
