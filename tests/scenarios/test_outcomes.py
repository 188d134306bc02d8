"""What comes of scenarios, counted again row by row in Python."""

import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from klimaflow import Phase, Procedure
from klimaflow.errors import FrameError
from klimaflow.markup.tables import html_table
from klimaflow.moments import moment
from klimaflow.scenarios import Outcomes, Share, grid, outcomes, paired, sample
from tests.conftest import policy
from tests.scenarios.cases import BASE, INPUTS, drawn

HERE = ZoneInfo("Europe/Copenhagen")
FUNDERS = ("realdania", "region-syddanmark")


@pytest.fixture(scope="module")
def frame(procedure: Procedure) -> pl.DataFrame:
    return drawn(procedure, 3_000).run()


@pytest.fixture(scope="module")
def found(procedure: Procedure) -> Outcomes:
    return outcomes(drawn(procedure, 3_000), size=700)


class TestOutcomes:
    def test_count_each_row_in_the_phase_where_it_ends(
        self, found: Outcomes, frame: pl.DataFrame
    ) -> None:
        counts = Counter(frame["reached"])
        assert {p: share.count for p, share in found.reached.items()} == {
            phase: counts[phase] for phase in found.reached
        }
        assert sum(share.count for share in found.reached.values()) == found.n == 3_000

    def test_the_funnel_has_all_that_come_to_a_phase_or_further(self, found: Outcomes) -> None:
        funnel = [share.count for share in found.came_to.values()]
        assert funnel[0] == 3_000
        assert funnel[-1] == found.started.count
        ends = [share.count for share in found.reached.values()]
        assert [a - b for a, b in pairwise(funnel)] == ends[:-1]

    def test_count_each_rule_that_stops_a_row(self, found: Outcomes, frame: pl.DataFrame) -> None:
        counts = Counter(rule for text in frame["stopped_by"] for rule in text.split())
        assert {rule: share.count for rule, share in found.stopped_by.items()} == counts
        assert [*found.stopped_by] == sorted(found.stopped_by, key=lambda r: -counts[r])

    def test_count_the_commands_at_which_they_stop(
        self, found: Outcomes, frame: pl.DataFrame
    ) -> None:
        counts = Counter(filter(None, frame["stopped_at"]))
        assert {do: each.count for do, each in found.stopped_at.items() if each.count} == counts

    def test_the_quantiles_are_those_of_the_sorted_starts(
        self, found: Outcomes, frame: pl.DataFrame
    ) -> None:
        rows = [row for row in frame.to_dicts() if row["started_at"] is not None]
        days = sorted(row["started_at"].astimezone(HERE).date() for row in rows)
        took = sorted(row["started_at"] - row["submit_for_qualification_at"] for row in rows)
        for share in (0.05, 0.5, 0.95, 1.0):
            place = max(-(-int(share * 1000 * len(rows)) // 1000) - 1, 0)
            assert found.starts_by(share) == days[place]
            exact = took[place]
            assert found.time_to_start(share) == exact - exact % timedelta(hours=1)

    def test_say_who_is_waited_for(self, found: Outcomes, frame: pl.DataFrame) -> None:
        for funder in FUNDERS:
            at = f"consented_at_{funder}"
            rows = frame.to_dicts()
            last = sum(r["started_at"] == r[at] for r in rows if r["started_at"] is not None)
            missing = sum(
                r[at] is None and "every-party-consents" in r["stopped_by"].split() for r in rows
            )
            each = found.waited_for[funder]
            assert (each.last.count, each.missing.count) == (last, missing)
        assert [*found.waited_for] == [*FUNDERS]

    def test_say_in_which_round_those_that_start_are_decided(
        self, found: Outcomes, frame: pl.DataFrame
    ) -> None:
        started = frame.filter(pl.col("reached") == "started")
        assert {r: share.count for r, share in found.rounds.items()} == Counter(started["round"])

    def test_are_those_of_a_frame_too(
        self, found: Outcomes, frame: pl.DataFrame, procedure: Procedure
    ) -> None:
        parts = [frame.head(1_000), frame.slice(1_000)]
        for given in (frame, parts):
            again = outcomes(given, procedure, base=BASE)
            assert again.to_dict() | {"seed": 7} == found.to_dict()

    def test_hand_every_frame_on(self, procedure: Procedure) -> None:
        kept: list[pl.DataFrame] = []
        outcomes(drawn(procedure, 50), size=20, also=kept.append)
        assert pl.concat(kept).equals(drawn(procedure, 50).run())

    def test_of_a_frame_that_is_not_run_are_an_error(self, procedure: Procedure) -> None:
        with pytest.raises(FrameError, match="reached: is missing: the frame is not run"):
            outcomes(drawn(procedure, 5).frame(), procedure)
        with pytest.raises(FrameError, match="procedure: is missing"):
            outcomes(drawn(procedure, 5).run())

    def test_where_none_starts_have_no_times(self, procedure: Procedure) -> None:
        none = outcomes(grid(BASE, procedure, authorities=[0, 1]))
        assert (none.starts_by(), none.time_to_start()) == (None, None)
        assert none.started == Share(0, 2)
        assert "0.0 %" in str(none)

    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_are_shown_as_text_and_tables_and_json(self, found: Outcomes, lang: str) -> None:
        text, page = found.explained(lang), found.to_html(lang)
        assert page == "".join(html_table(*table) for table in found.tables(lang))
        for share in found.stopped_by.values():
            assert share.told(lang)[0] in text
        assert json.loads(json.dumps(found.to_dict()))["n"] == 3_000
        assert found._repr_html_() == found.to_html("en")


class TestTheSameScenariosUnderTwoProcedures:
    def test_are_counted_pair_by_pair(self, procedure: Procedure, frame: pl.DataFrame) -> None:
        four = policy(("minimum = 3", "minimum = 4"))
        scenarios = drawn(procedure, 3_000)
        found = paired(scenarios, scenarios.under(four), size=900)
        other = scenarios.under(four).run()
        starts = list(
            zip(frame["started_at"].is_not_null(), other["started_at"].is_not_null(), strict=True)
        )
        counts = Counter(starts)
        assert (found.started.both, found.started.only_a) == (
            counts[True, True],
            counts[True, False],
        )
        assert (found.started.only_b, found.started.neither) == (0, counts[False, False])
        moves = Counter(zip(frame["reached"], other["reached"], strict=True))
        assert {(str(a), str(b)): count for (a, b), count in found.moves.items()} == moves
        names = ["reached", "stopped_by", "round", "started_at"]
        pairs = zip(frame.select(names).rows(), other.select(names).rows(), strict=True)
        assert found.changed.count == sum(a != b for a, b in pairs)
        assert found.before.to_dict() == outcomes(scenarios).to_dict()
        assert found.after.procedure is four

    def test_that_ask_the_same_change_nothing_and_it_is_said_aloud(
        self, procedure: Procedure
    ) -> None:
        scenarios = drawn(procedure, 200)
        found = paired(scenarios, scenarios.under(policy(("edition = 1", "edition = 2"))))
        assert found.changes_nothing
        assert found.sentences() == (
            "This changes nothing: each of 200 scenarios comes to the same.",
        )
        assert "ændrer intet" in found.sentences("da")[0]

    def test_one_input_changed_is_compared_on_the_same_draws(self, procedure: Procedure) -> None:
        scenarios = drawn(procedure, 2_000)
        never = scenarios.changed(refuses_realdania=[False])
        found = paired(scenarios, never)
        assert found.started.only_a == 0
        assert found.started.only_b > 0
        assert "More of them start" in str(found)
        assert "Færre" in paired(never, scenarios).explained("da")
        json.dumps(found.to_dict())

    def test_other_draws_are_refused(self, procedure: Procedure) -> None:
        for other in (drawn(procedure, 10, 8), drawn(procedure, 11)):
            with pytest.raises(FrameError, match="not on the same draws"):
                paired(drawn(procedure, 10), other)


def test_a_start_on_the_night_of_the_change_has_its_danish_date(procedure: Procedure) -> None:
    base = {**BASE, "start_at": "2024-10-27T00:30:00+02:00"}
    found = outcomes(grid(base, procedure, joining=[0]))
    assert [*found.starts_on] == [datetime(2024, 10, 27).date()]
    took = moment("2024-10-27T00:30:00+02:00") - moment("2024-04-10 12:00")
    assert found.time_to_start() == timedelta(hours=took.total_seconds() // 3600)


def test_a_phase_is_a_key_of_a_result(procedure: Procedure) -> None:
    found = outcomes(sample(10, 1, BASE, procedure, joining=INPUTS["joining"]))
    assert found.reached[Phase.STARTED] == found.started
