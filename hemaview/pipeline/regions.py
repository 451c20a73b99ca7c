"""Tissue, then the fields worth counting, ranked by focus and by the ratio of single to overlapped cells.

The ratio chooses the counting area as in Elmanna et al.; limits are relative to the slide where stain and scanner
would shift them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Detector
from hemaview.pipeline.cheaplook import LOOK_MPP, Look, density_of, look, red_cell_px, scale_from, stained
from hemaview.pipeline.overview import Place, places_within, regions_of
from hemaview.pipeline.protocol import PipelineError, Plan, PlannedField, RunRequest
from hemaview.pipeline.scale import disagreement
from hemaview.wsi.slide import Slide

FIELD_UM = 256.0
MAX_CANDIDATES = 400
LEAST_CELLS_PER_MM2 = 250
MONOLAYER_PER_MM2 = 3500
"""Red cells per mm² where they lie side by side with their pallor; thinner places rank lower."""
LEAST_SINGLE_RATIO = 0.45
LEAST_FOCUS = 0.4
"""Of the slide's good focus (its upper quartile); softer fields are refused."""
NO_FOCUS, SOFT_FOCUS = 0.04, 0.1
"""A picture may be all out of focus: then its own is no measure. Of fields in focus, blood and marrow of five sets, none
lies below 0.2; blurred by 1 µm hardly one lies above 0.04 (`study focus-limits`)."""

Progress = Callable[[str, float], None]


def plan_run(slide: Slide, request: RunRequest, progress: Progress, overview: Detector | None = None) -> Plan:
    """Every field that was considered, the used ones in the order they are counted; on a scan those of the regions that
    `overview` finds, where there is such a model and it finds any."""
    mpp, source, sd, notes = scale_of(slide, request, progress)
    plan = Plan(mpp=mpp, mpp_source=source, mpp_sd=sd, notes=notes)
    if request.photo_fields:
        _plan_photos(slide, request, plan, progress)
    else:
        _plan_scan(slide, request, plan, progress, overview)
    if not plan.counted:
        raise PipelineError(
            f"No field of this slide can be counted: {_main_reason(plan)}.",
            "Bring in a part of the film where the cells lie in one layer and in focus, and check its µm/px.",
        )
    return plan


def scale_of(slide: Slide, request: RunRequest, progress: Progress) -> tuple[float, str, float | None, list[str]]:
    """(µm/px, where it is from, its standard deviation, notes)."""
    progress("measuring red cells", 0.0)
    found = scale_from(np.concatenate(_red_cells(slide, request, 6 if request.mpp else 24)))
    if request.mpp:
        return request.mpp, "slide", None, disagreement(request.mpp, found[0]) if found else []
    if found is None:
        raise PipelineError(
            "The µm per pixel of this slide are not known and too few round red cells were found to measure them by; "
            "give the slide its µm/px and analyse again.",
            "An administrator can give it.",
        )
    mpp, sd, n = found
    note = f"µm/px estimated from {n} red cells, taken as 7.2 µm wide: {mpp:.4f} ± {sd:.4f}; sizes in µm rest on it."
    return mpp, "estimated", sd, [note]


