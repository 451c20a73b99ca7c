"""Overviews of marrow smears, drawn by us, with a box around each particle and its cellular trail.

A stand-in for the annotated slides of Wang et al. §4.3.4: no public set labels particles and trails. Density of stain is
added up and taken from the light of the ground. The sides are drawn by different seeds and in different looks: other
stains, lamps, grain and shares of what misleads (debris, clots, folds, streaks, a blood film on the same slide).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.learning.sets.boxes import Scene, box_overlaps

NAME = "drawn-overviews"
"""As a set of `data.SETS`, which needs no folder."""
SIDE_PX = 320
"""The longer side of an overview: the level of a slide that is nearest to what the net is shown."""
CLASSES = ("region",)
SCENES = {"train": 300, "val": 40, "test": 80}
LEAST_DENSITY = 0.1
"""A trail is boxed as far as it stands out of the blood by this."""
_SEED = {"train": 11, "val": 12, "test": 13}

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """What a laboratory's slides look like."""

    ground: tuple[float, float, float]
    """Its light (R, G, B)."""
    blood: tuple[float, float, float]
    """Its optical density (R, G, B)."""
    marrow: tuple[float, float, float]
    """That of marrow."""
    dirt: tuple[float, float, float]
    """That of dirt."""
    misleading: float = 1.0
    """How much misleads: mean counts are times this."""
    trail: float = 1.0
    """How far trails of marrow are seen."""
    blur: float = 0.6
    """px."""
    grain: float = 2.0
    """Levels of 255."""


LOOKS: dict[str, tuple[Look, ...]] = {
    "train": (
        Look((246, 243, 240), (0.05, 0.26, 0.16), (0.55, 0.80, 0.32), (1.1, 1.0, 0.6)),
        Look((238, 240, 244), (0.10, 0.24, 0.10), (0.75, 0.72, 0.25), (1.2, 1.2, 0.9), 1.4, 0.9, 0.8, 3.0),
        Look((250, 246, 230), (0.04, 0.20, 0.24), (0.45, 0.78, 0.45), (0.9, 1.1, 1.1), 0.8, 1.2, 0.5, 1.5),
        Look((226, 228, 232), (0.14, 0.30, 0.20), (0.70, 0.90, 0.50), (1.4, 1.4, 1.2), 1.2, 0.8, 1.0, 4.0),
        Look((244, 240, 247), (0.06, 0.18, 0.06), (0.60, 0.62, 0.18), (0.8, 0.8, 0.4), 1.0, 1.0, 0.7, 2.5),
    ),
    "val": (
        Look((241, 244, 240), (0.08, 0.28, 0.20), (0.62, 0.82, 0.28), (1.0, 0.9, 0.7), 1.3, 0.9, 0.6, 3.0),
        Look((248, 242, 238), (0.05, 0.16, 0.12), (0.50, 0.70, 0.38), (1.3, 1.1, 0.8), 1.0, 1.1, 0.9, 2.0),
    ),
    "test": (
        Look((236, 242, 248), (0.12, 0.22, 0.08), (0.82, 0.78, 0.30), (1.2, 1.0, 0.6), 1.5, 1.0, 0.8, 3.5),
        Look((252, 247, 236), (0.04, 0.24, 0.28), (0.48, 0.86, 0.40), (1.0, 1.1, 0.9), 1.1, 0.9, 0.6, 1.5),
        Look((232, 230, 234), (0.10, 0.26, 0.16), (0.58, 0.74, 0.42), (1.3, 1.3, 1.1), 1.3, 0.8, 1.1, 4.5),
    ),
}


def overviews(side: str) -> list[Scene]:
    """The drawn overviews of train, val or test: the same at every call."""
    rng = np.random.default_rng(_SEED[side])
    looks = LOOKS[side]
    return [draw_overview(looks[i % len(looks)], rng) for i in range(SCENES[side])]


def draw_overview(look: Look, rng: np.random.Generator) -> Scene:
    """One overview uint8 (H, W, 3), longer side SIDE_PX, with the boxes of its regions (class 0)."""
    short = int(rng.integers(170, SIDE_PX + 1))
    w, h = (short, SIDE_PX) if rng.random() < 0.6 else (SIDE_PX, short)
    smear = _Smear.of(w, h, rng, film=False)
    blood = smear.blood(rng)
    if rng.random() < 0.35:  # a film of the patient's blood on the same slide: no particle in it
        blood = np.maximum(blood, _Smear.of(w, h, rng, film=True).blood(rng))
    marrow = np.zeros((h, w), np.float32)
    boxes: list[NDArray[np.float32]] = []
    for _ in range(int(rng.integers(1, 8))):
        part, box = _particle(smear, look, rng)
        if box is None or (boxes and float(box_overlaps(box[None], np.stack(boxes)).max()) > 0.05):
            continue
        marrow = np.maximum(marrow, part)
        boxes.append(box)
    density = blood[..., None] * np.array(look.blood, np.float32) + marrow[..., None] * np.array(
        look.marrow, np.float32
    )
    density *= _vacuoles(w, h, rng)[..., None]
    density += _misleading(w, h, smear, look, rng)
    light = np.array(look.ground, np.float32) * (1 - 0.06 * rng.random() * _noise(w, h, 90, rng)[..., None])
    rgb = cv2.GaussianBlur(light * np.exp(-density), (0, 0), look.blur * float(rng.uniform(0.7, 1.3)))
    rgb = np.clip(rgb + rng.normal(0, look.grain, rgb.shape), 0, 255).astype(np.uint8)
    return Scene(rgb, np.array(boxes, np.float32).reshape(-1, 4), np.zeros(len(boxes), np.int64))


