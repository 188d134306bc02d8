"""The exported process: what is in it and where it is drawn; others judge it in tests/standards."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from klimaflow import Procedure
from klimaflow.errors import NotDrawn
from klimaflow.exports import bpmn
from klimaflow.exports.activities import activities
from klimaflow.exports.placing import Box, Drawing, Point, drawn
from klimaflow.exports.process import Kind, Process, process
from klimaflow.moments import moment
from klimaflow.testing.varied import procedures
from tests.exports.test_activities import without

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@pytest.fixture(scope="module")
def made(procedure: Procedure) -> Process:
    return process(procedure)


@pytest.fixture(scope="module")
def drawing(made: Process) -> Drawing:
    return drawn(made)


@pytest.fixture(scope="module")
def root(procedure: Procedure) -> ElementTree.Element:
    return ElementTree.fromstring(bpmn(procedure, "da"))


def test_each_activity_is_a_task_in_the_lane_of_a_role_with_all_roles_as_performers(
    procedure: Procedure, root: ElementTree.Element
) -> None:
    lanes = {
        ref.text: lane.get("id")
        for lane in root.iter(f"{BPMN}lane")
        for ref in lane.iter(f"{BPMN}flowNodeRef")
    }
    tasks = {task.get("id"): task for task in root.iter(f"{BPMN}userTask")}
    assert [*tasks] == [each.id for each in activities(procedure)]
    for each in activities(procedure):
        performers = [ref.text for ref in tasks[each.id].iter(f"{BPMN}resourceRef")]
        assert performers == [f"role.{role}" for role in each.roles]
        assert lanes[each.id] == f"lane.{each.roles[0]}"


def test_a_task_tells_what_its_rules_are_and_who_may_do_it(root: ElementTree.Element) -> None:
    (told,) = (
        task.findtext(f"{BPMN}documentation")
        for task in root.iter(f"{BPMN}userTask")
        if task.get("id") == "funder-consent.start"
    )
    assert told == (
        "Krav: in-order, authorised, enough-authorities, every-party-consents, "
        "consents-in-force, conditions-met, within-partnership\nAf: sekretariatet"
    )


def test_a_timer_fires_at_the_first_moment_that_is_too_late(root: ElementTree.Element) -> None:
    timers = {
        timer.get("attachedToRef"): (timer.get("name"), timer.findtext(f".//{BPMN}timeDate"))
        for timer in root.iter(f"{BPMN}boundaryEvent")
    }
    assert timers["qualification.submit-for-approval.2024-spring"] == (
        "senest tor. 25. apr. 2024 kl. 9.00",
        '"2024-04-25T09:00:00.000001+02:00"',
    )
    assert timers["funder-consent.start"] == (
        "senest fredag den 31. december 2027",
        '"2028-01-01T00:00:00+01:00"',
    )
    assert len(timers) == 13


def test_a_condition_asks_what_is_done_next(made: Process) -> None:
    conditions = {each.target: each.condition for each in made.flows if each.condition}
    assert conditions["idea.withdraw"] == 'do == "withdraw"'
    assert conditions["approval-process.put-before-committee.2024-spring"] == (
        'do == "put-before-committee" and round == "2024-spring"'
    )
    assert conditions["funder-consent.give-consent.realdania"] == (
        'do == "give-consent" and funder == "realdania"'
    )


def test_ids_are_unique_and_every_flow_leads_from_node_to_node(made: Process) -> None:
    ids = [*(each.id for each in made.nodes), *(each.id for each in made.flows)]
    assert len({*ids}) == len(ids)
    nodes = {each.id for each in made.nodes}
    assert {end for each in made.flows for end in (each.source, each.target)} == nodes


def inside(box: Box, outer: Box) -> bool:
    return (
        outer.x <= box.x
        and outer.y <= box.y
        and box.x + box.width <= outer.x + outer.width
        and box.y + box.height <= outer.y + outer.height
    )


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def on_the_edge(point: Point, box: Box) -> bool:
    return point in (box.left, box.right, box.top, box.bottom)


def test_each_node_names_the_flows_that_come_in_and_go_out(root: ElementTree.Element) -> None:
    flows = [*root.iter(f"{BPMN}sequenceFlow")]
    nodes = [each for each in root.iter() if each.find(f"{BPMN}incoming") is not None]
    nodes += root.iter(f"{BPMN}startEvent")
    assert {each.get("targetRef") for each in flows} <= {node.get("id") for node in nodes}
    for node in root.iter():
        for name, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            named = [each.text for each in node.iterfind(f"{BPMN}{name}")]
            assert named == [f.get("id") for f in flows if f.get(end) == node.get("id", "none")]


class TestTheDiagram:
    def test_the_lanes_fill_the_pool_and_hold_their_nodes(
        self, made: Process, drawing: Drawing
    ) -> None:
        lanes = [*drawing.lanes.values()]
        assert all(one.y + one.height == other.y for one, other in pairwise(lanes))
        assert lanes[-1].y + lanes[-1].height == drawing.pool.height
        assert all(inside(lane, drawing.pool) for lane in lanes)
        for node in made.nodes:
            assert inside(drawing.nodes[node.id], drawing.lanes[node.lane]), node

    def test_no_node_lies_on_another_but_a_timer_on_its_task(
        self, made: Process, drawing: Drawing
    ) -> None:
        plain = [drawing.nodes[each.id] for each in made.nodes if each.kind is not Kind.TIMER]
        assert all(apart(a, b) for n, a in enumerate(plain) for b in plain[:n])
        timers = [each for each in made.nodes if each.kind is Kind.TIMER]
        for each in timers:
            assert each.activity
            assert not apart(drawing.nodes[each.id], drawing.nodes[each.activity.id])

    def test_every_flow_goes_from_edge_to_edge_in_right_angles(
        self, made: Process, drawing: Drawing
    ) -> None:
        for flow in made.flows:
            way = drawing.flows[flow.id]
            assert on_the_edge(way[0], drawing.nodes[flow.source])
            assert on_the_edge(way[-1], drawing.nodes[flow.target])
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(way)), flow
            assert all(0 <= y <= drawing.pool.height for _x, y in way)

    def test_a_phase_stands_to_the_right_of_the_one_before(self, drawing: Drawing) -> None:
        phases = ("idea", "sparring", "qualification", "approval-process", "committee-decision")
        assert all(drawing.nodes[a].x < drawing.nodes[b].x for a, b in pairwise(phases))


@settings(max_examples=5, deadline=None, derandomize=True)
@given(procedures())
def test_any_procedure_is_drawn_within_its_lanes_and_without_overlaps(drawn_one: Procedure) -> None:
    found = process(drawn_one)
    drawing = drawn(found)
    plain = [drawing.nodes[each.id] for each in found.nodes if each.kind is not Kind.TIMER]
    assert all(inside(drawing.nodes[each.id], drawing.lanes[each.lane]) for each in found.nodes)
    assert all(apart(a, b) for n, a in enumerate(plain) for b in plain[:n])
    assert len({each.id for each in found.nodes}) == len(found.nodes)


def test_a_procedure_that_ends_early_is_a_process_too(procedure: Procedure) -> None:
    root = ElementTree.fromstring(bpmn(without(procedure, "put-before-committee")))
    names = [each.get("name") for each in root.iter(f"{BPMN}endEvent")]
    assert names == [
        "Still open: Idea",
        "Still open: Sparring",
        "Still open: Professional qualification",
        "Still open: Approval process",
        "Withdrawn",
    ]


def test_without_graphviz_it_says_so(
    procedure: Procedure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotDrawn, match="dot"):
        bpmn(procedure)


def test_an_unknown_language_is_refused(procedure: Procedure) -> None:
    with pytest.raises(ValueError, match="'fr' is none of en, da"):
        bpmn(procedure, "fr")


def test_a_moment_is_written_in_the_zone_of_the_procedure(procedure: Procedure) -> None:
    closes = procedure.gates["2024-autumn"].qualification_closes_at
    assert closes == moment("2024-10-07 09:00")
    assert '"2024-10-07T09:00:00.000001+02:00"' in bpmn(procedure)
