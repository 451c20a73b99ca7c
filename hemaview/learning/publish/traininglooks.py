"""What a model's training pictures look like, ground and stain, for its card: others are shown or told of accordingly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import stain_of
from hemaview.inference.pictures import ALIKE, ground_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import NO_NUCLEUS, STRANGE, Training
from hemaview.learning.recipes.seekscenes import CELL_SETS
from hemaview.learning.sets import data

MOST_OF_A_PATIENT = 400


def ground_learned(training: Training, experiment: Experiment) -> dict[str, Any]:
    """For the card of a training that minds the ground: its usual colour `ground` (3) and, where only strange pictures are
    changed, `grounds` (n, 3): so many that each training picture's is within half of ALIKE of one; {} of others.

    Each set counts alike where every picture is brought to it: it stands for a stain. Else every picture does.
    """
    if not training.ground:
        return {}
    if training.ground_rgb:
        return {"ground": list(training.ground_rgb)}
    each = [_grounds(experiment, name) for name in training.sets if data.has(experiment, name, "train")]
    if training.ground != STRANGE:
        return {"ground": _whole(np.median([np.median(own, axis=0) for own in each], axis=0))}
    every = np.concatenate(each)
    grounds = np.zeros((0, 3))
    for ground in np.unique(np.rint(every), axis=0):
        if not len(grounds) or np.abs(grounds - ground).max(axis=1).min() > ALIKE // 2:
            grounds = np.concatenate([grounds, ground[None]])
    return {"ground": _whole(np.median(every, axis=0)), "grounds": [_whole(ground) for ground in grounds]}


def _grounds(experiment: Experiment, name: str) -> NDArray[np.float64]:
    """(n, 3) of a set's training pictures."""
    files = sorted({line["file"] for line in data.rows(experiment, name, "train")})
    return np.array([ground_of(data.image(experiment, name, "train", file)) for file in files])


def _whole(values: NDArray[np.float64]) -> list[float]:
    return [float(v) for v in np.rint(values)]


def stains_learned(training: Training, experiment: Experiment) -> list[list[float]]:
    """Lowest and highest (2, 3) stain of the nuclei it learned from: of each patient with enough cells, and of each set
    that knows no patients as a whole."""
    stains = []
    for dataset in (s for s in CELL_SETS if s in training.sets and data.has(experiment, s, "train")):
        crops = data.cell_crops(experiment, dataset, "train")
        has_nucleus = ~np.isin(crops.fine, NO_NUCLEUS)
        for patient in sorted(set(crops.patients)):
            rows = np.flatnonzero(has_nucleus & (np.array(crops.patients) == patient))[:MOST_OF_A_PATIENT]
            stain = stain_of([crops.images[i] for i in rows])
            stains += [] if stain is None else [stain]
    return [[round(float(v), 4) for v in edge] for edge in (np.min(stains, axis=0), np.max(stains, axis=0))]
