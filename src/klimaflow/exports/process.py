"""The procedure as a process in the terms of BPMN: events, gateways, tasks, and flows between them.

A phase is a place where one thing is chosen: an exclusive gateway with a flow for each activity.
A task leads on to the phase that its move leads to, or back. One that closes has a timer: once it
is too late, the phase goes on with what is asked for next. With nothing chosen a proposal rests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from klimaflow.exports.activities import Activity, activities, identifier
from klimaflow.markup.sheet import Sheet
from klimaflow.moments import Day, Moment
from klimaflow.parties import Role
from klimaflow.phrases import day, label, listed
from klimaflow.procedure import Authorised, Procedure
from klimaflow.proposal import Phase, Proposal
from klimaflow.seen.words import Words

__all__ = ["COURSE", "Flow", "Kind", "Node", "Process", "process"]

COURSE = "course"
"""The lane of what nobody does: where the phases begin, branch and end."""

BEGIN = "begin"


class Kind(StrEnum):
    """What a node is, by its name in BPMN."""

    START = "startEvent"
    END = "endEvent"
    CHOICE = "exclusiveGateway"
    TASK = "userTask"
    TIMER = "boundaryEvent"
    CATCH = "intermediateCatchEvent"


@frozen
class Node(Sheet):
    """A node in the lane of a role.

    A timer stands on the task of its activity, and leads to a catch: it waits for what is asked
    for next. `told` is what can be said of a task besides its name.
    """

    id: str
    kind: Kind
    name: str
    lane: str = COURSE
    activity: Activity | None = None
    told: str = ""


@frozen
class Flow(Sheet):
    """What leads from one node to another: if its condition holds, or, `otherwise`, if no other."""

    source: str
    target: str
    name: str = ""
    condition: str | None = None
    otherwise: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}..{self.target}"


@frozen
class Process(Sheet):
    """Nodes and flows, and the names of the lanes in their order."""

    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    lanes: dict[str, str]


def process(procedure: Procedure, lang: str = "en") -> Process:
    """Return the procedure as a process with names in `en` or `da`."""
    found = activities(procedure)
    modeller = _Modeller(procedure, found, lang)
    nodes = (*modeller.nodes(), *(node for each in found for node in modeller.of(each)))
    flows = (*modeller.flows(), *(flow for each in found for flow in modeller.around(each)))
    used = {node.lane for node in nodes}
    return Process(nodes, flows, {lane: name for lane, name in _lanes(lang) if lane in used})


def _lanes(lang: str) -> Iterator[tuple[str, str]]:
    yield COURSE, label("exports", COURSE, lang)
    yield Authorised.ANYONE, label("roles", Authorised.ANYONE, lang)
    for role in Role:
        yield role, label("actors", role, lang)


class _Modeller:
    """Makes the nodes and flows of the phases, and those of each activity."""

    def __init__(self, procedure: Procedure, found: tuple[Activity, ...], lang: str) -> None:
        self._words = Words(procedure, Proposal(), lang)
        self._ways = Counter(phase for each in found for phase in _leads_to(each))

    def nodes(self) -> Iterator[Node]:
        yield Node(BEGIN, Kind.START, self._label("exports", BEGIN))
        for phase, ways in self._ways.items():
            name = self._label("phases", phase)
            yield Node(_place(phase), Kind.END if phase.final else Kind.CHOICE, name)
            if ways > 1:
                yield Node(_entrance(phase), Kind.CHOICE, "")
            if not phase.final:
                yield Node(_rest(phase), Kind.END, self._label("exports", "open").format(name))

    def flows(self) -> Iterator[Flow]:
        for phase, ways in self._ways.items():
            if ways > 1:
                yield Flow(_entrance(phase), _place(phase))
            if not phase.final:
                yield Flow(_place(phase), _rest(phase), otherwise=True)

    def of(self, activity: Activity) -> Iterator[Node]:
        lane, name = activity.roles[0], activity.name(self._words)
        yield Node(activity.id, Kind.TASK, name, lane, activity, told=self._told(activity))
        if activity.closes is not None:
            until = self._label("exports", "until").format(self._closes(activity.closes))
            yield Node(_timer(activity), Kind.TIMER, until, lane, activity)
            following = self._label("exports", "next")
            yield Node(_catch(activity), Kind.CATCH, following, lane, activity)

    def around(self, activity: Activity) -> Iterator[Flow]:
        source, do = activity.move.source, activity.move.command.do
        if source is None:
            yield Flow(BEGIN, activity.id)
        else:
            yield Flow(_place(source), activity.id, do, _condition(activity))
        yield Flow(activity.id, self._way_to(activity.move.target))
        if activity.closes is not None and source is not None:
            yield Flow(_timer(activity), _catch(activity))
            yield Flow(_catch(activity), self._way_to(source))

    def _way_to(self, phase: Phase) -> str:
        return _entrance(phase) if self._ways[phase] > 1 else _place(phase)

    def _label(self, of: str, name: str) -> str:
        return label(of, name, self._words.lang)

    def _closes(self, closes: Day | Moment) -> str:
        lang = self._words.lang
        return day(closes.on, lang) if isinstance(closes, Day) else self._words.moment(closes)

    def _told(self, activity: Activity) -> str:
        rules = ", ".join(rule.id for rule in activity.move.rules)
        roles = listed((self._label("roles", role) for role in activity.roles), self._words.lang)
        asks, who = (self._label("exports", each) for each in ("asks", "who"))
        return f"{asks.format(rules)}\n{who.format(roles)}"


def _leads_to(activity: Activity) -> tuple[Phase, ...]:
    """Return the phase that an activity leads to, and that which it leaves if it is too late."""
    source, target = activity.move.source, activity.move.target
    return (target,) if activity.closes is None or source is None else (target, source)


def _condition(activity: Activity) -> str:
    """Return the condition as an expression: what is done, in which round or for which funder."""
    asked = {"do": activity.move.command.do, "round": activity.round, "funder": activity.funder}
    return " and ".join(f"{name} == {json.dumps(value)}" for name, value in asked.items() if value)


def _place(phase: Phase) -> str:
    return identifier(phase.replace("_", "-"))


def _entrance(phase: Phase) -> str:
    return f"{_place(phase)}.enter"


def _rest(phase: Phase) -> str:
    return f"{_place(phase)}.rest"


def _timer(activity: Activity) -> str:
    return f"{activity.id}.closes"


def _catch(activity: Activity) -> str:
    return f"{activity.id}.next"
