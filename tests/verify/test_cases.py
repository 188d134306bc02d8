"""A case that verification writes is the case that `klimaflow follow` reads."""

from hypothesis import given, settings

from klimaflow.case import parse_case
from klimaflow.commands import Command, GiveConsent
from klimaflow.verify.cases import case_text
from tests import strategies
from tests.conftest import CRITERIA, SHIPPED, command


def _known(asked: Command) -> bool:
    """Tell whether a case file may name what the command does: a criterion must be the file's."""
    return getattr(asked, "criterion", CRITERIA[0]) in CRITERIA


@settings(max_examples=100)
@given(strategies.commands.filter(_known))
def test_each_command_comes_back_as_it_was(asked: Command) -> None:
    text = case_text("a case", SHIPPED, [asked], committed={})
    (step,) = parse_case(text).steps
    assert step.command == asked


def test_what_the_funds_have_promised_comes_back() -> None:
    promised = {"realdania": 1, "regions": 2}
    case = parse_case(case_text("a case", SHIPPED, [command("withdraw")], committed=promised))
    assert case.committed == promised


def test_remarks_are_comments_whatever_they_say() -> None:
    remark = 'one\ntwo = "three"\x00\u2028[[step]]'
    asked = command("withdraw")
    case = parse_case(case_text("a case", SHIPPED, [asked], committed={}, remarks=[remark]))
    assert [each.command for each in case.steps] == [asked]


def test_what_has_its_default_is_left_out() -> None:
    asked = command("give-consent")
    assert isinstance(asked, GiveConsent)
    text = case_text("a case", SHIPPED, [asked], committed={})
    assert "valid_until" not in text
    assert "conditions" not in text
    assert "committed" not in text
