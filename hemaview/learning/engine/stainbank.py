"""Stains of other laboratories, as second moments of optical density, and films moved from one to another.

The map between two stains is the linear one of optimal transport: of all that give the wanted moments it changes colours least.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hemaview.learning.engine.augment import sent

STAINED = 0.35
"""Summed optical density of the three channels, beyond that of the ground, from which a pixel shows stain."""
CELLS_A_FILM = 48
RIDGE = 1e-4
"""Added to each moment's diagonal: a stain of one colour alone has no inverse."""


def moments_of(x: Tensor) -> Tensor:
    """(3, 3): mean product of the channels' optical densities over the stained pixels of pictures float (N, 3, H, W) in 0-255;
    the identity where nothing is stained."""
    density = density_of(x)
    ground = density.amin(dim=(2, 3), keepdim=True)
    stained = (density - ground).sum(dim=1) > STAINED
    if not stained.any():
        return torch.eye(3, device=x.device)
    pixels = density.permute(0, 2, 3, 1)[stained]
    return pixels.T @ pixels / len(pixels) + RIDGE * torch.eye(3, device=x.device)


def density_of(x: Tensor) -> Tensor:
    """Optical density of pictures in 0-255."""
    return -torch.log((x.clamp(0, 255) + 1) / 256)


def stains_of(sources: Sequence[NDArray[np.uint8]], seed: int = 17, films: int = 24) -> NDArray[np.float32]:
    """float32 (k, 3, 3): the moments of up to `films` groups of CELLS_A_FILM pictures that lie together in each source uint8
    (n, H, W, 3): a source in its own order often goes by film or patient."""
    rng = np.random.default_rng(seed)
    stains = []
    for images in sources:
        groups = max(1, len(images) // CELLS_A_FILM)
        for group in rng.permutation(groups)[:films]:
            some = np.ascontiguousarray(images[group * CELLS_A_FILM : (group + 1) * CELLS_A_FILM])
            if len(some):
                stains.append(moments_of(torch.from_numpy(some).permute(0, 3, 1, 2).float()).numpy())
    return np.stack(stains).astype(np.float32) if stains else np.zeros((0, 3, 3), np.float32)


def moved(x: Tensor, own: Tensor, wanted: Tensor, share: float) -> Tensor:
    """Pictures float (N, 3, H, W) in 0-255 whose stain has the moments `own`, by `share` (0-1) of the way to `wanted`, both
    (3, 3) on the CPU."""
    way = sent(torch.lerp(torch.eye(3), transport(own, wanted), share), x.device)
    density = torch.einsum("ij,njhw->nihw", way, density_of(x))
    return (256 * torch.exp(-density) - 1).clamp(0, 255)


def transport(own: Tensor, wanted: Tensor) -> Tensor:
    """The symmetric positive map (3, 3) that turns vectors with the second moments `own` into ones with `wanted`."""
    root = _power(own, 0.5)
    inverse = _power(own, -0.5)
    return inverse @ _power(root @ wanted @ root, 0.5) @ inverse


def _power(moments: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(moments.double())
    return ((vectors * values.clamp_min(1e-8) ** exponent) @ vectors.T).float()
