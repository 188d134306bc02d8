"""What no single entry of a policy file can know, and what two parts of a case file get wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from klimaflow.case import parse_case
from klimaflow.errors import CaseError, PolicyError
from klimaflow.moments import moment
from klimaflow.policy import MOST_BYTES, parse_procedure, policy_table
from tests.conftest import POLICY

CASE = """case = "x"
procedure = "klimaalliancen-2024"
[[step]]
do = "withdraw"
at = "2024-02-01 10:00"
by = "proposer:0751"
reason = "x"
"""


def spoilt(old: str, new: str) -> tuple[str, ...]:
    assert POLICY.count(old) >= 1
    with pytest.raises(PolicyError) as error:
        parse_procedure(POLICY.replace(old, new, 1))
    return error.value.problems


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'advisory_at = ["submit-for-qualification"]',
            'advisory_at = ["start"]',
            "participants.advisory_at[0]: 'start' stands in binding_at too",
        ),
        (
            'binding_at = ["submit-for-approval", "start"]',
            'binding_at = ["submit-for-approval", "approve"]',
            "participants.binding_at[1]: 'approve' is none of "
            "start, submit-for-approval, submit-for-qualification",
        ),
        (
            'qualification = "mandag 2024-04-15 09:00"',
            'qualification = "søndag 2024-03-31 02:30"',
            "rounds[0].qualification: 2024-03-31 02:30:00 does not exist in Europe/Copenhagen: "
            "the clocks skip it",
        ),
        (
            "value = 2023-01-01",
            "value = 2028-01-01",
            "valid_until: comes before valid_from",
        ),
        (
            'funders = ["realdania"]',
            'funders = ["realdnia"]',
            "funds[0].funders[0]: 'realdnia' is not among the funders",
        ),
    ],
)
def test_a_contradiction_is_named_where_it_stands(old: str, new: str, problem: str) -> None:
    assert problem in spoilt(old, new)


def test_a_procedure_is_in_force_on_a_single_day_at_the_least() -> None:
    parse_procedure(POLICY.replace("value = 2023-01-01", "value = 2027-12-31", 1))


@pytest.mark.parametrize(
    ("spoil", "paths"),
    [
        (lambda text: text.replace("klimaalliancen-2024", "nowhere"), ["procedure"]),
        (lambda text: text.replace('reason = "x"', ""), ["step[0].reason"]),
        (
            lambda text: text.replace("klimaalliancen-2024", "nowhere").replace('reason = "x"', ""),
            ["step[0].reason", "procedure"],
        ),
        (
            lambda text: text.replace("withdraw", "assess-criterion").replace(
                'reason = "x"', 'criterion = "speed"\nmet = true\nreason = "x"'
            ),
            ["step[0].criterion"],
        ),
    ],
)
def test_the_procedure_and_the_steps_are_judged_together(
    spoil: Callable[[str], str], paths: list[str]
) -> None:
    for folder in (None, Path("nowhere")):
        with pytest.raises(CaseError) as error:
            parse_case(spoil(CASE), folder=folder)
        assert [problem.partition(":")[0] for problem in error.value.problems] == paths


def test_a_policy_beside_the_case_is_read_and_its_mistakes_stand_under_procedure(
    tmp_path: Path,
) -> None:
    (tmp_path / "own.toml").write_text(POLICY, "utf-8")
    text = CASE.replace("klimaalliancen-2024", "own.toml")
    assert parse_case(text, folder=tmp_path).procedure.id == "klimaalliancen-2024"
    (tmp_path / "own.toml").write_text(
        POLICY.replace("torsdag 2024-05-30", "fredag 2024-05-30"), "utf-8"
    )
    with pytest.raises(
        CaseError, match=r"^procedure: rounds\[0\]\.committee: 2024-05-30 is a torsdag"
    ):
        parse_case(text, folder=tmp_path)


def test_two_deadlines_at_one_instant_contradict_nothing() -> None:
    text = POLICY.replace("torsdag 2024-04-25 09:00", "mandag 2024-04-15 09:00")
    spring = parse_procedure(text).gates["2024-spring"]
    assert spring.qualification_closes_at == spring.approval_closes_at


def test_an_approval_deadline_on_the_day_of_the_meeting_contradicts_nothing() -> None:
    text = POLICY.replace("torsdag 2024-04-25 09:00", "torsdag 2024-05-30 09:00")
    spring = parse_procedure(text).gates["2024-spring"]
    assert spring.meeting.begins_at < spring.approval_closes_at < spring.meeting.ends_at


@pytest.mark.parametrize("meeting", ["torsdag 2024-05-30", "onsdag 2024-05-29"])
def test_a_later_round_meets_later(meeting: str) -> None:
    """Neither on the same day nor on an earlier one."""
    early = {
        "mandag 2024-10-07 09:00": "mandag 2024-04-15 09:00",
        "torsdag 2024-10-24 09:00": "torsdag 2024-04-25 09:00",
        'committee = "torsdag 2024-11-21"': f'committee = "{meeting}"',
    }
    text = POLICY
    for old, new in early.items():
        text = text.replace(old, new)
    with pytest.raises(PolicyError) as caught:
        parse_procedure(text)
    assert caught.value.problems == ("rounds[1].committee: comes no later than in 2024-spring",)


def test_a_sentence_on_toml_is_cut_only_if_it_is_long() -> None:
    def told(length: int) -> str:
        with pytest.raises(PolicyError) as caught:
            parse_procedure("[a]\n" * 2 + "#" * length)
        return caught.value.problems[0]

    assert told(0) == told(300) == "is not TOML: Cannot declare ('a',) twice (at line 2, column 3)"
    key = "k" * 300
    with pytest.raises(PolicyError) as caught:
        parse_procedure(f"[{key}]\n" * 2)
    (problem,) = caught.value.problems
    assert "…" in problem
    assert problem.endswith("(at line 2, column 302)")


def test_a_time_of_toml_without_an_offset_is_danish_wall_clock_time() -> None:
    case = parse_case(CASE.replace('"2024-02-01 10:00"', "2024-02-01 10:00:00"))
    assert case.steps[0].command.at == moment("2024-02-01T09:00:00+00:00")


def test_an_authority_over_what_the_lifecycle_does_not_have() -> None:
    line = 'withdraw = ["proposer"]\n'
    assert spoilt(line, f'{line}dance = ["dgo"]\n') == (
        "authority.dance: is no command of the lifecycle, or not in that phase",
    )


def test_a_command_without_an_authority() -> None:
    line = next(line for line in POLICY.splitlines() if line.startswith("withdraw ="))
    problems = spoilt(f"{line}\n", "")
    assert problems
    assert all(re.fullmatch(r"authority\.withdraw: is missing .*", each) for each in problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("#" * (MOST_BYTES + 1), "is larger than 256 KiB"),
        ("\ufeff", "begins with a byte order mark: save it without one"),
        (f"{'a.' * 99}a = 1", "is nested too deeply"),
        (f"a = {'9' * 4301}", "is not TOML: a number has more than 4,300 digits"),
    ],
)
def test_a_text_beyond_measure(text: str, problem: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_procedure(text)
    assert caught.value.problems == (problem,)


def test_what_a_file_says_before_it_is_judged(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("id = 5\n", "utf-8")
    assert policy_table(tmp_path / "own.toml") == {"id": 5}
    (tmp_path / "own.toml").write_text("id =\n", "utf-8")
    with pytest.raises(PolicyError, match="is not TOML"):
        policy_table(tmp_path / "own.toml")
