"""Pictures come in as they look: turned and mirrored as EXIF, or the TIFF's tag, says, small and large alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from apps.slides.imports import begin_import_of_files, run_import
from hemaview.wsi.errors import TooLarge
from hemaview.wsi.fields import GAP_PX, write_fields
from hemaview.wsi.limits import Limits
from hemaview.wsi.sandbox import probe
from hemaview.wsi.slide import open_slide
from tests import factories

TAG = 0x0112
SMALL, LARGE = (96, 160), (900, 1300)
"""Height and width as they look; libvips does not keep the large one whole while it reads."""
AS_STORED = {
    1: lambda look: look,
    2: lambda look: look[:, ::-1],
    3: lambda look: look[::-1, ::-1],
    4: lambda look: look[::-1],
    5: lambda look: look.transpose(1, 0, 2),
    6: lambda look: np.rot90(look),
    7: lambda look: look[::-1, ::-1].transpose(1, 0, 2),
    8: lambda look: np.rot90(look, -1),
}
CORNERS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 60))


def look(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Quarters in four colours: upper left, upper right, lower left, lower right."""
    h, w = size
    rgb = np.zeros((h, w, 3), np.uint8)
    for i, colour in enumerate(CORNERS):
        rgb[i // 2 * (h // 2) :, i % 2 * (w // 2) :] = colour
    return rgb


def write(path: Path, size: tuple[int, int], orientation: int, dpi: float = 0) -> Path:
    stored = np.ascontiguousarray(AS_STORED[orientation](look(size)))
    if path.suffix == ".tif":
        tiles = {"tile": (256, 256)} if "tiled" in path.name else {}
        scale = {"resolution": (dpi, dpi), "resolutionunit": "INCH"} if dpi else {}
        tag = [(TAG, "H", 1, orientation, True)]
        tifffile.imwrite(path, stored, photometric="rgb", extratags=tag, **tiles, **scale)
    else:
        exif = Image.Exif()
        exif[TAG] = orientation
        Image.fromarray(stored).save(path, exif=exif, quality=95)
    return path


def colours_at_corners(rgb: NDArray[np.uint8]) -> list[int]:
    """Of each corner the number of the colour that it is nearest to."""
    h, w = rgb.shape[:2]
    ends = [rgb[y, x].astype(int) for y in (8, h - 9) for x in (8, w - 9)]
    return [int(np.abs(np.array(CORNERS) - end).sum(axis=1).argmin()) for end in ends]


@pytest.mark.parametrize("orientation", sorted(AS_STORED))
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "strips.tif", "tiled.tif"])
def test_a_picture_comes_in_as_it_looks(name: str, size: tuple[int, int], orientation: int, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    sheet = write_fields([write(tmp_path / name, size, orientation)], out, None)
    field = sheet["fields"][0]
    assert (field["h"], field["w"]) == size
    with open_slide(out) as slide:
        assert colours_at_corners(slide.read(GAP_PX, GAP_PX, 0, size[1], size[0])) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "strips.tif", "tiled.tif"])
def test_a_file_that_is_stored_turned_tells_its_size_as_it_looks(name: str, tmp_path: Path) -> None:
    facts = probe(write(tmp_path / name, SMALL, 6))
    assert (facts.kind, facts.height, facts.width) == ("picture", *SMALL)


def test_a_tiled_tiff_that_is_upright_stays_a_slide(tmp_path: Path) -> None:
    assert probe(write(tmp_path / "tiled.tif", LARGE, 1)).kind == "slide"


@pytest.mark.parametrize("orientation", [3, 7])
@pytest.mark.django_db
def test_a_scan_that_is_stored_turned_is_set_upright_with_its_scale(orientation: int, tmp_path: Path) -> None:
    tess = factories.person("technologist")
    path = write(tmp_path / "tiled.tif", LARGE, orientation, dpi=101_600)
    slide = run_import(begin_import_of_files(tess, factories.case(tess), [path]).pk)
    assert (slide.status, slide.mpp_source) == ("ready", "file") and slide.mpp == pytest.approx(0.25, rel=1e-3)
    field = slide.photo_fields[0]
    with open_slide(slide.file) as opened:
        assert colours_at_corners(opened.read(field["x"], field["y"], 0, field["w"], field["h"])) == [0, 1, 2, 3]


def test_a_scan_that_is_stored_turned_and_too_large_to_turn_is_refused_for_that_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "tiled.tif", SMALL, 3)
    with pytest.raises(TooLarge, match=r"stored turned or mirrored \(orientation 3\)"):
        probe(path, limits=replace(Limits(), max_image_pixels=1000))
