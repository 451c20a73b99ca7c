"""What an encoder learns from before any label is asked: every cell of every train side, of nucleated or of red cells.

No shipped net begins from one: `study other-laboratories` says what it is worth.

wbc-masks-1 and -2 are left out: `nucleated-cells-elsewhere` is scored on laboratories whose cells no net has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.pictures import as_learned, rescale, squares
from hemaview.learning.engine.augment import Augmentation
from hemaview.learning.engine.segment import CHULA_MPP, mask_parts, mpp_of, mpp_of_boxes
from hemaview.learning.engine.selfsupervised import PretrainRecipe, pretrain
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.nonuclei import crops_without_nucleus
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowcells import marrow_cells
from hemaview.methods.efficientnet import EfficientNet

Log = Callable[[str], None]
Source = NDArray[np.uint8]

NUCLEATED_MPP, NUCLEATED_PX, NUCLEATED_SHOWN_PX = 0.2, 135, 112
GROUND = (254.0, 228.0, 203.0)
"""Colour of the ground on which nucleated cells are shown: the common one of pbc and jhu-aml."""
SINGLE = ("pbc", "jhu-aml", "raabin-wbc")
BOXED = ("txl-pbc", "draaslan-blood")
RED_PX, RED_SHOWN_PX = 72, 96
RED_PER_FIELD = 24
WHITE, RED = "WBC", "RBC"
LEAST_RED = 3
"""Of fewer red cells a field's scale is not known."""
NUCLEATED_VIEWS = Augmentation(
    scale=0.38, shift=0.08, stain=0.5, light=0.2, blur=0.3, noise=6, smear=0.25, zoom=1.25, jpeg=0.3
)
RED_VIEWS = Augmentation(scale=0.12, shift=0.06, stain=0.5, light=0.25, blur=0.3, noise=5, smear=0.2, jpeg=0.3)


def teach_nucleated(net: EfficientNet, sources: Sequence[Source], out: Path, epochs: int, log: Log) -> Path:
    """Teach an encoder nucleated cells, of `nucleated_sources`, shown on the ground GROUND; the file of its weights."""
    shown = [np.stack([as_learned(np.ascontiguousarray(rgb), GROUND) for rgb in images]) for images in sources]
    return pretrain(
        net, shown, PretrainRecipe(NUCLEATED_SHOWN_PX, epochs=epochs, augmentation=NUCLEATED_VIEWS), out, log
    )


def teach_red(net: EfficientNet, sources: Sequence[Source], out: Path, epochs: int, log: Log) -> Path:
    """Teach an encoder red cells, of `red_sources`; the file of its weights."""
    return pretrain(net, sources, PretrainRecipe(RED_SHOWN_PX, epochs=epochs, augmentation=RED_VIEWS), out, log)


def nucleated_sources(experiment: Experiment, cache: Path | None, without: Collection[str] = ()) -> list[Source]:
    """Pictures uint8 (n, NUCLEATED_PX, NUCLEATED_PX, 3) at NUCLEATED_MPP µm/px of every train side that is there and not named
    by `without`: those of `stain_sources`, then marrow cells of any class and crops without a nucleus."""
    sources = stain_sources(experiment, cache, without)
    if data.has(experiment, "segpc-plasma", "train"):
        sources.append(marrow_cells(experiment, "train", cache).others)
    sources.append(crops_without_nucleus(experiment, "train", cache))
    return [s for s in sources if len(s)]


def stain_sources(experiment: Experiment, cache: Path | None, without: Collection[str] = ()) -> list[Source]:
    """As `nucleated_sources`, those alone whose cells show their laboratory's stain: sets of single cells, boxed white cells,
    plasma cells."""
    there = [name for name in (*SINGLE, *BOXED) if name not in without and data.has(experiment, name, "train")]
    sources = [data.cell_crops(experiment, name, "train", cache).images for name in there if name in SINGLE]
    for name in (n for n in there if n in BOXED):
        sources.append(_stack(_boxed(experiment, name, WHITE, NUCLEATED_MPP, NUCLEATED_PX), NUCLEATED_PX))
    if data.has(experiment, "segpc-plasma", "train"):
        sources.append(marrow_cells(experiment, "train", cache).plasma)
    return [s for s in sources if len(s)]


def red_sources(experiment: Experiment, cache: Path | None) -> list[Source]:
    """Pictures uint8 (n, RED_PX, RED_PX, 3) at CHULA_MPP µm/px of every train side that labels red cells, one array a set."""
    sources = []
    if data.has(experiment, "chula-rbc12", "train"):
        sources.append(data.point_crops(experiment, "chula-rbc12", "train", RED_PX, cache).images)
    for name in (n for n in BOXED if data.has(experiment, n, "train")):
        sources.append(_stack(_boxed(experiment, name, RED, CHULA_MPP, RED_PX), RED_PX))
    if data.has(experiment, "bbbc041seg", "train"):
        sources.append(_stack(_masked(experiment, "bbbc041seg"), RED_PX))
    return [s for s in sources if len(s)]


def _boxed(experiment: Experiment, name: str, label: str, mpp: float, side_px: int) -> Iterator[Source]:
    """Of each field the boxed cells of a label, at most RED_PER_FIELD."""
    fields: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, name, "train"):
        fields.setdefault(row["file"], []).append(row)
    for file, rows in fields.items():
        red = [max(float(r["w"]), float(r["h"])) for r in rows if r["class"] == RED]
        own = [r for r in rows if r["class"] == label][:RED_PER_FIELD]
        if len(red) < LEAST_RED or not own:
            continue
        factor = mpp_of_boxes(red) / mpp
        middles = np.array([[float(r["x"]) + float(r["w"]) / 2, float(r["y"]) + float(r["h"]) / 2] for r in own])
        yield squares(rescale(data.image(experiment, name, "train", file), factor), middles * factor, side_px)


def _masked(experiment: Experiment, name: str) -> Iterator[Source]:
    """Of each field the parts of its mask, at most RED_PER_FIELD."""
    for file in data.files(experiment, name, "train"):
        parts = mask_parts(data.mask(experiment, name, "train", file.rpartition(".")[0]))
        if not parts.max():
            continue
        factor = mpp_of(parts) / CHULA_MPP
        places = [np.argwhere(parts == i + 1).mean(axis=0)[::-1] for i in range(min(RED_PER_FIELD, int(parts.max())))]
        yield squares(rescale(data.image(experiment, name, "train", file), factor), np.stack(places) * factor, RED_PX)


def _stack(parts: Iterator[Source], side_px: int) -> Source:
    return np.concatenate([np.zeros((0, side_px, side_px, 3), np.uint8), *parts])
