"""White cells of laboratories whose films no classifier learned from: what a new user's stain may cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, load_as
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, by_group, scored
from hemaview.learning.sets import data

ELSEWHERE = ("wbc-masks-1", "wbc-masks-2")
NEUTROPHIL_UM = 14.0
"""The width of a spread neutrophil, 12 to 15 µm."""
FIVE = {
    "segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "lymphocyte": "lymphocyte",
    "lymphocyte_variant": "lymphocyte", "monocyte": "monocyte", "eosinophil": "eosinophil", "basophil": "basophil",
}  # fmt: skip
"""The five classes of the sets from ours; any other answer is wrong there."""


def white_cells_elsewhere(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The five white cells of pictures with one each, around the middle of its drawn mask.

    The sets tell no scale: their median neutrophil is taken as NEUTROPHIL_UM wide.
    """
    model = load_as(Classifier, name, experiment.nets)
    lines = [line for line in data.rows(experiment, dataset, split) if line["class"] in FIVE.values()]
    masks = [data.mask(experiment, dataset, split, Path(line["file"]).stem) > 0 for line in lines]
    mpp = mpp_of_neutrophils(masks, [line["class"] for line in lines])
    if not mpp:
        raise data.DataError(f"{dataset}/{split} holds no neutrophil that its scale could be told from.")
    answers = []
    for line, mask in zip(lines, masks, strict=True):
        centre = np.array([np.argwhere(mask).mean(axis=0)[::-1]])
        answers.append(model.classify(data.image(experiment, dataset, split, line["file"]), centre, mpp))
    classes = model.info.classes
    p, groups = by_group(np.concatenate(answers), classes, {c: FIVE.get(c, "other") for c in classes})
    truth = np.array([groups.index(line["class"]) for line in lines])
    return scored(experiment.evidence, name, "nucleated-cells-elsewhere", dataset, split, p, truth, groups)


def mpp_of_neutrophils(masks: list[NDArray[np.bool_]], labels: list[str]) -> float:
    """µm/px of pictures in which the median neutrophil is NEUTROPHIL_UM wide; 0 where there is none."""
    areas = [mask.sum() for mask, label in zip(masks, labels, strict=True) if label == "neutrophil" and mask.any()]
    return NEUTROPHIL_UM / float(2 * np.sqrt(np.median(areas) / np.pi)) if areas else 0.0
