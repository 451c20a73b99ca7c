"""Cascade R-CNN: our operators against plain definitions, soft sampling's numbers, a tiny overfit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hemaview.methods.cascade import mmcvops
from hemaview.methods.registry import METHODS


def greedy(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    rows: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(float(mmcvops.iou(torch.tensor(boxes[[i]]), torch.tensor(boxes[[j]]))) <= threshold for j in rows):
            rows.append(int(i))
    return rows


@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_nms_keeps_what_greedy_suppression_keeps(threshold: float) -> None:
    rng = np.random.default_rng(4)
    corner = rng.uniform(0, 60, (150, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (150, 2))], axis=1).astype(np.float32)
    scores = rng.random(150).astype(np.float32)
    rows = mmcvops.nms(torch.tensor(boxes), torch.tensor(scores), threshold)
    assert rows.tolist() == greedy(boxes, scores, threshold)
    assert mmcvops.nms(torch.zeros(0, 4), torch.zeros(0), threshold).tolist() == []


def test_nms_is_the_same_across_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 100, (300, 2))
    boxes = torch.tensor(np.concatenate([corner, corner + rng.uniform(5, 40, (300, 2))], axis=1), dtype=torch.float32)
    scores = torch.tensor(rng.random(300), dtype=torch.float32)
    whole = mmcvops.nms(boxes, scores, 0.5)
    monkeypatch.setattr(mmcvops, "_BLOCK", 32)
    assert mmcvops.nms(boxes, scores, 0.5).tolist() == whole.tolist()


def test_roi_align_takes_the_mean_of_two_by_two_points_a_bin() -> None:
    rows, columns = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    x = torch.stack([rows, columns])[None]
    out = mmcvops.roi_align(x, torch.tensor([[0.0, 4.0, 6.0, 18.0, 16.0]]), 2)
    # On a plane the mean over a bin is its middle; aligned boxes begin half a px earlier.
    assert torch.allclose(out[0, 1], torch.tensor([[7.0, 14.0], [7.0, 14.0]]), atol=1e-4)
    assert torch.allclose(out[0, 0], torch.tensor([[8.0, 8.0], [13.0, 13.0]]), atol=1e-4)
    outside = mmcvops.roi_align(x, torch.tensor([[0.0, -90.0, -90.0, -40.0, -40.0]]), 2)
    assert float(outside.abs().max()) == 0


def test_soft_sampling_is_equation_15() -> None:
    from hemaview.methods.cascade.softsampling import soft_sampling_weight

    at = soft_sampling_weight(torch.tensor([0.0, 0.2, 0.5, 1.0]))
    assert at.tolist() == pytest.approx([0.25, 0.25 + 0.75 * np.exp(-50 * np.exp(-4)), 0.9983, 1.0], abs=1e-3)


def test_a_detector_learns_two_squares_with_the_soft_sampling_head() -> None:
    from hemaview.methods.cascade import Cascade

    torch.manual_seed(0)
    torch.set_num_threads(1)
    net = Cascade(2)
    picture = torch.full((1, 3, 96, 96), 220.0)
    picture[:, :, 10:42, 12:44] = 60.0
    picture[:, 0, 50:86, 48:84] = 90.0
    boxes = [torch.tensor([[12.0, 10.0, 44.0, 42.0], [48.0, 50.0, 84.0, 86.0]])]
    labels = [torch.tensor([0, 1])]
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    net.train()
    losses = []
    for _ in range(12):
        loss = net.loss(picture, boxes, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.5 * losses[0]
    detections = net.eval()(picture)[0]
    assert detections.boxes.shape[1] == 4 and len(detections.boxes) == len(detections.scores) == len(detections.labels)


def test_an_unknown_backbone_is_named() -> None:
    from hemaview.methods.cascade import Cascade

    with pytest.raises(ValueError, match="there are: lite0"):
        Cascade(2, backbone="vgg")


@pytest.mark.parametrize("backbone", ["lite0", "lite0-short", "r18", "r50"])
def test_every_backbone_can_be_built_and_gives_boxes(backbone: str) -> None:
    from hemaview.methods.cascade import Cascade

    torch.manual_seed(0)
    net = Cascade(2, backbone, width=16, hidden=16).eval()
    with torch.inference_mode():
        detections = net(torch.full((1, 3, 64, 64), 200.0))[0]
    assert detections.boxes.shape == (len(detections.scores), 4)


def test_the_overview_cascade_keeps_below_its_share_of_the_package() -> None:
    net = METHODS["wang-overview-cascade"].build(1)
    assert sum(p.numel() for p in net.parameters()) * 2 < 1_600_000


def test_held_norms_keep_their_statistics_and_the_rest_trains() -> None:
    from hemaview.methods.cascade import Cascade

    net = Cascade(2, "lite0-short", width=16, hidden=16).train()
    net.hold_norms()
    before = {k: v.clone() for k, v in net.net.backbone.state_dict().items() if "running" in k}
    net.loss(torch.rand(1, 3, 64, 64) * 255, [torch.tensor([[8.0, 8.0, 40.0, 40.0]])], [torch.tensor([1])])
    after = net.net.backbone.state_dict()
    assert before and all(torch.equal(v, after[k]) for k, v in before.items())
    assert net.net.roi_head.training
