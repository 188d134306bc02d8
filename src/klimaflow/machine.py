"""`MOVES` as a machine of `transitions` that drives the host's own case objects.

One graph, `lifecycle.MOVES`; one state, the fold of the events in the case's `history`; one
verdict, `decide`. This is the only door to `transitions`.

A case is any object with an attribute `history` that can be set. A move is all or nothing: unless
it is made, `history` is afterwards the very object that it was before, whatever callbacks did.
Callbacks are transitions' own, named and ordered as there, and each gets a `Step`. Moves that stay
in their phase neither leave nor enter it: `on_exit_…` and `on_enter_…` are not called.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

import attrs
from transitions import Event, EventData, Machine, State, Transition
from transitions.core import listify
from transitions.extensions.diagrams import GraphMachine

from klimaflow.commands import COMMANDS, Command
from klimaflow.decider import NOTHING_COMMITTED, Decision
from klimaflow.errors import HistoryError, NotPermitted
from klimaflow.history import History
from klimaflow.lifecycle import MOVES, Move
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

if TYPE_CHECKING:
    from transitions.core import CallbacksArg
    from transitions.extensions.diagrams_base import GraphProtocol

__all__ = ["UNREGISTERED", "HasHistory", "LifecycleMachine", "Step"]

UNREGISTERED: Final = "unregistered"
"""The name of the state before any event; all other states are named as their `Phase`."""

_COMMAND_OF = {command.trigger: command for command in COMMANDS.values()}


class HasHistory(Protocol):
    """A host's case: any object with a `history` that can be set."""

    history: History


Kroner = Mapping[str, int]  # by fund
Said = dict[str, Any] | None  # Any: what a caller gives for a command's fields
Cases = HasHistory | Sequence[HasHistory]  # a list or a tuple


class Step(EventData):
    """What callbacks get: transitions' `EventData`, and beside it `command` and `decision`.

    `decision` is None until it is made, after the `prepare` callbacks. `kwargs` is what the trigger
    was given; where the command came by `handle`, its fields. `before` is the history to which the
    case returns unless the move is made, `committed` what funds have promised to other tracks.
    """

    machine: LifecycleMachine
    model: HasHistory
    decision: Decision | None = None
    _failure: BaseException | None = None  # of a callback in `finalize_event`
    _kwargs: Said

    def __init__(
        self, trigger: Trigger, case: HasHistory, command: Command, committed: Kroner, kwargs: Said
    ) -> None:
        super().__init__(None, trigger, trigger.machine, case, (), kwargs)  # type: ignore[arg-type]  # see below
        self.command = command
        self.committed = committed
        self.before = trigger.machine.history_of(case)

    @property
    def kwargs(self) -> dict[str, Any]:  # Any: as `Said`
        if self._kwargs is None:
            self._kwargs = attrs.asdict(self.command, recurse=False)
        return self._kwargs

    @kwargs.setter
    def kwargs(self, kwargs: Said) -> None:
        self._kwargs = kwargs

    def _decide(self) -> Decision:
        history = self.model.history
        if history is not self.before:
            self.machine.history_of(self.model)
        self.decision = history.decide(self.command, committed=self.committed)
        return self.decision

    def _roll_back(self) -> None:
        if self.model.history is not self.before:
            self.model.history = self.before
            self.state = self.machine.get_model_state(self.model)


class PhaseState(State):
    """A phase. It also calls the methods `on_enter_…` and `on_exit_…` of the case's class."""

    name = ""  # plain, for speed: that of transitions is looked up each time

    def __init__(self, name: str, **kwargs: Any) -> None:  # as transitions gives them
        super().__init__(name, **kwargs)
        self.name = name

    def enter(self, event_data: EventData) -> None:
        event_data.machine.callbacks(self._and_own(self.on_enter, "enter", event_data), event_data)

    def exit(self, event_data: EventData) -> None:
        event_data.machine.callbacks(self._and_own(self.on_exit, "exit", event_data), event_data)

    def _and_own(self, listed: list[Any], hook: str, event_data: EventData) -> list[Any]:
        method = f"on_{hook}_{self.name}"
        own = hasattr(type(event_data.model), method) and method not in listed
        return [*listed, method] if own else listed


