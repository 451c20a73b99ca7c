"""Which way of learning is right on a laboratory that it never saw: each of three is left out once (`other-laboratories`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.inference.filmstatistics import MOST_CELLS, blended
from hemaview.inference.pictures import softmax
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Recipe, load_weights, train_classifier
from hemaview.learning.engine.course import device_of
from hemaview.learning.engine.selfsupervised import start_from_encoder
from hemaview.learning.engine.stainbank import stains_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.encoder import nucleated_sources, stain_sources, teach_nucleated
from hemaview.learning.recipes.film import NUCLEATED, Log, start_from_imagenet
from hemaview.learning.recipes.nucleated import ADAPTS, ELSEWHERE, SHOWN_PX, as_shown, on_ground, strangers_pools
from hemaview.learning.scoring.limitstudies import Row
from hemaview.learning.sets import data
from hemaview.methods.efficientnet import EfficientNetLite0

PRETRAIN_EPOCHS = 14
LAYERS = (0, 5, 10, 16, 30)
"""Of 49 batch normalisations so many take the film's own statistics."""


@dataclass(frozen=True)
class Laboratory:
    """A set that is left out."""

    name: str
    sides: tuple[str, ...]
    """Those that it is scored on."""
    each: int
    """Every so many-th of its cells is scored."""
    without: tuple[str, ...]
    """Sets that nothing is learned from meanwhile: its own, and those that show its slides."""


LABORATORIES = (
    Laboratory("raabin-wbc", ("train", "val"), 1, ("raabin-wbc", "txl-pbc")),
    Laboratory("jhu-aml", ("train",), 2, ("jhu-aml",)),
    Laboratory("pbc", ("train",), 4, ("pbc",)),
)


@dataclass(frozen=True)
class Way:
    """How a net learns."""

    name: str
    augmentation: Augmentation
    restained: float
    """Share of films that are moved to another set's stain."""
    encoder: bool
    """Whether it begins from an encoder that was taught without labels, not from ImageNet."""


_STORED = replace(ELSEWHERE, stain=0.5, jpeg=0.25)
WAYS = (
    Way("stain changed at will", ELSEWHERE, 0.0, False),
    Way("moved to stains of other sets, JPEG", _STORED, 0.6, False),
    Way("that, from an encoder taught without labels", _STORED, 0.6, True),
)
_GRANULOCYTES = {"metamyelocyte": "immature", "myelocyte": "immature", "promyelocyte": "immature"}
GROUPS = {
    "segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "neutrophil_unspecified": "neutrophil",
    "lymphocyte_variant": "lymphocyte", "immature_granulocyte_unspecified": "immature", **_GRANULOCYTES,
}  # fmt: skip
"""Classes that are counted as one: laboratories part them by their own conventions."""
SHARED = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "immature", "erythroblast")
"""Classes known from two laboratories or more."""
APART = ("lymphocyte_variant",)
"""Labels that are not scored: one laboratory's alone."""


