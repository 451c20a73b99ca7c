"""An encoder is taught by pictures without labels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.selfsupervised import PretrainRecipe, pretrain, start_from_encoder
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.efficientnetb0 import EfficientNetB0

HOW = Augmentation(scale=0.1, stain=0.2)


@pytest.fixture
def sources() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, 256, (n, 40, 40, 3), np.uint8) for n in (6, 10)]


def lines(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_learns_goes_on_after_a_stop_and_keeps_the_encoder(sources: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    torch.manual_seed(1)
    recipe = PretrainRecipe(32, epochs=2, batch=8, augmentation=HOW)
    said: list[str] = []
    path = pretrain(EfficientNetLite0(3), sources, recipe, tmp_path, said.append)
    assert [line["done"] for line in lines(tmp_path)] == ["1", "2"]
    assert all(0 < float(line["train_loss"]) < 4 for line in lines(tmp_path))
    assert "spread" in said[-1] and not any("_fc" in name for name in load_file(path))

    again = PretrainRecipe(32, epochs=3, batch=8, augmentation=HOW)
    pretrain(EfficientNetLite0(3), sources, again, tmp_path, said.append)
    assert [line["done"] for line in lines(tmp_path)] == ["1", "2", "3"]


def test_a_net_begins_from_it_but_for_its_classes(sources: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    recipe = PretrainRecipe(32, epochs=1, batch=8, augmentation=HOW)
    path = pretrain(EfficientNetLite0(3), sources, recipe, tmp_path, lambda text: None)
    net = EfficientNetLite0(5)
    last = net._fc.weight.detach().clone()
    start_from_encoder(net, path)
    assert torch.equal(net._conv_stem.weight, load_file(path)["_conv_stem.weight"])
    assert torch.equal(net._fc.weight, last)
    with pytest.raises(ValueError, match="not an encoder's weights"):
        start_from_encoder(EfficientNetB0(5), path)
