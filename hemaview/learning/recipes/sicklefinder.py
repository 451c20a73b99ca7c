"""The finder of sickle cells on photographed fields: its training, and the height of peak from which one is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from hemaview.inference.pictures import turned, turned_back
from hemaview.learning.engine.course import device_of, use_cores
from hemaview.learning.engine.heat import Scene, train_heat
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log, Training
from hemaview.learning.recipes.seek import peaks_in
from hemaview.learning.recipes.sicklescenes import MPP, SickleField, draw_scene, sickle_pool, uganda_fields
from hemaview.methods.card import cards
from hemaview.methods.peaks import coarse_peaks
from hemaview.methods.seeker import STRIDE
from hemaview.methods.sicklefinder import SickleFinder, start_from

SETS = ("sickle-uganda", "erythrocytes-idb", "chula-rbc12", "txl-pbc")
SIDE_PX = 224
LEAST = 0.02
"""Lower peaks are not looked at."""
RED_CELLS_A_FIELD = 250
"""Red cells of a negative field, about: 228 to 402 of train's were outlined."""
MOST_FALSE = 2.0
"""Calls per 100 red cells of negative fields that a search may make."""
BATCH, RATE = 12, 1e-3
VIEWS = 4
ENOUGH = 0.8
"""Of MOST_FALSE so much is used up on the fields that the height is set on: others will have more."""


def net(log: Log) -> SickleFinder:
    """With the first stages of the shipped net of red-cell shapes."""
    finder = SickleFinder()
    card = cards().get("red-cell-shape-net")
    if card is None:
        log("no trained Lite0 is installed: starting from nothing")
        return finder
    log(f"{start_from(finder, load_file(card.weights))} tensors taken over from {card.name} {card.version}")
    return finder


def train_finder(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """Scenes of 64 µm, sixteen a step; scored on val by how boxes and what is found on negative fields are parted."""
    use_cores()
    pool = sickle_pool(experiment, "train")
    log(
        f"{len(pool.positive)} fields with boxes, {len(pool.negative)} without sickle cells, {len(pool.cells)} to paste"
    )
    validation = uganda_fields(experiment, "val")

    def draw(rng: np.random.Generator) -> Scene:
        scene = draw_scene(pool, SIDE_PX, rng)
        return scene.rgb, *scene.target()

    return train_heat(
        net(log),
        draw,
        lambda n: parted(n, validation),
        out,
        (epochs or 8) * 50,
        log,
        batch=BATCH,
        rate=RATE,
        check_every=50,
    )


def heights(model: nn.Module, fields: list[SickleField]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """(height of the highest peak in each box, 0 where there is none; the peaks of each negative field)."""
    boxes: list[float] = []
    false: list[NDArray[np.float64]] = []
    for field in fields:
        peaks = peaks_in(model, field.rgb, LEAST)
        if field.complete:
            false.append(peaks[:, 2])
            continue
        for centre, side in zip(field.centres, field.sides, strict=True):
            inside = (np.abs(peaks[:, :2] - centre) <= side / 2).all(axis=1)
            boxes.append(float(peaks[inside, 2].max(initial=0.0)))
    return np.array(boxes), false


def parted(model: nn.Module, fields: list[SickleField]) -> float:
    """Share of boxes found at MOST_FALSE calls per 100 red cells, mean of that at half, at it and at a quarter of it."""
    boxes, false = heights(model, fields)
    return float(np.mean([(boxes > limit_at(false, MOST_FALSE * share)).mean() for share in (1.0, 0.5, 0.25)]))


def limit_at(false: list[NDArray[np.float64]], per_100: float) -> float:
    """The height above which `per_100` calls are made per 100 red cells of negative fields."""
    every = np.sort(np.concatenate(false))[::-1]
    allowed = int(per_100 / 100 * RED_CELLS_A_FIELD * len(false))
    return float(every[allowed]) if allowed < len(every) else LEAST


def least_peak(model: nn.Module, experiment: Experiment) -> dict[str, float]:
    """The height of peak from which a sickle cell is called: where ENOUGH of MOST_FALSE are called on val's negative fields and
    on some of train's, over VIEWS views."""
    negative = [f for f in uganda_fields(experiment, "val") if f.complete]
    negative += [f for f in uganda_fields(experiment, "train") if f.complete][::3]
    false = [coarse_peaks(seen_from(model, f.rgb), LEAST, STRIDE)[:, 2] for f in negative]
    return {"peak": round(limit_at(false, ENOUGH * MOST_FALSE), 3)}


def seen_from(model: nn.Module, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The map float32 (h, w) of a picture uint8 (H, W, 3), mean over VIEWS views, as jobs see it."""
    h, w = rgb.shape[:2]
    full = np.pad(rgb, ((0, -h % 16), (0, -w % 16), (0, 0)), mode="symmetric")[None]
    maps = []
    for view in range(VIEWS):
        x = torch.from_numpy(np.ascontiguousarray(turned(full, view))).to(device_of(model)).permute(0, 3, 1, 2)
        with torch.inference_mode():
            p = torch.softmax(model(x.float()), 1).cpu().numpy().transpose(0, 2, 3, 1)
        maps.append(turned_back(p, view)[0, ..., 1])
    return np.asarray(np.mean(maps, axis=0), np.float32)


SICKLE_TRAININGS: tuple[Training, ...] = (
    Training(
        "sickle-cell-finder",
        SETS,
        train_finder,
        ("ground", "sickle_cell"),
        MPP,
        0,
        (
            "Some hundred boxes of one collection of phone pictures, whose patients are unknown and whose boxes are examples.",
            "Positive and negative fields of that collection differ in stain and light; `auc_brightness` and `auc_stain` say by "
            "how much, and cells were pasted across and shown without colour for it.",
            "It points at sickle cells; elliptocytes and cells seen on edge are among what it takes for some.",
            "It learned on even grounds in each film's own stain, and is shown fields in an equal stain, which val asked for.",
            "From what height of peak a cell is called was set by `operating_points`; the weights are of step 300 of 400, the "
            "best on val's 15 boxes: a few dozen boxes say little.",
        ),
        views=VIEWS,
        thresholds=least_peak,
    ),
)
