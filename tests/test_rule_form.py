"""The form of a rule: one plain comparison in a direction, whose bound can be moved."""

import ast
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from klimaflow.facts import Facts
from klimaflow.moments import day, moment
from klimaflow.rules import (
    AT_LEAST,
    AT_MOST,
    BY_THE_DAY,
    FROM_THE_DAY,
    NO_EARLIER_THAN,
    NO_LATER_THAN,
    RULES,
    Direction,
    Effect,
)
from klimaflow.unknown import UNKNOWN

MICROSECOND = timedelta(microseconds=1)


def is_plain(test: str) -> bool:
    """Tell whether a test is one comparison of attributes, numbers, sums and differences."""
    tree = ast.parse(test, mode="eval").body
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        return False
    if not isinstance(tree.ops[0], (ast.LtE, ast.GtE, ast.Lt, ast.Gt)):
        return False
    allowed = (
        ast.Attribute,
        ast.Name,
        ast.Load,
        ast.Constant,
        ast.BinOp,
        ast.Add,
        ast.Sub,
        ast.UnaryOp,
        ast.USub,
    )
    sides: Iterable[ast.AST] = (tree.left, *tree.comparators)
    return all(isinstance(node, allowed) for side in sides for node in ast.walk(side))


class TestTheForm:
    """One comparison of two facts, so that it answers for a column of proposals as well."""

    @pytest.mark.parametrize("rule", RULES.values(), ids=str)
    def test_every_rule_is_one_plain_comparison(self, rule: Any) -> None:
        assert is_plain(rule.test), rule.test

    @pytest.mark.parametrize("rule", RULES.values(), ids=str)
    def test_quantity_and_bound_are_facts_or_numbers(self, rule: Any) -> None:
        for side in (rule.quantity, rule.bound):
            assert type(side) is int or (side.isidentifier() and hasattr(Facts, side))

    @pytest.mark.parametrize(
        "good", ["f.at <= f.closes_at", "f.a - f.b >= -1", "f.at < f.day.ends_at"]
    )
    def test_the_check_lets_a_comparison_pass(self, good: str) -> None:
        assert is_plain(good)

    @pytest.mark.parametrize(
        "bad",
        [
            "f.a >= 1 and f.b >= 1",
            "f.a >= 1 or f.b >= 1",
            "not f.a >= 1",
            "~(f.a >= 1)",
            "~f.a >= 1",
            "f.a in f.b",
            "f.a not in f.b",
            "f.a is None",
            "f.a == 1",
            "0 <= f.a <= 3",
            "(f.a if f.b else 0) >= 1",
            "len(f.a) >= 1",
            "f.a() >= 1",
            "f.a[0] >= 1",
            "(f.a and f.b) >= 1",
            "(lambda: f.a) >= 1",
            "[f.a] >= 1",
            "(not f.a) >= 1",
            "f.a",
            "f.a * f.b >= 1",
        ],
    )
    def test_the_check_rejects_what_is_more(self, bad: str) -> None:
        assert not is_plain(bad)


LOW, HIGH = moment("2024-04-15 09:00"), moment("2024-04-16 09:00")
DAYS = [day(date(2024, 4, number), "Europe/Copenhagen") for number in (14, 15, 16)]
INSTANTS = [LOW - MICROSECOND, LOW, LOW + MICROSECOND, *(each.begins_at for each in DAYS)]
INSTANTS += [each.ends_at - MICROSECOND for each in DAYS]


class TestTheDirections:
    """What belongs to a direction: the comparison, the margin, and what a higher bound does."""

    DIRECTIONS = pytest.mark.parametrize(
        ("direction", "quantities", "bounds", "operator"),
        [
            (AT_MOST, [-1, 0, 1, 2, 3], [0, 1, 2], "<="),
            (AT_LEAST, [-1, 0, 1, 2, 3], [0, 1, 2], ">="),
            (NO_LATER_THAN, INSTANTS, [LOW, HIGH], "<="),
            (NO_EARLIER_THAN, INSTANTS, [LOW, HIGH], ">="),
            (BY_THE_DAY, INSTANTS, DAYS, "<"),
            (FROM_THE_DAY, INSTANTS, DAYS, ">="),
        ],
        ids=lambda each: getattr(each, "name", None),
    )

    def test_every_rule_has_one_of_them(self) -> None:
        six = {"at-most", "at-least", "no-later-than", "no-earlier-than", "by-the-day"}
        assert {rule.direction.name for rule in RULES.values()} == {*six, "from-the-day"}

    @DIRECTIONS
    def test_the_margin_is_negative_exactly_where_the_test_fails(
        self, direction: Direction, quantities: list[Any], bounds: list[Any], operator: str
    ) -> None:
        test = compile(direction.test.format(quantity="q", bound="bound"), "test", "eval")
        assert f" {operator} " in direction.test
        verdicts = set()
        for q in quantities:
            for bound in bounds:
                holds = eval(test, {"q": q, "bound": bound})
                margin: Any = direction.margin(q, bound)
                assert type(margin) in (int, timedelta)
                assert holds is (margin >= type(margin)(0))
                verdicts.add(holds)
        assert verdicts == {True, False}

    @DIRECTIONS
    def test_a_higher_bound_does_what_it_says(
        self, direction: Direction, quantities: list[Any], bounds: list[Any], operator: str
    ) -> None:
        relaxes = direction.higher_bound is Effect.RELAXES
        assert relaxes is operator.startswith("<")
        for q in quantities:
            margins: list[Any] = [direction.margin(q, bound) for bound in bounds]
            assert margins == sorted(margins, reverse=not relaxes)
            assert len(set(margins)) == len(margins)

    @DIRECTIONS
    def test_what_is_not_known_has_no_margin(
        self, direction: Direction, quantities: list[Any], bounds: list[Any], operator: str
    ) -> None:
        assert operator in direction.test
        test = compile(
            direction.test.format(quantity="q", bound="bound"), "test", operator and "eval"
        )
        for q, bound in ((UNKNOWN, bounds[0]), (quantities[0], UNKNOWN), (UNKNOWN, UNKNOWN)):
            assert direction.margin(q, bound) is None
            assert eval(test, {"q": q, "bound": bound}) is False