class Guarded(Transition):
    """A row of `MOVES`: its condition is `decide`, its effect is what was decided."""

    dest: str

    def __init__(self, *args: Any, move: Move) -> None:  # as transitions gives them
        super().__init__(*args)
        self.move = move

    def _eval_conditions(self, event_data: Step) -> bool:  # type: ignore[override]  # no other
        decision = event_data._decide()
        if decision.permitted and decision.move is not self.move:
            raise HistoryError(f"a callback took the case out of {self.source} before the decision")
        return decision.permitted and super()._eval_conditions(event_data)

    def _change_state(self, event_data: Step) -> None:  # type: ignore[override]  # no other
        machine, stays = event_data.machine, self.dest == self.source
        if not stays:
            machine.states[self.source].exit(event_data)
        machine.set_state(event_data.decision, event_data.model)
        if not stays:
            event_data.state = machine.states[self.dest]
            event_data.state.enter(event_data)
            if event_data.state.final:
                machine.callbacks(machine.on_final, event_data)


class Trigger(Event):
    """All rows of `MOVES` for one command."""

    machine: LifecycleMachine

    def __init__(self, name: str, machine: LifecycleMachine) -> None:
        super().__init__(name, machine)
        self.command: type[Command] = _COMMAND_OF[name]

    def trigger(self, model: HasHistory, /, *args: object, **kwargs: Any) -> bool:  # type: ignore[override]  # of a case
        return self.take(Step(self, model, *self.read(args, kwargs), kwargs))

    def read(self, args: Any, kwargs: Any) -> tuple[Command, Kroner]:
        """Return the command that a trigger's arguments make, and what funds have promised."""
        said = dict(kwargs)
        committed: Kroner | None = said.pop("committed", None)
        return self.command(*args, **said), committed or NOTHING_COMMITTED

    def take(self, step: Step) -> bool:
        """Take a step, or leave the case as it was; return whether it was taken."""
        try:
            taken = self._trigger(step)
            if step._failure is not None:
                raise step._failure
            if not taken and step.error is None:
                step._roll_back()
                decision = step.decision or step._decide()
                if not decision.permitted:
                    raise NotPermitted(decision)
        except BaseException:
            step._roll_back()
            raise
        return taken

    def _is_valid_source(self, state: State) -> bool:
        return state.name in self.transitions

    def _process(self, event_data: Step) -> bool:  # type: ignore[override]  # no other comes here
        try:
            return super()._process(event_data)
        except BaseException:
            event_data._roll_back()
            raise


