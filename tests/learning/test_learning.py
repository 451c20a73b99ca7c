"""Training: it learns, it resumes, and labels of several classes count for any of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hemaview.learning.engine.classify import Pool, Recipe, partial_label_loss, train_classifier
from hemaview.learning.engine.curves import draw_curves
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.matching import match_masks, match_points
from hemaview.learning.metrics.score import (
    best_temperature,
    expected_calibration_error,
    macro_f1,
    measured,
    threshold_between,
)
from hemaview.learning.recipes.film import UNDECIDED, allowed
from hemaview.learning.sets import data
from hemaview.methods.cellkind import CellKindNet


def pool(n: int, seed: int) -> Pool:
    """Reddish and bluish squares: two classes that can be told."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    images = rng.integers(90, 130, (n, 72, 72, 3)).astype(np.uint8)
    images[np.arange(n), :, :, labels * 2] += 90
    return Pool(images, np.eye(4, dtype=bool)[labels])


def test_a_small_net_learns_two_colours_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    recipe = Recipe(("a", "b", "c", "d"), 64, epochs=6, batch=16, rate=5e-3, average=0.6, patience=20)
    lines: list[str] = []
    best = train_classifier(CellKindNet(width=8), recipe, [pool(96, 1)], [pool(40, 2)], tmp_path, lines.append)
    assert best.is_file() and (tmp_path / "log.csv").read_text().count("\n") == 7
    assert (tmp_path / "log.csv").read_text().startswith("done,train_loss,val_score,val_accuracy,seconds\n1,")
    accuracy = float(lines[-1].split("accuracy ")[1].split()[0])
    assert accuracy > 0.9
    longer = Recipe(("a", "b", "c", "d"), 64, epochs=7, batch=16, rate=5e-3, average=0.6, patience=20)
    lines.clear()
    train_classifier(CellKindNet(width=8), longer, [pool(96, 1)], [pool(40, 2)], tmp_path, lines.append)
    assert [s for s in lines if s.startswith("epoch 7/7")] and not [s for s in lines if s.startswith("epoch 1/")]


def test_a_label_that_allows_two_classes_is_content_with_either() -> None:
    sure = torch.tensor([[9.0, 0.0, 0.0]])
    either = torch.tensor([[True, True, False]])
    only_second = torch.tensor([[False, True, False]])
    assert float(partial_label_loss(sure, either)) < 0.01
    assert float(partial_label_loss(sure, only_second)) > 5
    table = allowed(("neutrophil_unspecified",), ("segmented_neutrophil", "band_neutrophil", "lymphocyte"))
    assert table.tolist() == [[True, True, False]] and "neutrophil_unspecified" in UNDECIDED
    with pytest.raises(data.DataError, match="dragon"):
        allowed(("dragon",), ("lymphocyte",))


def test_data_that_are_not_there_are_refused_with_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match="--data"):
        data.rows(Experiment(tmp_path), "pbc", "test")


def test_crops_are_packed_once_and_keep_their_labels(tmp_path: Path) -> None:
    folder = tmp_path / "pbc" / "train" / "images"
    folder.mkdir(parents=True)
    for i in range(3):
        Image.fromarray(np.full((20, 20, 3), 40 * i, np.uint8)).save(folder / f"{i}.png")
    (tmp_path / "pbc" / "train" / "labels.csv").write_text("file,class,fine_class\n0.png,a,a1\n1.png,b,\n2.png,a,a2\n")
    crops = data.cell_crops(Experiment(tmp_path), "pbc", "train", tmp_path / "cache")
    assert crops.labels == ("a", "b", "a") and crops.fine == ("a1", "b", "a2")
    assert [int(i[0, 0, 0]) for i in crops.images] == [0, 40, 80]
    for file in folder.iterdir():
        file.unlink()
    again = data.cell_crops(Experiment(tmp_path), "pbc", "train", tmp_path / "cache")
    assert np.array_equal(again.images, crops.images)


