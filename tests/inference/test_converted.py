"""Converted nets are kept: the second process reads what the first one made, and nothing stale is ever read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hemaview.inference import converted
from hemaview.methods.cellkind import CellKindNet

ov = pytest.importorskip("openvino")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hemaview" / "models"


def answer(model: object) -> np.ndarray:
    x = np.linspace(0, 255, 2 * 3 * 64 * 64, dtype=np.float32).reshape(2, 3, 64, 64)
    return np.array(ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0])


def test_the_second_process_reads_what_the_first_made(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    first = answer(converted.converted(CellKindNet(width=8).eval(), 64, "kind", "one"))
    assert sorted(p.suffix for p in shelf.iterdir()) == [".bin", ".xml"]

    def must_not(*_: object) -> None:
        raise AssertionError("converted a second time")

    monkeypatch.setattr(converted, "_traced", must_not)
    again = answer(converted.converted(CellKindNet(width=8).eval(), 64, "kind", "one"))
    assert np.array_equal(first, again)


def test_other_weights_are_converted_anew_and_the_old_ones_go(shelf: Path) -> None:
    torch.manual_seed(1)
    one = answer(converted.converted(CellKindNet(width=8).eval(), 64, "kind", "one"))
    other = answer(converted.converted(CellKindNet(width=8).eval(), 64, "kind", "two"))
    assert not np.array_equal(one, other)
    assert len(list(shelf.iterdir())) == 2


def test_a_damaged_or_unwritable_shelf_costs_time_and_nothing_else(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    net = CellKindNet(width=8).eval()
    first = answer(converted.converted(net, 64, "kind", "one"))
    for path in shelf.iterdir():
        path.write_bytes(b"")
    assert np.array_equal(first, answer(converted.converted(net, 64, "kind", "one")))
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere))
    assert np.allclose(first, answer(converted.converted(net, 64, "kind", "one")), atol=1e-5)
