"""The scale of a slide that states none comes from red cells of all its pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.pipeline.cheaplook import scale_from_discs
from hemaview.pipeline.fieldscale import Progress, scale_of
from hemaview.pipeline.plan import PipelineError, RunRequest
from hemaview.wsi.slide import Slide, open_slide

SIDE, CELL_PX = 256, 40


def test_where_the_first_photographs_hold_no_lone_cell_the_others_are_measured(tmp_path: Path) -> None:
    mpp, source, _, (note,), guards = scale_of_photos(tmp_path, [0] * 30 + [4] * 10)
    assert source == "estimated" and "from 40 red cells" in note and guards == []
    assert mpp == pytest.approx(7.2 / CELL_PX, rel=0.1)


def test_a_few_photographs_do_not_stand_for_all(tmp_path: Path) -> None:
    # The first twelve were taken with another camera: their cells are half as wide.
    mpp, *_ = scale_of_photos(tmp_path, [4] * 48, small=12)
    assert mpp == pytest.approx(7.2 / CELL_PX, rel=0.1)


def test_without_lone_cells_the_scale_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="enter the slide's µm/px"):
        scale_of_photos(tmp_path, [0] * 20)


def test_where_red_cells_touch_discs_within_them_tell_the_scale(tmp_path: Path) -> None:
    mpp, source, sd, (note,), _ = scale_of(*scale_request(tmp_path, [crowd(seed) for seed in range(16)]))
    assert source == "estimated" and "discs within" in note and "enter the microscope's µm/px" in note
    assert sd is not None and sd > 0.06 * mpp
    assert mpp == pytest.approx(7.2 / CELL_PX, rel=0.1)


def test_what_is_of_many_sizes_or_mostly_nuclei_or_too_little_tells_no_scale() -> None:
    assert scale_from_discs(crowd(seed) for seed in range(16)) is not None
    assert scale_from_discs(crowd(seed, sizes=(0.5, 0.8, 1.2, 1.8)) for seed in range(48)) is None
    assert scale_from_discs(crowd(seed, nuclei=True) for seed in range(48)) is None
    assert scale_from_discs([crowd(1)] * 2) is None
    assert scale_from_discs([]) is None


def crowd(seed: int, sizes: tuple[float, ...] = (1.0,), nuclei: bool = False) -> NDArray[np.uint8]:
    """Cells that touch in rows, each a little out of its place."""
    rng = np.random.default_rng(seed)
    rgb = np.full((SIDE, SIDE, 3), (235, 232, 228), np.uint8)
    for y in range(-10, SIDE + 20, round(1.3 * CELL_PX)):
        for x in range(-10, SIDE + 20, CELL_PX - 3):
            at = (x + int(rng.integers(-2, 3)), y + int(rng.integers(-2, 3)))
            width = CELL_PX * float(rng.choice(sizes))
            cv2.circle(rgb, at, round(width / 2), (190, 120, 130), cv2.FILLED, cv2.LINE_AA)
            if nuclei:
                cv2.circle(rgb, at, round(width / 4), (70, 30, 120), cv2.FILLED, cv2.LINE_AA)
    return rgb


def scale_request(folder: Path, pictures: list[NDArray[np.uint8]]) -> tuple[Slide, RunRequest, Progress]:
    path = folder / "photos.tif"
    tifffile.imwrite(path, np.concatenate(pictures, axis=1), tile=(256, 256), photometric="rgb")
    photos = [{"x": i * SIDE, "y": 0, "w": SIDE, "h": SIDE, "name": f"{i}"} for i in range(len(pictures))]
    blood = assay("blood_film")
    request = RunRequest(path, folder, "blood-film", blood, blood.schema, "field", {}, {}, {}, None, photos)
    return open_slide(path), request, lambda phase, share: None


def scale_of_photos(
    folder: Path, cells: list[int], small: int = 0
) -> tuple[float, str, float | None, list[str], list[dict[str, str]]]:
    """`scale_of` of photographs side by side with so many round cells each, those in the first `small` half as wide."""
    pictures = [photograph(n, CELL_PX // 2 if i < small else CELL_PX) for i, n in enumerate(cells)]
    slide, request, progress = scale_request(folder, pictures)
    with slide:
        return scale_of(slide, request, progress)


def photograph(cells: int, width_px: int) -> NDArray[np.uint8]:
    rgb = np.full((SIDE, SIDE, 3), (235, 232, 228), np.uint8)
    for i in range(cells):
        at = 64 + 128 * (i % 2), 64 + 128 * (i // 2)
        cv2.circle(rgb, at, width_px // 2, (190, 120, 130), cv2.FILLED, cv2.LINE_AA)
    return rgb


def test_of_a_page_without_a_stain_or_a_scale_the_true_reason_is_given(tmp_path: Path) -> None:
    page = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for line in range(40, SIDE - 10, 60):
        cv2.putText(page, "RESULTS", (8, line), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 4)
    with pytest.raises(PipelineError, match="This picture has no colour"):
        scale_of(*scale_request(tmp_path, [page] * 3))
