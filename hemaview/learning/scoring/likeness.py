"""Whether cells that stand near one another by their likeness are of one class: `study likeness`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.cells.likeness import by_answers, by_looks, unlikeness
from hemaview.cells.table import BY_NUCLEATED, BY_RED, EMBEDDED, CellTable
from hemaview.inference import Classifier, load_as
from hemaview.inference.embedding import embedded
from hemaview.inference.models import net_of
from hemaview.inference.pictures import turned
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import NUCLEATED_MPP, SHAPE_MPP, Log
from hemaview.learning.scoring.healthytasks import cells_of, film_finder
from hemaview.learning.scoring.limitstudies import Row
from hemaview.learning.sets import data
from hemaview.methods.features import hands_out_features, signs

NEIGHBOURS = 10
SAME_CELL_UM = 3.0
"""A label is of the cell whose centre lies nearest, no farther than this."""
OTHER_WIDTHS = (32, 64, 96)
"""Numbers a cell that were tried beside EMBEDDED."""
MOST_PICTURES = 500
"""Of each side, from its first to its last."""
BATCH = 64
RED, NUCLEATED = "red-cell-shape-committee", "nucleated-cell-net"


@dataclass(frozen=True)
class _Side:
    """A labelled side of a set, and the net of the usual blood film that names its cells."""

    dataset: str
    split: str
    net: str
    mpp: float


SIDES = (
    _Side("chula-rbc12", "val", RED, SHAPE_MPP),
    _Side("pbc", "val", NUCLEATED, NUCLEATED_MPP),
    _Side("jhu-aml", "val", NUCLEATED, NUCLEATED_MPP),
    _Side("raabin-wbc", "train", NUCLEATED, NUCLEATED_MPP),
)
"""None of them taught its net: raabin-wbc is of a laboratory from which NUCLEATED learned nothing."""


@dataclass(frozen=True)
class _Labelled:
    """Labelled cells as a job keeps them, and what their net saw."""

    cells: CellTable
    labels: NDArray[np.str_]
    """(n,)."""
    features: NDArray[np.float32]
    """The net's own, over its views (n, f)."""


