"""Dense red cells that the nets take for nucleated ones are red cells: their colour is that of the red cells around."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import BY_NUCLEATED, EMBEDDED, NOBODY, UNANSWERED, CellTable
from hemaview.pipeline.redlookalikes import lookalike_notes, without_red_lookalikes
from hemaview.wsi.slide import open_slide

SCHEMA = assay("blood_film").schema
RED, NUCLEUS, PALE_NUCLEUS = (150, 30, 100), (90, 25, 120), (120, 110, 160)
CELL_PX, STEP_PX = 36, 64
MPP = 0.2


@pytest.mark.parametrize("nucleus", [NUCLEUS, PALE_NUCLEUS])
@pytest.mark.parametrize("photographs", [False, True])
def test_what_is_coloured_like_its_red_cells_is_one_and_a_nucleus_is_none(
    tmp_path: Path, nucleus: tuple[int, int, int], photographs: bool
) -> None:
    names = ["normal"] * 20 + ["lymphocyte", "unidentified", "blast"]
    cells, n = looked_at(tmp_path, names, nuclei={22: nucleus}, photographs=photographs)
    assert n == 2
    assert [SCHEMA.classes[c].key for c in cells.cls[20:]] == ["uncategorised", "uncategorised", "blast"]
    assert cells.embedded_by[20:].tolist() == [NOBODY, NOBODY, BY_NUCLEATED], (
        "red cells are not compared by another net"
    )
    assert cells.embedding[20:].any(axis=1).tolist() == [False, False, True]


def test_a_field_that_was_searched_for_nucleated_cells_alone_drops_them(tmp_path: Path) -> None:
    names = ["normal"] * 20 + ["lymphocyte"] * 2
    field = [0] * 20 + [1, 0]
    cells, n = looked_at(tmp_path, names, field=field)
    assert n == 2 and len(cells) == 21 and 1 not in cells.field


def test_photographs_with_few_red_cells_of_their_own_are_left_as_they_are(tmp_path: Path) -> None:
    names = ["normal"] * 20 + ["lymphocyte"]
    assert looked_at(tmp_path, names, field=[0] * 20 + [1], photographs=True)[1] == 0
    assert looked_at(tmp_path, names[15:])[1] == 0


def test_what_no_net_answered_for_stays_to_be_looked_at(tmp_path: Path) -> None:
    assert looked_at(tmp_path, ["normal"] * 20 + ["unidentified"], flags={20: UNANSWERED})[1] == 0


def test_what_is_smaller_than_a_red_cell_is_left_as_it_is(tmp_path: Path) -> None:
    assert looked_at(tmp_path, ["normal"] * 20 + ["unidentified"], size={20: 18})[1] == 0


def test_what_is_said_of_them_counts_only_those_that_stay_as_red_cells() -> None:
    assert lookalike_notes(0, 0) == []
    (stay,) = lookalike_notes(1, 0)
    assert stay.startswith("1 cell that") and stay.endswith("counts as an uncategorised red cell.")
    stay, gone = lookalike_notes(5, 2)
    assert stay.startswith("3 cells that") and gone.startswith("2 cells that") and "are left out" in gone
    assert lookalike_notes(2, 2) == [gone]


def looked_at(
    folder: Path,
    names: list[str],
    nuclei: dict[int, tuple[int, int, int]] | None = None,
    field: list[int] | None = None,
    flags: dict[int, int] | None = None,
    photographs: bool = False,
    size: dict[int, int] | None = None,
) -> tuple[CellTable, int]:
    """`without_red_lookalikes` of discs that all are red cells but for `nuclei` (row: colour); fields 0 were counted."""
    n = len(names)
    rgb, x, y = discs(n, nuclei or {})
    path = folder / "film.tif"
    tifffile.imwrite(path, rgb, tile=(64, 64), photometric="rgb")
    cls = np.array([SCHEMA.index(name) for name in names], np.uint8)
    side = np.array([(size or {}).get(row, CELL_PX) for row in range(n)], np.uint16)
    none = np.zeros(n, np.float16)
    flag_of_row = np.zeros(n, np.uint8)
    for row, flag in (flags or {}).items():
        flag_of_row[row] = flag
    cells = CellTable(
        x=x, y=y, w=side, h=side, cls=cls, p=np.zeros((n, len(SCHEMA)), np.float16),
        field=np.array(field or [0] * n, np.uint32), flags=flag_of_row,
        area_um2=none, circularity=none, pallor=none, nc_ratio=none,
        contour=(np.zeros((0, 2), np.int16),) * n, embedded_by=np.full(n, BY_NUCLEATED, np.uint8),
        embedding=np.ones((n, EMBEDDED), np.int8),
    )  # fmt: skip
    with open_slide(path) as slide:
        return without_red_lookalikes(slide, cells, [0], MPP, SCHEMA, photographs)


def discs(
    n: int, nuclei: dict[int, tuple[int, int, int]]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """A picture of n red cells with pale middles, some of them with a nucleus in place of it, and where they lie."""
    columns = 6
    rows = -(-n // columns)
    rgb = np.full((rows * STEP_PX, columns * STEP_PX, 3), (225, 240, 225), np.uint8)
    for i in range(n):
        at = (i % columns) * STEP_PX + STEP_PX // 2, (i // columns) * STEP_PX + STEP_PX // 2
        cv2.circle(rgb, at, CELL_PX // 2, RED, cv2.FILLED, cv2.LINE_AA)
        if i in nuclei:
            cv2.circle(rgb, at, CELL_PX // 3, nuclei[i], cv2.FILLED, cv2.LINE_AA)
        else:
            cv2.circle(rgb, at, CELL_PX // 8, (190, 120, 160), cv2.FILLED, cv2.LINE_AA)
    noise = np.random.default_rng(1).normal(0, 4, rgb.shape)
    places = np.arange(n)
    x, y = (places % columns) * STEP_PX + STEP_PX / 2, (places // columns) * STEP_PX + STEP_PX / 2
    return np.clip(rgb + noise, 0, 255).astype(np.uint8), x.astype(np.float32), y.astype(np.float32)
