"""Stories: case files that say what they expect of each step.

A story is a case file whose steps may have `permitted` and `refused_by`. A step that says neither
is expected to be permitted; one that says only `permitted = false` may be refused by any rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from klimaflow.case import Expected, load_case
from klimaflow.decider import Decision

__all__ = ["StoryFailed", "check_story"]


class StoryFailed(AssertionError):
    """A story went otherwise than it says; the message shows each such decision whole."""


def check_story(path: str | Path) -> None:
    """Follow the story in a file.

    Raises `StoryFailed` if a step is decided otherwise than expected, with every such step, and
    `CaseError` if the file cannot be read.
    """
    story = load_case(path, story=True)
    failures = [
        f"step[{number}]: {wrong}\n{decision}"
        for number, (step, decision, _) in enumerate(story.follow())
        for wrong in _unlike(step.expected, decision)
    ]
    if failures:
        raise StoryFailed("\n\n".join([f"{story.name} goes otherwise than it says", *failures]))


def _unlike(expected: Expected, decision: Decision) -> Iterator[str]:
    """Yield what is otherwise than expected."""
    refused_by = expected.refused_by
    permitted = not refused_by if expected.permitted is None else expected.permitted
    if decision.permitted is not permitted:
        yield "expected permitted" if permitted else "expected refused"
    elif refused_by is not None and decision.refused_by != tuple(sorted(refused_by)):
        yield f"expected refused by {', '.join(sorted(refused_by)) or 'nothing'}"
