"""Take a file of the matrix in as an import does, and say where it does not come in as it looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.wsi.colour import Colour
from hemaview.wsi.contents import kind_of
from hemaview.wsi.convert import convert
from hemaview.wsi.errors import SlideError
from hemaview.wsi.fields import write_fields
from hemaview.wsi.limits import Limits
from hemaview.wsi.picture import read_pictures
from hemaview.wsi.probe import probe_file
from hemaview.wsi.slide import Slide, open_slide
from tests.wsi.matrix import pictures, scans, tiffs
from tests.wsi.matrix.cases import Case
from tests.wsi.matrix.looks import Expected

ON_SLIDE_WORST_MEAN = 4.0
"""Grey levels: what the JPEG of a joined or converted slide may change on the mean."""
_OF_SCANS = "can set upright|px at most: save it in tiles|holds fractions|import one of them|not stored in tiles"
"""Why a file that comes in as a photograph is refused where it is too large for one."""
_WRITERS = {"jpeg": pictures.write, "png": pictures.write, "webp": pictures.write, "dicom": scans.write_dicom,
            "zarr 2": scans.write_zarr, "zarr 3": scans.write_zarr}  # fmt: skip


def faults(case: Case, folder: Path) -> list[str]:
    """What is wrong with how the file comes in; empty where it is right, or refused for the true reason."""
    if case.coding in ("444", "422", "420") and case.container.endswith(("<", ">")):
        path, expected = scans.write_scan(case, folder)
    else:
        path, expected = _WRITERS.get(case.container, tiffs.write)(case, folder)
    wrong = _as_taken(path, expected, folder, Limits(), expected.refused)
    if case.tiled and path.suffix != ".dcm" and path.is_file():  # the same as if it were too large for a photograph
        refused = "|".join(w for w in (expected.refused, _OF_SCANS) if w)
        wrong += [f"as a scan: {w}" for w in _as_taken(path, expected, folder, Limits(max_image_pixels=1000), refused)]
    return wrong


def _as_taken(path: Path, expected: Expected, folder: Path, limits: Limits, refusals: str) -> list[str]:
    try:
        facts = probe_file(path, path.name, limits, expected.choice)
        views, notes = _pictures_and_notes(path, facts, expected, folder)
    except SlideError as error:
        true = refusals and re.search(refusals, error.message)
        return [] if true else [f"refused: {error.message}"]
    if expected.refused:
        return [f"came in, though it should be refused ({expected.refused})"]
    wrong = _compared(views, expected, path)
    text = " ".join(notes)
    in_place = (
        facts["kind"] == "slide" and not facts["convert"]
    )  # its profile goes with its tiles, and the page says so
    wrong += [f"does not say: {w}" for w in expected.says if w not in text and not (in_place and "converted to" in w)]
    mpp = facts["mpp"]
    if (mpp is None) != (expected.mpp is None) or (mpp and abs(mpp / (expected.mpp or 1) - 1) > 0.01):
        wrong.append(f"µm/px is {mpp}, not {expected.mpp}")
    return wrong


def _pictures_and_notes(
    path: Path, facts: dict[str, Any], expected: Expected, folder: Path
) -> tuple[list[tuple[str, NDArray[np.uint8], bool]], list[str]]:
    """Each picture as it comes in (where it was read, pixels, whether a JPEG of ours lies between), and what is said."""
    notes = list(facts["notes"])
    if facts["kind"] == "picture":
        exact = read_pictures(path, path.name, kind_of(path), choice=expected.choice)
        sheet = write_fields([path], folder / "slide.tif", facts["mpp"], choice=expected.choice)
        notes += sheet["notes"]
        views = [("picture", p.image.numpy(), False) for p in exact]
        with open_slide(folder / "slide.tif") as slide:
            views += [("slide", slide.read(f["x"], f["y"], 0, f["w"], f["h"]), True) for f in sheet["fields"]]
        return views, notes
    if facts["convert"]:
        with open_slide(path, Colour.APPLIED, choice=expected.choice, in_place=False) as slide:
            views = _levels(slide, False)
        notes += convert(path, folder / "slide.tif", True, None, expected.choice, in_place=False)["notes"]
        with open_slide(folder / "slide.tif") as slide:
            return [*views, *_levels(slide, True)[:1]], notes
    with open_slide(path, Colour.APPLIED, choice=expected.choice) as slide:
        return _levels(slide, False), notes


def _levels(slide: Slide, again: bool) -> list[tuple[str, NDArray[np.uint8], bool]]:
    views = []
    for number, level in enumerate(slide.levels):
        views.append((f"level {number}", slide.read(0, 0, number, level.width_px, level.height_px), again))
    return views


def _compared(views: list[tuple[str, NDArray[np.uint8], bool]], expected: Expected, path: Path) -> list[str]:
    wrong = []
    n = 0
    for kind in ("picture", "slide"):
        own = [f for f in views if f[0] == kind]
        if own and len(own) != len(expected.looks):
            wrong.append(f"{len(own)} pictures, not {len(expected.looks)}")
    for where, rgb, again in views:
        number = int(where.split()[1]) if where.startswith("level") else 0
        if where in ("picture", "slide"):
            look = expected.looks[n % len(expected.looks)]
            n += 1
        else:
            step = round(expected.looks[0].shape[1] / rgb.shape[1]) if number else 1
            look = expected.looks[0][::step, ::step]
        if look.shape != rgb.shape:
            wrong.append(f"{where} is of {rgb.shape[1]} × {rgb.shape[0]} px, not {look.shape[1]} × {look.shape[0]}")
            continue
        off = np.abs(rgb.astype(np.int16) - look)
        worst, mean = (255.0, expected.mean + ON_SLIDE_WORST_MEAN) if again else (expected.worst, expected.mean)
        if off.max() > worst or off.mean() > mean:
            wrong.append(f"{where} is off by {off.max()} at most, {off.mean():.2f} on the mean")
    return wrong
