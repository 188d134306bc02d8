"""The exported process: valid, read, linted, drawn and executed by programs that others wrote."""

import json
from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import Browser

from klimaflow import Phase
from klimaflow.exports.activities import activities
from klimaflow.moments import shown
from klimaflow.phrases import label
from klimaflow.procedure import Authorised
from tests.standards.conftest import HERE, NODE_MODULES, World, judged, ran
from tests.standards.stories import Asked, Story

VIEWER = NODE_MODULES / "bpmn-js/dist/bpmn-viewer.production.min.js"
SCHEMA = NODE_MODULES / "bpmn-moddle/resources/bpmn/xsd/BPMN20.xsd"
LINTER = NODE_MODULES / ".bin/bpmnlint"
LINTED = ("--config", HERE / "bpmnlint.json", "--max-warnings", "0")


def test_it_is_valid_against_the_schema_of_the_omg(world: World) -> None:
    assert judged("schema.py", SCHEMA, world.process) == []


def test_moddle_reads_all_of_it_without_a_warning(world: World) -> None:
    found = json.loads(ran("node", HERE / "judges/moddle.mjs", world.process))
    kinds = Counter(kind for kind, _name in found["elements"])
    phases = {each.move.target for each in activities(world.procedure)}
    closing = [each for each in activities(world.procedure) if each.closes is not None]
    assert found["warnings"] == []
    assert kinds["bpmn:UserTask"] == len(activities(world.procedure))
    assert kinds["bpmn:BoundaryEvent"] == len(closing)
    assert (kinds["bpmn:StartEvent"], kinds["bpmn:EndEvent"]) == (1, len(phases))
    assert kinds["bpmn:Lane"] == 7


def test_bpmnlint_finds_neither_an_error_nor_a_warning(world: World) -> None:
    assert ran(LINTER, *LINTED, world.process).strip() == ""


def test_bpmn_js_draws_all_of_it_without_a_warning(browser: Browser, world: World) -> None:
    page = browser.new_context(offline=True).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.set_content("<div id='drawn' style='width: 2000px; height: 2000px'></div>")
    page.add_script_tag(content=VIEWER.read_text("utf-8"))
    drawn = page.evaluate(DRAW, world.process.read_text("utf-8"))
    assert (drawn["warnings"], drawn["outside"], complaints) == ([], [], [])
    found = json.loads(ran("node", HERE / "judges/moddle.mjs", world.process))
    names = ["".join(name.split()) for _kind, name in found["elements"] if name]
    names.append("".join(world.procedure.title.split()))
    assert Counter(drawn["texts"]) == Counter(names)
    page.context.close()


DRAW = """async xml => {
    const viewer = new BpmnJS({ container: '#drawn' });
    const { warnings } = await viewer.importXML(xml);
    const elements = viewer.get('elementRegistry').filter(each => each.parent);
    const pool = elements.find(each => each.type === 'bpmn:Participant');
    const inside = ({ x, y, width, height }) => x >= pool.x && y >= pool.y
        && x + width <= pool.x + pool.width && y + height <= pool.y + pool.height;
    const squeezed = text => text.replace(/\\s+/g, '');
    const texts = [...document.querySelectorAll('#drawn text')].map(each => each.textContent);
    return {
        warnings: warnings.map(each => each.message),
        outside: elements.filter(each => 'width' in each && !inside(each)).map(each => each.id),
        texts: texts.map(squeezed),
    };
}"""


@pytest.fixture(scope="module")
def engine(world: World) -> dict[str, Any]:
    """What SpiffWorkflow makes of each story: of what was permitted, or only too late."""
    steps = {
        story.name: [
            {
                "do": each.decision.command.do,
                "at": shown(each.decision.command.at),
                "round": each.round,
                "funder": each.funder,
            }
            for each in put(story)
        ]
        for story in world.stories
    }
    found: dict[str, Any] = judged("spiff.py", world.process, world.written("steps.json", steps))
    return found


def put(story: Story) -> list[Asked]:
    return [each for each in story.steps if each.decision.permitted or each.late]


def test_the_stories_are_many_late_ones_among_them_and_end_in_every_phase(world: World) -> None:
    ends = {story.history.proposal.phase for story in world.stories}
    assert len(world.stories) > 30
    assert ends >= {*Phase}
    assert sum(each.late for story in world.stories for each in story.steps) >= 5


def test_spiffworkflow_comes_to_the_same_end_as_follow(
    world: World, engine: dict[str, Any]
) -> None:
    for story in world.stories:
        phase = story.history.proposal.phase
        if phase is not None:
            end = phase.replace("_", "-")
            expected = end if phase.final else f"{end}.rest"
            assert engine[story.name]["ends"] == [expected], story.name


def test_spiffworkflow_does_each_step_in_its_lane_and_finds_the_same_ones_late(
    world: World, engine: dict[str, Any]
) -> None:
    known = activities(world.procedure)
    for story in world.stories:
        done = engine[story.name]["steps"]
        for each, found in zip(put(story), done, strict=True):
            activity = each.among(known)
            assert found["id"] == activity.id + (".next" if each.late else ""), story.name
            by = each.decision.command.by.role
            assert {by, Authorised.ANYONE} & {*activity.roles}
            assert found["lane"] == lane(activity.roles[0], world.lang)


def lane(role: str, lang: str) -> str:
    return label("roles" if role == Authorised.ANYONE else "actors", role, lang)
