"""Where a process is drawn: nodes laid out by Graphviz, in a band for each lane, then its flows.

A phase is a gateway or two, and to the right of them a column of what is done in it.
Lengths are pixels, from the left and from the top, as BPMN's diagrams have them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from attrs import frozen

from klimaflow.exports.process import Flow, Kind, Node, Process
from klimaflow.markup.sheet import Sheet
from klimaflow.report.layout import laid_out

__all__ = ["Box", "Drawing", "Point", "drawn"]

Point = tuple[int, int]

INCH = 72
HEAD = 30  # the strip with the name of a pool or of a lane
EVENT, GATEWAY, TASK = (36, 36), (50, 50), (140, 90)
BESIDES = {Kind.TIMER: (7, -18), Kind.CATCH: (92, 14)}  # from the lower left corner of the task
SIZES = {Kind.START: EVENT, Kind.END: EVENT, Kind.CHOICE: GATEWAY, Kind.TASK: TASK}
BELOW = 90  # under a task, for its timer and what that leads to
BESIDE = 18  # from a node to where the flows turn that leave it
TRACK = 10  # between the flows above the phases, one for each phase that is led to
NAME = (134, 14)  # of a flow
GRAPH = """digraph {
rankdir=LR; newrank=true; nodesep=0.4; ranksep=2.2; node [shape=box, fixedsize=true, label=""];"""


@frozen
class Box(Sheet):
    """A place: its upper left corner, and how wide and high it is."""

    x: int
    y: int
    width: int
    height: int

    @property
    def left(self) -> Point:
        return self.x, self.y + self.height // 2

    @property
    def right(self) -> Point:
        return self.x + self.width, self.y + self.height // 2

    @property
    def top(self) -> Point:
        return self.x + self.width // 2, self.y

    @property
    def bottom(self) -> Point:
        return self.x + self.width // 2, self.y + self.height


@frozen
class Drawing(Sheet):
    """Where the pool is, each lane and each node, the ways of the flows, and what is named where.

    `names` has the places of those names that stand beside what they name.
    """

    pool: Box
    lanes: Mapping[str, Box]
    nodes: Mapping[str, Box]
    flows: Mapping[str, tuple[Point, ...]]
    names: Mapping[str, Box]


def drawn(process: Process) -> Drawing:
    """Return where a process is drawn; raise `NotDrawn` without Graphviz."""
    return _Draughtsman(process).drawing()


class _Draughtsman:
    """Has a process drawn. `_tasks` has the task of each node of an activity."""

    def __init__(self, process: Process) -> None:
        self._process = process
        doing = (node for node in process.nodes if node.activity)
        self._tasks = {node.id: node.activity.id for node in doing if node.activity}
        self._timed = {task for node, task in self._tasks.items() if node != task}
        led_to = {flow.target for flow in process.flows if flow.source in self._tasks}
        self._tracks = [node.id for node in process.nodes if node.id in led_to - {*self._tasks}]

    def drawing(self) -> Drawing:
        laid = json.loads(laid_out("\n".join(self._graph()), "json0"))
        found = {each["name"]: each for each in laid["objects"]}
        lanes = self._lanes(found, float(laid["bb"].split(",")[2]))
        nodes = self._nodes(found, lanes)
        flows = {flow.id: self._way(flow, nodes) for flow in self._process.flows}
        names = {flow.id: _before(nodes[flow.target]) for flow in self._process.flows if flow.name}
        small = (node.id for node in self._process.nodes if node.kind in BESIDES)
        names |= {each: _beneath(nodes[each]) for each in small}
        *_, last = lanes.values()
        pool = Box(0, 0, last.x + last.width, last.y + last.height)
        return Drawing(pool, lanes, nodes, flows, names)

    def _graph(self) -> Iterator[str]:
        """Yield a graph with a cluster for each lane; one phase begins behind all of another."""
        yield GRAPH
        for lane in self._process.lanes:
            yield f'subgraph "{_cluster(lane)}" {{ margin=36;'
            yield from (self._node(node) for node in self._process.nodes if node.lane == lane)
            yield "}"
        near = (flow for flow in self._process.flows if flow.source not in self._tasks)
        yield from (f'"{flow.source}" -> "{flow.target}";' for flow in near)
        course = [self._process.nodes[0].id, *self._tracks]
        yield from (f'"{one}" -> "{other}" [minlen=3];' for one, other in pairwise(course))
        yield "}"

    def _node(self, node: Node) -> str:
        if node.kind in BESIDES:
            return ""
        wide, high = self._size(node)
        return f'"{node.id}" [width={wide / INCH:.4f}, height={high / INCH:.4f}];'

    def _size(self, node: Node) -> tuple[int, int]:
        """Return how much room a node needs, with that for its timer."""
        wide, high = SIZES[node.kind]
        return wide, high + BELOW * (node.id in self._timed)

    def _lanes(self, found: Mapping[str, Any], wide: float) -> dict[str, Box]:
        """Return the bands one below the other; the first has room for the tracks."""
        lanes: dict[str, Box] = {}
        room, below = TRACK * len(self._tracks), 0
        for lane in self._process.lanes:
            low, high = _band(found, lane)
            lanes[lane] = Box(HEAD, below, round(wide) + 2 * HEAD, round(high - low) + room)
            room, below = 0, below + lanes[lane].height
        return lanes

    def _nodes(self, found: Mapping[str, Any], lanes: Mapping[str, Box]) -> dict[str, Box]:
        nodes: dict[str, Box] = {}
        for node in self._process.nodes:
            if node.kind in BESIDES:
                (right, down), task = BESIDES[node.kind], nodes[self._tasks[node.id]]
                nodes[node.id] = Box(task.x + right, task.y + task.height + down, *EVENT)
                continue
            lane, (low, _high) = lanes[node.lane], _band(found, node.lane)
            wide, high = self._size(node)
            x, y = map(float, found[node.id]["pos"].split(","))
            left, top = x - wide / 2, lane.height - (y - low) - high / 2
            at = round(lane.x + HEAD + left), round(lane.y + top)
            nodes[node.id] = Box(*at, *SIZES[node.kind])
        return nodes

    def _way(self, flow: Flow, nodes: Mapping[str, Box]) -> tuple[Point, ...]:
        """Return the corners of a flow: on to a neighbour, or by its track to a phase."""
        start, target = nodes[flow.source].right, nodes[flow.target]
        task = self._tasks.get(flow.source)
        if flow.target in self._tasks and task is not None:
            under = nodes[flow.source].bottom
            return under, (under[0], target.left[1]), target.left
        if task is None:
            turn = start[0] + BESIDE
            corners = start, (turn, start[1]), (turn, target.left[1]), target.left
            return (start, target.left) if start[1] == target.left[1] else corners
        track = self._tracks.index(flow.target)
        line, turn = TRACK * (1 + track), nodes[task].right[0] + BESIDE + TRACK // 2 * track
        return start, (turn, start[1]), (turn, line), (target.top[0], line), target.top


def _cluster(lane: str) -> str:
    return f"cluster_{lane}"


def _band(found: Mapping[str, Any], lane: str) -> tuple[float, float]:
    """Return where Graphviz has a lane, from below: its lower and its upper side."""
    _left, low, _right, high = map(float, found[_cluster(lane)]["bb"].split(","))
    return low, high


def _beneath(event: Box) -> Box:
    return Box(event.x - 27, event.y + event.height + 18, event.width + 54, 42)


def _before(task: Box) -> Box:
    wide, high = NAME
    return Box(task.x - wide - 4, task.left[1] - high - 2, wide, high)
