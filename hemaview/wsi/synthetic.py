"""A blood film drawn by us: nobody's blood, every cell known. For demonstrations and tests; never for training claims.

Light is taken away as in a stained film: each cell adds optical densities (R, G, B), overlapping ones add up, and the
picture is ground × exp(-density). Left is the thick end (overlaps, rouleaux), then the monolayer, right the feathered
end.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from hemaview.wsi.sidepyramid import write_pyramid
from hemaview.wsi.syntheticcells import RED_SHAPES, WHITE_RADII_UM, draw_platelet, draw_red, draw_white

MPP = 0.25
GROUND = np.array((243.0, 236.0, 229.0), np.float32)
STRIP_PX = 1024

RED_SHARES = {
    "normal": 0.80, "macrocyte": 0.02, "microcyte": 0.03, "spherocyte": 0.015, "target": 0.03, "stomatocyte": 0.012,
    "ovalocyte": 0.025, "elliptocyte": 0.012, "teardrop": 0.018, "burr": 0.015, "schistocyte": 0.008, "hypochromia": 0.015,
}  # fmt: skip
WHITE_SHARES = {
    "segmented_neutrophil": 0.54, "band_neutrophil": 0.05, "lymphocyte": 0.27, "monocyte": 0.06, "eosinophil": 0.03,
    "basophil": 0.01, "erythroblast": 0.04,
}  # fmt: skip


NORMAL_WHITE_PER_MM2 = 7.0
"""White cells of a normal film: about one to 700 red cells in the monolayer."""
EDGE = 0.2
"""Share of a film's breadth that is its side edge, on either side: large cells are drawn out to there."""


@dataclass(frozen=True)
class WhiteCells:
    """How many white cells lie on a film, and which."""

    per_mm2: float = 95.0
    """Many more than in health, so that a small film shows some of each."""
    edge_blasts: float = 0.0
    """Share of the white cells of the side edges that are blasts."""


@dataclass(frozen=True)
class TrueCell:
    """One drawn cell: centre in level-0 px, mean radius in µm, class of the blood-film schema, seed of its looks."""

    x: float
    y: float
    radius_um: float
    cls: str
    seed: int


@dataclass(frozen=True)
class Film:
    """The drawn picture, uint8 (H, W, 3) at MPP, and the truth."""

    rgb: NDArray[np.uint8]
    cells: tuple[TrueCell, ...]
    blurred: tuple[tuple[float, float, float], ...]
    """Out-of-focus places: centre x, y and radius, level-0 px."""


MANY = WhiteCells()


def draw_film(
    width_px: int = 12_288,
    height_px: int = 9_216,
    seed: int = 7,
    progress: Callable[[float], None] | None = None,
    white: WhiteCells = MANY,
) -> Film:
    """Draw a film; the same seed gives the same film."""
    rng = np.random.default_rng(seed)
    cells = _place(width_px, height_px, rng, white)
    blurred = tuple(
        (
            float(rng.uniform(0.25, 0.8) * width_px),
            float(rng.uniform(0.1, 0.9) * height_px),
            float(rng.uniform(500, 1000)),
        )
        for _ in range(max(1, round(width_px * height_px / 2.3e7)))
    )
    rgb = np.empty((height_px, width_px, 3), np.uint8)
    for top, strip in _strips(width_px, height_px, cells, blurred, seed):
        rgb[top : top + len(strip)] = strip
        if progress:
            progress((top + len(strip)) / height_px)
    _sign(rgb)
    return Film(rgb, tuple(cells), blurred)


def write_film(out: Path, truth: Path, film: Film) -> None:
    """The film as a pyramidal JPEG TIFF and its truth as CSV (x and y in level-0 px, radius in µm)."""
    write_pyramid(pyvips.Image.new_from_array(film.rgb).copy(interpretation="srgb"), out, MPP, quality=88)
    with truth.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["x_px", "y_px", "radius_um", "class", "origin"])
        for c in film.cells:
            writer.writerow([round(c.x, 2), round(c.y, 2), round(c.radius_um, 3), c.cls, "synthetic"])


def read_truth(path: Path) -> list[TrueCell]:
    with path.open(newline="", encoding="utf-8") as stream:
        return [
            TrueCell(float(r["x_px"]), float(r["y_px"]), float(r["radius_um"]), r["class"], 0)
            for r in csv.DictReader(stream)
        ]


def _thickness(share: NDArray[np.float64] | float) -> NDArray[np.float64] | np.float64:
    """Red cells per mm² along the film: crowded at the thick end, a monolayer in the middle, thin at the feathered end."""
    return np.interp(share, [0, 0.14, 0.26, 0.68, 0.80, 0.88, 0.895, 1], [13500, 10500, 6200, 4800, 2600, 900, 0, 0])


