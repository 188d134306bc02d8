"""Stories: case files that say what they expect of each step.

A step may say `permitted`, `refused_by`, `remarks`, `phase` and `findings`; one that says neither
of the first two is expected to be permitted. It may have a table of outcomes: the same step with
other values, asked of the proposal as it then stands and not taken. `at` may be a moment of a
round, see `klimaflow.testing.relative`, and patches may change the policy, see
`klimaflow.testing.patches`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from klimaflow import fields
from klimaflow.case import (
    Head,
    both,
    file_content,
    policy_of,
    read_command,
    unknown_criterion,
    unknown_funds,
)
from klimaflow.commands import Command
from klimaflow.decider import Decision
from klimaflow.errors import CaseError, MomentError, PolicyError
from klimaflow.fields import Unreadable, readable
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.markup.sheet import Sheet
from klimaflow.policy import parse_toml, policy_table, read_procedure
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase
from klimaflow.testing.expected import Expected, Unlike, read_expected
from klimaflow.testing.patches import Patch, patched, read_patch
from klimaflow.testing.relative import is_relative, moment_of_a_round

__all__ = [
    "Answer",
    "Asked",
    "Story",
    "StoryFailed",
    "StoryStep",
    "Told",
    "check_story",
    "load_story",
    "parse_story",
]

_EXPECTATIONS = tuple(attrs.fields_dict(Expected))
_ANY_TIME = "2000-01-01 00:00"
_KEY = re.compile(r"[.\[]")


@frozen
class Asked(Sheet):
    """A command of a story, what is expected of it, and where it stands: `step[1].outcome[0]`."""

    where: str
    command: Command
    expected: Expected


@frozen
class StoryStep(Asked):
    """A step of a story, and what would have come of the same step with other values."""

    outcomes: tuple[Asked, ...] = ()


@frozen(eq=False)
class Answer(Sheet):
    """What was decided on a step or an outcome; `phase` is the one after it."""

    asked: Asked
    decision: Decision
    phase: Phase | None

    @property
    def unlike(self) -> tuple[Unlike, ...]:
        """What is otherwise than expected."""
        return self.asked.expected.unlike(self.decision, self.phase)


@frozen
class Story(Sheet):
    """A proposal's steps under one procedure, and what is expected of them.

    `unpatched` is the procedure as its file lays it down, and `table` what that file says.
    `committed` is what each fund has promised to other tracks, in kroner.
    """

    name: str
    procedure: Procedure
    unpatched: Procedure
    table: Mapping[str, Any] = field(repr=False)
    patches: tuple[Patch, ...]
    steps: tuple[StoryStep, ...]
    committed: FrozenMap[str, int]

    def answers(self) -> Iterator[Answer]:
        """Yield the answer to each step, and before it those to its outcomes, which change nothing.

        A refused step changes nothing either.
        """
        history = History(self.procedure)
        for step in self.steps:
            after = history
            for asked in (*step.outcomes, step):
                decision = history.decide(asked.command, committed=self.committed)
                after = history.record(decision) if decision.permitted else history
                yield Answer(asked, decision, after.proposal.phase)
            history = after


@frozen(eq=False)
class Told(Sheet):
    """A story as it went; `name` is that of its file, as it was given."""

    name: str
    story: Story
    answers: tuple[Answer, ...]

    @classmethod
    def of(cls, name: str, story: Story) -> Told:
        """Follow a story."""
        return cls(name, story, tuple(story.answers()))

    @property
    def unlike(self) -> tuple[tuple[Answer, Unlike], ...]:
        """What went otherwise than the story says, and the answers in which it did."""
        return tuple((answer, each) for answer in self.answers for each in answer.unlike)


class StoryFailed(AssertionError):
    """A story went otherwise than it says; the message shows each such decision whole."""


def check_story(path: str | Path) -> None:
    """Follow the story in a file.

    Raises `StoryFailed` if anything is decided otherwise than expected, with every such decision,
    and `CaseError` if the file cannot be read.
    """
    told = Told.of(str(path), load_story(path))
    failures = [
        f"{answer.asked.where}: {unlike.explained('en')}\n{answer.decision}"
        for answer, unlike in told.unlike
    ]
    if failures:
        head = f"{told.story.name} goes otherwise than it says"
        raise StoryFailed("\n\n".join([head, *failures]))


def load_story(path: str | Path) -> Story:
    """Return the story in a file; raises `CaseError` with every mistake and its path."""
    return parse_story(file_content(path), folder=Path(path).parent)


def parse_story(text: str | bytes, *, folder: Path | None = None) -> Story:
    """Return the story that a text tells.

    Its procedure is a shipped one, or a policy file in `folder` or below it. Raises `CaseError`.
    """
    try:
        return _read(parse_toml(text), folder)
    except Unreadable as error:
        raise CaseError(error.lines()) from None


@frozen(kw_only=True)
class _Head(Head):
    patch: tuple[Patch, ...] = field(default=(), metadata=fields.reads(fields.each(read_patch)))
    step: tuple[Any, ...] = field(metadata=fields.reads(fields.each(lambda value: value)))


@frozen
class _Policy:
    """What a policy file says, and the procedure that it lays down without and with patches."""

    table: Mapping[str, Any]
    unpatched: Procedure
    procedure: Procedure


def _read(table: dict[str, Any], folder: Path | None) -> Story:
    policy: _Policy | None = None
    problems: list[tuple[str, str]] = []
    try:
        policy = _policy(table, folder)
    except Unreadable as error:
        problems += error.problems
    if policy is not None:
        problems += unknown_funds(table, policy.procedure)
    tell = partial(_told, procedure=None if policy is None else policy.procedure)
    head, steps = fields.checked(tell, lambda _: problems)(table)
    assert policy is not None, "a story that names no procedure has been refused"
    return Story(
        head.case,
        policy.procedure,
        policy.unpatched,
        policy.table,
        head.patch,
        steps,
        head.committed,
    )


def _told(
    table: Mapping[str, Any], procedure: Procedure | None
) -> tuple[_Head, tuple[StoryStep, ...]]:
    """Read all but the policy; without a procedure, moments of a round are not looked up."""
    return both(partial(fields.read, _Head, table), partial(_steps, table.get("step"), procedure))


def _policy(table: Mapping[str, Any], folder: Path | None) -> _Policy | None:
    which = table.get("procedure")
    if readable(fields.visible, which) is None:
        return None  # missing, or no text
    said, unpatched = policy_of(str(which), folder, _laid_down)
    patches = readable(fields.each(read_patch), table.get("patch", []))
    procedure = patched_procedure(said, patches) if patches else unpatched
    return _Policy(said, unpatched, procedure)


def _laid_down(which: str | Path) -> tuple[Mapping[str, Any], Procedure]:
    said = policy_table(which)
    return said, read_procedure(said)


def patched_procedure(said: Mapping[str, Any], patches: tuple[Patch, ...]) -> Procedure:
    """Return the procedure of a patched policy file, read as any other is.

    Raises `Unreadable` for a patch that does not fit, and for what the patches contradict.
    """
    try:
        return read_procedure(patched(said, patches))
    except Unreadable as error:
        raise Unreadable(*error.under("patch")) from None
    except PolicyError as error:
        raise Unreadable(*(("patch", problem) for problem in error.problems)) from None


def _steps(value: object, procedure: Procedure | None) -> tuple[StoryStep, ...]:
    if not isinstance(value, list):
        return ()  # the head says so
    steps = (
        (f"step[{n}]", partial(_step, raw, procedure, f"step[{n}]")) for n, raw in enumerate(value)
    )
    return tuple(fields.gathered(steps))


def _step(value: object, procedure: Procedure | None, where: str) -> StoryStep:
    """Read a step: `do`, the fields of that command, what is expected, and the outcomes."""
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    step = {key: each for key, each in value.items() if key != "outcome"}
    base = {key: each for key, each in step.items() if key not in _EXPECTATIONS}
    (command, expected), outcomes = both(
        partial(_asked, step, procedure),
        partial(_outcomes, value.get("outcome", []), base, procedure, where),
    )
    return StoryStep(where, command, expected, outcomes)


def _outcomes(
    value: object, base: dict[str, Any], procedure: Procedure | None, where: str
) -> tuple[Asked, ...]:
    if not isinstance(value, list):
        raise Unreadable(("outcome", "expected a list of tables"))
    paths = [f"outcome[{number}]" for number, _ in enumerate(value)]
    return tuple(
        fields.gathered(
            (path, partial(_outcome, raw, base, procedure, f"{where}.{path}"))
            for path, raw in zip(paths, value, strict=True)
        )
    )


def _outcome(value: object, base: dict[str, Any], procedure: Procedure | None, where: str) -> Asked:
    """Read an outcome: some fields of its step with other values, and what is expected then.

    What is wrong with the step's own values is the step's to say.
    """
    if not isinstance(value, Mapping):
        raise Unreadable("expected a table")
    problems = [(key, "is the step's to say") for key in ("do", "outcome") if key in value]
    said = {key: each for key, each in value.items() if key not in ("do", "outcome")}
    try:
        command, expected = _asked({**base, **said}, procedure)
    except Unreadable as error:
        problems += (each for each in error.problems if _KEY.split(each[0])[0] in said)
        raise Unreadable(*problems) from None
    if problems:
        raise Unreadable(*problems)
    return Asked(where, command, expected)


def _asked(value: Mapping[str, Any], procedure: Procedure | None) -> tuple[Command, Expected]:
    expected = {key: each for key, each in value.items() if key in _EXPECTATIONS}
    return both(partial(_command, value, procedure), partial(read_expected, expected))


def _command(said: Mapping[str, Any], procedure: Procedure | None) -> Command:
    problems = [] if procedure is None else [*unknown_criterion(said, procedure)]
    if is_relative(said.get("at")):
        at: object = None
        try:
            at = moment_of_a_round(said["at"], procedure)
        except Unreadable as error:
            problems += error.under("at")
        except MomentError as error:
            problems.append(("at", str(error)))
        said = {**said, "at": at or _ANY_TIME}
    reader = partial(read_command, ignore=(*_EXPECTATIONS, "outcome"))
    return fields.checked(reader, lambda _: problems)(said)
