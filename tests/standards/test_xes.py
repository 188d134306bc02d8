"""The exported event log, held against the exported process by pm4py, which judges that as well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from klimaflow.exports.activities import activities
from klimaflow.proposal import Phase, Proposal
from klimaflow.seen.words import Words
from tests.standards.conftest import World, judged

XES = "{http://www.xes-standard.org/}"


@pytest.fixture(scope="module")
def mined(world: World) -> dict[str, Any]:
    """What pm4py says of the process, of the log, and of a log of altered histories."""
    found: dict[str, Any] = judged("mining.py", world.process, world.log, altered(world))
    return found


def altered(world: World) -> Path:
    """Return the path of a log of some histories, each time with one event gone or moved."""
    log = ElementTree.parse(world.log)
    root = log.getroot()
    traces = root.findall(f"{XES}trace")
    for trace in traces:
        root.remove(trace)
    root.extend(each for trace in traces[:: len(traces) // 5] for each in spoilt(trace))
    for number, trace in enumerate(root.iter(f"{XES}trace")):
        trace[0].set("value", f"altered {number}")
    path = world.folder / "altered.xes"
    log.write(path, "utf-8")
    return path


def spoilt(trace: Element) -> Iterator[Element]:
    head, events = [*trace.iterfind(f"{XES}string")], [*trace.iterfind(f"{XES}event")]
    for place in range(len(events)):
        before, here, behind = events[:place], events[place : place + 2], events[place + 2 :]
        yield traced(head, [*before, *here[1:], *behind])
        yield traced(head, [*before, *reversed(here), *behind])


def traced(head: list[Element], events: list[Element]) -> Element:
    made = Element(f"{XES}trace")
    made.extend([Element(each.tag, each.attrib) for each in head])
    made.extend(events)
    return made


def names(log: Path) -> list[list[str]]:
    """Return the names of the events of each trace."""
    traces = ElementTree.parse(log).getroot().iter(f"{XES}trace")
    return [
        [
            name.get("value", "")
            for event in trace.iterfind(f"{XES}event")
            for name in event.iterfind(f"{XES}string[@key='concept:name']")
        ]
        for trace in traces
    ]


def possible(world: World, events: list[str]) -> bool:
    """Return whether the moves of the procedure can make these events, one after another."""
    words = Words(world.procedure, Proposal(), world.lang)
    named = [(each.move, each.name(words)) for each in activities(world.procedure)]
    phases: set[Phase | None] = {None}
    for event in events:
        phases = {move.target for move, name in named if move.source in phases and name == event}
    return bool(events and phases)


def test_the_net_is_a_sound_workflow_net_with_all_activities(
    world: World, mined: dict[str, Any]
) -> None:
    words = Words(world.procedure, Proposal(), world.lang)
    assert (mined["workflow"], mined["sound"]) == (True, True)
    assert mined["labels"] == sorted({each.name(words) for each in activities(world.procedure)})


def test_every_history_fits_the_process(world: World, mined: dict[str, Any]) -> None:
    fitness = dict(zip(world.logged, mined["fitness"][0], strict=True))
    assert {name: fit for name, fit in fitness.items() if fit != 1.0} == {}
    assert len(fitness) > 30


def test_an_altered_history_fits_only_if_it_can_be_one(world: World, mined: dict[str, Any]) -> None:
    log = names(world.folder / "altered.xes")
    fits = [fit == 1.0 for fit in mined["fitness"][1]]
    assert fits == [possible(world, events) for events in log]
    assert fits.count(False) > 30
    assert True in fits
