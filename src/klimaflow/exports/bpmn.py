"""A procedure as a process in BPMN 2.0 (ISO/IEC 19510), with a diagram.

The roles are lanes, the deadlines timers, and each funder has consent tasks of its own. Each task
has all the roles that may do it as its performers and stands in the lane of the first of them.
Conditions and times are expressions in Python over what is done next: `do`, `round` and `funder`,
as in a case file. What else a rule asks stands in the documentation of the task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version

from klimaflow.exports.activities import Activity, identifier
from klimaflow.exports.placing import Box, Drawing, drawn
from klimaflow.exports.process import Flow, Kind, Node, Process, process
from klimaflow.markup.elements import Content, Element, element, xml_text
from klimaflow.moments import shown
from klimaflow.procedure import Procedure

__all__ = ["bpmn"]

NAMESPACES = {
    "xmlns:bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
STEP = "message.step"
"""What is asked for next, once it is too late for what was."""
PYTHON = "https://www.python.org/"
EXPRESSION = {"xsi:type": "bpmn:tFormalExpression"}
"""What says that an expression can be evaluated."""


def bpmn(procedure: Procedure, lang: str = "en") -> str:
    """Return a procedure as a BPMN 2.0 document with names in `en` or `da`.

    Raises `NotDrawn` without Graphviz, which lays the diagram out.
    """
    made = process(procedure, lang)
    writer = _Writer(procedure, made)
    root = element(
        "bpmn:definitions",
        writer.collaboration(),
        writer.process(),
        writer.resources(),
        element("bpmn:message", id=STEP, name="step"),
        _diagram(drawn(made), made),
        **NAMESPACES,
        id="definitions",
        targetNamespace=f"urn:klimaflow:{procedure.sha256}",
        expressionLanguage=PYTHON,
        exporter="klimaflow",
        exporterVersion=version("klimaflow"),
    )
    return xml_text(root)


class _Writer:
    """Writes what a process is; how it looks is another matter."""

    def __init__(self, procedure: Procedure, made: Process) -> None:
        self._procedure, self._made = procedure, made
        self._id = identifier("procedure", procedure.id)

    def collaboration(self) -> Element:
        name = self._procedure.title
        pool = element("bpmn:participant", id="pool", name=name, processRef=self._id)
        return element("bpmn:collaboration", pool, id="collaboration")

    def process(self) -> Element:
        lanes = element("bpmn:laneSet", self._lanes(), id="lanes")
        nodes, flows = map(self._node, self._made.nodes), map(_flow, self._made.flows)
        return element("bpmn:process", lanes, nodes, flows, id=self._id, isExecutable="true")

    def _lanes(self) -> Iterator[Element]:
        for lane, name in self._made.lanes.items():
            ids = (node.id for node in self._made.nodes if node.lane == lane)
            refs = (element("bpmn:flowNodeRef", each) for each in ids)
            yield element("bpmn:lane", refs, id=f"lane.{lane}", name=name)

    def resources(self) -> Iterator[Element]:
        """Yield each role that may do something."""
        roles = dict.fromkeys(
            role for node in self._made.nodes if node.activity for role in node.activity.roles
        )
        for role in roles:
            yield element("bpmn:resource", id=f"role.{role}", name=role)

    def _node(self, node: Node) -> Element:
        flows = self._made.flows
        named = {"name": node.name} if node.name else {}
        told = element("bpmn:documentation", node.told) if node.told else None
        led = [element("bpmn:incoming", each.id) for each in flows if each.target == node.id]
        leads = [each for each in flows if each.source == node.id]
        left = [element("bpmn:outgoing", each.id) for each in leads]
        made = element(f"bpmn:{node.kind}", told, led, left, self._about(node), id=node.id, **named)
        for each in leads:
            if each.otherwise:
                made.set("default", each.id)
        if node.kind is Kind.TIMER and node.activity:
            made.set("attachedToRef", node.activity.id)
        return made

    def _about(self, node: Node) -> Content:
        if node.activity is None:
            return None
        if node.kind is Kind.TIMER:
            return self._timer(node.activity)
        if node.kind is Kind.CATCH:
            return element("bpmn:messageEventDefinition", id=f"{node.id}.message", messageRef=STEP)
        return (
            element("bpmn:performer", element("bpmn:resourceRef", f"role.{role}"))
            for role in node.activity.roles
        )

    def _timer(self, activity: Activity) -> Element:
        late = activity.late_from
        assert late is not None, "a timer stands on what closes"
        moment = json.dumps(shown(late, self._procedure.zone))
        at = element("bpmn:timeDate", moment, **EXPRESSION)
        return element("bpmn:timerEventDefinition", at, id=f"{activity.id}.late")


def _flow(flow: Flow) -> Element:
    condition, made = None, {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
    if flow.condition:
        condition = element("bpmn:conditionExpression", flow.condition, **EXPRESSION)
    if flow.name:
        made["name"] = flow.name
    return element("bpmn:sequenceFlow", condition, **made)


def _diagram(drawing: Drawing, made: Process) -> Element:
    shapes = [
        _shape("pool", drawing.pool, isHorizontal="true"),
        *(_shape(f"lane.{each}", at, isHorizontal="true") for each, at in drawing.lanes.items()),
        *(_shape(each, at, drawing.names.get(each)) for each, at in drawing.nodes.items()),
    ]
    edges = [_edge(each, drawing) for each in made.flows]
    plane = element("bpmndi:BPMNPlane", shapes, edges, id="plane", bpmnElement="collaboration")
    return element("bpmndi:BPMNDiagram", plane, id="diagram")


def _shape(of: str, at: Box, name: Box | None = None, **more: str) -> Element:
    return element(
        "bpmndi:BPMNShape", _at(at), _name(name), id=f"{of}.shape", bpmnElement=of, **more
    )


def _edge(flow: Flow, drawing: Drawing) -> Element:
    points = (element("di:waypoint", x=x, y=y) for x, y in drawing.flows[flow.id])
    name = _name(drawing.names.get(flow.id))
    return element("bpmndi:BPMNEdge", points, name, id=f"{flow.id}.edge", bpmnElement=flow.id)


def _name(at: Box | None) -> Element | None:
    return None if at is None else element("bpmndi:BPMNLabel", _at(at))


def _at(box: Box) -> Element:
    return element("dc:Bounds", x=box.x, y=box.y, width=box.width, height=box.height)
