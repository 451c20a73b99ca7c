"""Which fields are counted, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFilter

from hemaview.pipeline import PipelineError
from hemaview.pipeline.protocol import Plan, RunRequest
from hemaview.pipeline.regions import plan_run
from hemaview.wsi.slide import open_slide

PHOTO = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12/105.webp"
MPP = 0.19


@pytest.mark.parametrize("photo", [True, False])
def test_a_picture_that_is_all_out_of_focus_is_refused_and_a_soft_one_is_told_of(photo: bool, tmp_path: Path) -> None:
    assert planned(tmp_path, 0.0, photo).notes == []
    assert "soft" in "".join(planned(tmp_path, 0.75, photo).notes)
    with pytest.raises(PipelineError, match="out of focus"):
        planned(tmp_path, 1.2, photo)


def planned(folder: Path, blur_um: float, photo: bool) -> Plan:
    """The plan of one real photograph, blurred: as a camera's field or as a scan of that size."""
    rgb = Image.open(PHOTO).convert("RGB").filter(ImageFilter.GaussianBlur(blur_um / MPP))
    path = folder / f"{blur_um}-{photo}.tif"
    tifffile.imwrite(path, np.asarray(rgb), tile=(256, 256), photometric="rgb")
    fields: list[dict[str, Any]] = [{"x": 0, "y": 0, "w": rgb.width, "h": rgb.height, "name": "105"}] if photo else []
    asked = RunRequest(
        slide=path, folder=folder, protocol="blood-film", settings={}, models={}, thresholds={}, mpp=MPP,
        photo_fields=fields, schema="blood-film",
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, asked, lambda _text, _share: None)
