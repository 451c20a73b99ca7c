"""Neighbours of one class are counted cell by cell, and a set's labelled cells are those that a job would keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.cells.table import BY_RED, CellTable
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import SHAPE_MPP
from hemaview.learning.scoring import likeness
from hemaview.learning.scoring.healthytasks import cells_of, film_finder
from hemaview.learning.scoring.likeness import agreement
from hemaview.learning.sets.data import DataError

FIELD = Path(__file__).parents[3] / "apps" / "desk" / "demo" / "chula-rbc12" / "328.webp"


def test_the_share_of_a_class_is_over_its_ten_nearest_and_rare_classes_are_left_out() -> None:
    at = np.concatenate([np.arange(20), 100 + np.arange(20), [50]]).astype(float)
    labels = np.array(["target"] * 20 + ["burr"] * 20 + ["bite"])
    assert agreement(lambda row: np.abs(at - at[row]), labels) == (1.0, 1.0)
    labels[:5] = "burr"
    every, mean = agreement(lambda row: np.abs(at - at[row]), labels)
    assert 0.6 < every < 0.95 and every != mean
    with pytest.raises(DataError, match="No class has more than 10 cells"):
        agreement(lambda row: np.abs(at - at[row]), np.array([str(i) for i in range(41)]))


def test_a_point_is_of_the_nearest_cell_that_the_net_saw_and_of_none_far_away() -> None:
    n = 3
    nothing, wide = np.full(n, np.nan, np.float16), np.full(n, 9, np.uint16)
    cells = CellTable(
        x=np.array([10, 12, 90], np.float32), y=np.full(n, 10, np.float32), w=wide, h=wide, cls=np.zeros(n, np.uint8),
        p=np.ones((n, 1), np.float16), field=np.zeros(n, np.uint32), flags=np.zeros(n, np.uint8), area_um2=nothing,
        circularity=nothing, pallor=nothing, nc_ratio=nothing, contour=(), embedded_by=np.array([0, BY_RED, BY_RED], np.uint8),
        embedding=np.ones((n, 48), np.int8),
    )  # fmt: skip
    rows, points = likeness._matched(
        cells, np.array([[10.0, 10.0], [50.0, 10.0], [89.0, 10.0], [13.0, 10.0]]), BY_RED, 5
    )
    assert rows.tolist() == [1, 2] and points == [0, 2]


def test_a_set_ends_in_a_row_for_each_way_of_comparing(tmp_path: Path) -> None:
    rgb = np.asarray(Image.open(FIELD).convert("RGB"))
    cells = cells_of(film_finder(), rgb, SHAPE_MPP)
    images = tmp_path / "chula-rbc12" / "val" / "images"
    images.mkdir(parents=True)
    Image.fromarray(rgb).save(images / "a.png")
    centres = zip(cells.x.tolist(), cells.y.tolist(), strict=True)
    places = [f"a.png,{x:.1f},{y:.1f},{('normal', 'target')[i % 2]}" for i, (x, y) in enumerate(centres)]
    (images.parent / "labels.csv").write_text("\n".join(["file,x,y,class", *places]) + "\n")
    rows = likeness.likeness(Experiment(tmp_path), tmp_path, 0, lambda text: None)
    assert [row["variant"].split(", ")[1] for row in rows][:2] == ["answers and measures", "as listed"] and len(
        rows
    ) == 7
    assert all(0 < row["same_class"] <= 1 and row["cells"] > 20 for row in rows)
    with pytest.raises(DataError, match="None of the sets"):
        likeness.likeness(Experiment(tmp_path / "nothing"), tmp_path, 0, lambda text: None)
