"""What several photographs show counts once, in the one that shows more around it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hemaview.cells.table import CUT, CellTable
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.pipeline.sharedplaces import Shown, counts_at, each_once, share_out
from tests.factories import cells as table_of

W, H, GAP = 600, 400, 32
MPP = 0.1


def photographs(
    corners: list[tuple[int, int]], insides: dict[int, NDArray[np.bool_]] | None = None
) -> list[PlannedField]:
    """Photographs whose corners lie so on the film, beside each other on the slide, with what each counts."""
    boxes = [(GAP + i * (W + GAP), GAP, W, H) for i in range(len(corners))]
    pictures = [
        Shown(box, (0, *corner), (insides or {}).get(i))
        for i, (box, corner) in enumerate(zip(boxes, corners, strict=True))
    ]
    return [
        PlannedField(
            i, *box, tissue=1, focus=1, single_ratio=1, score=1, used=True, photo=True, film=[0, *corner],
            elsewhere=share.elsewhere, counted_share=share.counted_share,
        )
        for i, (box, corner, share) in enumerate(zip(boxes, corners, share_out(pictures), strict=True))
    ]  # fmt: skip


def counted_by(fields: list[PlannedField], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many photographs count each place of the film."""
    times = np.zeros(len(x), int)
    for f in fields:
        own_x, own_y = x - f.film[1], y - f.film[2]
        shows = (own_x >= 0) & (own_x < W) & (own_y >= 0) & (own_y < H)
        times += shows & counts_at(f.elsewhere, own_x + f.x, own_y + f.y)
    return times


ARRANGEMENTS = {
    "beside each other": [(0, 0), (450, 0)],
    "beside each other, a little lower": [(0, 0), (450, 7)],
    "below each other": [(0, 0), (0, 250)],
    "at a corner": [(0, 0), (400, 250)],
    "three over one place": [(0, 0), (200, 20), (90, 180)],
    "a chain": [(0, 0), (400, 0), (800, 10)],
    "nine around one": [(x, y) for y in (0, 280, 560) for x in (0, 420, 840)],
    "nearly the same": [(0, 0), (3, 2)],
}


@pytest.mark.parametrize("corners", ARRANGEMENTS.values(), ids=ARRANGEMENTS.keys())
def test_each_place_of_the_film_is_counted_once_and_the_areas_make_the_union(corners: list[tuple[int, int]]) -> None:
    fields = photographs(corners)
    right, bottom = max(x for x, _ in corners) + W, max(y for _, y in corners) + H
    y, x = (a.ravel() + 0.5 for a in np.mgrid[0:bottom:3, 0:right:3].astype(float))
    is_shown = np.zeros(len(x), bool)
    for cx, cy in corners:
        is_shown |= (x >= cx) & (x < cx + W) & (y >= cy) & (y < cy + H)
    times = counted_by(fields, x, y)
    assert (times[is_shown] == 1).mean() > 0.985 and times[is_shown].min() == 1 and times[~is_shown].max(initial=0) == 0
    union = np.zeros((bottom, right), bool)
    for cx, cy in corners:
        union[cy : cy + H, cx : cx + W] = True
    assert sum(f.counted_share for f in fields) * W * H == pytest.approx(union.sum(), rel=1e-3)


def test_the_line_lies_in_the_middle_of_what_two_photographs_share() -> None:
    left, right = photographs([(0, 0), (450, 0)])
    y = np.full(150, H / 2) + left.y
    share = np.arange(450, 600) + 0.5
    own = counts_at(left.elsewhere, share + left.x, y)
    assert own[:74].all() and not own[76:].any()
    assert counts_at(right.elsewhere, share - 450 + right.x, y).sum() == pytest.approx(75, abs=1)


def test_where_one_photograph_shows_a_cell_whole_that_one_counts_it() -> None:
    """Discs of a cell's size all over what four photographs show."""
    corners = [(0, 0), (420, 20), (-20, 260), (430, 270)]
    fields, radius = photographs(corners), 55
    y, x = (a.ravel() for a in np.mgrid[0:660:5, 0:1000:5].astype(float))
    whole = np.stack([np.minimum.reduce([x - cx, cx + W - x, y - cy, cy + H - y]) >= radius for cx, cy in corners])
    is_counted = np.stack([counts_at(f.elsewhere, x - f.film[1] + f.x, y - f.film[2] + f.y) for f in fields])
    assert whole.any(axis=0).sum() > 5000
    assert (whole & is_counted).any(axis=0)[whole.any(axis=0)].all()


