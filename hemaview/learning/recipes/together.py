"""Models made of others: a committee's weights are its members'."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from hemaview.inference.models import state_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.sets import data
from hemaview.methods.card import Card, cards
from hemaview.methods.registry import METHODS


def together(committee: str) -> Callable[[Experiment, Path, Path, Path | None, int | None, Log], Path]:
    """The training of a committee: nothing is learned, the members' weights lie together, for the calibration on val."""

    def gather(
        experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
    ) -> Path:
        out.mkdir(parents=True, exist_ok=True)
        state: dict[str, Tensor] = {}
        for i, member in enumerate(METHODS[committee].members):
            card = installed(experiment, member)
            log(f"asks {member} {card.version}")
            state |= {f"nets.{i}.{k}": v for k, v in state_of(card).items()}
        save_file(state, out / "best.safetensors")
        return out / "best.safetensors"

    return gather


def installed(experiment: Experiment, name: str) -> Card:
    """The card of a model that another is made of; raises DataError where it lacks or learned from data that are not
    wanted now."""
    if name not in cards():
        raise data.DataError(f"{name} must be trained and released first.")
    closed_sets = [d["name"] for d in cards()[name].raw["data"] if data.left_out(experiment, d["name"])]
    if closed_sets:
        raise data.DataError(
            f"{name}, which this is made of, learned from {closed_sets[0]}, which has no free licence."
        )
    return cards()[name]
