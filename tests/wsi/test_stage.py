"""A place of a slide is known in the coordinates of the stage where the file states them, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tifffile
from pydicom.dataset import Dataset

from hemaview.wsi.fields import GAP_PX, write_fields
from hemaview.wsi.sandbox import probe
from hemaview.wsi.sources.choice import SHARPEST, Choice
from hemaview.wsi.sources.openslidefile import stage_of
from hemaview.wsi.stage import Stage
from tests.dicoms import write_dicom
from tests.tiffs import picture
from tests.wsi.matrix.looks import film, soft

SERIES = "1.2.826.0.1.3680043.8.498.9"


def dicom(path: Path, cosines: list[float], planes: int = 1) -> Path:
    """A slide whose first pixel's centre lies 12.5 mm and 30 mm from the slide's origin."""
    import numpy as np

    origin = Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 12.5, 30.0
    facts = {"TotalPixelMatrixOriginSequence": [origin], "ImageOrientationSlide": cosines}
    rgb = picture(512, 256)
    stack = rgb if planes == 1 else np.stack([rgb, *(soft(rgb, s) for s in range(1, planes))])
    return write_dicom(path, stack, SERIES, **facts)


def at(stage: dict[str, Any] | None, x_px: float, y_px: float, mpp: float = 0.25) -> tuple[float, float]:
    assert stage is not None
    return Stage.of_json(stage).at(x_px, y_px, mpp)


@pytest.mark.parametrize(
    ("cosines", "place"),
    [([1, 0, 0, 0, 1, 0], (12_600.0, 30_050.0)), ([0, -1, 0, -1, 0, 0], (12_450.0, 29_900.0)),
     ([-1, 0, 0, 0, 1, 0], (12_400.0, 30_050.0))],
)  # fmt: skip
@pytest.mark.parametrize("planes", [1, 2], ids=["openslide", "own reader"])
def test_dicom_gives_places_in_its_slide_coordinate_system(
    cosines: list[float], place: tuple[float, float], planes: int, tmp_path: Path
) -> None:
    path = dicom(tmp_path / "s.dcm", cosines, planes)
    stage = probe(path, choice=Choice(plane=SHARPEST if planes > 1 else None)).stage
    assert at(stage, 400.5, 200.5) == pytest.approx(place)
    assert stage is not None and stage["source"] == "DICOM's slide coordinate system"
    x, y = at(stage, 400.5, 200.5, mpp=0.5)  # a person has corrected the scale: distances from the origin grow with it
    assert (x - 12_500, y - 30_000) == pytest.approx((2 * (place[0] - 12_500), 2 * (place[1] - 30_000)))


def test_dicom_without_an_origin_or_with_axes_that_are_none_knows_no_stage(tmp_path: Path) -> None:
    assert probe(write_dicom(tmp_path / "a.dcm", picture(512, 256), SERIES)).stage is None
    assert probe(dicom(tmp_path / "b.dcm", [0.3, 0, 0, 0, 1, 0])).stage is None


def ome(path: Path, unit: str) -> Path:
    """Two photographs of one film, taken at two places of the stage."""
    with tifffile.TiffWriter(path, ome=True) as out:
        for seed, x in ((1, 1500.0), (2, 1750.0)):
            plane = {"PositionX": [x], "PositionY": [-40.0], "PositionXUnit": [unit], "PositionYUnit": [unit]}
            metadata = {"axes": "YXS", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "Plane": plane}
            out.write(film(seed), photometric="rgb", metadata=metadata)
    return path


def test_ome_gives_each_photograph_its_own_place(tmp_path: Path) -> None:
    sheet = write_fields([ome(tmp_path / "two.ome.tif", "µm")], tmp_path / "out.tif", 0.2)
    assert [s["photograph"] for s in sheet["stages"]] == ["two.ome page 1", "two.ome page 2"]
    first, second = sheet["stages"]
    assert at(first, GAP_PX + 100, GAP_PX + 50, 0.2) == pytest.approx((1520.0, -30.0))
    box = sheet["fields"][1]
    assert at(second, box["x"], box["y"], 0.2) == pytest.approx((1750.0, -40.0))


def test_positions_in_units_of_no_length_are_no_place(tmp_path: Path) -> None:
    assert write_fields([ome(tmp_path / "two.ome.tif", "reference frame")], tmp_path / "out.tif", 0.2)["stages"] == []


def test_hamamatsu_counts_from_the_middle_of_the_slide_and_aperio_is_left_alone() -> None:
    properties = {"hamamatsu.XOffsetFromSlideCentre": "-1500000", "hamamatsu.YOffsetFromSlideCentre": "250000"}
    stage = stage_of(properties, (4000, 2000), (0.25, 0.25))
    assert stage is not None and stage.at(2000, 1000, 0.25) == (-1500.0, 250.0)
    assert stage.at(0, 0, 0.25) == (-2000.0, 0.0)
    assert stage_of({"aperio.Left": "25.69", "aperio.Top": "23.45"}, (4000, 2000), (0.25, 0.25)) is None
    assert stage_of({"hamamatsu.XOffsetFromSlideCentre": "7"}, (4000, 2000), (0.25, 0.25)) is None