def test_what_lies_in_the_rim_of_one_eyepiece_is_counted_by_the_other() -> None:
    y, x = np.mgrid[0:100, 0:150]
    disc = np.hypot(x - 75, y - 50) < 48
    left, right = photographs([(0, 0), (150, 0)], {0: disc, 1: disc})
    in_left_rim, in_right = np.array([520.0 + left.x]), np.array([370.0 + right.x])
    middle = np.array([H / 2 + left.y])
    assert not counts_at(left.elsewhere, in_left_rim, middle)[0]
    assert counts_at(right.elsewhere, in_right, middle)[0]
    both = disc.mean() * W * H
    assert both < (left.counted_share + right.counted_share) * both < 1.75 * both


def cells_at(
    fields: list[PlannedField], places: list[tuple[int, float, float]], size: int = 72, flags: int = 0
) -> CellTable:
    """Cells of (photograph, x and y on the film)."""
    table = table_of({"normal": len(places)})
    return replace(
        table,
        field=np.array([i for i, _, _ in places], np.uint32),
        x=np.array([x - fields[i].film[1] + fields[i].x for i, x, _ in places], np.float32),
        y=np.array([y - fields[i].film[2] + fields[i].y for i, _, y in places], np.float32),
        w=np.full(len(places), size, np.uint16),
        h=np.full(len(places), size, np.uint16),
        flags=np.full(len(places), flags, np.uint8),
    )


@pytest.mark.parametrize("off", [(0, 0), (9, 0), (-9, 0), (4, -7)], ids=str)
@pytest.mark.parametrize("size", [25, 72, 160], ids=["platelet", "red cell", "white cell"])
def test_a_cell_on_the_line_counts_once_though_the_pictures_put_it_a_few_px_apart(
    off: tuple[int, int], size: int
) -> None:
    fields = photographs([(0, 0), (400, 0)])
    for x in np.arange(490, 511, 1.5):
        cells = cells_at(fields, [(0, x, 200), (1, x + off[0], 200 + off[1])], size)
        assert len(each_once(cells, fields, MPP)) == 1, x


def test_cells_beside_each_other_on_the_line_stay_two() -> None:
    fields = photographs([(0, 0), (400, 0)])
    both = [(i, x, 200.0) for i in (0, 1) for x in (470.0, 530.0)]
    cells = each_once(cells_at(fields, both), fields, MPP)
    assert sorted(zip(cells.field.tolist(), cells.x.tolist(), strict=True)) == [
        (0, 470.0 + fields[0].x), (1, 130.0 + fields[1].x)
    ]  # fmt: skip


def test_of_a_cell_that_three_photographs_show_one_stays() -> None:
    fields = photographs([(0, 0), (200, 20), (90, 180)])
    for x, y in ((350, 290), (345, 300), (360, 280)):
        assert len(each_once(cells_at(fields, [(i, x + 3 * i, y) for i in range(3)]), fields, MPP)) == 1


@pytest.mark.parametrize(("middle", "wide"), [(630.0, 36), (655.0, 10)], ids=["a quarter of it", "a stump"])
def test_of_a_cell_that_a_side_cuts_in_one_photograph_the_whole_one_stays(middle: float, wide: int) -> None:
    fields = photographs([(0, 0), (560, 0)])  # 40 px common: less than the cell
    whole, part = cells_at(fields, [(1, middle, 200.0)], 130), cells_at(fields, [(0, 600 - wide / 2, 200.0)], wide, CUT)
    part = replace(part, h=np.array([120], np.uint16))
    for order in ([whole, part], [part, whole]):
        cells = each_once(CellTable.concatenate(order, whole.p.shape[1]), fields, MPP)
        assert cells.field.tolist() == [1] and cells.flags.tolist() == [0]


def test_what_one_photograph_alone_saw_stays_only_where_it_counts() -> None:
    fields = photographs([(0, 0), (400, 0)])
    assert len(each_once(cells_at(fields, [(0, 450, 200)]), fields, MPP)) == 1
    assert len(each_once(cells_at(fields, [(0, 550, 200)]), fields, MPP)) == 0


def test_cells_of_photographs_that_overlap_none_stay_as_they_are() -> None:
    fields = photographs([(0, 0), (400, 0)])
    alone = [replace(f, film=[], elsewhere=[]) for f in fields]
    cells = cells_at(fields, [(0, 550, 200), (1, 550, 200)])
    assert each_once(cells, alone, MPP) is cells


def test_the_counted_area_of_photographs_that_overlap_is_that_of_their_union(tmp_path: Path) -> None:
    fields, folder = photographs([(0, 0), (400, 0)]), RunFolder(tmp_path)
    folder.keep_plan(Plan(MPP, "slide", None, fields))
    for f in fields:
        folder.keep_field(f.index, cells_at(fields, [(f.index, f.film[1] + 50.0, 50.0)]))
    assert folder.counted_mm2(MPP) == pytest.approx(1000 * H * (MPP / 1000) ** 2, rel=1e-3)
