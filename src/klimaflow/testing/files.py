"""Where stories are: in files, in folders, and beside each shipped procedure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen

from klimaflow.errors import CaseError
from klimaflow.markup.sheet import Sheet
from klimaflow.policy import shipped
from klimaflow.testing.stories import Story, load_story, parse_story

__all__ = ["SUFFIX", "StoryFile", "stories_in"]

SUFFIX = ".story.toml"


@frozen
class StoryFile(Sheet):
    """A file that holds a story; `name` is how it is shown."""

    name: str
    file: Path | Traversable

    @property
    def identity(self) -> str:
        """The same for two names of one file."""
        return os.path.realpath(str(self.file))

    def load(self) -> Story:
        """Return its story; raises `CaseError`."""
        if isinstance(self.file, Path):
            return load_story(self.file)
        return parse_story(self.file.read_bytes())


def stories_in(place: str) -> tuple[StoryFile, ...]:
    """Return the stories in a file, in a folder and those below it, or of a shipped procedure.

    Within a folder a story is a file named `*.story.toml`; hidden folders and virtual environments
    are passed over. Raises `CaseError` if there is no such place, or no story in it.
    """
    if place in shipped():
        folder = files("klimaflow").joinpath(f"policies/{place}")
        every = sorted(folder.iterdir(), key=lambda each: each.name)
        return tuple(StoryFile(f"{place}/{e.name}", e) for e in every if e.name.endswith(SUFFIX))
    if os.path.isdir(place):
        found = tuple(StoryFile(str(path), path) for path in _below(place))
        if not found:
            raise CaseError([f"holds no story: a story is a file named *{SUFFIX}"])
        return found
    if not os.path.isfile(place):
        known = f"a shipped procedure ({', '.join(shipped())})"
        raise CaseError([f"{place[:200]!r} is neither a file, nor a folder, nor {known}"])
    return (StoryFile(place, Path(place)),)


def _below(folder: str) -> Iterator[Path]:
    problems: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=problems.append):
        folders[:] = sorted(each for each in folders if _looked_into(place, each))
        yield from (Path(place, name) for name in sorted(names) if name.endswith(SUFFIX))
    if problems:
        raise CaseError([f"{each.filename!r} cannot be read: {each.strerror}" for each in problems])


def _looked_into(place: str, folder: str) -> bool:
    return not folder.startswith(".") and not os.path.exists(
        os.path.join(place, folder, "pyvenv.cfg")
    )
