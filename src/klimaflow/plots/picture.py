"""A drawn chart: SVG that needs no network, in an image that no notebook drops."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from attrs import frozen

from klimaflow.phrases import label

__all__ = [
    "ACCENT",
    "INK",
    "MUTED",
    "OTHER",
    "SUFFIXES",
    "Picture",
    "Rows",
    "data",
    "drawn",
    "said",
]

Rows = Sequence[Mapping[str, Any]]
"""What is drawn: a mapping for each mark."""

ACCENT, OTHER, MUTED, INK = "#1b6b72", "#b4552d", "#8a9299", "#1f2933"
"""What counts, what stands beside it, what is only there, and what is read."""

SUFFIXES = (".svg", ".png")
"""What a picture can be saved as."""

_LOCALES = {"en": "en-GB", "da": "da-DK"}
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_LINE = "#d5dade"
_ROOM = {"left": 44, "right": 44, "top": 12, "bottom": 12}
"""Pixels around a picture: where it is shown letters may be wider than where it was drawn."""


@frozen(eq=False)
class Picture:
    """A chart with its title, the counts that it shows, and what it `says` to who cannot see it.

    `rows` are the counts as drawn: one mapping for each mark, in its order. `chart` is Altair's
    own, to be changed by those who know it. In a notebook it shows itself.
    """

    title: str
    says: str
    rows: Rows
    chart: alt.LayerChart | alt.Chart | alt.FacetChart
    lang: str = "en"

    @cached_property
    def svg(self) -> str:
        """The picture as SVG, with its texts as text."""
        return vl_convert.vegalite_to_svg(self.chart.to_dict(), **self._locale)

    def png(self, scale: float = 2) -> bytes:
        """Return the picture as PNG, so many pixels for each of the SVG's."""
        return vl_convert.vegalite_to_png(self.chart.to_dict(), scale=scale, **self._locale)

    @property
    def _locale(self) -> Mapping[str, Any]:
        locale = _LOCALES[self.lang]
        return {"format_locale": locale, "time_format_locale": locale}

    def save(self, path: str | Path) -> Path:
        """Write a file that is not there yet, `.svg` or `.png`, and return its path.

        Raises `ValueError` for another suffix, `FileExistsError` where there is one.
        """
        path = Path(path)
        if path.suffix not in SUFFIXES:
            raise ValueError(f"{path.name}: a picture is saved as {' or '.join(SUFFIXES)}")
        written = self.to_bytes(path.suffix)
        with path.open("xb") as file:
            file.write(written)
        return path

    def to_bytes(self, suffix: str) -> bytes:
        """Return the content of a file of the picture, by one of `SUFFIXES`."""
        return self.svg.encode() if suffix == ".svg" else self.png()

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.svg.encode()).decode()
        source = f"data:image/svg+xml;base64,{encoded}"
        return f'<img src="{source}" alt="{escape(self.says)}" style="max-width:100%">'


def data(rows: Rows) -> alt.Data:
    """Return rows as Altair takes them."""
    return alt.Data(values=[*rows])  # type: ignore[no-untyped-call]


def said(name: str, lang: str) -> str:
    """Return a title, or a word of a chart."""
    return label("plots", name, lang)


def drawn(name: str, alt_text: str, rows: Rows, chart: Any, lang: str) -> Picture:
    """Return a picture of a chart in the manner of all of them, with the title of that name."""
    title = said(name, lang)
    styled = (
        chart.properties(title=title, background="white", padding=_ROOM)
        .configure(font=_FONT)
        .configure_title(anchor="start", fontSize=15, color=INK, offset=14)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            titleFontWeight="normal",
            gridColor=_LINE,
            domainColor=MUTED,
            tickColor=MUTED,
            labelLimit=260,
        )
        .configure_legend(labelColor=INK, titleColor=INK, titleFontWeight="normal")
        .configure_header(labelColor=INK, titleColor=INK, labelFontSize=12, labelAnchor="start")
        .configure_view(stroke=None)
    )
    return Picture(title, alt_text, rows, styled, lang)
