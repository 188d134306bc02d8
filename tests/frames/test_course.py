"""How far a row comes: each step in its time, a missed round followed by the next one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

from klimaflow import Procedure
from klimaflow.errors import FrameError
from klimaflow.frames import COURSE, course, course_columns
from klimaflow.frames.columns import Kind
from klimaflow.frames.course import GROUPS
from klimaflow.moments import COPENHAGEN, MICROSECOND
from tests.conftest import policy, unsaid
from tests.frames.kinds import KINDS, back, session
from tests.frames.rowwise import utc
from tests.frames.test_times import plain

ZONES = ("UTC", COPENHAGEN, "America/Toronto", "Asia/Kathmandu")

WHOLE: dict[str, Any] = {
    "submit_for_qualification_at": "2024-04-10 12:00",
    "submit_for_approval_at": "2024-04-22 12:00",
    "put_before_committee_at": "2024-05-20 12:00",
    "approve_at": "2024-05-30 13:00",
    "start_at": "2024-07-01 08:00",
    "authorities": 3,
    "met_need-from-climate-plans": True,
    "met_development-element": True,
    "met_not-proven-solution": True,
    "met_results-open": True,
    "asked_realdania": 500_000,
    "consented_at_realdania": "2024-06-10 10:00",
}
TYPES = {Kind.MOMENT: pl.Datetime("us", "UTC"), Kind.FLAG: pl.Boolean, Kind.TEXT: pl.String}


def rows(procedure: Procedure, *changes: dict[str, Any]) -> pl.DataFrame:
    """Return a row that comes to its start for each set of changes."""
    columns = course_columns(procedure)
    types: dict[str, Any] = {each.name: TYPES.get(each.kind, pl.Int64) for each in columns}
    said = [{**WHOLE, **each} for each in changes]
    made = [
        {
            n: utc(v) if types[n] == TYPES[Kind.MOMENT] and isinstance(v, str) else v
            for n, v in r.items()
        }
        for r in said
    ]
    return pl.DataFrame(made, schema={name: types[name] for name in made[0]})


def ends(procedure: Procedure, **changes: Any) -> dict[str, Any]:
    """Return what comes of one row."""
    return course(rows(procedure, changes), procedure, add=GROUPS).row(0, named=True)


def stops(procedure: Procedure, **changes: Any) -> tuple[str, str, str]:
    found = ends(procedure, **changes)
    assert (found["started_at"] is None) == (found["reached"] != "started")
    return found["reached"], found["stopped_by"], found["round"]


def starts(procedure: Procedure, **changes: Any) -> datetime:
    found = ends(procedure, **changes)
    assert (found["reached"], found["stopped_at"], found["stopped_by"]) == ("started", "", "")
    at: datetime = found["started_at"]
    return at


class TestEachStepInItsTime:
    def test_all_that_is_ready_in_time_starts_when_it_is_ready(self, procedure: Procedure) -> None:
        assert starts(procedure) == utc("2024-07-01 08:00")
        assert ends(procedure)["round"] == "2024-spring"

    def test_nothing_is_decided_before_the_day_of_the_meeting(self, procedure: Procedure) -> None:
        early = {"approve_at": "2024-05-01 00:00", "start_at": "2024-05-01 00:00"}
        given = {"consented_at_realdania": "2024-05-01 00:00"}
        assert starts(procedure, **early, **given) == utc("2024-05-30 00:00")

    def test_a_start_waits_for_the_last_consent(self, procedure: Procedure) -> None:
        late = {"consented_at_realdania": "2025-02-01 09:30"}
        assert starts(procedure, **late) == utc("2025-02-01 09:30")
        before = {"consented_at_realdania": "2024-01-01 00:00"}
        assert starts(procedure, **before) == utc("2024-07-01 08:00")

    def test_a_consent_that_never_comes_is_missing(self, procedure: Procedure) -> None:
        never = {"consented_at_realdania": None}
        assert stops(procedure, **never) == (
            "funder_consent",
            "every-party-consents",
            "2024-spring",
        )
        assert starts(
            procedure,
            **never,
            asked_realdania=0,
            **{"asked_region-sjaelland": 1, "consented_at_region-sjaelland": "2024-06-10 10:00"},
        ) == utc("2024-07-01 08:00")

    def test_a_consent_to_less_than_is_granted_is_none(self, procedure: Procedure) -> None:
        assert starts(procedure, consented_realdania=500_000) == utc("2024-07-01 08:00")
        found = stops(procedure, consented_realdania=499_999)
        assert found == ("funder_consent", "every-party-consents", "2024-spring")

    def test_a_consent_that_ends_before_the_start_has_run_out(self, procedure: Procedure) -> None:
        for ends_at, wanted in (
            ("2024-07-02 00:00", ""),
            ("2024-07-01 00:00", "consents-in-force"),
        ):
            found = stops(procedure, consent_ends_at_realdania=ends_at)
            assert found[1] == wanted
        assert stops(procedure, consent_ends_at_realdania=None)[1] == "consents-in-force"

    def test_without_binding_consents_a_start_waits_for_none(self, procedure: Procedure) -> None:
        never = policy(('required_at = "start"', 'required_at = "never"'))
        late = {"consented_at_realdania": "2025-02-01 09:30"}
        assert starts(never, **late) == utc("2024-07-01 08:00")
        assert starts(never, consented_at_realdania=None) == utc("2024-07-01 08:00")

    def test_a_step_is_not_taken_before_the_one_before_it(self, procedure: Procedure) -> None:
        early = dict.fromkeys(
            ["submit_for_approval_at", "put_before_committee_at"], "2024-01-01 00:00"
        )
        assert starts(procedure, **early) == utc("2024-07-01 08:00")
        assert ends(procedure, **early)["round"] == "2024-spring"

    def test_the_partnership_ends(self, procedure: Procedure) -> None:
        assert starts(procedure, start_at="2027-12-31 23:59") == utc("2027-12-31 23:59")
        found = stops(procedure, start_at="2028-01-01 00:00")
        assert found == ("funder_consent", "within-partnership", "2024-spring")
        late = stops(procedure, consented_at_realdania="2028-01-01 00:00")
        assert late[1] == "within-partnership"


class TestTheNextRound:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_microsecond_after_a_deadline_leads_to_it(
        self, procedure: Procedure, kind: str
    ) -> None:
        spring, autumn = procedure.gates.values()
        lines = {
            "submit_for_qualification_at": "qualification_closes_at",
            "submit_for_approval_at": "approval_closes_at",
        }
        said, wanted = [], []
        for column, closes in lines.items():
            for gates, here, there in (
                (spring, "2024-spring", "2024-autumn"),
                (autumn, "2024-autumn", ""),
            ):
                at = plain(getattr(gates, closes))
                said += [{column: at + n * MICROSECOND} for n in (-1, 0, 1)]
                wanted += [here, here, there or here]
        meets = plain(spring.meeting.ends_at)
        said += [{"put_before_committee_at": meets + n * MICROSECOND} for n in (-2, -1, 0)]
        wanted += ["2024-spring", "2024-spring", "2024-autumn"]
        for zone in ZONES if kind != "pyspark" else ["UTC"]:
            moments = pl.col(pl.Datetime).dt.convert_time_zone(zone)
            frame = KINDS[kind](rows(procedure, *said).with_columns(moments))
            found = back(course(frame, procedure, add=["reached", "stopped_by", "round"]))
            assert found["round"].to_list() == wanted, zone
            late = {5: "before-qualification-deadline", 11: "before-approval-deadline"}
            assert dict(enumerate(found["stopped_by"])) == {n: late.get(n, "") for n in range(15)}

    def test_it_is_decided_at_the_meeting_of_that_round(self, procedure: Procedure) -> None:
        missed = {"submit_for_approval_at": "2024-04-25 09:01"}
        assert ends(procedure, **missed)["round"] == "2024-autumn"
        assert starts(procedure, **missed) == utc("2024-11-21 00:00")

    def test_what_is_too_late_for_every_meeting_stays_in_its_round(
        self, procedure: Procedure
    ) -> None:
        found = stops(procedure, put_before_committee_at="2024-11-22 00:00")
        assert found == ("approval_process", "before-the-meeting", "2024-spring")

    def test_nobody_may_defer_where_the_policy_names_nobody(self) -> None:
        stuck = policy(
            ('"defer@approval_process" = ["secretariat"]', '"defer@approval_process" = []')
        )
        found = stops(stuck, put_before_committee_at="2024-05-31 00:00")
        assert found == ("approval_process", "before-the-meeting", "2024-spring")

    def test_a_row_may_begin_in_a_later_round(self, procedure: Procedure) -> None:
        assert ends(procedure, first_round="2024-autumn")["round"] == "2024-autumn"
        for unknown in ("2023-autumn", "", None):
            found = stops(procedure, first_round=unknown)
            assert found == ("idea", "known-round before-qualification-deadline", "")

    def test_what_else_is_broken_is_told_of_the_last_round(self, procedure: Procedure) -> None:
        late = {"submit_for_approval_at": "2024-12-01 00:00", "authorities": 2}
        refused = "before-approval-deadline enough-authorities"
        assert stops(procedure, **late) == ("qualification", refused, "2024-autumn")


class TestBothHalfPastTwos:
    """The night of 27 October 2024: the clocks of Copenhagen show 02:30 twice."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_deadline_between_them_parts_them(self, kind: str) -> None:
        closing = policy(("torsdag 2024-10-24 09:00", "søndag 2024-10-27 03:00"))
        first, second = (datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1))
        late = datetime(2024, 10, 27, 2, 0, tzinfo=UTC)
        said = [{"submit_for_approval_at": at} for at in (first, second, late, late + MICROSECOND)]
        frame = rows(closing, *said).with_columns(
            pl.col(pl.Datetime).dt.convert_time_zone(COPENHAGEN)
        )
        found = back(course(KINDS[kind](frame), closing))
        assert found["reached"].to_list() == ["started", "started", "started", "qualification"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_start_is_at_the_one_of_which_it_is(self, procedure: Procedure, kind: str) -> None:
        both = [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1)]
        frame = rows(procedure, *({"start_at": at} for at in both))
        local = frame.with_columns(pl.col(pl.Datetime).dt.convert_time_zone(COPENHAGEN))
        found = back(course(KINDS[kind](local), procedure))
        assert found["started_at"].to_list() == both


