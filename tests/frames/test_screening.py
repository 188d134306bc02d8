"""What `screen` takes, adds and refuses."""

from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from klimaflow import Procedure
from klimaflow.commands import COMMANDS
from klimaflow.errors import FrameError, KlimaflowError
from klimaflow.facts import Facts
from klimaflow.frames import ADDED, SCREENED, columns, reasons, screen
from klimaflow.frames.facts import ColumnFacts
from klimaflow.lifecycle import MOVES
from tests.conftest import policy
from tests.frames.kinds import EACH, KINDS, back
from tests.frames.rowwise import row, table


def problems(
    frame: Any, procedure: Procedure, do: str = "submit-for-approval", **options: Any
) -> Any:
    with pytest.raises(FrameError) as error:
        screen(frame, procedure, do, **options)
    return list(error.value.problems)


class TestTheFacts:
    """The rules' own texts are evaluated over columns, so that no rule is written twice."""

    @pytest.mark.parametrize("do", SCREENED)
    def test_every_fact_that_a_rule_names_is_there_for_one_and_for_many(self, do: str) -> None:
        rules = {rule for move in MOVES if move.command.do == do for rule in move.rules}
        named = {side for r in rules for side in (r.quantity, r.bound) if isinstance(side, str)}
        assert named
        assert [name for name in named if not hasattr(Facts, name)] == []
        assert [name for name in named if not hasattr(ColumnFacts, name)] == []

    def test_columns_have_no_fact_of_which_a_proposal_has_none(self) -> None:
        own = {name for name in vars(ColumnFacts) if name[0] != "_"} - {"in_phase"}
        assert [name for name in own if not hasattr(Facts, name)] == []


