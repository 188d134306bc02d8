"""The lifecycle as a drawn graph, with a history's way through it.

Graphviz lays the graph out: its program `dot`, called through the package `graphviz` of the extra
`report`. Where one of them is missing the moves are shown as a table, which says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from xml.etree import ElementTree

from attrs import frozen

from klimaflow.errors import NotDrawn
from klimaflow.history import History
from klimaflow.lifecycle import MOVES
from klimaflow.markup.elements import Element, element, fragment
from klimaflow.markup.pictures import embedded
from klimaflow.markup.tables import Table, table
from klimaflow.phrases import label, listed
from klimaflow.report.diagram import Way, drawable, mermaid
from klimaflow.report.layout import laid_out

__all__ = ["Lifecycle"]

SVG = "{http://www.w3.org/2000/svg}"
POINT = 4 / 3  # pixels
LOOK = """
.node path, .node polygon { fill: #ffffff; stroke: #8a958f } text { fill: #1d2b27 }
.edge path, .edge polygon { stroke: #8a958f } .edge polygon { fill: #8a958f }
.taken path { stroke: #1f6f5c; stroke-width: 3 } .taken polygon { stroke: #1f6f5c; fill: #1f6f5c }
.visited path { stroke: #1f6f5c; stroke-width: 2.5 } .here path { fill: #d5ebe3 }
.graph > polygon { fill: #fbfaf6; stroke: none } .node ellipse { fill: #8a958f; stroke: none }
.cluster path, .cluster polygon { stroke: #b9c2bb }
@media (prefers-color-scheme: dark) { text { fill: #eef2ee }
.node path, .node polygon { fill: #2b3733; stroke: #77847d }
.edge path, .edge polygon { stroke: #77847d } .edge polygon { fill: #77847d }
.taken path { stroke: #6cc5ab } .taken polygon { stroke: #6cc5ab; fill: #6cc5ab }
.visited path { stroke: #6cc5ab } .here path { fill: #1f4f43 }
.graph > polygon { fill: #18211e } .cluster path, .cluster polygon { stroke: #51605a } }
.node path + path { fill: none }
"""


@frozen
class Lifecycle:
    """The lifecycle as a picture, in `en` or `da`; the way of a `history` is drawn into it.

    A notebook shows it: as a picture where Graphviz is installed, and as Mermaid.
    """

    history: History | None = None
    lang: str = "en"

    def svg(self) -> str:
        """Return the picture as an SVG document; raise `NotDrawn` without Graphviz."""
        return ElementTree.tostring(self._drawn(), encoding="unicode")

    def picture(self) -> Element:
        """Return the picture as an `<img>`; without Graphviz the moves as a table."""
        try:
            drawn = self._drawn()
        except NotDrawn as missing:
            return self._table(str(missing))
        wide, high = (float(drawn.get(side, "").removesuffix("px")) for side in ("width", "height"))
        return embedded(ElementTree.tostring(drawn, encoding="unicode"), wide, high, self._told())

    def _repr_html_(self) -> str:
        return fragment(element("div", self.picture(), class_="sheet"))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        bundle = {
            "text/html": self._repr_html_(),
            "text/vnd.mermaid": mermaid(self.lang, way=self.way),
            "text/plain": self._told(),
        }
        return {
            kind: said
            for kind, said in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())
        }

    @property
    def way(self) -> Way:
        """The phases that the history was in after each event, and before the first one."""
        stages = self.history.stages() if self.history else ()
        return (None, *(each.proposal.phase for each in stages))

    def _told(self) -> str:
        text = label("seen", "lifecycle", self.lang)
        entered = [after for before, after in pairwise(self.way) if after and after != before]
        if not entered:
            return text
        names = listed((label("phases", each, self.lang) for each in entered), self.lang)
        return f"{text} {label('seen', 'way', self.lang).format(names)}"

    def _drawn(self) -> Element:
        root = ElementTree.fromstring(laid_out(drawable(self.lang, self.way), "svg"))
        for parent in [*root.iter()]:
            for title in parent.findall(f"{SVG}title"):
                parent.remove(title)  # a tip with the name of the node in the graph's own language
        for text in root.iter(f"{SVG}text"):
            text.attrib.pop("font-family", None)
        style = Element(f"{SVG}style")
        style.text = LOOK
        root.insert(0, style)
        root.set("font-family", "Helvetica, Arial, sans-serif")
        for side in ("width", "height"):
            points = float(root.get(side, "").removesuffix("pt"))
            root.set(side, f"{points * POINT:.0f}px")
        return root

    def _table(self, missing: str) -> Element:
        head = [label("seen", each, self.lang) for each in ("from", "what", "to")]
        note = element("p", label("seen", "not_drawn", self.lang).format(missing), class_="small")
        return element("div", note, table(Table(self._told(), head, [*self._rows()])))

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for move in MOVES:
            if move.source is not move.target:
                source, target = (
                    label("phases", phase, self.lang) if phase else "–"
                    for phase in (move.source, move.target)
                )
                yield source, label("commands", move.command.do, self.lang), target
