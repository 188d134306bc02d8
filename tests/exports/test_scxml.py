"""The exported state chart: a state for each phase, a transition for each move that is allowed."""

from xml.etree import ElementTree

import pytest

from klimaflow import Phase, Procedure
from klimaflow.exports import scxml
from klimaflow.exports.activities import activities
from tests.exports.test_activities import without

SCXML = "{http://www.w3.org/2005/07/scxml}"


@pytest.fixture(scope="module")
def root(procedure: Procedure) -> ElementTree.Element:
    return ElementTree.fromstring(scxml(procedure))


def states(root: ElementTree.Element, kind: str) -> set[str | None]:
    return {each.get("id") for each in root.iter(f"{SCXML}{kind}")}


def test_the_phases_are_its_states_and_the_final_ones_are_final(root: ElementTree.Element) -> None:
    assert root.attrib == {
        "version": "1.0",
        "datamodel": "null",
        "initial": "unregistered",
        "name": "klimaalliancen-2024",
    }
    assert states(root, "final") == {each for each in Phase if each.final}
    assert states(root, "state") == {"unregistered"} | {each for each in Phase if not each.final}


def test_each_move_is_one_transition_on_the_command_that_is_permitted(
    procedure: Procedure, root: ElementTree.Element
) -> None:
    found = [
        (state.get("id"), each.get("event"), each.get("target"))
        for state in root.iter(f"{SCXML}state")
        for each in state.iter(f"{SCXML}transition")
    ]
    moves = {each.move for each in activities(procedure)}
    expected = {
        (each.source or "unregistered", f"{each.command.do}.permitted", each.target)
        for each in moves
    }
    assert {*found} == expected
    assert len(found) == len(expected) == len(moves)


def test_what_cannot_be_reached_is_not_there(procedure: Procedure) -> None:
    root = ElementTree.fromstring(scxml(without(procedure, "put-before-committee")))
    assert states(root, "final") == {"withdrawn"}
    assert "committee_decision" not in states(root, "state")
