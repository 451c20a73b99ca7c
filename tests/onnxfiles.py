"""ONNX files made byte by byte, sound and hostile ones, so that no exporter is needed (https://onnx.ai, onnx.proto)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT = 1


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        out.append((number & 127) | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def tensor(name: str, values: NDArray[np.float32], dims: tuple[int, ...] | None = None) -> bytes:
    shape = b"".join(field(1, d) for d in (values.shape if dims is None else dims))
    return shape + field(2, FLOAT) + field(8, name) + field(9, values.astype("<f4").tobytes())


def external(name: str, location: str, dims: tuple[int, ...]) -> bytes:
    entry = field(1, "location") + field(2, location)
    return b"".join(field(1, d) for d in dims) + field(2, FLOAT) + field(8, name) + field(13, entry) + field(14, 1)


def attribute(name: str, number: int = 0, floats: float | None = None, graph: bytes = b"") -> bytes:
    if graph:
        return field(1, name) + field(6, graph) + field(20, 5)
    if floats is not None:
        return field(1, name) + varint(2 << 3 | 5) + np.float32(floats).tobytes() + field(20, 1)
    return field(1, name) + field(3, number) + field(20, 2)


def node(operator: str, inputs: list[str], outputs: list[str], *attributes: bytes, domain: str = "") -> bytes:
    raw = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, operator)
    return raw + b"".join(field(5, a) for a in attributes) + (field(7, domain) if domain else b"")


def value(name: str, dims: tuple[int | str, ...], element: int = FLOAT) -> bytes:
    shape = b"".join(field(1, field(1, d) if isinstance(d, int) else field(2, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, element) + field(2, shape)))


def model(
    nodes: list[bytes],
    tensors: list[bytes],
    side_px: int,
    outputs: int,
    input_shape: tuple[int | str, ...] | None = None,
    output_shape: tuple[int | str, ...] | None = None,
    more: bytes = b"",
) -> bytes:
    """The bytes of a model whose nodes make `y` (n, outputs) of `x` (n, 3, side, side)."""
    graph = b"".join(field(1, n) for n in nodes) + field(2, "net") + b"".join(field(5, t) for t in tensors)
    graph += field(11, value("x", input_shape or ("n", 3, side_px, side_px)))
    graph += field(12, value("y", output_shape or ("n", outputs)))
    return field(1, 8) + field(2, "tests") + field(8, field(2, 17)) + field(7, graph) + more


def mean_colour(outputs: int, side_px: int = 32, weights: NDArray[np.float32] | None = None, **how: Any) -> bytes:
    """A net that names a picture by its mean colour: the least that a classifier can be."""
    rng = np.random.default_rng(3)
    w = rng.normal(0, 2, (3, outputs)).astype(np.float32) if weights is None else weights
    nodes = [
        node("GlobalAveragePool", ["x"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    tensors = [tensor("w", w), tensor("b", np.zeros(outputs, np.float32))]
    return model(how.pop("nodes", nodes), how.pop("tensors", tensors), side_px, outputs, **how)


def no_number_beyond(outputs: int, redness: float, side_px: int = 32) -> bytes:
    """A net whose first class is that of every picture, and whose answers are no numbers where red exceeds blue by more than
    `redness` in the mean: the square root of what is then below nothing."""
    w = np.zeros((3, 1), np.float32)
    w[0], w[2] = -1, 1
    ones = np.zeros((1, outputs), np.float32)
    first = np.full(outputs, -9, np.float32)
    first[0] = 9
    nodes = [
        node("GlobalAveragePool", ["x"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "w", "c"], ["d"]),
        node("Sqrt", ["d"], ["s"]),
        node("Gemm", ["s", "z", "b"], ["y"]),
    ]
    tensors = [tensor("w", w), tensor("c", np.full(1, redness, np.float32)), tensor("z", ones), tensor("b", first)]
    return model(nodes, tensors, side_px, outputs)


def endless(outputs: int, side_px: int = 32) -> bytes:
    """A Loop whose condition stays true."""
    body = field(1, node("Identity", ["c"], ["c_out"])) + field(2, "body")
    body += field(11, value("i", (), 7)) + field(11, value("c", (), 9)) + field(12, value("c_out", (), 9))
    nodes = [node("Loop", ["", "true"], ["y"], attribute("body", graph=body))]
    return model(nodes, [], side_px, outputs)


CLASSES = ("segmented_neutrophil", "lymphocyte", "monocyte")


def card(**changes: Any) -> dict[str, Any]:
    """A card that nothing is wrong with, for `mean_colour(3)`; a key changed to None is left out."""
    whole = {
        "name": "mean-colour", "version": "1", "title": "Mean colour", "roles": ["nucleated-cell"], "assay": "blood_film",
        "classes": list(CLASSES), "mpp": 0.5, "input_px": 32, "output": "logits", "normalisation": {"scale": 255},
        "licence_note": "MIT", "source": "Ours", "metrics": [],
    }  # fmt: skip
    return {key: v for key, v in {**whole, **changes}.items() if v is not None}


def card_bytes(**changes: Any) -> bytes:
    return json.dumps(card(**changes)).encode()


def zip_bomb(megabytes: int = 64) -> bytes:
    """An archive that unpacks to many times its size."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.onnx", b"\0" * megabytes * 1024**2)
    return out.getvalue()
