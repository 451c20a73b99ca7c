"""Tissue, then the fields worth counting, ranked by focus, by how much of their cells lies side by side, and by crowding.

Choosing the counting area by single and overlapped cells follows Elmanna et al. The choice ranks; it refuses glass and
what is out of focus. Limits are relative to the slide where stain and scanner would shift them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Detector
from hemaview.pipeline.burntin import covered, without_marks
from hemaview.pipeline.cheaplook import Look, density_of, look, stained
from hemaview.pipeline.eyepiece import on_ground_beyond
from hemaview.pipeline.fieldscale import Progress, scale_of
from hemaview.pipeline.fieldworth import (
    BLURRED,
    COVERED,
    NOTHING_SEEN,
    OVERLAP,
    THIN,
    good_focus,
    judged,
    look_at,
    planned,
    read_at,
)
from hemaview.pipeline.foreign import on_bare_glass
from hemaview.pipeline.overview import Place, places_within, regions_of
from hemaview.pipeline.photoplan import counted_share, photograph_notes, photographs_of, plan_photos, share_out_fields
from hemaview.pipeline.plan import MOST_REGION_MM2, PipelineError, Plan, PlannedField, RunRequest
from hemaview.pipeline.specimen import guards, signs_of
from hemaview.words import gettext, gettext_noop
from hemaview.wsi.slide import Slide

FIELD_UM = 256.0
LEAST_STRIP = 0.25
"""A strip at the slide's right or lower edge narrower than this share of a field belongs to the field beside it."""
LEAST_TISSUE = 0.02
MOST_LOOKS = 400
"""Fields that are looked at before counting begins; of more, so many evenly spread over the tissue."""
LOOKING_THREADS = max(1, min(4, len(os.sched_getaffinity(0)))) if hasattr(os, "sched_getaffinity") else 2
"""Most of a look is spent where Python lets others go on."""
LEAST_REGION_FIELDS = 3
"""Fewer fields in particles and trails are too few for a differential: what else is stained is counted after them."""
GUARD_FIELDS = 12
"""So many fields say whether the specimen is what it should be."""
BEST_BAND = 0.75
"""Fields whose score is at least this share of the 90th percentile are equally good: their order is drawn."""
ORDER_SEED = 20261121
"""Of the order of fields that are equally good: the same slide is counted in the same order."""

RIM = gettext_noop("it shows the rim of an eyepiece alone")
ENOUGH, NOT_LOOKED_AT = gettext_noop("enough better fields"), gettext_noop("not looked at")
NOWHERE_FIRST: Mapping[tuple[int, int], int] = {}
_POOR = {OVERLAP: gettext_noop("the cells overlap"), THIN: gettext_noop("the cells are too sparse")}


def plan_run(slide: Slide, request: RunRequest, progress: Progress, overview: Detector | None = None) -> Plan:
    """Every field that was considered, the used ones in the order they are counted; on a scan those of the regions that
    `overview` finds, where there is such a model and it finds any."""
    mpp, source, sd, notes, contradicted = scale_of(slide, request, progress)
    plan = Plan(mpp=mpp, mpp_source=source, mpp_sd=sd, notes=notes)
    if request.region:
        _plan_region(slide, request, plan, progress)
    elif request.photo_fields:
        plan_photos(slide, request, plan, progress)
    else:
        _plan_scan(slide, request, plan, progress, overview)
    plan.notes += _covered_note(plan)
    plan.guards = _guards(slide, request, plan)
    if not plan.counted_fields and plan.guards:
        raise PipelineError(plan.guards[0]["sentence"], gettext("Import the intended slide."), "wrong-slide")
    if not plan.counted_fields:
        raise PipelineError(
            gettext("No field of this slide can be counted: {main_reason}.").format(main_reason=_main_reason(plan)),
            gettext(
                "Import a part of the film where the cells lie in a single layer and in focus, and check its µm/px."
            ),
            "no-field",
        )
    plan.guards += contradicted
    return plan


def _covered_note(plan: Plan) -> list[str]:
    fields = [f for f in plan.fields if f.foreign]
    if not fields:
        return []
    if fields[0].photo:
        sentence = gettext(
            "Ink, a bubble, dirt or an edge of glass lies on {covered} of {every} photographs: cells there are shown and not "
            "counted."
        )
    elif any(f.used for f in fields):
        sentence = gettext(
            "Ink, a bubble, dirt or an edge of glass lies on {covered} of {every} fields of the region: cells there are shown "
            "and not counted."
        )
    else:
        sentence = gettext(
            "Ink, a bubble, dirt or an edge of glass lies on {covered} of {every} fields: they are left out."
        )
    return [sentence.format(covered=len(fields), every=len(plan.fields))]


