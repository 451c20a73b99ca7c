"""The net of white cells for strange stains: its first layers learned again.

What another laboratory changes most is the colour, which the first layers read; what a nucleus looks like stays. Only
they are trained (surgical fine-tuning, Lee et al. 2023), from pictures restained far beyond what the sets show.
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from hemaview.inference.models import state_of
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.classify import Recipe, train_classifier
from hemaview.learning.recipes.film import (
    ALWAYS,
    NUCLEATED,
    NUCLEATED_MPP,
    NUCLEATED_PX,
    Log,
    Training,
    nucleated_pools,
)
from hemaview.learning.recipes.together import installed
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.registry import METHODS

STAINS = "nucleated-cell-stains"
FIRST = ("_conv_stem.", "_bn0.", "_blocks.0.", "_blocks.1.", "_blocks.2.", "_blocks.3.")
RESTAINED = Augmentation(scale=0.1, shift=0.04, stain=1.0, light=0.08, blur=0.2, noise=4)
"""The stain's channels are mixed by up to a half and scaled by e⁻¹ to e: chosen on the train sides of wbc-masks-1
and -2, from which no classifier learns."""


class FirstLayersLearn(EfficientNetLite0):
    """A net of which only the first layers learn; running statistics and what follows stay as they are."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        for name, values in self.named_parameters():
            values.requires_grad_(name.startswith(FIRST))

    def train(self, mode: bool = True) -> FirstLayersLearn:
        super().train(False)
        return self


def train_stains(root: Path, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log) -> Path:
    """The first layers alone, from the shipped net. The last epoch counts: val is of the stains that it leaves."""
    net = FirstLayersLearn(len(NUCLEATED))
    net.load_state_dict(state_of(installed(METHODS[STAINS].base)))
    recipe = Recipe(
        NUCLEATED, NUCLEATED_PX, epochs=epochs or 4, batch=48, rate=1e-3, weight_decay=0.0, balance=0.4,
        average=0.99, augmentation=RESTAINED,
    )  # fmt: skip
    best = train_classifier(net, recipe, nucleated_pools(root, "train", cache), [], out, log)
    learned = {k: v for k, v in load_file(best).items() if k.startswith(FIRST) and not _kept(k)}
    save_file(learned, out / "first-layers.safetensors")
    return out / "first-layers.safetensors"


def _kept(name: str) -> bool:
    return "running_" in name or name.endswith("num_batches_tracked")


STAIN_TRAININGS = (
    Training(
        STAINS,
        ("pbc", "jhu-aml"),
        train_stains,
        NUCLEATED,
        NUCLEATED_MPP,
        NUCLEATED_PX,
        (
            "It gives up a little on stains like those of pbc and jhu-aml for strange ones: see nucleated-cell-net.",
            "It mends neutrophils most: monocytes and lymphocytes of wbc-masks-1 it still calls mostly something else.",
            "The 245 cells of two laboratories' train sides chose how strange; a third laboratory may be another matter.",
        ),
        lambda root: nucleated_pools(root, "val", None),
        views=2,
        ground=ALWAYS,
    ),
)
