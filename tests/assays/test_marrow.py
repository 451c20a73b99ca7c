"""A marrow aspirate's counts."""

from __future__ import annotations

import pytest

from hemaview.assays import Rules, assay, rules_from
from hemaview.counting.values import Result, Tally

MARROW = assay("marrow")
REPORTED_WRONG = {"blast": 90, "segmented_neutrophil": 100, "lymphocyte": 60, "erythroblast": 250}
"""By a blood film's rules: 36 % blasts."""


def count(cells: dict[str, int], rules: Rules = MARROW.rules, area: float | None = None) -> Result:
    return MARROW.count(Tally(cells, searched_mm2=area), MARROW.schema, rules)


def test_blasts_are_of_all_nucleated_cells() -> None:
    result = count(REPORTED_WRONG)
    (section,) = result.sections
    share = {r.key: r.percent for r in section.rows}["blast"]
    assert section.n == 500 and share is not None
    assert (share.value, share.low, share.high) == pytest.approx((18.0, 14.73, 21.65), abs=0.01)
    assert {u.key for u in result.unsettled} == {"blast_20"}
    assert not {r.key for r in result.ratios} & {"nrbc_per_100_wbc", "corrected_wbc", "it_ratio", "platelets_per_mm2"}


def test_m_to_e_with_its_exact_interval() -> None:
    (ratio, *_) = count({"segmented_neutrophil": 300, "blast": 50, "polychromatic_erythroblast": 150}).ratios
    assert ratio.key == "me_ratio" and ratio.value is not None
    assert (ratio.value.value, ratio.value.low, ratio.value.high) == pytest.approx((2.33, 1.92, 2.84), abs=0.01)
    (none, *_) = count({"segmented_neutrophil": 10}).ratios
    assert none.value is None and "No erythroblast" in none.why


def test_lymphocytes_plasma_cells_and_mast_cells_are_in_n_but_neither_m_nor_e() -> None:
    cells = {"myelocyte": 20, "polychromatic_erythroblast": 10, "lymphocyte": 40, "plasma_cell": 25, "mast_cell": 5}
    result = count(cells)
    assert result.sections[0].n == 100 and result.ratios[0].value.value == 2.0  # type: ignore[union-attr]


def test_the_rules_say_whether_blasts_are_taken_for_myeloid_and_the_ratio_prints_it() -> None:
    without = rules_from({"me_ratio": {"blasts": "none"}}, MARROW.rules)
    (all_of_them, *_), (none, *_) = count(REPORTED_WRONG).ratios, count(REPORTED_WRONG, without).ratios
    assert (all_of_them.value.value, none.value.value) == (190 / 250, 100 / 250)  # type: ignore[union-attr]
    assert "all blasts" in all_of_them.basis and "no blast" in none.basis


def test_megakaryocytes_and_mitoses_are_per_mm2_and_outside_n() -> None:
    result = count({"lymphocyte": 10, "megakaryocyte": 3, "mitotic_cell": 1, "smudge": 7}, area=0.5)
    assert result.sections[0].n == 10
    assert result.outside == {"megakaryocyte": 3, "mitotic_cell": 1, "smudge": 7}
    assert {r.key: r.value.value for r in result.ratios if r.value} == {
        "megakaryocytes_per_mm2": 6.0, "mitotic_cells_per_mm2": 2.0
    }  # fmt: skip


def test_an_aspirate_of_mostly_mature_cells_of_blood_may_be_diluted() -> None:
    diluted = count({"segmented_neutrophil": 300, "lymphocyte": 80, "myelocyte": 60, "erythroblast": 60})
    assert [f.key for f in diluted.findings] == ["dilution"] and "76 % (72–80)" in diluted.findings[0].text
    assert not count({"segmented_neutrophil": 100, "myelocyte": 200, "erythroblast": 200}).findings


def test_erythroblasts_without_a_stage_stand_in_one_row_and_that_is_said() -> None:
    assert any("one row" in note for note in count(REPORTED_WRONG).notes)
    staged = count({"proerythroblast": 5, "erythroblast": 20, "lymphocyte": 500})
    assert not any("one row" in note for note in staged.notes)
