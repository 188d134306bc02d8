"""Takes stories through an exported state chart with python-statemachine and with Qt's QtScxml.

`charts.py CHART STORIES` prints, for each story and interpreter, the state after each event, and
whether the chart has come to its end.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtScxml import QScxmlStateMachine
from statemachine.io.scxml.processor import SCXMLProcessor

States = Iterator[tuple[str, bool]]


def python(path: str, events: Iterable[str]) -> States:
    processor = SCXMLProcessor()
    processor.parse_scxml("chart", Path(path).read_text("utf-8"))
    chart = processor.start()
    for event in events:
        chart.send(event)
        (state,) = chart.configuration_values
        yield state, chart.is_terminated


def qt(path: str, events: Iterable[str]) -> States:
    loop = QCoreApplication.instance() or QCoreApplication([])
    chart = QScxmlStateMachine.fromFile(path)
    assert chart.parseErrors() == []
    assert chart.init()
    chart.start()
    loop.processEvents()
    for event in events:
        chart.submitEvent(event)
        loop.processEvents()
        (state,) = chart.activeStateNames()
        yield state, not chart.isRunning()


INTERPRETERS: dict[str, Callable[[str, Iterable[str]], States]] = {"python": python, "qt": qt}


def main(path: str, stories: str) -> None:
    told = json.loads(Path(stories).read_text("utf-8"))
    found = {
        interpreter: {name: [*run(path, events)] for name, events in told.items()}
        for interpreter, run in INTERPRETERS.items()
    }
    print(json.dumps(found))


main(*sys.argv[1:])
