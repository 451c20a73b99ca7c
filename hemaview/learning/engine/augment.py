"""Batch augmentation of cell crops: place, turn, size, stain, focus, noise. What another laboratory would change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strongly pictures are changed before a net learns from them."""

    scale: float = 0.15
    """The largest change of size (log)."""
    shift: float = 0.05
    """The largest, as a share of half the side."""
    stain: float = 0.2
    """Of each colour's optical density: how far its gain (log) and its mixture with the others go."""
    light: float = 0.12
    """The largest change of optical density is half of it."""
    blur: float = 0.25
    """Share of pictures that are softened by a pixel."""
    noise: float = 4.0
    """The largest standard deviation of a pixel's noise, levels of 255."""
    turns: bool = True
    """Whether they are rotated and mirrored."""
    smear: float = 0.0
    """Share that is badly out of focus or was stored small."""
    zoom: float = 1.0
    """How many times larger they are shown, about."""
    jpeg: float = 0.0
    """Share that was stored as JPEG of a poor quality."""


OWN_SHARE = 0.2
"""How much of the changes of one film's cells is each cell's own."""


def augment(x: Tensor, out_px: int, how: Augmentation, generator: torch.Generator, one_film: bool = False) -> Tensor:
    """float (N, 3, H, W) in 0-255 to (N, 3, out_px, out_px): rotated by any angle, mirrored, rescaled, restained.

    Chance is drawn on the CPU, by its `generator`, so that pictures change alike on every device. As cells of `one_film`
    they share size, stain, light and focus, but for OWN_SHARE.
    """
    n = len(x)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator) * (high - low) + low

    angle = uniform(0, 2 * math.pi if how.turns else 0.0, n)
    size = torch.exp((_shared(generator, one_film, n) - 0.5) * 2 * how.scale) / how.zoom
    mirror = torch.where(torch.rand(n, generator=generator) < (0.5 if how.turns else 0.0), -1.0, 1.0)
    base = out_px / x.shape[-1] if out_px < x.shape[-1] else 1.0
    cos, sin = torch.cos(angle) * size * base, torch.sin(angle) * size * base
    theta = torch.stack(
        [
            torch.stack([cos * mirror, -sin, uniform(-how.shift, how.shift, n)], 1),
            torch.stack([sin * mirror, cos, uniform(-how.shift, how.shift, n)], 1),
        ],
        1,
    )
    grid = functional.affine_grid(sent(theta, x.device), [n, 3, out_px, out_px], align_corners=False)
    x = functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return restain(x, how, generator, one_film)


def restain(x: Tensor, how: Augmentation, generator: torch.Generator, one_film: bool = False) -> Tensor:
    """Change stain and light: optical density mixed and scaled per channel, gamma, blur of some, sensor noise."""
    n = len(x)

    def uniform(*shape: int) -> Tensor:
        return sent(_shared(generator, one_film, *shape), x.device)

    density = -torch.log((x + 1) / 256)
    mix = torch.eye(3, device=x.device).expand(n, 3, 3) + (uniform(n, 3, 3) - 0.5) * how.stain
    gain = torch.exp((uniform(n, 3, 1, 1) - 0.5) * 2 * how.stain)
    density = torch.einsum("nij,njhw->nihw", mix, density) * gain
    offset = (uniform(n, 3, 1, 1) - 0.5) * how.light
    x = (256 * torch.exp(-(density + offset)) - 1).clamp(0, 255)
    if how.smear:
        x = _smeared(x, uniform(n, 1, 1, 1) < how.smear, float(torch.rand(1, generator=generator)))
    soft = uniform(n, 1, 1, 1) < how.blur
    x = torch.where(soft, functional.avg_pool2d(functional.pad(x, [1, 1, 1, 1], mode="replicate"), 3, 1), x)
    x = (x + _normal(x, generator) * uniform(n, 1, 1, 1) * how.noise).clamp(0, 255)
    if how.jpeg:
        x = torch.where(
            uniform(n, 1, 1, 1) < how.jpeg, stored_as_jpeg(x, 15 + 50 * float(torch.rand(1, generator=generator))), x
        )
    return x


