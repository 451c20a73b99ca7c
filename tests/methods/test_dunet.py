"""dU-Net: deformable convolutions that begin as ordinary ones, look elsewhere once trained, and never further than allowed."""

from __future__ import annotations

import torch
from torch.nn import functional

from hemaview.methods.dunet import DeformableConv, DUNet, sampling_points
from hemaview.methods.pspnet import PSPNet


def test_an_untrained_layer_is_an_ordinary_convolution() -> None:
    layer, x = DeformableConv(4, 6), torch.rand(2, 4, 20, 28)
    ordinary = functional.conv2d(x, layer.conv.weight, layer.conv.bias, padding=1)
    assert float((layer(x) - ordinary).abs().max().detach()) < 1e-5


def test_an_offset_moves_what_is_read_and_no_further_than_the_scope() -> None:
    layer = DeformableConv(1, 1, scope=2.0)
    with torch.no_grad():
        layer.offset.bias.view(-1, 2)[:, 1] = 100.0  # every tap as far to the right as it may
        layer.conv.weight.zero_()
        layer.conv.weight[0, 0, 1, 1] = 1.0
        layer.conv.bias.zero_()
    x = torch.arange(20.0).repeat(1, 1, 8, 1)
    moved = layer.points(x)[0, 4]
    assert torch.allclose(moved[1, 3], torch.arange(20.0) + 2.0, atol=1e-4)
    assert torch.allclose(layer(x)[0, 0, 3, 2:15], torch.arange(4.0, 17.0), atol=1e-3)


def test_every_convolution_is_deformable_and_the_channels_are_the_papers() -> None:
    net = DUNet()
    deformable = [m for m in net.modules() if isinstance(m, DeformableConv)]
    inner = {id(m.conv) for m in deformable} | {id(m.offset) for m in deformable} | {id(net.last)}
    assert all(id(m) in inner for m in net.modules() if isinstance(m, torch.nn.Conv2d))
    assert [m.conv.out_channels for m in deformable] == [8, 8, 16, 16, 32, 32, 64, 64, 8, 8, 16, 16, 32, 32]
    assert not any(isinstance(m, DeformableConv) for m in DUNet(deformable=False).modules())
    for other in (net, DUNet(deformable=False), PSPNet()):
        assert other.eval()(torch.zeros(1, 3, 32, 48)).shape == (1, 2, 32, 48)


def test_sampling_points_of_ordinary_convolutions_are_a_square_and_of_trained_ones_are_not() -> None:
    rgb = torch.rand(1, 3, 24, 24) * 255
    plain = sampling_points(DUNet(deformable=False).eval(), rgb, 12, 10)
    assert plain.shape == (81, 2)
    assert sorted({tuple(p) for p in plain.tolist()}) == [
        (12.0 + y, 10.0 + x) for y in range(-2, 3) for x in range(-2, 3)
    ]
    net = DUNet().eval()
    with torch.no_grad():
        net.down[0][0].offset.bias.normal_()  # type: ignore[index]
    assert len({tuple(p) for p in sampling_points(net, rgb, 12, 10).round(decimals=3).tolist()}) > 25
