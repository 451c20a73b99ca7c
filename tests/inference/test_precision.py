"""Which precision a model runs in: bf16 only where card and machine both allow it, and then within the stated tolerance."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from hemaview.inference import models, runtime
from hemaview.inference.pictures import softmax
from hemaview.inference.precision import AUTOMATIC, BF16, F32, TOLERANCE, choose
from hemaview.inference.runtime import ComparedRuntime, TorchRuntime, runtime_for, torch_runtime
from hemaview.inference.settings import AS_SHIPPED, NetSettings
from hemaview.methods.card import Card
from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.dunet import DeformableConv


def card(bf16: bool) -> Card:
    return Card({"name": "cell-kind-net", "version": "1", "sha256": "0", "precision": {"bf16": bf16}})


@pytest.mark.parametrize(
    ("wanted", "proved", "capable", "runs_in"),
    [
        (AUTOMATIC, True, True, BF16),
        (AUTOMATIC, False, True, F32),
        (AUTOMATIC, True, False, F32),
        (F32, True, True, F32),
    ],
)
def test_bf16_needs_proof_a_capable_machine_and_nobody_against_it(
    wanted: str, proved: bool, capable: bool, runs_in: str
) -> None:
    assert choose(wanted, proved, capable) == runs_in


def test_a_card_that_says_nothing_of_bf16_does_not_allow_it() -> None:
    assert not Card({"name": "x"}).bf16 and not card(False).bf16 and card(True).bf16


def test_the_environment_and_the_settings_keep_models_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMAVIEW_PRECISION", raising=False)
    assert AS_SHIPPED.here(False).precision == AUTOMATIC
    assert NetSettings(precision=F32).here(False).precision == F32
    monkeypatch.setenv("HEMAVIEW_PRECISION", "f32")
    assert AS_SHIPPED.here(False).precision == F32


def test_only_a_net_that_solves_equations_has_a_tolerance() -> None:
    coarse = NetSettings(tolerance=0.1)
    assert coarse.here(True).tolerance == 0.1 and coarse.here(False) == AS_SHIPPED.here(False)


class Compiled:
    """A model of which no kernel is known."""

    def get_runtime_model(self) -> Any:
        return SimpleNamespace(get_ordered_ops=list)


class FakeCore:
    """An OpenVINO whose processor has what a test says, and that tells how a model is compiled."""

    capabilities: tuple[str, ...] = ()
    hints: list[str] = []

    def get_property(self, device: str, name: str) -> tuple[str, ...]:
        return self.capabilities

    def compile_model(self, model: Any, device: str, how: dict[str, Any]) -> Any:
        self.hints.append(how["INFERENCE_PRECISION_HINT"])
        return Compiled()


@pytest.mark.parametrize(
    ("proved", "has", "hint", "device"),
    [
        (True, ("FP32", "BF16"), "bf16", "CPU (OpenVINO), bf16"),
        (True, ("FP32",), "f32", "CPU (OpenVINO)"),
        (False, ("FP32", "BF16"), "f32", "CPU (OpenVINO)"),
    ],
)
def test_openvino_is_asked_for_bf16_where_the_processor_reports_it_and_the_device_says_so(
    proved: bool, has: tuple[str, ...], hint: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = type("Core", (FakeCore,), {"capabilities": has, "hints": []})
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=core))  # type: ignore[arg-type]
    monkeypatch.setattr(runtime, "converted", lambda *_: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("HEMAVIEW_RUNTIME", "HEMAVIEW_PRECISION", "ONEDNN_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)
    net_runtime = runtime_for(CellKindNet(width=4), 64, card(proved))
    assert core.hints == [hint] and net_runtime.device == device


def test_torch_on_a_cpu_stays_in_float32_even_where_the_card_allows_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert torch_runtime(CellKindNet(width=4), card(True)).device == "CPU (torch)"


def pictures() -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.clip(rng.normal(180, 30, (4, 3, 64, 64)), 0, 255).astype(np.float32)


def test_answers_in_bf16_differ_and_stay_within_the_tolerance_and_who_compares_is_told_both() -> None:
    torch.manual_seed(1)
    net = CellKindNet(width=8)
    plain, half = TorchRuntime(net, "cpu"), TorchRuntime(net, "cpu", BF16)
    assert half.device == "CPU (torch), bf16"
    comparisons: list[tuple[np.ndarray, np.ndarray, float, float]] = []
    answer = ComparedRuntime(plain, half, lambda *answers: comparisons.append(answers))(pictures())
    assert answer.dtype == np.float32
    ((exact, rounded, *seconds),) = comparisons
    assert min(seconds) > 0
    assert np.array_equal(answer, rounded) and np.array_equal(exact, plain(pictures()))
    difference = np.abs(softmax(exact) - softmax(rounded)).max()
    assert 0 < difference < TOLERANCE


def test_a_deformable_layer_knows_its_pixels_in_half_precision() -> None:
    layer = DeformableConv(4, 4).eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        points = layer.points(torch.rand(1, 4, 2, 400).bfloat16())
    assert torch.equal(points[0, 4, 1, 0], torch.arange(400.0))


def test_models_are_kept_apart_by_what_is_wanted_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMAVIEW_PRECISION", "f32")  # who compares sees both precisions all the same
    plain = models.load("cell-kind-net", settings=NetSettings(precision=F32))
    compared = models.load("cell-kind-net", settings=NetSettings(compare=lambda *answers: None))
    assert plain is not compared and compared.info.device.endswith("bf16")
    assert not plain.info.device.endswith("bf16")


def test_no_card_allows_bf16_but_where_its_own_figures_do() -> None:
    from hemaview.methods.card import cards

    for one in cards().values():
        section = one.raw.get("precision")
        if section is None or not section["rows"]:
            assert not one.bf16
            continue
        fine = all(r["low"] <= r["bf16"] <= r["high"] for r in section["rows"])
        harmless = fine and section["largest_difference"] <= TOLERANCE
        assert one.bf16 == (harmless and section["times_faster"] > 1), one.name
        assert f"`{section['command']}`" in one.text
