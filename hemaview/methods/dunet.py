"""dU-Net (Zhang et al., RBC semantic segmentation for sickle cell disease based on deformable U-Net).

A U-Net of three levels and 8, 16, 32, 64 channels in which every 3 × 3 convolution samples where it learned to look:
offsets = tanh(convolution) × scope, added to the regular grid, read by bilinear interpolation (equations 2 to 5).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hemaview.methods.unet import through

TAPS = 9


class DeformableConv(nn.Module):
    """3 × 3 convolution (N, in, H, W) to (N, out, H, W) over sampling points moved by up to `scope` px each way.

    The offsets' convolution starts at zero: an untrained layer is an ordinary convolution.
    """

    def __init__(self, inside: int, outside: int, scope: float = 2.0) -> None:
        super().__init__()
        self.scope = scope
        self.offset = nn.Conv2d(inside, 2 * TAPS, 3, padding=1)
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)  # type: ignore[arg-type]
        self.conv = nn.Conv2d(inside, outside, 3)
        grid = torch.stack(torch.meshgrid(torch.arange(-1.0, 2.0), torch.arange(-1.0, 2.0), indexing="ij"), -1)
        self.taps: Tensor
        self.register_buffer("taps", grid.reshape(TAPS, 2), persistent=False)

    def points(self, x: Tensor) -> Tensor:
        """Where the layer looks: float32 (N, 9, 2: y, x, H, W), px of its input. Half precision knows no pixel past 256."""
        n, _, h, w = x.shape
        offsets = torch.tanh(self.offset(x)).float().reshape(n, TAPS, 2, h, w) * self.scope
        rows = torch.arange(h, device=x.device, dtype=torch.float32)[:, None].expand(h, w)
        columns = torch.arange(w, device=x.device, dtype=torch.float32)[None].expand(h, w)
        return offsets + self.taps[None, :, :, None, None] + torch.stack([rows, columns])[None, None]

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        at = self.points(x)
        grid = torch.stack([(2 * at[:, :, 1] + 1) / w - 1, (2 * at[:, :, 0] + 1) / h - 1], dim=-1)
        samples = functional.grid_sample(
            x.float(), grid.reshape(n, TAPS * h, w, 2), mode="bilinear", padding_mode="zeros", align_corners=False
        )
        stacked = samples.reshape(n, c * TAPS, h, w)
        weight = self.conv.weight.reshape(self.conv.out_channels, c * TAPS, 1, 1)
        return functional.conv2d(stacked, weight, self.conv.bias)


class _Plain(nn.Conv2d):
    def __init__(self, inside: int, outside: int, scope: float) -> None:
        super().__init__(inside, outside, 3, padding=1)


class _Double(nn.Sequential):
    def __init__(self, conv: type[nn.Module], inside: int, outside: int, scope: float) -> None:
        super().__init__(
            conv(inside, outside, scope), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
            conv(outside, outside, scope), nn.BatchNorm2d(outside), nn.ReLU(inplace=True),
        )  # fmt: skip


class DUNet(nn.Module):
    """RGB 0-255 (N, 3, H, W), H and W multiples of 8, to logits (N, outputs, H, W); the paper shows 512 × 512 px.

    `deformable` False gives the U-Net that the paper compares with: the same layout with ordinary convolutions.
    """

    def __init__(self, outputs: int = 2, width: int = 8, deformable: bool = True, scope: float = 2.0) -> None:
        super().__init__()
        conv: type[nn.Module] = DeformableConv if deformable else _Plain
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.down = nn.ModuleList([_Double(conv, 3 if i == 0 else widths[i - 1], widths[i], scope) for i in range(4)])
        self.up = nn.ModuleList(
            [nn.ConvTranspose2d(widths[i + 1], widths[i], 3, 2, padding=1, output_padding=1) for i in range(3)]
        )
        self.merge = nn.ModuleList([_Double(conv, 2 * widths[i], widths[i], scope) for i in range(3)])
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(through(x, self.down, self.up, self.merge))
        return logits


@torch.inference_mode()
def sampling_points(net: DUNet, rgb: Tensor, y: int, x: int) -> Tensor:
    """(81, 2: y, x): where the two convolutions of the first level look for the pixel (y, x) of rgb (1, 3, H, W), px.

    The points of the second convolution's nine taps, each followed through the first (the paper's Fig. 4).
    """
    first, normalise, relu, second = list(net.down[0].children())[:4]
    inside = rgb.float() / 127.5 - 1
    middle = relu(normalise(first(inside)))
    h, w = rgb.shape[-2:]
    if isinstance(second, DeformableConv) and isinstance(first, DeformableConv):
        outer, inner = second.points(middle)[0, :, :, y, x], first.points(inside)[0]
    else:
        taps = torch.stack(torch.meshgrid(torch.arange(-1.0, 2.0), torch.arange(-1.0, 2.0), indexing="ij"), -1)
        outer = taps.reshape(TAPS, 2) + torch.tensor([float(y), float(x)])
        regular = torch.stack(torch.meshgrid(torch.arange(h * 1.0), torch.arange(w * 1.0), indexing="ij"))
        inner = regular[None] + taps.reshape(TAPS, 2)[:, :, None, None]
    rows = outer[:, 0].round().long().clamp(0, h - 1)
    columns = outer[:, 1].round().long().clamp(0, w - 1)
    return inner[:, :, rows, columns].permute(2, 0, 1).reshape(-1, 2)
