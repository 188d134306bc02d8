"""The same seven steps in the libraries that one might take instead, beside klimaflow.

Each asks the same questions of the same data as `rivals` and keeps an audit list; each is used as
its documentation shows, and what can be made once is made once. Where a library has no guards, they
are asked before the step. All of them answer yes or no; klimaflow says why.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Protocol

import django
from automat import TypeMachineBuilder
from django.conf import settings
from django.db import models
from django_fsm import FSMField, transition
from django_fsm import TransitionNotAllowed as NotTaken
from eventsourcing.domain import Aggregate, event
from happy_path import (
    bare_transitions,
    hand_written,
    klimaflow_machine,
    klimaflow_pure,
    rival_data,
    rival_steps,
    seven_step_course,
    shared_history,
    timed,
    weight,
)
from rivals import MOVES, STATES, Case, Guard, bare_machine, guards
from statemachine import State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

settings.configure(INSTALLED_APPS=[], DATABASES={})
django.setup()

By = tuple[str, str]
DATA = rival_data()
ASKED = {(source, step): (target, guards(asked)) for step, source, target, asked in MOVES}
STEPS = rival_steps()


class Peer(Protocol):
    """A library's way to keep one case."""

    @property
    def case(self) -> Case: ...

    def take(self, step: str, at: datetime, by: By) -> bool:
        """Take a step and tell whether it was taken."""

    def again(self) -> None:
        """Begin again with a case that has no state."""


class Transitions:
    """One machine for all; a case is added to it, and is held by it from then on."""

    machine = bare_machine()

    def __init__(self) -> None:
        self.case = Case(DATA)
        self.machine.add_model(self.case)

    def take(self, step: str, at: datetime, by: By) -> bool:
        return bool(getattr(self.case, step)(at=at, by=by))

    def again(self) -> None:
        self.case.state = "none"


def _bound(guard: Guard) -> Callable[..., bool]:
    def asked(model: Case, at: datetime, by: By) -> bool:  # it hands in what it knows by name
        return guard(model, at, by)

    return asked


def _statechart() -> type[StateMachine]:
    states = {name: State(initial=name == "none", value=name) for name in STATES}
    steps = {
        step: states[source].to(states[target], cond=[_bound(each) for each in guards(asked)])
        for step, source, target, asked in MOVES
    }

    def after_transition(self: Any, event: Any, at: datetime, by: By) -> None:
        self.model.since = at
        self.model.audit.append((str(event), at, by[1]))

    names = {"after_transition": after_transition, "__module__": __name__}
    steps["reopen"] = states[STATES[-1]].to(states["none"])  # a final state would end the machine
    places = {f"in_{name}": state for name, state in states.items()}
    return type(StateMachine)("Course", (StateMachine,), {**places, **steps, **names})


class PythonStatemachine:
    """A machine for each case, on the case as its model."""

    course = _statechart()

    def __init__(self) -> None:
        self.case = Case(DATA)
        self.machine = self.course(self.case, state_field="state")

    def take(self, step: str, at: datetime, by: By) -> bool:
        with suppress(TransitionNotAllowed):
            getattr(self.machine, step)(at=at, by=by)
            return True
        return False

    def again(self) -> None:
        self.machine.current_state_value = "none"


class Inputs(Protocol):
    """What Automat's machine takes: one input a step."""

    def register(self, at: datetime, by: By) -> None: ...
    def sparring(self, at: datetime, by: By) -> None: ...
    def qualify(self, at: datetime, by: By) -> None: ...
    def submit(self, at: datetime, by: By) -> None: ...
    def put(self, at: datetime, by: By) -> None: ...
    def approve(self, at: datetime, by: By) -> None: ...
    def start(self, at: datetime, by: By) -> None: ...


def _taken(step: str, target: str) -> Callable[..., None]:
    def taken(inputs: Inputs, case: Case, at: datetime, by: By) -> None:
        _record(case, step, target, at, by)

    return taken


def _record(case: Case, step: str, target: str, at: datetime, by: By) -> None:
    case.state, case.since = target, at
    case.audit.append((step, at, by[1]))


def _automat() -> Any:
    builder = TypeMachineBuilder(Inputs, Case)
    states = {name: builder.state(name) for name in STATES}
    for step, source, target, _ in MOVES:
        states[source].upon(getattr(Inputs, step)).to(states[target])(_taken(step, target))
    return builder.build()


class Automat:
    """Inputs and states without guards: those are asked before an input is given."""

    machine = _automat()

    def __init__(self) -> None:
        self.case = Case(DATA)
        self.inputs = self.machine(self.case)

    def take(self, step: str, at: datetime, by: By) -> bool:
        _, asked = ASKED[self.case.state, step]
        if not all(guard(self.case, at, by) for guard in asked):
            return False
        getattr(self.inputs, step)(at, by)
        return True

    def again(self) -> None:
        self.inputs = self.machine(self.case)


