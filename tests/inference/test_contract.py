"""The contract of a model of one's own, in the child process that tries it: what holds, and what each kind of model breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hemaview.cells.store import sha256_of
from hemaview.inference.contract import examine
from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.own.cardfile import checked_card
from hemaview.methods.own.checks import TITLES
from hemaview.methods.own.trial import try_out
from hemaview.methods.own.weights import ONNX, SAFETENSORS
from tests import onnxfiles as onnx

EXAMINATIONS = {"blood_film": dict.fromkeys((*onnx.CLASSES, "blast", "erythroblast"), "nucleated")}
BIAS = onnx.tensor("b", np.zeros(3, np.float32))
W = onnx.tensor("w", np.random.default_rng(3).normal(0, 2, (3, 3)).astype(np.float32))
POOLED = [onnx.node("GlobalAveragePool", ["x"], ["p"]), onnx.node("Flatten", ["p"], ["f"])]
OVER_THE_BATCH = onnx.field(1, "axes") + onnx.field(8, 0) + onnx.field(20, 7)
ONE_ROW = onnx.field(1, 2) + onnx.field(2, 7) + onnx.field(8, "one") + onnx.field(9, np.array([1, 3], "<i8").tobytes())
NAMED = [*POOLED, onnx.node("Gemm", ["f", "w", "b"], ["g"])]


def write_model(folder: Path, raw: bytes, kind: str = ONNX, **changes: Any) -> tuple[Path, Path]:
    weights, card = folder / f"w.{kind}", folder / "card.json"
    weights.write_bytes(raw)
    card.write_text(json.dumps(checked_card(onnx.card(**changes), kind, EXAMINATIONS)))
    return weights, card


def tried(folder: Path, raw: bytes, **changes: Any) -> list[Any]:
    """In this process: what the child runs."""
    weights, card = write_model(folder, raw, **changes)
    return list(examine(weights, json.loads(card.read_text()), sha256_of(weights), lambda *_: None))


def test_a_sound_model_keeps_every_promise_in_a_child_without_network_and_files(tmp_path: Path) -> None:
    weights, card = write_model(tmp_path, onnx.mean_colour(3))
    heard: list[tuple[str, float]] = []
    checks = try_out(weights, card, sha256_of(weights), lambda title, share: heard.append((title, share)))
    assert [c["key"] for c in checks] == ["sandbox", *TITLES] and all(c["ok"] for c in checks), checks
    assert "no network" in checks[0]["result"] and "s for 100 cells" in checks[-1]["result"]
    assert [title for title, _ in heard] == list(TITLES.values())


BROKEN: dict[str, tuple[bytes, dict[str, Any], str, str]] = {
    "too many outputs": (onnx.mean_colour(5), {}, "outputs", "wrong-classes"),
    "outputs that the file hides": (onnx.mean_colour(5, output_shape=("n", "m")), {}, "runs", "wrong-classes"),
    "another size": (onnx.mean_colour(3, side_px=64), {}, "inputs", "wrong-input"),
    "one picture at a time": (
        onnx.mean_colour(3, nodes=[*NAMED, onnx.node("Reshape", ["g", "one"], ["y"])], tensors=[W, BIAS, ONE_ROW],
                         input_shape=(1, 3, 32, 32), output_shape=(1, 3)), {}, "runs", "wrong-input",
    ),
    "four channels": (onnx.mean_colour(3, input_shape=("n", 4, 32, 32)), {}, "inputs", "wrong-input"),
    "whole numbers": (
        onnx.model([onnx.node("Cast", ["x"], ["y"], onnx.attribute("to", 1))], [], 32, 3, input_shape=("n", 3, 32, 32)).replace(
            onnx.field(1, 1) + b"\x12", onnx.field(1, 2) + b"\x12", 1
        ), {}, "inputs", "wrong-input",
    ),
    "no numbers": (
        onnx.mean_colour(3, nodes=[*NAMED, onnx.node("Sqrt", ["g"], ["y"])], tensors=[W, BIAS]), {}, "finite", "not-finite",
    ),
    "probabilities called logits": (
        onnx.mean_colour(3, nodes=[*NAMED, onnx.node("Softmax", ["g"], ["y"])], tensors=[W, BIAS]), {}, "finite", "not-logits",
    ),
    "logits called probabilities": (onnx.mean_colour(3), {"output": "probabilities"}, "finite", "not-probabilities"),
    "one answer for all": (onnx.mean_colour(3, weights=np.zeros((3, 3), np.float32)), {}, "sees", "sees-nothing"),
    "a normalisation that blinds": (onnx.mean_colour(3), {"normalisation": {"scale": 1e6}}, "sees", "sees-nothing"),
    "others in the batch": (
        onnx.mean_colour(3, nodes=[
            *NAMED, onnx.node("ReduceMean", ["g"], ["m"], OVER_THE_BATCH), onnx.node("Sub", ["g", "m"], ["y"]),
        ], tensors=[W, BIAS]), {}, "batch", "batch-matters",
    ),
    "chance": (
        onnx.mean_colour(3, nodes=[
            *NAMED, onnx.node("RandomNormalLike", ["g"], ["r"]), onnx.node("Add", ["g", "r"], ["y"]),
        ], tensors=[W, BIAS]), {}, "repeat", "not-repeatable",
    ),
    "an operator that nobody knows": (onnx.mean_colour(3, nodes=[onnx.node("Guess", ["x"], ["y"])]), {}, "runs", "cannot-run"),
    "weights elsewhere": (
        onnx.mean_colour(3, tensors=[onnx.external("w", "../../etc/passwd", (3, 3)), BIAS]), {}, "file", "external-data",
    ),
    "a loop without end": (onnx.endless(3), {}, "file", "control-flow"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_promise_ends_the_trial_with_a_sentence_and_a_code(what: str, tmp_path: Path) -> None:
    raw, changes, key, code = BROKEN[what]
    checks = tried(tmp_path, raw, **changes)
    last = checks[-1]
    assert (last.key, last.ok, last.code) == (key, False, code), last
    assert last.result.endswith(".") and len(last.result) < 300 and all(c.ok for c in checks[:-1])


def test_a_tensor_that_grows_beyond_the_memory_ends_the_trial_not_the_house(tmp_path: Path) -> None:
    grown = onnx.node("Expand", ["p", "shape"], ["e"])
    shape = onnx.field(1, 4) + onnx.field(2, 7) + onnx.field(8, "shape")
    shape += onnx.field(9, np.array([1, 3, 60_000, 60_000], "<i8").tobytes())
    nodes = [POOLED[0], grown, onnx.node("Exp", ["e"], ["q"]), onnx.node("GlobalMaxPool", ["q"], ["m"]),
             onnx.node("Flatten", ["m"], ["f"]), onnx.node("Gemm", ["f", "w", "b"], ["y"])]  # fmt: skip
    weights, card = write_model(tmp_path, onnx.model(nodes, [W, BIAS, shape], 32, 3))
    checks = try_out(weights, card, sha256_of(weights), memory_bytes=3 * 1024**3, wall_seconds=60)
    assert checks[-1]["code"] in ("too-much-memory", "crashed") and checks[-1]["result"].endswith(".")


def test_a_trial_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    weights, card = write_model(tmp_path, onnx.mean_colour(3))
    (last,) = try_out(weights, card, sha256_of(weights), wall_seconds=0.3)
    assert last["code"] == "took-too-long" and not last["ok"] and "given up after" in last["result"]


def test_safetensors_run_in_a_net_of_the_house_and_in_no_other(tmp_path: Path) -> None:
    torch.manual_seed(2)
    about = {"method": "cell-kind-net", "mpp": 0.3, "input_px": 64, "output": None, "normalisation": None}
    weights, card = write_model(tmp_path, b"", SAFETENSORS, **about)
    state = CellKindNet(3).eval().state_dict()
    save_file({**state, "last.weight": 100 * state["last.weight"]}, weights)
    checks = try_out(weights, card, sha256_of(weights))
    assert [c["key"] for c in checks] == ["sandbox", *TITLES] and all(c["ok"] for c in checks), checks
    table = json.loads(card.read_text())
    for method, words in (
        ("elmanna-b0", "do not fit the net"),
        ("wbc-mask-unet", "No method called wbc-mask-unet takes weights"),
    ):
        last = list(examine(weights, {**table, "method": method}, sha256_of(weights), lambda *_: None))[-1]
        assert last.code == "cannot-run" and words in last.result
    weights.write_bytes(weights.read_bytes()[:-100])
    last = list(examine(weights, table, sha256_of(weights), lambda *_: None))[-1]
    assert (last.key, last.code) == ("file", "damaged")
