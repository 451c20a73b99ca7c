"""Finds sickle cells on fields: EfficientNet-Lite0's first stages, then two steps up to a coarse map with a peak on each.

The stages start as those of the shipped net of red-cell shapes: hardly a hundred boxes teach too little from nothing. The
target is a heatmap of centres, after Zhou, Wang & Krähenbühl 2019 (Objects as points).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from hemaview.methods.efficientnet import EfficientNetLite0

FINE, MIDDLE, COARSE = 3, 5, 11
"""Blocks after which Lite0 has a fourth, an eighth and a sixteenth of the picture's side."""
PRIOR = 0.01
"""Share of places that hold a centre, at the start."""


class _Conv(nn.Sequential):
    def __init__(self, inside: int, outside: int, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(inside, outside, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        )


class SickleFinder(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 16, to logits (N, 2, H / 4, W / 4): ground, then sickle cells' centres."""

    def __init__(self, classes: int = 2) -> None:
        super().__init__()
        whole = EfficientNetLite0(2, drop_path=0.0)
        self.stem, self.stem_norm = whole._conv_stem, whole._bn0
        self.blocks = nn.ModuleList(list(whole._blocks)[:COARSE])
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", whole.mean.clone(), persistent=False)
        self.register_buffer("std", whole.std.clone(), persistent=False)
        self.up_middle, self.merge_middle = _Conv(112, 40, 1), _Conv(80, 48)
        self.up_fine, self.merge_fine = _Conv(48, 24, 1), _Conv(48, 32)
        self.last = nn.Conv2d(32, classes, 1)
        odds = math.log(PRIOR / (1 - PRIOR))
        assert self.last.bias is not None
        nn.init.constant_(self.last.bias, odds / 2)
        nn.init.constant_(self.last.bias[:1], -odds / 2)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self.stem_norm(self.stem((x.float() - self.mean) / self.std)))
        steps = {}
        for i, block in enumerate(self.blocks, start=1):
            y = block(y)
            steps[i] = y
        up = functional.interpolate(self.up_middle(steps[COARSE]), scale_factor=2.0, mode="nearest")
        middle = self.merge_middle(torch.cat([steps[MIDDLE], up], 1))
        up = functional.interpolate(self.up_fine(middle), scale_factor=2.0, mode="nearest")
        answer: Tensor = self.last(self.merge_fine(torch.cat([steps[FINE], up], 1)))
        return answer


def start_from(net: SickleFinder, state: dict[str, Tensor]) -> int:
    """Take over Lite0's first stages from the weights of a classifier; how many tensors."""
    own = net.state_dict()
    names = {"_conv_stem.": "stem.", "_bn0.": "stem_norm.", "_blocks.": "blocks."}
    shared = {}
    for key, value in state.items():
        for theirs, ours in names.items():
            if key.startswith(theirs) and (name := ours + key[len(theirs) :]) in own:
                shared[name] = value.float() if value.is_floating_point() else value
    net.load_state_dict({**own, **shared})
    return len(shared)
