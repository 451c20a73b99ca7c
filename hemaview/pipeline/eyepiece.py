"""The round field of a photograph taken through an eyepiece: its dark rim is no part of the specimen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import on_ground
from hemaview.pipeline.cheaplook import density_of, stained

DARK = 0.45
"""Of the light of the field (its 90th percentile), below which the rim lies; vignetting stays above it."""
LEAST_CORNERS = 3
"""So many corners of the picture are dark where a round field is seen."""
LEAST_RIM, MOST_RIM = 0.02, 0.7
"""Share of the picture that is rim."""
LEAST_CONVEX = 0.9
"""Share of its convex hull that the field fills."""
MARGIN = 0.015
"""Of the field's width that is left out along the rim, where the light falls off."""
LOOK_PX = 256
"""Longest side at which the rim is looked for."""
GROUND_SHARE = 0.9
"""What has this share of the light of the lightest place around it is ground."""

EQUAL_DENSITY, LEAST_DENSITY = 0.25, 0.02
"""Optical density, in each colour, that what is stained is brought to, and what it is taken for at the least."""
EVEN, SMOOTH_PX = 230, 5.0
"""Levels of an even ground, and over how many px its light is smoothed."""


@dataclass(frozen=True)
class Eyepiece:
    """A photograph's round field."""

    inside: NDArray[np.bool_]
    """Whether a pixel belongs to it, (H, W)."""

    @property
    def share(self) -> float:
        """Share of the picture that it takes."""
        return float(self.inside.mean())

    @property
    def diameter_px(self) -> float:
        """Its width, px, also where it runs out of the picture on one side: the longer of its two extents."""
        rows, columns = np.flatnonzero(self.inside.any(axis=1)), np.flatnonzero(self.inside.any(axis=0))
        return float(max(np.ptp(rows), np.ptp(columns)) + 1)

    def outline(self, corner: tuple[float, float], scale: tuple[float, float]) -> list[list[int]]:
        """Its outline, [x, y] each, level-0 px, of a picture whose corner lies at level-0 px and whose px are `scale` of them."""
        contours, _ = cv2.findContours(self.inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points = cv2.approxPolyDP(max(contours, key=cv2.contourArea), 0.75, True)[:, 0]
        at_slide: list[list[int]] = np.rint((points + 0.5) * scale + corner).astype(int).tolist()
        return at_slide

    def cuts(self, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether boxes (n, 4: x, y, w, h), px, reach into the rim: bool (n,)."""
        return reach_out(boxes, self.inside)


def reach_out(boxes: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether boxes (n, 4: x, y, w, h), px, reach out of what is inside, (H, W): bool (n,). The ellipse within a box is tested,
    for the corners of a round cell's box are empty."""
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    x = boxes[:, :1] + boxes[:, 2:3] * (0.5 + 0.55 * np.cos(turn))
    y = boxes[:, 1:2] + boxes[:, 3:4] * (0.5 + 0.55 * np.sin(turn))
    h, w = inside.shape
    rows, columns = np.clip(np.rint(y).astype(int), 0, h - 1), np.clip(np.rint(x).astype(int), 0, w - 1)
    return np.asarray(~inside[rows, columns].all(axis=1))


def eyepiece_of(rgb: NDArray[np.uint8]) -> Eyepiece | None:
    """The round field of uint8 (H, W, 3); None where the picture is filled to its corners."""
    h, w = rgb.shape[:2]
    factor = min(1.0, LOOK_PX / max(h, w))
    size = (max(8, round(w * factor)), max(8, round(h * factor)))
    small = cv2.GaussianBlur(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), (0, 0), 1.0).max(axis=2)
    dark = small < DARK * float(np.percentile(small, 90))
    if sum(bool(dark[y, x]) for y in (0, -1) for x in (0, -1)) < LEAST_CORNERS:
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~dark).astype(np.uint8), connectivity=4)
    if len(stats) < 2:
        return None
    bright = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    whole = float(cv2.contourArea(hull))
    if whole <= 0 or cv2.contourArea(outline) < LEAST_CONVEX * whole:
        return None
    field = cv2.fillPoly(np.zeros(small.shape, np.uint8), [hull], 1)
    if not LEAST_RIM <= 1 - float(field.mean()) <= MOST_RIM:
        return None
    margin = max(1, round(MARGIN * float(np.ptp(hull[:, 0, 0]))))
    # Sides of the picture are no rim: where the field runs out of it, nothing is left out.
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
    field = cv2.erode(field, disc, borderType=cv2.BORDER_REPLICATE)
    full = cv2.resize(field.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    return Eyepiece(np.asarray(full >= 0.5)) if field.any() else None


def without_rim(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Eyepiece | None]:
    """The picture uint8 (H, W, 3) with its rim painted in the colour of the ground beside it, and its round field; the picture
    as it is, and None, where it has no rim."""
    eyepiece = eyepiece_of(rgb)
    if eyepiece is None:
        return rgb, None
    return on_ground_beyond(rgb, eyepiece.inside), eyepiece


def on_ground_beyond(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture uint8 (H, W, 3) with all that is not `inside`, (H, W), in the colour of the ground beside it; EVEN where
    nothing is inside."""
    if inside.all():
        return rgb
    out = rgb.copy()
    out[~inside] = _ground_beside(rgb, inside)[~inside] if inside.any() else EVEN
    return out


def evenly_lit(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture without its rim and without the light's fall towards it, uint8 (H, W, 3); as it is where it has no rim."""
    out, eyepiece = without_rim(rgb)
    return rgb if eyepiece is None else on_even_ground(out, eyepiece)


def on_even_ground(rgb: NDArray[np.uint8], eyepiece: Eyepiece | None) -> NDArray[np.uint8]:
    """The picture uint8 (H, W, 3) with its ground at EVEN: place by place through an eyepiece, whose rim is painted as ground
    already, else everywhere alike."""
    if eyepiece is None:
        return on_ground(rgb, (EVEN, EVEN, EVEN))
    ground = cv2.GaussianBlur(_ground_beside(rgb, eyepiece.inside), (0, 0), SMOOTH_PX).astype(np.float32)
    return np.asarray((rgb * (EVEN / (ground + 1))).clip(0, 255), np.uint8)


def in_equal_stain(even: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture uint8 (H, W, 3) on an even ground with what is stained of EQUAL_DENSITY in each colour, however a film was
    stained and lit; as it is where nothing is stained."""
    density = np.log(256 / (even.astype(np.float64) + 1))
    where = stained(density_of(even))
    if not where.any() or where.all():
        return even
    density = (density - np.median(density[~where], axis=0)).clip(0)
    density *= EQUAL_DENSITY / np.maximum(np.median(density[where], axis=0), LEAST_DENSITY)
    return np.asarray(((EVEN + 1) * np.exp(-density) - 1).clip(0, 255), np.uint8)


def _ground_beside(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The field's ground carried on over the whole picture, uint8 (H, W, 3)."""
    h, w = inside.shape
    factor = min(1.0, LOOK_PX / max(h, w))
    size = (max(8, round(w * factor)), max(8, round(h * factor)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    field = cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 1
    light = small.sum(axis=2) * field
    side = max(3, max(size) // 12)
    lightest = cv2.dilate(light, np.ones((side, side), np.uint8))
    is_ground = (field & (light >= GROUND_SHARE * lightest)).astype(np.float32)
    if not is_ground.any():  # a sliver of the field
        return np.full((h, w, 3), EVEN, np.uint8)
    colours = np.zeros_like(small)
    has_colour = np.zeros(field.shape, bool)
    # Wider and wider, until even the farthest corner has the colour of some ground.
    for sigma in (4.0, 12.0, 36.0, 108.0):
        weight = cv2.GaussianBlur(is_ground, (0, 0), sigma)
        mean = cv2.GaussianBlur(small * is_ground[..., None], (0, 0), sigma) / np.maximum(weight, 1e-9)[..., None]
        new = ~has_colour & (weight > 1e-3)
        colours[new], has_colour = mean[new], has_colour | new
    if not has_colour.all():
        colours[~has_colour] = np.median(small[is_ground > 0], axis=0)
    return np.asarray(cv2.resize(colours, (w, h), interpolation=cv2.INTER_LINEAR).clip(0, 255), np.uint8)
