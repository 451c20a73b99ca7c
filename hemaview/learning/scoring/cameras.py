"""What another camera makes of each model: its score on pictures brightened, darkened and tinted, with and without a ground
brought back to the one it learned on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import ground_of
from hemaview.learning.experiment import Camera, Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.scoring.evaluate import main_task
from hemaview.learning.scoring.limitstudies import Row
from hemaview.learning.sets import data
from hemaview.methods.card import cards

LINES = 250
"""About how many labelled lines of a set each model is shown, of whole pictures in a seeded draw."""
WHITE = 245
MEASURES = ("dice", "iou", "miou", "point_f1", "map50", "accuracy", "mean_recall")
"""What may be a task's first figure."""


def _times(*factors: float) -> Camera:
    return lambda rgb: np.clip(np.rint(rgb * np.array(factors)), 0, 255).astype(np.uint8)


def _on_white(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return _times(*(WHITE / np.maximum(ground_of(rgb), 1)))(rgb)


CAMERAS: dict[str, Camera] = {
    "as_it_is": lambda rgb: rgb,
    "white_ground": _on_white,
    "less_light": _times(0.7, 0.7, 0.7),
    "yellow_lamp": _times(1.1, 0.95, 0.8),
}
"""The picture itself; its ground white as slide scanners set it; 0.7 of its light; a yellowish lamp."""


def other_cameras(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """The first figure of each shipped model's main task on val, through each of CAMERAS; of a model whose card minds the
    ground also without that."""
    rows: list[Row] = []
    for name, card in cards().items():
        dataset, task = main_task(name)
        if data.is_synthetic(dataset) or not data.has(experiment, dataset, "val"):
            continue
        ways = {"": experiment.nets}
        if card.ground:
            ways[", ground left as it is"] = replace(experiment.nets, brings_ground=False)
        for how, nets in ways.items():
            log(f"{name} on {dataset}/val{how}")
            values = {}
            for key, camera in CAMERAS.items():
                variant = replace(experiment, most_lines=LINES, camera=camera, nets=nets)
                first = next(s for s in task(variant, "val") if s.metric in MEASURES)
                values[key] = first.value
            rows.append(
                {"variant": f"{name}{how}", **values, "measure": first.metric, "task": first.task, "data": dataset}
            )
    if not rows:
        raise data.DataError(
            f"None of the sets that the shipped models are measured on has a validation side in {experiment.root}."
        )
    return rows
