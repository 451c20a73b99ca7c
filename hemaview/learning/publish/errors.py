"""How a classifier of nucleated cells errs on whole films, for the counts that it makes alone (`counting.machine`).

*Known* stains: val's patients, or lots where no patient is known. *Strange*: films drawn as other laboratories would show val's
cells, the net made fit for each, and the laboratory that is given for choosing. The cells of the films are named as a job does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.counting.machine import MachineErrors
from hemaview.inference import Classifier, load_as
from hemaview.inference.filmstatistics import STRANGE_FILMS, fit_for, statistics_of
from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.publish.conformal import elsewhere_films
from hemaview.learning.recipes.film import Log, Training
from hemaview.learning.recipes.trainings import training_of
from hemaview.learning.sets import data
from hemaview.pipeline.unidentified import CLASS, KNOWN, STRANGE, calls_of

LOT = 60
"""Cells without a patient that count as one film."""

Film = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Probabilities (n, classes) of the cells of a film, and what each may be, bool (n, classes)."""


def machine_errors(name: str, experiment: Experiment, log: Log) -> dict[str, Any]:
    """`known` and `strange` stains to how the shipped classifier `name` errs on films, for its card; raises DataError."""
    training, model = training_of(name), load_as(Classifier, name, experiment.nets)
    if training.validation_pools is None:
        raise data.DataError(f"{name} has no val side to measure its errors on.")
    log(f"{name}: films of known stains")
    by_stain = {KNOWN: _table(model, KNOWN, _usual(training, model, experiment))}
    if training.adapts and training.elsewhere is not None:
        log(f"{name}: films as other laboratories would show them")
        strange = model.calibrated_on(STRANGE_FILMS)
        by_stain[STRANGE] = _table(strange, STRANGE, _strange(training, strange, experiment))
    return {stain: errors.as_json() for stain, errors in by_stain.items() if errors.films}


def _table(model: Classifier, stain: str, films: Iterator[Film]) -> MachineErrors:
    classes = model.info.classes
    rows = []
    for p, allowed in films:
        single = allowed.sum(axis=1) == 1
        pairs = np.stack(
            [
                allowed[single].argmax(axis=1),
                calls_of(p[single], classes, model.thresholds, model.least.get(stain, {})),
            ],
            axis=1,
        )
        cells, counts = np.unique(pairs, axis=0, return_counts=True)
        if len(cells):
            rows.append(tuple((int(i), int(j), int(n)) for (i, j), n in zip(cells, counts, strict=True)))
    return MachineErrors(classes, (*classes, CLASS), tuple(rows))


def _usual(training: Training, model: Classifier, experiment: Experiment) -> Iterator[Film]:
    assert training.validation_pools is not None
    for pool in training.validation_pools(experiment):
        order = np.random.default_rng(7).permutation(len(pool.images))
        p = _fit(training, model, pool.images)
        for rows in np.array_split(order, max(1, len(order) // LOT)):
            yield p[rows], pool.allowed[rows]


def _strange(training: Training, model: Classifier, experiment: Experiment) -> Iterator[Film]:
    assert training.elsewhere is not None
    for x, allowed in elsewhere_films(training.elsewhere(experiment), training.input_px):
        images = x.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
        yield _fit(training, model, images), allowed
    pools: list[Pool] = (
        training.other_laboratory_pools(experiment) if training.other_laboratory_pools is not None else []
    )
    for pool in pools:
        yield _fit(training, model, pool.images), pool.allowed


def _fit(training: Training, model: Classifier, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    at = (images.shape[1] - training.input_px) // 2
    images = np.ascontiguousarray(images[:, at : at + training.input_px, at : at + training.input_px])
    statistics = statistics_of(model.info.name, images) if training.adapts else None
    return (fit_for(model, statistics) if statistics else model).classify_crops(images)
