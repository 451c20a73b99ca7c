"""A cheap look at a field before any model is asked: stain, focus, cells that lie alone, touch or overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from hemaview.inference.grounds import grounds_of
from hemaview.methods.nuclearstain import LEAST_DENSITY, red_density
from hemaview.pipeline.foreign import foreign

RED_CELL_UM = 7.2
RED_CELL_UM2 = np.pi * (RED_CELL_UM / 2) ** 2
LOOK_MPP = 0.5


LEAST_DISC_UM, LARGEST_DISC_UM = 1.8, 5.2
"""Radii of the largest disc within a single red cell: a microcyte's or an elliptocyte's half width, and a macrocyte's."""
PEAKS_APART_UM = 5.0
"""Two red cells that touch have their middles a diameter apart, seen at low power at least so much."""
NUCLEAR_TIMES = 2.2
"""So many times as dense in red light as the stained pixels around it, at the least LEAST_DENSITY, a pixel is of a nucleus."""
MOST_RED_CELL = 0.25
"""Density in red light of dense red cells of Romanowsky stains."""
BETWEEN_PEOPLE, OF_DISCS = 0.04, 0.15
"""Relative deviation of red cells' diameter between people, and of a scale that rests on discs within touching cells: on
the two fields with enough of both (sickle-uganda, val) discs gave 14 and 19 % more µm/px than round cells did."""
DISCS_NARROWER, OF_MANY_DISCS = 1.1, 0.07
"""How many times narrower than red cells the discs within touching ones are (1.08 to 1.11 on train sides of chula-rbc12,
malaria-iml, bbbc041seg and draaslan-blood), and the relative deviation of a scale that rests on many of them."""
ENOUGH_DISCS, MOST_NUCLEAR, ALIKE_TIMES, ALIKE_SHARE = 100, 0.15, 1.25, 0.6
"""So many discs, so much at most of what is stained in nuclei, and so much of the discs' area within so many times their usual
width: no train side passes whose scale would come out wrong (txl-pbc 0.41 to 0.48, raabin-wbc 0.48, pbc 0.25 in nuclei)."""
LEAST_DISC_PX = 4
"""Radius of smaller discs, which are dirt and platelets."""
AROUND_PX = 129
"""Side of the neighbourhood, px at LOOK_MPP."""


_DENSITY = -np.log((np.arange(256, dtype=np.float32) + 1) / 256)
"""Optical density of each level of light."""


@dataclass(frozen=True)
class Look:
    """What a field seems to hold at low power."""

    tissue: float
    """Share of stained pixels."""
    focus: float
    """Edge energy against contrast."""
    cells: int
    """Red cells, about."""
    single_ratio: float
    """How much of the red cells' area lies in discs as large as one cell: near 1 where cells lie alone, 0.5 to 0.9 where they
    touch, below 0.3 where they overlap."""
    nuclei: float
    """Share of pixels stained like nuclei."""
    foreign: float = 0.0
    """Share that ink, a bubble, an edge or dirt covers."""


def density_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Summed optical density float32 (H, W) of uint8 (H, W, 3)."""
    red, green, blue = (np.asarray(cv2.LUT(channel, _DENSITY), np.float32) for channel in cv2.split(rgb))
    return np.asarray(red + green + blue, np.float32)


def over_ground(rgb: NDArray[np.uint8], mpp: float) -> NDArray[np.float32]:
    """`density_of` less that of the ground around: float32 (H, W), one picture may hold several grounds."""
    grounds = grounds_of(rgb, mpp, (0.0, 0.0), (1.0, 1.0)).colours
    ground = -np.log((grounds + 1) / 256).sum(axis=2)
    full = cv2.resize(ground, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(density_of(rgb) - full, 0), np.float32)


def stained(density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Cells against the ground; white cells' dark nuclei are capped so that pale red cells are not lost beside them."""
    smooth = cv2.GaussianBlur(density, (0, 0), 0.8)
    ground = float(np.percentile(smooth, 10))
    capped = np.minimum(smooth, ground + 0.8)
    if float(capped.max() - capped.min()) < 0.08:
        return np.zeros(density.shape, bool)
    limit = ground + 0.55 * (float(threshold_otsu(capped)) - ground)
    return np.asarray(smooth > max(limit, ground + 0.06))


