"""Shares and differences of shares, against the formulas of the textbooks written out again."""

from fractions import Fraction
from math import comb, sqrt

import pytest

from klimaflow.scenarios import Difference, Share

Z = 1.959963984540054


class TestAShare:
    @pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (1, 3), (7, 1_000_000)])
    def test_has_the_interval_of_wilson(self, count: int, n: int) -> None:
        p = count / n
        centre, wide = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        low, high = ((centre + side * wide) / (1 + Z * Z / n) for side in (-1, 1))
        assert Share(count, n).interval == pytest.approx((low, high), abs=1e-12)

    def test_of_nothing_says_nothing(self) -> None:
        assert (Share(0, 0).share, Share(0, 0).interval) == (0.0, (0.0, 1.0))

    def test_is_told_in_per_cent(self) -> None:
        assert Share(1, 4).told() == ("25.0 %", "4.6 % to 69.9 %")
        assert Share(1, 4).told("da") == ("25,0 %", "4,6 % til 69,9 %")


class TestADifference:
    FOUND = Difference(both=50, only_a=4, only_b=11, neither=35)

    def test_is_that_of_the_two_shares(self) -> None:
        assert self.FOUND.n == 100
        assert self.FOUND.difference == pytest.approx((50 + 11) / 100 - (50 + 4) / 100)

    def test_has_the_interval_of_bonett_and_price(self) -> None:
        more, less = 12 / 102, 5 / 102
        wide = Z * sqrt((more + less - (more - less) ** 2) / 102)
        assert self.FOUND.interval == pytest.approx((more - less - wide, more - less + wide))

    def test_is_tested_by_mcnemar_exactly(self) -> None:
        tail = sum(Fraction(comb(15, k), 2**15) for k in range(5))
        assert self.FOUND.p == pytest.approx(float(2 * tail))

    def test_of_what_never_differs_is_no_difference(self) -> None:
        same = Difference(both=60, only_a=0, only_b=0, neither=40)
        assert (same.difference, same.p) == (0.0, 1.0)
        low, high = same.interval
        assert low == pytest.approx(-high)

    def test_stays_within_what_there_is(self) -> None:
        assert Difference(0, 0, 2, 0).interval[1] == 1.0
