"""Are nucleated cells found on whole fields of laboratories that no net has seen (`white-cells-found`)? As a job finds them:
the default protocol of blood films, made fit for the laboratory's cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CellTable
from hemaview.inference import AS_SHIPPED, CentreFinder, Classifier, Model, NetSettings, load
from hemaview.inference.filmstatistics import MOST_CELLS, STRANGE_FILMS, fit_for, statistics_of
from hemaview.inference.grounds import one_ground
from hemaview.inference.pictures import rescale, squares
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, share
from hemaview.learning.scoring.filmtasks import as_slide, in_boxes, whole_field
from hemaview.learning.sets import data
from hemaview.pipeline.finders import CellFinder, finder
from hemaview.pipeline.redlookalikes import without_red_lookalikes

TASK, PROTOCOL = "white-cells-found", "blood-film"
FIELDS_MPP = {"rv-pbs-fields": 0.1, "chula-wbc-fields": 0.19}
"""µm/px of the fields, by their red cells."""
LARGE_PX, LARGE_MPP, SMALL_MPP = 1000, 0.18, 0.22
"""all-idb1-fields: pictures at least this wide are of the second camera."""
REACH_UM = 4.0
"""A cell within this of a labelled point is that cell."""


def mpp_of_field(dataset: str, rgb: NDArray[np.uint8]) -> float:
    """µm/px of one picture of a set."""
    if dataset in FIELDS_MPP:
        return FIELDS_MPP[dataset]
    return LARGE_MPP if rgb.shape[1] >= LARGE_PX else SMALL_MPP


def white_cells_found(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`recall` of labelled cells (in the box, or within REACH_UM of the point), nucleated cells a field beside it; on fields
    without any blast, blasts called a field."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, dataset, split):
        lines.setdefault(row["file"], []).append(row)
    pictures = {file: data.image(experiment, dataset, split, file) for file in lines}
    how = fitted_finder([(rgb, mpp_of_field(dataset, rgb)) for rgb in pictures.values()], experiment.nets)
    schema = assay("blood_film").schema
    hits: list[NDArray[np.bool_]] = []
    every: list[float] = []
    false_blasts: list[float] = []
    for file, rows in lines.items():
        rgb = pictures[file]
        mpp = mpp_of_field(dataset, rgb)
        h, w = rgb.shape[:2]
        slide = as_slide(rgb)
        cells = how.cells(slide, whole_field(0, 0, 0, w, h), mpp, schema)
        cells, _ = without_red_lookalikes(slide, cells, [0], mpp, schema, photographs=True)
        cells = cells.take(np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated")))
        every.append(float(len(cells)))
        if rows[0]["class"] == "negative_field":
            false_blasts.append(float((cells.cls == schema.index("blast")).sum()))
            continue
        hits.append(_hits(rows, cells, mpp))
    scores = [share(name, TASK, dataset, split, "recall", hits), _mean(name, dataset, split, "cells_a_field", every)]
    if false_blasts:
        scores.append(_mean(name, dataset, split, "blasts_a_negative_field", false_blasts))
    return scores


def fitted_finder(fields: list[tuple[NDArray[np.uint8], float]], nets: NetSettings = AS_SHIPPED) -> CellFinder:
    """The finder of PROTOCOL, its nets fit for the cells that the finder points at on the fields (picture, µm/px), as a job
    fits them to a film."""
    film = assay("blood_film")
    order = next(o for o in film.orders if o.name == PROTOCOL)
    models: dict[str, Model] = {role: load(name, settings=nets) for role, name in order.models.items()}
    seeker, namer = models["nucleated-cell-finder"], models.pop("nucleated-cell-elsewhere")
    assert isinstance(seeker, CentreFinder) and isinstance(namer, Classifier)
    crops: list[NDArray[np.uint8]] = []
    for rgb, mpp in fields[:: max(1, len(fields) // 64)]:
        points = seeker.centres(rgb, mpp)[:, :2]
        factor, ground = mpp / namer.info.mpp, one_ground(rgb).colours.reshape(-1, 3)[0]
        cells = squares(rescale(rgb, factor), points * factor, namer.info.input_px)
        crops += [namer.on_ground(crop, ground) for crop in cells]
        if len(crops) >= MOST_CELLS:
            break
    namer = namer.calibrated_on(STRANGE_FILMS)
    models["nucleated-cell"] = namer
    models["red-cell-shape"] = load("red-cell-shape-net", settings=nets)  # the smaller one: no white cell depends on it
    if crops and (statistics := statistics_of(namer.info.name, np.stack(crops))) is not None:
        models["nucleated-cell"] = fit_for(namer, statistics)
    return finder(order.finder, models, film.schema)


def _hits(rows: list[dict[str, str]], cells: CellTable, mpp: float) -> NDArray[np.bool_]:
    """bool (rows,): which labelled cells have a cell."""
    if "w" in rows[0]:
        boxes = np.array([[float(r[k]) for k in "xywh"] for r in rows], np.float32)
        boxes[:, 2:] += boxes[:, :2]
        return np.asarray(in_boxes(boxes, cells).any(axis=1))
    at = np.array([[float(r["x"]), float(r["y"])] for r in rows])
    if not len(cells):
        return np.zeros(len(at), bool)
    far = np.hypot(at[:, :1] - cells.x[None].astype(float), at[:, 1:2] - cells.y[None].astype(float))
    return np.asarray((far.min(axis=1) * mpp) <= REACH_UM)


def _mean(name: str, dataset: str, split: str, metric: str, values: list[float]) -> Score:
    every = np.array(values)
    n = len(every)

    def mean(rows: NDArray[np.int64]) -> float:
        return float(every[rows].mean())

    return Score.rounded(name, TASK, dataset, split, n, metric, mean(np.arange(n)), *bootstrap(n, mean))
