"""Every error that klimaflow raises on purpose, as one tree.

    KlimaflowError
    ├── MomentError (ValueError)   a time without a zone, or one that does not exist
    ├── PolicyError (ValueError)   a policy file that cannot be read: `.problems`
    ├── CaseError (ValueError)     a case, story or command that cannot be read: `.problems`
    ├── NotPermitted               a command that the procedure refuses: `.decision`
    ├── HistoryError               records, a decision or a move that do not continue a history
    └── NotDrawn                   a picture that Graphviz would lay out, and Graphviz is missing

A refusal is an answer, not an error: `decide` returns it. Only those who asked for the deed
itself (`History.then`, a trigger of the machine) get it as `NotPermitted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from klimaflow.decider import Decision

__all__ = [
    "CaseError",
    "HistoryError",
    "KlimaflowError",
    "MomentError",
    "NotDrawn",
    "NotPermitted",
    "PolicyError",
]


class KlimaflowError(Exception):
    """The root of all errors that klimaflow raises on purpose."""


class MomentError(KlimaflowError, ValueError):
    """A time is no moment: it has no zone, does not exist, or exists twice."""


class _Unreadable(KlimaflowError, ValueError):
    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class PolicyError(_Unreadable):
    """A policy file cannot be read. `problems` holds every mistake, each as `path: sentence`."""


class CaseError(_Unreadable):
    """A case, a story or a command cannot be read. `problems`: each as `path: sentence`."""


class NotPermitted(KlimaflowError):
    """The procedure refuses a command. `decision` says why, rule by rule."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(decision)

    def __str__(self) -> str:
        return str(self.decision)


class HistoryError(KlimaflowError):
    """Records, a decision or a move do not continue this history. The message says where."""


class NotDrawn(KlimaflowError):
    """Graphviz, which would lay a picture out, is missing. The message says what to install."""
