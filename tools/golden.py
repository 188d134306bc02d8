"""Writes the golden histories anew, on purpose: `make golden`, then read the difference.

What is asked comes from the examples, from the courses of the tests and from the line of each rule.
The policy files beside them stay: they are those of the release whose answers are kept.
"""

import json
from pathlib import Path
from typing import Any

from klimaflow import History, Phase, Procedure
from klimaflow.case import load_case
from klimaflow.commands import Command
from tests import test_rules
from tests.conftest import SECRETARIAT, SHIPPED, command, consent, in_phase, nearly_every_event
from tests.golden import replaying

ROOT = Path(__file__).parent.parent
POLICY = {"file": f"{SHIPPED}.toml", "words": []}
SOONER = {
    "file": f"{SHIPPED}.toml",
    "words": [
        ["edition = 1", "edition = 2"],
        ['approval = "torsdag 2024-04-25 09:00"', 'approval = "fredag 2024-04-19 09:00"'],
    ],
}
MORE = {
    "file": f"{SHIPPED}.toml",
    "words": [["edition = 1", "edition = 3"], ["minimum = 3", "minimum = 4"]],
}
MOVE = {"by": SECRETARIAT, "reason": "Fristen var læst forkert.", "at": "2024-05-02 10:00"}
LATE = "11 submit-for-approval"

Table = dict[str, Any]


def said(asked: Command, committed: Any = None) -> Table:
    """Return a command as a table of raw values, as a case file would have it."""
    fields = {name: value for name, value in replaying.plain(asked).items() if value is not None}
    return {"do": asked.do, **fields, **({"committed": dict(committed)} if committed else {})}


def case(name: str, steps: list[Table], given: list[Table] | None = None) -> Table:
    return {"name": name, "given": given or [], "steps": [{"asked": each} for each in steps]}


def course(history: History) -> list[Table]:
    """Return what was asked in a history, one command for each event."""
    return [said(decision.command, decision.facts.committed) for decision in history.decisions()]


def examples() -> list[Table]:
    found = []
    for path in sorted((ROOT / "examples").glob("*.toml")):
        followed = load_case(path)
        steps = [said(step.command, followed.committed) for step in followed.steps]
        found.append(case(followed.name, steps))
    return found


def courses(procedure: Procedure) -> list[Table]:
    ends = [case(str(phase), course(in_phase(phase, procedure))) for phase in Phase if phase.final]
    return [case("nearly every event", course(nearly_every_event(procedure))), *ends]


def lines(procedure: Procedure) -> list[Table]:
    """Return for each rule what is just on the one side of its line, and on the other."""
    found = []
    for rule, (do, *sides) in test_rules.LINES.items():
        for side, when in zip(("kept", "broken"), sides, strict=True):
            before = in_phase(when.given.phase, procedure, **when.given.changes)
            given = [*course(before), *map(said, when.given.commands)]
            found.append(case(f"{rule}, {side}", [said(command(do, **when.changes))], given))
    return found


def moved(procedure: Procedure) -> list[Table]:
    """Return a case that is moved twice and back, with all that stands in the way of it."""
    steps = [
        *course(in_phase(Phase.APPROVAL_PROCESS, procedure)),
        {"under": 0, **MOVE, "accept": []},
        {"under": 1, **MOVE, "accept": []},
        {"under": 1, **MOVE, "accept": [LATE, "1 register-idea"], "at": "2024-04-01 10:00"},
        {"under": 1, **MOVE, "accept": [LATE]},
        said(command("put-before-committee")),
        said(command("approve")),
        {"under": 2, **MOVE, "at": "2024-06-01 10:00", "accept": [LATE]},
        {"under": 2, **MOVE, "at": "2024-06-01 10:00", "accept": [LATE]},
        said(consent("realdania", 1_500_000)),
        said(consent("region-syddanmark", 500_000)),
        said(command("start")),
        {"under": 0, **MOVE, "at": "2024-06-30 10:00", "accept": []},
        said(command("start")),
    ]
    return [case("moved twice and back", steps)]


def written() -> dict[str, Table]:
    """Return each golden file by its name."""
    procedure = replaying.procedure(replaying.HERE, POLICY)
    whole = {
        "examples": ([POLICY], examples()),
        "courses": ([POLICY], courses(procedure)),
        "lines": ([POLICY], lines(procedure)),
        "moved": ([POLICY, SOONER, MORE], moved(procedure)),
    }
    return {
        name: replaying.replayed({"policies": policies, "cases": cases})
        for name, (policies, cases) in whole.items()
    }


def laid_out(value: Any, indent: str = "") -> str:
    """Return a value as JSON in which what fits on a longish line, such as a finding, is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= 500 or not isinstance(value, dict | list):
        return line
    inner, (begin, end) = f"{indent} ", "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {laid_out(each, inner)}" for key, each in value.items()]
    else:
        parts = [laid_out(each, inner) for each in value]
    return f"{begin}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{end}"


if __name__ == "__main__":
    for name, golden in written().items():
        path = replaying.HERE / f"{name}.json"
        path.write_text(laid_out(golden) + "\n", "utf-8")
        print(f"{path.relative_to(ROOT)}: {len(golden['cases'])} cases")
