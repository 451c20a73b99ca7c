"""Training of the detectors: how the rate falls, when it stops, and what one cascade takes over from another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hemaview.learning.engine.detect import DetectorRecipe, rate_at, train_detector
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes import wang
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets.boxes import Scene
from hemaview.learning.sets.data import DataError
from hemaview.methods.cascade import Cascade


def test_the_data_oriented_rate_falls_by_a_tenth_every_ten_steps_a_scene() -> None:
    recipe = DetectorRecipe(steps=10_000, rate=1e-3, data_oriented=True)
    assert rate_at(0, recipe, 100) == pytest.approx(1e-3 / 50)  # warming up
    assert rate_at(999, recipe, 100) == pytest.approx(1e-3)
    assert rate_at(1000, recipe, 100) == pytest.approx(0.9e-3)
    assert rate_at(3500, recipe, 100) == pytest.approx(0.729e-3)
    # More scenes, later falls: that is what "data-oriented" means.
    assert rate_at(3500, recipe, 400) == pytest.approx(1e-3)


def test_without_it_the_rate_ends_near_nothing() -> None:
    recipe = DetectorRecipe(steps=1000, rate=1e-3)
    assert rate_at(999, recipe, 100) == pytest.approx(0.02e-3)


def test_a_cascade_of_other_classes_takes_over_what_finds_boxes() -> None:
    torch.manual_seed(1)
    blood, marrow = Cascade(3, soft=False, width=16), Cascade(11, soft=True, width=16)
    before = {k: v.clone() for k, v in marrow.state_dict().items()}
    n = marrow.start_from(blood.state_dict())
    after = marrow.state_dict()
    same = [k for k, v in blood.state_dict().items() if k in after and torch.equal(v, after[k]) and v.ndim > 1]
    assert n and any("rpn_head" in k for k in same) and any("neck" in k for k in same)
    trunk = [k for k in before if ".backbone." in k]
    assert trunk and all(torch.equal(before[k], after[k]) for k in trunk)
    assert not any("fc_cls" in k for k in same)


def test_it_stops_where_the_score_gets_no_better(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = Cascade(1, "lite0-short", soft=False, width=16, hidden=16)
    scene = Scene(np.full((64, 64, 3), 200, np.uint8), np.array([[8, 8, 40, 40]], np.float32), np.zeros(1, np.int64))
    recipe = DetectorRecipe(side_px=64, steps=9, batch=1, check_every=1, patience=2)
    lines: list[str] = []
    train_detector(net, recipe, [scene], lambda _: 0.5, tmp_path, lines.append)
    assert lines[-1] == "no better for 2 steps: stopped" and len(lines) == 4


@pytest.mark.parametrize("name", ["cascade-blood", "wang-marrow-cascade", "wang-overview-cascade"])
def test_the_recipes_own_length_is_never_cut_short(name: str) -> None:
    steps, every = {"cascade-blood": (700, 100), "wang-marrow-cascade": (1600, 200)}.get(name, (600, 100))
    assert DetectorRecipe().patience * every >= steps


def test_only_the_detectors_have_a_backbone_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="pspnet has no backbone to choose; only cascade-blood, "):
        wang.on_backbone(TRAININGS["pspnet"], "r50")
    backbones: list[str] = []
    monkeypatch.setitem(wang._RUNS, "cascade-blood", lambda *_, backbone: (backbones.append(backbone), Path())[1])
    wang.on_backbone(TRAININGS["cascade-blood"], "r50").run(Experiment(Path()), Path(), Path(), None, None, print)
    assert backbones == ["r50"]
    limits = wang.on_backbone(TRAININGS["wang-marrow-cascade"], "r50").limits
    assert "Its trunk is r50, the paper's ResNet-101." in limits and not any("Lite0" in limit for limit in limits)


def test_weights_of_another_trunk_are_refused_and_a_resnet_without_any_begins_from_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    net = Cascade(1, "r18", soft=False, width=16, hidden=16)
    assert not wang._begin_at_imagenet(net, "r18", None, lines.append)
    assert lines == [
        "no ImageNet weights of r18: starting from nothing (name torchvision's with --imagenet to have them)"
    ]
    weights = {k: v + 1 for k, v in net.net.backbone.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(weights | {"fc.weight": torch.zeros(2, 2)}, tmp_path / "resnet.pth")
    assert wang._begin_at_imagenet(net, "r18", tmp_path / "resnet.pth", lines.append)
    assert torch.equal(net.net.backbone.state_dict()["conv1.weight"], weights["conv1.weight"])
    torch.save({"_conv_stem.weight": torch.zeros(2)}, tmp_path / "lite.pth")
    with pytest.raises(DataError, match="holds no weights of r18"):
        wang._begin_at_imagenet(net, "r18", tmp_path / "lite.pth", lines.append)
