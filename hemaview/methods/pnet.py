"""p-net (Sun et al.), exactly as the layer table of its supplement: 30,753 values, 30,529 of them trainable.

The prose of the paper speaks of four blocks and global average pooling; the table, which is followed here, has three
convolutions, each with batch normalisation, and a dense layer on 144 values.
"""

from __future__ import annotations

from torch import Tensor, nn


class PNet(nn.Module):
    """RGB 0-255 (N, 3, 120, 120) to logits (N, classes), classes = 2: not erythroblast, erythroblast.

    The table's one output is the difference of the two logits; the first is held at 0, so that one loss serves all.
    """

    def __init__(self, classes: int = 2) -> None:
        super().__init__()
        if classes != 2:
            raise ValueError("p-net tells one class from all others.")
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 5, 3),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 16, 3),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.dense = nn.Linear(144, 1)

    def forward(self, x: Tensor) -> Tensor:
        z: Tensor = self.dense(self.body(x.float() / 255))
        return nn.functional.pad(z, (1, 0))
