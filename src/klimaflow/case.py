"""A case file in, its steps as commands out; every mistake named at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from attrs import field, frozen

from klimaflow import fields
from klimaflow.commands import COMMANDS, AssessCriterion, Command
from klimaflow.decider import Decision
from klimaflow.entries import tables
from klimaflow.errors import CaseError, PolicyError
from klimaflow.fields import Unreadable, readable
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.policy import load_procedure, parse_toml, read_bytes, shipped, unreadable
from klimaflow.procedure import Procedure

A = TypeVar("A")
B = TypeVar("B")

__all__ = ["Case", "Step", "load_case", "parse_case", "parse_command"]


@frozen
class Step(Sheet):
    """One step of a case: a command."""

    command: Command


@frozen
class Case(Sheet):
    """A proposal's steps, to be taken under one procedure.

    `committed` is what each fund has promised to other tracks, in kroner.
    """

    name: str
    procedure: Procedure
    steps: tuple[Step, ...]
    committed: FrozenMap[str, int] = field(default=FrozenMap())

    def follow(self) -> Iterator[tuple[Step, Decision, History]]:
        """Yield each step, its decision, and the history after it, unchanged by a refusal."""
        history = History(self.procedure)
        for step in self.steps:
            decision = history.decide(step.command, committed=self.committed)
            history = history.record(decision) if decision.permitted else history
            yield step, decision, history


def load_case(path: str | Path) -> Case:
    """Return the case in a file; raises `CaseError` with every mistake of the file and its path."""
    return parse_case(file_content(path), folder=Path(path).parent)


def parse_case(text: str | bytes, *, folder: Path | None = None) -> Case:
    """Return the case that the text of a case file describes.

    Its procedure is a shipped one, or a policy file in `folder` or below it. Raises `CaseError`.
    """
    try:
        table = parse_toml(text)
        raw, procedure = both(lambda: fields.read(_Raw, table), lambda: _laid_down(table, folder))
    except Unreadable as error:
        raise CaseError(error.lines()) from None
    assert procedure is not None, "a case that names none has been refused"
    return Case(raw.case, procedure, raw.step, raw.committed)


def parse_command(table: object, procedure: Procedure) -> Command:
    """Return the command that a table asks for, as a step of a case file does.

    The table has the command's name under `do`, and its fields; it may come from JSON. What it
    names must be the procedure's. Raises `CaseError` with every problem and its path.
    """
    named = table if isinstance(table, Mapping) else {}
    try:
        return fields.checked(read_command, lambda _: unknown_criterion(named, procedure))(table)
    except Unreadable as error:
        raise CaseError(error.lines()) from None


def file_content(path: str | Path) -> bytes:
    """Return the content of a case or story file; raise `CaseError` if it cannot be read."""
    try:
        return read_bytes(Path(path))
    except Unreadable as error:
        raise CaseError(error.lines()) from None
    except (OSError, ValueError) as error:
        raise CaseError([unreadable(path, error)]) from None


def read_command(value: object, *, ignore: Iterable[str] = ()) -> Command:
    """Read a command as a step asks for it: `do`, its fields, and keys that are others' to read."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    do = value.get("do")
    if not isinstance(do, str) or do not in COMMANDS:
        near = get_close_matches(fields.shown(do), COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(COMMANDS)}"
        stated = "is missing" if do is None else f"{fields.shown(do)!r} is no command"
        raise Unreadable(("do", f"{stated}; {hint}"))
    said = {key: given for key, given in value.items() if key != "do"}
    if isinstance(at := said.get("at"), datetime) and at.tzinfo is None:
        said["at"] = at.isoformat(" ")  # without an offset it is Danish wall-clock time
    return fields.read(COMMANDS[do], said, ignore=ignore)


@frozen(kw_only=True)
class Head:
    """What a case says before its steps."""

    case: str = field(metadata=fields.reads(fields.visible))
    procedure: str = field(metadata=fields.reads(fields.visible))
    committed: FrozenMap[str, int] = field(
        default=FrozenMap(), metadata=fields.reads(fields.amounts)
    )


@frozen(kw_only=True)
class _Raw(Head):
    step: tuple[Step, ...] = field(
        metadata=fields.reads(fields.each(lambda value: Step(read_command(value))))
    )


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Return what both make; if either fails, raise the problems of both."""
    try:
        one = first()
    except Unreadable as error:
        try:
            second()
        except Unreadable as also:
            raise Unreadable(*error.problems, *also.problems) from None
        raise
    return one, second()


def _laid_down(table: Mapping[str, Any], folder: Path | None) -> Procedure | None:
    """Return the case's procedure; raise `Unreadable` for what the case names and it lacks."""
    which = table.get("procedure")
    if readable(fields.visible, which) is None:
        return None  # missing, or no text
    procedure = policy_of(str(which), folder, load_procedure)
    unknown = [*unknown_funds(table, procedure)]
    for number, step in enumerate(tables(table.get("step"))):
        found = unknown_criterion(step, procedure)
        unknown += ((f"step[{number}].{path}", problem) for path, problem in found)
    if unknown:
        raise Unreadable(*unknown)
    return procedure


def policy_of(which: str, folder: Path | None, load: Callable[[str | Path], A]) -> A:
    """Load what a case names: a shipped procedure, or a policy file in the folder or below it.

    Raises `Unreadable` for any other file, and with the problems of the file.
    """
    known = f"a shipped procedure ({', '.join(shipped())})"
    if which in shipped():
        return load(which)
    if folder is None or "\0" in which:
        raise Unreadable(("procedure", f"{which[:200]!r} is not {known}"))
    path = Path(os.path.realpath(folder / which))  # os.path raises for no name, however strange
    if not path.is_relative_to(os.path.realpath(folder)) or not os.path.isfile(path):
        sentence = f"{which[:200]!r} is neither {known} nor a file in this folder or below it"
        raise Unreadable(("procedure", sentence))
    try:
        return load(path)
    except PolicyError as error:
        raise Unreadable(*(("procedure", problem) for problem in error.problems)) from None


def unknown_funds(table: Mapping[str, Any], procedure: Procedure) -> Iterator[tuple[str, str]]:
    """Yield each fund that the case has commitments of and the procedure does not have."""
    funds = [each.id for each in procedure.funds]
    committed = table.get("committed")
    for fund in committed if isinstance(committed, Mapping) else ():
        if fund not in funds:
            problem = f"is no fund of the procedure; those are {', '.join(funds)}"
            yield f"committed.{fields.in_path(fund)}", problem


def unknown_criterion(step: Mapping[str, Any], procedure: Procedure) -> Iterator[tuple[str, str]]:
    """Yield the criterion that a step assesses, if the procedure does not have it."""
    criteria = [each.id for each in procedure.criteria]
    named = readable(fields.identifier, step.get("criterion"))
    if step.get("do") == AssessCriterion.do and named and named not in criteria:
        yield "criterion", f"{named} is none of {', '.join(criteria)}"
