"""Whether an encoder taught red cells without labels names their shapes better than one from ImageNet (`red-encoder`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hemaview.learning.engine.classify import load_weights, predict
from hemaview.learning.engine.selfsupervised import start_from_encoder
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import accuracy, macro_f1
from hemaview.learning.recipes.encoder import red_sources, teach_red
from hemaview.learning.recipes.film import SHAPE_PX, SHAPES, Log, learn_shapes, shape_pools, start_from_imagenet
from hemaview.learning.scoring.limitstudies import Row
from hemaview.methods.efficientnet import EfficientNetLite0

ENCODER_EPOCHS = 10
FROM_IMAGENET, FROM_ENCODER = "from ImageNet", "from an encoder taught without labels"


def red_encoder(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Macro F1 and accuracy on chula-rbc12's val side of a net from either start; resumable. Raises DataError."""
    cache = out / "cache"
    rows = []
    for variant, folder in ((FROM_IMAGENET, out / "imagenet"), (FROM_ENCODER, out / "encoder")):
        log(variant)
        net = EfficientNetLite0(len(SHAPES))
        start_from_imagenet(net, None, log)
        if variant == FROM_ENCODER:
            start_from_encoder(
                net, teach_red(net, red_sources(experiment, cache), folder / "taught", ENCODER_EPOCHS, log)
            )
        load_weights(net, learn_shapes(net, experiment, folder, cache, epochs, log))
        rows.append({"variant": variant, **scores_of(net, experiment, cache)})
    return rows


def scores_of(net: EfficientNetLite0, experiment: Experiment, cache: Path | None) -> dict[str, float]:
    """`macro_f1`, `accuracy` and the number of `cells` of a net on chula-rbc12's val side, in one view of each cell."""
    (pool,) = shape_pools(experiment, "val", cache)
    calls = predict(net, pool.images, SHAPE_PX).argmax(axis=1)
    truth = np.asarray(pool.allowed.argmax(axis=1))
    return {"macro_f1": macro_f1(truth, calls), "accuracy": accuracy(truth, calls), "cells": len(truth)}
