"""Neighbouring fields see what they share alike, so that a cell on their border is the same cell in both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hemaview.cells.table import CellTable
from hemaview.inference import Classifier, Segmenter, load_as
from hemaview.inference.pictures import in_blocks
from hemaview.learning.scoring.filmtasks import film_models
from hemaview.pipeline.fieldcells import cells_of_field
from hemaview.pipeline.fieldpicture import BLOCK_UM, HALO_UM, picture_of
from hemaview.pipeline.measures import measured_boxes
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide, open_slide
from tests.films import drawn_film
from tests.schemas import BLOOD_FILM


@pytest.fixture(scope="module")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slide]:
    with open_slide(drawn_film(tmp_path_factory.mktemp("fields"), 4096, 1536)[0]) as opened:
        yield opened


def field(x: int, w: int, photo: bool = False) -> PlannedField:
    return PlannedField(0, x, 501, w, 300, 1.0, 1.0, 1.0, 1.0, True, photo=photo)


@pytest.mark.parametrize("mpp", [0.25, 0.093])
def test_neighbours_share_their_pixels(slide: Slide, mpp: float) -> None:
    left, right = (picture_of(slide, field(x, 333), mpp) for x in (2203, 2536))
    distance_px = (right.left - left.left) / left.scale[0]
    assert distance_px == round(distance_px) and distance_px % left.block_px == 0
    shift, inner = round(distance_px), 24
    a, b = left.rgb[:, shift + inner : -inner], right.rgb[:, inner : left.rgb.shape[1] - shift - inner]
    assert a.shape == b.shape and a.size and np.array_equal(a, b)
    for picture, place in ((left, 2203), (right, 2536)):
        halo = HALO_UM / mpp
        assert picture.left <= place - halo + 1 and picture.left > place - halo - BLOCK_UM / mpp - 1


@pytest.mark.parametrize("mpp", [0.25, 0.13])
def test_a_cell_on_the_border_of_two_fields_is_the_same_in_both(slide: Slide, mpp: float) -> None:
    models = film_models("red-cell-unet")
    whole, left, right = (
        cells_of_field(slide, place, mpp, models, BLOOD_FILM)
        for place in (field(2203, 666), field(2203, 333), field(2536, 333))
    )

    def boxes_on_border(cells: CellTable, near_px: float) -> list[tuple[float, ...]]:
        rows = np.flatnonzero(np.abs(cells.x - 2536) < near_px)
        return sorted((*np.round((cells.x[i], cells.y[i]), 3).tolist(), int(cells.w[i]), int(cells.h[i])) for i in rows)

    on_border = boxes_on_border(whole, 1 / mpp)
    both = {*boxes_on_border(left, 1 / mpp), *boxes_on_border(right, 1 / mpp)}
    assert on_border and both == set(on_border)


def test_a_photograph_is_read_as_it_is(slide: Slide) -> None:
    picture = picture_of(slide, field(2203, 333, photo=True), 0.25)
    assert picture.rgb.shape == (300, 333, 3) and (picture.left, picture.block_px) == (2203, 0)


def test_a_scale_is_moved_by_less_than_half_a_stride_of_a_block() -> None:
    assert in_blocks(0.7, 0) == 0.7
    assert in_blocks(0.7, 41) * 41 == pytest.approx(29)
    assert in_blocks(1.56, 41, 16) * 41 == pytest.approx(64)
    assert in_blocks(0.01, 10) * 10 == pytest.approx(1)


def test_models_take_the_moved_scale_for_the_centres_too(slide: Slide) -> None:
    picture = picture_of(slide, field(2203, 333), 0.25)
    labels = load_as(Segmenter, "red-cell-unet").segment(picture.rgb, picture.mpp, picture.block_px)
    assert labels.shape == picture.rgb.shape[:2]
    rows, columns = np.nonzero(labels == labels[labels > 0].max())
    centre = np.array([[columns.mean(), rows.mean()]])
    p = picture.classes(load_as(Classifier, "cell-kind-net"), centre)
    assert p.shape == (1, 4) and p.sum() == pytest.approx(1, abs=1e-4)


def test_the_edge_of_a_scan_finer_than_any_model_looks_cuts_cells_though_its_last_px_ends_before_it(
    tmp_path: Path,
) -> None:
    """At 0.05 µm/px about three of the scan's px are one of the picture's: of 1,003 the last two belong to none."""
    path = tmp_path / "fine.tif"
    tifffile.imwrite(path, np.full((1003, 1003, 3), 200, np.uint8), tile=(256, 256), photometric="rgb")
    place = PlannedField(0, 0, 0, 1003, 1003, 1.0, 1.0, 1.0, 1.0, True)
    with open_slide(path) as fine:
        picture = picture_of(fine, place, 0.05)
    (left, top), (right, bottom) = picture._within()
    sides = np.array([[left, 60, left + 40, 100], [right - 40, 60, right, 100], [60, bottom - 40, 100, bottom]])
    assert picture.to_slide(np.array([[right, bottom]], float)).max() < 1002
    whole = np.array([[left + 60, top + 60, left + 99, top + 99]])
    cut = picture.cut(measured_boxes(np.concatenate([sides, whole]).astype(np.float32)))
    assert cut.tolist() == [True, True, True, False]