def _plan_region(slide: Slide, request: RunRequest, plan: Plan, progress: Progress) -> None:
    """Every field of the region that a person drew, good or not: they asked for it."""
    assert request.region is not None
    x, y, w, h = request.region
    places = request.photo_fields or [{"x": 0, "y": 0, "w": slide.width_px, "h": slide.height_px}]
    side = max(64, round(FIELD_UM / plan.mpp))
    boxes, photographs = [], []
    for picture in places:
        left, top = max(x, picture["x"]), max(y, picture["y"])
        width, height = min(x + w, picture["x"] + picture["w"]) - left, min(y + h, picture["y"] + picture["h"]) - top
        if width > 0 and height > 0:
            columns, rows = _strips(width, side), _strips(height, side)
            strips = [(left + dx, top + dy, dw, dh) for dy, dh in rows for dx, dw in columns]
            boxes += strips
            photographs += [picture] * len(strips)
    _refuse_region(boxes, request, plan)
    shown = photographs_of(slide, photographs, plan.mpp, progress) if request.photo_fields else []
    looks, insides = [], []
    for i, box in enumerate(boxes):
        field_look, inside = _look_within(slide, box, plan.mpp, shown[i].round_field if shown else [])
        looks.append(field_look)
        insides.append(inside)
        progress(gettext_noop("looking at the region"), (i + 1) / len(boxes))
    shares = [1.0 if inside is None else float(inside.mean()) for inside in insides]
    areas = [box[2] * box[3] * (plan.mpp / 1000) ** 2 for box in boxes]
    good = good_focus(looks, plan, [max(area * share, 1e-9) for area, share in zip(areas, shares, strict=True)])
    for i, (box, field_look) in enumerate(zip(boxes, looks, strict=True)):
        place = planned(i, *box, plan.mpp, field_look, good, "" if shares[i] else RIM)
        plan.fields.append(place)
        place.counted_share = 1 - field_look.foreign
        if shown:
            photograph = photographs[i]
            right, bottom = photograph["x"] + photograph["w"], photograph["y"] + photograph["h"]
            place.within = [photograph["x"], photograph["y"], right, bottom]
            place.marks, place.round_field = shown[i].marks, shown[i].round_field
            place.counted_share *= counted_share(place)
        place.area_mm2 = round(areas[i] * place.counted_share, 6)
    plan.notes += photograph_notes(list({id(one): one for one in shown}.values()))
    share_out_fields(plan, photographs, insides)
    areas = [f.area_mm2 for f in plan.fields]
    plan.notes.append(
        gettext("Only a region of {mm2:.3f} mm² that a person drew was analysed, and all of it was counted.").format(
            mm2=sum(areas)
        )
    )


def _look_within(
    slide: Slide, box: Place, mpp: float, round_field: list[list[int]]
) -> tuple[Look, NDArray[np.bool_] | None]:
    """What a part of a photograph seems to hold within the round field of its eyepiece (an outline, level-0 px; [] for none), and
    where in the picture that is, bool (H, W)."""
    rgb, look_mpp = read_at(slide, *box, mpp)
    if not round_field:
        return look(rgb, look_mpp), None
    inside = covered([round_field], box[:2], (box[2] / rgb.shape[1], box[3] / rgb.shape[0]), rgb.shape[1::-1])
    if not inside.any():
        return NOTHING_SEEN, inside
    return look(on_ground_beyond(rgb, inside), look_mpp, inside), inside


def _refuse_region(boxes: list[Place], request: RunRequest, plan: Plan) -> None:
    """Raise PipelineError where nothing lies in the region, or where it is too large by a scale that nobody knew before."""
    if not boxes:
        raise PipelineError(
            gettext("The region lies between the photographs: it shows nothing."),
            gettext("Draw a region on a photograph; then order the analysis again."),
            "outside",
        )
    mm2 = sum(w * h for _, _, w, h in boxes) * (plan.mpp / 1000) ** 2
    if not request.mpp and mm2 > MOST_REGION_MM2:
        raise PipelineError(
            gettext(
                "At the estimated {mpp:.4f} µm/px the region is {mm2:.0f} mm² large; at most {most:g} mm² are analysed."
            ).format(mpp=plan.mpp, mm2=mm2, most=MOST_REGION_MM2),
            gettext("Draw a smaller region, or analyse the whole slide."),
            "too-large",
        )


