"""A small PSPNet (Zhao et al. 2017), for comparison: features at an eighth, pooled over 1, 2, 3 and 6 parts, joined."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

POOLS = (1, 2, 3, 6)


class PSPNet(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 8, to logits (N, outputs, H, W)."""

    def __init__(self, outputs: int = 2, width: int = 16) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        stages: list[nn.Module] = []
        inside = 3
        for outside in widths:
            stages += [
                nn.Conv2d(inside, outside, 3, 2, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
                nn.Conv2d(outside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
            ]  # fmt: skip
            inside = outside
        for rate in (2, 4):
            stages += [
                nn.Conv2d(inside, inside, 3, padding=rate, dilation=rate, bias=False),
                nn.BatchNorm2d(inside), nn.ReLU(inplace=True),
            ]  # fmt: skip
        self.features = nn.Sequential(*stages)
        self.pools = nn.ModuleList([nn.Conv2d(inside, inside // 4, 1) for _ in POOLS])
        self.last = nn.Sequential(
            nn.Conv2d(2 * inside, inside, 3, padding=1, bias=False), nn.BatchNorm2d(inside), nn.ReLU(inplace=True),
            nn.Conv2d(inside, outputs, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        x = self.features(x.float() / 127.5 - 1)
        parts = [x]
        for n, conv in zip(POOLS, self.pools, strict=True):
            pooled = functional.relu(conv(functional.adaptive_avg_pool2d(x, n)))
            parts.append(functional.interpolate(pooled, x.shape[-2:], mode="bilinear", align_corners=False))
        logits = self.last(torch.cat(parts, dim=1))
        return functional.interpolate(logits, size, mode="bilinear", align_corners=False)
