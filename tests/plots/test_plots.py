"""Pictures: what they encode is what was counted, and what they show is SVG and no more."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pandas
import polars as pl
import pytest

from klimaflow import load_procedure
from klimaflow.errors import FrameError
from klimaflow.frames import screen
from klimaflow.plots import (
    Picture,
    before_and_after,
    funnel,
    heat_map,
    margins,
    over_time,
    tornado,
)
from klimaflow.proposal import Phase

LATEST = datetime(2024, 4, 15, 7, tzinfo=UTC)
SECOND, DAY = timedelta(microseconds=1), timedelta(days=1)
ENDS = [
    "idea",
    "qualification",
    "started",
    "started",
    "started",
    "funder_consent",
    "started",
    "idea",
]
STARTS = [None, None, 3, 4, 3, None, 200, None]
COURSE = pl.DataFrame(
    {
        "reached": ENDS,
        "round": ["", "2024-spring", *["2024-spring"] * 3, "2024-autumn", "2024-autumn", ""],
        "started_at": [
            None if day is None else datetime(2024, 6, 1, 22, 30, tzinfo=UTC) + day * DAY
            for day in STARTS
        ],
        "authorities": [1, 2, 3, 3, 3, 4, 4, 1],
        "delay": [timedelta(days=each) for each in (0, 0, 0, 0, 9, 9, 9, 9)],
    },
    schema_overrides={"started_at": pl.Datetime("us", "UTC")},
)
HOSTILE = "<img src=x onerror=alert(1)>&\"'</svg>"


def texts(picture: Picture) -> list[str]:
    return [
        "".join(each.itertext())
        for each in ElementTree.fromstring(picture.svg).iter()
        if each.tag.endswith("}text")
    ]


SCREENED = screen(
    pl.DataFrame(
        {
            "at": [LATEST, LATEST + SECOND, LATEST - 2 * DAY, LATEST + 3 * DAY, None],
        },
        schema={"at": pl.Datetime("us", "UTC")},
    ),
    load_procedure("klimaalliancen-2024"),
    "submit-for-qualification",
    constants={
        "phase": "sparring",
        "since": "2024-04-01 09:00",
        "role": "proposer",
        "of_the_track": True,
        "round": "2024-spring",
        "authorities": 3,
    },
)
PICTURES: dict[str, Callable[[str], Picture]] = {
    "funnel": lambda lang: funnel(COURSE, lang=lang),
    "before_and_after": lambda lang: before_and_after({"A": COURSE, "B": COURSE}, lang=lang),
    "over_time": lambda lang: over_time(COURSE, lang=lang),
    "heat_map": lambda lang: heat_map(COURSE, "delay", "authorities", lang=lang),
    "tornado": lambda lang: tornado([("delay", -3.0, 1.0)], lang=lang),
    "margins": lambda lang: margins(SCREENED, lang=lang),
}
KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars, lazy": pl.DataFrame.lazy,
    "pyarrow": pl.DataFrame.to_arrow,
    "pandas": pl.DataFrame.to_pandas,
    "duckdb": lambda frame: duckdb.from_arrow(frame.to_arrow()),
}


class TestWhatIsCounted:
    def test_a_funnel_counts_all_that_come_so_far(self) -> None:
        found = {row["phase"]: row["rows"] for row in funnel(COURSE).rows}
        assert found == {
            "Idea": 8,
            "Professional qualification": 6,
            "Approval process": 5,
            "Committee decision": 5,
            "Awaiting the contributing parties": 5,
            "Started": 4,
        }

    def test_a_funnel_says_each_count_and_share_in_the_language(self) -> None:
        assert "6 (75.0 %)" in texts(funnel(COURSE))
        assert "6 (75,0 %)" in texts(funnel(COURSE, lang="da"))

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_of_frame_is_counted_alike(self, kind: str) -> None:
        table = KINDS[kind](COURSE.select("reached", "authorities"))
        assert funnel(table).rows == funnel(COURSE).rows
        assert (
            heat_map(table, "authorities", "reached").rows
            == heat_map(COURSE, "authorities", "reached").rows
        )

    def test_counts_are_drawn_as_the_table_that_they_count(self) -> None:
        ends = {Phase.IDEA: 2, Phase.QUALIFICATION: 1, "funder_consent": 1, Phase.STARTED: 4}
        assert funnel(ends).rows == funnel(COURSE).rows
        drawn = before_and_after({"counts": ends, "rows": COURSE}).rows
        assert [row["share"] for row in drawn[:6]] == [row["share"] for row in drawn[6:]]

    def test_two_tables_are_shares_of_their_own_rows(self) -> None:
        few = COURSE.filter(pl.col("authorities") > 2)
        rows = before_and_after({"all": COURSE, "three": few}).rows
        found = {(row["table"], row["phase"]): row["share"] for row in rows}
        assert found["all", "Started"] == 4 / 8
        assert found["three", "Started"] == 4 / 5
        assert sum(each for (table, _), each in found.items() if table == "three") == 1

    def test_what_has_started_is_counted_by_the_day_in_denmark_and_never_falls(self) -> None:
        rows = [*over_time(COURSE).rows]
        assert rows == [
            {"round": "2024-spring", "day": "2024-06-05", "share": 0.0},
            {"round": "2024-spring", "day": "2024-06-05", "share": 2 / 8},
            {"round": "2024-spring", "day": "2024-06-06", "share": 3 / 8},
            {"round": "2024-autumn", "day": "2024-12-18", "share": 0.0},
            {"round": "2024-autumn", "day": "2024-12-18", "share": 1 / 8},
        ]

    def test_a_heat_map_has_the_share_that_starts_in_each_combination(self) -> None:
        rows = heat_map(COURSE, "delay", "authorities").rows
        found = {(row["x"], row["y"]): (row["share"], row["rows"]) for row in rows}
        assert found == {
            ("0", "1"): (0.0, 1),
            ("0", "2"): (0.0, 1),
            ("0", "3"): (1.0, 2),
            ("9", "3"): (1.0, 1),
            ("9", "4"): (0.5, 2),
            ("9", "1"): (0.0, 1),
        }

    @pytest.mark.parametrize(
        "make", [float, lambda each: each * DAY, lambda each: LATEST + each * DAY]
    )
    def test_many_values_are_cut_into_twelve_equal_ranges(self, make: Callable[[int], Any]) -> None:
        frame = pl.DataFrame(
            {"x": [make(each) for each in range(121)], "y": True, "reached": "started"}
        )
        rows = heat_map(frame, "x", "y").rows
        assert [row["rows"] for row in rows] == [10] * 11 + [11]

    def test_what_is_not_known_is_left_out(self) -> None:
        frame = pl.DataFrame({"x": [1, None], "y": [1, 1], "reached": ["started", "idea"]})
        assert heat_map(frame, "x", "y").rows == [{"x": "1", "y": "1", "share": 1.0, "rows": 1}]

    def test_a_microsecond_late_is_left_of_the_line(self) -> None:
        (late, *_), (spare, *_) = (
            [
                row
                for row in margins(SCREENED, ["before-qualification-deadline"]).rows
                if row["side"] == side
            ]
            for side in ("late", "to spare")
        )
        rows = margins(SCREENED, ["before-qualification-deadline"]).rows
        assert late["from"] < 0
        assert spare["from"] == 0
        assert sum(row["rows"] for row in rows if row["side"] == "late") == 2
        assert sum(row["rows"] for row in rows if row["side"] == "to spare") == 2

    def test_margins_of_numbers_are_no_deadlines(self) -> None:
        assert "margin_enough-authorities" in SCREENED.columns
        rules = {row["rule"] for row in margins(SCREENED).rows}
        assert rules == {"in-order", "before-qualification-deadline"}

    def test_the_strongest_input_is_on_top(self) -> None:
        rows = tornado([("weak", -1, 2), ("strong", 0, -9), ("middle", 4, 1)]).rows
        assert [row["input"] for row in rows[::2]] == ["strong", "middle", "weak"]


@pytest.mark.parametrize("lang", ["en", "da"])
@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_it_has_its_title_and_a_unit_on_every_axis(self, name: str, lang: str) -> None:
        picture = PICTURES[name](lang)
        drawn = picture.chart.to_dict()
        assert drawn["title"] == picture.title
        assert picture.title in texts(picture)
        assert picture.title != PICTURES[name]("da" if lang == "en" else "en").title
        measured = [
            axis.get("title") or (axis.get("legend") or {}).get("title")
            for axis in _axes(drawn)
            if axis.get("type") in ("quantitative", "temporal")
        ]
        named = [each for each in measured if each]
        assert named
        assert [each for each in named if not re.search(r"\(.+\)$|^Da(y|g)$", each)] == []

    def test_it_is_svg_in_an_image_that_asks_for_nothing(self, name: str, lang: str) -> None:
        picture = PICTURES[name](lang)
        shown = re.fullmatch(
            r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)" style="max-width:100%">',
            picture._repr_html_(),
        )
        assert shown
        assert base64.b64decode(shown[1]).decode() == picture.svg
        root = ElementTree.fromstring(picture.svg)
        tags = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert not tags & {"script", "image", "foreignObject", "use", "a"}
        assert "http" not in picture.svg.replace("http://www.w3.org/", "")

    def test_its_numbers_are_those_that_it_says(self, name: str, lang: str) -> None:
        picture = PICTURES[name](lang)
        drawn = [value for data in _values(picture.chart.to_dict()) for value in data]
        assert [*picture.rows] == [each for each in drawn if each in picture.rows]
        assert picture.says


def _axes(chart: Any) -> list[dict[str, Any]]:
    """Return the channels of a chart and all that it is made of."""
    if isinstance(chart, list):
        return [axis for each in chart for axis in _axes(each)]
    if not isinstance(chart, dict):
        return []
    own = [
        chart["encoding"][each] for each in ("x", "y", "color") if each in chart.get("encoding", {})
    ]
    return own + [axis for each in chart.values() for axis in _axes(each)]


def _values(chart: Any) -> list[list[Any]]:
    datasets = chart.get("datasets", {})
    return (
        [*datasets.values()] or [chart["data"]["values"]]
        if "data" in chart
        else [each["data"]["values"] for each in chart["layer"]]
    )


class TestWhatCannotBeDrawn:
    def test_a_missing_column_is_named_with_what_adds_it(self) -> None:
        with pytest.raises(FrameError) as refused:
            over_time(COURSE.rename({"started_at": "start_at"}).drop("round"))
        assert refused.value.problems == (
            "round: is missing; klimaflow.frames.course adds it",
            "started_at: is missing; klimaflow.frames.course adds it; is it start_at?",
        )

    def test_of_several_tables_it_says_which(self) -> None:
        with pytest.raises(FrameError, match=r"^B: reached: is missing"):
            before_and_after({"A": COURSE, "B": COURSE.drop("reached")})

    @pytest.mark.parametrize(
        "draw",
        [
            funnel,
            over_time,
            lambda frame: heat_map(frame, "delay", "authorities"),
            lambda frame: before_and_after({"A": frame}),
            lambda frame: tornado([]),
            lambda frame: margins(SCREENED.clear()),
            lambda frame: margins(frame.drop("delay")),
        ],
    )
    def test_of_nothing_there_is_no_picture(self, draw: Callable[[Any], Picture]) -> None:
        with pytest.raises(FrameError, match=r"nothing to draw|no margin of time"):
            draw(COURSE.clear())

    def test_counts_of_no_phase_or_of_nothing(self) -> None:
        with pytest.raises(FrameError) as refused:
            before_and_after({"A": {"started": 1}, "B": {"idé": 1, "rejected": 2}})
        assert refused.value.problems == (
            "B: idé: is no phase of a course",
            "B: rejected: is no phase of a course",
        )
        with pytest.raises(FrameError, match="nothing to draw"):
            funnel({"started": 0})

    def test_nothing_has_started(self) -> None:
        with pytest.raises(FrameError, match="no row has started"):
            over_time(
                COURSE.with_columns(started_at=None).cast({"started_at": pl.Datetime("us", "UTC")})
            )


class TestWhatIsWritten:
    def test_names_of_others_stay_text(self) -> None:
        for picture in (
            tornado([(HOSTILE, 1, 2)]),
            before_and_after({HOSTILE: COURSE}),
            heat_map(COURSE.rename({"delay": HOSTILE}), HOSTILE, "authorities"),
            over_time(COURSE.with_columns(round=pl.lit(HOSTILE))),
        ):
            assert any(each.startswith("<img src=x") for each in texts(picture))
            assert picture._repr_html_().count("<") == 1

    @pytest.mark.parametrize(("suffix", "begins"), [(".svg", b"<svg"), (".png", b"\x89PNG")])
    def test_a_file_is_written_once(self, suffix: str, begins: bytes, tmp_path: Path) -> None:
        path = tmp_path / f"funnel{suffix}"
        assert funnel(COURSE).save(path) == path
        assert path.read_bytes().startswith(begins)
        with pytest.raises(FileExistsError):
            funnel(COURSE).save(path)

    def test_another_suffix_is_refused_and_nothing_written(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"funnel\.pdf: a picture is saved as \.svg or \.png"):
            funnel(COURSE).save(tmp_path / "funnel.pdf")
        assert [*tmp_path.iterdir()] == []

    def test_a_million_rows_make_no_larger_picture(self) -> None:
        many = pl.concat([COURSE] * 1000)
        assert len(funnel(many).svg) < 1.1 * len(funnel(COURSE).svg)
        assert len(margins(pl.concat([SCREENED] * 1000)).svg) < 1.1 * len(margins(SCREENED).svg)


def test_all_phases_of_a_course_are_drawn_in_its_order() -> None:
    every = pl.DataFrame({"reached": [*map(str, Phase)]})
    drawn = [row["phase"] for row in funnel(every, lang="da").rows]
    assert drawn[0] == "Idé"
    assert drawn[-1] == "Igangsat"


def test_pandas_without_a_type_for_what_is_null_is_drawn_too() -> None:
    frame = pandas.DataFrame(
        {"reached": ["idea", "started"], "x": [1.0, float("nan")], "y": [1, 2]}
    )
    assert heat_map(frame, "x", "y").rows == [{"x": "1", "y": "1", "share": 0.0, "rows": 1}]
