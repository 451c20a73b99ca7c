"""U-Net (Ronneberger, Fischer & Brox 2015) with batch normalisation; three outputs: background, rim and core of cells."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Double(nn.Sequential):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, 3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 2**levels, to logits (N, outputs, H, W)."""

    def __init__(self, outputs: int = 3, width: int = 16, levels: int = 4) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(levels + 1)]
        self.levels = levels
        self.down = nn.ModuleList([_Double(3 if i == 0 else widths[i - 1], widths[i]) for i in range(levels + 1)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(widths[i + 1], widths[i], 2, 2) for i in range(levels)])
        self.merge = nn.ModuleList([_Double(2 * widths[i], widths[i]) for i in range(levels)])
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(through(x, self.down, self.up, self.merge))
        return logits


def through(x: Tensor, down: nn.ModuleList, up: nn.ModuleList, merge: nn.ModuleList) -> Tensor:
    """Down a U-Net and up again: RGB 0-255 (N, 3, H, W) to the features (N, C, H, W) of its last level."""
    x = x.float() / 127.5 - 1
    skips: list[Tensor] = []
    for i, block in enumerate(down):
        x = block(x if i == 0 else functional.max_pool2d(x, 2))
        skips.append(x)
    for i in reversed(range(len(up))):
        x = merge[i](torch.cat([skips[i], up[i](x)], dim=1))
    return x
