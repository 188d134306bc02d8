"""The docs as they are built, for the tests that look at them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def built_docs(folders: pytest.TempPathFactory) -> Path:
    """Return the folder of those that make has built, or build them without running the notebooks.

    Either way a warning has stopped the build.
    """
    if built := os.environ.get("KLIMAFLOW_DOCS"):
        return Path(built).resolve()
    target = folders.mktemp("docs")
    options = ["-E", "-W", "--keep-going", "-q", "-d", str(target / "cache")]
    options += ["-D", "nb_execution_mode=off"]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(target / "html")]
    subprocess.run(command, check=True)
    return target / "html"
