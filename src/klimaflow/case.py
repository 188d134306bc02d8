"""A case file in, its steps as commands out; every mistake named at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.commands import COMMANDS, AssessCriterion, Command
from klimaflow.decider import Decision
from klimaflow.entries import tables
from klimaflow.errors import CaseError, PolicyError
from klimaflow.fields import Unreadable, readable
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.policy import load_procedure, parse_toml, read_bytes, shipped, unreadable
from klimaflow.procedure import Procedure
from klimaflow.rules import RULES

A = TypeVar("A")
B = TypeVar("B")

__all__ = ["Case", "Expected", "Step", "load_case", "parse_case"]


def _rule(value: object) -> str:
    if fields.text(value) not in RULES:
        near = get_close_matches(fields.shown(value), RULES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Unreadable(f"{fields.shown(value)!r} is no rule{hint}")
    return str(value)


@frozen
class Expected:
    """What a story expects of a step; None expects nothing."""

    permitted: bool | None = field(default=None, metadata=fields.reads(fields.flag))
    refused_by: tuple[str, ...] | None = field(
        default=None, metadata=fields.reads(fields.each(_rule))
    )


@frozen
class Step:
    """One step of a case: a command, and in a story what is expected of it."""

    command: Command
    expected: Expected = Expected()


@frozen
class Case:
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


def load_case(path: str | Path, *, story: bool = False) -> Case:
    """Return the case in a file; in a `story` a step may say what is expected of it.

    Raises `CaseError` with every mistake of the file and its path.
    """
    file = Path(path)
    try:
        content = read_bytes(file)
    except Unreadable as error:
        raise CaseError(error.lines()) from None
    except (OSError, ValueError) as error:
        raise CaseError([unreadable(path, error)]) from None
    return parse_case(content, folder=file.parent, story=story)


def parse_case(text: str | bytes, *, folder: Path | None = None, story: bool = False) -> Case:
    """Return the case that the text of a case file describes.

    Its procedure is a shipped one, or a policy file in `folder` or below it. Raises `CaseError`.
    """
    try:
        table = parse_toml(text)
        raw, procedure = _both(
            lambda: fields.read(_RawStory if story else _Raw, table),
            lambda: _laid_down(table, folder),
        )
    except Unreadable as error:
        raise CaseError(error.lines()) from None
    assert procedure is not None, "a case that names none has been refused"
    return Case(raw.case, procedure, raw.step, raw.committed)


def _step(value: object, *, story: bool) -> Step:
    """Read a step: `do`, the fields of that command, and in a story what is expected."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    do = value.get("do")
    if not isinstance(do, str) or do not in COMMANDS:
        near = get_close_matches(fields.shown(do), COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(COMMANDS)}"
        stated = "is missing" if do is None else f"{fields.shown(do)!r} is no command"
        raise Unreadable(("do", f"{stated}; {hint}"))
    expected = attrs.fields_dict(Expected) if story else {}
    said = {key: given for key, given in value.items() if key != "do" and key not in expected}
    if isinstance(at := said.get("at"), datetime) and at.tzinfo is None:
        said["at"] = at.isoformat(" ")  # without an offset it is Danish wall-clock time
    return Step(
        *_both(
            lambda: fields.read(COMMANDS[do], said),
            lambda: _expected({key: value[key] for key in expected if key in value}),
        )
    )


def _expected(value: Mapping[str, Any]) -> Expected:
    expected = fields.read(Expected, value)
    if expected.permitted and expected.refused_by:
        raise Unreadable(("permitted", "is true, and yet refused_by names rules"))
    return expected


@frozen(kw_only=True)
class _Raw:
    case: str = field(metadata=fields.reads(fields.visible))
    procedure: str = field(metadata=fields.reads(fields.visible))
    committed: FrozenMap[str, int] = field(
        default=FrozenMap(), metadata=fields.reads(fields.amounts)
    )
    step: tuple[Step, ...] = field(metadata=fields.reads(fields.each(partial(_step, story=False))))


@frozen(kw_only=True)
class _RawStory(_Raw):
    step: tuple[Step, ...] = field(metadata=fields.reads(fields.each(partial(_step, story=True))))


def _both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
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
    procedure = _procedure(str(which), folder)
    unknown = [*_unknown(table, procedure)]
    if unknown:
        raise Unreadable(*unknown)
    return procedure


def _procedure(which: str, folder: Path | None) -> Procedure:
    """Load a shipped procedure, or a policy file in the folder or below it and nowhere else."""
    known = f"a shipped procedure ({', '.join(shipped())})"
    if which in shipped():
        return load_procedure(which)
    if folder is None or "\0" in which:
        raise Unreadable(("procedure", f"{which[:200]!r} is not {known}"))
    path = Path(os.path.realpath(folder / which))  # os.path raises for no name, however strange
    if not path.is_relative_to(os.path.realpath(folder)) or not os.path.isfile(path):
        sentence = f"{which[:200]!r} is neither {known} nor a file in this folder or below it"
        raise Unreadable(("procedure", sentence))
    try:
        return load_procedure(path)
    except PolicyError as error:
        raise Unreadable(*(("procedure", problem) for problem in error.problems)) from None


def _unknown(table: Mapping[str, Any], procedure: Procedure) -> Iterator[tuple[str, str]]:
    """Yield each fund and each criterion that the case names and the procedure does not have."""
    funds = [each.id for each in procedure.funds]
    committed = table.get("committed")
    for fund in committed if isinstance(committed, Mapping) else ():
        if fund not in funds:
            problem = f"is no fund of the procedure; those are {', '.join(funds)}"
            yield f"committed.{fields.in_path(fund)}", problem
    criteria = [each.id for each in procedure.criteria]
    for number, step in enumerate(tables(table.get("step"))):
        named = readable(fields.identifier, step.get("criterion"))
        if step.get("do") == AssessCriterion.do and named and named not in criteria:
            yield f"step[{number}].criterion", f"{named} is none of {', '.join(criteria)}"