def _of_model(guard: Guard) -> Callable[[Any], bool]:
    return lambda model: guard(model.case, model.at, model.by)


def _model() -> type[models.Model]:
    state = FSMField(default="none")

    def method(step: str, source: str, target: str, asked: tuple[Guard, ...]) -> Any:
        def taken(self: Any) -> None:
            _record(self.case, step, target, self.at, self.by)

        taken.__name__ = step
        conditions = [_of_model(each) for each in guards(asked)]
        return transition(field=state, source=source, target=target, conditions=conditions)(taken)

    steps = {each[0]: method(*each) for each in MOVES}
    meta = type("Meta", (), {"app_label": "peers"})
    names = {"__module__": __name__, "Meta": meta, "state": state}
    return type(models.Model)("Proposal", (models.Model,), {**names, **steps})


class DjangoFsm:
    """A model, never saved. Its conditions see nothing else: time and actor are put on it."""

    model_class = _model()

    def __init__(self) -> None:
        self.model: Any = self.model_class()
        self.case = self.model.case = Case(DATA)

    def take(self, step: str, at: datetime, by: By) -> bool:
        self.model.at, self.model.by = at, by
        with suppress(NotTaken):
            getattr(self.model, step)()
            return True
        return False

    def again(self) -> None:
        self.model.state = "none"


class Course(Aggregate):
    """An aggregate whose events are its audit list."""

    @event("Registered")
    def __init__(self, at: datetime, by: By) -> None:
        self.case = Case(DATA)
        self.case.state, self.case.since = STATES[1], at

    @event("Taken")
    def taken(self, step: str, target: str, at: datetime, by: By) -> None:
        self.case.state, self.case.since = target, at


class Eventsourcing:
    """Guards are asked before an event is triggered; nothing is saved."""

    def __init__(self) -> None:
        self.new = Case(DATA)
        self.course: Course | None = None

    @property
    def case(self) -> Case:
        return self.course.case if self.course else self.new

    def take(self, step: str, at: datetime, by: By) -> bool:
        target, asked = ASKED[self.case.state, step]
        if not all(guard(self.case, at, by) for guard in asked):
            return False
        if self.course is None:
            self.course = Course(at=at, by=by)
        else:
            self.course.taken(step=step, target=target, at=at, by=by)
        return True

    def again(self) -> None:
        self.course = None


PEERS: dict[str, Callable[[], Peer]] = {
    "transitions": Transitions,
    "python-statemachine": PythonStatemachine,
    "Automat": Automat,
    "django-fsm-2": DjangoFsm,
    "eventsourcing": Eventsourcing,
}


def taken(peer: Peer) -> Peer:
    """Return a case after its seven steps."""
    for step, at, by in STEPS:
        assert peer.take(step, at, by), step
    return peer


def refuses(peer: Peer) -> bool:
    """Tell whether a submission is refused that is late by a microsecond, and one in time taken."""
    early, (step, at, by) = STEPS[:2], STEPS[2]
    taken = [peer.take(*each) for each in early]
    late = peer.take(step, at + timedelta(microseconds=1), by)
    return all(taken) and not late and peer.take(step, at, by)


def running(make: Callable[[], Peer]) -> Callable[[], None]:
    """Return what takes the seven steps anew."""
    peer = make()

    def run() -> None:
        peer.again()
        case = peer.case
        case.state, case.since, case.audit = "none", None, []
        for step, at, by in STEPS:
            if not peer.take(step, at, by):
                raise AssertionError(f"{type(peer).__name__}: {step}")

    return run


def main() -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    for name, make in PEERS.items():
        assert refuses(make()), name
    peers = {f"{name} {version(name)}": make for name, make in PEERS.items()}
    start, course = seven_step_course()
    own = "klimaflow, pure"
    medians = timed(
        {
            own: klimaflow_pure(),
            "klimaflow, machine": klimaflow_machine(),
            **{name: running(make) for name, make in peers.items()},
            "transitions, no wrapper": bare_transitions(),
            "by hand": hand_written(),
        }
    )
    weights = {own: weight(lambda: shared_history(course, start))} | {
        name: weight(lambda make=make: taken(make()), cases=500)  # type: ignore[misc]
        for name, make in peers.items()
    }
    print(
        "\nSeven steps with equal guards and an audit list; medians of one step, and a case after"
    )
    for name, microseconds in medians.items():
        size = f"{weights[name]:8.0f} bytes" if name in weights else ""
        ratio = microseconds / medians[own]
        print(f"  {name:28} {microseconds:7.2f} µs {ratio:7.2f} of {own} {size}".rstrip())


if __name__ == "__main__":
    main()
