"""The lifecycle drawn from `MOVES`, as SVG that needs neither a program nor the network.

The open phases and the end of the course stand in one column. What leads back runs on the left,
what skips a phase on the right; a final phase that every open one leads to hangs on a bracket.
"""

from collections.abc import Iterator
from html import escape

from klimaflow.lifecycle import MOVES
from klimaflow.phrases import label
from klimaflow.proposal import FINAL, OPEN, Phase

WIDE, HIGH, GAP = 250, 44, 46
LEFT, TOP = 190, 44
RIGHT = LEFT + WIDE
ROOM = 230  # for the words on a line that leaves the column on the right
LANE = 14

Edge = tuple[Phase, Phase, str]


def drawn() -> str:
    """Return the picture, as a block of HTML."""
    edges = [*_edges()]
    ends = [p for p in Phase if p in FINAL]
    bracketed = [e for e in ends if {s for s, t, _ in edges if t is e} == set(OPEN)]
    aside = [e for e in ends if e is not ends[0] and e not in bracketed]
    column = [*OPEN, ends[0]]
    place = {phase: TOP + n * (HIGH + GAP) for n, phase in enumerate(column)}
    parts = [
        *_arrow(LEFT + WIDE / 2, 6, LEFT + WIDE / 2, TOP),
        _text(LEFT + WIDE / 2 + 8, 24, _start()),
    ]
    parts += [part for phase in column for part in _box(LEFT, place[phase], WIDE, phase)]
    inside = [edge for edge in edges if edge[1] in place]
    parts += _column_edges(inside, place)
    for phase in aside:
        parts += _aside(phase, [edge for edge in edges if edge[1] is phase], place)
    far = RIGHT + ROOM + 4 * LANE + 20
    for number, phase in enumerate(bracketed):
        words = next(words for _, target, words in edges if target is phase)
        parts += _bracket(far + number * 280, phase, words, place)
    width = far + 300 * max(len(bracketed), 1)
    height = TOP + len(column) * (HIGH + GAP)
    title = "The phases of a proposal and the commands that lead from one to another"
    head = (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12" '
        'stroke="currentColor" fill="none" style="width:100%;height:auto">'
    )
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0,0L8,4L0,8z" fill="currentColor" stroke="none"/>'
        "</marker></defs>"
    )
    return "\n".join(["<figure>", head, tip, *parts, "</svg>", "</figure>"])


def _edges() -> Iterator[Edge]:
    for move in MOVES:
        if move.source is not None and move.source is not move.target:
            yield move.source, move.target, label("commands", move.command.do, "en")


def _start() -> str:
    return next(label("commands", move.command.do, "en") for move in MOVES if move.source is None)


def _column_edges(edges: list[Edge], place: dict[Phase, int]) -> Iterator[str]:
    order = [*place]
    back = skip = 0
    leaving: dict[Phase, int] = {}
    middle = LEFT + WIDE / 2
    for source, target, words in sorted(edges, key=lambda e: order.index(e[0])):
        span = order.index(target) - order.index(source)
        if span == 1:
            yield from _arrow(middle, place[source] + HIGH, middle, place[target])
            yield _text(middle + 8, place[source] + HIGH + GAP / 2 + 4, words)
        elif span < 0:
            y, end = place[source] + 14 + 20 * leaving.get(source, 0), place[target] + 12 + 7 * back
            leaving[source] = leaving.get(source, 0) + 1
            x = LEFT - 125 - LANE * back
            back += 1
            yield _path(f"M{LEFT},{y}H{x}V{end}H{LEFT}")
            yield _text(LEFT - 6, y - 5, words, anchor="end")
        else:
            y, end = place[source] + 14 + 16 * (skip % 2), place[target] + 10 + 12 * skip
            x = RIGHT + ROOM + LANE * skip
            skip += 1
            yield _path(f"M{RIGHT},{y}H{x}V{end}H{RIGHT}")
            yield _text(RIGHT + 8, y - 4, words)


def _aside(phase: Phase, edges: list[Edge], place: dict[Phase, int]) -> Iterator[str]:
    source, _, words = edges[0]
    y = place[source]
    yield from _arrow(RIGHT, y + HIGH / 2, RIGHT + 80, y + HIGH / 2)
    yield _text(RIGHT + 8, y + HIGH / 2 - 5, words)
    yield from _box(RIGHT + 80, y, 120, phase)


def _bracket(x: int, phase: Phase, words: str, place: dict[Phase, int]) -> Iterator[str]:
    top, bottom = place[OPEN[0]], place[OPEN[-1]] + HIGH
    middle = (top + bottom) / 2
    yield _path(f"M{x - 8},{top}H{x}V{bottom}H{x - 8}", tip=False)
    yield from _arrow(x, middle, x + 150, middle)
    yield _text(x + 8, middle - 5, words)
    yield from _box(x + 150, int(middle - HIGH / 2), 120, phase)


def _box(x: float, y: float, width: float, phase: Phase) -> Iterator[str]:
    heavy = 3 if phase in FINAL else 1
    yield (f'<rect x="{x}" y="{y}" width="{width}" height="{HIGH}" rx="6" stroke-width="{heavy}"/>')
    yield _text(x + width / 2, y + 18, label("phases", phase, "en"), anchor="middle", weight=600)
    yield _text(x + width / 2, y + 34, label("phases", phase, "da"), anchor="middle", size=11)


def _arrow(x1: float, y1: float, x2: float, y2: float) -> Iterator[str]:
    yield _path(f"M{x1},{y1}L{x2},{y2}")


def _path(d: str, *, tip: bool = True) -> str:
    end = ' marker-end="url(#tip)"' if tip else ""
    return f'<path d="{d}"{end}/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, weight: int = 400
) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'stroke="none" fill="currentColor">{escape(words)}</text>'
    )
