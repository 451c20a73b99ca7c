"""An ONNX file is looked through without being run, and what could harm or never end is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.onnxfile import look
from tests import onnxfiles as onnx

W = onnx.tensor("w", np.zeros((3, 3), np.float32))
GEMM = onnx.node("Gemm", ["x", "w"], ["y"])
INNER = onnx.attribute("g", graph=onnx.field(2, "g"))
CONSTANT = onnx.node("Constant", [], ["y"], onnx.field(1, "value") + onnx.field(5, onnx.external("", "w", (1,))))


def net(nodes: list[bytes] | None = None, tensors: list[bytes] | None = None, more: bytes = b"") -> bytes:
    return onnx.model(nodes or [GEMM], [W] if tensors is None else tensors, 32, 3, more=more)


def test_a_sound_file_tells_what_it_takes_and_gives(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(onnx.mean_colour(5))
    facts = look(tmp_path / "net.onnx")
    assert (facts.opset, facts.operators, facts.parameters) == (17, 3, 20)
    assert [(v.name, v.dims) for v in facts.inputs] == [("x", (None, 3, 32, 32))]
    assert [(v.name, v.dims) for v in facts.outputs] == [("y", (None, 5))]


REFUSED = {
    "weights elsewhere": (net(tensors=[onnx.external("w", "../../etc/passwd", (3, 3))]), "external-data"),
    "a constant elsewhere": (net(nodes=[CONSTANT]), "external-data"),
    "an operator of nobody": (net(nodes=[onnx.node("Fused", ["x"], ["y"], domain="com.example")]), "custom-operator"),
    "functions": (net(more=onnx.field(25, onnx.field(1, "f"))), "custom-operator"),
    "training": (net(more=onnx.field(20, b"")), "training-graph"),
    "a loop": (onnx.endless(3), "control-flow"),
    "a graph within": (
        net(nodes=[onnx.node("Any", ["x"], ["y"], onnx.attribute("g", graph=onnx.field(2, "g")))]),
        "control-flow",
    ),
    "huge": (net(tensors=[onnx.tensor("w", np.zeros(2, np.float32), (2**31, 2**31))]), "damaged"),
    "negative": (net(tensors=[onnx.tensor("w", np.zeros(2, np.float32), (2**63, 2))]), "damaged"),
    "many operators": (net(nodes=[GEMM] * 20_001), "too-many-operators"),
    "cut": (net()[:-40], "not-a-model"),
    "text": (b"patient list, not a net at all\n" * 20, "not-a-model"),
    "endless number": (b"\x08" + b"\xff" * 64, "not-a-model"),
    "empty graph": (onnx.field(1, 8) + onnx.field(7, b"") + onnx.field(8, onnx.field(2, 17)), "not-a-model"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_named_in_a_sentence(what: str, tmp_path: Path) -> None:
    raw, code = REFUSED[what]
    (tmp_path / "net.onnx").write_bytes(raw)
    with pytest.raises(OwnModelError) as refused:
        look(tmp_path / "net.onnx")
    assert refused.value.code == code
    assert refused.value.message.endswith(".") and len(refused.value.message) < 250


def test_broken_files_are_refused_and_never_end_otherwise(tmp_path: Path) -> None:
    whole, rng = bytearray(onnx.mean_colour(3)), np.random.default_rng(5)
    path = tmp_path / "net.onnx"
    sentences = []
    for _ in range(1500):
        raw = whole.copy()
        for at in rng.integers(0, len(raw), 3):
            raw[at] = rng.integers(0, 256)
        path.write_bytes(raw[: rng.integers(16, len(raw) + 1)])
        try:
            look(path)
        except OwnModelError as refused:
            sentences.append(refused.message)
    assert len(sentences) > 500 and all(sentence.endswith(".") for sentence in sentences)
