"""The readers of raw values: what each lets in, and how it says what it does not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klimaflow import CaseError, fields
from klimaflow.fields import Unreadable, each, gathered, optional
from tests.conftest import command

HUGE = 10**5000  # of more digits than Python writes out
DEEP: list[Any] = []
for _ in range(20_000):
    DEEP = [DEEP]


def problem(do: str, **changes: Any) -> str:
    with pytest.raises(CaseError) as error:
        command(do, **changes)
    (only,) = error.value.problems
    return only


class TestTexts:
    def test_a_lone_surrogate_is_no_text(self) -> None:
        assert problem("register-idea", title="\ud83d") == "title: is not Unicode text"
        assert command("register-idea", title="🌧").title == "🌧"  # type: ignore[attr-defined]

    def test_there_are_at_most_20_000_characters(self) -> None:
        assert len(command("withdraw", reason="x" * 20_000).reason) == 20_000  # type: ignore[attr-defined]
        assert (
            problem("withdraw", reason="x" * 20_001) == "reason: is longer than 20,000 characters"
        )

    @pytest.mark.parametrize(
        "blank", ["", " ", "\n\t", "\u00a0", "\u200b", "\u200b \u2060", "\ufeff"]
    )
    def test_what_shows_nothing_is_blank(self, blank: str) -> None:
        assert fields.is_visible(blank) is False
        assert problem("register-idea", title=blank) == "title: is blank"

    @pytest.mark.parametrize("shown", [".", " a ", "æ", "\u200ba", "雨", "🌧", "a\nb"])
    def test_anything_that_shows_is_not(self, shown: str) -> None:
        assert fields.is_visible(shown) is True


class TestNumbers:
    @pytest.mark.parametrize("kroner", [0, 1, 10**12])
    def test_kroner_are_whole_and_bounded(self, kroner: int) -> None:
        assert fields.kroner(kroner) == kroner

    @pytest.mark.parametrize(
        "value",
        [-1, 10**12 + 1, HUGE, -HUGE, 1.0, 0.5, float("nan"), True, "1", None, [1]],
        ids=fields.shown,
    )
    def test_anything_else_is_no_amount(self, value: object) -> None:
        assert problem("give-consent", amount=value).startswith("amount: expected a ")
        if value is not None:
            budget = problem("propose-budget", cofinancing=value)
            assert budget.startswith("cofinancing: expected a ")

    def test_a_budget_names_at_most_a_thousand(self) -> None:
        many = {f"f{number}": 1 for number in range(1_001)}
        said = problem("propose-budget", contributions=many)
        assert said == "contributions: has more than 1,000 entries"
        del many["f0"]
        assert len(command("propose-budget", contributions=many).contributions) == 1_000  # type: ignore[attr-defined]


class TestWhatIsBeyondMeasure:
    """No value is too long, too deep or too large for its mistake to be told in a line."""

    @pytest.mark.parametrize("value", [HUGE, DEEP, "x" * 30_000, ["x" * 30_000]], ids=fields.shown)
    @pytest.mark.parametrize(
        ("do", "field"),
        [
            ("describe", "elements"),
            ("describe", "results_open"),
            ("enlist-participants", "participants"),
            ("give-consent", "conditions"),
            ("give-consent", "valid_until"),
            ("approve", "granted"),
            ("submit-for-qualification", "round"),
            ("assess-criterion", "criterion"),
            ("start", "by"),
        ],
    )
    def test_it_is_told_shortly(self, do: str, field: str, value: object) -> None:
        assert len(problem(do, **{field: value})) < 300

    def test_so_is_a_key(self) -> None:
        assert problem("approve", granted={HUGE: 1}) == "granted.…: expected a text, not a number"

    def test_what_cannot_be_written_out_is_left_out(self) -> None:
        assert fields.shown(HUGE) == fields.shown(DEEP, repr) == "…"
        assert fields.shown("a" * 100) == "a" * 60
        assert fields.shown("1", repr) == "'1'"


class TestGathering:
    def test_all_problems_come_with_their_paths(self) -> None:
        readers: list[tuple[str, Callable[[], object]]] = [
            ("one", partial(fields.text, 1)),
            ("two", partial(fields.at, "nu")),
            ("three", partial(each(fields.text), ["a", 2])),
        ]
        with pytest.raises(Unreadable) as error:
            gathered(readers)
        paths = [path for path, _ in error.value.problems]
        assert paths == ["one", "two", "three[1]"]
        assert error.value.lines()[0] == "one: expected a text, not a number"

    def test_without_one_the_values_come(self) -> None:
        assert gathered([("a", partial(fields.text, "x"))]) == ["x"]
        assert gathered(iter(())) == []

    def test_nothing_stated_is_nothing(self) -> None:
        assert optional(fields.text)(None) is None
        assert optional(fields.text)("") == ""
