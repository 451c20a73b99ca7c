"""What a camera's program wrote into photographs: scale bars, their text, arrows. They are no part of the specimen.

Such marks are exactly straight, or of colours that no stain has (green, yellow, cyan, a red that lets no other light through), or
stand at one place in every photograph of a set. Stains of blood and marrow take green light most (`foreign`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.outlined import within
from hemaview.inference.pictures import ground_of

Outline = list[list[int]]
"""Corners [x, y], px."""

STRAIGHT_SHARE, STRAIGHT_PX = 0.05, 28
"""A bar is at least so long, of the picture's width and px: cells' edges are straight for less."""
LONGER = 6
"""Times as long as it is thick."""
FILLED, BARE = 0.85, 0.35
"""Share of its rectangle that a bar fills, and at most of what lies along its two sides that is of its colour, too."""
NEUTRAL, EVEN = 45, 26
"""Levels of 255 by which black and white may differ between colours, and a bar from end to end (standard deviation)."""
DARK, GREY, LIGHT, CONTRAST = 0.45, 0.72, 232, 14
"""Black is at most so much of the ground's light, a line of THIN_PX that was made smaller grey; white is at least of that level
and so many lighter than the ground."""
PURE = 248
"""Level from which white is a program's: such bars need to be only CONTRAST lighter than what lies along them."""
THIN_PX = 3
STEP = 0.25
"""How much darker or lighter than what lies along it a bar is, share of the ground's light."""
STRANGE = (0.6, 0.6, 0.85, 0.85, np.inf, np.inf)
"""By how much, in shares of the ground's light, green, yellow, cyan, red, blue and magenta outshine the rest where they are of no
stain: stains pass green light least, granules are a little red, nuclei blue and magenta."""
OF_BARS = (0.2, 0.3, 0.6, 0.7, 0.75, 0.8)
"""The same of straight bars, whose thin lines JPEG mixes with what is around; of letters beside them, half as much."""
THIN_SHARE = 0.02
"""Of the picture's height: a bar in a colour is at most so thick."""
LEAST_PX, LEAST_SHARE = 14, 1.5e-4
"""Area from which what stands in every photograph is a mark, and share of the picture from which one in a colour of no stain is:
bright spots of refractile dirt are smaller."""
TEXT_HIGH = 0.07
"""Height of letters, share of the picture's, at most."""
JOINED_PX, MARGIN_PX = 9, 3
"""Letters and lines that lie so near are one mark; what is left out around it."""
SET, ALIKE = 4, 26
"""So many photographs tell what stands in all of them; levels by which storing as JPEG changes it."""
MOST_SHARE = 0.1
"""Of the picture: what covers more is no mark."""


def marks(rgb: NDArray[np.uint8], in_all: NDArray[np.bool_] | None = None) -> list[Outline]:
    """The outlines, px, of what is burnt into a photograph uint8 (H, W, 3); `in_all` (H, W): what stands there in every
    photograph of its set (`unchanged`)."""
    ground = ground_of(rgb).astype(np.float32)
    (strange, faint), dark, light = _hues(rgb, ground), _black(rgb, ground), _white(rgb, ground)
    mask = _pieces(strange, lambda area, _w, _h: area >= max(3 * LEAST_PX, LEAST_SHARE * strange.size))
    any_px, step = max(rgb.shape), STEP * float(ground.min())
    grey, thin = _black(rgb, ground, GREY), round(THIN_SHARE * rgb.shape[0])
    pure = np.asarray(light & (rgb.min(axis=2) >= PURE), np.uint8)
    ways = [(dark, dark, any_px, step), (light, light, any_px, step), (grey, grey, THIN_PX, step)]
    ways.append((pure, light, any_px, float(CONTRAST)))
    for colour, letters, thick, least in [*ways, *((hue, weak, thin, 0.0) for hue, weak in faint)]:
        upright = _bars(np.ascontiguousarray(colour.T), np.ascontiguousarray(rgb.transpose(1, 0, 2)), least, thick)
        bars = _bars(colour, rgb, least, thick) | upright.T
        mask |= bars | _text(letters, bars)
    if in_all is not None:
        mask |= _pieces((dark | light | strange) & in_all.astype(np.uint8), lambda area, _w, _h: area >= LEAST_PX)
    return _outlines(mask)


def unchanged(
    photographs: Sequence[tuple[int, int]], read: Callable[[int], NDArray[np.uint8]]
) -> NDArray[np.bool_] | None:
    """Where all photographs of the commonest size (w, h) show the same, bool (h, w); None where they are fewer than SET."""
    sizes = list(photographs)
    common = max(set(sizes), key=sizes.count) if sizes else (0, 0)
    if sizes.count(common) < SET:
        return None
    low = high = None
    for i, size in enumerate(sizes):
        if size == common:
            rgb = read(i)
            low = rgb.copy() if low is None else np.minimum(low, rgb)
            high = rgb.copy() if high is None else np.maximum(high, rgb)
    assert low is not None and high is not None
    same = np.asarray((high.astype(np.int16) - low <= ALIKE).all(axis=2))
    # Ground that is white everywhere is no mark: a mark has an edge, and what lies around it changes.
    return np.asarray(same & (cv2.blur(same.astype(np.float32), (61, 61)) < 0.6))


