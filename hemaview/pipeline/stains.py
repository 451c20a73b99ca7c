"""What is said where a slide's white cells are stained unlike those that their net learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import Classifier, Model, is_strange, stain_of
from hemaview.pipeline.protocol import Plan
from hemaview.wsi.slide import Slide

SQUARE_UM = 27.0
"""What is looked at around a cell: as much as the net's training pictures show."""
SHOWN_PX = 135
MOST_CELLS = 60


def stain_notes(slide: Slide, cells: CellTable, plan: Plan, schema: Schema, model: Model | None) -> list[str]:
    """A sentence where the nuclei of the white cells are stained beyond what `model`, which named them, learned from;
    nothing where it tells no stains, or where there are too few cells to tell."""
    if not isinstance(model, Classifier) or not model.stains:
        return []
    side = round(SQUARE_UM / plan.mpp)
    corners = _corners(slide, cells, plan, schema, side)
    some = corners[np.linspace(0, len(corners) - 1, min(MOST_CELLS, len(corners))).astype(int)]
    stain = stain_of([slide.read_scaled(x, y, side, side, SHOWN_PX, SHOWN_PX) for x, y in some])
    if stain is None or not is_strange(stain, model.stains):
        return []
    return [
        f"The nuclei of the white cells are stained unlike any that {model.info.name} learned from: look at their names "
        "with care. A protocol for unusual stains may name them better."
    ]


def _corners(slide: Slide, cells: CellTable, plan: Plan, schema: Schema, side: int) -> NDArray[np.int64]:
    """Upper left corners (n, 2), level-0 px, of the squares around white cells that lie within what was photographed."""
    counted = np.array([c.group == "wbc" and c.counted for c in schema.classes])
    rows = np.flatnonzero(counted[cells.cls] & ((cells.flags & CUT) == 0))
    corners = np.rint(np.stack([cells.x, cells.y], axis=1)[rows] - side / 2).astype(np.int64)
    seen = {f.index: (f.x, f.y, f.x + f.w, f.y + f.h) for f in plan.fields if f.photo}
    bounds = [seen.get(int(f), (0, 0, slide.width_px, slide.height_px)) for f in cells.field[rows]]
    low, high = np.hsplit(np.array(bounds).reshape(-1, 4), 2)
    return np.asarray(corners[((corners >= low) & (corners + side <= high)).all(axis=1)])
