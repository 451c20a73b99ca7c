"""Films of another laboratory are asked whether a machine's intervals hold what its labels say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.learning.experiment import Experiment
from hemaview.learning.scoring.machinecounts import LEAST_CELLS, machine_counts
from hemaview.learning.sets.data import DataError

NAME = "nucleated-cell-strangers"


def test_each_class_of_each_film_is_asked_once_and_small_films_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "rv-pbs" / "test"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(2)
    lines = ["file,class,patient"]
    for i in range(LEAST_CELLS + 3):
        Image.fromarray(rng.integers(90, 250, (90, 90, 3), np.uint8)).save(folder / "images" / f"{i}.png")
        film = "monday" if i < LEAST_CELLS else "tuesday"
        lines.append(f"{i}.png,{('lymphocyte', 'blast')[i % 2]},{film}")
    (folder / "labels.csv").write_text("\n".join(lines))
    rows = {row.metric: row for row in machine_counts(NAME, "rv-pbs", Experiment(tmp_path), "test")}
    assert set(rows) == {"truth_held", "truth_held_plain", "mean_width"}
    assert all(row.n == 2 for row in rows.values()), "two classes of one film"
    assert 0 < rows["mean_width"].value <= 100


def test_without_measured_errors_it_says_how_to_measure_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="machine_errors nucleated-cell-net"):
        machine_counts("nucleated-cell-net", "rv-pbs", Experiment(tmp_path), "test")