class LifecycleMachine(Machine):
    """The lifecycle under one procedure, for any number of cases.

    `handle` moves any case; `add_model` gives a case triggers of its own. Callbacks are given or
    set as with any machine of transitions. The graph is `MOVES`: nothing can be added or removed.
    """

    event_cls = Trigger
    state_cls = PhaseState
    transition_cls = Guarded
    events: dict[str, Trigger]  # type: ignore[assignment]  # as `event_cls` says
    on_final: Any  # callbacks like the others', which the stubs of transitions forget

    def __init__(self, procedure: Procedure, **callbacks: CallbacksArg) -> None:
        self.procedure = procedure
        self._cases: dict[int, Callable[[], HasHistory | None]] = {}
        states = [UNREGISTERED, *({"name": str(each), "final": each.final} for each in Phase)]
        fixed: Any = {"model": None, "states": states, "initial": UNREGISTERED, "send_event": True}
        super().__init__(**fixed, auto_transitions=False, **callbacks)  # type: ignore[arg-type]  # as theirs
        for move in MOVES:
            source, target = _name(move.source), str(move.target)
            super().add_transition(move.command.trigger, source, target, move=move)

    def handle(
        self, case: HasHistory, command: Command, committed: Mapping[str, int] | None = None
    ) -> bool:
        """Do what a command asks of a case, registered or not; return True.

        `committed` is what each fund has promised to other tracks, in kroner. Raises `NotPermitted`
        for a refusal, `HistoryError` as `history_of` does, and what a callback raises. Callbacks in
        `on_exception` get that instead, and this returns False; but a refusal, and what
        `finalize_event` raises, is raised all the same.
        """
        trigger = self.events.get(command.trigger)
        if trigger is None:
            raise NotPermitted(self.history_of(case).decide(command))
        return trigger.take(Step(trigger, case, command, committed or NOTHING_COMMITTED, None))

    def history_of(self, case: HasHistory) -> History:
        """Return the history of a case.

        Raises `HistoryError` if it is none, or under another procedure than the machine's.
        """
        history = case.history
        if not isinstance(history, History):
            raise HistoryError(f"the case's history is a {type(history).__name__}, no History")
        ours, theirs = self.procedure, history.procedure
        if theirs is not ours and theirs.sha256 != ours.sha256:
            under = f"{theirs.id} ({theirs.sha256[:12]})"
            raise HistoryError(f"the case is under another procedure: use a machine for {under}")
        return history

    def add_model(self, model: Cases) -> None:  # type: ignore[override]  # only cases
        """Give a case, or each of a list, its triggers; its `history` stays as it was loaded.

        The triggers stand on the class and find the machine of each case. A case is not changed,
        and not kept alive unless it cannot be weakly referenced: then until `remove_model`.
        Where the class has something of the same name, that remains. Raises `HistoryError` as
        `history_of` does, and `ValueError` for a case that is with another machine.
        """
        for case in listify(model):
            self.history_of(case)
            if _MACHINE_OF.get(id(case), self) is not self:
                raise ValueError("the case is with another machine: remove it there first")
            self._open_doors(type(case))
            self._cases[id(case)] = _reference(case)
            _MACHINE_OF[id(case)] = self

    def _open_doors(self, cls: type) -> None:
        for door in () if cls in _OPENED else DOORS:
            if not isinstance(getattr(cls, door.name, None), Door):
                self._checked_assignment(cls, door.name, door)  # type: ignore[arg-type]  # binds itself
        _OPENED.add(cls)

    def remove_model(self, model: Cases) -> None:  # type: ignore[override]  # only cases
        """Take a case's triggers, or those of each of a list; raise `ValueError` if it has none."""
        for case in listify(model):
            if id(case) not in self._cases:
                raise ValueError("the case is not with this machine")
            _forget(id(case))

    @property
    def models(self) -> list[HasHistory]:  # collected when it is read
        """The cases that have triggers and are alive."""
        return [case for of in self._cases.copy().values() if (case := of()) is not None]

    @models.setter
    def models(self, models: list[HasHistory]) -> None:
        """Do nothing: only the constructor of transitions sets it, to none."""

    def get_model_state(self, model: HasHistory) -> State:  # type: ignore[override]  # of a case
        """Return the state that the history of a case comes to."""
        return self.states[model.history.proposal.phase or UNREGISTERED]

    def set_state(self, state: object, model: HasHistory) -> None:  # type: ignore[override]  # of one
        """Record a decision in the history of a case, without callbacks.

        Raises as `History.record` does, and `HistoryError` for anything but a `Decision`.
        """
        if not isinstance(state, Decision):
            raise HistoryError(f"a case moves by a decision, it is not set to {state}")
        model.history = model.history.record(state)

    def is_state(self, state: str | None, model: HasHistory) -> bool:  # type: ignore[override]  # of a case
        """Tell whether a case is in a phase; None is the one before any event."""
        return self.get_model_state(model).name == _name(state)

    def get_state(self, state: str | None) -> State:  # type: ignore[override]  # a phase is a str
        """Return the state of a phase; None is the one before any event."""
        return super().get_state(_name(state))

    def get_triggers(self, *args: str | State | None) -> list[str]:  # type: ignore[override]  # likewise
        """Return the names of the triggers that lead out of these phases, or stay in them."""
        return super().get_triggers(*map(_name, args))

    def get_transitions(  # type: ignore[override]  # a phase is a str
        self, trigger: str = "", source: str | State | None = "*", dest: str | State = "*"
    ) -> list[Guarded]:
        """Return the rows of the lifecycle, or those of a trigger, a source, a target."""
        return super().get_transitions(trigger, _name(source), _name(dest))  # type: ignore[return-value]  # see `transition_cls`

    def add_transition(self, *args: object, **kwargs: object) -> NoReturn:
        """Raise `TypeError`: `MOVES` is the only graph."""
        raise TypeError("the graph is klimaflow.lifecycle.MOVES, no more and no less")

    remove_transition = add_transition

    def get_graph(self, case: HasHistory | None = None, title: str = "Lifecycle") -> GraphProtocol:
        """Return transitions' own Mermaid diagram, with the commands' names; `draw(None)` is text.

        The phase of the case is marked; without a case it is the one before any event.
        """
        graph = GraphMachine(
            states=list(self.states),
            initial=UNREGISTERED,
            transitions=[[of.move.command.do, of.source, of.dest] for of in self.get_transitions()],
            auto_transitions=False,
            title=title,
            graph_engine="mermaid",
        )
        if case is not None:
            graph.set_state(self.get_model_state(case).name)
        return graph.get_combined_graph(force_new=True)

    def callbacks(self, funcs: Iterable[Any], event_data: Step) -> None:  # type: ignore[override]  # no other
        """Call these callbacks, as transitions does."""
        if funcs:
            try:
                super().callbacks(funcs, event_data)
            except BaseException as error:
                if funcs is self._finalize_event:  # transitions logs the error and goes on
                    event_data._failure = error
                raise

    def _can_trigger(
        self, model: HasHistory, trigger: str, /, *args: object, **kwargs: Any
    ) -> bool:
        if trigger not in self.events:
            raise AttributeError(f"there is no trigger {trigger!r}")
        command, committed = self.events[trigger].read(args, kwargs)
        return self.history_of(model).decide(command, committed=committed).permitted

    def _is_in(self, model: HasHistory, state: str) -> bool:
        return self.is_state(state, model)


