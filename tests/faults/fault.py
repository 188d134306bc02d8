"""A fault: words of one of the package's files that are replaced, in a copy of the tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

ROOT = Path(__file__).parents[2]
PACKAGE = Path("src/klimaflow")
POLICY = "policies/klimaalliancen-2024.toml"
NOT_COPIED = shutil.ignore_patterns(".*", "build", "dist", "mutants", "node_modules")


def shipped(file: str) -> str:
    """Return the text of one of the package's files as it is."""
    return (ROOT / PACKAGE / file).read_text("utf-8")


@frozen
class Fault:
    """`changes` are pairs of words and others for them; when its turn comes, each is found once.

    `equivalent` says why no answer changes, where none does.
    """

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    equivalent: str = ""

    def spoil(self, text: str) -> str:
        """Return the text of its file with the fault in it."""
        for words, others in self.changes:
            assert text.count(words) == 1, f"{self.name}: {words!r} is not found once"
            assert words != others, f"{self.name}: changes nothing"
            text = text.replace(words, others)
        return text


NONE = Fault("no fault", POLICY, ())


@contextmanager
def planted(*faults: Fault) -> Iterator[Path]:
    """Yield a copy of the tree with the faults in it."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        for fault in faults:
            file = copy / PACKAGE / fault.file
            file.write_text(fault.spoil(file.read_text("utf-8")), "utf-8")
        yield copy


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy, on the copy's package."""
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(copy / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "500",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
