"""Scores over whole fields: cells as masks, nuclei as points, plasma cells, boxes, and cells that patches cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import find_boundaries

from hemaview.cells.schema import BLOOD_FILM
from hemaview.cells.table import CellTable
from hemaview.inference import Classifier, Detector, Masker, Pointer, Segmenter, load
from hemaview.inference.pictures import rescale
from hemaview.learning import data, marrowscenes
from hemaview.learning.boxes import DETECTION_CLASSES, average_precision, box_overlaps, hits, scenes
from hemaview.learning.evidence import note_answers
from hemaview.learning.matching import CellErrors, Matches, cell_errors, dice, match_masks, match_points
from hemaview.learning.nuclei import REACH_PX, point_fields
from hemaview.learning.score import Score, bootstrap, kappa, mean_accuracy, mean_recall
from hemaview.learning.segment import RED_CELL_UM, mask_parts, rescale_labels
from hemaview.learning.wang import TEST_SCENES, recognised
from hemaview.learning.zhang import LEAST_UM2, MPP
from hemaview.methods.cellsplit import parts
from hemaview.methods.nuclei import nuclei
from hemaview.methods.regiongrowing import region_growing
from hemaview.pipeline.fieldcells import Models, cells_of_field
from hemaview.pipeline.protocol import PlannedField
from hemaview.pipeline.run import one_of_doubles
from hemaview.pipeline.stitching import detect_stitched

Rgb = NDArray[np.uint8]


def red_cells(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Dice, Jaccard and Hausdorff distance (px) of cell against ground, mean over fields; F1 of cells at IoU 0.5 and
    errors I, II, III per 100 cells over all fields.

    The set tells no scale: the typical cell of each picture is taken as 7.2 µm wide, as a job does. Parts below 4 µm²
    are platelets and dirt, which the set does not mark.
    """
    segment = _region_growing if name == "region-growing" else _as(Segmenter, name).segment
    pixel: list[tuple[float, float, float]] = []
    matches: list[Matches] = []
    errors: list[CellErrors] = []
    for file in data.files(root, dataset, split):
        rgb = data.image(root, dataset, split, file)
        true = mask_parts(data.mask(root, dataset, split, Path(file).stem))
        mpp = _mpp_of(true)
        found = without_small(segment(rgb, mpp), LEAST_UM2 / mpp**2)
        overlap = dice(found > 0, true > 0)
        pixel.append((overlap, overlap / (2 - overlap), hausdorff_px(found > 0, true > 0)))
        matches.append(match_masks(found, true))
        errors.append(cell_errors(found, true))
    each = np.array(pixel)
    rows = [
        _over_fields(name, "rbc-segmentation", dataset, split, len(each), metric, _column_mean(each, column))
        for column, metric in enumerate(("dice", "jaccard", "hausdorff"))
    ]
    rows.append(
        _over_fields(
            name, "rbc-segmentation", dataset, split, len(each), "cell_f1_50", lambda r: _sum(matches, r, Matches()).f1
        )
    )
    for metric, kind in (("error_1", "merged"), ("error_2", "artefacts"), ("error_3", "incomplete")):
        rows.append(
            _over_fields(
                name, "rbc-segmentation", dataset, split, len(each), metric,
                lambda r, k=kind: _sum(errors, r, CellErrors()).per_100(k),  # type: ignore[misc]
            )
        )  # fmt: skip
    return rows


def without_small(labels: NDArray[np.int32], least_px: float) -> NDArray[np.int32]:
    """The parts of at least least_px, numbered anew."""
    keep = np.bincount(labels.ravel()) >= least_px
    keep[0] = False
    return np.asarray((np.cumsum(keep) * keep)[labels], np.int32)