@dataclass(frozen=True)
class _Smear:
    """Where a smear lies."""

    u: Field
    """Along it, from 0 (where the drop was set) to 1, float (H, W)."""
    v: Field
    """Across it, from -1 to 1, float (H, W)."""
    along: tuple[float, float]
    """The direction of spreading (x, y)."""
    length_px: float
    """Along it."""

    @classmethod
    def of(cls, w: int, h: int, rng: np.random.Generator, film: bool) -> _Smear:
        angle = (np.pi / 2 if h > w else 0.0) + float(rng.normal(0, 0.12)) + np.pi * int(rng.integers(2))
        long, wide = max(w, h) * float(rng.uniform(0.5, 0.85)), min(w, h) * float(rng.uniform(0.3, 0.46))
        x, y = w * float(rng.uniform(0.4, 0.6)), h * float(rng.uniform(0.4, 0.6))
        if film:
            long, wide, x, y = long * 0.5, wide * 0.7, x + w * float(rng.choice([-0.3, 0.3])), y
        ys, xs = np.mgrid[:h, :w].astype(np.float32)
        du, dv = np.cos(angle), np.sin(angle)
        along = (xs - x) * du + (ys - y) * dv
        across = -(xs - x) * dv + (ys - y) * du
        return cls(
            np.asarray(along / long + 0.5, np.float32),
            np.asarray(across / wide, np.float32),
            (float(du), float(dv)),
            long,
        )

    def blood(self, rng: np.random.Generator) -> Field:
        """Density of blood: thick where the drop was, streaked along the spreading, feathered at its end."""
        h, w = self.u.shape
        edge = 1 - np.abs(self.v) ** 3 + 0.15 * _noise(w, h, 12, rng)
        ends = np.minimum(self.u * 6, (1 - self.u) * float(rng.uniform(2, 5))) + 0.25 * _noise(w, h, 8, rng)
        inside = np.clip(edge * 4, 0, 1) * np.clip(ends, 0, 1)
        thick = float(rng.uniform(0.6, 1.6)) * (1.25 - float(rng.uniform(0.3, 0.9)) * self.u)
        streaks = 1 + 0.25 * self.streaks(float(rng.uniform(1.5, 4)), rng) + 0.2 * _noise(w, h, 25, rng)
        return np.asarray(np.clip(inside * thick * streaks, 0, None), np.float32)

    def streaks(self, wide_px: float, rng: np.random.Generator) -> Field:
        """Noise drawn out along the spreading, about -1 to 1."""
        line = rng.normal(0, 1, 512).astype(np.float32)
        line = cv2.GaussianBlur(line[None], (0, 0), wide_px)[0]
        h, w = self.u.shape
        place = np.clip((self.v + 0.06 * _noise(w, h, 40, rng)) * 128 + 256, 0, 511).astype(int)
        return np.asarray(line[place] / max(1e-6, float(np.abs(line).max())), np.float32)


