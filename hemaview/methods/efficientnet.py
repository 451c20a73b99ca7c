"""EfficientNet-Lite0 (Tan & Le 2019; the Lite variant has no squeeze-and-excitation and ReLU6 throughout).

Parameter names follow the published checkpoint so that its ImageNet weights load as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

# repeats, kernel, stride, expansion, in, out (EfficientNet-B0's table; Lite0 keeps widths and depths)
STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's 'same' padding, as the checkpoint was trained."""

    def forward(self, x: Tensor) -> Tensor:
        (kh, kw), (sh, sw) = self.kernel_size, self.stride
        h, w = x.shape[-2:]
        pad_h, pad_w = max((-(-h // sh) - 1) * sh + kh - h, 0), max((-(-w // sw) - 1) * sw + kw - w, 0)
        if pad_h or pad_w:
            x = functional.pad(x, [pad_w // 2, pad_w - pad_w // 2, pad_h // 2, pad_h - pad_h // 2])
        return functional.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


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
        self._project_conv = SameConv(middle, outside, 1, bias=False)
        self._bn2 = norm(outside)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        if not self.skips:
            return y
        if self.training and self.drop:
            keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= self.drop
            y = y * keep / (1 - self.drop)
        return x + y


class EfficientNet(nn.Module):
    """What the family shares: stages, names of weights, normalisation (part of the network, so that no caller can forget
    it). `make_block` is one block (kernel, stride, expansion, channels in and out, share of dropped paths).
    """

    make_block: type[nn.Module] = _Block
    activation = staticmethod(functional.relu6)
    gives_features = 1280

    def __init__(self, classes: int, dropout: float = 0.2, drop_path: float = 0.1) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = norm(32)
        blocks: list[nn.Module] = []
        total = sum(stage[0] for stage in STAGES)
        for repeats, kernel, stride, expansion, inside, outside in STAGES:
            for i in range(repeats):
                drop = drop_path * len(blocks) / total
                blocks.append(
                    self.make_block(
                        kernel, stride if i == 0 else 1, expansion, inside if i == 0 else outside, outside, drop
                    )
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

    def features(self, x: Tensor) -> Tensor:
        """Pooled features (N, 1280)."""
        x = (x.float() - self.mean) / self.std
        x = self.activation(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = self.activation(self._bn1(self._conv_head(x)))
        return x.mean(dim=(2, 3))

    def with_features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N, classes) and pooled features (N, 1280) of one pass."""
        features = self.features(x)
        return self._fc(functional.dropout(features, self.dropout, self.training)), features

    def forward(self, x: Tensor) -> Tensor:
        return self.with_features(x)[0]


class EfficientNetLite0(EfficientNet):
    """uint8 or float RGB in 0-255, (N, 3, H, W), to logits (N, classes); 3.4 million parameters before the last layer."""


def load_imagenet(net: EfficientNetLite0, state: dict[str, Tensor]) -> None:
    """Take the published ImageNet weights, all but the last layer."""
    own = {k: v for k, v in state.items() if not k.startswith("_fc.")}
    missing = net.load_state_dict(own, strict=False)
    missing_keys = [k for k in missing.missing_keys if not k.startswith("_fc.")]
    if missing_keys or missing.unexpected_keys:
        raise ValueError(f"These are not EfficientNet-Lite0's weights: {(missing_keys or missing.unexpected_keys)[0]}")
