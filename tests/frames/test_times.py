"""Deadlines in a frame: to the microsecond, on the clock of any zone, where an hour comes twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from klimaflow import Procedure
from klimaflow.frames import screen
from klimaflow.moments import MICROSECOND, Moment
from tests.conftest import policy
from tests.frames.drawn import TWICE
from tests.frames.kinds import KINDS, back
from tests.frames.rowwise import row, table

ZONES = ("UTC", "Europe/Copenhagen", "America/Toronto", "Asia/Kathmandu", "Pacific/Apia")
RULE = {
    "submit-for-qualification": "before-qualification-deadline",
    "submit-for-approval": "before-approval-deadline",
    "put-before-committee": "before-the-meeting",
    "approve": "committee-has-met",
    "start": "within-partnership",
}


def plain(at: Moment) -> datetime:
    return datetime.fromisoformat(at.isoformat()).astimezone(UTC)


def lines(procedure: Procedure) -> dict[str, tuple[datetime, bool]]:
    """Return for each command the first moment on the other side of a line, and if it is late."""
    gates = procedure.gates["2024-spring"]
    return {
        "submit-for-qualification": (plain(gates.qualification_closes_at) + MICROSECOND, True),
        "submit-for-approval": (plain(gates.approval_closes_at) + MICROSECOND, True),
        "put-before-committee": (plain(gates.meeting.ends_at), True),
        "approve": (plain(gates.meeting.begins_at), False),
        "start": (plain(procedure.partnership_ends.ends_at), True),
    }


def at_times(
    procedure: Procedure, do: str, times: list[datetime], zone: str = "UTC"
) -> pl.DataFrame:
    rows = [row(procedure, do, at=at) for at in times]
    return table(*rows).with_columns(pl.col("at").dt.convert_time_zone(zone))


def zones(kind: str) -> tuple[str, ...]:
    """Return the zones on whose clocks a kind of frame can show a time; one where all show one."""
    return ZONES if kind != "pyspark" else ZONES[:1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("do", RULE)
def test_a_microsecond_decides_on_every_clock(procedure: Procedure, do: str, kind: str) -> None:
    first, late = lines(procedure)[do]
    for zone in zones(kind):
        times = [first - MICROSECOND, first, first + MICROSECOND]
        frame = KINDS[kind](at_times(procedure, do, times, zone))
        found = back(screen(frame, procedure, do, add=["rules", "margins"]))
        assert found[RULE[do]].to_list() == [late, not late, not late], zone
        spare = [timedelta(0), -MICROSECOND, -2 * MICROSECOND]
        wanted = spare if late else [-MICROSECOND, timedelta(0), MICROSECOND]
        assert found[f"margin_{RULE[do]}"].to_list() == wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("twice", [0, 1])
def test_both_half_past_twos_of_the_day_on_which_the_clocks_go_back(kind: str, twice: int) -> None:
    closing = policy(
        ('approval = "torsdag 2024-10-24 09:00"', 'approval = "søndag 2024-10-27 01:59"'),
        ("value = 0\n", f"value = {31 + 60 * twice}\n"),
    )
    assert plain(closing.gates["2024-autumn"].approval_closes_at) == TWICE[twice]
    first, second = TWICE
    times = [first, first + MICROSECOND, second, second + MICROSECOND]
    wanted = [at <= TWICE[twice] for at in times]
    assert wanted.count(True) == (1, 3)[twice]
    for zone in zones(kind):
        rows = at_times(closing, "submit-for-approval", times, zone)
        autumn = rows.with_columns(round=pl.lit("2024-autumn"))
        found = back(screen(KINDS[kind](autumn), closing, add=["rules"]))
        assert found["before-approval-deadline"].to_list() == wanted, zone


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_off_that_the_column_s_own_clock_shows_twice(kind: str) -> None:
    """06:30 and 07:30 in Copenhagen on 3 November 2024 are both 01:30 in Toronto."""
    for hour, utc in (("06:30", 5), ("07:30", 6)):
        closing = policy(
            ('approval = "torsdag 2024-10-24 09:00"', f'approval = "søndag 2024-11-03 {hour}"')
        )
        cut = datetime(2024, 11, 3, utc, 30, tzinfo=UTC)
        assert cut.astimezone(ZoneInfo("America/Toronto")).strftime("%H:%M") == "01:30"
        times = [cut - MICROSECOND, cut, cut + MICROSECOND]
        rows = at_times(closing, "submit-for-approval", times, "America/Toronto")
        autumn = rows.with_columns(round=pl.lit("2024-autumn"))
        found = back(screen(KINDS[kind](autumn), closing, add=["rules"]))
        assert found["before-approval-deadline"].to_list() == [True, True, False]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("duckdb", "pyspark")])
def test_a_nanosecond_late_is_late(procedure: Procedure, kind: str) -> None:
    closes = procedure.gates["2024-spring"].approval_closes_at
    rows = at_times(procedure, "submit-for-approval", [plain(closes)] * 3)
    late = pl.Series([-1, 0, 1]).cast(pl.Duration("ns"))
    finer = rows.with_columns(pl.col("at").dt.cast_time_unit("ns") + late)
    assert finer.schema["at"] == pl.Datetime("ns", "UTC")
    found = back(screen(KINDS[kind](finer), procedure))
    assert found["before-approval-deadline"].to_list() == [True, True, False]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("duckdb", "pyspark")])
def test_times_in_two_columns_are_compared_across_zones_and_units(
    procedure: Procedure, kind: str
) -> None:
    at = datetime(2024, 5, 20, 12, tzinfo=UTC)
    rows = [
        row(procedure, "put-before-committee", at=at, since=at + n * MICROSECOND)
        for n in (-1, 0, 1)
    ]
    for zone in ZONES:
        for unit in ("us", "ns"):
            mixed = table(*rows).with_columns(
                pl.col("since").dt.convert_time_zone(zone).dt.cast_time_unit(unit)
            )
            found = back(screen(KINDS[kind](mixed), procedure, "put-before-committee"))
            assert found["in-order"].to_list() == [True, True, False]


@pytest.mark.parametrize("session", ["UTC", "Europe/Copenhagen", "America/Toronto"])
def test_the_session_of_duckdb_may_be_in_any_zone(procedure: Procedure, session: str) -> None:
    first, _ = lines(procedure)["submit-for-approval"]
    rows = at_times(procedure, "submit-for-approval", [first - MICROSECOND, first])
    connection = duckdb.connect()
    connection.execute(f"set timezone = '{session}'")
    connection.register("drawn", rows.to_arrow())
    connection.execute("create table kept as select * from drawn")
    found = back(screen(connection.table("kept"), procedure))
    assert found["before-approval-deadline"].to_list() == [True, False]


def test_a_line_beyond_the_nanoseconds_lets_all_before_it_pass() -> None:
    far = policy(("value = 2027-12-31", "value = 8999-12-31"))
    rows = at_times(far, "start", [datetime(2262, 1, 1, tzinfo=UTC) - MICROSECOND])
    finer = rows.with_columns(pl.col("at").dt.cast_time_unit("ns"))
    assert far.partnership_ends.ends_at.year == 8999
    assert screen(finer, far, "start")["within-partnership"].to_list() == [True]