def _particle(
    smear: _Smear, look: Look, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """A particle with its trail: density (H, W) and the box (4,) of what can be seen of it, None where that is too little."""
    h, w = smear.u.shape
    places = np.argwhere((np.abs(smear.v) < 0.85) & (smear.u > 0.12) & (smear.u < 0.93))
    y, x = places[int(rng.integers(len(places)))]
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    along = (xs - x) * smear.along[0] + (ys - y) * smear.along[1]
    across = -(xs - x) * smear.along[1] + (ys - y) * smear.along[0]
    radius = float(np.exp(rng.uniform(np.log(3.5), np.log(13))))
    ragged = 1 + 0.45 * _noise(w, h, 2 + radius / 2, rng)
    body = 1 / (1 + np.exp(-4 * (ragged - np.hypot(along / rng.uniform(1.0, 1.5), across) / radius) * radius / 3))
    # Cells stay behind the particle as it is drawn along: the trail runs back to where the drop was set.
    length = radius * float(rng.uniform(3, 10)) * look.trail
    behind = np.clip(-along / length, 0, 1)
    width = radius * (0.75 + 0.6 * behind)
    trail = np.exp(-((across / width) ** 2)) * np.exp(-1.6 * behind) * (along < 0) * (behind < 1)
    grainy = np.clip(1 + 0.5 * smear.streaks(1.2, rng) + 0.6 * _noise(w, h, 1.2, rng), 0.1, None)
    visible = np.clip(np.minimum(smear.u * 8, (1 - smear.u) * 8), 0, 1) * np.clip((1.05 - np.abs(smear.v)) * 8, 0, 1)
    strength = float(rng.uniform(0.4, 0.9)) * look.trail
    density = np.maximum(
        body * float(rng.uniform(0.8, 1.7)) * (1 + 0.3 * _noise(w, h, 1.5, rng)), strength * trail * grainy
    )
    density = np.asarray(density * visible, np.float32)
    smooth = cv2.GaussianBlur(density, (0, 0), 1.5)
    rows, columns = (
        np.flatnonzero((smooth > LEAST_DENSITY).any(axis=1)),
        np.flatnonzero((smooth > LEAST_DENSITY).any(axis=0)),
    )
    if len(rows) < 6 or len(columns) < 6:
        return density, None
    return density, np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def _vacuoles(w: int, h: int, rng: np.random.Generator) -> Field:
    """How much of the stain stays, 0 to 1: fat drops and bubbles keep it out."""
    stays = np.ones((h, w), np.float32)
    for _ in range(int(rng.poisson(60))):
        place, radius = (int(rng.integers(w)), int(rng.integers(h))), float(rng.exponential(1.1)) + 0.6
        cv2.circle(stays, place, max(1, round(radius)), float(rng.uniform(0.1, 0.5)), -1, cv2.LINE_AA)
    return stays


def _misleading(w: int, h: int, smear: _Smear, look: Look, rng: np.random.Generator) -> Field:
    """Density (H, W, 3) of what is no region: stain debris, clots, folds, scratches, rings of dried drops, dust."""
    dirt, blood = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    for _ in range(int(rng.poisson(14 * look.misleading))):  # specks
        place = int(rng.integers(w)), int(rng.integers(h))
        cv2.circle(dirt, place, int(rng.integers(1, 3)), float(rng.uniform(0.3, 1.2)), -1, cv2.LINE_AA)
    for _ in range(int(rng.poisson(1.2 * look.misleading))):  # precipitate: grains close together, no trail
        x, y, wide = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(2, 8)
        for gx, gy in rng.normal((x, y), wide, (int(rng.integers(8, 40)), 2)):
            cv2.circle(dirt, (round(gx), round(gy)), 1, float(rng.uniform(0.3, 1.0)), -1)
    for _ in range(int(rng.poisson(1.0 * look.misleading))):  # clots and pools of blood: smooth, of blood's colour
        axes = int(rng.integers(6, 28)), int(rng.integers(5, 16))
        place, turn = (int(rng.integers(w)), int(rng.integers(h))), float(rng.uniform(0, 180))
        cv2.ellipse(blood, place, axes, turn, 0, 360, float(rng.uniform(0.8, 2.2)), -1, cv2.LINE_AA)
    for _ in range(int(rng.poisson(0.8 * look.misleading))):  # folds and hairs
        points = np.cumsum(rng.normal(0, 14, (8, 2)), axis=0) + (rng.uniform(0, w), rng.uniform(0, h))
        cv2.polylines(dirt, [points.astype(np.int32)], False, float(rng.uniform(0.2, 0.9)), 1, cv2.LINE_AA)
    for _ in range(int(rng.poisson(0.6 * look.misleading))):  # rings of dried drops
        place = int(rng.integers(w)), int(rng.integers(h))
        cv2.circle(blood, place, int(rng.integers(5, 22)), float(rng.uniform(0.3, 1.0)), 1, cv2.LINE_AA)
    streaks = np.clip(smear.streaks(2.0, rng) - 0.55, 0, None) * float(rng.uniform(0, 2.5)) * look.misleading
    streaked = streaks * (np.abs(smear.v) < 1) * (smear.u > 0) * (smear.u < 1)
    blood = np.asarray(cv2.GaussianBlur(blood, (0, 0), 1.5) + streaked, np.float32)
    return np.asarray(
        dirt[..., None] * np.array(look.dirt, np.float32) + blood[..., None] * np.array(look.blood, np.float32),
        np.float32,
    )


def _noise(w: int, h: int, grain_px: float, rng: np.random.Generator) -> Field:
    """Smooth noise of about -1 to 1 whose spots are some grain_px large."""
    size = max(2, round(w / grain_px) + 2), max(2, round(h / grain_px) + 2)
    coarse = rng.uniform(-1, 1, (size[1], size[0])).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC), np.float32)
