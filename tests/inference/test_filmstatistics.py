from __future__ import annotations

import numpy as np
import torch
from torch import nn

from hemaview.inference.filmstatistics import LEAST_CELLS, blended, statistics_of


def net() -> nn.Module:
    torch.manual_seed(1)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    return layers.eval()


def test_the_first_layers_take_the_films_statistics_and_the_net_itself_stays() -> None:
    of_training = net()
    before = {k: v.clone() for k, v in of_training.state_dict().items()}
    x = torch.randn(48, 3, 12, 12) * 3 + 5
    statistics = blended(of_training, x, layers=1, cells=16)
    assert set(statistics) == {"1.running_mean", "1.running_var"}
    features = of_training[0](x)
    assert torch.allclose(statistics["1.running_mean"], 0.75 * features.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(statistics["1.running_var"], 0.75 * features.var((0, 2, 3), unbiased=False) + 0.25, atol=1e-3)
    assert all(torch.equal(before[k], v) for k, v in of_training.state_dict().items())


def test_few_cells_and_models_whose_cards_say_nothing_of_it_take_nothing() -> None:
    few = np.zeros((LEAST_CELLS - 1, 112, 112, 3), np.uint8)
    assert statistics_of("nucleated-cell-net", few) is None
    assert statistics_of("cell-kind-net", np.zeros((40, 64, 64, 3), np.uint8)) is None
