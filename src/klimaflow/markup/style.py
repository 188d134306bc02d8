"""The looks: what each class means within somebody else's page, and the colours of pictures.

A notebook keeps `style` attributes and drops `<style>`; it has a light or a dark theme of its own,
so that text and background are left to it. A picture brings its background along.
"""

from __future__ import annotations

from typing import Final

__all__ = ["INLINE", "PICTURE"]

INLINE: Final = {
    "sheet": "line-height: 1.45; max-width: 62em; margin: 0.5em 0",
    "title": "font-size: 1.25em; font-weight: 600; margin: 0 0 0.2em",
    "part": "font-size: 1.05em; font-weight: 600; margin: 1em 0 0.2em",
    "line": "margin: 0.1em 0",
    "small": "font-size: 0.9em",
    "table": "border-collapse: collapse; margin: 0.6em 0",
    "caption": "text-align: left; font-weight: 600; padding: 0 0 0.3em",
    "cell": (
        "text-align: left; vertical-align: top; padding: 0.25em 1.2em 0.25em 0;"
        " border-bottom: 1px solid #8888; white-space: normal; max-width: 36em"
    ),
    "number": "text-align: right; white-space: nowrap",
    "tight": "white-space: nowrap",
    "picture": "max-width: 100%; height: auto; display: block; margin: 0.3em 0",
    "strong": "font-weight: 600",
    "list": "list-style: none; margin: 0.4em 0; padding: 0",
    "entry": "margin: 0; padding: 0.3em 0 0.3em 0.9em; border-left: 3px solid #8888",
    "line-entry": "margin: 0; padding: 0.3em 0 0.3em 0.9em; border-left: 3px dashed #2e7d6b",
}
"""The style of each class that a fragment uses."""

PICTURE: Final = """
.back { fill: #fbfaf6 } .ink { fill: #1d2b27 } .soft { fill: #56645f }
.rail { stroke: #8a958f; fill: none } .band { fill: #e4e8e2; stroke: #b9c2bb }
.mark { fill: #1f6f5c } .edge { stroke: #1f6f5c; fill: none } .bad { fill: #a8321f }
.rest { fill: #8a958f } .ink { paint-order: stroke; stroke: #fbfaf6; stroke-width: 3px }
.bare { fill: #1d2b27 }
@media (prefers-color-scheme: dark) {
.back { fill: #18211e } .ink { fill: #eef2ee } .soft { fill: #b3bfb8 }
.rail { stroke: #77847d } .band { fill: #2b3733; stroke: #51605a }
.mark { fill: #6cc5ab } .edge { stroke: #6cc5ab } .bad { fill: #f08a72 }
.rest { fill: #77847d } .ink { stroke: #18211e } .bare { fill: #eef2ee } }
"""
"""The style of a picture: ink on a background of its own, and one accent."""
