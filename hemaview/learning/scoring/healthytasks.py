"""Red cells of people without blood disease (`healthy`): what share the blood-film protocol calls schistocyte, spherocyte or
target; and cells counted on fields against their labels (`cells-of-field`)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import AS_SHIPPED, Classifier, Model, NetSettings, load
from hemaview.learning.engine.segment import PBC_MPP, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap
from hemaview.learning.scoring.filmtasks import LEAST_RED, as_slide, whole_field
from hemaview.learning.sets import data
from hemaview.pipeline.finders import CellFinder, finder

PROTOCOL = "blood-film"
CALLED = ("schistocyte", "spherocyte", "target")
RAABIN_PX = 575
"""Pictures of txl-pbc of this size are of Raabin-WBC; which of them show its leukaemic donor is not known."""
Rgb = NDArray[np.uint8]


def healthy_red_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Share of gradable whole red cells called each of CALLED; n red cells. pbc's donors have no disease of the blood, of the
    other sets health is unknown; red cells that an edge cuts are left out."""
    how, film = film_finder(nets=experiment.nets), assay("blood_film").schema
    shapes = [c.index for c in film.group_of("rbc") if c.counted]
    calls: list[NDArray[np.uint8]] = []
    for rgb, mpp in _pictures(experiment, dataset, split):
        cells = cells_of(how, rgb, mpp)
        calls.append(cells.cls[((cells.flags & CUT) == 0) & np.isin(cells.cls, shapes)])
    if not sum(map(len, calls)):
        raise data.DataError(f"{dataset}/{split} shows no whole red cell.")
    return [_share(name, dataset, split, f"{key}_share", calls, film.index(key)) for key in CALLED]


def _share(name: str, dataset: str, split: str, metric: str, calls: list[NDArray[np.uint8]], cls: int) -> Score:
    each = np.array([((own == cls).sum(), len(own)) for own in calls], float)

    def of(rows: NDArray[np.int64]) -> float:
        hits, every = each[rows].sum(axis=0)
        return float(hits / max(1.0, every))

    low, high = bootstrap(len(each), of)  # over pictures: cells of one picture are alike
    return Score.rounded(
        name, "healthy", dataset, split, int(each[:, 1].sum()), metric, of(np.arange(len(each))), low, high
    )


def _pictures(experiment: Experiment, dataset: str, split: str) -> Iterator[tuple[Rgb, float]]:
    if dataset == "pbc":
        for row in data.rows(experiment, dataset, split):
            yield data.image(experiment, dataset, split, row["file"]), PBC_MPP
        return
    for file, sides in _red_sides(experiment, dataset, split).items():
        rgb = data.image(experiment, dataset, split, file)
        if dataset != "txl-pbc" or RAABIN_PX not in rgb.shape[:2]:
            yield rgb, mpp_of_boxes(sides)


