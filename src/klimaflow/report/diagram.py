"""The lifecycle as a picture, in Mermaid or DOT; its edges are the rows of `MOVES`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from textwrap import wrap

from klimaflow.lifecycle import MOVES, Move
from klimaflow.phrases import label
from klimaflow.proposal import FINAL, OPEN, Phase
from klimaflow.report.page import printable

__all__ = ["FORMATS", "Way", "dot", "drawable", "mermaid"]

ACCENT = "#1f6f5c"

Way = tuple[Phase | None, ...]
"""The phases that a proposal was in, in order; None before there is any."""

Edge = tuple[Phase | None, Phase, list[str]]  # from, to, and the commands that lead there


def mermaid(lang: str = "en", moves: Iterable[Move] = MOVES, way: Way = (), title: str = "") -> str:
    """Return the lifecycle as a Mermaid state diagram; an edge lists its commands.

    The phases of a way have a thick line in the accent colour. A title stands above, on a
    frame around it all.
    """
    lines = ["stateDiagram-v2"]
    if title:
        lines.append(f'    state "{_entities(printable(title))}" as klimaflow {{')
    lines += [f'    state "{_entities(label("phases", p, lang))}" as {p}' for p in Phase]
    for source, target, commands in _edges(moves):
        names = "<br/>".join(_entities(label("commands", do, lang)) for do in commands)
        lines.append(f"    {source or '[*]'} --> {target}: {names}")
    final = ", ".join(phase for phase in Phase if phase in FINAL)
    lines += ["    }"] if title else []
    lines += ["    classDef final stroke-width:4px", f"    class {final} final"]
    if visited := ", ".join(phase for phase in Phase if phase in way):
        look = f"stroke:{ACCENT},stroke-width:3px"
        lines += [f"    classDef visited {look}", f"    class {visited} visited"]
    return "\n".join(lines) + "\n"


def dot(lang: str = "en", moves: Iterable[Move] = MOVES, way: Way = (), title: str = "") -> str:
    """Return the lifecycle as a Graphviz digraph; an edge lists its commands.

    The phases of a way have a thick line in the accent colour. A title stands above.
    """
    lines = ["digraph klimaflow {"]
    if title:
        lines.append(f"    label={_string(printable(title))}; labelloc=t;")
    lines.append("    node [shape=box, style=rounded];")
    lines.append('    before [shape=point, label=""];')
    for phase in Phase:
        look = ", peripheries=2" if phase in FINAL else ""
        look += f', color="{ACCENT}", penwidth=3' if phase in way else ""
        lines.append(f"    {phase} [label={_string(label('phases', phase, lang))}{look}];")
    for source, target, commands in _edges(moves):
        names = "\n".join(label("commands", do, lang) for do in commands)
        lines.append(f"    {source or 'before'} -> {target} [label={_string(names)}];")
    return "\n".join([*lines, "}"]) + "\n"


def drawable(lang: str, way: Way) -> str:
    """Return the lifecycle as a digraph to be drawn: no move stays, and a way has its classes.

    What was entered is `visited`, where it ends `here`, and an edge that was gone along `taken`.
    The open phases stand in a frame, and what leads from each of them to one phase leads from it.
    """
    inside = [_node(phase, lang, way) for phase in OPEN]
    outside = [_node(phase, lang, way) for phase in Phase if phase in FINAL]
    head = ["digraph klimaflow {", f"    {_LOOKS}", "    subgraph cluster_open {"]
    lines = [*head, *inside, "    }", *outside]
    arrows: dict[tuple[Phase, str], list[Phase | None]] = {}
    for source, target, commands in _edges(m for m in MOVES if m.source is not m.target):
        names = "\n".join(_folded(label("commands", do, lang)) for do in commands)
        arrows.setdefault((target, names), []).append(source)
    for (target, names), sources in arrows.items():
        if {*sources} == {*OPEN}:
            lines.append(_arrow(sources, target, names, way, ", ltail=cluster_open"))
        else:
            lines += [_arrow([source], target, names, way) for source in sources]
    return "\n".join([*lines, "}"]) + "\n"


def _node(phase: Phase, lang: str, way: Way) -> str:
    looks = "visited" if phase in way else ""
    looks += " here" if way[-1:] == (phase,) else ""
    final = ", peripheries=2" if phase in FINAL else ""
    column = ", group=course" if phase in _COURSE else ""
    named = _string(label("phases", phase, lang))
    return f'    {phase} [label={named}{final}{column}, class="{looks}"];'


def _arrow(sources: list[Phase | None], target: Phase, names: str, way: Way, how: str = "") -> str:
    """Return an edge from the last of the phases from which it leads."""
    source = sources[-1]
    taken = "taken" if {*pairwise(way)} & {(each, target) for each in sources} else ""
    straight = ", weight=20" if (source, target) in pairwise(_COURSE) else ""
    known = f'label={_string(names)}, class="{taken}"{straight}{how}'
    return f"    {source or 'before'} -> {target} [{known}];"


def _folded(text: str) -> str:
    """Return text in short lines, each a no-break space apart from the edge beside it."""
    return "\n".join(f"\u00a0{line}" for line in wrap(text, 18, break_long_words=False))


_COURSE: tuple[Phase | None, ...] = (*OPEN, Phase.STARTED)
"""The phases in one column."""

_LOOKS = """graph [compound=true, ranksep=0.3, nodesep=0.25, pad=0.1, style="rounded,dashed"];
    node [shape=box, style=rounded, fontname=Helvetica, fontsize=12, margin="0.2,0.08", height=0.4];
    edge [fontname=Helvetica, fontsize=10, arrowsize=0.7];
    before [shape=point, label="", width=0.08];"""

FORMATS = {"mermaid": mermaid, "dot": dot}
"""Each kind of picture by its name."""


def _edges(moves: Iterable[Move]) -> Iterator[Edge]:
    """Yield each pair of phases once, with the commands that lead from one to the other."""
    edges: dict[tuple[Phase | None, Phase], list[str]] = {}
    for move in moves:
        edges.setdefault((move.source, move.target), []).append(move.command.do)
    return ((source, target, commands) for (source, target), commands in edges.items())


def _entities(text: str) -> str:
    """Return the text for Mermaid, in which any character that it may read is an entity."""
    return "".join(each if each.isalnum() or each in " -," else f"#{ord(each)};" for each in text)


def _string(text: str) -> str:
    """Return the text for DOT, in which neither an escape nor an entity is left to be read."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped.replace("&", "&amp;")}"'