class Door:
    """A trigger on a host's class: it leads each case to the machine that it is with."""

    def __init__(self, name: str, method: str, *args: str) -> None:
        self.name, self.method, self.args = name, method, args

    def __get__(self, case: HasHistory | None, owner: type) -> Door | Callable[..., bool]:
        if case is None:
            return self
        if id(case) not in _MACHINE_OF:
            way_out = "call add_model(case) of a LifecycleMachine"
            raise AttributeError(f"{owner.__name__}.{self.name} needs a machine: {way_out}")
        return partial(getattr(_MACHINE_OF[id(case)], self.method), case, *self.args)


DOORS = [
    Door("trigger", "_get_trigger"),
    Door("may_trigger", "_can_trigger"),
    *(Door(name, "_get_trigger", name) for name in _COMMAND_OF),
    *(Door(f"may_{name}", "_can_trigger", name) for name in _COMMAND_OF),
    *(Door(f"is_{state}", "_is_in", state) for state in (UNREGISTERED, *Phase)),
]
_OPENED: weakref.WeakSet[type] = weakref.WeakSet()  # the classes on which the doors stand
_MACHINE_OF: dict[int, LifecycleMachine] = {}  # by the id of a case, for as long as it lives


def _reference(case: HasHistory) -> Callable[[], HasHistory | None]:
    try:
        return weakref.ref(case, partial(_forget, id(case)))
    except TypeError:
        return lambda: case


def _forget(key: int, _dead: object = None) -> None:
    del _MACHINE_OF.pop(key)._cases[key]


def _name(state: str | State | None) -> str:
    """Return a state's name; of a member transitions would take `IDEA`, not `idea`."""
    if isinstance(state, State):
        return state.name
    return UNREGISTERED if state is None else str(state)
