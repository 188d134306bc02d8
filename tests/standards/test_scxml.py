"""The exported state chart, run by interpreters that others wrote."""

from typing import Any

import pytest

from klimaflow.machine import UNREGISTERED
from tests.standards.conftest import World, judged
from tests.standards.stories import Asked


@pytest.fixture(scope="module")
def charts(world: World) -> dict[str, Any]:
    """What each interpreter makes of each story, whatever was permitted or refused."""
    events = {story.name: [event(each) for each in story.steps] for story in world.stories}
    found: dict[str, Any] = judged("charts.py", world.chart, world.written("events.json", events))
    return found


def event(asked: Asked) -> str:
    verdict = "permitted" if asked.decision.permitted else "refused"
    return f"{asked.decision.command.do}.{verdict}"


@pytest.mark.parametrize("interpreter", ["python", "qt"])
def test_each_step_of_each_story_comes_to_the_same_phase(
    world: World, charts: dict[str, Any], interpreter: str
) -> None:
    for story in world.stories:
        phases = [
            [each.after or UNREGISTERED, each.after is not None and each.after.final]
            for each in story.steps
        ]
        assert charts[interpreter][story.name] == phases, story.name


def test_the_stories_have_refusals(world: World) -> None:
    refused = [each for story in world.stories for each in story.steps if not each.decision.events]
    assert len(refused) > 20
