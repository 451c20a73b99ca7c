"""NODEs-UNet (Li et al. 2021): a U-Net of half width whose bottom is solved as ordinary differential equations.

Contrast-limited equalisation of the brightness first (CLAHE on Y of YUV); then a U-Net with half the kernels of the
original; at the bottom one ODE block at tolerance 1e-6 and two at 1e-4. dh/dt = f(h, t), equation (3), solved from 0 to 1
(equation 5) by torchdiffeq's Dormand-Prince method, whose steps follow the tolerance.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchdiffeq import odeint

BOTTOM_TOLERANCES = (1e-6, 1e-4, 1e-4)


def equalised(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) with the brightness equalised within tiles (CLAHE on Y), colour differences kept."""
    yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV)
    yuv[..., 0] = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(yuv[..., 0])
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB), np.uint8)


class OdeBlock(nn.Module):
    """h(1) from h(0) of dh/dt = f(h, t): two convolutions that are told the time. (N, C, H, W) to the same shape."""

    def __init__(self, channels: int, tolerance: float) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels + 1, channels, 3, padding=1)
        self.second = nn.Conv2d(channels + 1, channels, 3, padding=1)
        self.norms = nn.ModuleList([nn.GroupNorm(min(8, channels), channels) for _ in range(2)])
        nn.init.zeros_(self.second.weight)  # it starts as the identity, which is solved in one step
        self.tolerance = tolerance
        self.evaluations = 0

    def slope(self, t: Tensor, h: Tensor) -> Tensor:
        self.evaluations += 1
        time = t.expand(len(h), 1, *h.shape[2:]).to(h.dtype)
        h = self.first(torch.cat([time, functional.relu(self.norms[0](h))], 1))
        return torch.as_tensor(self.second(torch.cat([time, functional.relu(self.norms[1](h))], 1)))

    def forward(self, h: Tensor) -> Tensor:
        times = torch.tensor([0.0, 1.0], device=h.device)
        # The solver's own sums in single precision cannot resolve less than 1e-6.
        tolerance = max(self.tolerance, 1e-6)
        # The whole way is tried as one step first: where it is good enough, two thirds of the evaluations are saved.
        # In training no step is shorter than a quarter, so that a block that grows stiff cannot make it ever slower.
        whole = {"first_step": 1.0, "min_step": 0.25 if self.training else 0.0}
        solved: Tensor = odeint(self.slope, h, times, rtol=tolerance, atol=tolerance, method="dopri5", options=whole)[
            -1
        ]
        return solved


class _Residual(nn.Module):
    """The discrete counterpart (ResNet block, equation 2): one Euler step of the ODE block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.GroupNorm(min(8, channels), channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1),
            nn.GroupNorm(min(8, channels), channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1),
        )  # fmt: skip

    def forward(self, h: Tensor) -> Tensor:
        answer: Tensor = h + self.block(h)
        return answer


class _Double(nn.Sequential):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
        )  # fmt: skip


class NodesUNet(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 16, to logits (N, classes, H, W).

    `positions` maps a place (1 to 9: down the left side, 5 the bottom, up the right side) to the tolerances of the ODE
    blocks put there; `residual` puts ResNet blocks in their place; an empty mapping gives the plain U-Net of half width.
    """

    def __init__(
        self,
        classes: int = 3,
        width: int = 32,
        positions: dict[int, tuple[float, ...]] | None = None,
        residual: bool = False,
    ) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(5)]
        self.down = nn.ModuleList([_Double(3 if i == 0 else widths[i - 1], widths[i]) for i in range(5)])
        self.merge = nn.ModuleList([_Double(widths[i] + widths[i + 1], widths[i]) for i in range(4)])
        self.last = nn.Conv2d(width, classes, 1)
        places = {5: BOTTOM_TOLERANCES} if positions is None else positions
        self.solved = nn.ModuleDict()
        for place, tolerances in places.items():
            channels = widths[place - 1] if place <= 5 else widths[9 - place]
            blocks = [_Residual(channels) if residual else OdeBlock(channels, t) for t in tolerances]
            self.solved[str(place)] = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = x.float() / 127.5 - 1
        skips: list[Tensor] = []
        for i, block in enumerate(self.down):
            x = self._at(i + 1, block(x if i == 0 else functional.max_pool2d(x, 2)))
            skips.append(x)
        for i in reversed(range(4)):
            up = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self._at(9 - i, self.merge[i](torch.cat([skips[i], up], 1)))
        logits: Tensor = self.last(x)
        return logits

    def _at(self, place: int, x: Tensor) -> Tensor:
        return self.solved[str(place)](x) if str(place) in self.solved else x


def set_tolerance(net: nn.Module, tolerance: float) -> None:
    """Solve every ODE block of the net at `tolerance` from now on: larger is faster and less exact (§3.3)."""
    for module in net.modules():
        if isinstance(module, OdeBlock):
            module.tolerance = tolerance
