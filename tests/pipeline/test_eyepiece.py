"""Photographs through an eyepiece: the dark rim is no part of the specimen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hemaview.assays import assay
from hemaview.pipeline.cheaplook import discs_px, look, red_cell_px
from hemaview.pipeline.eyepiece import evenly_lit, eyepiece_of, without_rim
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.measures import measured_boxes
from hemaview.pipeline.plan import PipelineError, Plan, RunRequest
from hemaview.wsi.slide import open_slide

PHOTO = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12/105.webp"
MPP = 0.19


def test_the_round_field_is_found_and_a_full_picture_has_none() -> None:
    rgb, disc = through_eyepiece()
    eyepiece = eyepiece_of(rgb)
    assert eyepiece is not None
    assert not eyepiece.inside[~disc].any()
    assert eyepiece.inside[disc].mean() > 0.9
    assert eyepiece_of(photo()) is None


def test_focus_is_measured_within_the_field() -> None:
    rgb, _ = through_eyepiece()
    sharp = look(photo(), MPP).focus
    assert look(rgb, MPP).focus < 0.7 * sharp
    field, eyepiece = without_rim(rgb)
    assert eyepiece is not None
    assert look(field, MPP, eyepiece.inside).focus == pytest.approx(sharp, rel=0.4)


def test_cells_that_reach_into_the_rim_are_cut() -> None:
    rgb, disc = through_eyepiece()
    eyepiece = eyepiece_of(rgb)
    assert eyepiece is not None
    middle, (left, _) = (rgb.shape[1] // 2, rgb.shape[0] // 2), (np.flatnonzero(disc[rgb.shape[0] // 2])[0], 0)
    boxes = np.array([(middle[0], middle[1], 36, 36), (left - 5, middle[1], 36, 36)], np.float64)
    assert eyepiece.cuts(boxes).tolist() == [False, True]


def test_the_rim_is_no_area_and_the_plan_says_so(tmp_path: Path) -> None:
    rgb, disc = through_eyepiece()
    plan = planned(tmp_path, rgb, MPP)
    assert [f.used for f in plan.fields] == [True]
    assert plan.fields[0].area_mm2 < disc.sum() * (MPP / 1000) ** 2
    assert any("eyepiece" in note for note in plan.notes)


REGION = (20, 30, 400, 400)


def test_the_rim_is_no_area_of_a_region_either_and_the_plan_says_so(tmp_path: Path) -> None:
    rgb, disc = through_eyepiece()
    whole, plan = planned(tmp_path, rgb, MPP), planned(tmp_path, rgb, MPP, REGION)
    x, y, w, h = REGION
    in_disc_mm2 = disc[y : y + h, x : x + w].sum() * (MPP / 1000) ** 2
    mm2 = sum(f.area_mm2 for f in plan.fields)
    assert 0.85 * in_disc_mm2 < mm2 < in_disc_mm2 < 0.9 * w * h * (MPP / 1000) ** 2
    everywhere = planned(tmp_path, rgb, MPP, (0, 0, rgb.shape[1], rgb.shape[0]))
    assert sum(f.area_mm2 for f in everywhere.fields) == pytest.approx(whole.fields[0].area_mm2, rel=0.02)
    assert any("eyepiece" in note for note in plan.notes)
    assert any(f"Only a region of {mm2:.3f} mm²" in note for note in plan.notes)


def test_models_are_shown_no_rim_of_a_region_and_cells_that_reach_into_it_are_cut(tmp_path: Path) -> None:
    rgb, disc = through_eyepiece()
    plan = planned(tmp_path, rgb, MPP, REGION)
    place = plan.fields[0]
    with open_slide(tmp_path / "photo.tif") as slide:
        picture, low = picture_of(slide, place, plan.mpp), at_low_power(slide, place, plan.mpp)
    black = 60
    assert (picture.rgb.max(axis=2) < black).mean() < 0.002 > (low.rgb.max(axis=2) < black).mean()
    middle = rgb.shape[0] // 2
    rim_x = (np.flatnonzero(disc[middle])[0] - picture.left) / picture.scale[0]
    y = (middle - picture.top) / picture.scale[1]
    boxes = np.array([[rim_x - 5, y, rim_x + 30, y + 36], [rim_x + 60, y, rim_x + 96, y + 36]], np.float32)
    assert picture.cut(measured_boxes(boxes)).tolist() == [True, False]


def test_a_region_of_nothing_but_the_rim_is_refused_in_words(tmp_path: Path) -> None:
    rgb, _ = through_eyepiece()
    with pytest.raises(PipelineError, match="shows the rim of an eyepiece alone"):
        planned(tmp_path, rgb, MPP, (0, 0, 64, 64))


def test_red_cells_are_measured_alike_with_and_without_a_rim() -> None:
    rgb, _ = through_eyepiece()
    whole = np.median(red_cell_px(photo()))
    assert np.median(red_cell_px(evenly_lit(rgb))) == pytest.approx(whole, rel=0.1)
    assert np.median(discs_px(evenly_lit(rgb))) == pytest.approx(whole, rel=0.25)


def photo() -> NDArray[np.uint8]:
    return np.array(Image.open(PHOTO).convert("RGB"))


def through_eyepiece() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The photograph as seen through an eyepiece, and its round field."""
    rgb = photo()
    h, w = rgb.shape[:2]
    y, x = np.mgrid[:h, :w]
    disc = np.hypot(x - w / 2, y - h / 2) < 0.48 * min(h, w)
    rgb[~disc] = 24
    return rgb, disc


def planned(
    folder: Path, rgb: NDArray[np.uint8], mpp: float | None, region: tuple[int, int, int, int] | None = None
) -> Plan:
    path = folder / "photo.tif"
    tifffile.imwrite(path, rgb, tile=(256, 256), photometric="rgb")
    h, w = rgb.shape[:2]
    request = RunRequest(
        slide=path, folder=folder, protocol="sickle", assay=assay("sickle"), schema=assay("sickle").schema, finder="outline",
        settings={}, models={}, thresholds={}, mpp=mpp, photo_fields=[{"x": 0, "y": 0, "w": w, "h": h, "name": "1"}],
        region=region,
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, request, lambda _text, _share: None)
