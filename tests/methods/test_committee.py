"""A committee: the mean of what its members say, each shown the picture at its own size; its weights are theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from hemaview.inference import WeightsChanged, load
from hemaview.inference.models import state_of
from hemaview.methods.card import Card, cards, committee_sha256
from hemaview.methods.committee import Committee
from hemaview.methods.registry import METHODS


class Says(nn.Module):
    """Always the same logits; remembers the size that it was shown."""

    def __init__(self, *logits: float) -> None:
        super().__init__()
        self.logits, self.side_px = torch.tensor([logits]), 0

    def forward(self, x: Tensor) -> Tensor:
        self.side_px = x.shape[-1]
        return self.logits.repeat(len(x), 1)


def test_each_member_is_shown_its_own_size_and_all_count_alike() -> None:
    # The first is loud by a constant, which is no evidence: probabilities count, not the height of logits.
    one, two = Says(102.0, 100.0), Says(0.0, 1.0)
    answer = torch.softmax(Committee([one, two], (96, 80))(torch.zeros(3, 3, 96, 96)), dim=1)
    assert (one.side_px, two.side_px) == (96, 80)
    assert torch.allclose(answer, torch.softmax(torch.tensor([[0.5, 0.0]]), dim=1).repeat(3, 1), atol=1e-5)


def test_members_of_a_shipped_committee_show_the_same_square_of_the_film() -> None:
    for name, method in METHODS.items():
        for i, member in enumerate(method.members):
            whole, part = cards()[name], cards()[member]
            assert part.classes == whole.classes
            assert part.input_px * part.mpp == pytest.approx(whole.input_px * whole.mpp, rel=1e-3)
            assert method.build(len(whole.classes)).sides_px[i] == part.input_px  # type: ignore[union-attr,index]


def test_a_committee_is_made_of_its_members_weights() -> None:
    card = cards()["red-cell-shape-committee"]
    state = state_of(card)
    for i, member in enumerate(METHODS[card.name].members):
        for name, values in state_of(cards()[member]).items():
            assert torch.equal(state[f"nets.{i}.{name}"], values)


def test_a_committee_whose_member_changed_is_refused() -> None:
    card = cards()["red-cell-shape-committee"]
    assert card.sha256 == committee_sha256(METHODS[card.name].members)
    with pytest.raises(WeightsChanged, match="other weights of red-cell-shape-net and elmanna-b0"):
        state_of(replace(card, raw={**card.raw, "sha256": "0" * 64}))
    with pytest.raises(WeightsChanged, match=card.name):
        load(card.name, sha256="0" * 64)


def test_weights_of_a_model_of_its_own_come_from_one_file() -> None:
    card = cards()["sun-pnet"]
    assert isinstance(card, Card) and card.files == [("", card.weights, card.sha256)]
