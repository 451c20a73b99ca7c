"""Run a net on what the machine has: torch on CUDA, OpenVINO on a CPU, torch where neither is to be had.

The only file that knows runtimes and batches. Both CPU runtimes work in float32; their answers agree to 1e-3 in
probability (tests/inference/test_models.py).
"""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.inference.converted import converted
from hemaview.inference.errors import OutOfMemory
from hemaview.methods.registry import Card

BATCH = 64


class Runtime(Protocol):
    """float32 (N, 3, H, W), values 0-255, to logits float32 (N, …)."""

    device: str

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]: ...


class TorchRuntime:
    def __init__(self, net: nn.Module, device: str) -> None:
        self.net = net.eval().to(device)
        self._where = device
        self.device = torch.cuda.get_device_name(0) if device == "cuda" else "CPU (torch)"

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            answer: NDArray[np.float32] = self.net(torch.from_numpy(x).to(self._where)).float().cpu().numpy()
        return answer

    def objects(self, x: NDArray[np.float32]) -> Any:
        """The answer of a net that gives no single array, such as a detector."""
        with torch.inference_mode():
            return self.net(torch.from_numpy(x).to(self._where))


class OpenVinoRuntime:
    device = "CPU (OpenVINO)"

    def __init__(self, net: nn.Module, side_px: int | None, name: str, sha256: str) -> None:
        import openvino as ov

        model = converted(net, side_px, name, sha256)
        core = ov.Core()
        threads = int(os.environ.get("HEMAVIEW_THREADS", "0")) or len(os.sched_getaffinity(0))
        self._compiled: Any = core.compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": "1"}
        )

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(self._compiled(x)[0], np.float32)


def runtime_for(net: nn.Module, side_px: int | None, card: Card, traceable: bool = True) -> Runtime:
    """The best runtime here for a net shown squares of side_px (None: any size); HEMAVIEW_RUNTIME=torch forces torch.

    `card` tells its name and the sha256 of its weights. A net that is not traceable takes another path for each input
    and stays on torch.
    """
    if torch.cuda.is_available():
        return torch_runtime(net)
    if traceable and os.environ.get("HEMAVIEW_RUNTIME", "") != "torch":
        try:
            return OpenVinoRuntime(net, side_px, card.name, card.sha256)
        except ImportError:
            pass
    return torch_runtime(net)


def torch_runtime(net: nn.Module) -> TorchRuntime:
    """Torch on CUDA or the CPU, for nets that no other runtime can take over."""
    return TorchRuntime(net, "cuda" if torch.cuda.is_available() else "cpu")


def in_batches(runtime: Runtime, x: NDArray[np.uint8], batch: int = BATCH) -> NDArray[np.float32]:
    """Logits of uint8 (N, H, W, 3), batch by batch; where memory runs out half the batch, once."""
    try:
        return _run(runtime, x, batch)
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    try:
        return _run(runtime, x, max(1, batch // 2))
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        raise OutOfMemory("The model ran out of memory even with half its batch.") from error


def _run(runtime: Runtime, x: NDArray[np.uint8], batch: int) -> NDArray[np.float32]:
    answers = [
        runtime(np.ascontiguousarray(x[i : i + batch].transpose(0, 3, 1, 2), np.float32))
        for i in range(0, len(x), batch)
    ]
    return np.concatenate(answers)


def _is_memory(error: BaseException) -> bool:
    return isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or "memory" in str(error).lower()