def _plan_scan(slide: Slide, request: RunRequest, plan: Plan, progress: Progress, overview: Detector | None) -> None:
    progress(gettext_noop("looking for tissue"), 0.0)
    tissue = tissue_map(slide)
    boxes = [b for b in field_boxes(slide, plan.mpp) if _share(tissue, slide, *b) > LEAST_TISSUE]
    if overview is not None:
        progress(gettext_noop("looking for particles and trails"), 0.0)
        regions = regions_of(slide, overview)
        notes = list(plan.notes)
        plan.fields = _ranked(slide, places_within(boxes, regions), request, plan, progress, False)
        within = len(plan.counted_fields)
        if within >= min(LEAST_REGION_FIELDS, len(boxes), _most_fields(request)):
            plan.notes.append(
                gettext("Fields lie in the {n} particles and trails that {model} found.").format(
                    n=len(regions), model=overview.info.name
                )
            )
            return
        plan.notes = notes  # what is to be said of these fields is said of all
        if within:
            first = {(f.x, f.y): n for n, f in enumerate(plan.counted_fields)}
            plan.fields = _ranked(slide, boxes, request, plan, progress, first=first)
            plan.notes.append(
                gettext(
                    "{within} of {every} fields lie in the particles and trails that {model} found: they are counted first, "
                    "then other stained areas."
                ).format(model=overview.info.name, within=within, every=len(boxes))
            )
            return
        plan.notes.append(
            gettext("{model} found no particle or trail that can be counted: all stained areas were counted.").format(
                model=overview.info.name
            )
        )
    plan.fields = _ranked(slide, boxes, request, plan, progress)
    plan.search = _shuffled([f.index for f in plan.fields if f.monolayer or f.reason == NOT_LOOKED_AT])
    plan.edges = _shuffled(
        [f.index for f in plan.fields if not f.monolayer and f.reason not in (NOT_LOOKED_AT, BLURRED, COVERED)]
    )


def _shuffled(indices: list[int]) -> list[int]:
    """In an order by chance, the same whenever it is asked for."""
    return [indices[int(i)] for i in np.random.default_rng(ORDER_SEED).permutation(len(indices))]


def field_boxes(slide: Slide, mpp: float) -> list[Place]:
    """Fields (x, y, w, h), level-0 px, that cover a slide of `mpp` µm/px to its edges, row by row."""
    side = max(64, round(FIELD_UM / mpp))
    columns, rows = _strips(slide.width_px, side), _strips(slide.height_px, side)
    return [(x, y, w, h) for y, h in rows for x, w in columns]


def _strips(length_px: int, side_px: int) -> list[tuple[int, int]]:
    """(start, length) of strips that cover a side; a narrow last one belongs to the one before it."""
    starts = list(range(0, length_px, side_px))
    if len(starts) > 1 and length_px - starts[-1] < LEAST_STRIP * side_px:
        starts.pop()
    return [(start, end - start) for start, end in zip(starts, [*starts[1:], length_px], strict=True)]


def _ranked(
    slide: Slide,
    boxes: list[Place],
    request: RunRequest,
    plan: Plan,
    progress: Progress,
    also_poor: bool = True,
    first: Mapping[tuple[int, int], int] = NOWHERE_FIRST,
) -> list[PlannedField]:
    """The fields at boxes (x, y, w, h), level-0 px: those to be counted first, in their order; the others with the reason.
    Where none is good, poor ones are counted if `also_poor`. `first`: corners (x, y) of fields that go before all others, in
    their order."""
    crowded_is_fine = bool(request.assay.fields.get("crowded_is_fine", False))
    indices = _looked_at(len(boxes), request, plan)
    looks: dict[int, Look] = {}
    pool = ThreadPoolExecutor(LOOKING_THREADS)
    try:
        upcoming = pool.map(lambda i: look_at(slide, *boxes[i], plan.mpp), indices)
        for n, i in enumerate(indices):
            looks[i] = next(upcoming)
            progress(gettext_noop("looking for fields"), (n + 1) / len(indices))
    finally:
        pool.shutdown(cancel_futures=True)  # whoever cancels does not wait for the other fields
    areas = [boxes[i][2] * boxes[i][3] * (plan.mpp / 1000) ** 2 for i in looks]
    good = good_focus(list(looks.values()), plan, areas)
    fields = []
    for i, box in enumerate(boxes):
        if i not in looks:
            fields.append(planned(0, *box, plan.mpp, NOTHING_SEEN, good, NOT_LOOKED_AT))
            continue
        reason = judged(looks[i], box[2] * box[3] * (plan.mpp / 1000) ** 2, good, crowded_is_fine)
        fields.append(planned(0, *box, plan.mpp, looks[i], good, reason, crowded_is_fine=crowded_is_fine))
    if also_poor:
        _use_poor(fields, plan)
    fields = _in_order(fields)
    fields.sort(key=lambda f: (not f.used, first.get((f.x, f.y), len(first))))
    most = _most_fields(request)
    for i, f in enumerate(fields):
        f.index = i
        if f.used and i >= most:
            f.used, f.reason = False, ENOUGH
    return fields


