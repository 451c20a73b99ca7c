"""A small network that tells what kind of thing a cut-out shows, before finer models are asked."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

KINDS = ("red_cell", "nucleated", "platelet", "nothing")
MPP = 0.3
INPUT_PX = 64


class CellKindNet(nn.Module):
    """RGB 0-255 (N, 3, 64, 64) at 0.3 µm/px, the thing in the centre, to logits (N, 4) over KINDS."""

    def __init__(self, classes: int = len(KINDS), width: int = 24) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        inside = 3
        for outside in (width, 2 * width, 3 * width, 4 * width):
            blocks += [
                nn.Conv2d(inside, outside, 3, padding=1, bias=False),
                nn.BatchNorm2d(outside),
                nn.ReLU(inplace=True),
                nn.Conv2d(outside, outside, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outside),
                nn.ReLU(inplace=True),
            ]
            inside = outside
        self.features = nn.Sequential(*blocks)
        self.last = nn.Linear(inside, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x.float() / 127.5 - 1)
        # The thing itself is in the middle; its surroundings tell less.
        middle = functional.adaptive_avg_pool2d(x[..., 1:3, 1:3], 1).flatten(1)
        whole = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        answer: Tensor = self.last(0.7 * middle + 0.3 * whole)
        return answer
