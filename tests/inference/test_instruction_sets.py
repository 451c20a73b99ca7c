"""What the nets' tests prove holds on processors with fewer instructions, and on torch alone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integration.stack import ROOT

pytest.importorskip("openvino")

NETS = ("tests/inference", "tests/pipeline", "tests/methods")
KERNELS = """
import openvino as ov
from hemaview.inference.converted import _traced
from hemaview.inference.runtime import kernels
from hemaview.methods.cellkind import CellKindNet
net = _traced(CellKindNet(width=8).eval(), 64)
how = {"INFERENCE_PRECISION_HINT": "f32"}
print(*sorted(kernels(ov.Core().compile_model(net, "CPU", how), "Convolution")))
"""


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, text=True, capture_output=True)


def convolutions(level: str) -> list[str]:
    process = python("-W", "ignore", "-c", KERNELS, ONEDNN_MAX_CPU_ISA=level)
    assert process.returncode == 0, process.stderr[-1000:]
    return process.stdout.split()


@pytest.mark.prove
@pytest.mark.parametrize(("level", "name", "newer"), [("SSE41", "sse4", ("avx",)), ("AVX2", "avx2", ("avx512",))])
def test_the_nets_tests_hold_on_a_processor_of_fewer_instructions(
    level: str, name: str, newer: tuple[str, ...]
) -> None:
    # A level that is misspelt is ignored without a word: the kernels tell whether it took hold.
    used = convolutions(level)
    assert any(name in kernel for kernel in used), used
    assert not any(word in kernel for kernel in used for word in newer), used
    _nets_tests_hold(ONEDNN_MAX_CPU_ISA=level, HEMAVIEW_PRECISION="f32")


@pytest.mark.prove
def test_the_nets_tests_hold_on_torch() -> None:
    _nets_tests_hold(HEMAVIEW_RUNTIME="torch")


@pytest.mark.prove
def test_the_nets_tests_hold_in_float32() -> None:
    _nets_tests_hold(HEMAVIEW_PRECISION="f32")


def _nets_tests_hold(**environment: str) -> None:
    process = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *NETS, **environment)
    assert process.returncode == 0, process.stdout[-4000:]
