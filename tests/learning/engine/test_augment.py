"""Pictures of cells as another laboratory might have stored them."""

from __future__ import annotations

import torch

from hemaview.learning.engine.augment import Augmentation, augment, stored_as_jpeg


def noise(n: int = 2, side: int = 20) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(1)) * 255


def test_jpeg_of_a_poor_quality_loses_detail_and_keeps_plain_colour() -> None:
    plain = torch.tensor([200.0, 120.0, 180.0]).view(1, 3, 1, 1).expand(1, 3, 20, 20)
    assert (stored_as_jpeg(plain, 20) - plain).abs().max() < 8
    x = noise()
    fine, coarse = (stored_as_jpeg(x, quality) for quality in (95, 15))
    assert fine.shape == x.shape
    lost = [float((stored - x).abs().mean()) for stored in (fine, coarse)]
    assert lost[0] < 8 and lost[1] > 3 * lost[0]


def test_only_the_named_share_is_stored_as_jpeg() -> None:
    still = Augmentation(scale=0, shift=0, stain=0, light=0, blur=0, noise=0, turns=False)
    x = noise(64, 16)

    def seen(share: float) -> torch.Tensor:
        how = Augmentation(**{**{k: getattr(still, k) for k in still.__slots__}, "jpeg": share})
        return augment(x, 16, how, torch.Generator().manual_seed(2))

    changed = (seen(0.5) - seen(0.0)).abs().amax(dim=(1, 2, 3)) > 1
    assert 16 < int(changed.sum()) < 48
    assert torch.equal(seen(0.5), seen(0.5))
