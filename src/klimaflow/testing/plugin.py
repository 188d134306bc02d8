"""The pytest plugin that the package registers: it collects stories, files named `*.story.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from klimaflow.errors import CaseError
from klimaflow.testing.stories import StoryFailed, check_story

__all__ = ["StoryFile", "StoryItem"]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> StoryFile | None:
    """Collect a story."""
    if file_path.name.endswith(".story.toml"):
        return StoryFile.from_parent(parent, path=file_path)
    return None


class StoryFile(pytest.File):
    """A file with one story."""

    def collect(self) -> Iterator[StoryItem]:
        """Yield its only test."""
        yield StoryItem.from_parent(self, name="story")


class StoryItem(pytest.Item):
    """A story as a test."""

    def runtest(self) -> None:
        """Follow the story."""
        check_story(self.path)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Return the decisions that went otherwise, or what cannot be read, without a traceback."""
        if isinstance(excinfo.value, StoryFailed | CaseError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the file and its name, as pytest shows them."""
        return self.path, None, self.path.name