class TestWhatIsNotKnown:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_column_that_is_null_stops_its_row(self, procedure: Procedure, kind: str) -> None:
        said = {"first_round": "2024-spring", "authorities_at_start": 3, "conditions_unmet": 0}
        said |= {"granted_realdania": 500_000, "consented_realdania": 500_000}
        said |= {"budget_stated": True, "consent_ends_at_realdania": "2030-01-01 00:00"}
        names = [*WHOLE, *said]
        table = rows(procedure, said, *({**said, name: None} for name in names))
        found = back(course(KINDS[kind](table), procedure))
        assert found["reached"].to_list()[0] == "started"
        stopped = dict(zip(names, found["stopped_by"].to_list()[1:], strict=True))
        assert [name for name, by in stopped.items() if not by] == []
        assert found["started_at"].null_count() == len(names)
        assert found.select(COURSE[:3]).null_count().row(0) == (0, 0, 0)

    def test_a_time_that_is_not_known_is_not_late(self, procedure: Procedure) -> None:
        found = stops(procedure, submit_for_approval_at=None)
        assert found == ("qualification", "in-order before-approval-deadline", "2024-spring")

    def test_what_is_finer_than_a_microsecond_is_not_known(self, procedure: Procedure) -> None:
        for kind in ("polars", "pandas", "pyarrow"):
            finer = rows(procedure, {}, {}).with_columns(
                pl.col("start_at").dt.cast_time_unit("ns")
                + pl.Series([0, 1]).cast(pl.Duration("ns"))
            )
            found = back(course(KINDS[kind](finer), procedure))
            assert found["reached"].to_list() == ["started", "funder_consent"], kind
            assert found["stopped_by"][1].startswith("in-order every-party-consents")


