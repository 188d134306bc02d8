"""A graph laid out by Graphviz; the only door to graphviz. It needs the extra `report`."""

from __future__ import annotations

import subprocess

import graphviz

__all__ = ["laid_out"]

FAILURES = (graphviz.ExecutableNotFound, OSError, subprocess.SubprocessError)


def laid_out(dot: str, form: str) -> str | None:
    """Return a graph in a form such as `svg`; None if the program `dot` is not there, or fails."""
    try:
        return str(graphviz.Source(dot).pipe(form, encoding="utf-8"))
    except FAILURES:
        return None
