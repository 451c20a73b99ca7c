"""Which fields are counted, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from hemaview.assays import assay
from hemaview.pipeline import PipelineError
from hemaview.pipeline.protocol import Plan, RunRequest
from hemaview.pipeline.regions import plan_run
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import MPP, draw_film
from tests.schemas import BLOOD_FILM

PHOTO = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12/105.webp"


@pytest.mark.parametrize("photo", [True, False])
def test_a_picture_that_is_all_out_of_focus_is_refused_and_a_soft_one_is_told_of(photo: bool, tmp_path: Path) -> None:
    assert planned(tmp_path, 0.0, photo).notes == []
    assert "soft" in "".join(planned(tmp_path, 0.65, photo).notes)
    with pytest.raises(PipelineError, match="out of focus"):
        planned(tmp_path, 1.2, photo)


def planned(folder: Path, blur_um: float, photo: bool) -> Plan:
    """The plan of a blurred picture: a real photograph as a camera's field, or a drawn film as a scan smaller than one."""
    rgb, mpp = (Image.open(PHOTO).convert("RGB"), 0.19) if photo else (Image.fromarray(drawn()), MPP)
    rgb = rgb.filter(ImageFilter.GaussianBlur(blur_um / mpp))
    path = folder / f"{blur_um}-{photo}.tif"
    tifffile.imwrite(path, np.asarray(rgb), tile=(256, 256), photometric="rgb")
    fields: list[dict[str, Any]] = [{"x": 0, "y": 0, "w": rgb.width, "h": rgb.height, "name": "105"}] if photo else []
    asked = RunRequest(
        slide=path, folder=folder, protocol="blood-film", settings={}, models={}, thresholds={}, mpp=mpp,
        photo_fields=fields, assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, asked, lambda _text, _share: None)


def drawn() -> NDArray[np.uint8]:
    """A part of a drawn film where cells lie side by side, narrower than a field is."""
    return draw_film(6144, 1024, seed=3).rgb[:500, 1500:2400]
