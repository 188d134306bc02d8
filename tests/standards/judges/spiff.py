"""Takes stories through an exported process with SpiffWorkflow: `spiff.py PROCESS STORIES`.

The engine chooses by what is done next, and its timers by the clock of the story. Prints, for each
story, the ids of its end events, and each step with its lane and the id of its task; or, if it was
too late, of the event that waits for the next step.
"""

import json
import sys
from datetime import datetime, timedelta, tzinfo
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, IntermediateCatchEvent
from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

Step = dict[str, Any]


class Clock(datetime):
    """Stands a microsecond behind the step asked for: a timer fires when its time is past."""

    moment: datetime

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Clock":
        return cls.fromisoformat(cls.moment.astimezone(tz).isoformat())


class Host:
    """Asks for one step of a story after another: when the last is done, or its time is over."""

    def __init__(self, spec: Any, steps: list[Step]) -> None:
        self.workflow: Any = BpmnWorkflow(spec)
        self.steps, self.done = iter(steps), list[Step]()
        self.ask({})

    def ask(self, data: Step) -> Step:
        step = next(self.steps, {})
        if step:
            Clock.moment = datetime.fromisoformat(step["at"]) + timedelta(microseconds=1)
        data.update({name: step.get(name) for name in ("do", "round", "funder")})
        return data

    def told(self) -> dict[str, Any]:
        self.settle()
        while not self.workflow.is_completed():
            (task,) = self.open()
            spec = task.task_spec
            self.done.append({"id": spec.bpmn_id, "lane": spec.lane})
            if isinstance(spec, IntermediateCatchEvent):
                self.workflow.send_event(BpmnEvent(spec.event_definition, self.ask({})))
            else:
                self.ask(task.data)
                task.run()
            self.settle()
        ends = self.workflow.get_tasks(state=TaskState.COMPLETED, spec_class=EndEvent)
        return {"ends": [each.task_spec.bpmn_id for each in ends], "steps": self.done}

    def open(self) -> list[Any]:
        """Return the task that is to be done, or the event that waits for the next step."""
        waiting = {"state": TaskState.WAITING, "spec_class": IntermediateCatchEvent}
        found = self.workflow.get_tasks(state=TaskState.READY)
        return list(found or self.workflow.get_tasks(**waiting))

    def settle(self) -> None:
        """Let the engine work; a timer that fires at the end of its work needs it once more."""
        self.workflow.do_engine_steps()
        self.workflow.do_engine_steps()


def main(path: str, stories: str) -> None:
    timer.datetime = Clock
    parser = BpmnParser(validator=BpmnValidator())
    parser.add_bpmn_file(path)
    (process,) = parser.get_process_ids()
    spec = parser.get_spec(process)
    with open(stories, encoding="utf-8") as file:
        told_by = {name: Host(spec, steps).told() for name, steps in json.load(file).items()}
    print(json.dumps(told_by))


main(*sys.argv[1:])
