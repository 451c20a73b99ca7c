"""What is said where a slide's white cells are stained unlike those that their net learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import Classifier, Model, Stain, stain_beside
from hemaview.inference.stain import LEAST_CELLS
from hemaview.pipeline.plan import Plan
from hemaview.pipeline.unidentified import CLASS
from hemaview.words import gettext, ngettext
from hemaview.wsi.slide import Slide

SQUARE_UM = 27.0
"""What is looked at around a cell: as much as the net's training pictures show."""
LOOK_MPP = 0.2
MOST_CELLS = 60


def stain_guards(
    slide: Slide, cells: CellTable, plan: Plan, schema: Schema, model: Model | None, stain: Stain = Stain.UNCLEAR
) -> list[dict[str, str]]:
    """A guard ({code, sentence}) where the film is strange: its `stain`, as the run took it from the nuclei that it looked at,
    or that of the white cells which it counted lies beyond what `model`, the net of usual films, learned from. Few counted
    cells do not speak against a film whose nuclei are usual. Nothing where the model tells no stains."""
    if not isinstance(model, Classifier) or not model.stains:
        return []
    few: int | None = None
    if stain is not Stain.STRANGE:
        boxes = _boxes(slide, cells, plan, schema)
        some = boxes[np.linspace(0, len(boxes) - 1, min(MOST_CELLS, len(boxes))).astype(int)]
        shrink = plan.mpp / LOOK_MPP
        views = [slide.read_scaled(x, y, w, h, round(w * shrink), round(h * shrink)) for x, y, w, h in some]
        enough = stain is Stain.UNCLEAR or len(views) >= LEAST_CELLS
        if not enough or stain_beside(views, model.stains) is not Stain.STRANGE:
            return []
        few = len(views) if len(views) < LEAST_CELLS else None
    sentence = (
        ngettext(
            "The nucleus of the {n:,} white cell on this film is stained unlike any that {model} learned from: check its name "
            "with care.",
            "The nuclei of the {n:,} white cells on this film are stained unlike any that {model} learned from: check their "
            "names with care.",
            few,
        )
        if few is not None
        else gettext(
            "The nuclei of most white cells are stained unlike any that {model} learned from: check their names with care."
        )
    )
    return [{"code": "strange-stain", "sentence": sentence.format(n=few, model=model.info.name)}]


def with_expectation(guard: dict[str, str], cells: CellTable, schema: Schema) -> dict[str, str]:
    """The guard with the share of the film's nucleated cells that were left unidentified."""
    nucleated = schema.rows_of_kind(cells.cls, "nucleated") & ((cells.flags & CUT) == 0)
    if CLASS not in schema.by_key or not nucleated.any():
        return guard
    tenths = round(10 * float((cells.cls[nucleated] == schema.index(CLASS)).mean()))
    if tenths == 10:
        opening = gettext(
            "This stain is far from what the models know: expect nearly all nucleated cells to be unidentified."
        )
    elif tenths:
        opening = gettext(
            "This stain is far from what the models know: expect about {tenths} in 10 nucleated cells to be unidentified."
        ).format(tenths=tenths)
    else:
        opening = gettext("This stain is far from what the models know.")
    return {**guard, "sentence": f"{opening} {guard['sentence']}"}


def _boxes(slide: Slide, cells: CellTable, plan: Plan, schema: Schema) -> NDArray[np.int64]:
    """Boxes (n, 4: x, y, w, h), level-0 px, around whole white cells, as far as they were photographed."""
    is_counted = np.array([c.counted for c in schema.classes])
    nucleated = schema.rows_of_kind(cells.cls, "nucleated") & is_counted[cells.cls]
    rows = np.flatnonzero(nucleated & ((cells.flags & CUT) == 0))
    half = SQUARE_UM / plan.mpp / 2
    centres = np.stack([cells.x, cells.y], axis=1)[rows].astype(np.float64)
    photos = {f.index: f.within or [f.x, f.y, f.x + f.w, f.y + f.h] for f in plan.fields if f.photo or f.within}
    bounds = [photos.get(int(f), [0, 0, slide.width_px, slide.height_px]) for f in cells.field[rows]]
    low, high = np.hsplit(np.array(bounds, np.int64).reshape(-1, 4), 2)
    first = np.maximum(low, np.rint(centres - half).astype(np.int64))
    return np.concatenate([first, np.minimum(high, np.rint(centres + half).astype(np.int64)) - first], axis=1)