class TestTheFrame:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_kind_comes_back_and_stays_lazy(self, procedure: Procedure, kind: str) -> None:
        frame = KINDS[kind](rows(procedure, {}))
        found = course(frame, procedure)
        assert type(found) is type(frame)
        native: Any = nw.from_native(found)
        assert [*native.collect_schema()] == [*WHOLE, *COURSE]

    def test_a_constant_stands_for_a_column(self, procedure: Procedure) -> None:
        frame = rows(procedure, {}, {"authorities": 2})
        said = {
            "start_at": "2024-07-01 08:00",
            "met_results-open": True,
            "asked_realdania": 500_000,
        }
        for name, value in said.items():
            found = course(frame.drop(name), procedure, constants={name: value})
            assert found["reached"].to_list() == ["started", "qualification"], name
        all_said = {n: v for n, v in WHOLE.items() if n != "authorities"}
        found = course(frame.select("authorities"), procedure, constants=all_said)
        assert found["reached"].to_list() == ["started", "qualification"]
        assert found["started_at"][0] == utc("2024-07-01 08:00")

    def test_what_the_funds_have_promised_is_not_there(self, procedure: Procedure) -> None:
        frame = rows(procedure, {})
        for left, by in ((500_000, ""), (499_999, "within-fund fund-released")):
            found = course(frame, procedure, committed={"realdania": 10_000_000 - left})
            assert found["stopped_by"].to_list() == [by]

    def test_only_what_is_asked_for_is_added(self, procedure: Procedure) -> None:
        frame = rows(procedure, {"authorities": 2})
        found = course(frame, procedure, add=["stopped_at"])
        assert found.columns[len(frame.columns) :] == ["stopped_at"]
        assert found["stopped_at"].to_list() == ["submit-for-approval"]

    def test_all_mistakes_are_named_at_once(self, procedure: Procedure) -> None:
        frame = rows(procedure, {}).rename({"approve_at": "approved_at"})
        frame = frame.with_columns(
            pl.col("start_at").dt.replace_time_zone(None),
            pl.col("submit_for_approval_at").dt.cast_time_unit("ms"),
            pl.lit(1).alias("asked_realdanai"),
            pl.lit(1).alias("consented_to_realdania"),
            pl.lit("2024-spring").alias("round"),
            pl.col("authorities").cast(pl.Float64),
        )
        with pytest.raises(FrameError) as error:
            course(frame, procedure, constants={"met_results_open": True}, committed={"lego": 1})
        said = "\n".join(error.value.problems)
        assert len(error.value.problems) == 9
        assert (
            unsaid(
                said,
                "approve_at: is missing",
                "is it approved_at?",
                "start_at: has no zone",
                "submit_for_approval_at: is in ms",
                "asked_realdanai: is for none that the procedure names; did you mean asked_real",
                "consented_to_realdania: is for none",
                "round: is there already",
                "authorities: expected whole numbers, not Float64",
                "met_results_open: is for none that the procedure names",
                "committed.lego: is no fund of the procedure",
            )
            == []
        )

    def test_what_is_none_of_the_groups_is_named(self, procedure: Procedure) -> None:
        with pytest.raises(FrameError, match="add: 'reason' is none of reached, stopped_at"):
            course(rows(procedure, {}), procedure, add=["reason"])

    def test_without_rounds_nothing_comes_beyond_the_idea(self, procedure: Procedure) -> None:
        import attrs

        none = attrs.evolve(procedure, rounds=())
        found = stops(none)
        assert found == ("idea", "known-round before-qualification-deadline", "")

    @pytest.mark.parametrize("zone", ["UTC", COPENHAGEN, "America/Toronto"])
    def test_the_session_of_an_engine_may_be_in_any_zone(
        self, procedure: Procedure, zone: str
    ) -> None:
        wanted = starts(procedure)
        connection = duckdb.connect()
        connection.execute(f"set timezone = '{zone}'")
        connection.register("drawn", rows(procedure, {}).to_arrow())
        found = course(connection.table("drawn"), procedure, add=["started_at"])
        assert back(found)["started_at"][0] == wanted
        before = session().conf.get("spark.sql.session.timeZone")
        session().conf.set("spark.sql.session.timeZone", zone)
        try:
            frame = session().createDataFrame(rows(procedure, {}).to_arrow())
            assert back(course(frame, procedure))["started_at"][0] == wanted
        finally:
            session().conf.set("spark.sql.session.timeZone", before)


def test_a_day_later_is_never_better(procedure: Procedure) -> None:
    """Whoever is late by more comes no further, in time."""
    said = [
        {"submit_for_approval_at": utc("2024-04-20 09:00") + timedelta(days=n)} for n in range(250)
    ]
    found = course(rows(procedure, *said), procedure)
    at = [each or datetime(2030, 1, 1, tzinfo=UTC) for each in found["started_at"]]
    assert at == sorted(at)
