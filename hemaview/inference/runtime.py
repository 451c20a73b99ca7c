"""Run a net on what the machine has: torch on CUDA, OpenVINO on a CPU, torch where neither is to be had.

The only file that knows runtimes and batches. Both CPU runtimes agree to 1e-3 in probability in float32
(tests/inference/test_models.py). In bf16, which CUDA and some processors have, a model runs where its card proves that
real labels show no loss (`precision`).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemaview.inference.converted import converted
from hemaview.inference.device import device, is_memory, number_set
from hemaview.inference.errors import OutOfMemory
from hemaview.inference.precision import BF16, F32, choose
from hemaview.inference.settings import AS_SHIPPED, Compare, NetSettings
from hemaview.methods.card import Card
from hemaview.methods.features import WithFeatures, hands_out_features
from hemaview.words import gettext

BATCH = 64
SMALL_PX = 128
"""A picture on which a net that takes any size is tried."""
logger = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Runtime(Protocol):
    """float32 (N, 3, H, W), values 0-255, to logits float32 (N, …)."""

    device: str

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]: ...


@runtime_checkable
class FeaturesRuntime(Protocol):
    """A runtime that may hand out what a net saw beside its answer."""

    device: str

    def with_features(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Logits float32 (N, classes), those that it gives alone, and of the same pass what `methods.features` makes of the
        features, float32 (N, EMBEDDED); None where the net hands out none."""
        ...


class ObjectsRuntime(Protocol):
    """float32 (N, 3, H, W), values 0-255, to an answer that is no single array, such as a detector's."""

    device: str

    def objects(self, x: NDArray[np.float32]) -> Any: ...