def likeness(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """A row a set and way of comparing: of the NEIGHBOURS cells nearest to each labelled cell, the share of its class; over all
    cells, and the mean over classes of more than NEIGHBOURS cells."""
    rows: list[Row] = []
    for side in SIDES:
        if not data.has(experiment, side.dataset, side.split):
            continue
        of = _labelled(experiment, side)
        log(f"{side.dataset}/{side.split}: {len(of.cells)} labelled cells were found")
        for way, away in _ways(of).items():
            every, mean = agreement(away, of.labels)
            rows.append(
                {
                    "variant": f"{side.dataset}, {way}",
                    "same_class": every,
                    "mean_over_classes": mean,
                    "cells": len(of.cells),
                }
            )
    if not rows:
        raise data.DataError("None of the sets that tell whether neighbours are of one class is there.")
    return rows


def agreement(away: Callable[[int], NDArray[np.floating]], labels: NDArray[np.str_]) -> tuple[float, float]:
    """(the share of the NEIGHBOURS nearest of each cell that have its label, its mean over classes), of the classes with more
    cells than that; away: row to how far every cell is from it (n,)."""
    classes, counts = np.unique(labels, return_counts=True)
    shares: dict[str, list[float]] = {str(c): [] for c in classes[counts > NEIGHBOURS]}
    for row, label in enumerate(labels.tolist()):
        if label in shares:
            far = np.array(away(row), np.float64)
            far[row] = np.inf
            nearest = np.argsort(far, kind="stable")[:NEIGHBOURS]
            shares[label].append(float((labels[nearest] == label).mean()))
    if not shares:
        raise data.DataError(f"No class has more than {NEIGHBOURS} cells.")
    return (
        float(np.mean([share for of_class in shares.values() for share in of_class])),
        float(np.mean([np.mean(of_class) for of_class in shares.values()])),
    )


def _ways(of: _Labelled) -> dict[str, Callable[[int], NDArray[np.floating]]]:
    """What is compared by its name."""
    length = np.linalg.norm(of.features, axis=1, keepdims=True)
    whole = of.features / np.maximum(length, 1e-9)
    ways: dict[str, Callable[[int], NDArray[np.floating]]] = {
        "answers and measures": lambda row: by_answers(of.cells, row),
        "as listed": lambda row: unlikeness(of.cells, row),
        f"looks alone, as stored ({EMBEDDED} numbers)": lambda row: by_looks(
            of.cells.embedding, of.cells.embedding[row]
        ),
        "all features": lambda row: np.square(whole - whole[row]).sum(axis=1),
    }
    for numbers in OTHER_WIDTHS:
        looks = embedded(of.features @ signs(of.features.shape[1], numbers))
        ways[f"{numbers} numbers"] = lambda row, looks=looks: by_looks(looks, looks[row])  # type: ignore[misc]
    return ways


def _labelled(experiment: Experiment, side: _Side) -> _Labelled:
    """The cells of a side as the usual blood film finds them, those that a label is of."""
    model, how = load_as(Classifier, side.net, experiment.nets), film_finder(nets=experiment.nets)
    by = BY_RED if side.net == RED else BY_NUCLEATED
    tables: list[CellTable] = []
    labels: list[str] = []
    features: list[NDArray[np.float32]] = []
    net = net_of(model.card)
    for rgb, points, names in _pictures(experiment, side):
        cells = cells_of(how, rgb, side.mpp)
        rows, of = _matched(cells, points, by, SAME_CELL_UM / side.mpp)
        if not len(rows):
            continue
        tables.append(cells.take(rows))
        labels += [names[i] for i in of]
        centres = np.stack([cells.x, cells.y], axis=1)[rows].astype(np.float64)
        features.append(_features(net, model.crops(rgb, centres, side.mpp), model.views))
    if not tables:
        raise data.DataError(f"{side.dataset}/{side.split}: no labelled cell was found.")
    return _Labelled(CellTable.concatenate(tables, tables[0].p.shape[1]), np.array(labels), np.concatenate(features))


def _pictures(
    experiment: Experiment, side: _Side
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float64], list[str]]]:
    """Each picture of a side, where its labels are (n, 2: x, y px), and their classes; a picture of one cell has it in its
    middle."""
    lines: dict[str, list[dict[str, str]]] = {}
    for line in data.rows(experiment, side.dataset, side.split):
        lines.setdefault(line["file"], []).append(line)
    indices = np.unique(np.linspace(0, len(lines) - 1, min(MOST_PICTURES, len(lines))).round().astype(int))
    for file, own in [list(lines.items())[i] for i in indices]:
        rgb = data.image(experiment, side.dataset, side.split, file)
        middle = (rgb.shape[1] / 2, rgb.shape[0] / 2)
        points = [(float(line["x"]), float(line["y"])) if "x" in line else middle for line in own]
        yield rgb, np.array(points), [line.get("fine_class") or line["class"] for line in own]


def _matched(
    cells: CellTable, points: NDArray[np.float64], by: int, reach_px: float
) -> tuple[NDArray[np.int64], list[int]]:
    """(rows of the cells that the net `by` saw and that a point (n, 2: x, y) is of, each once; the points' numbers)."""
    rows = np.flatnonzero(cells.embedded_by == by)
    of_row: dict[int, int] = {}
    for i, point in enumerate(points):
        far = np.hypot(cells.x[rows] - point[0], cells.y[rows] - point[1])
        if len(far) and far.min() <= reach_px:
            of_row.setdefault(int(rows[far.argmin()]), i)
    return np.array(list(of_row), np.int64), list(of_row.values())


def _features(net: torch.nn.Module, crops: NDArray[np.uint8], views: int) -> NDArray[np.float32]:
    assert hands_out_features(net)
    every = []
    with torch.inference_mode():
        for first in range(0, len(crops), BATCH):
            inputs = (turned(crops[first : first + BATCH], view).transpose(0, 3, 1, 2) for view in range(views))
            batch = [net.with_features(torch.from_numpy(np.ascontiguousarray(x, np.float32)))[1] for x in inputs]
            every.append(torch.stack(batch).mean(dim=0).numpy())
    return np.concatenate(every)
