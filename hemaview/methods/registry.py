"""Every model that HemaView can run: how its net is built, where its weights and its card lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from torch import nn

from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.unet import UNet


@dataclass(frozen=True)
class Method:
    """An architecture under the name of its model; `build` takes the number of classes."""

    name: str
    title: str
    task: str
    role: str
    summary: str
    source: str
    build: Callable[[int], nn.Module]


METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        Method(
            "red-cell-unet",
            "Cell segmentation, U-Net",
            "segmentation",
            "segmentation",
            "Finds every cell of a film and parts cells that touch (background, rim and core of each cell, watershed).",
            "Ronneberger, Fischer & Brox 2015 (U-Net), with core and rim outputs of our own.",
            lambda classes: UNet(classes, 16, 4),
        ),
        Method(
            "cell-kind-net",
            "Kind of cell",
            "classification",
            "kind",
            "Tells red cells, nucleated cells, platelets and dirt apart before finer models are asked.",
            "A network of eight convolutions of our own.",
            CellKindNet,
        ),
        Method(
            "red-cell-shape-net",
            "Red-cell morphology",
            "classification",
            "red-cell-shape",
            "Names the shape of a red cell: the thirteen classes of Chula RBC-12.",
            "Tan & Le 2019 (EfficientNet, Lite0); classes of Naruenatthanaset et al. 2021.",
            EfficientNetLite0,
        ),
        Method(
            "nucleated-cell-net",
            "White cells and nucleated red cells",
            "classification",
            "nucleated-cell",
            "Names nucleated cells: white cells with their immature stages, nucleated red cells, platelets, smudges.",
            "Tan & Le 2019 (EfficientNet, Lite0); classes of Acevedo et al. 2020 and Matek et al. 2019.",
            EfficientNetLite0,
        ),
    )
}


@dataclass(frozen=True)
class Card:
    """What is known of trained weights; the JSON beside them."""

    raw: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.raw["name"])

    @property
    def version(self) -> str:
        return str(self.raw["version"])

    @property
    def sha256(self) -> str:
        return str(self.raw["sha256"])

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.raw["classes"])

    @property
    def mpp(self) -> float:
        """µm/px of what the net is shown."""
        return float(self.raw["mpp"])

    @property
    def input_px(self) -> int:
        return int(self.raw["input_px"])

    @property
    def temperature(self) -> float:
        return float(self.raw.get("temperature", 1.0))

    @property
    def thresholds(self) -> dict[str, float]:
        """Class → probability from which a cell is called so even where another class is likelier."""
        return {k: float(v) for k, v in self.raw.get("thresholds", {}).items()}

    @property
    def weights(self) -> Path:
        return folder("weights") / f"{self.name}-{self.version}.safetensors"

    @property
    def text(self) -> str:
        path = folder("cards") / f"{self.name}.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def folder(kind: str) -> Path:
    """The folder of `weights` or `cards`."""
    return Path(str(resources.files("hemaview.methods") / kind))


@lru_cache(maxsize=1)
def cards() -> dict[str, Card]:
    """The card of each model whose weights are here."""
    found = {}
    for path in sorted(folder("cards").glob("*.json")):
        card = Card(json.loads(path.read_text(encoding="utf-8")))
        if card.name in METHODS and card.weights.is_file():
            found[card.name] = card
    return found
