"""Pictures of margins, as `klimaflow.frames.screen` adds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import altair as alt
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.errors import FrameError
from klimaflow.phrases import number
from klimaflow.plots.picture import ACCENT, INK, OTHER, Picture, data, drawn, said
from klimaflow.plots.tables import eager, held

__all__ = ["margins"]

STEPS = (1 / 24, 1 / 4, 1, 7, 30, 90, 365, 3650)
"""Widths of a bar in days, the least of which is taken that needs no more than `MOST` bars."""
MOST = 120

_WHENCE = "klimaflow.frames.screen adds the margins of time of the rules that it asks"


def margins(frame: IntoFrame, rules: Sequence[str] = (), *, lang: str = "en") -> Picture:
    """Draw how far the proposals are from each deadline, in days: to spare, or late.

    The frame has columns `margin_…` of durations, as `screen` adds them; `rules` chooses among
    them, all by default. A bar stands for all rows from its left end, inclusive, to its right end,
    exclusive; so what is late, by a microsecond or more, is left of the line at zero. Rows whose
    margin is null are left out.

    Raises `FrameError` without such columns, or without rows.
    """
    native = held(frame, [f"margin_{rule}" for rule in rules], _WHENCE)
    columns = [f"margin_{rule}" for rule in rules] or [*_of_time(native.collect_schema())]
    if not columns:
        raise FrameError([f"margin_…: there is no margin of time; {_WHENCE}"])
    table = eager(native, *columns)
    days = {name.removeprefix("margin_"): [*_days(table[name])] for name in columns}
    found = {rule: some for rule, some in days.items() if some}
    if not found:
        raise FrameError(["margin_…: in no row is a margin known: there is nothing to draw"])
    rows = [*_bars(found, lang)]
    bars = (
        alt.Chart()
        .mark_bar(binSpacing=0.5)
        .encode(
            x=alt.X("from:Q", title=said("margin_days", lang)),
            x2="to:Q",
            y=alt.Y("rows:Q", title=said("proposals", lang), axis=alt.Axis(format=",d")),
            y2=alt.datum(0),
            color=alt.Color("side:N", sort=None, scale=_sides(lang), legend=_UNTITLED),
        )
    )
    line = alt.Chart().mark_rule(color=INK).encode(x=alt.datum(0))
    chart = (
        alt.layer(bars, line, data=data(rows))
        .properties(width=480, height=120)
        .facet(row=alt.Row("rule:N", sort=[*found], title=None, header=alt.Header(orient="top")))
        .configure_facet(spacing=18)
    )
    alt_text = "; ".join(f"{rule}: {_told(some, lang)}" for rule, some in found.items())
    return drawn("margins", alt_text, rows, chart, lang)


_UNTITLED = alt.Legend(title=None)


def _sides(lang: str) -> alt.Scale:
    return alt.Scale(domain=[said("late", lang), said("to_spare", lang)], range=[OTHER, ACCENT])


def _bars(found: Mapping[str, list[float]], lang: str) -> Iterator[dict[str, Any]]:
    step = _step([*chain.from_iterable(found.values())])
    for rule, days in found.items():
        for place, rows in sorted(Counter(int(each // step) for each in days).items()):
            side = said("late" if place < 0 else "to_spare", lang)
            ends = {"from": place * step, "to": (place + 1) * step}
            yield {"rule": rule, **ends, "rows": rows, "side": side}


def _told(days: list[float], lang: str) -> str:
    late = sum(each < 0 for each in days)
    counts = (("late", late), ("to_spare", len(days) - late))
    return ", ".join(f"{number(many, lang)} {said(side, lang)}" for side, many in counts)


def _of_time(schema: nw.Schema) -> Iterator[str]:
    for name, dtype in schema.items():
        if name.startswith("margin_") and dtype == nw.Duration:
            yield name


def _days(margin: nw.Series[Any]) -> Iterable[float]:
    known = margin.drop_nulls().dt.total_microseconds().to_list()
    return (each / 86_400_000_000 for each in known)


def _step(days: Sequence[float]) -> float:
    wide = max(days) - min(days)
    return next((step for step in STEPS if wide <= step * MOST), STEPS[-1])
