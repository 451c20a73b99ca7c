"""Zhang et al.: dU-Net, the U-Net of the same layout and PSPNet learn alike. Cells against ground on bbbc041seg; and, on
erythrocytes-idb, which kind of cell each pixel is of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy import ndimage
from torch import nn

from hemaview.learning.engine.course import use_cores
from hemaview.learning.engine.masks import MaskRecipe, MaskSet, read_masks, train_masks
from hemaview.learning.engine.segment import (
    Field,
    mask_parts,
    mpp_of,
    rescale,
    rescale_labels,
    train_segmentation,
)
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import Matches, match_masks
from hemaview.learning.recipes.film import STRANGE, Log, Training, foreground, segmentation_pairs
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.methods.cellsplit import parts
from hemaview.methods.dunet import DUNet
from hemaview.methods.pspnet import PSPNet

PIXEL_CLASSES = ("background", "circular", "elongated", "other")
CLASSES_SET, CLASSES_PX, CLASSES_EPOCHS = "erythrocytes-idb", 80, 60
MPP = 2 / 15
"""µm/px at which a field of the set is about 512 px wide, the paper's size."""
LEAST_UM2 = 4.0


def binary_target(instances: NDArray[np.int32]) -> NDArray[np.uint8]:
    """1 on cells, 0 on ground and on a line of two pixels between cells that touch."""
    lowest = ndimage.minimum_filter(np.where(instances > 0, instances, np.iinfo(np.int32).max), 3)
    between = (instances > 0) & (lowest != ndimage.maximum_filter(instances, 3))
    return np.asarray((instances > 0) & ~between, np.uint8)


def binary_fields(experiment: Experiment, split: str, limit: int | None = None) -> list[Field]:
    """The drawn masks of bbbc041seg at MPP as cell or ground; the first `limit` fields in order of name."""
    fields = []
    for file in data.files(experiment, "bbbc041seg", split)[:limit]:
        rgb = data.image(experiment, "bbbc041seg", split, file)
        truth = mask_parts(data.mask(experiment, "bbbc041seg", split, Path(file).stem))
        small = rescale(rgb, mpp_of(truth) / MPP)
        fields.append(Field(small, binary_target(rescale_labels(truth, small.shape[:2])), 1.0))
    return fields


def binary_f1(net: nn.Module, pairs: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> float:
    """F1 at IoU 0.5 of the parts of the net's mask; pairs are (picture at MPP, instances at its own size)."""
    total = Matches()
    for small, truth in pairs:
        p = foreground(net.eval(), small)
        total += match_masks(rescale_labels(parts(p, round(LEAST_UM2 / MPP**2)), truth.shape), truth)
    return total.f1


def train_binary(
    net: nn.Module, experiment: Experiment, out: Path, steps: int, log: Callable[[str], None], side_px: int = 192
) -> Path:
    """Train on the drawn masks alone, as the paper does; the path of the best weights on val."""
    use_cores()
    validation = segmentation_pairs(experiment, "val", MPP)

    def val(trained: nn.Module) -> float:
        return binary_f1(trained, validation)

    fields = binary_fields(experiment, "train")
    return train_segmentation(net, fields, val, out, steps, log, side_px=side_px, batch=4, class_weights=(1.0, 1.0))


def _deformable(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    return train_binary(DUNet(2), experiment, out, (epochs or 5) * 100, log)


def _plain(experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log) -> Path:
    return train_binary(DUNet(2, deformable=False), experiment, out, (epochs or 5) * 100, log)


def _pspnet(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    return train_binary(PSPNet(2), experiment, out, (epochs or 5) * 100, log)


def class_masks(cells: MaskSet, classes: tuple[str, ...] = PIXEL_CLASSES) -> MaskSet:
    """Masks whose pixels carry the number in `classes` of their cell's class, of masks of cell (1) against ground (0)."""
    numbers = np.array([classes.index(label) for label in cells.labels], np.uint8)
    return replace(cells, masks=(cells.masks > 0).astype(np.uint8) * numbers[:, None, None])


def train_classes(net: nn.Module, sibling: str, experiment: Experiment, out: Path, epochs: int, log: Log) -> Path:
    """Multi-class segmentation (the paper's second experiment); the classes' pixels weigh as they come.

    All but the last layer begin as in `sibling`, the same net trained on cells against ground: the set is small.
    """
    use_cores()
    card = cards().get(sibling)
    if card is None:
        log(f"{sibling} is not installed: starting from nothing")
    else:
        state = {k: v.float() for k, v in load_file(card.weights).items() if not k.startswith("last.")}
        net.load_state_dict(state, strict=False)
    train, val = (class_masks(read_masks(experiment, CLASSES_SET, side, CLASSES_PX)) for side in ("train", "val"))
    recipe = MaskRecipe(len(PIXEL_CLASSES), CLASSES_PX, epochs, batch=8, average=0.95)
    return train_masks(net, recipe, train, val, out, log)


def _deformable_classes(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    return train_classes(DUNet(len(PIXEL_CLASSES)), "zhang-dunet", experiment, out, epochs or CLASSES_EPOCHS, log)


def _plain_classes(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    return train_classes(
        DUNet(len(PIXEL_CLASSES), deformable=False), "zhang-unet", experiment, out, epochs or CLASSES_EPOCHS, log
    )


_STAND_IN = (
    "Stand-in data: malaria films in place of the paper's sickle-cell films (those of Xu et al. 2017), whose masks "
    "could not be fetched here."
)
_CLASSES_STAND_IN = (
    "Stand-in data and classes: circular, elongated and other cells of erythrocytes-idb in place of the paper's four "
    "kinds of sickle-cell disease (Xu et al. 2017), whose masks could not be fetched here."
)
_BINARY: tuple[Training, ...] = tuple(
    Training(
        name, ("bbbc041seg",), run, ("background", "cell"), round(MPP, 5), 512,
        (_STAND_IN, "Touching cells are parted only where the mask leaves a gap between them.", *more),
    )
    for name, run, more in (
        ("zhang-dunet", _deformable, ("Squares of 192 px were shown in training, whole fields of 512 px at test.",)),
        ("zhang-unet", _plain, ("The U-Net that dU-Net is compared with: the same layout and training.",)),
        ("pspnet", _pspnet, ("A small net of our own widths, for comparison with dU-Net.",)),
    )
)  # fmt: skip
ZHANG_TRAININGS: tuple[Training, ...] = (
    *_BINARY,
    *(
        Training(
            name, (CLASSES_SET, "bbbc041seg"), run, PIXEL_CLASSES, 0.0, CLASSES_PX,
            (_CLASSES_STAND_IN, "Crops of 80 × 80 px around one cell; neighbours are background.",
             "Elongated is a shape, not a diagnosis.",
             f"Began from the shipped {sibling}, which learned cells against ground on bbbc041seg."), ground=STRANGE,
        )
        for name, sibling, run in (
            ("zhang-dunet-classes", "zhang-dunet", _deformable_classes),
            ("zhang-unet-classes", "zhang-unet", _plain_classes),
        )
    ),
)  # fmt: skip
