"""Pictures of what the inputs do: two of them over a plane, all of them by what they weigh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import compress, pairwise
from typing import Any

import altair as alt
import narwhals.stable.v2 as nw
from attrs import frozen
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.errors import FrameError
from klimaflow.plots.picture import ACCENT, INK, OTHER, Picture, data, drawn, said
from klimaflow.plots.tables import NOTHING, eager, held
from klimaflow.proposal import Phase

__all__ = ["heat_map", "tornado"]

FEW = 12
"""So many values of an input are shown each by itself; more are shown in as many ranges."""

_WHENCE = "klimaflow.frames.course adds reached, the others are the table's own"


def heat_map(
    frame: IntoFrame,
    x: str,
    y: str,
    *,
    x_title: str = "",
    y_title: str = "",
    lang: str = "en",
) -> Picture:
    """Draw the share that starts for each combination of two columns' values.

    The frame has `reached`, as `course` adds it. A column of numbers, durations or moments with
    more than twelve values is cut into twelve equal ranges, named by their lower ends; durations
    are shown in days. The titles say what the columns are, with their units; without them the
    columns' names do, and "(days)" where that is so. Rows in which one of the two is null are left
    out.

    Raises `FrameError` without the columns, or without rows.
    """
    table = eager(held(frame, (x, y, "reached"), _WHENCE), x, y, "reached")
    table = table.filter(~nw.col(x).is_null() & ~nw.col(y).is_null())
    if not len(table):
        raise FrameError([f"rows: {NOTHING}"])
    across, up = (_Ranges.of(table[each].to_list()) for each in (x, y))
    started = [each == Phase.STARTED for each in table["reached"].to_list()]
    rows = [*_cells(across, up, started)]
    flat = alt.Axis(labelAngle=0)
    along = alt.X("x:N", sort=across.names, title=x_title or across.titled(x, lang), axis=flat)
    upwards = alt.Y("y:N", sort=up.names[::-1], title=y_title or up.titled(y, lang))
    base = alt.Chart(data(rows)).encode(x=along, y=upwards)
    legend = alt.Legend(title=said("started_share", lang), format="%")
    share = alt.Color("share:Q", scale=alt.Scale(scheme="teals", domain=[0, 1]), legend=legend)
    ink = alt.condition("datum.share > 0.6", alt.value("white"), alt.value(INK))
    texts = base.mark_text(fontSize=10).encode(text=alt.Text("share:Q", format=".0%"), color=ink)
    chart = (base.mark_rect().encode(color=share) + texts).properties(
        width=44 * len(across.names), height=30 * len(up.names)
    )
    alt_text = "; ".join(f"{row['x']}, {row['y']}: {row['share']:.0%}" for row in rows)
    return drawn("heat_map", alt_text, rows, chart, lang)


def _cells(across: _Ranges, up: _Ranges, started: list[bool]) -> Iterator[dict[str, Any]]:
    """Yield each combination that some row has, with the share of those that start."""
    every = Counter(zip(across.places, up.places, strict=True))
    starts = Counter(compress(zip(across.places, up.places, strict=True), started))
    for (i, j), rows in sorted(every.items()):
        yield {
            "x": across.names[i],
            "y": up.names[j],
            "share": starts[i, j] / rows,
            "rows": rows,
        }


def tornado(
    effects: Iterable[tuple[str, float, float]], *, unit: str = "", lang: str = "en"
) -> Picture:
    """Draw how far each input moves the outcome, the strongest on top.

    `effects` are `(input, low, high)`: what the outcome changes by, where the input is at its low
    and at its high end; `unit` says in what, percentage points unless told otherwise.

    Raises `FrameError` if there are none.
    """
    by_weight = sorted(effects, key=lambda each: -max(abs(each[1]), abs(each[2])))
    if not by_weight:
        raise FrameError(["effects: there are none: there is nothing to draw"])
    ends = {end: said(end, lang) for end in ("low", "high")}
    rows = [
        {"input": name, "end": ends[end], "effect": effect}
        for name, *both in by_weight
        for end, effect in zip(ends, both, strict=True)
    ]
    colours = alt.Scale(domain=[*ends.values()], range=[OTHER, ACCENT])
    bars = (
        alt.Chart(data(rows))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y("input:N", sort=[name for name, _, _ in by_weight], title=None),
            x=alt.X("effect:Q", title=unit or said("points", lang), stack=None),
            color=alt.Color("end:N", sort=None, scale=colours, legend=alt.Legend(title=None)),
        )
    )
    zero = alt.Chart(data([{"effect": 0}])).mark_rule(color="#1f2933").encode(x="effect:Q")
    chart = (bars + zero).properties(width=420, height=34 * len(by_weight))
    alt_text = "; ".join(f"{name}: {low:+.3g} / {high:+.3g}" for name, low, high in by_weight)
    return drawn("tornado", alt_text, rows, chart, lang)


@frozen(eq=False)
class _Ranges:
    """The values of a column as places in a row of names."""

    names: list[str]
    places: list[int]
    in_days: bool

    @classmethod
    def of(cls, values: list[Any]) -> _Ranges:
        distinct = sorted(set(values))
        in_days = isinstance(distinct[0], timedelta)
        if len(distinct) <= FEW or not isinstance(distinct[0], int | float | timedelta | datetime):
            place = {each: number for number, each in enumerate(distinct)}
            return cls(_named(distinct), [place[each] for each in values], in_days)
        least, step = distinct[0], (distinct[-1] - distinct[0]) / FEW
        ends = [least + step * number for number in range(FEW)]
        places = [min(int((each - least) / step), FEW - 1) for each in values]
        return cls(_named(ends), places, in_days)

    def titled(self, column: str, lang: str) -> str:
        """Return what an axis of these values is called."""
        return f"{column} ({said('days', lang)})" if self.in_days else column


def _named(values: list[Any]) -> list[str]:
    """Return values as short as they can be and still be told apart."""
    names = [_shortly(each) for each in values]
    if any(one == other for one, other in pairwise(names)):
        return [_exactly(each) for each in values]
    return names


def _shortly(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, timedelta):
        return f"{value / timedelta(days=1):.3g}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _exactly(value: Any) -> str:
    return f"{value / timedelta(days=1)!r}" if isinstance(value, timedelta) else str(value)
