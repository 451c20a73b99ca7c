"""The synthetic film: the same every time, its truth exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import RED_SHARES, WHITE_SHARES, draw_film, read_truth, write_film


def test_the_same_seed_draws_the_same_film_and_another_seed_another() -> None:
    a, b, c = draw_film(768, 512, seed=5), draw_film(768, 512, seed=5), draw_film(768, 512, seed=6)
    assert np.array_equal(a.rgb, b.rgb) and a.cells == b.cells
    assert a.cells != c.cells


def test_cells_lie_where_the_truth_says() -> None:
    film = draw_film(3072, 1024, seed=2)
    dark = film.rgb.min(axis=2)
    sharp = [
        c
        for c in film.cells
        if c.cls == "lymphocyte" and all(np.hypot(c.x - x, c.y - y) > r for x, y, r in film.blurred)
    ]
    assert sharp
    for cell in sharp:
        if 0 <= cell.y < 1024:
            assert dark[int(cell.y), int(cell.x)] < 110


def test_a_film_has_every_kind_of_cell_and_an_end_without_any() -> None:
    film = draw_film(4096, 2048, seed=7)
    kinds = {c.cls for c in film.cells}
    assert set(RED_SHARES) <= kinds and "platelet" in kinds
    assert len(set(WHITE_SHARES) & kinds) >= 5
    x = np.array([c.x for c in film.cells]) / 4096
    thick, monolayer = ((x > 0) & (x < 0.1)).sum(), ((x > 0.5) & (x < 0.6)).sum()
    assert thick > 1.5 * monolayer and x.max() < 0.93


def test_film_and_truth_are_written_and_read_back(tmp_path: Path) -> None:
    film = draw_film(1024, 768, seed=3)
    write_film(tmp_path / "f.tif", tmp_path / "f.csv", film)
    assert "synthetic" in (tmp_path / "f.csv").read_text()
    assert len(read_truth(tmp_path / "f.csv")) == len(film.cells)
    with open_slide(tmp_path / "f.tif") as slide:
        assert (slide.width_px, slide.height_px) == (1024, 768)
        assert abs((slide.mpp or 0) - 0.25) < 1e-3
