"""What a job records of a model."""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.methods.card import Card


@dataclass(frozen=True)
class ModelInfo:
    """What a job records of a model."""

    name: str
    """As its card and the registry have it."""
    version: str
    """Of its weights."""
    sha256: str
    """Of its weights."""
    task: str
    """What it does, such as classification."""
    classes: tuple[str, ...]
    """Its outputs, in order."""
    mpp: float
    """µm/px that it is shown; 0: cells are shown at one size."""
    input_px: int
    """Side of the square that it is shown."""
    device: str
    """Where it runs here, and in which precision where that is not float32."""


def info_of(card: Card, device: str) -> ModelInfo:
    """The info of a card's model that runs on `device`."""
    return ModelInfo(card.name, card.version, card.sha256, card.task, card.classes, card.mpp, card.input_px, device)
