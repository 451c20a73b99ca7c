"""How a cell looks, in few small numbers, from the net that names it and of the same pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.cells.likeness import by_looks
from hemaview.cells.table import EMBEDDED
from hemaview.inference import Classifier, load_as
from hemaview.inference.embedding import embedded
from hemaview.inference.runtime import TorchRuntime, in_batches, in_batches_with_features
from hemaview.methods.cellkind import CellKindNet

FIELD = Path(__file__).parents[2] / "apps" / "desk" / "demo" / "chula-rbc12" / "328.webp"


def crops(side: int) -> np.ndarray:
    rgb = np.asarray(Image.open(FIELD).convert("RGB"))
    return np.stack([rgb[y : y + side, x : x + side] for x, y in ((0, 0), (2, 1), (300, 200), (380, 220))])


def test_brightness_of_all_features_alone_changes_no_number_and_what_is_not_finite_has_none() -> None:
    features = np.random.default_rng(1).normal(0, 3, (3, EMBEDDED)).astype(np.float32)
    numbers = embedded(features)
    assert numbers.dtype == np.int8 and len(np.unique(numbers[0])) > 20
    assert np.abs(embedded(5 * features).astype(int) - numbers).max() <= 1
    features[1, 7], features[2] = np.nan, 0
    again = embedded(features)
    assert np.array_equal(again[0], numbers[0]) and not again[1:].any()


@pytest.mark.parametrize("name", ["red-cell-shape-committee", "nucleated-cell-net", "nucleated-cell-strangers"])
def test_the_nets_that_name_cells_tell_how_they_look_and_a_shifted_cell_looks_like_itself(name: str) -> None:
    model = load_as(Classifier, name)
    pictures = crops(model.info.input_px)
    p, looks = model.classify_and_embed_crops(pictures)
    np.testing.assert_array_equal(p, model.classify_crops(pictures))
    assert looks.shape == (4, EMBEDDED) and looks.any(axis=1).all()
    away = by_looks(looks, looks[0])
    assert away[0] == 0 < away[1] < min(away[2:])


def test_a_net_without_features_answers_and_tells_no_looks() -> None:
    runtime = TorchRuntime(CellKindNet(width=4), "cpu")
    answers, features = in_batches_with_features(runtime, crops(64))
    assert features is None
    np.testing.assert_allclose(answers, in_batches(runtime, crops(64)), atol=1e-5)
    assert not load_as(Classifier, "cell-kind-net").classify_and_embed_crops(crops(64))[1].any()


def test_a_cell_of_which_a_net_gives_no_finite_answer_has_no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_as(Classifier, "red-cell-shape-net")
    whole = Classifier.answers

    def silent(self: Classifier, pictures: np.ndarray, views: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
        logits, features = whole(self, pictures, views)
        logits[1, 0] = np.inf
        return logits, features

    monkeypatch.setattr(Classifier, "answers", silent)
    p, looks = model.classify_and_embed_crops(crops(model.info.input_px))
    assert np.isnan(p[1]).all() and looks.any(axis=1).tolist() == [True, False, True, True]
