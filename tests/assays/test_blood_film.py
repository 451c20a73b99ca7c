"""A blood film's counts."""

from __future__ import annotations

from typing import Any

import pytest

from hemaview.assays import assay
from hemaview.counting.machine import MachineErrors
from hemaview.counting.values import Result, Tally, result_json
from hemaview.methods.card import cards

FILM = assay("blood_film")


def count(cells: dict[str, int], **facts: Any) -> Result:
    return FILM.count(Tally(cells, **facts), FILM.schema, FILM.rules)


def ratio(result: Result, key: str) -> Any:
    return next(r for r in result.ratios if r.key == key)


def graded(result: Result) -> dict[str, str]:
    section = result.section("red_cells")
    assert section is not None
    return {r.key: r.grade.text for r in section.rows if r.grade and r.count}


def test_nrbc_smudges_and_overlapped_cells_are_not_among_their_n() -> None:
    result = count(
        {"segmented_neutrophil": 60, "lymphocyte": 40, "erythroblast": 12, "smudge": 9, "normal": 900, "overlapped": 80}
    )
    assert [(s.key, s.n) for s in result.sections] == [
        ("differential", 100), ("red_cells", 900), ("nrbc", 12), ("platelets", 0)
    ]  # fmt: skip
    rate = ratio(result, "nrbc_per_100_wbc").value
    assert (rate.value, rate.low, rate.high) == pytest.approx((12.0, 6.0, 21.9), abs=0.1)
    assert result.outside == {"overlapped": 80, "smudge": 9}
    assert any("corrected for NRBC" in f.text for f in result.findings)


def test_one_plus_is_for_schistocytes_alone() -> None:
    few = graded(count({"normal": 1975, "schistocyte": 10, "macrocyte": 4, "teardrop": 11}))
    assert few == {"schistocyte": "1+", "macrocyte": "–", "teardrop": "–"}
    many = graded(count({"normal": 1500, "schistocyte": 30, "macrocyte": 240, "teardrop": 230}))
    assert many == {"schistocyte": "2+", "macrocyte": "2+", "teardrop": "2+"}


def test_schistocytes_are_graded_only_from_a_thousand_red_cells() -> None:
    few = count({"normal": 480, "schistocyte": 20})
    assert "schistocyte" not in graded(few) and any("1,000" in note for note in few.notes)
    assert graded(count({"normal": 1960, "schistocyte": 40}))["schistocyte"] == "2+"


def test_a_handful_of_red_cells_is_not_graded() -> None:
    few = count({"spherocyte": 76, "normal": 18})
    assert graded(few) == {} and "Grading of shapes needs at least 100 red cells; 94 were counted." in few.notes
    assert graded(count({"spherocyte": 76, "normal": 24})) == {"spherocyte": "3+"}


def test_the_share_of_schistocytes_is_withheld_until_there_are_a_thousand_red_cells() -> None:
    for red, has_share in ((999, False), (1000, True)):
        section = count({"normal": red - 30, "schistocyte": 30}).section("red_cells")
        assert section is not None
        (row,) = [r for r in section.rows if r.key == "schistocyte"]
        assert row.count == 30 and (row.percent is not None) is has_share
        assert all(r.percent is not None for r in section.rows if r.key != "schistocyte")


def test_an_unsettled_limit_says_how_many_more_cells() -> None:
    result = count({"blast": 36, "lymphocyte": 164})
    assert any("1,319 more" in u.text and u.more_cells == 1319 for u in result.unsettled)
    schistocytes = count({"normal": 985, "schistocyte": 15})
    assert [u.more_cells for u in schistocytes.unsettled] == [700]


@pytest.mark.parametrize(("white", "nrbc", "has_rate"), [(0, 39, False), (1, 39, False), (49, 2, False), (50, 2, True)])
def test_the_rate_of_nrbc_is_given_from_fifty_white_cells_on(white: int, nrbc: int, has_rate: bool) -> None:
    rate = ratio(count({"lymphocyte": white, "erythroblast": nrbc}), "nrbc_per_100_wbc")
    assert (rate.value is not None) == has_rate
    sentence = "1 white cell was counted" if white == 1 else f"{white} white cells were counted"
    assert has_rate or (sentence in rate.why and str(nrbc) in rate.basis)


def test_the_analysers_white_cells_give_absolute_counts_and_are_corrected_from_five_nrbc_on() -> None:
    film = {"segmented_neutrophil": 60, "lymphocyte": 40, "erythroblast": 12}
    result = count(film, analyser={"wbc_10e9_per_l": 12.0})
    assert ratio(result, "corrected_wbc").value.value == pytest.approx(10.71, abs=0.01)
    differential = result.section("differential")
    assert differential is not None
    row = next(r for r in differential.rows if r.key == "segmented_neutrophil")
    assert row.absolute is not None and row.absolute.value == pytest.approx(12 / 1.12 * 0.6), "of the corrected count"
    few = count({**film, "erythroblast": 4}, analyser={"wbc_10e9_per_l": 12.0})
    assert ratio(few, "corrected_wbc").value is None and "5 or more NRBC" in ratio(few, "corrected_wbc").why
    assert "not entered" in ratio(count(film), "corrected_wbc").why