class TestWhatIsAdded:
    @pytest.mark.parametrize(("do", "kind"), EACH)
    def test_the_permitted_row_is_permitted(self, procedure: Procedure, do: str, kind: str) -> None:
        frame = KINDS[kind](table(row(procedure, do)))
        found = back(screen(frame, procedure, do, add=["permitted", "refused_by", "reason"]))
        assert found.select("permitted", "refused_by", "reason").rows() == [(True, "", 0)]

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_kind_comes_back_and_stays_lazy(self, procedure: Procedure, kind: str) -> None:
        frame = KINDS[kind](table(row(procedure, "start")))
        assert type(screen(frame, procedure, "start")) is type(frame)

    def test_rules_verdicts_and_margins_stand_after_the_frame_s_own_columns(
        self, procedure: Procedure
    ) -> None:
        frame = table(row(procedure, "put-before-committee")).with_columns(mine=1)
        found = screen(frame, procedure, "put-before-committee")
        assert found.columns[: len(frame.columns)] == frame.columns
        assert found.columns[len(frame.columns) :] == [
            "known-move",
            "in-order",
            "authorised",
            "before-the-meeting",
            "permitted",
            "refused_by",
            "margin_in-order",
            "margin_before-the-meeting",
        ]
        assert found.schema["permitted"] == pl.Boolean
        assert found.schema["margin_in-order"] == pl.Duration("us")

    @pytest.mark.parametrize("group", ["rules", "permitted", "refused_by", "reason", "margins"])
    @pytest.mark.parametrize("do", SCREENED)
    def test_each_group_can_be_had_alone_and_says_the_same(
        self, procedure: Procedure, do: str, group: str
    ) -> None:
        frame = table(row(procedure, do), row(procedure, do, phase="idea", role="dgo"))
        alone = screen(frame, procedure, do, add=[group])
        every = screen(frame, procedure, do, add=[*ADDED, "reason"])
        assert len(alone.columns) > len(frame.columns)
        assert alone.equals(every.select(alone.columns))

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_group_can_be_had_alone_of_every_kind(
        self, procedure: Procedure, kind: str
    ) -> None:
        frame = table(row(procedure, "put-before-committee"))
        every = screen(frame, procedure, "put-before-committee", add=[*ADDED, "reason"])
        for group in (*ADDED, "reason"):
            made = KINDS[kind](frame)
            alone = back(screen(made, procedure, "put-before-committee", add=[group]))
            added = alone.columns[len(frame.columns) :]
            assert alone.select(added).rows() == every.select(added).rows(), group

    @pytest.mark.parametrize("kind", KINDS)
    def test_nothing_is_added_where_nothing_is_asked_for(
        self, procedure: Procedure, kind: str
    ) -> None:
        frame = KINDS[kind](table(row(procedure, "approve")))
        found = back(screen(frame, procedure, "approve", add=[]))
        assert found.columns == table(row(procedure, "approve")).columns

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("group", ["rules", "permitted", "refused_by", "reason", "margins"])
    def test_a_group_can_be_had_alone_where_all_is_constant(
        self, procedure: Procedure, group: str, kind: str
    ) -> None:
        frame = KINDS[kind](pl.DataFrame({"number": [1]}))
        said = row(procedure, "put-before-committee")
        found = screen(frame, procedure, "put-before-committee", constants=said, add=[group])
        assert len(back(found).columns) > 1

    def test_a_refusal_names_every_binding_rule_in_the_lifecycle_s_order(
        self, procedure: Procedure
    ) -> None:
        late = row(
            procedure,
            "submit-for-approval",
            at="2024-04-25 09:01",
            authorities=1,
            own_round="2024-autumn",
            cofinancing_stated=False,
        )
        found = screen(table(late), procedure, add=["rules", "refused_by", "reason"])
        refused_by = "same-or-later-round before-approval-deadline enough-authorities"
        assert found["refused_by"].to_list() == [refused_by]
        assert reasons(procedure)[found["reason"][0] - 1] == "same-or-later-round"
        assert found["cofinancing-considered"].to_list() == [False]  # advises, and refuses nothing

    def test_a_move_that_there_is_not_is_the_only_reason(self, procedure: Procedure) -> None:
        started = row(procedure, "start", phase="started", authorities=0)
        found = screen(table(started), procedure, "start", add=["rules", "refused_by"])
        assert found["refused_by"].to_list() == ["known-move"]
        assert found["enough-authorities"].to_list() == [False]

    def test_a_rule_that_is_not_asked_has_no_column(self) -> None:
        silent = policy(('advisory_at = ["submit-for-qualification"]', "advisory_at = []"))
        frame = table(row(silent, "submit-for-qualification"))
        found = screen(frame, silent, "submit-for-qualification")
        assert "enough-authorities" not in found.columns
        assert "authorities" not in frame.columns

    def test_what_the_funds_have_promised_counts(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "approve"))
        found = screen(frame, procedure, "approve", committed={"realdania": 9_500_001})
        assert found["refused_by"].to_list() == ["within-fund fund-released"]
        assert found["margin_within-fund"].to_list() == [-1]