def counted_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`count_rows` by the blood-film protocol; of an overlapped thing so many as red cells of the field's typical size go into
    it."""
    how, film = film_finder(nets=experiment.nets), assay("blood_film").schema

    def count(rgb: Rgb, mpp: float) -> tuple[float, float]:
        cells = cells_of(how, rgb, mpp)
        return float(film.rows_of_kind(cells.cls, "nucleated").sum()), red_cells_in(cells)

    return count_rows(name, dataset, experiment, split, count)


def count_rows(
    name: str, dataset: str, experiment: Experiment, split: str, count: Callable[[Rgb, float], tuple[float, float]]
) -> list[Score]:
    """|Σ found - Σ labelled| / Σ labelled of white and of red cells over all fields, and the mean over fields of the same of
    one field (of those that have a label of the kind); n fields. `count` gives white and red cells of a picture at µm/px. Cells
    that an edge cuts are counted, as they are labelled."""
    labelled = {"WBC": dict[str, int](), "RBC": dict[str, int]()}
    for row in data.rows(experiment, dataset, split):
        if row["class"] in labelled:
            of = labelled[row["class"]]
            of[row["file"]] = of.get(row["file"], 0) + 1
    counts: list[tuple[float, float]] = []
    truth: list[tuple[float, float]] = []
    for file, sides in _red_sides(experiment, dataset, split).items():
        counts.append(count(data.image(experiment, dataset, split, file), mpp_of_boxes(sides)))
        truth.append((labelled["WBC"].get(file, 0), labelled["RBC"].get(file, 0)))
    rows = []
    for column, kind in enumerate(("wbc", "rbc")):
        own, true = np.array(counts)[:, column], np.array(truth, float)[:, column]
        rows += _count_errors(name, dataset, split, kind, own, true)
    return rows


def red_cells_in(cells: CellTable) -> float:
    """Red cells of a field: those whose shape is named, and of overlapped ones so many as their area holds."""
    film = assay("blood_film").schema
    single = film.rows_of_kind(cells.cls, "red_cell") & (cells.cls != film.index("overlapped"))
    several = cells.cls == film.index("overlapped")
    whole = single & ((cells.flags & CUT) == 0)
    if not several.any():
        return float(single.sum())
    area = cells.area_um2.astype(np.float64)
    typical = float(np.median(area[whole])) if whole.any() else float(np.pi * 3.6**2)
    return float(single.sum() + np.maximum(2.0, np.rint(area[several] / typical)).sum())


def _count_errors(
    name: str, dataset: str, split: str, kind: str, predicted: NDArray[np.float64], true: NDArray[np.float64]
) -> list[Score]:
    def of_all(rows: NDArray[np.int64]) -> float:
        return float(abs(predicted[rows].sum() - true[rows].sum()) / max(1.0, true[rows].sum()))

    there = np.flatnonzero(true > 0)
    each = np.abs(predicted[there] - true[there]) / true[there]

    def mean(rows: NDArray[np.int64]) -> float:
        return float(each[rows].mean())

    if not len(there):
        raise data.DataError(f"{dataset}/{split} labels no {kind.upper()}.")
    task = "cells-of-field"
    return [
        Score.rounded(name, task, dataset, split, n, metric, f(np.arange(n)), *bootstrap(n, f))
        for n, metric, f in (
            (len(true), f"{kind}_count_error", of_all),
            (len(there), f"{kind}_count_error_a_field", mean),
        )
    ]


def _red_sides(experiment: Experiment, dataset: str, split: str) -> dict[str, list[float]]:
    """The longer sides of the red cells' boxes of each field that has enough of them, px."""
    sides: dict[str, list[float]] = {}
    for row in data.rows(experiment, dataset, split):
        if row["class"] == "RBC":
            sides.setdefault(row["file"], []).append(max(float(row["w"]), float(row["h"])))
    return {file: own for file, own in sides.items() if len(own) >= LEAST_RED}


def film_finder(operating: bool = True, nets: NetSettings = AS_SHIPPED) -> CellFinder:
    """The finder of the shipped protocol PROTOCOL with its models, as of a film like those learned from; every shape is its
    likeliest where not `operating` at the points of its card."""
    film = assay("blood_film")
    order = next(o for o in film.orders if o.name == PROTOCOL)
    models: dict[str, Model] = {
        role: load(model, settings=nets) for role, model in order.models.items() if role != "nucleated-cell-elsewhere"
    }
    if not operating and isinstance(models["red-cell-shape"], Classifier):
        models["red-cell-shape"] = shape = copy.copy(models["red-cell-shape"])  # the one in use is everybody's
        shape.called_from = {}
    return finder(order.finder, models, film.schema)


def cells_of(how: CellFinder, rgb: Rgb, mpp: float, of_assay: str = "blood_film") -> CellTable:
    """The cells of one photograph uint8 (H, W, 3), in the classes of an assay."""
    h, w = rgb.shape[:2]
    place = whole_field(0, 0, 0, w, h)
    place.photo = True
    return how.cells(as_slide(rgb), place, mpp, assay(of_assay).schema)
