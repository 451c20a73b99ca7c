"""Photographs as fields: counted whole, without an eyepiece's rim, what is written into them and what another one counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.pipeline.burntin import Outline, covered, marks, unchanged, without_marks
from hemaview.pipeline.cheaplook import look
from hemaview.pipeline.eyepiece import eyepiece_of, without_rim
from hemaview.pipeline.fieldscale import Progress
from hemaview.pipeline.fieldworth import BLURRED, COVERED, LEAST_FOCUS, NO_CELLS, NO_FOCUS, good_focus, planned, read_at
from hemaview.pipeline.foreign import MOST_OF_PHOTO
from hemaview.pipeline.plan import Plan, PlannedField, RunRequest
from hemaview.pipeline.repeatedmarks import with_repeated
from hemaview.pipeline.sharedplaces import Shown, share_out
from hemaview.words import gettext, gettext_noop
from hemaview.wsi.slide import Slide

GRID = 256
"""Squares a side by which it is measured how much of a field marks cover."""
SHOWN_BY_OTHERS = gettext_noop("other photographs show all of it better")


def plan_photos(slide: Slide, request: RunRequest, plan: Plan, progress: Progress) -> None:
    """Make every photograph a field of the plan, those that cannot be counted with the reason."""
    looks, insides, marks_of_photos = [], [], written_into(slide, request.photo_fields, progress)
    round_fields: list[Outline] = []
    for i, f in enumerate(request.photo_fields):
        rgb, mpp = read_at(slide, f["x"], f["y"], f["w"], f["h"], plan.mpp)
        scale = f["w"] / rgb.shape[1], f["h"] / rgb.shape[0]
        is_covered = covered(marks_of_photos[i], (f["x"], f["y"]), scale, rgb.shape[1::-1])
        rgb, seen_through = without_rim(without_marks(rgb, is_covered))
        round_fields.append(seen_through.outline((f["x"], f["y"]), scale) if seen_through is not None else [])
        inside = None if seen_through is None else seen_through.inside
        if is_covered.any():
            inside = ~is_covered if inside is None else inside & ~is_covered
        looks.append(look(rgb, mpp, inside))
        insides.append(inside)
        progress(gettext_noop("looking at the fields"), (i + 1) / len(request.photo_fields))
    shares = [1.0 if inside is None else float(inside.mean()) for inside in insides]
    plan.notes += _through_eyepieces(round_fields) + _burnt_in(marks_of_photos)
    areas = [
        f["w"] * f["h"] * (plan.mpp / 1000) ** 2 * share for f, share in zip(request.photo_fields, shares, strict=True)
    ]
    good = good_focus(looks, plan, areas)
    for i, (f, field_look) in enumerate(zip(request.photo_fields, looks, strict=True)):
        reason = ""
        if field_look.cells < 1:
            reason = NO_CELLS
        elif field_look.foreign > MOST_OF_PHOTO:
            reason = COVERED
        elif field_look.focus < max(NO_FOCUS, 0.6 * LEAST_FOCUS * good):
            reason = BLURRED
        place = planned(i, f["x"], f["y"], f["w"], f["h"], plan.mpp, field_look, good, reason, photo=True)
        place.marks, place.round_field = marks_of_photos[i], round_fields[i]
        place.counted_share = shares[i] * (1 - field_look.foreign)
        place.area_mm2 = round(areas[i] * (1 - field_look.foreign), 6)
        plan.fields.append(place)
    share_out_fields(plan, request.photo_fields, insides)


def written_into(slide: Slide, photographs: Sequence[dict[str, Any]], progress: Progress) -> list[list[Outline]]:
    """What a camera's program wrote into each of the photographs, outlines in level-0 px."""

    def read(i: int) -> NDArray[np.uint8]:
        f = photographs[i]
        progress(gettext_noop("looking for scale bars"), i / len(photographs))
        return slide.read(f["x"], f["y"], 0, f["w"], f["h"])

    sizes = [(f["w"], f["h"]) for f in photographs]
    in_all = unchanged(sizes, read)
    written = [
        marks(read(i), in_all if in_all is not None and in_all.shape == size[::-1] else None)
        for i, size in enumerate(sizes)
    ]
    return [
        [[[x + f["x"], y + f["y"]] for x, y in outline] for outline in outlines]
        for f, outlines in zip(photographs, with_repeated(written, sizes, read), strict=True)
    ]


