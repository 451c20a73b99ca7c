from __future__ import annotations

import pytest
from hemaview.counting.bloodfilm import as_json, corrected_wbc, count_blood_film
from hemaview.counting.rules import load_rules
from hypothesis import given
from hypothesis import strategies as st

from hemaview.counting.agreement import kappa
from hemaview.counting.grades import grade
from hemaview.counting.intervals import Interval, difference, odds, percent, proportion, rate
from hemaview.counting.unsettled import against
from tests.schemas import BLOOD_FILM, SICKLE

RULES = load_rules("blood-film")


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


def test_white_cells_are_corrected_for_nrbc() -> None:
    assert corrected_wbc(12.0, 12) == pytest.approx(10.71, abs=0.005)


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


@pytest.mark.parametrize(
    ("interval", "text", "crosses"),
    [
        (Interval(0.5, 0.3, 0.8), "1+", False),
        (Interval(1.0, 0.6, 1.5), "2+", True),
        (Interval(2.0, 1.2, 2.9), "2+", True),
        (Interval(4.0, 3.1, 5.0), "3+", False),
        (Interval(0.0, 0.0, 0.3), "-", False),
    ],
)
def test_schistocyte_grades_and_whether_another_is_possible(interval: Interval, text: str, crosses: bool) -> None:
    found = grade(interval, RULES.grades["schistocyte"])
    assert (found.text, found.crosses) == (text, crosses)


def test_nrbc_smudges_and_overlapped_cells_are_not_among_their_n() -> None:
    totals = {
        "segmented_neutrophil": 60,
        "lymphocyte": 40,
        "erythroblast": 12,
        "smudge": 9,
        "normal": 900,
        "overlapped": 80,
    }
    counts = count_blood_film(totals, BLOOD_FILM, RULES)
    wbc, rbc = counts.sections
    assert (wbc.n, rbc.n) == (100, 900)
    assert counts.nrbc_per_100_wbc is not None
    assert counts.nrbc_per_100_wbc.value == pytest.approx(12)
    assert counts.outside == {"overlapped": 80, "smudge": 9}
    assert any("corrected" in note for note in counts.notes)


def test_schistocytes_are_graded_only_from_a_thousand_red_cells() -> None:
    few = count_blood_film({"normal": 480, "schistocyte": 20}, BLOOD_FILM, RULES)
    many = count_blood_film({"normal": 1960, "schistocyte": 40}, BLOOD_FILM, RULES)
    graded = {s.key: {r.key: r.grade for r in s.rows} for s in few.sections}["rbc"]["schistocyte"]
    assert graded is None
    assert any("1,000" in note for note in few.notes)
    row = next(r for r in many.sections[1].rows if r.key == "schistocyte")
    assert row.grade is not None and row.grade.text == "2+"


def test_an_unsettled_limit_says_how_many_more_cells() -> None:
    counts = count_blood_film({"blast": 36, "lymphocyte": 164}, BLOOD_FILM, RULES)
    assert any("1,319 more" in text for text in counts.unsettled)


def test_nothing_counted_gives_no_percent_at_all() -> None:
    counts = count_blood_film({}, BLOOD_FILM, RULES)
    assert counts.nrbc_per_100_wbc is None
    assert all(row.percent is None for section in counts.sections for row in section.rows)
    assert as_json(counts) == {"rbc": {}, "wbc": {}, "nrbc_per_100_wbc": None}


def test_platelets_have_a_density_only_where_the_protocol_names_them() -> None:
    film = count_blood_film({"normal": 50, "platelet": 7}, BLOOD_FILM, RULES, 0.1)
    assert film.platelets_per_mm2 is not None and film.platelets_per_mm2.value == pytest.approx(70)
    assert count_blood_film({"circular": 50}, SICKLE, RULES, 0.1).platelets_per_mm2 is None
