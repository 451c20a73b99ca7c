"""Batch augmentation of cell crops: place, turn, size, stain, focus, noise. What another laboratory would change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strengths; `scale` as share of size, `shift` as share of the side, `stain` as share of each colour's contrast; without
    `turns` pictures are neither rotated nor mirrored."""

    scale: float = 0.15
    shift: float = 0.05
    stain: float = 0.2
    light: float = 0.12
    blur: float = 0.25
    noise: float = 4.0
    turns: bool = True


def augment(x: Tensor, out_px: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """float (N, 3, H, W) in 0-255 to (N, 3, out_px, out_px): rotated by any angle, mirrored, rescaled, restained.

    Chance is drawn on the CPU, by its `generator`, so that pictures change alike on every device.
    """
    n = len(x)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator) * (high - low) + low

    angle = uniform(0, 2 * math.pi if how.turns else 0.0, n)
    size = torch.exp(uniform(-how.scale, how.scale, n))
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
    grid = functional.affine_grid(theta.to(x.device), [n, 3, out_px, out_px], align_corners=False)
    x = functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return restain(x, how, generator)


def restain(x: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Change stain and light: optical density mixed and scaled per channel, gamma, blur of some, sensor noise."""
    n = len(x)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(x.device)

    density = -torch.log((x + 1) / 256)
    mix = torch.eye(3, device=x.device).expand(n, 3, 3) + (uniform(n, 3, 3) - 0.5) * how.stain
    gain = torch.exp((uniform(n, 3, 1, 1) - 0.5) * 2 * how.stain)
    density = torch.einsum("nij,njhw->nihw", mix, density) * gain
    offset = (uniform(n, 3, 1, 1) - 0.5) * how.light
    x = (256 * torch.exp(-(density + offset)) - 1).clamp(0, 255)
    soft = uniform(n, 1, 1, 1) < how.blur
    x = torch.where(soft, functional.avg_pool2d(functional.pad(x, [1, 1, 1, 1], mode="replicate"), 3, 1), x)
    x = x + torch.randn(x.shape, generator=generator).to(x.device) * uniform(n, 1, 1, 1) * how.noise
    return x.clamp(0, 255)