class TorchRuntime:
    def __init__(self, net: nn.Module, device: str, precision: str = F32) -> None:
        self.net = net.eval().to(device)
        self._seeing = WithFeatures(net).to(device) if hands_out_features(net) else None
        self._where, self._half = device, precision == BF16
        self.device = _device_name(torch.cuda.get_device_name(0) if device == "cuda" else "CPU (torch)", precision)

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = self.objects(x).float().cpu().numpy()
        return answer

    def with_features(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        if self._seeing is None:
            return self(x), None
        logits, features = self._answer_of(self._seeing, x)
        return logits.float().cpu().numpy(), features.float().cpu().numpy()

    def objects(self, x: NDArray[np.float32]) -> Any:
        """The answer as the net gives it."""
        return self._answer_of(self.net, x)

    def _answer_of(self, net: Callable[[Tensor], Any], x: NDArray[np.float32]) -> Any:
        half = torch.autocast(self._where, torch.bfloat16, enabled=self._half)
        # CUDA's own convolutions would take TF32 for float32, which is ten bits short of it.
        with torch.inference_mode(), half, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return net(torch.from_numpy(x).to(self._where))


class OpenVinoRuntime:
    """A model of OpenVINO on the CPU; `input_shape` is that of a batch of one picture."""

    def __init__(self, model: Any, input_shape: tuple[int, int, int, int], precision: str = F32) -> None:
        import openvino as ov

        core = ov.Core()
        threads = number_set("HEMAVIEW_THREADS") or len(os.sched_getaffinity(0))
        how = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": "1"}
        self._compiled: Any = core.compile_model(model, "CPU", how)
        if any("sse" in kernel for kernel in kernels(self._compiled)):
            # Without AVX, OpenVINO compiles some nets that it then cannot run, or answers nothing for: better to learn it here.
            answer = self(np.zeros(input_shape, np.float32))
            if not answer.size or len(answer) != 1:
                raise RuntimeError(f"it answers {answer.shape} where one picture was shown")
        self.device = _device_name("CPU (OpenVINO)", precision)

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.with_features(x)[0]

    def with_features(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        answer = self._compiled(self._as_input(x))
        return np.array(answer[0], np.float32), np.array(answer[1], np.float32) if len(answer) > 1 else None

    def _as_input(self, x: NDArray[np.float32]) -> NDArray[Any]:
        """A batch as the model takes it."""
        return x


class OnnxRuntime(OpenVinoRuntime):
    """The net of an ONNX file, which may take its channels last, or half precision."""

    def __init__(self, model: Any, side_px: int, channels_last: bool) -> None:
        self._order = (0, 2, 3, 1) if channels_last else (0, 1, 2, 3)
        self._takes = model.inputs[0].get_element_type().to_dtype()
        super().__init__(model, (1, 3, side_px, side_px))

    def _as_input(self, x: NDArray[np.float32]) -> NDArray[Any]:
        return np.ascontiguousarray(x.transpose(self._order), self._takes)


def kernels(compiled: Any, layer: str = "") -> set[str]:
    """Names of the kernels that a compiled model of OpenVINO runs, such as jit_avx2_f32; those of one kind of layer alone
    where `layer` names it (Convolution). The instructions that they use stand in the names."""
    ran = [op.get_rt_info() for op in compiled.get_runtime_model().get_ordered_ops()]
    return {str(i["primitiveType"].value) for i in ran if not layer or str(i["layerType"].value) == layer}


class ComparedRuntime:
    """Answers in bf16, having called `compare` with what float32 says."""

    def __init__(self, plain: Any, half: Any, compare: Compare) -> None:
        self._plain, self._half, self.device = plain, half, half.device
        self._compare = compare

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._both(self._plain, self._half, x), np.float32)

    def objects(self, x: NDArray[np.float32]) -> Any:
        return self._both(self._plain.objects, self._half.objects, x)

    def _both(self, in_float32: Callable[[Any], Any], in_bf16: Callable[[Any], Any], x: NDArray[np.float32]) -> Any:
        began = time.perf_counter()
        plain = in_float32(x)
        between = time.perf_counter()
        half = in_bf16(x)
        self._compare(plain, half, between - began, time.perf_counter() - between)
        return half


def runtime_for(
    net: nn.Module,
    side_px: int | None,
    card: Card,
    traceable: bool = True,
    settings: NetSettings = AS_SHIPPED,
    kept_as: str = "",
) -> Runtime:
    """The best runtime here for a net shown squares of side_px (None: any size); HEMAVIEW_RUNTIME=torch forces torch.

    `card` tells its name, the sha256 of its weights and whether bf16 does it no harm; a converted net is kept under its name,
    or as `kept_as`. A net that is not traceable takes another path for each input and stays on torch.
    """
    if device() == "cuda" or not traceable or os.environ.get("HEMAVIEW_RUNTIME", "") == "torch":
        return torch_runtime(net, card, settings)
    try:
        import openvino as ov
    except ImportError:
        return torch_runtime(net, card, settings)

    def runs_in(precision: str) -> Runtime:
        input_shape = (1, 3, side_px or SMALL_PX, side_px or SMALL_PX)
        whole = WithFeatures(net) if hands_out_features(net) else net
        return OpenVinoRuntime(converted(whole, side_px, kept_as or card.name, card.sha256), input_shape, precision)

    capable = "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") and not _held_below_bf16()
    if settings.compare is not None:
        half = runs_in(BF16) if capable else TorchRuntime(net, "cpu", BF16)
        return ComparedRuntime(runs_in(F32), half, settings.compare)
    try:
        return runs_in(choose(settings.precision, card.bf16, capable))
    except RuntimeError as error:
        if is_memory(error):
            raise
        logger.warning("%s runs on torch: OpenVINO cannot run it on this processor (%s)", card.name, error)
        return torch_runtime(net, card, settings)