def _most_fields(request: RunRequest) -> int:
    """So many fields are counted whole at most."""
    return int(request.settings.get("max_fields", 48))


def _looked_at(n: int, request: RunRequest, plan: Plan) -> list[int]:
    """Which of n fields are looked at before counting: all where no target ends it."""
    most = max(MOST_LOOKS, _most_fields(request))
    if n <= most or not request.assay.targets:
        return list(range(n))
    plan.notes.append(
        gettext("{n:,} fields hold tissue; {most} of them, evenly spread, were looked at to choose from.").format(
            n=n, most=most
        )
    )
    return [int(i) for i in np.linspace(0, n - 1, most)]


def _use_poor(fields: list[PlannedField], plan: Plan) -> None:
    """Where no field is good, use those whose cells overlap or lie thinly, and say so."""
    if any(f.used for f in fields):
        return
    poor = [f for f in fields if f.reason in _POOR]
    if not poor:
        return
    commonest = OVERLAP if 2 * sum(f.reason == OVERLAP for f in poor) >= len(poor) else THIN
    for f in poor:
        f.used, f.reason, f.monolayer = True, "", True
    plan.poor_fields = _POOR[commonest]
    plan.notes.append(
        gettext(
            "No field of this slide is of good quality: {reason}. The best fields were counted; shapes are not graded and "
            "platelets not estimated."
        ).format(reason=gettext(plan.poor_fields))
    )


def _in_order(fields: list[PlannedField]) -> list[PlannedField]:
    """Used fields first: those of the best band in a drawn order, the others by score; then those that are not used."""
    scores = [f.score for f in fields if f.used]
    limit = BEST_BAND * float(np.percentile(scores, 90)) if scores else 0.0
    best = [f for f in fields if f.used and f.score >= limit]
    rest = [f for f in fields if not (f.used and f.score >= limit)]
    rest.sort(key=lambda f: (not f.used, -f.score, f.y, f.x))
    return [best[i] for i in _shuffled(list(range(len(best))))] + rest


def _guards(slide: Slide, request: RunRequest, plan: Plan) -> list[dict[str, str]]:
    """What speaks against the specimen, by some of its fields: evenly spread over all that hold tissue, counted or not."""
    there = sorted((f for f in plan.fields if f.tissue > LEAST_TISSUE), key=lambda f: (f.y, f.x))
    some = [there[int(i)] for i in np.linspace(0, len(there) - 1, min(GUARD_FIELDS, len(there)))]
    signs = []
    for f in some:
        rgb, mpp = read_at(slide, f.x, f.y, f.w, f.h, plan.mpp)
        where = (f.x, f.y), (f.w / rgb.shape[1], f.h / rgb.shape[0]), rgb.shape[1::-1]
        rgb = without_marks(rgb, covered(f.marks, *where))
        if f.round_field:
            rgb = on_ground_beyond(rgb, covered([f.round_field], *where))
        # A pen over cells would pass for nuclei, and a film for a section.
        signs.append(signs_of(on_bare_glass(rgb, mpp), mpp))
    return guards(signs, request.assay.specimen_guard)


def tissue_map(slide: Slide, side_px: int = 512) -> NDArray[np.bool_]:
    """Where a reduced picture of the slide is stained, bool (H, W)."""
    return stained(density_of(slide.thumbnail(side_px)))


def _share(tissue: NDArray[np.bool_], slide: Slide, x: int, y: int, w: int, h: int) -> float:
    sx, sy = tissue.shape[1] / slide.width_px, tissue.shape[0] / slide.height_px
    part = tissue[
        int(y * sy) : max(int(y * sy) + 1, int((y + h) * sy)), int(x * sx) : max(int(x * sx) + 1, int((x + w) * sx))
    ]
    return float(part.mean()) if part.size else 0.0


def _main_reason(plan: Plan) -> str:
    if not plan.fields:
        return gettext("nothing stained was found on the slide")
    reasons = [f.reason for f in plan.fields if f.reason]
    return gettext(max(set(reasons), key=reasons.count)) if reasons else gettext("none was found")
