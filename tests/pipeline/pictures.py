"""Fields as pictures, made of plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.grounds import one_ground
from hemaview.pipeline.fieldpicture import FieldPicture
from hemaview.pipeline.plan import PlannedField


def plain_picture(rgb: NDArray[np.uint8], mpp: float) -> FieldPicture:
    """A photograph (H, W, 3) at `mpp` µm/px as a field that is counted whole."""
    h, w = rgb.shape[:2]
    place = PlannedField(0, 0, 0, w, h, 1.0, 1.0, 1.0, 1.0, True, photo=True)
    return FieldPicture(rgb, mpp, 0, 0, 0, (1.0, 1.0), place, mpp, (0, 0, w, h), one_ground(rgb))
