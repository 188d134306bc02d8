"""A graph laid out by Graphviz; the only door to graphviz. It needs the extra `report`."""

from __future__ import annotations

import subprocess

import graphviz

__all__ = ["laid_out"]

FAILURES = (graphviz.ExecutableNotFound, OSError, subprocess.SubprocessError)


def laid_out(dot: str) -> str | None:
    """Return a graph as SVG; None if Graphviz's program `dot` is not there, or fails."""
    try:
        return str(graphviz.Source(dot).pipe("svg", encoding="utf-8"))
    except FAILURES:
        return None
