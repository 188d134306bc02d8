"""A graph laid out by Graphviz, where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from klimaflow.errors import NotDrawn

__all__ = ["laid_out"]


def laid_out(dot: str, form: str) -> str:
    """Return a graph in a form of Graphviz: `svg`, or `json0` for where everything is.

    Raises `NotDrawn` if the package `graphviz`, or its program `dot`, is not there.
    """
    try:
        drawn: Any = import_module("klimaflow.report.drawn")
    except ModuleNotFoundError as error:
        if error.name != "graphviz":
            raise
        raise NotDrawn("pip install 'klimaflow[report]'") from None
    found: str | None = drawn.laid_out(dot, form)
    if found is None:
        raise NotDrawn("Graphviz (dot)")
    return found