def test_scores_are_what_their_definitions_say() -> None:
    truth, calls = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert macro_f1(truth, calls) == pytest.approx((0.5 + 0.8 + 0.0) / 3)
    p = np.array([[0.8, 0.2]] * 10, np.float32)
    assert expected_calibration_error(p, np.array([0] * 8 + [1] * 2)) == pytest.approx(0, abs=1e-6)
    assert expected_calibration_error(p, np.zeros(10, int)) == pytest.approx(0.2, abs=1e-6)
    logits = np.array([[4.0, 0.0]] * 10, np.float32)
    hot = best_temperature(logits, np.eye(2, dtype=bool)[[0] * 8 + [1] * 2])
    assert hot == pytest.approx(4 / np.log(4), rel=0.02)


def test_a_threshold_keeps_as_far_from_missing_as_from_false_calls() -> None:
    others, own = np.append(np.linspace(0, 0.08, 99), 0.9), np.append(np.linspace(0.6, 1, 19), 0.01)
    p, truth = np.concatenate([others, own]).astype(np.float32), np.repeat([False, True], [100, 20])
    # 0.09 is the lowest that spares 98 of 100, 0.6 the highest that finds 19 of 20: √(9/91 · 6/4) are odds of 0.28 to 0.72.
    assert threshold_between(p, truth, 0.95, 0.98) == pytest.approx(0.28, abs=0.011)
    assert threshold_between(p, truth, 0.95, 0.98, at=0.0) == pytest.approx(0.09, abs=0.011)
    assert threshold_between(p, truth, 1.0, 0.98) == pytest.approx(0.09, abs=0.011), "none keeps both"
    assert threshold_between(np.full(9, 0.8, np.float32), np.zeros(9, bool), 0.95, 0.98) == 0.5, "there is none to find"
    sure = np.array([0.0] * 9 + [1.0] * 9, np.float32)
    assert threshold_between(sure, sure > 0.5, 0.95, 0.98) == 0.5, "where all do, the likelier class"


def test_cells_are_matched_one_to_one() -> None:
    a = np.zeros((20, 20), np.int32)
    a[2:8, 2:8], a[10:18, 10:18] = 1, 2
    b = np.zeros((20, 20), np.int32)
    b[2:8, 3:8] = 1
    m = match_masks(a, b)
    assert (m.predicted, m.true, m.hits) == (2, 1, 1)
    matched, partner = match_points(np.array([[0.0, 0], [1, 0]]), np.array([[0.9, 0.0]]), 3)
    assert matched.hits == 1 and partner.tolist() == [1]


def test_sets_without_a_free_licence_are_left_out_where_only_free_ones_are_wanted(tmp_path: Path) -> None:
    for name in ("pbc", "jhu-aml"):
        (tmp_path / name / "train").mkdir(parents=True)
        (tmp_path / name / "train" / "labels.csv").write_text("file,class\n")
    assert data.has(Experiment(tmp_path), "jhu-aml", "train")
    free = Experiment(tmp_path, free_only=True)
    assert data.has(free, "pbc", "train") and not data.has(free, "jhu-aml", "train")
    with pytest.raises(data.DataError, match="jhu-aml has no free licence"):
        data.rows(free, "jhu-aml", "train")


def test_a_log_becomes_curves(tmp_path: Path) -> None:
    assert draw_curves(tmp_path) is None
    (tmp_path / "log.csv").write_text("done,train_loss,val_score,seconds\n")
    assert draw_curves(tmp_path) is None
    with (tmp_path / "log.csv").open("a") as stream:
        stream.write("1,2.0,0.5,9.0\n2,1.5,0.6,9.0\n")
    picture = draw_curves(tmp_path)
    assert picture is not None and Image.open(picture).width > 300


def test_a_label_that_nobody_knows_is_named_with_its_place() -> None:
    assert data.numbers(("b", "a"), ("a", "b"), "pbc/test").tolist() == [1, 0]
    with pytest.raises(data.DataError, match="pbc/test has the label 'weird', which is not known; known are: a and b"):
        data.numbers(("a", "weird"), ("a", "b"), "pbc/test")


def test_the_calibration_error_lies_within_its_interval() -> None:
    rng = np.random.default_rng(5)
    for _ in range(8):
        p = rng.dirichlet(np.ones(3) * 0.4, 300).astype(np.float32)
        truth = np.array([rng.choice(3, p=row / row.sum()) for row in p.astype(float)])
        (row,) = [s for s in measured("m", "t", "d", "test", p, truth) if s.metric == "ece"]
        assert 0 <= row.low <= row.value <= row.high
