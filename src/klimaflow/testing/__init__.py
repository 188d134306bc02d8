"""Given, when, then: tests of a procedure in Python; in TOML they are stories.

    given("klimaalliancen-2024", RegisterIdea(...)).when(Withdraw(...)).then_permitted()

A failing `then` shows the whole decision. Files named `*.story.toml` are collected by pytest; see
`klimaflow.testing.stories`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from klimaflow.commands import Command
from klimaflow.decider import Decision
from klimaflow.history import History
from klimaflow.policy import load_procedure
from klimaflow.procedure import Procedure
from klimaflow.proposal import Phase

__all__ = ["Given", "When", "given"]


@frozen
class Given:
    """What has happened before: `history`."""

    history: History

    def when(self, command: Command, *, committed: Mapping[str, int] | None = None) -> When:
        """Ask for a command; `committed` is what each fund has promised to other tracks."""
        return When(self.history, self.history.decide(command, committed=committed or {}))


@frozen
class When:
    """What was decided on the command. Each `then_…` returns the `When`, for more to follow."""

    history: History
    decision: Decision

    def then_permitted(self, *, remarks: Iterable[str] = ()) -> When:
        """Assert that it is permitted, with these remarks and no others."""
        __tracebackhide__ = True
        expected = tuple(sorted(remarks))
        self._expect(self.decision.permitted, "expected permitted")
        self._expect(self.decision.remarks == expected, f"expected remarks {expected}")
        return self

    def then_refused_by(self, *rules: str) -> When:
        """Assert that it is refused by these rules and no others."""
        __tracebackhide__ = True
        expected = tuple(sorted(rules))
        found = self.decision.refused_by
        self._expect(found == expected, f"expected refused by {expected}, not {found}")
        return self

    def then_phase(self, phase: Phase | str) -> When:
        """Assert that the proposal stands in this phase afterwards, permitted or not."""
        __tracebackhide__ = True
        found = self.then().history.proposal.phase
        self._expect(found == phase, f"expected phase {phase}, not {found}")
        return self

    def _expect(self, as_expected: bool, otherwise: str) -> None:
        __tracebackhide__ = True
        if not as_expected:
            raise AssertionError(f"{otherwise}\n{self.decision}")

    def then(self) -> Given:
        """Return what has happened now, to go on from; a refused command changes nothing."""
        if self.decision.permitted:
            return Given(self.history.record(self.decision))
        return Given(self.history)


def given(start: History | Procedure | str, *commands: Command) -> Given:
    """Begin with a history, a procedure, or a shipped procedure's id, and take commands from there.

    Raises `NotPermitted`, with the decision, if one of the commands is refused.
    """
    if isinstance(start, str):
        start = load_procedure(start)
    history = start if isinstance(start, History) else History(start)
    for command in commands:
        history = history.then(command)
    return Given(history)
