"""Where memory runs out, smaller batches; where that does not help, a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hemaview.inference import InferenceError, OutOfMemory
from hemaview.inference.device import is_memory
from hemaview.inference.runtime import in_batches, objects_in, torch_runtime
from hemaview.methods.cellkind import CellKindNet


class Scarce:
    """A runtime with memory for so many pictures at once."""

    device = "a small machine"

    def __init__(self, most: int) -> None:
        self.most, self.batch_sizes = most, list[int]()

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        self.batch_sizes.append(len(x))
        if len(x) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return x[:, 0, 0, :1]

    def objects(self, x: NDArray[np.float32]) -> Any:
        return [self(x)]


PICTURES = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)


def test_half_a_batch_is_tried_before_giving_up() -> None:
    assert in_batches(Scarce(2), PICTURES, 4)[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    few = Scarce(3)
    assert in_batches(few, PICTURES, 64)[:, 0].tolist() == [0, 1, 2, 3, 4, 5], "half of those that there are"
    assert few.batch_sizes == [6, 3, 3]
    with pytest.raises(OutOfMemory, match="even with half its batch"):
        in_batches(Scarce(1), PICTURES, 4)


def test_a_single_picture_that_does_not_fit_is_said_to_be_one() -> None:
    alone = Scarce(0)
    with pytest.raises(OutOfMemory, match="over a single picture"):
        in_batches(alone, PICTURES[:1])
    assert alone.batch_sizes == [1], "there is no half of it"
    with pytest.raises(OutOfMemory, match="over a single picture"):
        objects_in(Scarce(0), np.zeros((1, 3, 2, 2), np.float32))
    assert objects_in(Scarce(1), np.zeros((1, 3, 2, 2), np.float32))


@pytest.mark.parametrize("message", ["shapes do not fit", "CUDA error: an illegal memory access was encountered"])
def test_other_errors_are_not_taken_for_a_lack_of_memory(message: str) -> None:
    class Broken(Scarce):
        def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match=message):
        in_batches(Broken(1), PICTURES)


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 20.00 GiB",
        "CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.",
        "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
        "unable to mmap 1024 bytes from file: Cannot allocate memory (12)",
        "Exception from src/inference/src/cpp/infer_request.cpp:223: std::bad_alloc",
    ],
)
def test_runtimes_lack_memory_in_many_words(message: str) -> None:
    assert is_memory(RuntimeError(message)) and not is_memory(ValueError(message))


def test_models_run_where_the_environment_says_and_a_device_that_is_not_here_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = CellKindNet(width=4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cpu")
    assert torch_runtime(net).device == "CPU (torch)"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cuda")
    with pytest.raises(InferenceError, match="torch has no GPU here"):
        torch_runtime(net)
