"""Average precision against pycocotools, boxes that follow their picture, and errors of cells as they are defined."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.inference import Boxes
from hemaview.learning.metrics.matching import cell_errors
from hemaview.learning.sets.boxes import Scene, average_precision, hits


def some(seed: int, n: int = 30) -> tuple[Boxes, Scene]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 300, (n, 2))
    true = np.concatenate([corner, corner + rng.uniform(15, 60, (n, 2))], axis=1).astype(np.float32)
    corners = np.concatenate([true[: n - 5] + rng.normal(0, 4, (n - 5, 4)), true[:8] + rng.normal(0, 30, (8, 4))])
    corners[:, 2:] = np.maximum(corners[:, 2:], corners[:, :2] + 1)
    m = len(corners)
    scores = rng.random(m).astype(np.float32)
    return (
        Boxes(corners.astype(np.float32), scores, np.zeros(m, np.int64)),
        Scene(np.zeros((4, 4, 3), np.uint8), true, np.zeros(n, np.int64)),
    )


def test_average_precision_is_that_of_pycocotools() -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    pairs = [some(seed) for seed in range(4)]
    ours = average_precision([hits(detections, truth, 0) for detections, truth in pairs])
    truth, coco_boxes, number = COCO(), [], 0
    truth.dataset = {"images": [{"id": i} for i in range(4)], "categories": [{"id": 1}], "annotations": []}
    for i, (detections, scene) in enumerate(pairs):
        for x0, y0, x1, y1 in scene.boxes.tolist():
            number += 1
            box = [x0, y0, x1 - x0, y1 - y0]
            truth.dataset["annotations"].append(
                {"id": number, "image_id": i, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            )
        for (x0, y0, x1, y1), score in zip(detections.boxes.tolist(), detections.scores.tolist(), strict=True):
            coco_boxes.append({"image_id": i, "category_id": 1, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score})
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(coco_boxes), "bbox")
    evaluation.params.iouThrs = np.array([0.5])
    evaluation.evaluate()
    evaluation.accumulate()
    assert ours == pytest.approx(float(evaluation.eval["precision"][0, :, 0, 0, -1].mean()), abs=1e-6)


def test_a_turned_and_mirrored_picture_takes_its_boxes_along() -> None:
    from hemaview.learning.engine.detect import turned

    rgb = np.full((40, 60, 3), 255, np.uint8)
    rgb[5:15, 20:50] = 0
    for turns in range(4):
        for mirror in (False, True):
            out, boxes = turned(rgb, np.array([[20, 5, 50, 15]], np.float32), turns, mirror)
            x0, y0, x1, y1 = boxes[0].astype(int)
            assert (out[y0:y1, x0:x1] == 0).all() and (out == 0).sum() == (rgb == 0).sum()


def test_errors_of_cells_are_counted_as_defined() -> None:
    true = np.zeros((60, 120), np.int32)
    true[10:30, 10:30], true[10:30, 30:50], true[10:30, 70:90], true[40:55, 70:90] = 1, 2, 3, 4
    labels = np.zeros_like(true)
    labels[10:30, 10:50] = 1  # two cells in one part
    labels[45:55, 10:20] = 2  # on ground
    labels[10:30, 70:80] = 3  # half a cell
    labels[40:55, 70:90] = 4  # right
    errors = cell_errors(labels, true)
    assert (errors.merged, errors.artefacts, errors.incomplete, errors.true) == (2, 1, 1, 4)
    assert errors.per_100("merged") == 50
    assert cell_errors(true, true).merged == 0
    empty = cell_errors(np.zeros_like(true), true)
    assert (empty.merged, empty.artefacts, empty.incomplete, empty.true) == (0, 0, 0, 4)
