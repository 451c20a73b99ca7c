"""Small fields drawn by us, one a kind of specimen: nobody's blood, for demonstrations and tests; never for training claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.wsi.synthetic import GROUND, MPP
from hemaview.wsi.syntheticcells import HAEMOGLOBIN, RED_SHAPES, WHITE_RADII_UM, draw_platelet, draw_red, draw_white

Grid = NDArray[np.floating]
SICKLE, LONG_UM = "sickle", 6.2
"""A crescent of our own, and half its length."""
HAEMATOXYLIN = np.array((1.15, 1.25, 0.55), np.float32)
EOSIN = np.array((0.10, 0.62, 0.38), np.float32)
PLATELET_UM = 1.2
RIM = 0.03
"""Share of an eyepiece picture's side that is rim at the least."""


@dataclass(frozen=True)
class Kind:
    """What lies on a field: how many of each class, how close in µm cells may lie, and how it is seen."""

    cells: Mapping[str, int]
    apart_um: float = 0.6
    section: bool = False
    """Stained with haematoxylin and eosin, as a cell block is."""
    eyepiece: bool = False
    """A phone's picture through an eyepiece: a round field on black."""


KINDS: dict[str, Kind] = {
    "blood": Kind(
        {
            "segmented_neutrophil": 4, "lymphocyte": 3, "monocyte": 1, "eosinophil": 1, "normal": 130, "target": 3,
            "ovalocyte": 4, "platelet": 9,
        }
    ),
    "sickle": Kind({"normal": 120, SICKLE: 14, "ovalocyte": 6, "target": 6, "platelet": 4}, eyepiece=True),
    "marrow": Kind(
        {
            "blast": 6, "erythroblast": 14, "segmented_neutrophil": 12, "band_neutrophil": 8, "lymphocyte": 8, "monocyte": 3,
            "eosinophil": 2, "normal": 150,
        }
    ),
    "block": Kind({"erythroblast": 8, "lymphocyte": 22, "segmented_neutrophil": 12, "normal": 120}, 1.0, section=True),
}  # fmt: skip
"""The fields that can be drawn, by name."""


def draw_field(name: str, seed: int = 5, width_px: int = 960, height_px: int = 800) -> NDArray[np.uint8]:
    """One field of KINDS, uint8 (H, W, 3) at `synthetic.MPP`; the same seed gives the same picture."""
    kind, rng = KINDS[name], np.random.default_rng(seed)
    if kind.eyepiece:
        width_px = height_px
    density = np.zeros((height_px, width_px, 3), np.float32)
    for cls, radius_um, x, y in _placed(kind, width_px, height_px, rng):
        _draw(density, cls, radius_um / MPP, x, y, kind.section, rng)
    density = np.asarray(cv2.GaussianBlur(density, (0, 0), 0.75), np.float32)
    grain = rng.normal(0, 1.3, density.shape).astype(np.float32)
    rgb = (GROUND * np.exp(-density) + grain).clip(0, 255)
    if kind.eyepiece:
        inside = np.zeros(density.shape[:2], np.float32)
        cv2.circle(inside, (width_px // 2, height_px // 2), round(width_px * (0.5 - RIM)), 1.0, cv2.FILLED)
        rgb *= cv2.GaussianBlur(inside, (0, 0), 3.0)[..., None]
    return np.asarray(rgb, np.uint8)


def _placed(
    kind: Kind, width_px: int, height_px: int, rng: np.random.Generator
) -> list[tuple[str, float, float, float]]:
    """(class, radius µm, x, y px) of cells side by side, the largest first; what finds no place is left out."""
    radii = {**RED_SHAPES, **WHITE_RADII_UM, SICKLE: LONG_UM, "platelet": PLATELET_UM}
    wanted = sorted((cls for cls, n in kind.cells.items() for _ in range(n)), key=lambda cls: -radii[cls])
    cells: list[tuple[str, float, float, float]] = []
    for cls in wanted:
        radius = radii[cls] * float(rng.normal(1, 0.05))
        for _ in range(200):
            x, y = rng.uniform(0.06, 0.94) * width_px, rng.uniform(0.06, 0.94) * height_px
            if kind.eyepiece and np.hypot(x - width_px / 2, y - height_px / 2) > (0.5 - 2.5 * RIM) * width_px:
                continue
            if all(np.hypot(x - x2, y - y2) * MPP > radius + r2 + kind.apart_um for _, r2, x2, y2 in cells):
                cells.append((cls, radius, float(x), float(y)))
                break
    return cells


def _draw(
    density: NDArray[np.float32],
    cls: str,
    radius_px: float,
    x: float,
    y: float,
    section: bool,
    rng: np.random.Generator,
) -> None:
    half = int(np.ceil(radius_px * 1.75)) + 2
    cx, cy = int(x), int(y)
    y0, y1 = max(0, cy - half), min(density.shape[0], cy + half + 1)
    x0, x1 = max(0, cx - half), min(density.shape[1], cx + half + 1)
    span = np.arange(-half, half + 1, dtype=np.float32) / np.float32(radius_px)
    dx, dy = span[None, :], span[:, None]
    if cls == SICKLE:
        patch = _crescent(dx, dy, radius_px, rng)
    elif cls == "platelet":
        patch = draw_platelet(dx, dy, radius_px, rng)
    elif cls in RED_SHAPES:
        patch = draw_red(cls, dx, dy, radius_px, 0.0, rng)
    else:
        patch = draw_white(cls, dx, dy, radius_px, rng)
        if section:
            # What takes up most stain is nucleus; the rest is pink.
            amount = patch.mean(axis=2, keepdims=True)
            nucleus = np.clip((amount - 0.45) / 0.3, 0, 1)
            patch = nucleus * HAEMATOXYLIN + (amount > 0.05) * (1 - nucleus) * 0.55 * EOSIN
    density[y0:y1, x0:x1] += patch[y0 - cy + half : y1 - cy + half, x0 - cx + half : x1 - cx + half]


def _crescent(dx: Grid, dy: Grid, radius_px: float, rng: np.random.Generator) -> Grid:
    turn, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.35)
    x, y = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
    y = y - bend * x**2 + bend / 3
    signed = 1 - np.hypot(x, y / 0.27)
    t = np.clip(signed * radius_px * 0.27 / 1.2 + 0.5, 0, 1)
    return np.asarray((t * t * (3 - 2 * t))[..., None] * HAEMOGLOBIN * 1.05, np.float32)
