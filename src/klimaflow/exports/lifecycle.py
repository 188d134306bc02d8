"""The lifecycle of a procedure, or the way of one case through it, in Mermaid and DOT."""

from __future__ import annotations

from typing import Any

from klimaflow.procedure import Procedure
from klimaflow.report import diagram
from klimaflow.report.course import Course
from klimaflow.report.lifecycle import Lifecycle

__all__ = ["dot", "mermaid"]


def mermaid(of: Procedure | Course, lang: str = "en") -> str:
    """Return a Mermaid state diagram under the title of the procedure, or of the case."""
    return diagram.mermaid(lang, **_drawn(of))


def dot(of: Procedure | Course, lang: str = "en") -> str:
    """Return a Graphviz digraph under the title of the procedure, or of the case."""
    return diagram.dot(lang, **_drawn(of))


def _drawn(of: Procedure | Course) -> dict[str, Any]:
    """Return the title, and the way of a case."""
    if isinstance(of, Procedure):
        return {"title": of.title}
    return {"title": of.proposal.title or of.name, "way": Lifecycle(of.history).way}
