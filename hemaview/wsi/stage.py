"""Where a place of a slide lies in the coordinates of the stage that it was taken on, as far as its file says so.

Sources: DICOM PS3.3, C.8.12.2.1 (slide coordinate system) and C.7.6.21 (ImageOrientationSlide); OME-XML 2016-06, Plane;
Hamamatsu's NDP.view annotations, whose origin is the slide's centre.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """An affine map from level-0 px to µm on the stage, written around one place that the file states."""

    px: tuple[float, float]
    """The place on the picture, level-0 px from its upper left corner."""
    um: tuple[float, float]
    """The same place on the stage."""
    right: tuple[float, float]
    """µm on the stage (x, y) for one px to the right, and `down` for one px down."""
    down: tuple[float, float]
    mpp: float
    """µm/px by which `right` and `down` were taken."""
    source: str
    """Where it stands in the file."""

    def at(self, x_px: float, y_px: float, mpp: float) -> tuple[float, float]:
        """µm on the stage of a place in level-0 px; `mpp` is the µm/px that holds, where a person corrected the file's."""
        scale = mpp / self.mpp
        dx, dy = (x_px - self.px[0]) * scale, (y_px - self.px[1]) * scale
        return (
            self.um[0] + dx * self.right[0] + dy * self.down[0],
            self.um[1] + dx * self.right[1] + dy * self.down[1],
        )

    def moved(self, x_px: float, y_px: float) -> Stage:
        """The same where the picture's corner lies at (x_px, y_px) of a sheet."""
        return replace(self, px=(self.px[0] + x_px, self.px[1] + y_px))

    def as_json(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def of_json(cls, record: dict[str, Any]) -> Stage:
        pairs = {k: (float(record[k][0]), float(record[k][1])) for k in ("px", "um", "right", "down")}
        return cls(**pairs, mpp=float(record["mpp"]), source=str(record["source"]))


def upright(
    px: tuple[float, float], um: tuple[float, float], mpp_xy: tuple[float, float] | None, source: str
) -> Stage | None:
    """A stage whose axes run as the picture's do; None where the numbers say nothing."""
    return of_axes(px, um, mpp_xy, (1.0, 0.0), (0.0, 1.0), source)


def of_axes(
    px: tuple[float, float],
    um: tuple[float, float],
    mpp_xy: tuple[float, float] | None,
    right: tuple[float, float],
    down: tuple[float, float],
    source: str,
) -> Stage | None:
    """A stage by the directions (x, y) of the picture's rows and columns; None where they are no directions in its plane."""
    if mpp_xy is None or not all(math.isfinite(v) for v in (*um, *right, *down, *mpp_xy)) or min(mpp_xy) <= 0:
        return None
    if any(abs(math.hypot(*axis) - 1) > 0.01 for axis in (right, down)):
        return None
    (x, y), mpp = mpp_xy, sum(mpp_xy) / 2
    return Stage(px, um, (right[0] * x, right[1] * x), (down[0] * y, down[1] * y), mpp, source)
