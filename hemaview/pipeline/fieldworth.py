"""What a field is worth: in focus, its cells side by side and neither too few nor too many, and nothing lying on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.pipeline.cheaplook import LOOK_MPP, Look, look
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.words import gettext, gettext_noop
from hemaview.wsi.slide import Slide

LEAST_CELLS_PER_MM2 = 250
THIN_PER_MM2 = 1000
"""Red cells per mm² below which a place is a feathered end: cells there are flat and their white cells pushed aside."""
MONOLAYER_PER_MM2 = 3500
"""Red cells per mm² where they lie side by side with their pallor; thinner places rank lower."""
GOOD_SINGLE_RATIO = 0.3
"""Of real fields of one layer hardly any lies below (chula-rbc12: none; smaller fields of txl-pbc and draaslan-blood: 7 and
11 %); with two others laid on them, as in a thick end, seven of ten do (`study field-choice`)."""
GOOD_NUCLEI = 0.15
"""Share of nuclei beyond which a field of marrow ranks no higher."""
LEAST_FOCUS = 0.4
"""Of the slide's good focus (its upper quartile); softer fields are refused."""
NO_FOCUS, SOFT_FOCUS = 0.04, 0.1
"""A picture may be all out of focus: then its own is no measure. Of fields in focus, blood and marrow of five sets, none
lies below 0.2; blurred by 1 µm hardly one lies above 0.04 (`study focus-limits`)."""
COVERED, NO_CELLS = gettext_noop("ink, a bubble, dirt or an edge lies on it"), gettext_noop("no cells")
GLASS, BLURRED = gettext_noop("too few cells"), gettext_noop("out of focus")
OVERLAP, THIN = gettext_noop("cells overlap"), gettext_noop("cells are too sparse")
NOTHING_SEEN = Look(0.0, 0.0, 0, 0.0, 0.0)


def judged(field_look: Look, area_mm2: float, good_focus: float, crowded_is_fine: bool) -> str:
    """Why a field is not counted whole, in a few words; "" where it is good."""
    if field_look.foreign:
        return COVERED
    if field_look.cells < LEAST_CELLS_PER_MM2 * area_mm2 and field_look.nuclei < 0.01:
        return GLASS
    if field_look.focus < max(NO_FOCUS, LEAST_FOCUS * good_focus):
        return BLURRED
    if crowded_is_fine:
        return ""
    if field_look.single_ratio < GOOD_SINGLE_RATIO:
        return OVERLAP
    return THIN if field_look.cells < THIN_PER_MM2 * area_mm2 else ""


def good_focus(looks: list[Look], plan: Plan, areas_mm2: list[float]) -> float:
    """The upper quartile of the focus of fields with cells, where there are such of fields that are not thin: a few edges
    on much ground look sharper. Where even that is soft the plan says so."""
    per_mm2 = [field_look.cells / area for field_look, area in zip(looks, areas_mm2, strict=True)]
    limit = THIN_PER_MM2 if any(n >= THIN_PER_MM2 for n in per_mm2) else 0
    sharp = [
        field_look.focus for field_look, n in zip(looks, per_mm2, strict=True) if field_look.cells >= 1 and n >= limit
    ]
    good = plan.good_focus = float(np.percentile(sharp, 75)) if sharp else 1.0
    if good < SOFT_FOCUS:
        plan.notes.append(
            gettext(
                "Even the sharpest fields of this slide are slightly out of focus: interpret shapes, central pallor "
                "and nuclei with care."
            )
        )
    return good


def planned(
    index: int,
    x: int,
    y: int,
    w: int,
    h: int,
    mpp: float,
    field_look: Look,
    good: float,
    reason: str,
    photo: bool = False,
    crowded_is_fine: bool = False,
) -> PlannedField:
    focus, area_mm2 = min(1.5, field_look.focus / max(good, 1e-9)), w * h * (mpp / 1000) ** 2
    if crowded_is_fine:
        worth = min(1.0, field_look.nuclei / GOOD_NUCLEI)
        single = 1.0
    else:
        worth = min(1.0, field_look.cells / area_mm2 / MONOLAYER_PER_MM2)
        single = field_look.single_ratio
    score = single * min(1.0, focus) * (0.3 + 0.7 * worth)
    return PlannedField(
        index=index, x=x, y=y, w=w, h=h, tissue=round(field_look.tissue, 4), focus=round(focus, 4),
        single_ratio=round(field_look.single_ratio, 4), score=round(score, 5), used=not reason, reason=reason, photo=photo,
        monolayer=photo or not reason, area_mm2=round(area_mm2, 6), foreign=round(field_look.foreign, 4),
    )  # fmt: skip


def look_at(slide: Slide, x: int, y: int, w: int, h: int, mpp: float) -> Look:
    return look(*read_at(slide, x, y, w, h, mpp))


def read_at(slide: Slide, x: int, y: int, w: int, h: int, mpp: float) -> tuple[NDArray[np.uint8], float]:
    """A place at LOOK_MPP, or as fine as the slide is: the picture and its µm/px."""
    out_w, out_h = max(16, round(w * mpp / LOOK_MPP)), max(16, round(h * mpp / LOOK_MPP))
    if out_w >= w:
        return slide.read(x, y, 0, w, h), mpp
    return slide.read_scaled(x, y, w, h, out_w, out_h), LOOK_MPP
