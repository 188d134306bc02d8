"""What a story may expect, and its tables of outcomes."""

from pathlib import Path

import pytest

from klimaflow import CaseError, Phase
from klimaflow.testing.stories import check_story, parse_story
from tests.testing.told import HEAD, IDEA, SUBMISSION, problems, told, unlike

LATE = SUBMISSION.replace('qualification"\nby', 'qualification + 1 microsecond"\nby')
REFUSED = 'refused_by = ["before-qualification-deadline"]\n'


class TestExpectations:
    @pytest.mark.parametrize(
        "expected",
        [
            "",
            "permitted = true",
            "refused_by = []",
            'remarks = ["enough-authorities"]',
            'phase = "qualification"',
            "findings.enough-authorities.margin = -3",
            "findings.enough-authorities.holds = false",
            'findings.before-qualification-deadline = { holds = true, margin = "PT0S" }',
            "findings.authorised = { holds = true, margin = 0 }",
        ],
    )
    def test_that_are_met(self, expected: str) -> None:
        assert unlike(SUBMISSION, expected) == []

    @pytest.mark.parametrize(
        ("expected", "otherwise"),
        [
            ("permitted = false", "expected refused"),
            (
                'refused_by = ["known-move"]',
                "expected refused",
            ),
            ("remarks = []", "expected remarks nothing, not enough-authorities"),
            (
                'remarks = ["cofinancing-considered", "authorised"]',
                "expected remarks authorised, cofinancing-considered, not enough-authorities",
            ),
            ('phase = "idea"', "expected phase idea, not qualification"),
            (
                "findings.enough-authorities.margin = -2",
                "expected enough-authorities with margin -2, not -3",
            ),
            ("findings.enough-authorities.holds = true", "expected enough-authorities kept"),
            ("findings.authorised.holds = false", "expected authorised broken"),
            (
                'findings.before-qualification-deadline.margin = "PT0.000001S"',
                "expected before-qualification-deadline with margin PT0.000001S, not PT0S",
            ),
            (
                'findings.before-qualification-deadline.margin = "unknown"',
                "expected before-qualification-deadline with margin unknown, not PT0S",
            ),
            (
                "findings.criteria-met.holds = true",
                "expected a finding of criteria-met, which is not asked here",
            ),
        ],
    )
    def test_that_are_not(self, expected: str, otherwise: str) -> None:
        assert unlike(SUBMISSION, expected) == [f"step[1]: {otherwise}"]

    def test_all_that_is_otherwise_is_told(self) -> None:
        wrong = 'remarks = []\nphase = "idea"\nfindings.authorised.margin = 1'
        assert len(unlike(SUBMISSION, wrong)) == 3

    def test_a_microsecond_late_is_a_margin(self) -> None:
        margin = 'findings.before-qualification-deadline.margin = "-PT0.000001S"\n'
        assert unlike(LATE, REFUSED, margin, 'phase = "idea"') == []

    def test_a_fact_that_is_not_known_has_the_margin_unknown(self) -> None:
        rules = 'refused_by = ["before-qualification-deadline", "known-round"]\n'
        elsewhere = SUBMISSION.replace('round = "2024-spring"', 'round = "2025-spring"')
        expected = 'findings.before-qualification-deadline = { holds = false, margin = "unknown" }'
        assert unlike(elsewhere, rules, expected) == []

    def test_the_phase_after_a_refusal_is_that_before_it(self) -> None:
        assert unlike(LATE, REFUSED, 'phase = "qualification"') == [
            "step[1]: expected phase qualification, not idea"
        ]

    def test_in_danish(self) -> None:
        went = told(SUBMISSION, "remarks = []").unlike
        (sentence,) = (each.explained("da") for _, each in went)
        assert sentence == "ventede bemærkningerne intet, ikke enough-authorities"


class TestExpectationsThatCannotBe:
    @pytest.mark.parametrize(
        ("expected", "problem"),
        [
            ('phase = "idé"', "phase: 'idé' is none of idea, sparring"),
            ('remarks = ["enough-autorities"]', "remarks[0]: 'enough-autorities' is no rule; did"),
            ("findings.authorized.holds = true", "findings.authorized: 'authorized' is no rule; "),
            ("findings.authorised = true", "findings.authorised: expected a table"),
            ("findings.authorised = {}", "findings.authorised: expects nothing: say holds"),
            ("findings = 1", "findings: expected a table of rules"),
            ("findings.authorised.because = 'x'", "findings.authorised.because: is not a key here"),
            ("findings.authorised.margin = 1.5", "findings.authorised.margin: expected a text"),
            ("findings.authorised.margin = true", "findings.authorised.margin: expected a text"),
            ("findings.authorised.margin = '12 minutes'", "findings.authorised.margin: '12 min"),
            (
                "findings.in-order.margin = 'PT60S'",
                "findings.in-order.margin: 'PT60S' is printed as PT1M",
            ),
            (
                "findings.in-order.margin = '-PT0S'",
                "findings.in-order.margin: '-PT0S' is printed as PT0S",
            ),
            ("findings.in-order.margin = 'P'", "findings.in-order.margin: 'P' is printed as PT0S"),
            (
                "findings.in-order = { holds = true, margin = '-PT1M' }",
                "findings.in-order.margin: is on the other side of the line than holds says",
            ),
            (
                "findings.authorised = { holds = false, margin = 0 }",
                "findings.authorised.margin: is on the other side",
            ),
            ('fase = "idea"', "fase: is not a key here; did you mean phase?"),
            ("outcome = 1", "outcome: expected a list of tables"),
            ("outcome = [1]", "outcome[0]: expected a table"),
        ],
    )
    def test_are_mistakes_of_the_file(self, expected: str, problem: str) -> None:
        (found,) = problems(SUBMISSION, expected)
        assert found.startswith(f"step[1].{problem}")

    @pytest.mark.parametrize("margin", ["P1D", "-P14D", "P0D", "PT0S", "P13DT22H", "-PT0.5S"])
    def test_margins_are_read_as_they_are_printed(self, margin: str) -> None:
        assert problems(SUBMISSION, f'findings.in-order.margin = "{margin}"') == ()


