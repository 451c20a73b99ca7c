"""A training from its data to its card: what may be asked, what is left out, one folder for one training, then release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hemaview.learning.engine.course import alone_in, identity
from hemaview.learning.engine.curves import draw_curves
from hemaview.learning.experiment import Experiment
from hemaview.learning.publish.release import TrainedModel, release, tried, write_free_variant
from hemaview.learning.recipes.film import Log, Training
from hemaview.learning.recipes.trainings import training_of
from hemaview.learning.sets import data
from hemaview.learning.sets.duplicates import refuse_shared
from hemaview.methods.card import cards


@dataclass(frozen=True)
class TrainRequest:
    """A training as it was asked for."""

    name: str
    """The model's."""
    root: Path
    """The folder that holds the sets."""
    out: Path
    """The folder of this training alone, in which it goes on where it was stopped."""
    epochs: int | None = None
    """None: as many as the recipe says."""
    imagenet: Path | None = None
    """Weights to begin from, where the method begins from any."""
    backbone: str = ""
    """Empty: the method's own."""
    free: bool = False
    """Whether from free data alone."""
    version: str = ""
    """To ship it as; "": not at all."""

    @property
    def experiment(self) -> Experiment:
        """What it learns from."""
        return Experiment(self.root, free_only=self.free)


def train(request: TrainRequest, say: Log, log: Log) -> None:
    """Train, or go on with it; `say` is told what lies where, `log` how it goes.

    Log, curves, weights and card come to lie in `request.out`, and in the package where a version is named. Raises
    DataError before anything is learned where something about it cannot be.
    """
    closed_sets = [s for s in training_of(request.name).sets if not data.SETS[s].free]
    if request.free and request.version:
        _refuse_variant(request, closed_sets)
    if request.free and closed_sets:
        log(f"left out, having no free licence: {', '.join(closed_sets)}")
    training = training_of(request.name, request.backbone)
    licences = "free" if request.free else "any"
    wanted = identity(request.name, request.experiment, training.sets, licences, request.backbone)
    lacking = [s for s in training.sets if not data.has(request.experiment, s, "train")]
    if training.sets and len(lacking) == len(training.sets):
        raise data.DataError(f"None of the sets that {request.name} learns from has a train side in {request.root}.")
    for lost in (s for s in lacking if not (request.free and s in closed_sets)):
        log(f"{lost}/train is not in {request.root}: left out")
    with alone_in(request.out, wanted):
        best = _learned(request, training, say, log)
        model = TrainedModel(request.name, best, request.root, request.epochs, request.free, request.backbone)
        card = tried(model, log)
        say(f"weights: {card.weights}\ncard: {request.out / 'card.json'}, {request.out / 'card.md'}")
        if request.version:
            shipped = (
                write_free_variant(model, request.version, card, log)
                if request.free
                else release(model, request.version, card)
            )
            say(f"shipped card: {shipped}")


def _refuse_variant(request: TrainRequest, closed_sets: list[str]) -> None:
    """Raise DataError where no shipped card waits for the scores of a variant on free data."""
    card = cards().get(request.name)
    if card is None or card.version != request.version:
        shipped = f"version {card.version} is shipped" if card else "it is not shipped"
        raise data.DataError(f"{request.name} {request.version} has no card for a variant's scores: {shipped}.")
    if not closed_sets:
        raise data.DataError(f"All data of {request.name} have free licences: it is its own variant.")


def _learned(request: TrainRequest, training: Training, say: Log, log: Log) -> Path:
    """Run the training; its best weights. The curves are drawn also where it is stopped."""
    cache = request.out / "cache"
    refuse_shared(request.experiment, training.sets, cache, log)
    try:
        best = training.run(request.experiment, request.out, cache, request.imagenet, request.epochs, log)
    finally:
        curves = draw_curves(request.out)
    if curves:
        say(f"log and curves: {request.out / 'log.csv'}, {curves}")
    return best
