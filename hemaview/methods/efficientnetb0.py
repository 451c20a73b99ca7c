"""EfficientNet-B0 (Tan & Le 2019), the classifier of Elmanna et al.: squeeze-and-excitation and swish throughout.

ImageNet weights of B0 are not to be had offline; what B0 shares with Lite0 in shape (every convolution but those of
squeeze-and-excitation) may be taken over from a trained Lite0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hemaview.methods.efficientnet import EfficientNet, SameConv, norm

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


class EfficientNetB0(EfficientNet):
    """RGB in 0-255, (N, 3, H, W), to logits (N, classes); 4.0 million parameters before the last layer."""

    make_block = _Block
    activation = staticmethod(functional.silu)


def start_from_lite0(net: EfficientNet, state: dict[str, Tensor]) -> int:
    """Take every tensor of a Lite0 state that the net has in the same shape, the last layer apart; how many were taken."""
    own = net.state_dict()
    shared = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape and not k.startswith("_fc.")}
    net.load_state_dict(shared, strict=False)
    return len(shared)
