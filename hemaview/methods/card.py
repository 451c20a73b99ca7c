"""Model cards: what is known of trained weights, and where they lie."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from hemaview.methods.installed import installed_methods
from hemaview.methods.registry import METHODS


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
    def task(self) -> str:
        """What it does (`methods.method.Method`)."""
        return METHODS[self.name].task

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
    def views(self) -> int:
        """Over how many of the eight turned and mirrored views an answer is averaged."""
        return int(self.raw.get("views", 1))

    @property
    def ground(self) -> tuple[float, ...]:
        """The colour (3) of the ground of the pictures it learned from, in which it is shown others; () where it is not."""
        return tuple(self.raw.get("ground", ()))

    @property
    def grounds(self) -> tuple[tuple[float, ...], ...]:
        """Grounds (n, 3) like which it is shown pictures as they are; () where none."""
        return tuple(tuple(row) for row in self.raw.get("grounds", ()))

    @property
    def stains(self) -> tuple[tuple[float, ...], ...]:
        """Lowest and highest (2, 3) of the nuclei's colours (`inference.stain`) that it learned from; () where not told."""
        return tuple(tuple(row) for row in self.raw.get("stains", ()))

    @property
    def adapts(self) -> dict[str, float]:
        """How it is made fit for a film (`inference.filmstatistics`): the `layers` whose statistics are the film's, and the
        `cells` that its own count for; {} where it is not."""
        return dict(self.raw.get("adapts", {}))

    def shift_on(self, dataset: str) -> dict[str, float]:
        """Class to what is added to its logit, for blood like that of `dataset`."""
        return {k: float(v) for k, v in self.raw.get("calibrated_on", {}).get(dataset, {}).get("shift", {}).items()}

    @property
    def least(self) -> dict[str, dict[str, float]]:
        """`known` and `strange` stains to class to the least probability at which a cell may be that: of each class's cells
        in the calibration a stated share has more (conformal sets, Vovk et al. 2005, class by class); {} where none."""
        return {stain: dict(of) for stain, of in self.raw.get("least", {}).items()}

    @property
    def machine_errors(self) -> dict[str, dict[str, Any]]:
        """`known` and `strange` stains to how it errs on films (`counting.machine.MachineErrors.as_json`); {} where nobody
        measured."""
        return dict(self.raw.get("machine_errors", {}))

    @property
    def temperature(self) -> float:
        return float(self.raw.get("temperature", 1.0))

    @property
    def thresholds(self) -> dict[str, float]:
        """Class → probability from which a cell is called so even where another class is likelier."""
        return {k: float(v) for k, v in self.raw.get("thresholds", {}).items()}

    @property
    def called_from(self) -> dict[str, float]:
        """Class → probability below which a cell is not called so though no other class is likelier: it gets the next likely."""
        return {k: float(v) for k, v in self.raw.get("called_from", {}).items()}

    @property
    def operating_points(self) -> list[dict[str, Any]]:
        """What each `recall` needs (`threshold`) and costs (`false_per_100` other cells), on `data`, in order of recall."""
        return list(self.raw.get("operating_points", []))

    @property
    def calibrations(self) -> dict[str, str]:
        """The sets on whose validation side it was calibrated apart, and what blood theirs is."""
        return {
            dataset: str(calibration["blood"]) for dataset, calibration in self.raw.get("calibrated_on", {}).items()
        }

    def calibration_on(self, dataset: str) -> tuple[float, dict[str, float]]:
        """Temperature and thresholds for blood like that of `dataset`; its own where it was not calibrated apart."""
        calibration = self.raw.get("calibrated_on", {}).get(dataset, {})
        thresholds = {k: float(v) for k, v in calibration.get("thresholds", {}).items()}
        return float(calibration.get("temperature", self.temperature)), {**self.thresholds, **thresholds}

    @property
    def bf16(self) -> bool:
        """Whether bf16 was measured to do it no harm on real labels."""
        return bool(self.raw.get("precision", {}).get("bf16", False))

    @property
    def weights(self) -> Path:
        """Where they lie: in the package, or, of weights that are only tried, where the card says."""
        return Path(self.raw.get("weights") or folder("weights") / f"{self.name}-{self.version}.safetensors")

    @property
    def files(self) -> list[tuple[str, Path, str]]:
        """(what its tensors' names begin with, file of weights, its sha256) of each file that makes the net; of a tensor
        that is in several the last counts."""
        method = METHODS[self.name]
        if method.members:
            return [(f"nets.{i}.{p}", path, s) for i, m in enumerate(method.members) for p, path, s in cards()[m].files]
        return [("", self.weights, self.sha256)]

    @property
    def needs(self) -> tuple[str, ...]:
        """The models without which it is nothing: a committee's members, or its base."""
        return METHODS[self.name].members

    @property
    def as_measured(self) -> bool:
        """Whether the weights of what it needs are those that it was measured with."""
        method = METHODS[self.name]
        if method.members:
            return self.sha256 == committee_sha256(method.members)
        return True

    @property
    def text(self) -> str:
        path = folder("cards") / f"{self.name}.md"
        if self.raw.get("weights"):
            path = self.weights.parent / "card.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def folder(kind: str) -> Path:
    """The folder of `weights` or `cards`."""
    return Path(str(resources.files("hemaview.methods") / kind))


@lru_cache(maxsize=1)
def cards() -> dict[str, Card]:
    """The card of each model whose weights are here."""
    by_name = {}
    for path in sorted(folder("cards").glob("*.json")):
        card = Card(json.loads(path.read_text(encoding="utf-8")))
        if card.name in METHODS and (METHODS[card.name].members or card.weights.is_file()):
            by_name[card.name] = card
    for of_package in installed_methods():
        if METHODS[of_package.method.name] is of_package.method:
            by_name[of_package.method.name] = Card(of_package.card)
    while lacking := [name for name, card in by_name.items() if not set(card.needs) <= set(by_name)]:
        for name in lacking:
            del by_name[name]
    return by_name


def committee_sha256(members: tuple[str, ...]) -> str:
    """What stands for the weights of a committee: the sha256 of its members' sums."""
    return hashlib.sha256(" ".join(cards()[m].sha256 for m in members).encode()).hexdigest()
