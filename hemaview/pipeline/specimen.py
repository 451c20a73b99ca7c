"""Is it what it is said to be? Fixed measures of pixels at low power, for a stained film, marrow or a cell block.

Nothing here is learned. Limits were set on the train sides of seven sets and on what is drawn, inverted and grey; what speaks
against a specimen is said with the job, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from hemaview.inference.grounds import grounds_of
from hemaview.inference.pictures import rescale
from hemaview.pipeline.cheaplook import LOOK_MPP, fill_holes, look, nuclear_cores, over_ground, stained
from hemaview.words import gettext, gettext_noop, one_of

Guard = dict[str, str]

GREY = 1.5
"""Mean difference between neighbouring colours of stained pixels, of 255 levels, below which a picture has no colour; the
palest stain of the sets has 5."""
ONE_COLOUR = 0.5
"""Share of pixels of exactly one colour beyond which a picture is drawn, not taken: a camera's noise gives a few percent."""
DRAWN_EDGE = 60
"""Levels between neighbouring pixels at LOOK_MPP that the sharpest half percent reach in text and drawings; optics do not."""
NO_CELLS = 0.05
"""Share of what is stained that lies in discs of a cell's size; even marrow and sections without ground have as much on some
field."""
DISC_TIMES, LEAST_DISCS = 3, 5
"""Discs lighter than what surrounds them, beside dark ones: beyond this the picture is inverted."""
INVERTED_TISSUE = 0.55
"""Share of an inverted picture that is dark."""
INVERTED_DISCS = 0.12
"""Share of what is light in an inverted picture that lies in discs of one size; gaps between cells, and pale middles of
cells, have less, for their ground is light, too: no field of five sets is taken for inverted (`study inverted-limits`). Red cells
with pale middles that cover all the ground would be."""
DISC_SIDES_PX, LEAST_DISC_PX = (800, 1600), 150
"""Discs are looked for on a picture whose longer side is made this long at least and at most, whatever scale is stated, and are
this large at least."""
SOLID_DISC, ROUND_DISC = 0.9, 0.88
"""A disc fills so much of its convex hull, and the hull so much of a circle of its outline's length."""
ALIKE_DISCS = 2.5
"""Discs are of one size where the largest has at most so many times the area of the smallest."""
NUCLEI_OF_MARROW = 0.12
"""Median share of nuclei with their surroundings over fields: films of the sets have up to 0.04, fields of marrow 0.21."""
LEAST_TISSUE = 0.1
"""Fields with less on them say nothing of the specimen."""
LEAST_FIELD_UM2 = 6000.0
"""Smaller pictures are of one cell with its surroundings: what share of them is nucleus says nothing of the specimen."""
GREEN_OF_NUCLEI = 0.495
"""Share of their optical density that nuclei have in green light: azure and eosin 0.50 to 0.56 on marrow, haematoxylin 0.44 to
0.48 on sections (Ruifrok & Johnston 2001 give 0.43)."""
GREEN_OF_STAIN, RED_OF_STAIN = 0.25, 0.55
"""Shares of their optical density that stained pixels have in green and in red light: where green has less, and less than red and
blue, or red has more, the picture's colours are wrong. Ten pictures each of the train sides of eight sets have 0.34 or more in
green and 0.41 or less in red; the fields of three other laboratories, looked at besides, 0.27 and 0.42."""
LEAST_DENSITY, LEAST_STAINED_PX = 0.15, 200
"""Paler pixels have no colour of their own; fewer say nothing of it."""
LOOKS = {
    "film": gettext_noop("a blood film"),
    "marrow": gettext_noop("a marrow smear"),
    "block": gettext_noop("a stained section"),
}


@dataclass(frozen=True)
class Signs:
    """What is measured of one picture at low power."""

    area_um2: float
    """Of the picture."""
    tissue: float
    """Share of stained pixels."""
    cells: float
    """Share of what is stained that lies in discs of one red cell's size."""
    nuclei: float
    """Share of pixels that are nuclei or beside them."""
    green: float
    """Share of the nuclei's optical density in green light; NaN where there are none."""
    stain: tuple[float, float, float]
    """Median shares of stained pixels' optical density in red, green and blue light; NaN where too few are stained."""
    chroma: float
    """Mean difference between neighbouring colours of stained pixels, levels of 255."""
    one_colour: float
    """Share of pixels of the commonest colour."""
    edge: float
    """Levels between neighbours that the sharpest half percent reach."""
    dark_discs: int
    """Discs of one size, whichever is the commonest, darker than what surrounds them."""
    light_discs: int
    """Lighter ones."""
    light_share: float
    """Share of what is light that lies in the lighter ones."""


