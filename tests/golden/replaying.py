"""Golden cases replayed: what was asked is read from a file, what is answered is made anew.

A golden file names its policies, each by its file beside it and the words that are replaced there,
and pins their SHA-256. Each case is `given` what has happened and asked one step after another;
a step is a command, with what the funds had `committed`, or a move `under` another of the policies.
What is refused changes nothing. Run as a module, this prints all that is answered, as JSON.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import attrs

from klimaflow import Decision, History, HistoryError, Procedure
from klimaflow.commands import COMMANDS, Command
from klimaflow.parties import Actor
from klimaflow.policy import parse_procedure

HERE = Path(__file__).parent
Table = dict[str, Any]


def replayed(golden: Table) -> Table:
    """Return what a golden file has to hold for what is asked in it, as JSON values."""
    procedures = [procedure(HERE, each) for each in golden["policies"]]
    policies = [
        {**each, **{name: getattr(of, name) for name in ("id", "edition", "sha256")}}
        for each, of in zip(golden["policies"], procedures, strict=True)
    ]
    cases = [_case(each, procedures) for each in golden["cases"]]
    found: Table = json.loads(json.dumps({"policies": policies, "cases": cases}))
    return found


def procedure(folder: Path, policy: Table) -> Procedure:
    """Return the procedure of a policy file, with some of its words replaced."""
    text = (folder / policy["file"]).read_text("utf-8")
    for words, others in policy["words"]:
        assert text.count(words) == 1, words
        text = text.replace(words, others)
    return parse_procedure(text)


def _case(case: Table, procedures: list[Procedure]) -> Table:
    history = History(procedures[0])
    for each in case["given"]:
        history = history.then(asked(each))
    steps = []
    for step in case["steps"]:
        history, answer = _answered(history, step["asked"], procedures)
        steps.append({"asked": step["asked"], "answer": answer})
    found = {"name": case["name"], "given": case["given"], "steps": steps}
    if not case["given"]:
        found |= _whole(history, procedures)
    return found


def asked(said: Table) -> Command:
    """Return the command that a table of raw values asks for."""
    fields = {name: value for name, value in said.items() if name not in ("do", "committed")}
    return COMMANDS[said["do"]](**fields)


def _answered(history: History, said: Table, procedures: list[Procedure]) -> tuple[History, Table]:
    if "under" not in said:
        decision = history.decide(asked(said), committed=said.get("committed", {}))
        history = history.record(decision) if decision.permitted else history
        return history, {**_decided(decision), "phase": history.proposal.phase}
    moving = {name: value for name, value in said.items() if name != "under"}
    try:
        history = history.under(procedures[said["under"]], **moving)
    except HistoryError as error:
        return history, {"objections": str(error).splitlines()}
    return history, {"verdicts": str(history.changes[-1]).splitlines()}


def _decided(decision: Decision) -> Table:
    findings = (
        {**_without_source(each.to_dict()), "because_da": each.because_da}
        for each in decision.findings
    )
    return {
        "permitted": decision.permitted,
        "refused_by": decision.refused_by,
        "remarks": decision.remarks,
        "findings": list(findings),
    }


def _without_source(finding: Table) -> Table:
    return {name: value for name, value in finding.items() if name != "source"}


def _whole(history: History, procedures: list[Procedure]) -> Table:
    """Return all that a history comes to: the proposal, and the records, which say it again."""
    records = history.to_records()
    read = History.from_records(records, *procedures)
    assert read == history, "the records do not say what was recorded"
    assert all(decision.permitted for decision in read.decisions())
    return {"proposal": plain(read.proposal), "records": records}


def plain(value: Any) -> Table:
    """Return an attrs object as JSON values."""
    return attrs.asdict(value, value_serializer=lambda _owner, _field, each: _plain(each))


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Actor) else value


def files() -> Iterator[tuple[str, Table]]:
    """Yield each golden file by its name."""
    for path in sorted(HERE.glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    json.dump({name: replayed(golden) for name, golden in files()}, sys.stdout)
