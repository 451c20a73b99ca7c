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
from hemaview.pipeline.plan import Plan, RunRequest
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


def planned(folder: Path, rgb: NDArray[np.uint8], mpp: float | None) -> Plan:
    path = folder / "photo.tif"
    tifffile.imwrite(path, rgb, tile=(256, 256), photometric="rgb")
    h, w = rgb.shape[:2]
    request = RunRequest(
        slide=path, folder=folder, protocol="sickle", assay=assay("sickle"), schema=assay("sickle").schema, finder="outline",
        settings={}, models={}, thresholds={}, mpp=mpp, photo_fields=[{"x": 0, "y": 0, "w": w, "h": h, "name": "1"}],
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, request, lambda _text, _share: None)
