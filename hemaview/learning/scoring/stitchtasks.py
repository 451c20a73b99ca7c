"""Of the cells that patches or fields cut: how many are whole and single again (the `stitching` task)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CellTable
from hemaview.inference import Detector, load_as
from hemaview.learning.engine.segment import mask_parts, mpp_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, share
from hemaview.learning.scoring.filmtasks import as_slide, film_models, whole_field
from hemaview.learning.sets import data
from hemaview.learning.sets.boxes import DETECTION_CLASSES, box_overlaps, scenes
from hemaview.pipeline.fieldcells import cells_of_field
from hemaview.pipeline.rounds import one_of_doubles
from hemaview.pipeline.stitching import Patch, detect_stitched, patches

SURE = 0.5
SAME = 0.5
"""Two boxes are one cell from this IoU on."""
PATCH_PX, OVERLAP_PX = 256, 160


def stitched_boxes(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Of the cells that an inner side of a patch cuts, the share that is whole and single again, against the picture
    shown whole.

    Pictures at the model's own scale; patches of 256 px that overlap by half their side or more.
    """
    model = load_as(Detector, name, experiment.nets)
    hits: list[NDArray[np.bool_]] = []
    for scene in scenes(experiment, dataset, split, DETECTION_CLASSES, model.info.input_px):
        size = scene.rgb.shape[1], scene.rgb.shape[0]
        whole = model.at_scale(scene.rgb)
        all_boxes = whole.take(whole.scores >= SURE / 2).boxes
        boxes = detect_stitched(scene.rgb, model.at_scale, PATCH_PX, OVERLAP_PX)
        boxes = boxes.take(boxes.scores >= SURE / 2)
        is_cut = cut_by(whole.boxes, patches(*size, PATCH_PX, OVERLAP_PX), size) & (whole.scores >= SURE)
        hits.append(whole_and_single(whole.boxes[is_cut], boxes.boxes, all_boxes))
    return [share(name, "stitching", dataset, split, "whole_and_single", hits)]


def stitched_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The same of the blood-film protocol: fields cut into four, counted as a job counts them, against the field.

    What the field calls an artefact is no cell and is not asked for.
    """
    models, film = film_models(name, experiment.nets), assay("blood_film").schema
    hits = []
    for file in data.files(experiment, dataset, split):
        rgb = data.image(experiment, dataset, split, file)
        mpp = mpp_of(mask_parts(data.mask(experiment, dataset, split, Path(file).stem)))
        h, w = rgb.shape[:2]
        picture = as_slide(rgb)
        whole = cells_of_field(picture, whole_field(0, 0, 0, w, h), mpp, models, film)
        quarters = [(x, y, w // 2, h // 2) for y in (0, h // 2) for x in (0, w // 2)]
        tables = [
            cells_of_field(picture, whole_field(i, *quarter), mpp, models, film) for i, quarter in enumerate(quarters)
        ]
        boxes = _boxes(one_of_doubles(CellTable.concatenate(tables, len(film))))
        before = _boxes(whole)
        is_cut = (before[:, 0] < w // 2) & (before[:, 2] > w // 2) | (before[:, 1] < h // 2) & (before[:, 3] > h // 2)
        # Cells on the picture's own edge are cut by the camera, not by a patch.
        is_cut &= (before[:, :2] > 0).all(axis=1) & (before[:, 2:] < (w, h)).all(axis=1)
        is_cut &= whole.cls != film.index("artefact")
        hits.append(whole_and_single(before[is_cut], boxes, before))
    return [share(name, "stitching", dataset, split, "whole_and_single", hits)]


def whole_and_single(
    cells: NDArray[np.float32], joined: NDArray[np.float32], all_boxes: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """For each box of a cell: exactly one joined box is that cell (IoU ≥ 0.5) and no piece lies mostly within it.

    `all_boxes` are all boxes of the picture shown whole, the cells among them: a joined box that is another of them, of a
    cell that lies over this one, is no piece. Without that a picture would fail against itself.
    """
    if not len(cells) or not len(joined):
        return np.zeros(len(cells), bool)
    overlaps = box_overlaps(all_boxes, joined)
    itself = box_overlaps(cells, all_boxes).argmax(axis=1)
    another = (overlaps.max(axis=0) >= SAME)[None] & (overlaps.argmax(axis=0)[None] != itself[:, None])
    low, high = np.maximum(cells[:, None, :2], joined[None, :, :2]), np.minimum(cells[:, None, 2:], joined[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    inside = both / np.maximum((joined[:, 2:] - joined[:, :2]).prod(axis=1), 1e-6)[None]
    same = box_overlaps(cells, joined) >= SAME
    pieces = (inside > 0.6) & ~same & ~another
    return np.asarray(((same & ~another).sum(axis=1) == 1) & ~pieces.any(axis=1))


def cut_by(
    boxes: NDArray[np.float32], patches_of_field: Sequence[Patch], size_px: tuple[int, int]
) -> NDArray[np.bool_]:
    """bool (n,): which boxes a side of a patch inside the picture runs through."""
    is_cut = np.zeros(len(boxes), bool)
    for axis, length in enumerate(size_px):
        sides = {v for p in patches_of_field for v in ((p.x, p.x + p.w), (p.y, p.y + p.h))[axis]} - {0, length}
        for line in sides:
            is_cut |= (boxes[:, axis] < line) & (boxes[:, axis + 2] > line)
    return is_cut


def _boxes(cells: CellTable) -> NDArray[np.float32]:
    x, y, w, h = (np.asarray(v, np.float32) for v in (cells.x, cells.y, cells.w, cells.h))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
