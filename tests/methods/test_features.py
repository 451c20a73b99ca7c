"""What a net saw leaves it in the pass that answers, in few numbers, and changes no answer."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from hemaview.cells.table import EMBEDDED
from hemaview.methods.committee import Committee
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.efficientnetb0 import EfficientNetB0
from hemaview.methods.features import WithFeatures, hands_out_features, signs

FIRST = [1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0]
LAST = [-1.0, -1.0, -1.0, 1.0]
"""Of the matrix, once and for all: the numbers of jobs that are done compare by it."""


def pictures(n: int, side: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).integers(0, 255, (n, 3, side, side)).astype(np.float32))


def test_a_net_and_a_committee_answer_as_they_do_alone_and_hand_out_numbers_beside_it() -> None:
    one, two = EfficientNetLite0(3).eval(), EfficientNetB0(3).eval()
    both = Committee([one, two], (40, 32)).eval()
    batch = pictures(2, 40)
    with torch.inference_mode():
        for net in (one, both):
            assert hands_out_features(net)
            answer, numbers = WithFeatures(net)(batch)
            torch.testing.assert_close(answer, net(batch))
            assert numbers.shape == (2, EMBEDDED) and not torch.allclose(numbers[0], numbers[1])
    assert both.gives_features == one.gives_features + two.gives_features


def test_a_committee_with_a_member_that_hands_out_nothing_hands_out_nothing() -> None:
    plain = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
    assert not hands_out_features(plain)
    assert not hands_out_features(Committee([EfficientNetLite0(3), plain], (40, 40)))


def test_the_numbers_of_two_pictures_are_as_far_apart_as_their_features() -> None:
    rng = np.random.default_rng(4)
    features = rng.random((40, 1280)).astype(np.float32)
    features[1::2] = features[::2] + rng.normal(0, 0.05, (20, 1280)).astype(np.float32)
    numbers = features @ signs(1280)
    near = [np.linalg.norm(of[0::2] - of[1::2], axis=1).mean() for of in (features, numbers)]
    far = [np.linalg.norm(of[:-2] - of[2:], axis=1).mean() for of in (features, numbers)]
    assert near[1] / far[1] < 1.25 * near[0] / far[0]


def test_the_same_features_give_the_same_numbers_on_every_machine() -> None:
    matrix = signs(1280)
    assert set(np.unique(matrix)) == {-1.0, 1.0} and abs(float(matrix.mean())) < 0.01
    assert matrix[0, :8].tolist() == FIRST and matrix[1279, -4:].tolist() == LAST
