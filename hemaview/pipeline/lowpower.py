"""A field at low power: what it holds, and where nucleated cells may lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.centres import CentreFinder
from hemaview.inference.grounds import Grounds, grounds_of
from hemaview.inference.pictures import rescale
from hemaview.methods.nuclearstain import stained_nuclei
from hemaview.pipeline.burntin import covered, free_of
from hemaview.pipeline.cheaplook import LOOK_MPP, Look, look
from hemaview.pipeline.eyepiece import on_ground_beyond
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide

MARGIN_UM = 24.0
"""What is read around a field: a cell on its border is seen whole, with the ground around it."""


@dataclass(frozen=True)
class LowPower:
    """A field with a margin, seen at LOOK_MPP µm/px or as fine as the slide is."""

    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    mpp: float
    """µm/px of `rgb`."""
    corner: tuple[int, int]
    """Level-0 px (x, y) of its corner."""
    scale: tuple[float, float]
    """Level-0 px (x, y) to one of its px."""
    place: PlannedField
    """The field itself."""

    def look(self) -> Look:
        """What the field without its margin seems to hold."""
        x, y = (
            round((at - c) / s) for at, c, s in zip((self.place.x, self.place.y), self.corner, self.scale, strict=True)
        )
        w, h = round(self.place.w / self.scale[0]), round(self.place.h / self.scale[1])
        return look(np.ascontiguousarray(self.rgb[y : y + h, x : x + w]), self.mpp)

    def grounds(self) -> Grounds:
        """The colours of its ground, place by place."""
        return grounds_of(self.rgb, self.mpp, self.corner, self.scale)

    def candidates(self, finder: CentreFinder | None) -> NDArray[np.float64]:
        """Where nucleated cells may lie within the field, level-0 px, float64 (n, 2: x, y): by a net, or where there is
        none by the stain of nuclei."""
        if finder is None:
            factor = self.mpp / LOOK_MPP
            points = stained_nuclei(rescale(self.rgb, factor))
            points[:, :2] /= factor
        else:
            points = finder.centres(self.rgb, self.mpp)
        centres = points[:, :2] * self.scale + self.corner
        low, high = (self.place.x, self.place.y), (self.place.x + self.place.w, self.place.y + self.place.h)
        within = np.asarray(centres[((centres >= low) & (centres < high)).all(axis=1)], np.float64)
        return free_of(self.place.marks, within)


def at_low_power(slide: Slide, place: PlannedField, mpp: float) -> LowPower:
    """Read a field of a slide of `mpp` µm/px with its margin, as far as the slide reaches, or the photograph that it is a part
    of."""
    margin = round(MARGIN_UM / mpp)
    first_x, first_y, last_x, last_y = place.within or (0, 0, slide.width_px, slide.height_px)
    left, top = max(first_x, place.x - margin), max(first_y, place.y - margin)
    right, bottom = min(last_x, place.x + place.w + margin), min(last_y, place.y + place.h + margin)
    w, h = right - left, bottom - top
    size_px = max(16, round(w * mpp / LOOK_MPP)), max(16, round(h * mpp / LOOK_MPP))
    rgb = slide.read(left, top, 0, w, h) if size_px[0] >= w else slide.read_scaled(left, top, w, h, *size_px)
    scale = w / rgb.shape[1], h / rgb.shape[0]
    if place.round_field:  # an eyepiece's rim is neither a nucleus nor a ground
        rgb = on_ground_beyond(rgb, covered([place.round_field], (left, top), scale, rgb.shape[1::-1]))
    return LowPower(rgb, mpp * sum(scale) / 2, (left, top), scale, place)
