"""Which of several focal planes is the sharpest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def sharpness(rgb: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the green channel of uint8 (H, W, 3) (Pech-Pacheco et al., ICPR 2000)."""
    from scipy import ndimage

    return float(ndimage.laplace(rgb[..., 1].astype(np.float32)).var())


def sharpest(planes: int, look: Callable[[int], NDArray[np.uint8]]) -> int:
    """The plane, from 0, whose picture `look(plane)` is the sharpest; the first one of equals."""
    return int(np.argmax([sharpness(look(plane)) for plane in range(planes)]))
