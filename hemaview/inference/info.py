"""What a job records of a model."""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.methods.card import Card


@dataclass(frozen=True)
class ModelInfo:
    """Name, version, weights, classes and scale (µm/px, 0: cells are shown at one size) of a model, and where it runs."""

    name: str
    version: str
    sha256: str
    task: str
    classes: tuple[str, ...]
    mpp: float
    input_px: int
    device: str


def info_of(card: Card, device: str) -> ModelInfo:
    """The info of a card's model that runs on `device`."""
    return ModelInfo(card.name, card.version, card.sha256, card.task, card.classes, card.mpp, card.input_px, device)
