"""The exports of two procedures, and programs that others wrote, which judge them.

The programs are in an environment of their own, and from npm: `make standards` sets both up.
"""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from klimaflow import History, Procedure, load_procedure
from klimaflow.exports import bpmn, scxml, xes
from tests.conftest import nearly_every_event, policy
from tests.standards.stories import Story, examples, lines, lived, stories

HERE = Path(__file__).parent
PYTHON = HERE.parent.parent / ".venv-standards/bin/python"
NODE_MODULES = HERE / "node_modules"
DRAWN = 25
QUIETLY = {"QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
HOSTILE = """<script>alert('&amp;')</script>" ]]> %s {0}"""
STRANGE = "9:<&'{}]]>"

EXCLUSIVE = (
    '"exclusive"\nvalue = "inclusive"',
    '"exclusive"\nvalue = "exclusive"',
)
NOT_QUALIFIED = (
    "[readings.qualification_required]\nvalue = true",
    "[readings.qualification_required]\nvalue = false",
)
OTHERWISE = (
    EXCLUSIVE,
    NOT_QUALIFIED,
    ('label_da = "foråret 2024"', f"label_da = {json.dumps(HOSTILE)}"),
    ('name = "Region Sjælland"', f"name = {json.dumps(HOSTILE)}"),
    ('[[funders]]\nid = "region-sjaelland"', f"[[funders]]\nid = {json.dumps(STRANGE)}"),
    ('"region-hovedstaden", "region-sjaelland"]', f'"region-hovedstaden", {json.dumps(STRANGE)}]'),
    ('amend-grant = ["secretariat"]', "amend-grant = []"),
)


@frozen
class World:
    """A procedure, stories under it, and a folder with its exports in a language."""

    procedure: Procedure
    stories: tuple[Story, ...]
    lang: str
    folder: Path

    @property
    def process(self) -> Path:
        return self.folder / "process.bpmn"

    @property
    def chart(self) -> Path:
        return self.folder / "chart.scxml"

    @property
    def log(self) -> Path:
        return self.folder / "log.xes"

    @property
    def logged(self) -> dict[str, History]:
        """The histories of the log, by the names of their stories: those with an event."""
        return {each.name: each.history for each in self.stories if each.history.events}

    def written(self, name: str, value: object) -> Path:
        """Return the path of a new file with a value as JSON."""
        path = self.folder / name
        path.write_text(json.dumps(value), "utf-8")
        return path


def shipped() -> tuple[Procedure, Iterable[Story], str]:
    procedure = load_procedure("klimaalliancen-2024")
    eventful = lived("nearly every event", nearly_every_event(procedure))
    return procedure, [*examples(), eventful, *lines(procedure), *stories(procedure, DRAWN)], "en"


def other() -> tuple[Procedure, Iterable[Story], str]:
    """In Danish, with other readings, names that are markup, and something that nobody may do."""
    procedure = policy(*OTHERWISE)
    return procedure, stories(procedure, DRAWN), "da"


@pytest.fixture(scope="session", params=[shipped, other], ids=lambda each: each.__name__)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    procedure, told, lang = request.param()
    found = World(procedure, tuple(told), lang, tmp_path_factory.mktemp("exports"))
    found.process.write_text(bpmn(procedure, lang), "utf-8")
    found.chart.write_text(scxml(procedure), "utf-8")
    found.log.write_text(xes(found.logged, lang), "utf-8")
    return found


def judged(judge: str, *files: Path) -> Any:
    """Return what a judge in Python says of some files: the last line that it prints, as JSON."""
    return json.loads(ran(PYTHON, HERE / "judges" / judge, *files).splitlines()[-1])


def ran(*command: Path | str) -> str:
    """Return what a program prints; it fails if the program does."""
    done = subprocess.run(
        command, env={**os.environ, **QUIETLY}, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout
