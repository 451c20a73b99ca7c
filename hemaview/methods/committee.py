"""Several classifiers asked together: the mean of their log-probabilities (Genest & Zidek 1986, logarithmic pool)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from hemaview.methods.features import hands_out_features


class Committee(nn.Module):
    """RGB 0-255 (N, 3, H, W) to logits (N, classes): the members' mean, each shown the same square at its own size.

    nets: members of one list of classes; sides_px: the square that each was trained on. All must show as many µm.
    """

    def __init__(self, nets: Sequence[nn.Module], sides_px: Sequence[int]) -> None:
        super().__init__()
        self.nets, self.sides_px = nn.ModuleList(nets), tuple(sides_px)

    @property
    def gives_features(self) -> int:
        members = [net.gives_features if hands_out_features(net) else 0 for net in self.nets]
        return sum(members) if all(members) else 0

    def with_features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N, classes) and the members' features side by side, of one pass; each member must give features."""
        answers, features = [], []
        for net, side in zip(self.nets, self.sides_px, strict=True):
            assert hands_out_features(net)
            logits, of_member = net.with_features(_at(x, side))
            answers.append(functional.log_softmax(logits, dim=1))
            features.append(of_member)
        return torch.stack(answers).mean(dim=0), torch.cat(features, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        answers = [
            functional.log_softmax(net(_at(x, side)), dim=1) for net, side in zip(self.nets, self.sides_px, strict=True)
        ]
        return torch.stack(answers).mean(dim=0)


def _at(x: Tensor, side_px: int) -> Tensor:
    return functional.interpolate(x.float(), size=(side_px, side_px), mode="bilinear")
