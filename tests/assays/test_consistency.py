"""Analyser values that cannot all be true of one blood."""

from __future__ import annotations

import pytest

from hemaview.assays.consistency import contradictions

NORMAL = {
    "hb_g_per_l": 140.0, "hct_l_per_l": 0.42, "rbc_10e12_per_l": 4.7, "mcv_fl": 89.0, "mch_pg": 29.8, "mchc_g_per_l": 333.0
}  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {},
        NORMAL,
        {"hb_g_per_l": 50.0, "hct_l_per_l": 0.18},  # iron deficiency
        {"hb_g_per_l": 98.0, "hct_l_per_l": 0.3, "rbc_10e12_per_l": 3.6, "mcv_fl": 83.0},
        {"hb_g_per_l": 30.0, "hct_l_per_l": 0.09, "mchc_g_per_l": 320.0},  # rounding of small values
    ],
)
def test_values_of_possible_blood_contradict_nothing(values: dict[str, float]) -> None:
    assert contradictions(values) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"mcv_fl": 110.0},
            "a red-cell count of 4.7 × 10¹²/L give an MCV of 89.4 fL, but 110 is stated.",
        ),
        ({"mch_pg": 20.0}, "give an MCH of 29.8 pg, but 20 is stated."),
        ({"mchc_g_per_l": 250.0}, "give an MCHC of 333 g/L, but 250 is stated."),
    ],
)
def test_a_stated_index_that_the_others_do_not_give_is_said_with_what_they_give(
    changed: dict[str, float], sentence: str
) -> None:
    (contradiction,) = contradictions({**NORMAL, **changed})
    assert sentence in contradiction


def test_haemoglobin_and_haematocrit_are_about_one_to_three() -> None:
    (contradiction,) = contradictions({"hb_g_per_l": 98.0, "hct_l_per_l": 0.6})
    assert contradiction == (
        "A haemoglobin of 98 g/L and a haematocrit of 0.6 L/L give an MCHC of 163 g/L, which is outside the "
        "possible range (220 to 400)."
    )
    assert contradictions({"mchc_g_per_l": 520.0}) == [
        "An MCHC of 520 g/L is stated, which is outside the possible range (220 to 400)."
    ]
