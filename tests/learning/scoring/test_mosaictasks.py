"""A scan of real fields counts what its photographs count: the demo's twelve, joined to one slide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from hemaview.assays import assay
from hemaview.learning.scoring.mosaictasks import Mosaic, agreement, count_mosaic, partners, write_mosaic
from hemaview.wsi.slide import open_slide
from tests.factories import cells as table_of

DEMO = Path(__file__).parents[3] / "apps/desk/demo/chula-rbc12"
FILM = assay("blood_film").schema


def test_a_mosaic_of_real_fields_counts_what_its_photographs_count(tmp_path: Path) -> None:
    pictures = [np.asarray(Image.open(p).convert("RGB")) for p in sorted(DEMO.glob("*.webp"))]
    mosaic = write_mosaic(tmp_path / "mosaic.tif", pictures, 0.19, 4, 240, (97, 61))
    photos, scan = (count_mosaic(mosaic, tmp_path / how, how == "photos") for how in ("photos", "scan"))
    result = agreement(photos, scan, mosaic, FILM)
    assert result.cells > 400
    assert result.found_in_both >= 0.97 and result.same_class >= 0.93 and 0.9 <= result.total_ratio <= 1.1, result


def test_a_mosaic_is_a_tiled_slide_of_the_pictures_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    pictures = [np.full((96, 128, 3), rng.integers(60, 200, 3), np.uint8) for _ in range(3)]
    mosaic = write_mosaic(tmp_path / "m.tif", pictures, 0.25, 2, 256, (16, 32))
    with open_slide(mosaic.slide) as slide:
        assert (slide.width_px, slide.height_px) == (16 + 256, 32 + 192) and abs((slide.mpp or 0) - 0.25) < 1e-3
        for place, picture in zip(mosaic.places, pictures, strict=True):
            inner = slide.read(place["x"] + 16, place["y"] + 16, 0, 64, 64)
            assert np.abs(inner.astype(int) - picture[0, 0]).max() <= 3


def test_cells_are_partners_where_they_are_near_for_their_size() -> None:
    one, other = table_of({"normal": 3}), table_of({"normal": 3})
    one.x[:], one.y[:] = [10, 100, 200], 50
    other.x[:], other.y[:] = [13, 140, 200], 50
    one.w[:] = one.h[:] = other.w[:] = other.h[:] = 30
    assert partners(one, other).tolist() == [0, -1, 2]
    place = {"x": 0, "y": 0, "w": 400, "h": 100, "name": "0"}
    result = agreement(one, other, Mosaic(Path("m.tif"), [place], 1.0), FILM)
    assert (result.cells, result.found_in_both, result.same_class) == (3, 2 / 3, 1.0)