def other_laboratories(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """For every way, with every number of LAYERS of the film's own, the macro F1 over SHARED of each left-out laboratory, and
    their mean. Raises DataError where one of them is not there."""
    lacking = [lab.name for lab in LABORATORIES if not data.has(experiment, lab.name, "train")]
    if lacking:
        raise data.DataError(f"{lacking[0]}/train is not in {experiment.root}: each laboratory is left out once.")
    scores: dict[tuple[str, int], dict[str, float]] = {}
    for lab in LABORATORIES:
        crops, labels = _cells(experiment, lab, out / "cache")
        for number, way in enumerate(WAYS):
            folder = out / f"{lab.name}-{number + 1}"
            log(f"{lab.name} left out, {way.name}")
            net = _learned(experiment, lab, way, folder, out / "cache", epochs, log)
            for layers in LAYERS:
                p = softmax(logits_of(net, crops, layers))
                scores.setdefault((way.name, layers), {})[lab.name] = shared_f1(p, labels)
    return rows_of(scores)


def rows_of(scores: Mapping[tuple[str, int], Mapping[str, float]]) -> list[Row]:
    """Way and number of layers to laboratory to its score, as the study's rows."""
    return [
        {
            "variant": f"{way}; {layers} layers the film's",
            "mean": float(np.mean(list(of.values()))),
            **{name.replace("-", "_"): of[name] for name in (lab.name for lab in LABORATORIES)},
        }
        for (way, layers), of in sorted(
            scores.items(), key=lambda item: ([w.name for w in WAYS].index(item[0][0]), item[0][1])
        )
    ]


def shared_f1(p: NDArray[np.float32], labels: Sequence[str]) -> float:
    """Mean F1 over the classes of SHARED that stand in labels (n,), of probabilities p (n, classes of NUCLEATED); a call that is
    none of them is an error."""
    grouped = [GROUPS.get(c, c) for c in NUCLEATED]
    names = sorted(set(grouped))
    summed = np.stack([p[:, [i for i, g in enumerate(grouped) if g == n]].sum(axis=1) for n in names], axis=1)
    calls = np.array(names)[summed.argmax(axis=1)]
    truth = np.array(["" if label in APART else GROUPS.get(label, label) for label in labels])
    scored = np.isin(truth, SHARED)
    truth, calls = truth[scored], calls[scored]
    return float(
        np.mean(
            [
                2 * ((truth == c) & (calls == c)).sum() / max(1, (truth == c).sum() + (calls == c).sum())
                for c in np.unique(truth)
            ]
        )
    )


@torch.inference_mode()
def logits_of(net: EfficientNetLite0, crops: NDArray[np.uint8], layers: int) -> NDArray[np.float32]:
    """Logits of pictures uint8 (n, SHOWN_PX, SHOWN_PX, 3) by the net made fit for them in its first `layers`."""
    own = {k: v.clone() for k, v in net.state_dict().items()}
    x = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float().to(device_of(net))
    if layers:
        some = x[:: max(1, len(x) // MOST_CELLS)][:MOST_CELLS]
        net.load_state_dict({**own, **blended(net, some, layers, ADAPTS["cells"])})
    net.eval()
    logits = torch.cat([net(part).float() for part in x.split(128)]).cpu().numpy()
    net.load_state_dict(own)
    return np.asarray(logits, np.float32)


def _cells(experiment: Experiment, lab: Laboratory, cache: Path) -> tuple[NDArray[np.uint8], list[str]]:
    """The left-out laboratory's cells as the net is shown them, and their labels."""
    parts = [
        data.cell_crops(experiment, lab.name, side, cache) for side in lab.sides if data.has(experiment, lab.name, side)
    ]
    images = np.concatenate([part.images for part in parts])[:: lab.each]
    labels = [label for part in parts for label in part.fine][:: lab.each]
    return as_shown(on_ground(images)), labels


def _learned(
    experiment: Experiment, lab: Laboratory, way: Way, out: Path, cache: Path, epochs: int, log: Log
) -> EfficientNetLite0:
    """A net that learned by a way from all but one laboratory; resumable."""
    net = EfficientNetLite0(len(NUCLEATED))
    start_from_imagenet(net, None, log)
    if way.encoder:
        sources = nucleated_sources(experiment, cache, lab.without)
        start_from_encoder(net, teach_nucleated(net, sources, out / "encoder", PRETRAIN_EPOCHS, log))
    recipe = Recipe(
        NUCLEATED, SHOWN_PX, epochs=epochs, batch=256, rate=2.4e-3, balance=0.5, films=0.5, average=0.997,
        restained=way.restained, augmentation=way.augmentation,
    )  # fmt: skip
    stains = stains_of([on_ground(images) for images in stain_sources(experiment, cache, lab.without)])
    pools = strangers_pools(experiment, "train", cache, lab.without)
    load_weights(net, train_classifier(net, recipe, pools, [], out, log, stains))
    return net.eval()
