"""What a finished training is calibrated to on val: temperature, thresholds, and what of both is another for other blood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from hemaview.inference.filmstatistics import STRANGE_FILMS
from hemaview.inference.pictures import as_learned, rescale, softmax, turned
from hemaview.learning.engine.classify import predict
from hemaview.learning.engine.course import device
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import best_temperature, threshold_between
from hemaview.learning.publish.conformal import fit_logits
from hemaview.learning.recipes.film import NUCLEATED, SHAPE_CROP_PX, SHAPES, Log, Training
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets import data
from hemaview.methods.registry import METHODS

NRBC_KEPT = {"pbc": (0.995, 0.997, 0.5), "jhu-aml": (0.95, 0.98, 0.0)}
"""Sensitivity and specificity that a threshold for erythroblasts keeps on val, and where among those it lies: in blood
without disease nearly every call is a false one, in leukaemia a nucleated red cell missed costs more than one more cell to
look at."""
BLOOD = {"pbc": "no disease of the blood", "jhu-aml": "acute leukaemia"}
"""What their patients have."""


def calibrated(
    name: str,
    state: dict[str, torch.Tensor],
    weights: Path,
    experiment: Experiment,
    log: Log,
    ground: Sequence[float] = (),
) -> tuple[float, dict[str, float], dict[str, Any]]:
    """Write `state` to `weights` in half precision; its temperature, its thresholds and what of both is another for blood
    like that of one set, all set on the validation side; 1 and none where there is no such side."""
    training = TRAININGS[name]
    classes = training.classes
    half = {k: v.half() if v.is_floating_point() and "running_var" not in k else v for k, v in state.items()}
    save_file(half, weights)
    temperature, thresholds, by_blood = 1.0, dict[str, float](), dict[str, Any]()
    pools = training.validation_pools(experiment) if training.validation_pools is not None else []
    if pools:
        net = net_with(name, weights)
        logits = [
            np.mean([_answers(net, turned(images, v), training) for v in range(training.views)], axis=0)
            for images in (_as_shown(name, p.images, ground) for p in pools)
        ]
        temperature = best_temperature(np.concatenate(logits), np.concatenate([p.allowed for p in pools]))
        log(f"temperature {temperature:.3f}")
        if training.classes == NUCLEATED:
            nrbc = classes.index("erythroblast")
            there = [dataset for dataset in NRBC_KEPT if data.has(experiment, dataset, "val")]
            for dataset, pool, z in zip(there, pools, logits, strict=False):
                own = temperature if dataset == "pbc" else round(best_temperature(z, pool.allowed), 4)
                p, is_one = softmax(z / own)[:, nrbc], np.asarray(pool.allowed[:, nrbc])
                threshold = threshold_between(p, is_one, *NRBC_KEPT[dataset])
                by_blood[dataset] = {
                    "blood": BLOOD[dataset],
                    "temperature": own,
                    "thresholds": {"erythroblast": threshold},
                }
            thresholds = by_blood.pop("pbc", {}).get("thresholds", {})
    if training.shift:
        by_blood[STRANGE_FILMS] = {
            "blood": "films stained unlike those that a net learned from",
            "temperature": round(temperature, 4),
            "thresholds": {},
            "shift": training.shift,
        }
    if training.thresholds is not None:
        thresholds |= training.thresholds(net_with(name, weights), experiment)
    return round(temperature, 4), thresholds, by_blood


def _answers(net: nn.Module, images: Any, training: Training) -> Any:
    """Logits of pictures of one set, by the net made fit for them where it adapts."""
    if not training.adapts:
        return predict(net, images, training.input_px)
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return fit_logits(net, x, training.adapts)


def net_with(name: str, weights: Path) -> nn.Module:
    """The net with `weights` of its own, over those of its base where it has one."""
    method = METHODS[name]
    state = load_file(weights)
    net = method.build(len(TRAININGS[name].classes))
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    return net.eval().to(device())


def _as_shown(name: str, images: Any, ground: Sequence[float]) -> Any:
    """Val pictures as `Classifier.classify` shows them: on the `ground` that was learned, and Chula's 72 px squares enlarged;
    the other sets are at their model's scale already."""
    if ground:
        images = np.stack([as_learned(np.ascontiguousarray(i), ground) for i in images])
    if "chula-rbc12" not in TRAININGS[name].sets or TRAININGS[name].classes != SHAPES:
        return images
    return np.stack([rescale(np.ascontiguousarray(i), TRAININGS[name].input_px / SHAPE_CROP_PX) for i in images])