def test_platelets_are_given_per_mm2_and_per_oil_field_with_the_factor_of_the_rules() -> None:
    result = count({"normal": 50, "platelet": 70, "giant_platelet": 2, "platelet_clump": 1}, counted_mm2=0.5)
    assert ratio(result, "platelets_per_mm2").value.value == pytest.approx(144)
    assert ratio(result, "platelets_per_oil_field").value.value == pytest.approx(144 * 0.0380, rel=1e-3)
    assert ratio(result, "platelets_estimate").value.value == pytest.approx(144 * 0.0380 * 17.5, rel=1e-3)
    assert any("1 platelet clump was seen" in f.text for f in result.findings)
    assert "area is not known" in ratio(count({"platelet": 7}), "platelets_per_mm2").why


def test_poor_fields_give_no_grades_and_no_estimate_of_platelets_but_a_differential() -> None:
    cells = {"normal": 1500, "schistocyte": 40, "lymphocyte": 100, "platelet": 90}
    result = count(cells, counted_mm2=0.5, poor_fields="cells lie on each other everywhere")
    assert graded(result) == {} and ratio(result, "platelets_estimate").value is None
    assert "on each other" in ratio(result, "platelets_estimate").why
    assert result.section("differential").n == 100 and not result.unsettled  # type: ignore[union-attr]


def test_immature_to_total_neutrophils() -> None:
    it_ratio = ratio(count({"band_neutrophil": 10, "myelocyte": 2, "segmented_neutrophil": 88}), "it_ratio")
    assert it_ratio.value.value == pytest.approx(0.12) and it_ratio.basis == "12 of 100 neutrophils"


def test_a_handful_of_neutrophils_gives_no_ratio() -> None:
    it_ratio = ratio(count({"band_neutrophil": 1, "lymphocyte": 300}), "it_ratio")
    assert it_ratio.value is None and it_ratio.why == "1 neutrophil was counted; the ratio needs at least 50."


def test_a_rate_without_an_upper_end_is_null_for_scripts() -> None:
    result = count({"erythroblast": 60})
    ratios = result_json(result)["ratios"]
    assert next(r for r in ratios if r["key"] == "nrbc_per_100_wbc")["value"] is None


def test_while_cells_are_unidentified_shares_have_bounds_and_no_limit_is_settled() -> None:
    result = count({"segmented_neutrophil": 170, "blast": 10, "unidentified": 20})
    differential = result.section("differential")
    assert differential is not None and differential.n == 180 and differential.unidentified == 20
    assert "20 nucleated cells are unidentified" in differential.note
    blast = next(r for r in differential.rows if r.key == "blast")
    assert blast.bounds == (5.0, 15.0)
    (limit,) = [u for u in result.unsettled if u.key == "blast"]
    assert "5.0 to 15.0 % while 20 cells are unidentified" in limit.text
    assert any("20 nucleated cells are unidentified" in note for note in result.notes)
    complete = count({"segmented_neutrophil": 190, "blast": 2})
    assert not [u for u in complete.unsettled if u.key == "blast"] and not [
        n for n in complete.notes if "unidentified" in n
    ]


def test_nucleated_red_cells_may_be_among_the_unidentified_and_it_says_so() -> None:
    result = count({"lymphocyte": 60, "unidentified": 8, "normal": 900}, counted_mm2=0.02)
    section = result.section("nrbc")
    assert section is not None and section.unidentified == 8 and "NRBC may be among them" in section.note
    assert "400 (173–788) if the 8 unidentified cells were NRBC" in ratio(result, "nrbc_per_mm2").basis
    complete = count({"lymphocyte": 60, "normal": 900}, counted_mm2=0.02)
    assert "unidentified" not in ratio(complete, "nrbc_per_mm2").basis


def test_many_burr_cells_and_ovalocytes_are_stated_with_their_interval_as_unspecific() -> None:
    many = {f.key: f.text for f in count({"normal": 850, "burr": 80, "ovalocyte": 70}).findings}
    assert many["many_burr"].startswith("Burr cells 8.0 % of red cells (6.4–9.9 %)")
    assert many["many_burr"].endswith("look at a fresh film.") and "unspecific" in many["many_ovalocyte"]
    assert not count({"normal": 900, "burr": 50, "ovalocyte": 50}).findings
    assert not count({"normal": 80, "burr": 10}).findings
    assert not count({"normal": 850, "burr": 150}, poor_fields="the cells overlap").findings


def test_shares_that_a_machine_alone_counted_carry_its_errors_until_people_named_the_cells() -> None:
    net = cards()["nucleated-cell-net"].machine_errors["known"]
    cells = {"segmented_neutrophil": 60, "lymphocyte": 30, "blast": 10, "erythroblast": 4, "normal": 900}

    def likely(**facts: Any) -> dict[str, Any]:
        section = count(cells, errors=MachineErrors.from_json(net), **facts).section("differential")
        assert section is not None
        return {row.key: row.with_errors for row in section.rows if row.with_errors}

    alone = likely()
    assert alone["blast"].low < 10 < alone["blast"].high and alone["lymphocyte"].high > 30
    half = likely(confirmed={"segmented_neutrophil": 60, "blast": 10})
    assert half["blast"].high - half["blast"].low < 0.7 * (alone["blast"].high - alone["blast"].low)
    assert likely(confirmed=cells) == {}
    script = result_json(count(cells, errors=MachineErrors.from_json(net)))["sections"][0]["rows"]
    assert set(next(r for r in script if r["key"] == "blast")["with_machine_errors"]) == {"percent", "low", "high"}
    assert "with_machine_errors" not in result_json(count(cells))["sections"][0]["rows"][0]
