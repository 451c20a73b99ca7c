"""How far red and white cells lie from the colour of their field's red cells, by boxes that people drew: a study that trains
nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.table import CellTable
from hemaview.learning.engine.segment import mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.scoring.filmtasks import as_slide
from hemaview.learning.sets import data
from hemaview.pipeline.redlookalikes import LEAST_RED, OTHERWISE, colour_of, distances_from
from hemaview.words import all_of

SETS = ("txl-pbc", "draaslan-blood")
"""Fields on which both red and white cells are boxed."""
KINDS = {"RBC": "red cells", "WBC": "white cells"}
SIDES = ("train", "val")


def red_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[dict[str, Any]]:
    """Of each set and kind of cell the distances from the colour of the field's red cells, and the share beyond OTHERWISE."""
    rows = []
    for name in SETS:
        for side in (s for s in SIDES if data.has(experiment, name, s)):
            log(f"{name}/{side}")
            far: dict[str, list[NDArray[np.float64]]] = {kind: [] for kind in KINDS}
            lines: dict[str, list[dict[str, str]]] = {}
            for line in data.rows(experiment, name, side):
                lines.setdefault(line["file"], []).append(line)
            for file, own in lines.items():
                rgb = data.image(experiment, name, side, file)
                for kind, values in _of_field(rgb, own).items():
                    far[kind].append(values)
            rows += [_row(f"{name}, {side}, {KINDS[kind]}", np.concatenate(v)) for kind, v in far.items() if v]
    if not rows:
        raise data.DataError(f"None of {all_of(SETS)} has a train or val side in {experiment.root}.")
    return rows


def _of_field(rgb: NDArray[np.uint8], lines: list[dict[str, str]]) -> dict[str, NDArray[np.float64]]:
    """Kind to the distances of its cells that lie whole in the picture; {} where too few red cells tell their colour."""
    h, w = rgb.shape[:2]
    boxes = {kind: _whole([[float(r[k]) for k in "xywh"] for r in lines if r["class"] == kind], w, h) for kind in KINDS}
    if len(boxes["RBC"]) < LEAST_RED:
        return {}
    mpp = mpp_of_boxes([float(max(box[2:])) for box in boxes["RBC"]])
    every = np.concatenate(list(boxes.values()))
    cells = _as_cells(every)
    slide, red = as_slide(rgb), np.arange(len(boxes["RBC"]))
    far = distances_from(colour_of(slide, cells, red, mpp), slide, cells, np.arange(len(every)), mpp)
    return {"RBC": far[: len(red)], "WBC": far[len(red) :]}


def _whole(boxes: list[list[float]], width: int, height: int) -> NDArray[np.float64]:
    """Boxes (n, 4: x, y, w, h) that no edge of the picture cuts."""
    b = np.array(boxes, np.float64).reshape(-1, 4)
    return b[(b[:, 0] > 1) & (b[:, 1] > 1) & (b[:, 0] + b[:, 2] < width - 1) & (b[:, 1] + b[:, 3] < height - 1)]


def _as_cells(boxes: NDArray[np.float64]) -> CellTable:
    """Cells of one class in boxes (n, 4: x, y, w, h)."""
    n = len(boxes)
    nothing = np.full(n, np.nan, np.float16)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    return CellTable(
        x=middle[:, 0].astype(np.float32), y=middle[:, 1].astype(np.float32), w=boxes[:, 2].astype(np.uint16),
        h=boxes[:, 3].astype(np.uint16), cls=np.zeros(n, np.uint8), p=np.ones((n, 1), np.float16),
        field=np.zeros(n, np.uint32), flags=np.zeros(n, np.uint8), area_um2=nothing, circularity=nothing, pallor=nothing,
        nc_ratio=nothing, contour=tuple(np.zeros((0, 2), np.int16) for _ in range(n)),
    )  # fmt: skip


def _row(variant: str, far: NDArray[np.float64]) -> dict[str, Any]:
    finite = far[np.isfinite(far)]
    lowest, median, highest = np.percentile(finite, [2, 50, 98]) if len(finite) else (np.nan,) * 3
    return {
        "variant": variant, "p2": float(lowest), "median": float(median), "p98": float(highest), "cells": len(far),
        "share_otherwise": float((far >= OTHERWISE).mean()),
    }  # fmt: skip
