"""µm/px of a slide: what its file or a person states, else the size of its red cells, else the field of an eyepiece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hemaview.pipeline.cheaplook import OF_DISCS, RED_CELL_UM, discs_px, red_cell_px, scale_from, scale_from_discs
from hemaview.pipeline.eyepiece import Eyepiece, evenly_lit, eyepiece_of
from hemaview.pipeline.plan import PipelineError, RunRequest
from hemaview.pipeline.scale import OIL_FIELD_SPREAD, OIL_FIELD_UM, disagreement, mpp_through_eyepiece, seen_with
from hemaview.pipeline.specimen import Guard, guards, signs_of
from hemaview.words import gettext, gettext_noop
from hemaview.wsi.slide import Slide

MOST_SCALE_PHOTOS = 12
"""Photographs that are measured for a scale that nobody gave."""
ENOUGH_CELLS, MOST_TIMES = 40, 8
"""Round red cells that a scale rests on where a film has so many, and how many times as many pictures are looked at for them."""
LEAST_CELL_PX = 3.0
"""Narrower than that no red cell can be seen."""
MOST_DISC_PHOTOS = 48
"""Photographs in which touching red cells are measured."""
NOMINAL_MPP, MOST_ASKED, LEAST_SHOWN = 0.25, 3, 0.02
"""At which, and in how many places, a slide without a scale is asked whether it shows stained cells at all; a place of which less
is not ground says nothing."""
Progress = Callable[[str, float], None]
"""Is told what is done and how much of it, 0 to 1."""


def scale_of(
    slide: Slide, request: RunRequest, progress: Progress
) -> tuple[float, str, float | None, list[str], list[Guard]]:
    """(µm/px, where it is from, its standard deviation, notes, what contradicts it)."""
    progress(gettext_noop("measuring red cells"), 0.0)
    if request.mpp and (wide_px := RED_CELL_UM / request.mpp) < LEAST_CELL_PX:
        raise PipelineError(
            gettext(
                "At {mpp:g} µm/px a red cell of this slide is {wide_px:.1f} px wide: too small for "
                "cells to be recognised."
            ).format(mpp=request.mpp, wide_px=wide_px),
            gettext("Correct the slide's µm/px; then order the analysis again."),
            "wrong-scale",
        )
    by_cells = scale_from(np.concatenate(_red_cells(slide, request, 6 if request.mpp else 24)))
    if not request.mpp and (rounds := _round_fields(slide, request)):
        of_oil = float(np.median([mpp_through_eyepiece(eyepiece) for _, eyepiece in rounds]))
        if by_cells is None or not seen_with(by_cells[0], of_oil):
            mpp, sd, note = _by_round_fields(rounds, of_oil)
            return mpp, "estimated", sd, [note], []
    if request.mpp:
        return request.mpp, "slide", None, [], disagreement(request.mpp, by_cells[0]) if by_cells else []
    if by_cells is None and (by_discs := _by_discs(slide, request)):
        mpp, sd, n = by_discs
        note = gettext(
            "µm/px estimated from discs within {n} touching red cells, taken as 7.2 µm wide, because too few lie alone: "
            "{mpp:.4f} ± {sd:.4f}; enter the microscope's µm/px, because sizes in µm depend on it."
        ).format(n=n, mpp=mpp, sd=sd)
        return mpp, "estimated", sd, [note], []
    if by_cells is None:
        _refuse_what_has_no_cells(slide, request)
        raise PipelineError(
            gettext(
                "The µm/px of this slide is not known, and too few round red cells were found to estimate it; enter the slide's "
                "µm/px and analyse again."
            ),
            gettext("Whoever orders analyses can enter it on the case's page."),
            "no-scale",
        )
    mpp, sd, n = by_cells
    note = gettext(
        "µm/px estimated from {n} red cells, taken as 7.2 µm wide: {mpp:.4f} ± {sd:.4f}; sizes in µm depend on it."
    ).format(n=n, mpp=mpp, sd=sd)
    return mpp, "estimated", sd, [note], []


def _refuse_what_has_no_cells(slide: Slide, request: RunRequest) -> None:
    """Raise PipelineError where a slide shows no stained cells at all, whatever its scale: no µm/px would help."""
    boxes = _looked_at(slide, request, 6)[:MOST_ASKED]
    signs_of_places = [signs_of(slide.read(x, y, 0, w, h), NOMINAL_MPP) for x, y, w, h in boxes]
    if whatever_the_scale := guards([signs for signs in signs_of_places if signs.tissue > LEAST_SHOWN], ()):
        raise PipelineError(whatever_the_scale[0]["sentence"], gettext("Import the intended slide."), "wrong-slide")


def _round_fields(slide: Slide, request: RunRequest) -> list[tuple[NDArray[np.uint8], Eyepiece]]:
    """The photographs through an eyepiece, as pictures, with their fields."""
    pictures = [slide.read(f["x"], f["y"], 0, f["w"], f["h"]) for f in request.photo_fields[:MOST_SCALE_PHOTOS]]
    return [(rgb, eyepiece) for rgb in pictures if (eyepiece := eyepiece_of(rgb)) is not None]


def _by_round_fields(rounds: list[tuple[NDArray[np.uint8], Eyepiece]], of_oil: float) -> tuple[float, float, str]:
    """(µm/px, its standard deviation, what is said of it) of photographs through an eyepiece whose red cells lie too close, or
    too pale, to be measured one by one: by discs within them where these go with the round field, else by that alone."""
    through = scale_from(np.concatenate([discs_px(evenly_lit(rgb)) for rgb, _ in rounds]), OF_DISCS)
    if through and seen_with(through[0], of_oil):
        mpp, sd, n = through
        note = gettext(
            "µm/px estimated from discs within {n} touching red cells, taken as 7.2 µm wide: {mpp:.4f} ± {sd:.4f}; enter the "
            "microscope's µm/px, because sizes in µm depend on it."
        ).format(n=n, mpp=mpp, sd=sd)
        return mpp, sd, note
    sd = of_oil * OIL_FIELD_SPREAD
    note = gettext(
        "µm/px estimated from the round field of the eyepiece, taken as {wide_um:.0f} µm wide as with an oil "
        "objective (×100), because the red cells give no size that matches it: {mpp:.4f} ± {sd:.4f}; enter the "
        "microscope's µm/px, because sizes in µm depend on it."
    ).format(wide_um=OIL_FIELD_UM, mpp=of_oil, sd=sd)
    return of_oil, sd, note


def _by_discs(slide: Slide, request: RunRequest) -> tuple[float, float, int] | None:
    """µm/px, its standard deviation and the number of cells of photographs in which red cells touch."""
    if not request.photo_fields:
        return None
    boxes = _looked_at(slide, request, 24)[:MOST_DISC_PHOTOS]
    return scale_from_discs(evenly_lit(slide.read(x, y, 0, w, h)) for x, y, w, h in boxes)


def _red_cells(slide: Slide, request: RunRequest, places: int) -> list[NDArray[np.float64]]:
    """Diameters of round red cells, px, in half as many photographs or in `places` squares of a scan; of more of them, up to
    MOST_TIMES as many, until there are ENOUGH_CELLS."""
    diameters: list[NDArray[np.float64]] = []
    for i, (x, y, w, h) in enumerate(_looked_at(slide, request, places)):
        if i >= (places // 2 if request.photo_fields else places) and sum(map(len, diameters)) >= ENOUGH_CELLS:
            break
        rgb = slide.read(x, y, 0, w, h)
        diameters.append(red_cell_px(evenly_lit(rgb) if request.photo_fields else rgb))
    return diameters


def _looked_at(slide: Slide, request: RunRequest, places: int) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, w, h), level-0 px, in the order in which red cells are looked for: photographs of all parts of the set first,
    so that one end of it, or one camera, does not stand for all; squares of a scan as they were drawn."""
    boxes = [(f["x"], f["y"], f["w"], f["h"]) for f in request.photo_fields]
    if boxes:
        step = max(1, -(-len(boxes) // max(1, places // 2)))
        in_turn = [box for first in range(step) for box in boxes[first::step]]
        return in_turn[: MOST_TIMES * places // 2]
    side = min(2048 if places > 6 else 1024, slide.width_px, slide.height_px)
    spots = np.random.default_rng(0).uniform(0.1, 0.9, (MOST_TIMES * places, 2))
    spots = spots * (slide.width_px - side, slide.height_px - side)
    return [(int(x), int(y), side, side) for x, y in spots]
