"""A row explained is what `decide` says of the proposal that the row implies."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from klimaflow import Phase, Procedure
from klimaflow.case import parse_case
from klimaflow.errors import FrameError
from klimaflow.frames import SCREENED, explain, screen
from klimaflow.moments import moment
from klimaflow.proposal import ConsentStatus
from tests.conftest import unsaid
from tests.frames.kinds import EACH, KINDS
from tests.frames.rowwise import row, table


def problems(frame: Any, i: int, procedure: Procedure, do: str, **options: Any) -> list[str]:
    with pytest.raises(FrameError) as error:
        explain(frame, i, procedure, do, **options)
    return list(error.value.problems)


class TestARow:
    @pytest.mark.parametrize(("do", "kind"), EACH)
    def test_every_kind_of_frame_has_rows_that_can_be_explained(
        self, procedure: Procedure, do: str, kind: str
    ) -> None:
        early = row(procedure, do, since="2024-12-31 10:00", at="2024-12-31 09:59")
        frame = KINDS[kind](table(row(procedure, do), early))
        assert explain(frame, 0, procedure, do).decision.permitted
        explained = explain(frame, 1, procedure, do)
        assert "in-order" in explained.decision.refused_by
        assert explained.decision.command.at == moment("2024-12-31 09:59")
        assert str(explained) == str(explained.decision)

    def test_the_sentence_has_the_figures_of_the_row(self, procedure: Procedure) -> None:
        late = row(procedure, "submit-for-approval", at="2024-04-25 09:12", authorities=2)
        said = str(explain(table(late), 0, procedure))
        assert unsaid(said, "12 minutes late", "1 short", "municipality 2") == []

    def test_the_proposal_is_the_one_that_the_row_tells_of(self, procedure: Procedure) -> None:
        said = row(
            procedure,
            "submit-for-approval",
            authorities=5,
            own_round="",
            **{"met_results-open": None, "met_development-element": False},
        )
        proposal = explain(table(said), 0, procedure).proposal
        assert proposal.phase is Phase.QUALIFICATION
        assert proposal.since == moment("2024-02-01 10:00")
        assert proposal.round is None
        assert len({each.id for each in proposal.participants}) == 5
        assert "results-open" not in proposal.assessments
        assert proposal.assessments["development-element"].met is False

    def test_a_start_has_its_grant_its_consents_and_its_conditions(
        self, procedure: Procedure
    ) -> None:
        said = row(
            procedure,
            "start",
            conditions_unmet=2,
            **{
                "granted_region-sjaelland": 0,
                "consented_at_region-nordjylland": None,
                "consent_ends_at_realdania": "2024-07-01 00:00",
            },
        )
        explained = explain(table(said), 0, procedure, "start")
        proposal, today = explained.proposal, explained.decision.facts.today
        assert "region-sjaelland" not in proposal.granted
        assert proposal.consent_of("region-nordjylland", today) is ConsentStatus.AWAITED
        assert proposal.consent_of("realdania", today) is ConsentStatus.LAPSED
        assert proposal.consent_of("region-syddanmark", today) is ConsentStatus.GIVEN
        assert explained.decision.refused_by == (
            "conditions-met",
            "consents-in-force",
            "every-party-consents",
        )

    def test_a_consent_that_ends_within_the_day_is_out_of_force_from_then_on(
        self, procedure: Procedure
    ) -> None:
        for at, wanted in (("2024-07-01 11:59", True), ("2024-07-01 12:00", False)):
            said = row(procedure, "start", at=at, consent_ends_at_realdania="2024-07-01 12:00")
            frame = table(said)
            assert screen(frame, procedure, "start")["permitted"].to_list() == [wanted]
            assert explain(frame, 0, procedure, "start").decision.permitted is wanted

    def test_constants_and_promises_count(self, procedure: Procedure) -> None:
        said = row(procedure, "approve")
        frame = table(said).drop("role")
        options: Any = {"constants": {"role": "dgo"}, "committed": {"realdania": 10_000_000}}
        explained = explain(frame, 0, procedure, "approve", **options)
        assert set(explained.decision.refused_by) == {"authorised", "within-fund", "fund-released"}
        assert explained.row["role"] == "dgo"


class TestWhatCannotBeExplained:
    def test_a_row_in_which_something_is_not_known_names_all_of_it(
        self, procedure: Procedure
    ) -> None:
        said = row(procedure, "submit-for-approval", at=None, own_round=None, authorities=None)
        assert problems(
            table(row(procedure, "submit-for-approval"), said), 1, procedure, "submit-for-approval"
        ) == [
            "row 1: at: is not known",
            "row 1: own_round: is not known",
            "row 1: authorities: is not known",
        ]

    def test_a_value_that_is_none_of_its_column(self, procedure: Procedure) -> None:
        said = row(procedure, "start", phase="begun", role="boss", authorities=-1)
        found = problems(table(said), 0, procedure, "start")
        assert [each.split(":")[1].strip() for each in found] == ["phase", "authorities", "role"]

    def test_more_than_there_are(self, procedure: Procedure) -> None:
        said = row(procedure, "start", authorities=10**9, conditions_unmet=10**9)
        assert problems(table(said), 0, procedure, "start") == [
            "row 0: authorities: no proposal has 1000000000",
            "row 0: conditions_unmet: no track has 1000000000",
        ]

    def test_a_row_that_there_is_not(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "start"))
        for i in (1, -1):
            found = problems(frame, i, procedure, "start")
            assert found == [f"row {i}: there are 1, counted from 0"]

    def test_a_time_finer_than_a_microsecond(self, procedure: Procedure) -> None:
        frame = table(row(procedure, "start")).with_columns(
            pl.col("at").dt.cast_time_unit("ns") + pl.duration(nanoseconds=1, time_unit="ns")
        )
        for kind in ("polars", "pandas", "pyarrow"):
            assert problems(KINDS[kind](frame), 0, procedure, "start") == [
                "row 0: at: is finer than a microsecond"
            ]

    def test_columns_are_checked_as_for_a_screen(self, procedure: Procedure) -> None:
        frame = pl.DataFrame({"at": [datetime(2024, 1, 1, tzinfo=UTC)]})
        assert len(problems(frame, 0, procedure, "put-before-committee")) == 4


class TestACase:
    """A surprising row can be followed from the idea on."""

    @pytest.mark.parametrize("do", SCREENED)
    def test_a_permitted_row_is_a_case_whose_every_step_is_permitted(
        self, procedure: Procedure, do: str
    ) -> None:
        entered = {"put-before-committee": "2024-04-20", "approve": "2024-05-20"}
        entered |= {"give-consent": "2024-05-30", "start": "2024-05-30"}
        said = row(procedure, do, since=f"{entered.get(do, '2024-04-08')} 10:00")
        explained = explain(table(said), 0, procedure, do)
        steps = [*parse_case(explained.case("en-raekke")).follow()]
        assert [decision.refused_by for _, decision, _ in steps] == [()] * len(steps)
        assert steps[-1][0].command == explained.decision.command
        assert explained.history.proposal.phase is explained.proposal.phase

    def test_a_refused_row_is_a_case_that_is_refused_at_its_end_for_the_same(
        self, procedure: Procedure
    ) -> None:
        unjudged = {f"met_{criterion}": None for criterion in procedure.binding_criteria}
        for do, changes in (
            ("submit-for-approval", {"authorities": 1, "met_results-open": False}),
            ("submit-for-approval", {"cofinancing_stated": False, "at": "2024-04-25 09:01"}),
            (
                "submit-for-approval",
                {**unjudged, "phase": "idea", "own_round": "", "budget_stated": False},
            ),
            ("start", {"authorities": 2, "conditions_unmet": 1, "consented_at_realdania": None}),
            ("start", {"consent_ends_at_realdania": "2024-06-20 00:00"}),
            ("give-consent", {"consent": "given"}),
            ("give-consent", {"consent": "refused"}),
            ("give-consent", {"consent": "withdrawn", "amount": 1}),
            ("approve", {"granted_realdania": 500_001, "at": "2024-05-29 10:00"}),
        ):
            entered = "2024-05-30 10:00" if do in ("start", "give-consent") else "2024-04-15 08:00"
            since = "2024-05-20 10:00" if do == "approve" else entered
            said = row(procedure, do, **{"since": since, **changes})
            explained = explain(table(said), 0, procedure, do)
            *way, (_, last, _) = parse_case(explained.case("en-raekke")).follow()
            assert all(decision.permitted for _, decision, _ in way)
            assert last.refused_by == explained.decision.refused_by
            assert last.remarks == explained.decision.remarks

    def test_a_row_to_which_no_case_leads_says_why(self, procedure: Procedure) -> None:
        for do, changes, why in (
            ("put-before-committee", {"since": "2024-05-01 10:00"}, "before-approval-deadline"),
            ("submit-for-approval", {"own_round": ""}, "known-round"),
            ("submit-for-approval", {"phase": "sparring"}, "does not go together"),
            ("give-consent", {"since": "2024-05-30 10:00", "consent": "void"}, "void"),
            ("start", {"phase": "started"}, "is started"),
        ):
            explained = explain(table(row(procedure, do, **changes)), 0, procedure, do)
            with pytest.raises(FrameError, match=why):
                explained.case("en-raekke")