def hausdorff_px(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Hausdorff distance between the edges of two masks, px; the diagonal where one of them is empty."""
    if not found.any() or not true.any():
        return float(np.hypot(*found.shape)) if found.any() != true.any() else 0.0
    edges = [find_boundaries(m, mode="inner") for m in (found, true)]
    edges = [e if e.any() else m for e, m in zip(edges, (found, true), strict=True)]
    return float(max(ndimage.distance_transform_edt(~b)[a].max() for a, b in (edges, edges[::-1])))


def nuclei_points(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """F1 of nuclei as points within 8 px, over all fields."""
    matches = []
    for rgb, true in point_fields(root, split):
        if name == "sun-nuclei":
            labels = nuclei(rgb)
            found = np.array(ndimage.center_of_mass(labels > 0, labels, np.arange(1, labels.max() + 1))).reshape(-1, 2)
            points = found[:, ::-1]
        else:
            points = _as(Pointer, name).points(rgb)[:, :2]
        matches.append(match_points(points, true, REACH_PX)[0])
    return [
        _over_fields(name, "nuclei", dataset, split, len(matches), "point_f1", lambda r: _sum(matches, r, Matches()).f1)
    ]


def plasma_masks(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Dice and IoU of plasma cells against all else, over all pixels of the set."""
    model = _as(Masker, name)
    counts = []
    for file in data.files(root, dataset, split):
        found = model.mask(data.image(root, dataset, split, file)) == 1
        true = data.mask(root, dataset, split, Path(file).stem) > 0
        counts.append((float((found & true).sum()), float(found.sum()), float(true.sum())))
    each = np.array(counts)

    def overlap(rows: NDArray[np.int64]) -> float:
        both, found, true = each[rows].sum(axis=0)
        return float(2 * both / max(1.0, found + true))

    return [
        _over_fields(name, "plasma-mask", dataset, split, len(each), "dice", overlap),
        _over_fields(name, "plasma-mask", dataset, split, len(each), "iou", lambda r: overlap(r) / (2 - overlap(r))),
    ]


def detection(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Mean average precision at IoU 0.5 over white cells, red cells and platelets."""
    model = _as(Detector, name)
    found, truth = [], scenes(root, dataset, split, DETECTION_CLASSES)
    for scene in truth:
        found.append(model.detect(scene.rgb))
    each = [
        [hits(f, t, c) for f, t in zip(found, truth, strict=True)]
        for c in range(len(DETECTION_CLASSES))
        if any((t.labels == c).any() for t in truth)
    ]

    def mean(rows: NDArray[np.int64]) -> float:
        return float(np.nanmean([average_precision([own[int(i)] for i in rows]) for own in each]))

    return [_over_fields(name, "detection", dataset, split, len(truth), "map50", mean)]


def stitched_boxes(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Of the cells that patches cut, the share that is whole and single again, against the picture shown whole.

    Pictures at the model's own scale; patches of 256 px that overlap by half their side or more.
    """
    model = _as(Detector, name)
    kept: list[NDArray[np.bool_]] = []
    for scene in scenes(root, dataset, split, DETECTION_CLASSES, model.info.input_px):
        whole = model.at_scale(scene.rgb)
        whole = whole.take(whole.scores >= SURE)
        joined = detect_stitched(scene.rgb, model.at_scale, PATCH_PX, OVERLAP_PX)
        joined = joined.take(joined.scores >= SURE / 2)
        lines = list(range(PATCH_PX - OVERLAP_PX, max(scene.rgb.shape[:2]), PATCH_PX - OVERLAP_PX))
        kept.append(whole_and_single(whole.boxes[_cut(whole.boxes, lines)], joined.boxes))
    return [_share(name, dataset, split, kept)]


def marrow_differential(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """Recall and accuracy one against the rest, mean over classes (equations 17 and 18), and Cohen's kappa, of labelled
    cells of composed marrow; a cell that is not found is given to no class."""
    model = _as(Detector, name)
    truth = marrowscenes.scenes(root, split, TEST_SCENES, 3)
    found = [model.at_scale(scene.rgb) for scene in truth]
    true, given = recognised(found, truth, len(model.info.classes))
    named = (*model.info.classes, "not found")
    note_answers((name, "marrow-differential", dataset), np.eye(len(named), dtype=np.float32)[given], true, named)
    measures = {"mean_recall": mean_recall, "mean_accuracy": mean_accuracy, "kappa": kappa}
    rows = []
    for metric, function in measures.items():
        low, high = bootstrap(len(true), lambda r, f=function: f(true[r], given[r]))  # type: ignore[misc]
        value = function(true, given)
        rows.append(Score.rounded(name, "marrow-differential", dataset, split, len(true), metric, value, low, high))
    return rows


SURE = 0.5
PATCH_PX, OVERLAP_PX = 256, 160


def stitched_cells(name: str, dataset: str, root: Path, split: str) -> list[Score]:
    """The same of the blood-film protocol: fields cut into four, counted as a job counts them, against the field."""
    models = Models(
        _as(Segmenter, name),
        _as(Classifier, "cell-kind-net"),
        _as(Classifier, "red-cell-shape-net"),
        _as(Classifier, "nucleated-cell-net"),
    )
    kept = []
    for file in data.files(root, dataset, split):
        rgb = data.image(root, dataset, split, file)
        mpp = _mpp_of(mask_parts(data.mask(root, dataset, split, Path(file).stem)))
        h, w = rgb.shape[:2]
        picture: Any = _Picture(rgb)
        whole = cells_of_field(picture, _field(0, 0, 0, w, h), mpp, models, BLOOD_FILM)
        quarters = [(x, y, w // 2, h // 2) for y in (0, h // 2) for x in (0, w // 2)]
        found = [
            cells_of_field(picture, _field(i, *quarter), mpp, models, BLOOD_FILM) for i, quarter in enumerate(quarters)
        ]
        joined = _boxes(one_of_doubles(CellTable.concatenate(found, len(BLOOD_FILM))))
        before = _boxes(whole)
        cut = (before[:, 0] < w // 2) & (before[:, 2] > w // 2) | (before[:, 1] < h // 2) & (before[:, 3] > h // 2)
        # Cells on the picture's own edge are cut by the camera, not by a patch.
        cut &= (before[:, :2] > 0).all(axis=1) & (before[:, 2:] < (w, h)).all(axis=1)
        kept.append(whole_and_single(before[cut], joined))
    return [_share(name, dataset, split, kept)]


def whole_and_single(cells: NDArray[np.float32], joined: NDArray[np.float32]) -> NDArray[np.bool_]:
    """For each box of a cell: exactly one joined box is that cell (IoU ≥ 0.5) and no other lies mostly within it."""
    if not len(cells) or not len(joined):
        return np.zeros(len(cells), bool)
    low, high = np.maximum(cells[:, None, :2], joined[None, :, :2]), np.minimum(cells[:, None, 2:], joined[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    inside = both / np.maximum((joined[:, 2:] - joined[:, :2]).prod(axis=1), 1e-6)[None]
    same = box_overlaps(cells, joined) >= 0.5
    return np.asarray((same.sum(axis=1) == 1) & (((inside > 0.6) & ~same).sum(axis=1) == 0))


class _Picture:
    """A picture in the place of a slide, for the pipeline's field; mirrored outside, where a slide would go on."""

    def __init__(self, rgb: Rgb) -> None:
        self.rgb = rgb
        self.height_px, self.width_px = rgb.shape[:2]

    def read(self, x: int, y: int, level: int, w: int, h: int) -> Rgb:
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.width_px, x + w), min(self.height_px, y + h)
        outside = ((y0 - y, y + h - y1), (x0 - x, x + w - x1), (0, 0))
        return np.pad(self.rgb[y0:y1, x0:x1], outside, mode="symmetric")

    def read_scaled(self, x: int, y: int, w: int, h: int, out_w: int, out_h: int) -> Rgb:
        return rescale(self.read(x, y, 0, w, h), out_w / w)


def _field(index: int, x: int, y: int, w: int, h: int) -> PlannedField:
    return PlannedField(index, x, y, w, h, 1.0, 1.0, 1.0, 1.0, True)


def _boxes(cells: CellTable) -> NDArray[np.float32]:
    x, y, w, h = (np.asarray(v, np.float32) for v in (cells.x, cells.y, cells.w, cells.h))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)


def _cut(boxes: NDArray[np.float32], lines: Sequence[int]) -> NDArray[np.bool_]:
    cut = np.zeros(len(boxes), bool)
    for line in lines:
        cut |= ((boxes[:, :2] < line) & (boxes[:, 2:] > line)).any(axis=1)
    return cut


def _share(name: str, dataset: str, split: str, kept: list[NDArray[np.bool_]]) -> Score:
    every = np.concatenate(kept).astype(float)
    low, high = bootstrap(len(every), lambda r: float(every[r].mean()))
    return Score.rounded(
        name, "stitching", dataset, split, len(every), "whole_and_single", float(every.mean()), low, high
    )


def _region_growing(rgb: Rgb, mpp: float) -> NDArray[np.int32]:
    small = rescale(rgb, mpp / MPP)
    grown = region_growing(small).astype(np.float32)
    return rescale_labels(parts(np.stack([1 - grown, grown]), round(LEAST_UM2 / MPP**2)), rgb.shape[:2])


def _mpp_of(true: NDArray[np.int32]) -> float:
    return RED_CELL_UM / (2 * float(np.sqrt(np.median(np.bincount(true.ravel())[1:]) / np.pi)))


def _as(kind: Any, name: str) -> Any:
    model = load(name)
    assert isinstance(model, kind)
    return model


def _sum(parts_: Sequence[Any], rows: NDArray[np.int64], start: Any) -> Any:
    for i in rows:
        start = start + parts_[int(i)]
    return start


def _column_mean(each: NDArray[np.float64], column: int) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: float(each[rows, column].mean())


def _over_fields(
    name: str, task: str, dataset: str, split: str, n: int, metric: str, of: Callable[[NDArray[np.int64]], float]
) -> Score:
    return Score.rounded(name, task, dataset, split, n, metric, of(np.arange(n)), *bootstrap(n, of))
