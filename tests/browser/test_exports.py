"""What is exported, read and drawn by programs that others wrote."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from klimaflow.exports import dot, mermaid
from klimaflow.lifecycle import MOVES
from klimaflow.phrases import label
from klimaflow.planning import plan
from klimaflow.planning.calendar import calendar, rounds
from klimaflow.proposal import Phase
from klimaflow.report.page import printable
from tests.browser.shown import HOSTILE, hostile, procedure

MODULES = Path(__file__).parent / "node_modules"
EDGES = {(move.source, move.target) for move in MOVES}
TITLES = [each for each in HOSTILE if len(each) < 300]
READ = """
import ICAL from "ical.js";
import { readFileSync } from "node:fs";
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf-8")));
const instant = (event, name) => event.getFirstPropertyValue(name)?.toJSDate().toISOString();
console.log(JSON.stringify(calendar.getAllSubcomponents("vevent").map(event => [
    instant(event, "dtstart"), instant(event, "dtend") ?? null,
    event.getFirstPropertyValue("summary"), event.getFirstPropertyValue("description"),
])));
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page with Mermaid and without a network; what it complains of fails the test."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: complaints.append(request.url))
    page.add_script_tag(path=MODULES / "mermaid/dist/mermaid.min.js")
    page.evaluate("mermaid.initialize({startOnLoad: false})")
    yield page
    assert complaints == []
    assert page.evaluate("window.pwned") is None
    context.close()


def drawn(page: Page, text: str) -> dict[str, Any]:
    """Return what Mermaid reads and draws: the kind, the titles, the texts, and how many edges."""
    found: dict[str, Any] = page.evaluate(DRAW, text)
    return found


DRAW = """async text => {
    const {diagramType} = await mermaid.parse(text);
    document.body.innerHTML = (await mermaid.render("drawn", text)).svg;
    const found = selector => [...document.querySelectorAll(selector)];
    const said = selector => found(selector).map(each => each.textContent.trim());
    return {
        kind: diagramType,
        titles: said("svg .cluster-label"),
        states: said("g.node .nodeLabel").filter(Boolean),
        edges: found("path.transition").length,
        active: found("svg script, svg img, svg iframe, svg a, svg style ~ style").length,
    };
}"""


@pytest.mark.parametrize("lang", ["en", "da"])
def test_mermaid_draws_every_phase_and_every_edge(page: Page, lang: str) -> None:
    found = drawn(page, mermaid(procedure(), lang))
    assert found["kind"] == "stateDiagram"
    assert found["titles"] == [procedure().title]
    assert sorted(found["states"]) == sorted(label("phases", each, lang) for each in Phase)
    assert found["edges"] == len(EDGES)


@pytest.mark.parametrize("text", TITLES, ids=range(len(TITLES)))
def test_a_title_stays_text_in_mermaid_and_in_dot(page: Page, text: str) -> None:
    course = hostile(text)
    said = printable(course.proposal.title or "")
    found = drawn(page, mermaid(course))
    assert (found["titles"], found["active"]) == ([said], 0)
    svg = graphviz(dot(course))
    page.evaluate("svg => { document.body.innerHTML = svg }", svg)
    titles = page.evaluate(
        "[...document.querySelectorAll('svg > g > text')].map(e => e.textContent)"
    )
    assert [" ".join(each.split()) for each in titles] == [said]
    assert page.evaluate("document.querySelectorAll('g.edge').length") == len(EDGES)
    assert page.evaluate("document.querySelectorAll('svg script, svg img, svg a').length") == 0
    assert page.evaluate("document.querySelector('svg').getBoundingClientRect().height") > 300


def graphviz(text: str) -> str:
    done = subprocess.run(
        ["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout[done.stdout.index("<svg") :]


def read(text: str | bytes) -> list[Any]:
    """Return the events that ical.js reads: when they begin and end, in UTC, and what they say."""
    content = text.encode() if isinstance(text, str) else text
    done = subprocess.run(
        ["node", "--input-type=module", "-e", READ],
        input=content,
        capture_output=True,
        check=True,
        timeout=60,
        cwd=MODULES.parent,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_ical_js_reads_the_rounds_at_the_same_instants() -> None:
    gates = procedure().gates.values()
    instants = [
        [
            (each.qualification_closes_at, None),
            (each.approval_closes_at, None),
            (each.meeting.begins_at, each.meeting.ends_at),
        ]
        for each in gates
    ]
    expected = [[*map(in_utc, pair)] for some in instants for pair in some]
    assert [each[:2] for each in read(rounds(procedure()))] == expected


def test_ical_js_reads_a_plan_at_the_same_instants_and_its_hostile_words() -> None:
    course = hostile(HOSTILE[5])
    found = plan(course.history, "2024-03-01 10:00")
    events = iter(read(calendar(found, "da")))
    for step in found.steps:
        begins, ends, summary, _ = next(events)
        gates = found.gates
        assert gates is not None
        meeting = (gates.meeting.begins_at, gates.meeting.ends_at)
        at = (
            meeting
            if step.do == "approve"
            else (step.last and step.last.replace(microsecond=0), None)
        )
        assert [begins, ends] == [*map(in_utc, at)]
        assert summary.endswith(HOSTILE[5])
    assert next(events, None) is None


def in_utc(at: Any) -> str | None:
    return None if at is None else f"{at.in_timezone('UTC').strftime('%Y-%m-%dT%H:%M:%S')}.000Z"