def _place(width_px: int, height_px: int, rng: np.random.Generator, white: WhiteCells) -> list[TrueCell]:
    """White cells first (red ones keep away), then rouleaux at the thick end, red cells and platelets."""
    um = width_px * MPP, height_px * MPP
    area_mm2 = um[0] * um[1] / 1e6
    grid = _Grid(14.0)
    cells: list[tuple[float, float, float, str]] = []

    def put(x: float, y: float, radius: float, cls: str) -> None:
        cells.append((x, y, radius, cls))
        grid.add(x, y, radius)

    names, shares = list(WHITE_SHARES), np.array(list(WHITE_SHARES.values()))
    for _ in range(round(area_mm2 * white.per_mm2)):
        x, y = rng.uniform(0.02, 0.885) * um[0], rng.uniform(0.01, 0.99) * um[1]
        cls = str(rng.choice(names, p=shares / shares.sum()))
        if white.edge_blasts and min(y, um[1] - y) < EDGE * um[1] and rng.uniform() < white.edge_blasts:
            cls = "blast"
        radius = WHITE_RADII_UM[cls] * float(rng.normal(1, 0.06))
        if grid.clear(x, y, radius, 1.3):
            put(x, y, radius, cls)
    for _ in range(round(area_mm2 * 28)):
        _rouleau(um, rng, grid, put)
    names, shares = list(RED_SHARES), np.array(list(RED_SHARES.values()))
    n = round(area_mm2 * 26_000)
    xs, ys = rng.uniform(0, 1, n), rng.uniform(0, um[1], n)
    edge = 0.885 + 0.012 * np.sin(ys / 90) + 0.01 * np.sin(ys / 37 + 1)  # the feathered edge is ragged
    keep = rng.uniform(0, 1, n) * 15_000 < _thickness(xs)
    kinds = rng.choice(len(names), n, p=shares / shares.sum())
    sizes = rng.normal(1, 0.045, n)
    touch = rng.uniform(0, 1, n)
    for i in np.flatnonzero(keep & (xs < edge)):
        cls = names[kinds[i]]
        radius = RED_SHAPES[cls] * float(sizes[i])
        # How near two red cells may come: apart in the monolayer, some touching, piled up at the thick end.
        share = float(xs[i])
        near = 0.55 if share < 0.16 else 0.8 if share < 0.24 else 1.08
        if share >= 0.24 and touch[i] < 0.06:
            near = 0.93
        if grid.clear(share * um[0], float(ys[i]), radius, near):
            put(share * um[0], float(ys[i]), radius, cls)
    for _ in range(round(area_mm2 * 330)):
        x, y = rng.uniform(0.02, 0.88) * um[0], rng.uniform(0, 1) * um[1]
        radius = float(np.clip(rng.normal(1.25, 0.22), 0.8, 1.9))
        if grid.clear(x, y, radius, 1.25):
            put(x, y, radius, "platelet")
    seeds = rng.integers(0, 2**31, len(cells))
    return [TrueCell(x / MPP, y / MPP, r, cls, int(s)) for (x, y, r, cls), s in zip(cells, seeds, strict=True)]


def _rouleau(
    um: tuple[float, float], rng: np.random.Generator, grid: _Grid, put: Callable[[float, float, float, str], None]
) -> None:
    """A stack of coins, seen from the side: cells at a third of their width along a bent line."""
    x, y = rng.uniform(0.01, 0.24) * um[0], rng.uniform(0, 1) * um[1]
    heading, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.08)
    for _ in range(int(rng.integers(4, 10))):
        if not (0 < x < um[0] and 0 < y < um[1]) or not grid.clear(x, y, 3.6, 0.3):
            return
        put(x, y, 3.6 * float(rng.normal(1, 0.03)), "normal")
        x, y = x + 2.6 * np.cos(heading), y + 2.6 * np.sin(heading)
        heading += bend