class TestConstants:
    """What is the same in every row need not be a column."""

    @pytest.mark.parametrize("do", SCREENED)
    def test_a_constant_says_what_a_column_of_it_says(self, procedure: Procedure, do: str) -> None:
        rows = [row(procedure, do), row(procedure, do, phase="withdrawn")]
        wanted = screen(table(*rows), procedure, do)
        added = wanted.columns[len(rows[0]) :]
        for name in rows[0]:
            if name != "phase":
                frame = table(*rows).drop(name)
                found = screen(frame, procedure, do, constants={name: rows[0][name]})
                assert found.select(added).rows() == wanted.select(added).rows(), name

    @pytest.mark.parametrize(("do", "kind"), EACH)
    def test_all_may_be_constants(self, procedure: Procedure, do: str, kind: str) -> None:
        frame, said = pl.DataFrame({"number": [1, 2]}), row(procedure, do)
        wanted = screen(table(said, said), procedure, do)
        found = back(screen(KINDS[kind](frame), procedure, do, constants=said))
        assert found.columns[1:] == wanted.columns[len(said) :]
        assert found.rows() == [(n, *each[len(said) :]) for n, each in enumerate(wanted.rows(), 1)]

    @pytest.mark.parametrize("do", SCREENED)
    def test_a_constant_is_known(self, procedure: Procedure, do: str) -> None:
        said = row(procedure, do)
        found = problems(pl.DataFrame({"n": [1]}), procedure, do, constants=dict.fromkeys(said))
        assert sorted(each.partition(":")[0] for each in found) == sorted(said)

    def test_a_constant_must_be_of_its_column_s_type_and_be_asked_for(
        self, procedure: Procedure
    ) -> None:
        said = row(procedure, "put-before-committee")
        wrong = {"at": datetime(2024, 5, 20), "rôle": "dgo", "since": "yesterday", "phase": 3}
        frame = table(said).drop("at", "since", "phase", "own_round")
        found = problems(frame, procedure, "put-before-committee", constants=wrong)
        assert [each.partition(":")[0] for each in found] == [
            "phase",
            "at",
            "since",
            "own_round",
            "rôle",
        ]
        assert "did you mean role?" in found[-1]

    def test_a_column_and_a_constant_for_it_contradict_each_other(
        self, procedure: Procedure
    ) -> None:
        frame = table(row(procedure, "start"))
        assert problems(frame, procedure, "start", constants={"phase": "funder_consent"}) == [
            "phase: is a column and a constant; drop one"
        ]


class TestMistakes:
    """Every mistake in the columns is named at once."""

    def test_an_error_is_one_of_klimaflow_s_and_a_value_error(self) -> None:
        assert issubclass(FrameError, KlimaflowError)
        assert issubclass(FrameError, ValueError)

    def test_all_at_once_each_with_its_column(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "submit-for-approval")).select(
            pl.col("at").dt.replace_time_zone(None),
            pl.col("since").dt.cast_time_unit("ms"),
            phase=1,
            authorities=3.0,
            of_the_track=pl.lit("yes"),
            role=pl.lit("proposer"),
            permitted=True,
        )
        found = problems(frame, procedure)
        assert [each.partition(":")[0] for each in found] == [
            "phase",
            "at",
            "since",
            "of_the_track",
            "own_round",
            "authorities",
            *(f"met_{criterion}" for criterion in procedure.binding_criteria),
            "budget_stated",
            "cofinancing_stated",
            "permitted",
        ]
        assert "own_round: is missing" in "\n".join(found)
        assert "has no zone" in found[1]
        assert "cast what is there to microseconds" in found[2]

    def test_a_near_name_is_suggested(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "start")).rename({"since": "sinse"})
        (found,) = problems(frame, procedure, "start")
        assert found.startswith("since: is missing")
        assert found.endswith("is it sinse?")

    def test_a_column_for_a_funder_that_there_is_not(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "approve")).rename({"granted_realdania": "granted_realdana"})
        (found,) = problems(frame, procedure, "approve")
        assert found.startswith("granted_realdana: ")
        assert "did you mean granted_realdania?" in found

    def test_one_funder_at_least_has_a_column(self, procedure: Procedure) -> None:
        said = row(procedure, "start")
        frame = table({name: v for name, v in said.items() if not name.startswith("granted_")})
        assert problems(frame, procedure, "start") == [
            "granted_{funder}: is missing for every funder; one at least must have it"
        ]

    def test_numbers_with_gaps_in_pandas_are_not_whole(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "start")).to_pandas()
        frame["authorities"] = pd.Series([None], dtype="float64")
        (found,) = problems(frame, procedure, "start")
        assert found.startswith("authorities: expected whole numbers, not Float64")
        assert "Int64" in found

    def test_objects_in_pandas_are_not_true_or_false(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "submit-for-approval")).to_pandas()
        frame["of_the_track"] = pd.Series([True], dtype="object")
        (found,) = problems(frame, procedure)
        assert found.startswith("of_the_track: expected true or false, not Object")
        assert "boolean" in found

    def test_a_promise_of_no_fund_and_no_amount(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "approve"))
        committed = {"realdana": 1, "regions": -1}
        found = problems(frame, procedure, "approve", committed=committed)
        assert found == [
            "committed.realdana: is no fund of the procedure",
            "committed.regions: expected whole kroner, not -1",
        ]

    def test_a_group_that_there_is_not(self, procedure: Procedure) -> None:
        (found,) = problems(table(row(procedure, "start")), procedure, "start", add=["reasons"])
        assert found.startswith("add: 'reasons' is none of rules, permitted, refused_by, reason")

    @pytest.mark.parametrize("do", [do for do in COMMANDS if do not in SCREENED])
    def test_a_command_that_turns_on_names_says_which_can_be_screened(
        self, procedure: Procedure, do: str
    ) -> None:
        (found,) = problems(pl.DataFrame({"at": []}), procedure, do)
        assert do in found
        assert all(each in found for each in SCREENED)
        with pytest.raises(FrameError, match="can be screened"):
            columns(procedure, do)

    def test_a_command_that_there_is_not(self, procedure: Procedure) -> None:
        (found,) = problems(pl.DataFrame({"at": []}), procedure, "aprove")
        assert "did you mean approve?" in found