@dataclass(frozen=True)
class Photograph:
    """What a photograph shows that is no specimen."""

    marks: list[Outline]
    """What a camera's program wrote into it, outlines in level-0 px."""
    round_field: Outline
    """What is seen through an eyepiece, level-0 px; [] of one that is filled to its corners."""


def photographs_of(
    slide: Slide, photographs: Sequence[dict[str, Any]], mpp: float, progress: Progress
) -> list[Photograph]:
    """What each of the photographs shows that is no specimen, each looked at once however often it is named."""
    touched = {(p["x"], p["y"]): p for p in photographs}
    by_corner = {}
    for (at, f), outlines in zip(touched.items(), written_into(slide, list(touched.values()), progress), strict=True):
        rgb, _ = read_at(slide, f["x"], f["y"], f["w"], f["h"], mpp)
        scale = f["w"] / rgb.shape[1], f["h"] / rgb.shape[0]
        eyepiece = eyepiece_of(without_marks(rgb, covered(outlines, at, scale, rgb.shape[1::-1])))
        by_corner[at] = Photograph(outlines, eyepiece.outline(at, scale) if eyepiece is not None else [])
    return [by_corner[p["x"], p["y"]] for p in photographs]


def photograph_notes(shown: Sequence[Photograph]) -> list[str]:
    """Sentences on what of the photographs, each once, is no specimen."""
    return _through_eyepieces([p.round_field for p in shown]) + _burnt_in([p.marks for p in shown])


def counted_share(place: PlannedField) -> float:
    """Share of a part of a photograph that shows specimen: without an eyepiece's rim and what is written into it."""
    squares = (place.w / GRID, place.h / GRID), (GRID, GRID)
    is_marked = covered(place.marks, (place.x, place.y), *squares)
    if place.round_field:
        is_marked |= ~covered([place.round_field], (place.x, place.y), *squares)
    return 1 - float(is_marked.mean())


def _through_eyepieces(round_fields: Sequence[Outline]) -> list[str]:
    rounds = sum(map(bool, round_fields))
    if not rounds:
        return []
    return [
        gettext(
            "{rounds} of {photographs} photographs were taken through an eyepiece: the dark rim around their "
            "field is left out of all measurements, and cells that it cuts are not counted."
        ).format(rounds=rounds, photographs=len(round_fields))
    ]


def _burnt_in(written: Sequence[list[Outline]]) -> list[str]:
    barred = sum(map(bool, written))
    if not barred:
        return []
    if len(written) == 1:
        return [
            gettext(
                "A scale bar, text or an arrow is burnt into the photograph: what it covers is left out of "
                "counts and areas, and cells that it touches are not counted."
            )
        ]
    return [
        gettext(
            "A scale bar, text or an arrow is burnt into {barred} of {photographs} photographs: what it covers is left out of "
            "counts and areas, and cells that it touches are not counted."
        ).format(barred=barred, photographs=len(written))
    ]


def share_out_fields(
    plan: Plan, photographs: Sequence[dict[str, Any]], insides: Sequence[NDArray[np.bool_] | None]
) -> None:
    """Of the counted fields whose photographs overlap, what each counts: one that is left out takes nothing from the others."""
    pictures = {}
    for i, (place, photograph) in enumerate(zip(plan.fields, photographs, strict=True)):
        if (on := photograph.get("film")) and place.used:
            corner = on["x"] + place.x - photograph["x"], on["y"] + place.y - photograph["y"]
            pictures[i] = Shown((place.x, place.y, place.w, place.h), (on["patch"], *corner), insides[i])
    for i, share in zip(pictures, share_out(list(pictures.values())), strict=True):
        place = plan.fields[i]
        place.film, place.elsewhere = list(pictures[i].film), share.elsewhere
        place.counted_share *= share.counted_share
        place.area_mm2 = round(place.w * place.h * (plan.mpp / 1000) ** 2 * place.counted_share, 6)
        if not share.counted_share:
            place.used, place.reason = False, SHOWN_BY_OTHERS
