"""µm/px from everything that states them; what contradicts itself is told or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from hemaview.wsi.errors import Unsupported
from hemaview.wsi.physical import of_text
from hemaview.wsi.sandbox import probe

LIT = np.full((64, 96, 3), 220, np.uint8)


@pytest.mark.parametrize(
    ("metadata", "um"),
    [({"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25, "PhysicalSizeYUnit": "µm"}, 0.25),
     ({"PhysicalSizeX": 190, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 190, "PhysicalSizeYUnit": "nm"}, 0.19),
     ({"PhysicalSizeX": 0.0005, "PhysicalSizeXUnit": "mm"}, 0.5),
     ({"PhysicalSizeX": 1, "PhysicalSizeXUnit": "pixel", "PhysicalSizeY": 1, "PhysicalSizeYUnit": "pixel"}, None)],
)  # fmt: skip
@pytest.mark.parametrize("tile", [{}, {"tile": (32, 32)}], ids=["strips", "tiles"])
def test_ome_xml_states_the_size_with_its_unit(
    metadata: dict[str, Any], um: float | None, tile: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, LIT, photometric="rgb", metadata={"axes": "YXS", **metadata}, **tile)
    facts = probe(path)
    assert facts.mpp == (pytest.approx(um) if um else None) and facts.mpp_from == ("OME-XML" if um else "")


@pytest.mark.parametrize(("unit", "per_unit", "um"), [("um", 4.0, 0.25), ("micron", 5.0, 0.2), ("nm", 0.005, 0.2)])
def test_imagej_states_the_size_in_its_unit(unit: str, per_unit: float, um: float, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, LIT, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit})
    assert probe(path).mpp == pytest.approx(um, rel=1e-3)


@pytest.mark.parametrize(("dpi", "um"), [(101_600, 0.25), (72, None), (96, None), (300, None), (2400, None)])
def test_a_resolution_counts_where_no_screen_or_printer_has_it(dpi: int, um: float | None, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", LIT, photometric="rgb", resolution=(dpi, dpi), resolutionunit="INCH")
    Image.fromarray(LIT).save(tmp_path / "a.png", dpi=(dpi, dpi))
    for name in ("a.tif", "a.png"):
        assert probe(tmp_path / name).mpp == (pytest.approx(um, rel=1e-3) if um else None)


@pytest.mark.parametrize("text", ["Scan|AppMag = 40|MPP = 0.2500|", "0.25 µm/px", "pixels: 0.25 um/pixel", "mpp: 0,25"])
def test_a_size_in_words_is_read(text: str, tmp_path: Path) -> None:
    size = of_text(text, "its description")
    assert size is not None and size.um == pytest.approx(0.25)
    assert of_text("lumpps = 3, 0.25 mm", "its description") is None


@pytest.mark.parametrize("tile", [{}, {"tile": (32, 32)}], ids=["strips", "tiles"])
def test_pixels_that_are_not_square_are_refused(tile: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, LIT, photometric="rgb", resolution=(101_600, 80_000), resolutionunit="INCH", metadata=None, **tile
    )
    with pytest.raises(Unsupported, match=r"0\.25 µm/px across but 0\.3175 down"):
        probe(path)


def test_two_sources_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    stated = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}
    tifffile.imwrite(
        path,
        LIT,
        photometric="rgb",
        resolution=(50_800, 50_800),
        resolutionunit="INCH",
        metadata={"axes": "YXS", **stated},
    )
    facts = probe(path)
    assert facts.mpp == pytest.approx(0.25)
    assert facts.notes == ("It states 0.25 µm/px in OME-XML but 0.5 in its resolution; the first was used.",)
