"""What cameras and files give becomes a picture, or is refused with a sentence; weights that do not fit are too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from hemaview.cells.store import sha256_of
from hemaview.inference import BadPicture, Classifier, Segmenter, WeightsUnfit, load, models
from hemaview.inference.pictures import as_rgb8
from hemaview.methods import card as modelcard
from hemaview.methods.card import Card, cards


def test_grey_alpha_and_16_bit_pictures_are_taken_as_they_look() -> None:
    grey = np.array([[0, 128], [255, 7]], np.uint8)
    assert as_rgb8(grey)[0, 1].tolist() == [128, 128, 128]
    assert as_rgb8(grey[..., None]).shape == (2, 2, 3)
    deep = np.full((2, 2, 3), 0x80FF, np.uint16)
    assert as_rgb8(deep)[0, 0].tolist() == [128, 128, 128]
    clear = np.zeros((2, 2, 4), np.uint8)
    clear[0, 0] = (200, 10, 20, 255)
    assert as_rgb8(clear)[0, 0].tolist() == [200, 10, 20] and as_rgb8(clear)[1, 1].tolist() == [255, 255, 255]
    rgb = np.zeros((3, 4, 3), np.uint8)
    assert np.array_equal(as_rgb8(rgb), rgb)


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4, 2), np.uint8), np.zeros((4,), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
)
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(BadPicture, match="A picture h"):
        as_rgb8(bad)


def test_blank_and_grey_fields_give_no_cells_and_no_error() -> None:
    segmenter = load("red-cell-unet")
    assert isinstance(segmenter, Segmenter)
    for blank in (np.full((200, 240, 3), 235, np.uint8), np.full((200, 240), 235, np.uint8)):
        assert segmenter.segment(blank, 0.2).max() == 0
    kind = load("cell-kind-net")
    assert isinstance(kind, Classifier)
    p = kind.classify(np.full((80, 80), 235, np.uint8), np.array([[40.0, 40.0]]), 0.3)
    assert kind.info.classes[int(p.argmax())] == "nothing"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for weights of our own; the real card with another hash."""
    monkeypatch.setattr(modelcard, "folder", lambda kind: tmp_path)
    return tmp_path


def loaded_with(weights: Path, classes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card({"name": "cell-kind-net", "version": "9", "sha256": sha256_of(weights), "classes": classes, "mpp": 0.3,
                 "input_px": 64})  # fmt: skip
    monkeypatch.setattr(models, "cards", lambda: {"cell-kind-net": card})
    models._loaded.__wrapped__("cell-kind-net", card.sha256)


def test_pickled_weights_are_refused(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf / "cell-kind-net-9.safetensors"
    torch.save({"x": torch.zeros(1)}, path)
    with pytest.raises(WeightsUnfit, match="no safetensors file"):
        loaded_with(path, ("a", "b"), monkeypatch)


def test_weights_of_another_number_of_classes_are_refused(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = next(c for c in cards().values() if c.name == "cell-kind-net")
    path = shelf / "cell-kind-net-9.safetensors"
    monkeypatch.undo()
    state = load_file(real.weights)
    monkeypatch.setattr(modelcard, "folder", lambda kind: shelf)
    save_file(state, path)
    with pytest.raises(WeightsUnfit, match="do not fit its net of 2 classes"):
        loaded_with(path, ("a", "b"), monkeypatch)
