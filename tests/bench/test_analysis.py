"""What `bench analysis` tells: each way beside the plain one, on slides as large as it says. Timings are never asserted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.analysis import FULL, _rows, made_slide
from hemaview.wsi.slide import open_slide


def test_each_figure_of_ours_stands_beside_the_plain_one() -> None:
    figures = {
        "ours": {"seconds_cold": 10.0, "stage_planning": 2.0},
        "plain": {"seconds_cold": 40.0, "measured": 5.0},
    }
    rows = {(r["case"], r["metric"]): r for r in _rows("film_targets", figures)}
    ours = rows["film_targets_ours", "seconds_cold"]
    assert (ours["value"], ours["unit"], ours["ratio_to"], ours["ratio"]) == (10.0, "s", "film_targets_plain", 0.25)
    assert rows["film_targets_ours", "stage_planning"]["ratio"] is None
    assert rows["film_targets_plain", "measured"]["ratio_to"] == ""


def test_the_cases_are_films_marrow_and_a_slide_of_growing_area() -> None:
    assert [c.name for c in FULL] == [
        "film_targets",
        "marrow_500",
        "whole_slide_x1",
        "whole_slide_x4",
        "whole_slide_x16",
    ]
    assert [c.columns * c.rows for c in FULL[2:]] == [1, 4, 16]


def test_a_slide_of_several_films_is_that_much_larger(tmp_path: Path) -> None:
    case = replace(FULL[3], white_per_mm2=20.0)
    with open_slide(made_slide(tmp_path, case, (1024, 512), lambda _: None)) as slide:
        assert (slide.width_px, slide.height_px) == (2048, 1024) and abs((slide.mpp or 0) - 0.25) < 1e-3