def onnx_runtime(path: Path, side_px: int) -> OnnxRuntime:
    """Runs the net of an ONNX file on the CPU, in float32: squares of side_px in, as (N, 3, H, W) or (N, H, W, 3), whichever
    it takes, and its one output out. Raises RuntimeError where OpenVINO cannot read or run it, ImportError where it is not
    installed."""
    import openvino as ov

    model = ov.Core().read_model(path)
    (net_input,) = model.inputs
    dims = net_input.get_partial_shape()
    last = dims.rank.is_static and len(dims) == 4 and dims[3].is_static and dims[3].get_length() == 3
    first = dims.rank.is_static and len(dims) == 4 and dims[1].is_static and dims[1].get_length() == 3
    channels_last = last and not first
    model.reshape([-1, side_px, side_px, 3] if channels_last else [-1, 3, side_px, side_px])
    return OnnxRuntime(model, side_px, channels_last)


def _held_below_bf16() -> bool:
    """oneDNN is held to instructions without bf16, which OpenVINO reports all the same (and ends the process with it)."""
    level = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    return bool(level) and not level.startswith(
        ("DEFAULT", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX10")
    )


def torch_runtime(
    net: nn.Module, card: Card | None = None, settings: NetSettings = AS_SHIPPED
) -> TorchRuntime | ComparedRuntime:
    """Torch on CUDA or the CPU, for nets that no other runtime can take over. On a CPU, or without a card, it stays in
    float32."""
    where = device()
    if settings.compare is not None:
        return ComparedRuntime(TorchRuntime(net, where), TorchRuntime(net, where, BF16), settings.compare)
    capable = where == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return TorchRuntime(net, where, choose(settings.precision, card is not None and card.bf16, capable))


def _device_name(device: str, precision: str) -> str:
    return device if precision == F32 else f"{device}, {precision}"


def in_batches(runtime: Runtime, x: NDArray[np.uint8], batch: int = BATCH) -> NDArray[np.float32]:
    """Logits of uint8 (N, H, W, 3), batch by batch; where memory runs out half the batch, once. Raises OutOfMemory.

    HEMAVIEW_BATCH, where it is set, is the most pictures that a net is shown at once.
    """
    return np.concatenate(_batches(runtime, x, batch))


def in_batches_with_features(
    runtime: Runtime, x: NDArray[np.uint8], batch: int = BATCH
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """`in_batches`, and of the same passes what was seen, float32 (N, EMBEDDED) (`methods.features`); None where the runtime or
    its net hands out none."""
    if not isinstance(runtime, FeaturesRuntime):
        return in_batches(runtime, x, batch), None
    answers = _batches(runtime.with_features, x, batch)
    features = [numbers for _, numbers in answers if numbers is not None]
    return np.concatenate([logits for logits, _ in answers]), np.concatenate(features) if features else None


def _batches(show: Callable[[NDArray[np.float32]], _Answer], x: NDArray[np.uint8], batch: int) -> list[_Answer]:
    batch = min(batch, number_set("HEMAVIEW_BATCH") or batch)
    if min(batch, len(x)) > 1:
        try:
            return _run(show, x, batch)
        except (MemoryError, RuntimeError) as error:
            if not is_memory(error):
                raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    smaller = max(1, min(batch, len(x)) // 2)
    with _memory_named("even with half its batch" if len(x) > 1 and batch > 1 else "over a single picture"):
        return _run(show, x, smaller)


def objects_in(runtime: ObjectsRuntime, x: NDArray[np.float32]) -> Any:
    """The answer of a net that is shown one picture (1, 3, H, W) whole; raises OutOfMemory."""
    with _memory_named("over a single picture"):
        return runtime.objects(x)


@contextmanager
def _memory_named(how: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
        raise OutOfMemory(gettext("The model ran out of memory {how}.").format(how=how)) from error


def _run(show: Callable[[NDArray[np.float32]], _Answer], x: NDArray[np.uint8], batch: int) -> list[_Answer]:
    return [
        show(np.ascontiguousarray(x[i : i + batch].transpose(0, 3, 1, 2), np.float32)) for i in range(0, len(x), batch)
    ]