def _red_cells(slide: Slide, request: RunRequest, places: int) -> list[NDArray[np.float64]]:
    """Diameters of round red cells, px, in half as many photographs or in `places` squares of a scan."""
    boxes = [(f["x"], f["y"], f["w"], f["h"]) for f in request.photo_fields][: max(1, places // 2)]
    if not boxes:
        side = min(2048 if places > 6 else 1024, slide.width_px, slide.height_px)
        rng = np.random.default_rng(0)
        spots = rng.uniform(0.1, 0.9, (places, 2)) * (slide.width_px - side, slide.height_px - side)
        boxes = [(int(x), int(y), side, side) for x, y in spots]
    return [red_cell_px(slide.read(x, y, 0, w, h)) for x, y, w, h in boxes]


def _plan_photos(slide: Slide, request: RunRequest, plan: Plan, progress: Progress) -> None:
    looks = []
    for i, f in enumerate(request.photo_fields):
        looks.append(_look_at(slide, f["x"], f["y"], f["w"], f["h"], plan.mpp))
        progress("looking at the fields", (i + 1) / len(request.photo_fields))
    good = _good_focus(looks, plan)
    for i, (f, seen) in enumerate(zip(request.photo_fields, looks, strict=True)):
        reason = ""
        if seen.cells < 1:
            reason = "no cells"
        elif seen.focus < max(NO_FOCUS, 0.6 * LEAST_FOCUS * good):
            reason = "out of focus"
        plan.fields.append(_planned(i, f["x"], f["y"], f["w"], f["h"], plan.mpp, seen, good, reason, photo=True))


def _plan_scan(slide: Slide, request: RunRequest, plan: Plan, progress: Progress, overview: Detector | None) -> None:
    side = max(64, round(FIELD_UM / plan.mpp))
    progress("looking for tissue", 0.0)
    tissue = tissue_map(slide)
    boxes = []
    for y in range(0, max(1, slide.height_px - side // 2), side):
        for x in range(0, max(1, slide.width_px - side // 2), side):
            w, h = min(side, slide.width_px - x), min(side, slide.height_px - y)
            if _share(tissue, slide, x, y, w, h) > 0.02:
                boxes.append((x, y, w, h))
    if overview is not None:
        progress("looking for particles and trails", 0.0)
        regions = regions_of(slide, overview)
        plan.fields = _ranked(slide, places_within(boxes, regions), request, plan, progress)
        if plan.counted:
            plan.notes.append(f"Fields lie in the {len(regions)} particles and trails that {overview.info.name} found.")
            return
        plan.notes.append(
            f"{overview.info.name} found no particle or trail that can be counted: all that is stained was."
        )
    plan.fields = _ranked(slide, boxes, request, plan, progress)


def _ranked(
    slide: Slide, boxes: list[Place], request: RunRequest, plan: Plan, progress: Progress
) -> list[PlannedField]:
    """The fields at boxes (x, y, w, h), level-0 px, the best first; those not worth counting last, with the reason."""
    if len(boxes) > MAX_CANDIDATES:
        chosen = np.linspace(0, len(boxes) - 1, MAX_CANDIDATES).astype(int)
        plan.notes.append(f"{len(boxes)} fields hold tissue; {MAX_CANDIDATES} of them, evenly spread, were looked at.")
        boxes = [boxes[i] for i in chosen]
    looks = []
    for i, (x, y, w, h) in enumerate(boxes):
        looks.append(_look_at(slide, x, y, w, h, plan.mpp))
        progress("looking for fields", (i + 1) / len(boxes))
    good = _good_focus(looks, plan)
    ranked = []
    for box, seen in zip(boxes, looks, strict=True):
        area_mm2 = box[2] * box[3] * (plan.mpp / 1000) ** 2
        reason = ""
        if seen.cells < LEAST_CELLS_PER_MM2 * area_mm2:
            reason = "too few cells"
        elif seen.focus < max(NO_FOCUS, LEAST_FOCUS * good):
            reason = "out of focus"
        elif seen.single_ratio < LEAST_SINGLE_RATIO:
            reason = "cells overlap"
        ranked.append(_planned(0, *box, plan.mpp, seen, good, reason))
    ranked.sort(key=lambda f: (not f.used, -f.score, f.y, f.x))
    most = int(request.settings.get("max_fields", 48))
    for i, f in enumerate(ranked):
        f.index = i
        if f.used and i >= most:
            f.used, f.reason = False, "enough better fields"
    return ranked


def tissue_map(slide: Slide, side_px: int = 512) -> NDArray[np.bool_]:
    """Where a reduced picture of the slide is stained, bool (H, W)."""
    return stained(density_of(slide.thumbnail(side_px)))


def _share(tissue: NDArray[np.bool_], slide: Slide, x: int, y: int, w: int, h: int) -> float:
    sx, sy = tissue.shape[1] / slide.width_px, tissue.shape[0] / slide.height_px
    part = tissue[
        int(y * sy) : max(int(y * sy) + 1, int((y + h) * sy)), int(x * sx) : max(int(x * sx) + 1, int((x + w) * sx))
    ]
    return float(part.mean()) if part.size else 0.0


def _look_at(slide: Slide, x: int, y: int, w: int, h: int, mpp: float) -> Look:
    out_w, out_h = max(16, round(w * mpp / LOOK_MPP)), max(16, round(h * mpp / LOOK_MPP))
    if out_w >= w:
        return look(slide.read(x, y, 0, w, h), mpp)
    return look(slide.read_scaled(x, y, w, h, out_w, out_h), LOOK_MPP)


def _good_focus(looks: list[Look], plan: Plan) -> float:
    """The upper quartile of the focus of fields with cells; where that is soft the plan says so."""
    sharp = [seen.focus for seen in looks if seen.cells >= 1]
    good = float(np.percentile(sharp, 75)) if sharp else 1.0
    if good < SOFT_FOCUS:
        plan.notes.append("Even the sharpest fields of this slide are soft: take shapes, pallor and nuclei with care.")
    return good


def _planned(
    index: int, x: int, y: int, w: int, h: int, mpp: float, seen: Look, good: float, reason: str, photo: bool = False
) -> PlannedField:
    focus = min(1.5, seen.focus / max(good, 1e-9))
    crowd = min(1.0, seen.cells / (w * h * (mpp / 1000) ** 2) / MONOLAYER_PER_MM2)
    score = seen.single_ratio * min(1.0, focus) * (0.3 + 0.7 * crowd)
    return PlannedField(
        index=index, x=x, y=y, w=w, h=h, tissue=round(seen.tissue, 4), focus=round(focus, 4),
        single_ratio=round(seen.single_ratio, 4), score=round(score, 5), used=not reason, reason=reason, photo=photo,
    )  # fmt: skip


def _main_reason(plan: Plan) -> str:
    if not plan.fields:
        return "nothing stained was found on it"
    reasons = [f.reason for f in plan.fields if f.reason]
    return max(set(reasons), key=reasons.count) if reasons else "none was found"