class TestTypes:
    @pytest.mark.parametrize("dtype", [pl.UInt8, pl.Int16, pl.UInt64, pl.Int128])
    def test_whole_numbers_of_any_size(self, procedure: Procedure, dtype: Any) -> None:
        frame = table(row(procedure, "submit-for-approval", authorities=2))
        found = screen(frame.with_columns(pl.col("authorities").cast(dtype)), procedure)
        assert found["refused_by"].to_list() == ["enough-authorities"]
        assert found["margin_enough-authorities"].to_list() == [-1]

    @pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["qualification", "idea"])])
    def test_text_of_few_words(self, procedure: Procedure, dtype: Any) -> None:
        frame = table(row(procedure, "submit-for-approval")).with_columns(
            pl.col("phase").cast(dtype)
        )
        assert screen(frame, procedure)["permitted"].to_list() == [True]

    def test_amounts_below_zero_or_beyond_all_money_are_not_known(
        self, procedure: Procedure
    ) -> None:
        for name in ("granted_realdania", "asked_realdania"):
            for amount in (-1, 10**12 + 1, 2**63 - 1, -(2**63)):
                found = screen(
                    table(row(procedure, "approve", **{name: amount})), procedure, "approve"
                )
                assert found["permitted"].to_list() == [False]
                assert found["margin_within-request"].to_list() == [None]

    def test_duckdb_s_nanoseconds_and_naive_times(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "start")).to_arrow()
        connection = duckdb.connect()
        connection.register("drawn", frame)
        for dtype in ("timestamp_ns", "timestamp"):
            relation = connection.sql(f'select * replace ("at"::{dtype} as "at") from drawn')
            (found,) = problems(relation, procedure, "start")
            assert found.startswith("at: has no zone")

    def test_a_zone_that_narwhals_cannot_read_in_pandas_is_refused(
        self, procedure: Procedure
    ) -> None:
        frame = table(row(procedure, "start")).with_columns(
            pl.col("at").dt.convert_time_zone("America/New_York")
        )
        assert screen(frame, procedure, "start")["permitted"].to_list() == [True]
        (found,) = problems(frame.to_pandas(), procedure, "start")
        assert found.endswith("convert it to microseconds in UTC")

    def test_an_offset_is_no_zone(self, procedure: Procedure) -> None:
        arrow = table(row(procedure, "start")).to_arrow()
        at = arrow["at"].cast(pa.timestamp("us", "+02:00"))
        arrow = arrow.set_column(arrow.column_names.index("at"), "at", at)
        (found,) = problems(arrow, procedure, "start")
        assert found == "at: has the zone +02:00: convert it to one such as UTC"
