"""Plasma cells of marrow aspirates as a mask (segpc-plasma)."""

from __future__ import annotations

from pathlib import Path

from hemaview.learning.engine.course import use_cores
from hemaview.learning.engine.masks import MaskRecipe, read_masks, train_masks
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import STRANGE, Log, Training
from hemaview.methods.unet import UNet

SET, SIDE_PX = "segpc-plasma", 256


def train_plasma(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """A U-Net of 16 channels on whole fields at half their size."""
    use_cores()
    train, val = (read_masks(experiment, SET, side, SIDE_PX) for side in ("train", "val"))
    return train_masks(UNet(2, 16, 4), MaskRecipe(2, SIDE_PX, epochs or 24, 6, scale=0.2), train, val, out, log)


PLASMA_TRAININGS: tuple[Training, ...] = (
    Training(
        "plasma-cell-unet",
        (SET,),
        train_plasma,
        ("ground", "plasma_cell"),
        0.0,
        SIDE_PX,
        (
            "Fields of multiple myeloma; cells of other kinds carry no label there.",
            "Plasma cells that touch are one area.",
        ),
        views=4,
        ground=STRANGE,
    ),
)
