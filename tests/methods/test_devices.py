"""Every net answers on another device than the CPU as on the CPU: nothing it makes inside stays behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hemaview.inference.detector import Boxes, shown_whole
from hemaview.inference.runtime import TorchRuntime, in_batches
from hemaview.methods.registry import METHODS, Method
from tests.otherdevice import elsewhere


def answers(method: Method, runtime: TorchRuntime) -> list[Any]:
    """What inference makes of a net's answer."""
    if method.task == "outline":
        return [runtime(np.linspace(0, 1, 2 * 43, dtype=np.float32).reshape(2, 43))]
    side = 120 if method.name == "sun-pnet" else 64
    y, x = np.mgrid[:side, :side]
    pictures = np.stack(
        [np.broadcast_to((200 - 90 * (np.hypot(x - c, y - c) < 16))[..., None], (side, side, 3)) for c in (20, 40)]
    )
    if method.task == "detection":
        detections: Boxes = shown_whole(runtime, pictures[0].astype(np.uint8))
        return [detections.boxes, detections.scores, detections.labels]
    return [in_batches(runtime, pictures.astype(np.uint8), 1)]


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_a_net_answers_elsewhere_as_on_the_cpu(method: Method) -> None:
    torch.manual_seed(1)
    net = method.build(2)
    on_cpu = answers(method, TorchRuntime(net, "cpu"))
    with elsewhere() as where:
        runtime = TorchRuntime(net, where.type)
        assert next(runtime.net.parameters()).device == where
        there = answers(method, runtime)
    assert len(on_cpu[0]) and all(map(np.array_equal, on_cpu, there))
