"""How one cell of a synthetic film is drawn: optical densities float32 (h, w, 3) over a grid of unit radii."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grid = NDArray[np.floating]

RED_SHAPES: dict[str, float] = {
    "normal": 3.6, "macrocyte": 4.4, "microcyte": 2.9, "spherocyte": 2.9, "target": 3.7, "stomatocyte": 3.6,
    "ovalocyte": 3.6, "elliptocyte": 3.6, "teardrop": 3.3, "burr": 3.4, "schistocyte": 2.9, "hypochromia": 3.7,
}  # fmt: skip
"""Mean radius in µm of each red-cell shape."""

WHITE_RADII_UM: dict[str, float] = {
    "segmented_neutrophil": 6.4, "band_neutrophil": 6.5, "lymphocyte": 5.4, "monocyte": 8.0, "eosinophil": 6.7,
    "basophil": 6.2, "erythroblast": 4.6, "blast": 7.8,
}  # fmt: skip

HAEMOGLOBIN = np.array((0.15, 0.44, 0.37), np.float32)
CHROMATIN = np.array((0.98, 1.62, 0.45), np.float32)
PINK = np.array((0.10, 0.30, 0.20), np.float32)
BLUE = np.array((0.42, 0.34, 0.12), np.float32)
GREY_BLUE = np.array((0.34, 0.36, 0.20), np.float32)
ORANGE = np.array((0.10, 0.72, 0.85), np.float32)
VIOLET = np.array((1.00, 1.55, 0.45), np.float32)
PLATELET = np.array((0.50, 0.80, 0.32), np.float32)


def draw_red(cls: str, dx: Grid, dy: Grid, radius_px: float, flat: float, rng: np.random.Generator) -> Grid:
    """A red cell; `flat` 0 … 1 takes the pale centre away as at the feathered end."""
    turn = rng.uniform(0, 2 * np.pi)
    x, y = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
    pallor, dense, middle = rng.normal(0.58, 0.07) * (1 - 0.75 * flat), rng.normal(1.0, 0.06), 0.0
    outline = None
    if cls == "ovalocyte":
        x, y = x / 1.16, y * 1.16
    elif cls == "elliptocyte":
        x, y = x / 1.42, y * 1.42
        pallor *= 0.7
    elif cls == "spherocyte":
        pallor, dense = 0.0, 1.35
    elif cls == "microcyte":
        pallor *= 0.9
    elif cls == "hypochromia":
        pallor, dense = 0.82, 0.72
    elif cls == "target":
        pallor, middle = 0.62, 0.75
    elif cls == "teardrop":
        x = np.where(x > 0, x / 1.75, x)
        y = y * (1 + 1.9 * np.clip(x, 0, 1) ** 1.4)
        pallor *= 0.75
    theta = np.arctan2(y, x)
    edge: Grid = np.asarray(
        1 + sum(rng.normal(0, 0.012) * np.cos(k * theta + rng.uniform(0, 6.3)) for k in (2, 3, 4, 5))
    )
    if cls == "burr":
        edge = edge + 0.06 * np.cos(int(rng.integers(10, 14)) * theta)
        pallor *= 0.4
    r = np.hypot(x, y) / edge
    if cls == "schistocyte":
        cut = rng.uniform(0.0, 0.3)
        outline = np.maximum(r, np.maximum((y + cut) / 0.42 * 1.0, 0) * 0.75 + 0.25 * r) if rng.random() < 0.6 else None
        if outline is None:
            outline = np.maximum.reduce(
                [r * 0.8, 1.35 * (0.55 * x + 0.83 * y) + 0.15, 1.35 * (0.55 * x - 0.83 * y) + 0.15]
            )
        pallor = 0.15
    body = outline if outline is not None else r
    inside = _soft(1 - body, radius_px)
    profile = 1 - pallor * np.exp(-((r / 0.46) ** 2) * 1.25) + 0.10 * np.exp(-(((r - 0.72) / 0.2) ** 2))
    if middle:
        profile = profile + middle * 0.6 * np.exp(-((r / 0.2) ** 2))
    if cls == "stomatocyte":
        slit = np.exp(-((x / 0.55) ** 4) - (y / 0.13) ** 2)
        profile = 1 - 0.75 * slit
    tone = rng.normal(1, 0.035)
    return _stain(inside * profile * (dense * tone), HAEMOGLOBIN)


def draw_platelet(dx: Grid, dy: Grid, radius_px: float, rng: np.random.Generator) -> Grid:
    theta = np.arctan2(dy, dx)
    edge: Grid = np.asarray(
        1 + sum(rng.normal(0, 0.09) * np.cos(k * theta + rng.uniform(0, 6.3)) for k in (2, 3, 4, 5))
    )
    r = np.hypot(dx, dy) / edge
    inside = _soft(1 - r, radius_px, 1.6)
    grain = 0.75 + 0.55 * _noise(inside.shape, 1.2, rng)
    return _stain(inside * (0.45 + 0.75 * np.exp(-(r**2) * 1.4)) * grain, PLATELET)


def draw_white(cls: str, dx: Grid, dy: Grid, radius_px: float, rng: np.random.Generator) -> Grid:
    """A white cell or nucleated red cell: cytoplasm, granules, nucleus with chromatin."""
    turn = rng.uniform(0, 2 * np.pi)
    x, y = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
    theta = np.arctan2(y, x)
    edge: Grid = np.asarray(
        1 + sum(rng.normal(0, 0.02) * np.cos(k * theta + rng.uniform(0, 6.3)) for k in (2, 3, 4, 5))
    )
    r = np.hypot(x, y) / edge
    cell = _soft(1 - r, radius_px, 1.4)
    nucleus = _nucleus(cls, x, y, radius_px, rng) * cell
    coarse, fine = _noise(cell.shape, 2.2, rng), _noise(cell.shape, 0.9, rng)
    body, grains = {
        "segmented_neutrophil": (PINK, 0.30), "band_neutrophil": (PINK, 0.30), "lymphocyte": (BLUE, 0.05),
        "monocyte": (GREY_BLUE, 0.18), "eosinophil": (PINK, 0.0), "basophil": (PINK, 0.1),
        "erythroblast": (0.6 * HAEMOGLOBIN + 0.5 * GREY_BLUE, 0.03), "blast": (BLUE, 0.04),
    }[cls]  # fmt: skip
    plasm = cell * (1 - nucleus) * (0.9 + grains * fine)
    out = _stain(plasm, body)
    if cls == "eosinophil":
        out += _stain(
            cell * (1 - nucleus) * np.clip(0.75 + 1.1 * _noise(cell.shape, 1.3, rng), 0.1, 1.7), 0.62 * ORANGE
        )
    if cls == "basophil":
        spots = np.clip(_noise(cell.shape, 1.5, rng) - 0.15, 0, 1) * 2.4
        out += _stain(cell * spots, 0.75 * VIOLET)
    depth = 1.0 if cls in ("lymphocyte", "erythroblast") else 0.88
    # A lymphocyte's chromatin is smudged, an erythroblast's is in clumps: without it people and models take one for the other.
    texture = 1 + (0.1 if cls in ("lymphocyte", "blast") else 0.22) * coarse + 0.08 * fine
    return out + _stain(nucleus * texture * depth, CHROMATIN)


def _nucleus(cls: str, x: Grid, y: Grid, radius_px: float, rng: np.random.Generator) -> Grid:
    if cls in ("lymphocyte", "erythroblast", "blast"):
        share = {"lymphocyte": 0.86, "erythroblast": 0.56, "blast": 0.84}[cls]
        ox, oy = rng.normal(0, 0.06, 2)
        r = np.hypot((x - ox) / rng.normal(1, 0.05), y - oy) / share
        return _soft((1 - r) * share, radius_px, 1.2)
    if cls == "monocyte":
        r = np.hypot(x * 0.95, (y + 0.05) * 1.15) / 0.66
        dent = np.hypot(x - 0.15, y - 0.62) / 0.36
        return _soft(np.minimum((1 - r) * 0.66, (dent - 1) * 0.36), radius_px, 1.6)
    if cls == "basophil":
        r = np.hypot(x, y * 1.2) / 0.58
        return 0.8 * _soft((1 - r) * 0.58, radius_px, 2.0)
    if cls == "band_neutrophil":
        arc = np.abs(np.hypot(x, y + 0.05) - 0.5)
        open_ = np.abs(np.arctan2(y, x) - 0.5 * np.pi) > 0.75
        return _soft(np.where(open_, 0.19 - arc, -0.2), radius_px, 1.3)
    lobes = 2 if cls == "eosinophil" else int(rng.integers(3, 5))
    angles = np.linspace(0, {2: 2.4, 3: 3.4, 4: 4.4}[lobes], lobes) + rng.normal(0, 0.15, lobes)
    size = 0.34 if lobes == 2 else 0.27
    centres = [(0.44 * np.cos(a), 0.44 * np.sin(a)) for a in angles]
    best = np.full(np.broadcast(x, y).shape, -1.0, np.float32)
    for cx, cy in centres:
        s = size * rng.normal(1, 0.08)
        best = np.maximum(best, s - np.hypot((x - cx) * rng.normal(1, 0.1), y - cy))
    for (ax, ay), (bx, by) in pairwise(centres):
        t = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
        best = np.maximum(best, 0.07 - np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)))
    return _soft(best, radius_px, 1.3)


def _soft(signed: Grid, radius_px: float, width_px: float = 1.2) -> Grid:
    """0 … 1 across an edge of width_px; `signed` in radii, positive inside."""
    t = np.clip(signed * radius_px / width_px + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _noise(shape: tuple[int, ...], sigma_px: float, rng: np.random.Generator) -> Grid:
    """Smooth noise of unit deviation, clipped at 2.5."""
    raw = ndimage.gaussian_filter(rng.normal(0, 1, shape).astype(np.float32), sigma_px)
    return np.asarray(np.clip(raw / max(1e-6, float(raw.std())), -2.5, 2.5), np.float32)


def _stain(amount: Grid, dye: Grid) -> Grid:
    return np.asarray(amount[..., None] * dye, np.float32)
