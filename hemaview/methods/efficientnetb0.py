"""EfficientNet-B0 (Tan & Le 2019), the classifier of Elmanna et al.: squeeze-and-excitation and swish throughout.

ImageNet weights of B0 are not to be had offline; what B0 shares with Lite0 in shape (every convolution but those of
squeeze-and-excitation) may be taken over from a trained Lite0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hemaview.methods.efficientnet import IMAGENET_MEAN, IMAGENET_STD, STAGES, SameConv, norm

SQUEEZE = 0.25


class _Squeeze(nn.Module):
    """Channels weighed by what the whole picture shows (Hu et al. 2018)."""

    def __init__(self, channels: int, inside: int) -> None:
        super().__init__()
        middle = max(1, int(inside * SQUEEZE))
        self._se_reduce = nn.Conv2d(channels, middle, 1)
        self._se_expand = nn.Conv2d(middle, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self._se_expand(functional.silu(self._se_reduce(x.mean(dim=(2, 3), keepdim=True))))
        return x * torch.sigmoid(weight)


class _Block(nn.Module):
    def __init__(self, kernel: int, stride: int, expansion: int, inside: int, outside: int, drop: float) -> None:
        super().__init__()
        middle = inside * expansion
        self.expands, self.skips, self.drop = expansion != 1, stride == 1 and inside == outside, drop
        if self.expands:
            self._expand_conv = SameConv(inside, middle, 1, bias=False)
            self._bn0 = norm(middle)
        self._depthwise_conv = SameConv(middle, middle, kernel, stride, groups=middle, bias=False)
        self._bn1 = norm(middle)
        self.squeeze = _Squeeze(middle, inside)
        self._project_conv = SameConv(middle, outside, 1, bias=False)
        self._bn2 = norm(outside)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.silu(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self.squeeze(functional.silu(self._bn1(self._depthwise_conv(y))))
        y = self._bn2(self._project_conv(y))
        if not self.skips:
            return y
        if self.training and self.drop:
            keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= self.drop
            y = y * keep / (1 - self.drop)
        return x + y


class EfficientNetB0(nn.Module):
    """RGB in 0-255, (N, 3, H, W), to logits (N, classes); 4.0 million parameters before the last layer."""

    def __init__(self, classes: int, dropout: float = 0.2, drop_path: float = 0.1) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = norm(32)
        total = sum(stage[0] for stage in STAGES)
        blocks: list[nn.Module] = []
        for repeats, kernel, stride, expansion, inside, outside in STAGES:
            for i in range(repeats):
                drop = drop_path * len(blocks) / total
                blocks.append(
                    _Block(kernel, stride if i == 0 else 1, expansion, inside if i == 0 else outside, outside, drop)
                )
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(320, 1280, 1, bias=False)
        self._bn1 = norm(1280)
        self._fc = nn.Linear(1280, classes)
        self.dropout = dropout
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1) * 255, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = (x.float() - self.mean) / self.std
        x = functional.silu(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = functional.silu(self._bn1(self._conv_head(x))).mean(dim=(2, 3))
        logits: Tensor = self._fc(functional.dropout(x, self.dropout, self.training))
        return logits


def start_from_lite0(net: EfficientNetB0, state: dict[str, Tensor]) -> int:
    """Take every tensor of a Lite0 state that B0 has in the same shape, the last layer apart; how many were taken."""
    own = net.state_dict()
    shared = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape and not k.startswith("_fc.")}
    net.load_state_dict(shared, strict=False)
    return len(shared)
