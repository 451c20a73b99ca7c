"""Scale bars, their text and arrows of a camera's program are left out, and cells are not."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.cells.table import CUT, CellTable
from hemaview.methods.card import cards
from hemaview.pipeline import RunRequest
from hemaview.pipeline.burntin import covered, marks, unchanged, without_marks
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.run import run
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import draw_film
from tests.pipeline.test_run import FILM, Sink
from tests.schemas import BLOOD_FILM

PHOTOS = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12"
COLOURS = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "yellow": (255, 255, 0), "green": (0, 255, 0),
    "blue": (0, 0, 255), "cyan": (0, 255, 255), "magenta": (255, 0, 255),
}  # fmt: skip
BAR = (470, 400, 590, 404)


def photo(number: int = 253) -> NDArray[np.uint8]:
    """Real cells; the lower right, where the camera's own scale bar stands, shows others."""
    rgb = np.array(Image.open(PHOTOS / f"{number}.webp").convert("RGB"))
    rgb[400:460, 480:620] = rgb[100:160, 480:620]
    return rgb


def as_jpeg(image: Image.Image, quality: int = 88) -> NDArray[np.uint8]:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out).convert("RGB"))


def barred(
    rgb: NDArray[np.uint8], colour: tuple[int, int, int], text: bool = True, bar: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(the picture with a bar and text, as a JPEG; where they stand)."""
    image = Image.fromarray(rgb)
    pen = ImageDraw.Draw(image)
    if bar:
        pen.rectangle(BAR, fill=colour)
    if text:
        pen.text((500, 370), "10 µm", fill=colour, font=ImageFont.load_default(22))
    is_bar = np.abs(np.asarray(image).astype(int) - rgb).max(axis=2) > 30
    return as_jpeg(image), is_bar


def mask_of(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return covered(marks(rgb), (0, 0), (1, 1), (rgb.shape[1], rgb.shape[0]))


@pytest.mark.parametrize("text", [True, False], ids=["with text", "alone"])
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS.keys())
def test_a_scale_bar_of_any_colour_is_left_out_and_little_beside_it(colour: tuple[int, int, int], text: bool) -> None:
    rgb, bar = barred(photo(), colour, text)
    mask = mask_of(rgb)
    assert mask[bar].mean() > 0.95
    assert mask[:350].sum() == 0 and mask.sum() < 8 * bar.sum()


def test_an_upright_bar_is_left_out() -> None:
    rgb, bar = barred(photo(), (0, 0, 0), text=False)
    assert mask_of(np.ascontiguousarray(rgb.transpose(1, 0, 2))).T[bar].mean() > 0.95


def test_a_yellow_arrow_is_left_out_by_its_colour() -> None:
    image = Image.fromarray(photo())
    ImageDraw.Draw(image).polygon(
        [(200, 200), (230, 180), (222, 200), (240, 222), (232, 230), (214, 212)], fill=(255, 255, 0)
    )
    arrow = np.abs(np.asarray(image).astype(int) - photo()).max(axis=2) > 30
    mask = mask_of(as_jpeg(image))
    assert mask[arrow].mean() > 0.95 and mask.sum() < 4 * arrow.sum()


def test_text_without_a_bar_is_known_by_standing_in_every_photograph_of_a_set() -> None:
    pictures = [barred(photo(n), (0, 0, 0), bar=False) for n in (253, 258, 328, 637, 646)]
    same = unchanged([(640, 480)] * 5, lambda i: pictures[i][0])
    for rgb, text in pictures[:2]:
        mask = covered(marks(rgb, same), (0, 0), (1, 1), (640, 480))
        assert mask[text].mean() > 0.8 and mask.sum() < 8 * text.sum()
    assert unchanged([(640, 480)] * 3, lambda i: pictures[i][0]) is None


@pytest.mark.parametrize("number", [105, 258, 328, 603, 604, 605, 637, 646, 673])
def test_real_scale_bars_of_a_camera_are_left_out_and_nothing_else(number: int) -> None:
    """Thin lines of green or grey over cells; what is left of the photograph shows cells alone."""
    rgb = np.asarray(Image.open(PHOTOS / f"{number}.webp").convert("RGB"))
    mask = mask_of(rgb)
    assert mask[433 if number != 105 else 440, 565:595].all()
    assert mask[:410].sum() <= 400 and mask[:, :480].sum() == 0
    assert marks(photo(number)) == []


def test_nothing_is_left_out_of_a_drawn_film_or_of_dark_nuclei() -> None:
    film = draw_film(1400, 1000, seed=5).rgb
    assert marks(film) == [] and marks(np.ascontiguousarray(film[::-1, ::-1])) == []


def test_in_the_place_of_a_mark_stands_the_ground() -> None:
    clear = np.full((200, 300, 3), (210, 190, 215), np.uint8)
    rgb, bar = clear.copy(), np.zeros((200, 300), bool)
    rgb[150:155, 100:200], bar[150:155, 100:200] = 0, True
    assert np.abs(without_marks(rgb, mask_of(rgb)).astype(int) - clear).max() <= 3


def request(rgb: NDArray[np.uint8], folder: Path) -> RunRequest:
    folder.mkdir()
    tifffile.imwrite(folder / "s.tif", rgb, tile=(256, 256), photometric="rgb")
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in FILM.items()}
    photos: list[dict[str, Any]] = [{"x": 0, "y": 0, "w": 640, "h": 480, "name": "a"}]
    return RunRequest(
        slide=folder / "s.tif", folder=folder / "job", protocol="blood-film", settings={}, models=models, thresholds={},
        mpp=0.19, photo_fields=photos, assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
    )  # fmt: skip


def test_a_run_counts_nothing_in_a_scale_bar_says_so_and_leaves_its_area_out(tmp_path: Path) -> None:
    rgb, _ = barred(photo(), (0, 0, 0))
    tables: list[CellTable] = []
    for name, picture in (("with", rgb), ("without", as_jpeg(Image.fromarray(photo())))):
        outcome = run(request(picture, tmp_path / name), Sink())
        has_note = any("burnt into the photograph" in note for note in outcome.notes)
        assert has_note == (name == "with")
        tables.append(read_cells(tmp_path / name / "job" / "cells.arrow")[0])
    mask = mask_of(rgb)
    barred_cells, clear = tables
    at = np.clip(np.rint([barred_cells.y, barred_cells.x]).astype(int), 0, [[479], [639]])
    whole = (barred_cells.flags & CUT) == 0
    assert not (mask[at[0], at[1]] & whole).any()
    far = clear.y < 350
    assert abs(int((barred_cells.y < 350).sum()) - int(far.sum())) <= 1
    with open_slide(tmp_path / "with" / "s.tif") as slide:
        plan = plan_run(slide, request(rgb, tmp_path / "again"), lambda _text, _share: None)
    (field,) = plan.fields
    assert field.counted_share == pytest.approx(1 - mask.mean(), abs=0.003) and field.marks


def test_in_a_drawn_region_a_scale_bar_is_left_out_too(tmp_path: Path) -> None:
    rgb, _ = barred(photo(), (0, 0, 0))
    order = replace(request(rgb, tmp_path / "s"), region=(440, 340, 200, 140))
    with open_slide(order.slide) as slide:
        plan = plan_run(slide, order, lambda _text, _share: None)
    hidden = mask_of(rgb)[340:480, 440:640]
    assert sum(f.w * f.h * f.counted_share for f in plan.fields) == pytest.approx((~hidden).sum(), rel=0.01)
    assert any("burnt into the photograph" in note for note in plan.notes)


def test_a_white_bar_on_a_ground_nearly_as_light_is_left_out() -> None:
    rgb = photo().astype(np.float32)
    light = np.clip(rgb * (222 / np.percentile(rgb, 95, axis=(0, 1))), 0, 235).astype(np.uint8)
    image = Image.fromarray(light)
    ImageDraw.Draw(image).rectangle((330, 440, 580, 450), fill=(255, 255, 255))
    picture = as_jpeg(image, 92)
    hidden = covered(marks(picture), (0, 0), (1, 1), (picture.shape[1], picture.shape[0]))
    assert hidden[440:451, 330:581].mean() > 0.95 and hidden.mean() < 0.03
    assert not marks(as_jpeg(Image.fromarray(light), 92))
