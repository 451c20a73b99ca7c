"""A model of one's own answers as its card says, and files that were altered are refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemaview.cells.store import sha256_of
from hemaview.inference import Classifier, WeightsChanged, load_own
from hemaview.inference.own import NoRuntime, OwnRuntime
from hemaview.methods.own.cardfile import checked_card
from hemaview.methods.own.files import OwnFiles
from hemaview.methods.own.weights import ONNX
from tests import onnxfiles as onnx

EXAMINATIONS = {"blood_film": dict.fromkeys(onnx.CLASSES, "nucleated")}
RED_GREEN_BLUE = np.diag([8.0, 8.0, 8.0]).astype(np.float32)
"""Outputs are the mean red, green and blue."""


def files(folder: Path, raw: bytes, **changes: Any) -> OwnFiles:
    folder.mkdir(exist_ok=True)
    weights, card = folder / "w.onnx", folder / "card.json"
    weights.write_bytes(raw)
    card.write_text(json.dumps(checked_card(onnx.card(**changes), ONNX, EXAMINATIONS)))
    return OwnFiles(weights, sha256_of(weights), card, sha256_of(card))


def colours() -> Any:
    crops = np.full((3, 32, 32, 3), 20, np.uint8)
    for i in range(3):
        crops[i, ..., i] = 230
    return crops


def model(folder: Path, **changes: Any) -> Classifier:
    return load_own(files(folder, onnx.mean_colour(3, weights=RED_GREEN_BLUE), **changes))


def test_it_is_shown_pictures_as_its_card_says(tmp_path: Path) -> None:
    plain = model(tmp_path / "a")
    assert plain.info.classes == onnx.CLASSES and plain.info.device == "CPU (OpenVINO)" and plain.info.mpp == 0.5
    assert plain.classify_crops(colours()).argmax(axis=1).tolist() == [0, 1, 2]
    turned = model(tmp_path / "b", normalisation={"scale": 255, "channels": "BGR"})
    assert turned.classify_crops(colours()).argmax(axis=1).tolist() == [2, 1, 0]
    dark = model(tmp_path / "c", normalisation={"scale": 255, "mean": [1, 0, 0], "std": [0.1, 1, 1]})
    assert dark.classify_crops(colours())[:, 0].max() < 0.5, "red is far below its mean"


def test_temperature_and_merged_outputs_make_probabilities(tmp_path: Path) -> None:
    sharp, soft = model(tmp_path / "a"), model(tmp_path / "b", temperature=4.0)
    p, q = sharp.classify_crops(colours()), soft.classify_crops(colours())
    logits = colours().astype(np.float64).mean(axis=(1, 2)) / 255 * 8
    for answer, temperature in ((p, 1.0), (q, 4.0)):
        e = np.exp(logits / temperature)
        np.testing.assert_allclose(answer, e / e.sum(axis=1, keepdims=True), atol=1e-5)
    merged = model(tmp_path / "c", class_map={"lymphocyte": "monocyte"}, temperature=4.0)
    assert merged.info.classes == ("segmented_neutrophil", "monocyte")
    np.testing.assert_allclose(merged.classify_crops(colours())[:, 1], q[:, 1] + q[:, 2], atol=1e-5)


def test_pictures_may_come_with_their_channels_last(tmp_path: Path) -> None:
    order = onnx.field(1, "perm") + b"".join(onnx.field(8, i) for i in (0, 3, 1, 2)) + onnx.field(20, 7)
    nodes = [onnx.node("Transpose", ["x"], ["t"], order), onnx.node("GlobalAveragePool", ["t"], ["p"])]
    nodes += [onnx.node("Flatten", ["p"], ["f"]), onnx.node("Gemm", ["f", "w", "b"], ["y"])]
    raw = onnx.mean_colour(3, weights=RED_GREEN_BLUE, nodes=nodes, input_shape=("n", 32, 32, 3))
    assert load_own(files(tmp_path, raw)).classify_crops(colours()).argmax(axis=1).tolist() == [0, 1, 2]


def test_altered_or_missing_files_are_refused_by_name_even_after_they_were_loaded(tmp_path: Path) -> None:
    own = files(tmp_path, onnx.mean_colour(3, weights=RED_GREEN_BLUE))
    load_own(own)
    raw = own.weights.read_bytes()
    own.weights.write_bytes(onnx.mean_colour(3))
    with pytest.raises(WeightsChanged, match=r"weights of mean-colour 1 are gone or not those that were checked"):
        load_own(own)
    own.weights.write_bytes(raw)
    card = own.card.read_bytes()
    own.card.write_bytes(card.replace(b"monocyte", b"blastoma"))
    with pytest.raises(WeightsChanged, match="was altered"):
        load_own(own)
    own.card.write_bytes(card)
    own.weights.unlink()
    with pytest.raises(WeightsChanged, match="are gone"):
        load_own(own)


def test_the_very_same_files_are_asked_for_only_where_files_are_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = files(tmp_path, onnx.mean_colour(3, weights=RED_GREEN_BLUE))

    def missing(*_: Any) -> Any:
        raise ImportError("openvino")

    monkeypatch.setattr("hemaview.inference.own.onnx_runtime", missing)
    with pytest.raises(NoRuntime, match="not installed") as refused:
        load_own(own)
    assert "install what runs it" in refused.value.remedy and "upload" not in refused.value.remedy
    own.weights.unlink()
    with pytest.raises(WeightsChanged) as gone:
        load_own(own)
    assert "upload the very same two files again" in gone.value.remedy


@pytest.mark.parametrize("output", ["logits", "probabilities"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_answer_in_which_any_number_is_none_is_no_answer(tmp_path: Path, output: str, number: float) -> None:
    own = model(tmp_path / "a", output=output)
    runtime = own._runtime
    assert isinstance(runtime, OwnRuntime)
    answers = np.array([[0.2, 0.3, 0.5], [0.2, number, 0.8]], np.float32)
    runtime._runtime = lambda x: answers[: len(x)]
    silent: list[str] = []
    p = own.telling(silent.append).classify_crops(colours()[:2])
    assert np.isfinite(p[0]).all() and np.isnan(p[1]).all() and silent == ["mean-colour"]