def _normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal numbers of the shape of x. Drawn where x is: on a GPU by a generator that `generator` seeds."""
    if x.device.type != "cuda":
        return torch.randn(x.shape, generator=generator).to(x.device)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return torch.randn(x.shape, generator=torch.Generator(x.device).manual_seed(seed), device=x.device)


def stored_as_jpeg(x: Tensor, quality: float) -> Tensor:
    """Pictures float (N, 3, H, W) in 0-255 as JPEG of a quality (1-100, below 50 coarse) would give them back, without halved
    colours."""
    h, w = x.shape[-2:]
    to_ycc, to_rgb, cosines = _jpeg_tables(x.device)
    full = functional.pad(x, [0, -w % 8, 0, -h % 8], mode="replicate")
    n, _, rows, columns = full.shape
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, full - 128)
    blocks = ycc.reshape(n, 3, rows // 8, 8, columns // 8, 8)
    parts = torch.einsum("ai,ncyixj,bj->ncyaxb", cosines, blocks, cosines)
    scale = 50 / quality if quality < 50 else 2 - quality / 50
    along = torch.arange(8, device=x.device, dtype=x.dtype)
    # A plane instead of Annex K's table of luminance, which it follows within a third.
    steps = ((10 + 6.5 * (along[:, None] + along[None, :])) * scale).clamp_min(1)[:, None, :]
    rounded = torch.round(parts / steps) * steps
    back = torch.einsum("ai,ncyaxb,bj->ncyixj", cosines, rounded, cosines).reshape(n, 3, rows, columns)
    rgb = torch.einsum("ij,njhw->nihw", to_rgb, back) + 128
    return rgb[..., :h, :w].clamp(0, 255)


TO_YCC = ((0.299, 0.587, 0.114), (-0.1687, -0.3313, 0.5), (0.5, -0.4187, -0.0813))
"""Rows Y, Cb, Cr of red, green, blue (JFIF)."""


@lru_cache(maxsize=4)
def _jpeg_tables(where: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """To luminance and colours, back, and the 8 x 8 discrete cosine transform, orthonormal."""
    i = torch.arange(8, dtype=torch.float32)
    cosines = torch.cos((2 * i[None, :] + 1) * i[:, None] * math.pi / 16) * 0.5
    cosines[0] /= math.sqrt(2)
    to_ycc = torch.tensor(TO_YCC)
    return to_ycc.to(where), torch.linalg.inv(to_ycc).to(where), cosines.to(where)


def sent(chances: Tensor, where: torch.device) -> Tensor:
    """A tensor of the CPU where it is needed; a GPU goes on meanwhile."""
    return chances.pin_memory().to(where, non_blocking=True) if where.type == "cuda" else chances.to(where)


def _smeared(x: Tensor, which: Tensor, strength: float) -> Tensor:
    """Those of `which` (N, 1, 1, 1) shrunk to between a fifth and three fifths and enlarged again."""
    small_px = max(8, round(x.shape[-1] * (0.6 - 0.4 * strength)))
    small = functional.interpolate(x, size=(small_px, small_px), mode="area")
    large = functional.interpolate(small, size=x.shape[-2:], mode="bicubic", align_corners=False)
    return torch.where(which, large.clamp(0, 255), x)


def _shared(generator: torch.Generator, one_film: bool, n: int, *shape: int) -> Tensor:
    """Chances (n, *shape) in 0-1: each picture's own, or those of `one_film`, OWN_SHARE of them each picture's own."""
    own = torch.rand(n, *shape, generator=generator)
    if not one_film:
        return own
    return OWN_SHARE * own + (1 - OWN_SHARE) * torch.rand(1, *shape, generator=generator)