def signs_of(rgb: NDArray[np.uint8], mpp: float) -> Signs:
    """What uint8 (H, W, 3) at `mpp` µm/px shows of its specimen."""
    small = rescale(rgb, min(1.0, mpp / LOOK_MPP))
    mpp = max(mpp, LOOK_MPP)
    low_power = look(small, mpp)
    mask = fill_holes(stained(over_ground(small, mpp)))
    cores = nuclear_cores(small, mask)
    ground = cv2.resize(grounds_of(small, mpp, (0.0, 0.0), (1.0, 1.0)).colours, small.shape[1::-1])
    density = np.maximum(-np.log((small.astype(np.float32) + 1) / (ground + 1)), 0)
    of_nuclei = np.median(density[cores], axis=0) if cores.sum() >= 30 else np.full(3, np.nan)
    of_stain = density[mask]
    of_stain = of_stain[of_stain.sum(axis=1) > LEAST_DENSITY]
    shares = np.full(3, np.nan)
    if len(of_stain) >= LEAST_STAINED_PX:
        shares = np.median(of_stain / of_stain.sum(axis=1, keepdims=True), axis=0)
    colours = np.abs(np.diff(small.astype(np.int16), axis=2)).mean(axis=2)
    side = max(rgb.shape[:2])
    light = _light(rescale(rgb, float(np.clip(side, *DISC_SIDES_PX)) / side))
    dark_discs, light_discs = _discs(~light), _discs(light)
    packed = small.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    return Signs(
        area_um2=small.shape[0] * small.shape[1] * mpp**2,
        tissue=low_power.tissue,
        cells=low_power.single_ratio,
        nuclei=low_power.nuclei,
        green=float(of_nuclei[1] / of_nuclei.sum()) if of_nuclei.sum() > 0 else float("nan"),
        stain=(float(shares[0]), float(shares[1]), float(shares[2])),
        chroma=float(colours[mask].mean()) if mask.any() else float(colours.mean()),
        one_colour=float(np.unique(packed, return_counts=True)[1].max() / packed.size),
        edge=float(np.percentile(np.abs(np.diff(small.astype(np.int16).mean(axis=2), axis=1)), 99.5)),
        dark_discs=len(dark_discs),
        light_discs=len(light_discs),
        light_share=float(light_discs.sum() / max(1, light.sum())),
    )


def guards(signs: Sequence[Signs], expected: Sequence[str]) -> list[Guard]:
    """What speaks against a specimen that should look like one of `expected` (keys of LOOKS; none: anything), most basic first:
    {code, sentence} each. `signs` are of several of its fields."""
    if not signs:
        return []
    stainless = _no_stained_specimen(signs)
    if stainless:
        return [stainless]
    kind = looks_like(signs)
    if not expected or not kind or kind in expected:
        return []
    wanted = one_of(gettext(LOOKS[key]) for key in expected)
    sentence = gettext("This slide looks like {kind}, not like {wanted}: check the specimen and the examination.")
    return [{"code": f"looks-like-{kind}", "sentence": sentence.format(kind=gettext(LOOKS[kind]), wanted=wanted)}]


def looks_like(signs: Sequence[Signs]) -> str:
    """The key of LOOKS that the fields look like; "" where they are too small to tell."""
    large = [s for s in signs if s.area_um2 >= LEAST_FIELD_UM2 and s.tissue >= LEAST_TISSUE]
    if not large:
        return ""
    if float(np.median([s.nuclei for s in large])) < NUCLEI_OF_MARROW:
        return "film"
    green = [s.green for s in large if np.isfinite(s.green)]
    return "block" if green and float(np.median(green)) < GREEN_OF_NUCLEI else "marrow"


def _no_stained_specimen(signs: Sequence[Signs]) -> Guard | None:
    def median(name: str) -> float:
        return float(np.median([getattr(s, name) for s in signs]))

    if median("one_colour") > ONE_COLOUR and median("edge") > DRAWN_EDGE and median("cells") < NO_CELLS:
        return {
            "code": "drawing",
            "sentence": gettext(
                "This is a drawing or a page of text, not a photograph through a microscope: its counts mean nothing."
            ),
        }
    if median("chroma") < GREY:
        return {
            "code": "no-colour",
            "sentence": gettext(
                "This picture has no colour: classes depend on the stain, so its counts are unreliable."
            ),
        }
    dark, light = (sum(getattr(s, name) for s in signs) for name in ("dark_discs", "light_discs"))
    if (
        median("tissue") > INVERTED_TISSUE
        and light >= LEAST_DISCS
        and light > DISC_TIMES * dark
        and median("light_share") > INVERTED_DISCS
    ):
        return {
            "code": "inverted",
            "sentence": gettext(
                "Cells are lighter than their background: the picture's colours are inverted, so its counts are unreliable."
            ),
        }
    shares = np.array([s.stain for s in signs if np.isfinite(s.stain).all()])
    if len(shares):
        red, green, blue = np.median(shares, axis=0)
        if green < min(GREEN_OF_STAIN, red, blue) or red > RED_OF_STAIN:
            return {
                "code": "wrong-colours",
                "sentence": gettext(
                    "The picture's colours are wrong: stained cells absorb green light most, and these do not. Colour channels "
                    "may be exchanged or wrongly declared, so its counts are unreliable; save the slide again."
                ),
            }
    return None


def _light(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """bool (H, W): what is lighter than what lies around it."""
    light = cv2.GaussianBlur(rgb.astype(np.float32).sum(axis=2), (0, 0), 1.0)
    light -= cv2.GaussianBlur(light, (0, 0), max(rgb.shape[:2]) / 10)
    return np.asarray(light > (threshold_otsu(light) if float(np.ptp(light)) > 0 else 0.0))


def _discs(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Areas (n,), px, of the round parts of a mask that no edge cuts: the most that are of one size."""
    contours, _ = cv2.findContours(fill_holes(mask).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    h, w = mask.shape
    areas = []
    for contour in contours:
        area = cv2.contourArea(contour)
        x, y, cw, ch = cv2.boundingRect(contour)
        if area < LEAST_DISC_PX or x == 0 or y == 0 or x + cw == w or y + ch == h:
            continue
        hull = cv2.convexHull(contour)
        of_hull = cv2.contourArea(hull)
        if area > SOLID_DISC * of_hull and 4 * np.pi * of_hull > ROUND_DISC * cv2.arcLength(hull, True) ** 2:
            areas.append(area)
    every = np.sort(np.array(areas, np.float64))
    largest = np.searchsorted(every, every * ALIKE_DISCS, side="right")
    if not len(every):
        return every
    first = int((largest - np.arange(len(every))).argmax())
    return every[first : largest[first]]
