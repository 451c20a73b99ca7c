from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemaview.counting.agreement import kappa, mcnemar
from hemaview.counting.grades import GradeLimits, grade, grade_limits
from hemaview.counting.intervals import Interval, difference, difference_of_shares, odds, percent, proportion, rate
from hemaview.counting.unsettled import against


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (5, 100, 1.64, 11.28),
        (10, 200, 2.42, 9.00),
        (25, 500, 3.26, 7.29),
        (50, 1000, 3.73, 6.54),
        (0, 200, 0, 1.83),
        (200, 200, 98.17, 100),
        (8, 1000, 0.35, 1.57),
        (15, 1000, 0.84, 2.46),
    ],
)
def test_percent_has_the_interval_of_ruemkes_table(count: int, n: int, low: float, high: float) -> None:
    interval = percent(count, n)
    assert interval.low == pytest.approx(low, abs=0.006)
    assert interval.high == pytest.approx(high, abs=0.006)


@pytest.mark.parametrize(
    ("nrbc", "wbc", "value", "low", "high"),
    [(12, 100, 12.0, 6.0, 21.9), (24, 200, 12.0, 7.5, 18.4), (0, 200, 0, 0, 1.86)],
)
def test_nrbc_per_100_wbc(nrbc: int, wbc: int, value: float, low: float, high: float) -> None:
    interval = odds(nrbc, wbc).scaled(100)
    assert (interval.value, interval.low, interval.high) == pytest.approx((value, low, high), abs=0.06)


def test_myeloid_to_erythroid_ratio() -> None:
    interval = odds(350, 150)
    assert (interval.value, interval.low, interval.high) == pytest.approx((2.33, 1.92, 2.84), abs=0.006)


@pytest.mark.parametrize(
    ("count", "n", "limit", "more"), [(36, 200, 0.20, 1319), (15, 1000, 0.01, 700), (14, 200, 0.10, 163)]
)
def test_how_many_more_cells_would_settle_it(count: int, n: int, limit: float, more: int) -> None:
    verdict = against(count, n, limit)
    assert not verdict.settled
    assert verdict.more_cells == more


def test_a_result_far_from_its_limit_is_settled() -> None:
    assert against(80, 200, 0.2).settled


def test_two_smears_are_compared_exactly() -> None:
    assert difference(12, 100, 24, 100) == pytest.approx(0.042, abs=0.001)


@pytest.mark.parametrize(("b", "c", "p"), [(0, 0, 1.0), (1, 1, 1.0), (8, 0, 2 / 256), (10, 2, 0.0386), (2, 10, 0.0386)])
def test_mcnemars_test_is_exact(b: int, c: int, p: float) -> None:
    assert mcnemar(b, c) == pytest.approx(p, abs=1e-4)


def test_agreement_of_two_readers() -> None:
    interval = kappa([[90, 5], [8, 97]])
    assert interval.value == pytest.approx(0.870, abs=0.0005)
    assert 0.79 < interval.low < interval.value < interval.high < 0.94


@given(st.integers(1, 4000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_always_holds_its_own_value_and_stays_within_bounds(pair: tuple[int, int]) -> None:
    interval = proportion(*pair)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low < interval.high


@given(st.integers(0, 500), st.integers(1, 500))
def test_more_cells_at_the_same_share_narrow_the_interval(count: int, rest: int) -> None:
    n = count + rest
    small, large = proportion(count, n), proportion(4 * count, 4 * n)
    assert large.high - large.low < small.high - small.low


def test_a_poisson_rate_of_nothing_still_has_an_upper_end() -> None:
    interval = rate(0, 2.0)
    assert interval.low == 0
    assert interval.high == pytest.approx(1.844, abs=0.001)


FROM_FEW, FROM_MANY = GradeLimits(1, 1.0, 2.0), GradeLimits(0, 11.0, 20.0)


@pytest.mark.parametrize(
    ("interval", "limits", "text", "crosses"),
    [
        (Interval(0.5, 0.3, 0.8), FROM_FEW, "1+", False),
        (Interval(1.0, 0.6, 1.5), FROM_FEW, "2+", True),
        (Interval(2.0, 1.2, 2.9), FROM_FEW, "2+", True),
        (Interval(4.0, 3.1, 5.0), FROM_FEW, "3+", False),
        (Interval(0.0, 0.0, 0.3), FROM_FEW, "–", False),
        (Interval(0.2, 0.1, 0.4), FROM_MANY, "–", False),
        (Interval(9.0, 7.0, 12.0), FROM_MANY, "–", True),
        (Interval(11.0, 9.0, 13.0), FROM_MANY, "2+", True),
        (Interval(21.0, 20.5, 22.0), FROM_MANY, "3+", False),
    ],
)
def test_one_plus_belongs_to_classes_of_which_few_already_matter(
    interval: Interval, limits: GradeLimits, text: str, crosses: bool
) -> None:
    answer = grade(interval, limits)
    assert (answer.text, answer.crosses) == (text, crosses)


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    # Newcombe 1998, table II, comparison (a): 56/70 less 48/80, method 10: 0.2 (0.0524 to 0.3339)
    interval = difference_of_shares(48, 80, 56, 70)
    assert (interval.value, interval.low, interval.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert difference_of_shares(0, 10, 0, 20).low < 0 < difference_of_shares(0, 10, 0, 20).high


@pytest.mark.parametrize(("first", "text"), [(0, "–"), (1, "1+"), (3, "1+")])
def test_below_two_plus_there_is_one_plus_or_nothing_whatever_number_old_rules_have(first: int, text: str) -> None:
    limits = grade_limits({"schistocyte": {"first": first, "low": 1.0, "high": 2.0}})["schistocyte"]
    assert grade(percent(4, 1000), limits).text == text
