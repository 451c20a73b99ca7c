"""Weights are known by name and first bytes; archives, pickles and what is too large are refused unopened."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save

from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.weights import HEAD_BYTES, ONNX, SAFETENSORS, kind_of
from tests.onnxfiles import mean_colour, zip_bomb

MB = 1024**2
PICKLE = b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
"""What begins to run a command where it is read."""


def kind(name: str, raw: bytes, size: int | None = None) -> str:
    return kind_of(name, raw[:HEAD_BYTES], len(raw) if size is None else size, 200 * MB)


def test_the_two_kinds_are_known() -> None:
    assert kind("net.ONNX", mean_colour(3)) == ONNX
    assert kind("net.safetensors", save({"w": torch.zeros(300)})) == SAFETENSORS


@pytest.mark.parametrize(
    ("name", "raw", "size", "code", "words"),
    [
        ("net.pt", zip_bomb(1), None, "not-a-model", "pickled ones"),
        ("net.onnx", zip_bomb(1), None, "archive", "is an archive"),
        ("net.safetensors", zip_bomb(1), None, "archive", "is an archive"),
        ("net.safetensors", PICKLE, None, "pickle", "can run code"),
        ("net.onnx", PICKLE, None, "pickle", "can run code"),
        ("net.safetensors", mean_colour(3), None, "not-a-model", "not a safetensors file"),
        ("net.safetensors", (2**60).to_bytes(8, "little") + b"{" * 8, None, "not-a-model", "not a safetensors file"),
        ("net.onnx", b"", None, "not-a-model", "0 bytes"),
        ("net.onnx", mean_colour(3), 300 * MB, "model-too-large", "300 MB; a model may have 200 MB at most"),
        ("../../etc/passwd", b"root", None, "not-a-model", "passwd is neither"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_unopened(name: str, raw: bytes, size: int | None, code: str, words: str) -> None:
    with pytest.raises(OwnModelError) as refused:
        kind(name, raw, size)
    assert refused.value.code == code and words in refused.value.message and refused.value.message.endswith(".")
