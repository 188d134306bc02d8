"""The `klimaflow` command. It needs the extra `cli`: click to read the line, rich to colour.

Exit status: 0 all permitted or in order, 1 something refused or missing, 2 unreadable input.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

try:
    from klimaflow.cli.commands import run
except ModuleNotFoundError as error:
    _missing = (error.name or "").partition(".")[0]
    if _missing not in ("click", "rich"):
        raise

    def run(args: Sequence[str]) -> int:
        sys.stderr.write(f"klimaflow: the command needs {_missing}: pip install 'klimaflow[cli]'\n")
        return 2


__all__ = ["main"]


def main() -> None:
    """Run the command line of this process, and exit with its status."""
    sys.exit(run(sys.argv[1:]))
