"""Focal planes of a slide, each to be looked at under the slide's own rights; one of them is analysed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from apps.accounts.errors import Conflict
from apps.slides.imports import begin_import_of_files, run_import
from apps.slides.models import Slide
from apps.slides.placing import ImportOptions
from apps.slides.tileaccess import tile_access
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from tests import factories
from tests.apps.test_tiles import answer, fetch
from tests.dicoms import write_dicom
from tests.tiffs import picture

pytestmark = pytest.mark.django_db
STEP_UM = 1.5


def stack() -> Any:
    """Three planes of one film, uint8 (3, 768, 1024, 3), each darker than the one before; the first one is in focus."""
    sharp = picture(1024, 768)
    soft = np.repeat(np.repeat(sharp[::4, ::4], 4, 0), 4, 1)
    return np.stack([sharp, (soft * 0.8).astype(np.uint8), (soft * 0.6).astype(np.uint8)])


def ome_stack(path: Path) -> Path:
    facts = {
        "axes": "ZYXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "PhysicalSizeZ": STEP_UM,
        "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm", "PhysicalSizeZUnit": "µm",
    }  # fmt: skip
    tifffile.imwrite(path, stack(), ome=True, tile=(256, 256), photometric="rgb", compression="deflate", metadata=facts)
    return path


def bring(user: Any, path: Path, choice: Choice = NO_CHOICE) -> Slide:
    slide = run_import(begin_import_of_files(user, factories.case(user), [path], ImportOptions(choice=choice)).pk)
    assert slide.status == Slide.Status.READY, slide.message
    return slide


@pytest.mark.parametrize(("choice", "analysed"), [(None, 1), (3, 3)])
def test_tiles_of_each_plane_are_its_own_pixels_and_its_depth_is_told(
    choice: int | None, analysed: int, tmp_path: Path, tess: Any
) -> None:
    slide = bring(tess, ome_stack(tmp_path / "z.ome.tif"), Choice(plane=choice))
    access = tile_access(tess, slide)
    planes = access["planes"]
    assert [(p["number"], p["depth_um"], p["analysed"]) for p in planes] == [
        (1, 0.0, analysed == 1), (2, STEP_UM, False), (3, 2 * STEP_UM, analysed == 3),
    ]  # fmt: skip
    assert planes[analysed - 1]["base"] == access["base"]
    finest = access["levels"][-1]
    x0, y0 = (slide.photo_fields[0]["x"], slide.photo_fields[0]["y"]) if slide.photo_fields else (0, 0)
    for plane, pixels in zip(planes, stack(), strict=True):
        status, body = fetch(f"{plane['base']}{finest['number']}/1_1.jpg", access["token"])
        assert status == 200, body
        tile = np.asarray(Image.open(io.BytesIO(body))).astype(int)
        w, h = finest["tile_width"], finest["tile_height"]
        expected = pixels[h - y0 : 2 * h - y0, w - x0 : 2 * w - x0]
        assert abs(tile[: expected.shape[0], : expected.shape[1]] - expected).mean() < 6


def test_of_many_planes_those_around_the_analysed_one_are_made_and_that_is_said(
    tmp_path: Path, tess: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.slides.planes.MOST_PLANES", 2)
    slide = bring(tess, ome_stack(tmp_path / "z.ome.tif"), Choice(plane=3))
    assert [plane["number"] for plane in slide.planes] == [2, 3]
    assert "It holds 3 focal planes; 2 to 3, around the analysed one, can be looked at." in slide.notes


def test_planes_of_a_dicom_scan_are_looked_at_with_the_depth_that_it_states(tmp_path: Path, tess: Any) -> None:
    path = write_dicom(tmp_path / "z.dcm", stack(), "1.2.3.4.5.6", step_um=2.5)
    access = tile_access(tess, bring(tess, path))
    assert [(p["number"], p["depth_um"], p["analysed"]) for p in access["planes"]] == [
        (1, 0.0, True), (2, 2.5, False), (3, 5.0, False),
    ]  # fmt: skip
    status, body = fetch(f"{access['planes'][2]['base']}{access['levels'][-1]['number']}/0_0.jpg", access["token"])
    assert status == 200
    assert abs(np.asarray(Image.open(io.BytesIO(body))).astype(int) - stack()[2][:256, :256]).mean() < 6


def test_a_planes_tiles_are_under_the_slides_own_rights_and_have_tags_of_their_own(tmp_path: Path, tess: Any) -> None:
    access = tile_access(tess, bring(tess, ome_stack(tmp_path / "z.ome.tif")))
    tiles = [f"{p['base']}{access['levels'][-1]['number']}/0_0.jpg" for p in access["planes"]]
    tags = []
    for tile in tiles:
        assert fetch(tile, "")[0] == 401
        headers = answer(tile, access["token"])[1]
        tags.append(headers[b"etag"])
        assert b"immutable" in headers[b"cache-control"]
        assert answer(tile, access["token"], headers[b"etag"])[0] == 304
    assert len(set(tags)) == len(set(tiles)) == 3
    # Neither the stamp of another plane, nor a plane that there is not, nor another slide's token.
    assert fetch(tiles[1].replace("/z2/", "/z3/"), access["token"])[0] == 404
    assert fetch(tiles[1].replace("/z2/", "/z9/"), access["token"])[0] == 404
    other = bring(tess, factories.film_file(tmp_path / "film.tif", seed=5))
    assert fetch(tiles[1], tile_access(tess, other)["token"])[0] == 403
    assert tile_access(tess, other)["planes"] == []


def test_a_planes_index_is_made_again_and_a_plane_that_is_gone_leaves_the_slide_in_view(
    tmp_path: Path, tess: Any
) -> None:
    slide = bring(tess, ome_stack(tmp_path / "z.ome.tif"))
    (slide.plane_folder(2) / "tiles.hvt").unlink()
    (slide.plane_folder(3) / "tiles.hvt").unlink()
    (slide.plane_folder(3) / "slide.tif").unlink()
    access = tile_access(tess, slide)
    assert [bool(p["base"]) for p in access["planes"]] == [True, True, False]
    assert fetch(f"{access['planes'][1]['base']}0/0_0.jpg", access["token"])[0] == 200


def test_a_slide_from_before_its_planes_could_be_looked_at_says_how_to_have_them(tmp_path: Path, tess: Any) -> None:
    path = ome_stack(tmp_path / "z.ome.tif")
    slide = bring(tess, path)
    with pytest.raises(Conflict, match=r"^This slide is already in case T-\d+\.$"):
        begin_import_of_files(tess, slide.case, [path], ImportOptions())
    Slide.objects.filter(pk=slide.pk).update(planes=[])
    with pytest.raises(Conflict, match="remove it there and import it again to see the others, or choose a plane"):
        begin_import_of_files(tess, slide.case, [path], ImportOptions())
    again = run_import(begin_import_of_files(tess, slide.case, [path], ImportOptions(choice=Choice(plane=2))).pk)
    assert again.status == Slide.Status.READY and [p["number"] for p in again.planes] == [1, 2, 3]
