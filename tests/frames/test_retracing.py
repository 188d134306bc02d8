"""A row of a course, explained: every command that it stands for, to the same end."""

from typing import Any

import numpy as np
import pytest

from klimaflow import Procedure
from klimaflow.case import parse_case
from klimaflow.errors import FrameError
from klimaflow.frames import ExplainedCourse, course, explain
from klimaflow.frames.course import GROUPS
from tests.conftest import policy
from tests.frames.courses import Courses
from tests.frames.kinds import KINDS
from tests.frames.test_course import rows


def explained(procedure: Procedure, **changes: Any) -> ExplainedCourse:
    return explain(rows(procedure, changes), 0, procedure, "course")


def taken(of: ExplainedCourse) -> list[str]:
    """Return the commands of a row, those refused in brackets."""
    return [d.command.do if d.permitted else f"({d.command.do})" for d in of.decisions]


class TestARow:
    def test_every_row_ends_where_course_says_and_its_case_too(self, procedure: Procedure) -> None:
        committed = {"regions": 8_000_000}
        seen = set()
        for seed in range(3):
            table = Courses(procedure, 40, np.random.default_rng(seed)).table()
            needed = [n for n in table.columns if n.endswith("_at") or n == "first_round"]
            table = table.drop_nulls(needed)
            found = course(table, procedure, committed=committed, add=GROUPS)
            for i, row in enumerate(found.iter_rows(named=True)):
                ended = explain(found, i, procedure, "course", committed=committed)
                proposal = ended.history.proposal
                assert proposal.phase == row["reached"]
                assert [*ended.decision.refused_by] == sorted(row["stopped_by"].split())
                assert proposal.since == row["started_at"] or not ended.decision.permitted
                *_, (_, _, history) = parse_case(ended.case("en-raekke")).follow()
                assert history.proposal == proposal
                assert ended.decision.command.do == (row["stopped_at"] or "start")
                seen.add(row["reached"])
        assert len(seen) == 6

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_of_frame_has_courses_that_can_be_explained(
        self, procedure: Procedure, kind: str
    ) -> None:
        late = {"submit_for_approval_at": "2024-04-25 09:12"}
        frame = KINDS[kind](rows(procedure, {}, late))
        ended = explain(frame, 1, procedure, "course")
        assert ended.history.proposal.round == "2024-autumn"
        assert ended.decision.permitted
        assert str(ended) == str(ended.decision)

    def test_each_attempt_is_there_to_be_read(self, procedure: Procedure) -> None:
        late = explained(
            procedure,
            submit_for_approval_at="2024-04-25 09:12",
            put_before_committee_at="2024-11-22 00:00",
        )
        tries = ["(submit-for-approval)", "submit-for-approval", "(put-before-committee)"]
        assert taken(late)[-3:] == tries
        refused = [each for each in late.decisions if not each.permitted]
        assert "12 minutes late" in str(refused[0])
        assert late.decision.refused_by == ("before-the-meeting",)

    def test_a_deferral_is_the_secretariats(self, procedure: Procedure) -> None:
        late = explained(procedure, put_before_committee_at="2024-05-31 00:00")
        assert "(put-before-committee) defer put-before-committee approve" in " ".join(taken(late))
        (deferred,) = (each for each in late.decisions if each.command.do == "defer")
        assert str(deferred.command.by) == "secretariat:secretariat"

    def test_those_who_join_and_leave_before_the_start_are_told_of(
        self, procedure: Procedure
    ) -> None:
        assert taken(explained(procedure, authorities_at_start=5)).count("enlist-participants") == 2
        fewer = explained(procedure, authorities=6, authorities_at_start=2)
        assert taken(fewer).count("release-participant") == 4
        assert fewer.decision.refused_by == ("enough-authorities",)


class TestWhatCannotBeExplained:
    def test_what_is_not_known_is_named_all_of_it(self, procedure: Procedure) -> None:
        with pytest.raises(FrameError) as error:
            explained(procedure, approve_at=None, authorities=None, asked_realdania=-1)
        assert list(error.value.problems) == [
            "row 0: approve_at: is not known",
            "row 0: authorities: is not known",
            "row 0: asked_realdania: expected a number from 0 to 1,000,000,000,000",
        ]

    def test_more_authorities_than_there_are(self, procedure: Procedure) -> None:
        with pytest.raises(FrameError, match="authorities: there are no 1000000000"):
            explained(procedure, authorities=10**9)

    def test_what_nobody_may_do(self) -> None:
        nobody = policy(('assess-criterion = ["dgo", "secretariat"]', "assess-criterion = []"))
        with pytest.raises(FrameError, match="assess-criterion is refused by authorised"):
            explained(nobody)

    def test_columns_are_checked_as_for_a_course(self, procedure: Procedure) -> None:
        frame = rows(procedure, {}).drop("approve_at", "start_at")
        with pytest.raises(FrameError) as error:
            explain(frame, 0, procedure, "course")
        assert len(error.value.problems) == 2
