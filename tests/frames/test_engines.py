"""What an engine takes for something else is refused, and what is not known to be sound."""

from collections.abc import Iterator
from typing import Any

import dask.dataframe as dd
import pytest

from klimaflow import Procedure
from klimaflow.errors import FrameError
from klimaflow.frames import course, screen
from tests.conftest import policy
from tests.frames.kinds import back, in_pyspark, session
from tests.frames.rowwise import row, table
from tests.frames.test_course import rows

ZONE = "spark.sql.session.timeZone"


@pytest.fixture(params=["Europe/Copenhagen", "America/Toronto"])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """Set the session of pyspark in a zone with a change of clocks."""
    before = session().conf.get(ZONE)
    session().conf.set(ZONE, request.param)
    yield request.param
    session().conf.set(ZONE, before)


class TestPyspark:
    def test_verdicts_do_not_depend_on_the_zone_of_the_session(
        self, procedure: Procedure, elsewhere: str
    ) -> None:
        times = ["2024-03-31 01:59", "2024-03-31 03:00", "2024-04-25 09:00", "2024-04-25 09:01"]
        frame = table(*(row(procedure, "submit-for-approval", at=at) for at in times))
        add = ["rules", "permitted", "refused_by", "reason"]
        found = back(screen(in_pyspark(frame), procedure, add=add))
        wanted = screen(frame, procedure, add=add)
        added = wanted.columns[len(frame.columns) :]
        assert found.select(added).equals(wanted.select(added)), elsewhere

    def test_margins_are_refused_where_the_session_skips_an_hour(
        self, procedure: Procedure, elsewhere: str
    ) -> None:
        frame = in_pyspark(table(row(procedure, "approve")))
        with pytest.raises(FrameError, match=f"margins: .* {elsewhere}, .* or leave margins out"):
            screen(frame, procedure, "approve")

    def test_a_name_that_pyspark_takes_for_a_field_of_something_is_refused(self) -> None:
        dotted = policy(('id = "results-open"', 'id = "results.open"'))
        frame = in_pyspark(table(row(dotted, "submit-for-approval")))
        with pytest.raises(FrameError, match=r"met_results\.open: pyspark takes the name"):
            screen(frame, dotted)

    def test_times_without_a_zone_are_refused(self, procedure: Procedure) -> None:
        frame = in_pyspark(rows(procedure, {}))
        naive = frame.withColumn("start_at", frame.start_at.cast("timestamp_ntz"))
        with pytest.raises(FrameError, match="start_at: has no zone"):
            course(naive, procedure)


def test_dask_is_refused(procedure: Procedure) -> None:
    """What narwhals makes of dask raises in the middle of a course, for columns made apart."""
    make: Any = dd.from_pandas
    frame = make(rows(procedure, {}).to_pandas(), npartitions=1)
    for take in (screen, course):
        with pytest.raises(FrameError, match="frame: one of dask is not taken; convert it to"):
            take(frame, procedure)