def look(rgb: NDArray[np.uint8], mpp: float, inside: NDArray[np.bool_] | None = None) -> Look:
    """What a field of uint8 (H, W, 3) at `mpp` µm/px seems to hold, or that part of it which is `inside`, bool (H, W).

    Cells that touch are parted by the distance to the ground (Vincent & Soille 1991 use it so): each peak of it is the
    middle of a disc that fits within the stain. Discs of one cell's size cover touching cells nearly whole; where cells
    overlap the discs are too large, or too few for what is stained. Nuclei are left out on both sides.
    """
    # One scale for every slide, or focus would depend on the scanner's pixels.
    if mpp < LOOK_MPP * 0.9:
        factor = mpp / LOOK_MPP
        size = (max(8, round(rgb.shape[1] * factor)), max(8, round(rgb.shape[0] * factor)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        mpp = LOOK_MPP
    within = np.ones(rgb.shape[:2], bool)
    if inside is not None:
        within = cv2.resize(inside.astype(np.uint8), rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    density = over_ground(rgb, mpp)
    mask = fill_holes(stained(density))
    nuclei = _nuclei(rgb, mask)
    radii = _disc_radii_um(mask, nuclei, mpp)
    red_um2 = float((mask & ~nuclei).sum()) * mpp**2
    discs_um2 = float((np.pi * radii**2).sum())
    cells = len(radii) + max(0.0, red_um2 - 1.5 * discs_um2) / RED_CELL_UM2
    edges = cv2.Laplacian(density, cv2.CV_32F)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & within
    contrast = float(density[within].std()) ** 2 if within.any() else 0.0
    focus = float((edges[near] ** 2).mean() / contrast) if near.any() and contrast > 1e-4 else 0.0
    single = min(1.0, discs_um2 / red_um2) if red_um2 > 0 else 0.0
    share = max(float(within.mean()), 1e-6)
    covering = float((foreign(rgb, mpp) & within).mean()) / share
    return Look(float(mask.mean()) / share, focus, round(cells), single, float(nuclei.mean()) / share, covering)


def _nuclei(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Nuclei with some of their cell around them, bool (H, W)."""
    whole = cv2.morphologyEx(nuclear_cores(rgb, mask).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.dilate(whole, np.ones((9, 9), np.uint8)) > 0)


def nuclear_cores(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is much denser in red light than the cells around it, bool (H, W); `mask` is what is stained.

    One picture may hold several stains: the cells' own density is their median in the picture or, where that is more, their
    mean in a neighbourhood; where nuclei make most of that, no more than MOST_RED_CELL is taken for red cells'.
    """
    if not mask.any():
        return mask
    density = red_density(rgb)
    weight = cv2.blur(mask.astype(np.float32), (AROUND_PX, AROUND_PX))
    around = cv2.blur(density * mask, (AROUND_PX, AROUND_PX)) / np.maximum(weight, 1e-3)
    own = np.maximum(float(np.median(density[mask])), np.minimum(around, MOST_RED_CELL))
    return np.asarray(density > np.maximum(LEAST_DENSITY, NUCLEAR_TIMES * own))


def _disc_radii_um(mask: NDArray[np.bool_], nuclei: NDArray[np.bool_], mpp: float) -> NDArray[np.float64]:
    """Radii of the largest discs within what is stained that are of one red cell's size and hold no nucleus, µm."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    smooth = cv2.GaussianBlur(depth, (0, 0), 1.0)
    side = 2 * max(1, round(PEAKS_APART_UM / 2 / mpp)) + 1
    highest = cv2.dilate(smooth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    peaks = (smooth >= highest - 1e-6) & (depth > 0)
    _, _, _, centres = cv2.connectedComponentsWithStats(peaks.astype(np.uint8), connectivity=8)
    x, y = np.rint(centres[1:]).astype(int).T
    radii = depth[y, x].astype(np.float64) * mpp
    return np.asarray(radii[(radii >= LEAST_DISC_UM) & (radii <= LARGEST_DISC_UM) & ~nuclei[y, x]])


def fill_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Holes inside cells filled: a pale centre is part of its cell. Openings of the ground itself stay open."""
    inverse = (~mask).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inverse, connectivity=4)
    h, w = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    inner = (left > 0) & (top > 0)
    inner &= (left + stats[:, cv2.CC_STAT_WIDTH] < w) & (top + stats[:, cv2.CC_STAT_HEIGHT] < h)
    inner[0] = False
    inner &= stats[:, cv2.CC_STAT_AREA] < max(16, 0.02 * h * w)
    return np.asarray(mask | inner[labels])


def red_cell_px(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Diameters in px of round single things, for finding the scale of a picture that does not tell it."""
    factor = min(1.0, 1200 / max(rgb.shape[:2]))
    density = density_of(rgb)
    if factor < 1:
        size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
        density = np.asarray(cv2.resize(density, size, interpolation=cv2.INTER_AREA), np.float32)
    mask = fill_holes(stained(density)).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    h, w = mask.shape
    diameters = []
    for contour in contours:
        x, y, cw, ch = cv2.boundingRect(contour)
        area, around = cv2.contourArea(contour), cv2.arcLength(contour, True)
        if area < 40 or x == 0 or y == 0 or x + cw == w or y + ch == h:
            continue
        if 4 * np.pi * area / around**2 > 0.78 and 0.8 < cw / ch < 1.25:
            diameters.append(2 * np.sqrt(area / np.pi) / factor)
    return np.array(diameters, np.float64)


def discs_px(rgb: NDArray[np.uint8], without: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Diameters in px of the largest discs within what is stained: of red cells that touch, where few lie alone. Those whose
    middle lies in `without`, bool (H, W), are left out."""
    mask = cv2.morphologyEx(
        fill_holes(stained(density_of(rgb))).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)
    )
    depth = cv2.GaussianBlur(cv2.distanceTransform(mask, cv2.DIST_L2, 5), (0, 0), 2.0)
    highest = cv2.dilate(depth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25)))
    peaks = (depth >= highest - 1e-6) & (depth > LEAST_DISC_PX)
    _, _, _, centres = cv2.connectedComponentsWithStats(peaks.astype(np.uint8), connectivity=8)
    x, y = np.rint(centres[1:]).astype(int).T
    if without is not None:
        x, y = x[~without[y, x]], y[~without[y, x]]
    return np.asarray(2 * depth[y, x], np.float64)


def scale_from_discs(pictures: Iterable[NDArray[np.uint8]]) -> tuple[float, float, int] | None:
    """As `scale_from`, from discs within touching red cells of pictures uint8 (H, W, 3); None where these are too few, of many
    sizes, or beside too many nuclei, so that they may be of anything."""
    diameters, nuclear = [], []
    for rgb in pictures:
        mask = fill_holes(stained(density_of(rgb)))
        nuclei = cv2.dilate(nuclear_cores(rgb, mask).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        diameters.append(discs_px(rgb, nuclei))
        nuclear.append(float(nuclei[mask].mean()) if mask.any() else 0.0)
    every = np.concatenate(diameters) if diameters else np.zeros(0)
    scale = scale_from(every, OF_MANY_DISCS)
    if scale is None or scale[2] < ENOUGH_DISCS or float(np.mean(nuclear)) > MOST_NUCLEAR:
        return None
    mpp, sd, n = scale
    alike = np.abs(np.log(every * mpp / RED_CELL_UM)) < np.log(ALIKE_TIMES)
    if float((every[alike] ** 2).sum()) < ALIKE_SHARE * float((every**2).sum()):
        return None
    return mpp / DISCS_NARROWER, sd / DISCS_NARROWER, n


def scale_from(diameters_px: NDArray[np.float64], deviation: float = BETWEEN_PEOPLE) -> tuple[float, float, int] | None:
    """(µm/px, its standard deviation, cells) from diameters of round things; None where there are too few.

    Platelets and dirt are left out by weighing with area: the typical red cell covers most of what is stained. The
    sample's own deviation is joined with `deviation`, relative: that of red cells between people, or of what was measured.
    """
    if len(diameters_px) < 12:
        return None
    order = np.sort(diameters_px)
    weight = np.cumsum(order**2)
    middle = float(order[np.searchsorted(weight, weight[-1] / 2)])
    near = order[(order > 0.75 * middle) & (order < 1.3 * middle)]
    if len(near) < 12:
        return None
    diameter = float(np.median(near))
    error_px = 1.2533 * float(near.std()) / np.sqrt(len(near))
    relative = float(np.hypot(error_px / diameter, deviation))
    return RED_CELL_UM / diameter, RED_CELL_UM / diameter * relative, len(near)
