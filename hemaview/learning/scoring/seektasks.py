"""Is every nucleated cell found at low power, and how much else is (the `nucleated-search` task)?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import AS_SHIPPED, CentreFinder, NetSettings, load_as
from hemaview.inference.pictures import ground_of, rescale
from hemaview.learning.engine.segment import mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import match_points
from hemaview.learning.metrics.score import Score, bootstrap
from hemaview.learning.recipes.seekscenes import SeekPool, draw_scene, red_fields, single_cells, whole_boxes
from hemaview.learning.scoring.filmtasks import fields_with_boxes
from hemaview.learning.sets import data
from hemaview.methods.nuclearstain import MPP, stained_nuclei

REACH_UM = 4.0
"""A candidate within this of a pasted cell's centre is that cell."""
MOSAIC_COLUMNS = 10
SCENES, SCENE_PX = 120, 384
RULE = "nuclear-stain"
"""The fixed rule, which learns nothing."""


def boxed_white_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Of labelled white cells that no edge cuts the share with a candidate in their box, and candidates in no box a field,
    over fields whose scale their red cells tell."""
    hits: list[NDArray[np.bool_]] = []
    spare: list[float] = []
    for file, boxes, red in fields_with_boxes(experiment, dataset, split):
        mpp = mpp_of_boxes(red)
        rgb = data.image(experiment, dataset, split, file)
        points = candidates(name, rgb, mpp, experiment.nets)
        inside = (points[None, :, 0] > boxes[:, :1]) & (points[None, :, 0] < boxes[:, 2:3])
        inside &= (points[None, :, 1] > boxes[:, 1:2]) & (points[None, :, 1] < boxes[:, 3:4])
        sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).astype(np.float64)
        hits.append(np.asarray(inside.any(axis=1))[whole_boxes(sides, rgb.shape[1], rgb.shape[0])])
        spare.append(float((~inside.any(axis=0)).sum()))
    return _rows(name, dataset, split, hits, spare)


def white_cells_in_mosaics(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The same of the set's fields joined at MPP, rows of MOSAIC_COLUMNS, as a scan would hold them: cells of one field lie
    beside the ground and the stain of another."""
    pictures: list[tuple[NDArray[np.uint8], NDArray[np.float64]]] = []
    for file, boxes, red in fields_with_boxes(experiment, dataset, split):
        factor = mpp_of_boxes(red) / MPP
        pictures.append(
            (rescale(data.image(experiment, dataset, split, file), factor), boxes.astype(np.float64) * factor)
        )
    if not pictures:
        raise data.DataError(f"{dataset}/{split} labels no nucleated cell that could be looked for.")
    hits: list[NDArray[np.bool_]] = []
    spare: list[float] = []
    for start in range(0, len(pictures), MOSAIC_COLUMNS):
        row = pictures[start : start + MOSAIC_COLUMNS]
        height = max(rgb.shape[0] for rgb, _ in row)
        sheet = np.concatenate([_filled(rgb, height) for rgb, _ in row], axis=1)
        points = candidates(name, sheet, MPP, experiment.nets)
        free, offset_px = np.ones(len(points), bool), 0
        for rgb, of_cells in row:
            inside = (points[None, :, 0] > of_cells[:, :1] + offset_px) & (
                points[None, :, 0] < of_cells[:, 2:3] + offset_px
            )
            inside &= (points[None, :, 1] > of_cells[:, 1:2]) & (points[None, :, 1] < of_cells[:, 3:4])
            sides = np.concatenate([of_cells[:, :2], of_cells[:, 2:] - of_cells[:, :2]], axis=1)
            hits.append(np.asarray(inside.any(axis=1))[whole_boxes(sides, rgb.shape[1], rgb.shape[0])])
            free &= ~inside.any(axis=0)
            offset_px += rgb.shape[1]
        spare += [float(free.sum()) / len(row)] * len(row)
    return [replace(row, metric=f"{row.metric}_in_mosaic") for row in _rows(name, dataset, split, hits, spare)]


def _filled(rgb: NDArray[np.uint8], height_px: int) -> NDArray[np.uint8]:
    """The picture with its ground below it, as high as asked for."""
    out = np.empty((height_px, *rgb.shape[1:]), np.uint8)
    out[:] = ground_of(rgb).astype(np.uint8)
    out[: rgb.shape[0]] = rgb
    return out


def pasted_nrbc(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The same of nucleated red cells of a set, pasted with soft edges into fields of red cells of the same side; what is
    stained there like a nucleus and nobody labelled counts neither way."""
    rng = np.random.default_rng(17)
    cells, others = single_cells(experiment, split, None, 150, 3, sets=(dataset,), kinds=("erythroblast",))
    pool = SeekPool((), (), tuple(red_fields(experiment, split)), tuple(cells), tuple(others))
    if not pool.cells or not pool.grounds:
        raise data.DataError(f"{dataset}/{split} and chula-rbc12/{split} hold no nucleated red cell to paste.")
    hits, spare = [], []
    for _ in range(SCENES):
        scene = draw_scene(pool, SCENE_PX, rng, scale=0.1)
        points = candidates(name, scene.rgb, MPP, experiment.nets)
        partner = match_points(points[:, :2], scene.centres.astype(np.float64), REACH_UM / MPP)[1]
        is_spare = ~scene.unknown[
            points[:, 1].astype(int).clip(0, SCENE_PX - 1), points[:, 0].astype(int).clip(0, SCENE_PX - 1)
        ]
        is_spare[partner[partner >= 0]] = False
        hits.append(partner >= 0)
        spare.append(float(is_spare.sum()))
    return _rows(name, dataset, split, hits, spare)


def candidates(name: str, rgb: NDArray[np.uint8], mpp: float, nets: NetSettings = AS_SHIPPED) -> NDArray[np.float64]:
    """Where nucleated cells may lie, px of the picture, float64 (n, 3: x, y, score)."""
    if name != RULE:
        return load_as(CentreFinder, name, nets).centres(rgb, mpp)
    points = stained_nuclei(rescale(rgb, mpp / MPP))
    points[:, :2] *= MPP / mpp
    return points


def _rows(name: str, dataset: str, split: str, hits: list[NDArray[np.bool_]], spare: list[float]) -> list[Score]:
    n, every = sum(map(len, hits)), np.array(spare)
    if not n:
        raise data.DataError(f"{dataset}/{split} labels no nucleated cell that could be looked for.")

    def recall(rows: NDArray[np.int64]) -> float:
        return float(np.concatenate([hits[int(i)] for i in rows]).mean())

    def a_field(rows: NDArray[np.int64]) -> float:
        return float(every[rows].mean())

    fields = np.arange(len(hits))
    return [
        Score.rounded(name, "nucleated-search", dataset, split, n, metric, of(fields), *bootstrap(len(hits), of))
        for metric, of in (("recall", recall), ("false_a_field", a_field))
    ]
