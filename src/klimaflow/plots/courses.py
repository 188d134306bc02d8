"""Pictures of whole courses, as `klimaflow.frames.course` takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import altair as alt
import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from klimaflow.errors import FrameError
from klimaflow.phrases import label, number
from klimaflow.plots.picture import ACCENT, MUTED, OTHER, Picture, data, drawn, said
from klimaflow.plots.tables import NOTHING, counts, eager, held
from klimaflow.proposal import Phase

__all__ = ["before_and_after", "funnel", "over_time"]

_WHENCE = "klimaflow.frames.course adds it"
_PHASES = (
    Phase.IDEA,
    Phase.QUALIFICATION,
    Phase.APPROVAL_PROCESS,
    Phase.COMMITTEE_DECISION,
    Phase.FUNDER_CONSENT,
    Phase.STARTED,
)
"""Those through which a course leads, in its order."""


Ends = IntoFrame | Mapping[str, int]
"""Where proposals end: a frame with `reached`, as `course` adds it, or how many do by phase."""


def funnel(ends: Ends, *, lang: str = "en") -> Picture:
    """Draw how many proposals come to each phase or farther, and the share that they are of all.

    `ends` is a frame with `reached`, as `course` adds it, or says how many end in each phase.
    Raises `FrameError` without that column, without rows, or for what is no phase of a course.
    """
    found = _reached(ends)
    every = sum(found.values())
    rows = []
    for place, phase in enumerate(_PHASES):
        come = sum(found[each] for each in _PHASES[place:])
        shown = f"{number(come, lang)} ({_percent(come / every, lang)})"
        rows.append(
            {
                "phase": label("phases", phase, lang),
                "rows": come,
                "share": come / every,
                "said": shown,
            }
        )
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("phase:N", sort=None, title=None),
        x=alt.X("rows:Q", title=said("proposals", lang), axis=alt.Axis(format=",d", tickCount=5)),
    )
    bars = base.mark_bar(color=ACCENT, height={"band": 0.7})
    texts = base.mark_text(align="left", dx=5).encode(text="said:N")
    chart = (bars + texts).properties(width=420, height=34 * len(rows))
    alt_text = "; ".join(f"{row['phase']}: {row['said']}" for row in rows)
    return drawn("funnel", alt_text, rows, chart, lang)


def before_and_after(tables: Mapping[str, Ends], *, lang: str = "en") -> Picture:
    """Draw where the proposals of two or three tables end, side by side, as shares of each table.

    The keys say what each table is: "as it is", "minimum four". Each is taken as by `funnel`.
    Raises `FrameError` as `funnel` does, with the table's key.
    """
    rows = [row for name, ends in tables.items() for row in _ends(name, ends, lang)]
    colours = alt.Scale(domain=[*tables], range=[MUTED, ACCENT, OTHER])
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("phase:N", sort=None, title=None),
        yOffset=alt.YOffset("table:N", sort=None),
        x=alt.X("share:Q", title=said("share", lang), axis=alt.Axis(format="%", tickCount=5)),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("table:N", sort=None, scale=colours, legend=alt.Legend(title=None))
    )
    texts = base.mark_text(align="left", dx=4).encode(text="said:N")
    chart = (bars + texts).properties(width=420, height=20 * len(rows) + 12 * len(_PHASES))
    alt_text = "; ".join(f"{row['table']}, {row['phase']}: {row['said']}" for row in rows)
    return drawn("before_and_after", alt_text, rows, chart, lang)


def _ends(name: str, ends: Ends, lang: str) -> Iterator[dict[str, Any]]:
    try:
        found = _reached(ends)
    except FrameError as error:
        raise FrameError(f"{name}: {problem}" for problem in error.problems) from error
    for phase in _PHASES:
        share = found[phase] / found.total()
        shown = {"share": share, "said": _percent(share, lang)}
        yield {"table": name, "phase": label("phases", phase, lang), **shown}


def over_time(frame: IntoFrame, *, zone: str = "Europe/Copenhagen", lang: str = "en") -> Picture:
    """Draw which share of all proposals has started by each day, by the round of their decision.

    The frame has `round` and `started_at`, as `course` adds them; the days are those of `zone`.
    Raises `FrameError` without those columns, or without rows.
    """
    table = eager(held(frame, ("round", "started_at"), _WHENCE), "round", "started_at")
    every = len(table)
    started = table.filter(~nw.col("started_at").is_null())
    day = nw.col("started_at").dt.convert_time_zone(zone).dt.date()
    days = Counter[tuple[str, date]]()
    if every:
        days.update(started.select("round", day=day).iter_rows())
    if not days:
        raise FrameError(["started_at: no row has started: there is nothing to draw"])
    rows = [*_rising(days, every)]
    chart = (
        alt.Chart(data(rows))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X(
                "day:T",
                title=said("day", lang),
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%-d %b %Y", labelAngle=0, tickCount=6),
            ),
            y=alt.Y("share:Q", title=said("started_share", lang), axis=alt.Axis(format="%")),
            color=alt.Color("round:N", sort=None, scale=alt.Scale(range=[ACCENT, OTHER, MUTED])),
            strokeDash=alt.StrokeDash("round:N", sort=None, title=said("round", lang)),
        )
        .properties(width=480, height=260)
    )
    last = {row["round"]: row for row in rows}
    alt_text = "; ".join(f"{each}: {_percent(row['share'], lang)}" for each, row in last.items())
    return drawn("over_time", alt_text, rows, chart, lang)


def _rising(days: Mapping[tuple[str, date], int], every: int) -> Any:
    """Yield the share that has started by each day of a round, from nothing on its first day."""
    for name in dict.fromkeys(name for name, _ in sorted(days, key=lambda each: each[1])):
        sofar = 0
        for on in sorted(on for each, on in days if each == name):
            if not sofar:
                yield {"round": name, "day": on.isoformat(), "share": 0.0}
            sofar += days[name, on]
            yield {"round": name, "day": on.isoformat(), "share": sofar / every}


def _reached(ends: Ends) -> Counter[str]:
    if not isinstance(ends, Mapping):
        return Counter(counts(held(ends, ["reached"], _WHENCE), "reached"))
    if strange := [f"{each}: is no phase of a course" for each in ends if each not in _PHASES]:
        raise FrameError(strange)
    if not any(ends.values()):
        raise FrameError([f"rows: {NOTHING}"])
    return Counter(ends)


def _percent(share: float, lang: str) -> str:
    return said("percent", lang).format(f"{share:.1%}"[:-1].replace(".", said("point", lang)))
