"""The shipped models: both runtimes agree, damaged weights are refused, tiles leave no seam."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.inference import Classifier, InferenceError, NetSettings, Segmenter, UnknownModel, WeightsChanged, load
from hemaview.inference.models import state_of
from hemaview.inference.pictures import softmax
from hemaview.inference.precision import F32
from hemaview.inference.runtime import TorchRuntime, in_batches, runtime_for
from hemaview.methods.card import cards
from hemaview.methods.registry import METHODS

FIELD = Path(__file__).parents[2] / "apps" / "desk" / "demo" / "chula-rbc12" / "328.webp"


def field() -> np.ndarray:
    return np.asarray(Image.open(FIELD).convert("RGB"))


def test_every_method_ships_with_weights_a_card_and_measured_scores() -> None:
    assert set(cards()) == {m.name for m in METHODS.values() if m.shipped}
    for card in cards().values():
        assert card.raw["metrics"] and card.raw["limits"] and card.raw["command"]
        assert all(weights.stat().st_size < 20 * 1024**2 for _, weights, _ in card.files)
        assert "Research use only" in card.text


TRACED = ("segmentation", "classification", "mask", "points", "centres")


@pytest.mark.parametrize("name", sorted(n for n in cards() if METHODS[n].task in TRACED))
def test_the_chosen_runtime_and_torch_agree_in_float32(name: str) -> None:
    card = cards()[name]
    any_size = METHODS[name].task in ("segmentation", "points", "centres")
    side = 128 if any_size else card.input_px
    net = METHODS[name].build(len(card.classes)).eval()
    net.load_state_dict(state_of(card))
    rgb = field()
    crops = np.stack([rgb[y : y + side, x : x + side] for x, y in ((0, 0), (150, 80), (300, 200), (380, 220))])
    ours = in_batches(
        runtime_for(net, None if any_size else side, card, METHODS[name].traceable, NetSettings(F32)), crops
    )
    reference = in_batches(TorchRuntime(net, "cpu"), crops)
    assert np.abs(softmax(ours) - softmax(reference)).max() < 1e-3


def test_an_unknown_model_and_changed_weights_are_refused_by_name() -> None:
    with pytest.raises(UnknownModel, match="there are:") as lacking:
        load("no-such-net")
    assert "install the weights anew" in lacking.value.remedy
    with pytest.raises(WeightsChanged, match="red-cell-unet") as changed:
        load("red-cell-unet", sha256="0" * 64)
    with pytest.raises(UnknownModel, match="is not installed") as other:
        load("red-cell-unet", version="99")
    for refused in (changed, other):  # the job was ordered with what is not here: the same one fails again
        assert refused.value.remedy.endswith("then order the analysis anew.")


def test_weights_that_are_gone_since_the_cards_were_read_are_missing_by_name(tmp_path: Path) -> None:
    card = cards()["red-cell-unet"]
    with pytest.raises(UnknownModel, match=f"weights file of red-cell-unet {card.version} is missing"):
        state_of(replace(card, raw={**card.raw, "weights": str(tmp_path / "gone.safetensors")}))


def test_each_error_of_a_model_has_a_code_of_its_own_and_a_remedy() -> None:
    every = [InferenceError, *InferenceError.__subclasses__()]
    assert len({error.code for error in every}) == len(every)
    assert all(re.fullmatch(r"[A-Z].*\.", error("It cannot be run.").remedy) for error in every)


def test_a_model_is_less_sure_of_blood_on_which_it_is_and_its_answers_stay() -> None:
    model = load("nucleated-cell-net")
    assert isinstance(model, Classifier) and list(model.calibrations) == ["jhu-aml"]
    crops = np.stack([field()[y : y + 128, x : x + 128] for x, y in ((0, 0), (150, 80), (300, 200))])
    own, other = model.classify_crops(crops), model.calibrated_on("jhu-aml").classify_crops(crops)
    assert (other.max(axis=1) < own.max(axis=1)).all() and (other.argmax(axis=1) == own.argmax(axis=1)).all()
    assert np.array_equal(model.calibrated_on("pbc").classify_crops(crops), own)


def test_a_white_cell_and_red_cells_are_told_apart() -> None:
    kind = load("cell-kind-net")
    assert isinstance(kind, Classifier)
    p = kind.classify(field(), np.array([[606.0, 83.0], [147.0, 55.0], [164.0, 76.0]]), 0.19)
    assert [kind.info.classes[i] for i in p.argmax(axis=1)] == ["nucleated", "red_cell", "nothing"]
    assert np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert kind.classify(field(), np.zeros((0, 2)), 0.19).shape == (0, 4)


def test_tiles_of_a_large_picture_leave_no_seam() -> None:
    model = load("red-cell-unet")
    assert isinstance(model, Segmenter)
    rgb = np.tile(field(), (2, 2, 1))
    whole = model.probabilities(rgb)
    # The net halves its picture four times: cut-outs are comparable at steps of 16 px.
    part = model.probabilities(rgb[208:848, 256:1008])
    inner = np.abs(whole[:, 308:740, 356:900] - part[:, 100:532, 100:644])
    assert np.quantile(inner, 0.999) < 0.02


def test_edges_of_a_finer_picture_fall_between_the_pixels_of_the_net() -> None:
    model = load("red-cell-unet")
    assert isinstance(model, Segmenter)
    y, x = np.mgrid[0:512, 0:512]
    mpp, discs = 0.08, [(130, 140), (380, 150), (250, 370)]
    cell = np.zeros((512, 512), bool)
    for cy, cx in discs:
        cell |= np.hypot(y - cy, x - cx) < 3.6 / mpp
    rgb = np.where(cell[..., None], (205, 150, 160), (235, 228, 230)).astype(np.uint8)
    labels = model.segment(rgb, mpp)
    assert labels.max() == len(discs)
    overlap = 2 * ((labels > 0) & cell).sum() / ((labels > 0).sum() + cell.sum())
    assert overlap > 0.97
    # Where labels were enlarged, every square of two pixels had one label.
    squares = (labels > 0)[: 512 // 2 * 2].reshape(256, 2, 256, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    mixed = squares.any(axis=1) & ~squares.all(axis=1)
    assert mixed.sum() > 100
