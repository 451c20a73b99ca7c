"""What cameras and files give becomes a picture, or is refused with a sentence; weights that do not fit are too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from hemaview.cells.store import sha256_of
from hemaview.inference import (
    AS_SHIPPED,
    BadPicture,
    Classifier,
    Masker,
    NetSettings,
    Segmenter,
    WeightsUnfit,
    load,
    models,
)
from hemaview.inference.pictures import ALIKE, MOST_GAIN, as_rgb8, ground_of, on_ground
from hemaview.methods import card as modelcard
from hemaview.methods.card import Card, cards


def film(ground: tuple[int, int, int], red: tuple[int, int, int] = (180, 110, 120)) -> NDArray[np.uint8]:
    """Cells over two thirds of a picture."""
    rgb = np.full((120, 120, 3), ground, np.uint8)
    rgb[:80] = red
    return rgb


def test_a_pictures_ground_is_brought_to_the_colour_that_a_net_learned_on() -> None:
    assert ground_of(film((220, 230, 150))).tolist() == [220, 230, 150]
    picture = on_ground(film((220, 230, 150)), (254, 228, 203))
    assert np.abs(ground_of(picture) - (254, 228, 203)).max() <= 1
    assert picture[0, 0].tolist() == [208, 109, 162]  # cells change in the same ratio
    dark = on_ground(film((40, 40, 40), (10, 10, 10)), (250, 250, 250))
    assert ground_of(dark).tolist() == [40 * MOST_GAIN] * 3  # a dark picture is not blown up


def test_the_net_of_white_cells_is_shown_every_field_on_the_ground_of_its_training() -> None:
    net = load("nucleated-cell-net")
    assert isinstance(net, Classifier) and len(cards()["nucleated-cell-net"].ground) == 3
    rng = np.random.default_rng(3)
    plain = film((254, 228, 203), (150, 90, 150))
    plain[:80] = np.clip(plain[:80] + rng.normal(0, 12, (80, 120, 3)), 0, 255).astype(np.uint8)
    tinted = np.rint(plain * (0.85, 0.95, 0.8)).astype(np.uint8)
    p, p_tinted = (net.classify(rgb, np.array([[60.0, 50.0]]), 0.2) for rgb in (plain, tinted))
    assert np.abs(p - p_tinted).max() < 0.05


@pytest.mark.parametrize("name", ["red-cell-shape-committee", "wbc-mask-unet"])
def test_a_white_scanner_and_a_dim_lamp_change_what_is_seen_little(name: str) -> None:
    card = cards()[name]

    def answer_of(rgb: NDArray[np.uint8], nets: NetSettings = AS_SHIPPED) -> NDArray[np.float32]:
        model = load(name, settings=nets)
        assert isinstance(model, Classifier | Masker)
        if isinstance(model, Masker):
            return model.probabilities(rgb, 1)
        return model.classify(rgb, np.array([[60.0, 60.0]]), 0.19)

    rng = np.random.default_rng(3)
    plain = np.full((120, 120, 3), card.ground, np.float64)
    y, x = np.mgrid[:120, :120]
    plain[np.hypot(x - 60, y - 60) < 20] *= (0.8, 0.6, 0.7)
    plain = np.clip(plain + rng.normal(0, 2, plain.shape), 0, 255).astype(np.uint8)
    strange = 0
    for factor in (min(1.4, 250 / max(card.ground)), 0.72):
        other = np.rint(plain * factor).astype(np.uint8)
        if np.abs(np.array(card.grounds) - ground_of(other)).max(axis=1).min() <= ALIKE:
            continue
        strange += 1
        difference = np.abs(answer_of(plain) - answer_of(other)).mean()
        as_it_is = NetSettings(brings_ground=False)
        difference_as_it_is = np.abs(answer_of(plain, as_it_is) - answer_of(other, as_it_is)).mean()
        assert difference < 0.02 and difference_as_it_is > 2 * difference
    assert strange


def test_grey_alpha_and_16_bit_pictures_are_taken_as_they_look() -> None:
    grey = np.array([[0, 128], [255, 7]], np.uint8)
    assert as_rgb8(grey)[0, 1].tolist() == [128, 128, 128]
    assert as_rgb8(grey[..., None]).shape == (2, 2, 3)
    deep = np.full((2, 2, 3), 0x80FF, np.uint16)
    assert as_rgb8(deep)[0, 0].tolist() == [128, 128, 128]
    twelve = np.array([[[4095], [2048]]], np.uint16)
    assert as_rgb8(twelve)[0, :, 0].tolist() == [255, 128], "a camera of 12 bits leaves the upper four empty"
    assert as_rgb8(np.array([[[200, 255], [200, 0]]], np.uint8))[0, :, 1].tolist() == [200, 255], "grey on alpha"
    clear = np.zeros((2, 2, 4), np.uint8)
    clear[0, 0] = (200, 10, 20, 255)
    assert as_rgb8(clear)[0, 0].tolist() == [200, 10, 20] and as_rgb8(clear)[1, 1].tolist() == [255, 255, 255]
    rgb = np.zeros((3, 4, 3), np.uint8)
    assert np.array_equal(as_rgb8(rgb), rgb)


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4, 5), np.uint8), np.zeros((4,), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
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
    models._loaded.__wrapped__("cell-kind-net", card.sha256, AS_SHIPPED)


def test_pickled_weights_are_refused(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf / "cell-kind-net-9.safetensors"
    torch.save({"x": torch.zeros(1)}, path)
    with pytest.raises(WeightsUnfit, match="not a safetensors file"):
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