def covered(
    outlines: Sequence[Outline], corner: tuple[float, float], scale: tuple[float, float], size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Where a picture of size (w, h) px, whose corner lies at level-0 px and whose px are `scale` of them, is covered by marks
    (level-0 px), bool (h, w)."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    for outline in outlines:
        points = (np.array(outline, np.float64) - corner) / scale
        cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    return np.asarray(mask > 0)


def without_marks(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture uint8 (H, W, 3) with the ground beside each mark, (H, W), in its place."""
    if not mask.any():
        return rgb
    out = rgb.copy()
    n, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    for number in range(1, n):
        x, y, w, h = stats[number, :4]
        around = np.s_[max(0, y - 12) : y + h + 12, max(0, x - 12) : x + w + 12]
        beside = rgb[around][numbers[around] == 0]
        ground = ground_of(beside[None] if len(beside) else rgb)
        out[around][numbers[around] == number] = ground
    return out


def free_of(outlines: Sequence[Outline], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points (n, 2: x, y) that lie in none of the outlines."""
    is_within = np.zeros(len(points), bool)
    for outline in outlines:
        is_within |= within(points[:, 0], points[:, 1], [(x, y) for x, y in outline])
    return points[~is_within]


def _hues(
    rgb: NDArray[np.uint8], ground: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]]:
    """(what is of a colour that no stain has; what may be of a bar, and of its letters, in green, yellow, cyan, red, blue,
    magenta), uint8 (H, W)."""
    table = [np.arange(256, dtype=np.float32) / max(float(g), 1.0) for g in ground]
    red, green, blue = (table[i][rgb[..., i]] for i in range(3))
    excess = [
        green - np.maximum(red, blue), np.minimum(red, green) - blue, np.minimum(green, blue) - red,
        red - np.maximum(green, blue), blue - np.maximum(red, green), np.minimum(red, blue) - green,
    ]  # fmt: skip
    strange = np.any([e > limit for e, limit in zip(excess, STRANGE, strict=True)], axis=0)
    of_bars = zip(excess, OF_BARS, strict=True)
    return strange.astype(np.uint8), [
        ((e > low).astype(np.uint8), (e > low / 2).astype(np.uint8)) for e, low in of_bars
    ]


def _black(rgb: NDArray[np.uint8], ground: NDArray[np.float32], share: float = DARK) -> NDArray[np.uint8]:
    most = rgb.max(axis=2)
    return np.asarray((most <= share * float(ground.min())) & (most - rgb.min(axis=2) <= NEUTRAL), np.uint8)


def _white(rgb: NDArray[np.uint8], ground: NDArray[np.float32]) -> NDArray[np.uint8]:
    least = rgb.min(axis=2)
    return np.asarray((least >= LIGHT) & (least >= float(ground.min()) + CONTRAST), np.uint8)


def _pieces(mask: NDArray[np.uint8], keep: Callable[[int, int, int], bool]) -> NDArray[np.uint8]:
    """The pieces of a mask that touch no side of the picture and are kept by (area, width, height), px."""
    n, numbers, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    is_kept = np.zeros(n, np.uint8)
    for i in range(1, n):
        x, y, w, h, area = (int(v) for v in stats[i])
        inner = x > 0 and y > 0 and x + w < mask.shape[1] and y + h < mask.shape[0]
        is_kept[i] = inner and area <= MOST_SHARE * mask.size and keep(area, w, h)
    return np.asarray(is_kept[numbers])


def _bars(mask: NDArray[np.uint8], rgb: NDArray[np.uint8], step: float, thick: int) -> NDArray[np.uint8]:
    """The level bars of a mask uint8 (H, W), at most so thick, px, which differ from what lies along them by a step in levels."""
    long = max(STRAIGHT_PX, round(STRAIGHT_SHARE * max(mask.shape)))
    lines = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    bars = np.zeros_like(mask)
    n, numbers, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    for i in range(1, n):
        x, y, w, h, area = (int(v) for v in stats[i])
        gap = max(2, h // 2)
        above, below = y - gap - 1, y + h + gap
        if above < 0 or x == 0 or below >= mask.shape[0] or x + w >= mask.shape[1]:
            continue
        if h > thick or w < LONGER * h or area < FILLED * w * h:
            continue
        own = rgb[y : y + h, x : x + w][numbers[y : y + h, x : x + w] == i].mean(axis=1)
        beside = rgb[[above, below], x : x + w].mean(axis=2)
        bare = mask[[above, below], x : x + w].mean() <= BARE
        if own.std() <= EVEN and bare and np.abs(np.median(beside, axis=1) - own.mean()).min() >= step:
            bars[y : y + h, x : x + w] = 1
    return bars


def _text(mask: NDArray[np.uint8], bars: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is of a bar's colour and as small as letters and ticks beside the bars of a mask."""
    n, _, stats, _ = cv2.connectedComponentsWithStats(bars, connectivity=8)
    high = TEXT_HIGH * mask.shape[0]
    text = np.zeros_like(mask)
    for i in range(1, n):
        x, y, w, h, _ = (int(v) for v in stats[i])
        reach = round(max(0.4 * max(w, h), 1.2 * high))
        around = np.s_[max(0, y - reach) : y + h + reach, max(0, x - reach // 2) : x + w + reach // 2]
        beside = np.ascontiguousarray(mask[around] & (1 - bars[around]))
        text[around] |= _letters(beside, high, max(w, h))
    return text


def _letters(mask: NDArray[np.uint8], high: float, long: int) -> NDArray[np.uint8]:
    n, numbers, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    is_letter = np.zeros(n, np.uint8)
    for i in range(1, n):
        _, _, w, h, area = (int(v) for v in stats[i])
        is_letter[i] = area >= 3 and h <= high and w <= max(long, 2 * high)
    return np.asarray(is_letter[numbers])


def _outlines(mask: NDArray[np.uint8]) -> list[Outline]:
    if not mask.any():
        return []
    side = 2 * JOINED_PX + 1
    bodies = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    grown = cv2.dilate(bodies, np.ones((2 * MARGIN_PX + 1, 2 * MARGIN_PX + 1), np.uint8))
    contours, _ = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [cv2.convexHull(c)[:, 0, :].astype(int).tolist() for c in contours if len(c) > 2]
