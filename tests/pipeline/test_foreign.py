"""Ink, bubbles and edges of glass are left out, and cells are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from hemaview.cells.table import OUTSIDE, CellTable
from hemaview.learning.scoring.limitstudies import INKS, with_stroke
from hemaview.pipeline.cheaplook import look
from hemaview.pipeline.fieldworth import COVERED, judged
from hemaview.pipeline.foreign import LEAST_UM2, foreign, on_bare_glass, without_covered
from hemaview.pipeline.plan import PlannedField
from hemaview.pipeline.specimen import looks_like, signs_of
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import MPP, draw_film

FIELD_PX = 1024


@pytest.fixture(scope="module")
def field() -> NDArray[np.uint8]:
    return draw_film(FIELD_PX, FIELD_PX, seed=5).rgb


def test_a_field_of_cells_is_not_covered(field: NDArray[np.uint8]) -> None:
    assert not foreign(field, MPP).any()
    assert look(field, MPP).foreign == 0


@pytest.mark.parametrize("ink", [name for name in INKS if name != "violet"])
def test_a_stroke_of_a_pen_covers_what_it_lies_on_and_little_else(field: NDArray[np.uint8], ink: str) -> None:
    inked, stroke = with_stroke(field, INKS[ink], mpp=MPP)
    mask = foreign(inked, MPP)
    assert mask[stroke].mean() > 0.9 and mask[~stroke].mean() < 0.1
    assert judged(look(inked, MPP), (FIELD_PX * MPP / 1000) ** 2, 1.0, crowded_is_fine=True) == COVERED


@pytest.mark.parametrize("ink", ["black", "green", "blue"])
def test_a_film_with_a_stroke_of_a_pen_still_looks_like_a_film(field: NDArray[np.uint8], ink: str) -> None:
    inked, _ = with_stroke(field, INKS[ink], mpp=MPP)
    for part in (field, inked):
        assert looks_like([signs_of(on_bare_glass(part, MPP), MPP)]) == "film"


def test_the_dark_rim_of_a_bubble_covers_and_a_piece_as_small_as_a_clump_of_cells_does_not(
    field: NDArray[np.uint8],
) -> None:
    ring = np.zeros(field.shape[:2], np.float32)
    cv2.circle(ring, (512, 512), 350, 1.0, round(8 / MPP))
    assert foreign((field * (1 - 0.85 * ring[..., None])).astype(np.uint8), MPP).any()
    dirt = field.copy()
    cv2.circle(dirt, (512, 512), round(np.sqrt(0.7 * LEAST_UM2 / np.pi) / MPP), (40, 40, 45), -1)
    assert not foreign(dirt, MPP).any()


def test_cells_under_ink_are_shown_and_not_counted(tmp_path: Path, field: NDArray[np.uint8]) -> None:
    inked, stroke = with_stroke(field, INKS["black"], mpp=MPP)
    tifffile.imwrite(tmp_path / "ink.tif", inked, tile=(256, 256), photometric="rgb")
    rows, columns = (np.arange(20, FIELD_PX, 100),) * 2
    y, x = (grid.ravel().astype(np.float32) for grid in np.meshgrid(rows, columns))
    n = len(x)
    nothing = np.full(n, np.nan, np.float16)
    cells = CellTable(
        x, y, np.full(n, 30, np.uint16), np.full(n, 30, np.uint16), np.zeros(n, np.uint8), np.zeros((n, 3), np.float16),
        np.zeros(n, np.uint32), np.zeros(n, np.uint8), nothing, nothing, nothing, nothing,
        tuple(np.zeros((0, 2), np.int16) for _ in range(n)),
    )  # fmt: skip
    place = PlannedField(0, 0, 0, FIELD_PX, FIELD_PX, 0.4, 1.0, 0.8, 1.0, True, photo=True, foreign=0.05)
    with open_slide(tmp_path / "ink.tif") as slide:
        after = without_covered(cells, slide, place, MPP)
    outside = (after.flags & OUTSIDE) != 0
    under = stroke[y.astype(int), x.astype(int)]
    assert under.sum() >= 5 and (outside == under).mean() > 0.95
