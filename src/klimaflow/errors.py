"""Every error that klimaflow raises on purpose, as one tree.

    KlimaflowError
    ├── MomentError (ValueError)   a time without a zone, or one that does not exist
    ├── PolicyError (ValueError)   a policy file that cannot be read: `.problems`
    ├── CaseError (ValueError)     a case, story or scenario file, a command: `.problems`
    ├── FrameError (ValueError)    a frame whose columns cannot be screened: `.problems`
    ├── NotPermitted               a command that the procedure refuses: `.decision`
    ├── HistoryError               records, a decision or a move that do not continue a history
    ├── StoreError                 what a store cannot do
    │   ├── Conflict               somebody else was faster: `.expected` and `.found`
    │   └── KeyReused              a key that stands for another request already: `.key`
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
    "Conflict",
    "FrameError",
    "HistoryError",
    "KeyReused",
    "KlimaflowError",
    "MomentError",
    "NotDrawn",
    "NotPermitted",
    "PolicyError",
    "StoreError",
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
    """A case, a story, a scenario file or a command cannot be read.

    `problems` holds every mistake, each as `path: sentence`.
    """


class FrameError(_Unreadable):
    """A frame, or a row of one, cannot be read. `problems`: each as `column: sentence`."""


class NotPermitted(KlimaflowError):
    """The procedure refuses a command. `decision` says why, rule by rule."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(decision)

    def __str__(self) -> str:
        return str(self.decision)


class HistoryError(KlimaflowError):
    """Records, a decision or a move do not continue this history. The message says where."""


class StoreError(KlimaflowError):
    """A store cannot do what was asked. Nothing of it was written; the message says the way out."""


class Conflict(StoreError):
    """A case is not at the version that the caller saw: read it again, and decide again."""

    def __init__(self, case_id: str, expected: int, found: int) -> None:
        self.case_id, self.expected, self.found = case_id, expected, found
        super().__init__(case_id, expected, found)

    def __str__(self) -> str:
        found = f"{self.case_id} is at version {self.found}, not {self.expected}"
        return f"{found}: read it again, and decide again"


class KeyReused(StoreError):
    """A key stands for another request already: a new request needs a new key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)

    def __str__(self) -> str:
        return f"{self.key!r} stands for another request already: a new request needs a new key"


class NotDrawn(KlimaflowError):
    """Graphviz, which would lay a picture out, is missing. The message says what to install."""
