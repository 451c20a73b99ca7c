"""Several classifiers asked together: the mean of their log-probabilities (Genest & Zidek 1986, logarithmic pool)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Committee(nn.Module):
    """RGB 0-255 (N, 3, H, W) to logits (N, classes): the members' mean, each shown the same square at its own size.

    nets: members of one list of classes; sides_px: the square that each was trained on. All must show as many µm.
    """

    def __init__(self, nets: Sequence[nn.Module], sides_px: Sequence[int]) -> None:
        super().__init__()
        self.nets, self.sides_px = nn.ModuleList(nets), tuple(sides_px)

    def forward(self, x: Tensor) -> Tensor:
        answers = [
            functional.log_softmax(net(functional.interpolate(x.float(), size=(side, side), mode="bilinear")), dim=1)
            for net, side in zip(self.nets, self.sides_px, strict=True)
        ]
        return torch.stack(answers).mean(dim=0)