class _Grid:
    """Finds neighbours among placed discs (µm)."""

    def __init__(self, side_um: float) -> None:
        self.side = side_um
        self.boxes: dict[tuple[int, int], list[tuple[float, float, float]]] = {}

    def add(self, x: float, y: float, radius: float) -> None:
        self.boxes.setdefault((int(x // self.side), int(y // self.side)), []).append((x, y, radius))

    def clear(self, x: float, y: float, radius: float, near: float) -> bool:
        """Whether no disc is nearer than `near` times the sum of the radii (white cells always keep apart)."""
        i, j = int(x // self.side), int(y // self.side)
        for a in (i - 1, i, i + 1):
            for b in (j - 1, j, j + 1):
                for ox, oy, other in self.boxes.get((a, b), ()):
                    least = (radius + other) * (1.03 if other > 5 else near)
                    if (x - ox) ** 2 + (y - oy) ** 2 < least * least:
                        return False
        return True


def _strips(
    width_px: int, height_px: int, cells: list[TrueCell], blurred: tuple[tuple[float, float, float], ...], seed: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    ys = np.array([c.y for c in cells])
    order = np.argsort(ys)
    pad = 64
    for number, top in enumerate(range(0, height_px, STRIP_PX)):
        height = min(STRIP_PX, height_px - top)
        density = np.zeros((height + 2 * pad, width_px, 3), np.float32)
        first, last = np.searchsorted(ys[order], [top - 2 * pad, top + height + 2 * pad])
        for index in order[first:last]:
            _draw(cells[int(index)], density, top - pad)
        yield top, _develop(density, top - pad, height_px, blurred, np.random.default_rng([seed, number]))[pad:-pad]


def _draw(cell: TrueCell, density: NDArray[np.float32], top: int) -> None:
    rng = np.random.default_rng(cell.seed)
    radius_px = cell.radius_um / MPP
    half = int(np.ceil(radius_px * 1.75)) + 2
    cx, cy = int(np.floor(cell.x)), int(np.floor(cell.y)) - top
    y0, y1 = max(0, cy - half), min(density.shape[0], cy + half + 1)
    x0, x1 = max(0, cx - half), min(density.shape[1], cx + half + 1)
    if y0 >= y1 or x0 >= x1:
        return
    span = np.arange(-half, half + 1, dtype=np.float32)
    dx = (span + 0.5 - np.float32(cell.x - np.floor(cell.x)))[None, :] / radius_px
    dy = (span + 0.5 - np.float32(cell.y - np.floor(cell.y)))[:, None] / radius_px
    if cell.cls in RED_SHAPES:
        # Towards the feathered end cells flatten and lose their pale centre.
        flat = float(np.clip((cell.x / density.shape[1] - 0.76) / 0.1, 0, 1))
        patch = draw_red(cell.cls, dx, dy, radius_px, flat, rng)
    elif cell.cls == "platelet":
        patch = draw_platelet(dx, dy, radius_px, rng)
    else:
        patch = draw_white(cell.cls, dx, dy, radius_px, rng)
    density[y0:y1, x0:x1] += patch[y0 - cy + half : y1 - cy + half, x0 - cx + half : x1 - cx + half]


def _develop(
    density: NDArray[np.float32],
    top: int,
    height_px: int,
    blurred: tuple[tuple[float, float, float], ...],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Density to picture: optics, stain gradient, places out of focus, plasma, camera noise."""
    h, w = density.shape[:2]
    density = ndimage.gaussian_filter(density, (0.75, 0.75, 0))
    for x, y, radius in blurred:
        y0, y1 = int(max(0, y - radius - top)), int(min(h, y + radius - top))
        x0, x1 = int(max(0, x - radius)), int(min(w, x + radius))
        if y0 >= y1 or x0 >= x1:
            continue
        part = density[y0:y1, x0:x1]
        soft = ndimage.gaussian_filter(part, (5.5, 5.5, 0))
        gy = (np.arange(y0, y1) + top - y)[:, None] / radius
        gx = (np.arange(x0, x1) - x)[None, :] / radius
        share = np.clip((1 - np.hypot(gx, gy)) / 0.25, 0, 1)[..., None].astype(np.float32)
        density[y0:y1, x0:x1] = part * (1 - share) + soft * share
    across = np.linspace(0, 1, w, dtype=np.float32)[None, :, None]
    down = ((np.arange(h, dtype=np.float32) + top) / height_px)[:, None, None]
    stain = 1.1 - 0.18 * across + 0.06 * down
    plasma = (0.035 * np.clip(1.05 - across, 0, 1)) * np.array((0.25, 0.55, 0.45), np.float32)
    light = 1.0 - 0.03 * np.abs(across - 0.5) - 0.02 * np.abs(down - 0.5)
    rgb = GROUND * light * np.exp(-(density * stain + plasma))
    grain = rng.normal(0, 1.0, (h, w, 1)).astype(np.float32) + rng.normal(0, 0.9, (h, w, 3)).astype(np.float32)
    return np.clip(rgb + 1.5 * grain, 0, 255).astype(np.uint8)


def _sign(rgb: NDArray[np.uint8]) -> None:
    """Write that it is synthetic where no cells lie, pale enough not to be taken for one."""
    h, w = rgb.shape[:2]
    text = "SYNTHETIC FILM · HemaView · no patient"
    size = max(14, round(0.012 * max(h, w)))
    strip = Image.new("L", (h, size * 2), 0)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(size)
    step = int(draw.textlength(text, font=font)) + 4 * size
    for x in range(size, h, step):
        draw.text((x, size // 3), text, fill=255, font=font)
    ink = np.asarray(strip.rotate(90, expand=True), np.float32)[:h]
    left = min(w - ink.shape[1], int(0.972 * w))
    part = rgb[:, left : left + ink.shape[1]]
    part[:] = (part * (1 - 0.15 * ink[..., None] / 255)).astype(np.uint8)


def main(arguments: list[str]) -> int:
    """`python -m hemaview.wsi.synthetic FILM.tif TRUTH.csv [SEED]`"""
    film, truth = Path(arguments[0]), Path(arguments[1])
    write_film(film, truth, draw_film(seed=int(arguments[2]) if len(arguments) > 2 else 7))
    return 0


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
