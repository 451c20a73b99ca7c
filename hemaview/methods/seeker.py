"""Finds nucleated cells at low power: a small net whose answer is a coarse map with a peak on each cell.

Whole monolayers are searched with it, so it halves its picture twice before it looks closely. Its target is a heatmap of
centres, after Zhou, Wang & Krähenbühl 2019 (Objects as points).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 4
"""Pixels of the picture to one of the answer."""
WIDTHS = (24, 32, 64, 96)


class _Conv(nn.Sequential):
    def __init__(self, inside: int, outside: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        )


class Seeker(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 16, to logits (N, classes, H / 4, W / 4): ground, then cells' centres."""

    def __init__(self, classes: int = 2, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        stem, fine, middle, coarse = widths
        self.fine = nn.Sequential(_Conv(3, stem, 2), _Conv(stem, fine, 2), _Conv(fine, fine), _Conv(fine, fine))
        self.middle = nn.Sequential(_Conv(fine, middle, 2), _Conv(middle, middle))
        self.coarse = nn.Sequential(_Conv(middle, coarse, 2), _Conv(coarse, coarse), _Conv(coarse, coarse))
        self.up_middle = _Conv(coarse, middle, kernel=1)
        self.merge_middle = _Conv(2 * middle, middle)
        self.up_fine = _Conv(middle, fine, kernel=1)
        self.merge_fine = nn.Sequential(_Conv(2 * fine, fine), _Conv(fine, fine))
        self.last = nn.Conv2d(fine, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x.float() / 127.5 - 1)
        middle = self.middle(fine)
        up = functional.interpolate(self.up_middle(self.coarse(middle)), scale_factor=2.0, mode="nearest")
        middle = self.merge_middle(torch.cat([middle, up], 1))
        up = functional.interpolate(self.up_fine(middle), scale_factor=2.0, mode="nearest")
        answer: Tensor = self.last(self.merge_fine(torch.cat([fine, up], 1)))
        return answer