ROW = "[[step.outcome]]\n"


class TestOutcomes:
    """One given, one when, and many rows."""

    def test_each_changes_some_values_of_its_step_and_expects_for_itself(self) -> None:
        rows = [
            ROW + 'at = "2024-spring qualification + 1 microsecond"\n' + REFUSED,
            ROW + 'by = "committee:kl"\nrefused_by = ["authorised"]\n',
            ROW + 'at = "2024-spring qualification - 1 microsecond"\nphase = "qualification"\n',
        ]
        went = told(SUBMISSION, "phase = 'qualification'\n", *rows)
        assert went.unlike == ()
        assert [(answer.asked.where, answer.decision.permitted) for answer in went.answers] == [
            ("step[0]", True),
            ("step[1].outcome[0]", False),
            ("step[1].outcome[1]", False),
            ("step[1].outcome[2]", True),
            ("step[1]", True),
        ]

    def test_none_of_them_is_taken(self) -> None:
        row = ROW + 'at = "2024-spring qualification"\n'
        went = told(LATE, REFUSED, row, SUBMISSION, "permitted = true\n")
        assert [answer.phase for answer in went.answers] == [
            Phase.IDEA,
            Phase.QUALIFICATION,
            Phase.IDEA,
            Phase.QUALIFICATION,
        ]

    def test_one_that_goes_otherwise_is_told_with_its_number(self) -> None:
        rows = [ROW + "refused_by = []\n", ROW + REFUSED]
        assert unlike(SUBMISSION, *rows) == ["step[1].outcome[1]: expected refused"]

    def test_the_expectations_of_the_step_are_not_theirs(self) -> None:
        row = ROW + 'at = "2024-spring qualification"\n'
        assert unlike(LATE, REFUSED, 'phase = "idea"\n', row) == []

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ('do = "start"', "do: is the step's to say"),
            ("outcome = []", "outcome: is the step's to say"),
            ("rond = 'x'", "rond: is not a key here; did you mean round?"),
            ("at = '2024-spring committee'", "at: '2024-spring committee' is no moment of a round"),
            ("at = '2024-03-31 02:30'", "at: 2024-03-31 02:30:00 does not exist"),
            ("round = 1", "round: expected a text, not a number"),
            ('remarks = ["x"]', "remarks[0]: 'x' is no rule"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, row: str, problem: str) -> None:
        (found,) = problems(SUBMISSION, ROW, row)
        assert found.startswith(f"step[1].outcome[0].{problem}")

    def test_a_mistake_of_the_step_is_told_once_and_not_by_its_rows(self) -> None:
        broken = SUBMISSION.replace('by = "proposer:0751"', 'by = "mayor:0751"')
        (found,) = problems(broken, ROW, ROW, "remarks = []\n")
        assert found.startswith("step[1].by: ")

    def test_an_unknown_criterion_is_told_in_a_row_too(self) -> None:
        step = '[[step]]\ndo = "assess-criterion"\nat = "2024-spring approval"\nby = "dgo:fyn"\n'
        judged = 'criterion = "results-open"\nmet = true\nreason = "Ja."\npermitted = false\n'
        (found,) = problems(step, judged, ROW, 'criterion = "no-criterion"\n')
        assert found.startswith("step[1].outcome[0].criterion: no-criterion is none of need-from")


def test_a_moment_of_a_round_beyond_the_calendar_is_told() -> None:
    far = SUBMISSION.replace('qualification"\nby', 'qualification + 999999999 days"\nby')
    (problem,) = problems(far)
    assert problem.startswith("step[1].at: ")
    assert problem.endswith("is beyond the calendar")


def test_the_mistakes_of_the_head_and_of_the_steps_are_told_together() -> None:
    with pytest.raises(CaseError) as refusal:
        parse_story(HEAD.replace('case = "a story"', "case = 1") + "[[step]]\n")
    assert [problem.partition(":")[0] for problem in refusal.value.problems] == [
        "case",
        "step[0].do",
    ]


def test_a_fund_that_is_none_is_told() -> None:
    (problem,) = problems(head="[committed]\nrealdnia = 1\n")
    assert problem.startswith("committed.realdnia: is no fund of the procedure")


def test_a_story_that_is_no_list_of_steps_is_told() -> None:
    with pytest.raises(CaseError, match="step: expected a list"):
        parse_story(HEAD + "step = 1\n")
    with pytest.raises(CaseError, match=r"step\[0\]: expected a table"):
        parse_story(HEAD + "step = [1]\n")


def test_check_story_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.story.toml"
    file.write_text(HEAD + IDEA + SUBMISSION, "utf-8")
    check_story(file)
