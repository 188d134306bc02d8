"""Pictures as `<img>`: SVG in a data URL, which a notebook keeps where it drops inline SVG.

A picture is drawn once for light and dark, on a background of its own.
"""

from __future__ import annotations

import base64
import math
from datetime import timedelta
from typing import Final

from klimaflow.markup.elements import Element, element, svg_text
from klimaflow.markup.style import PICTURE

__all__ = ["bar", "image", "label_width", "margin_bar", "words"]

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
WIDE, HIGH = 176, 20
YEAR: Final = timedelta(days=365)
TICKS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))


def image(width: float, height: float, alt: str, *shapes: Element) -> Element:
    """Return shapes as a picture of this size, in pixels; `alt` says what it shows.

    An empty `alt` means that the text beside it says the same.
    """
    drawing = element(
        "svg",
        element("style", PICTURE),
        element("rect", class_="back", width=width, height=height, rx=6),
        *shapes,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        font_family=FONT,
    )
    return embedded(svg_text(drawing), width, height, alt)


def embedded(svg: str, width: float, height: float, alt: str) -> Element:
    """Return an SVG document as an `<img>`."""
    url = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}"}
    return element("img", class_="picture", src=url, alt=alt, **size)


def words(
    x: float, y: float, text: str, *, size: int = 12, look: str = "ink", anchor: str = "start"
) -> Element:
    """Return text with its baseline at `y`; `anchor` is what of it stands at `x`."""
    return element("text", text, x=x, y=y, class_=look, font_size=size, text_anchor=anchor)


def label_width(text: str, size: int = 12) -> float:
    """Return about how wide a text is, on the safe side: no font is measured here."""
    return len(text) * size * 0.58 + 4


def line(
    x1: float, y1: float, x2: float, y2: float, look: str = "rail", **how: str | float
) -> Element:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=look, **how)


def margin_bar(margin: timedelta) -> Element:
    """Return the margin to a deadline: left of the line what is to spare, right what is late.

    The scale grows with the logarithm, so that a minute is seen beside a month; its marks are an
    hour, a day, a week and thirty days.
    """
    middle, base = WIDE / 2, HIGH / 2
    late = margin < timedelta(0)
    reach = _scaled(abs(margin))
    start = middle if late else middle - reach
    ticks = [middle + side * _scaled(tick) for tick in TICKS for side in (-1, 1)]
    shapes = [line(6, base, WIDE - 6, base), *(line(x, base - 3, x, base + 3) for x in ticks)]
    shapes.append(
        element(
            "rect",
            class_="bad" if late else "mark",
            x=round(start, 1),
            y=base - 4,
            width=max(round(reach, 1), 1.5),
            height=8,
        )
    )
    shapes.append(line(middle, 2, middle, HIGH - 2, "edge", stroke_width=2))
    return image(WIDE, HIGH, "", *shapes)


def _scaled(span: timedelta) -> float:
    """Return how far from the line a span reaches, in pixels; a year and more all the way."""
    minutes, most = (each / timedelta(minutes=1) for each in (min(span, YEAR), YEAR))
    return round(math.log1p(minutes) / math.log1p(most) * (WIDE / 2 - 6), 1)


def bar(parts: list[tuple[float, str]], whole: float, width: int = 320) -> Element:
    """Return shares of a whole beside each other, each in its look; the rest stays empty."""
    shapes = [element("rect", class_="band", x=0.5, y=4.5, width=width - 1, height=13)]
    x = 0.5
    for amount, look in parts:
        wide = min(amount / whole if whole else 0, 1) * (width - 1)
        wide = min(wide, width - 0.5 - x)
        shapes.append(
            element("rect", class_=look, x=round(x, 1), y=4.5, width=round(wide, 1), height=13)
        )
        x += wide
    return image(width, 22, "", *shapes)
