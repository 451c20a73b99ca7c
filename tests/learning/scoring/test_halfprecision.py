"""What bf16 costs is measured as it is computed, on a seeded draw, and only no loss lets a model run in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from torch import nn

from hemaview.inference import Boxes, load
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.scoring import halfprecision as precision
from hemaview.learning.scoring.halfprecision import Difference, Rounded, score_difference, section
from hemaview.learning.sets import data
from hemaview.methods.cardtext import precision_lines
from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.dunet import DUNet


@pytest.mark.parametrize("build", [lambda: CellKindNet(width=8), lambda: DUNet(2, width=4)], ids=["kind", "dunet"])
def test_the_quick_sums_are_those_of_torch_in_bf16(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(2)
    net, x = build().eval(), torch.rand(2, 3, 64, 64) * 255
    with torch.inference_mode():
        exact = net(x)
        with torch.autocast("cpu", torch.bfloat16):
            real = net(x)
            with Rounded():  # type: ignore[no-untyped-call]
                quick = net(x)
    assert quick.dtype == real.dtype == torch.bfloat16
    error, difference = (real.float() - exact).abs().mean(), (quick.float() - real.float()).abs().mean()
    assert error > 0 and difference < error


def score(metric: str, value: float, low: float, high: float) -> Score:
    return Score("m", "t", "d", "val", 50, metric, value, low, high)


def difference_of(largest: float, *times: float) -> Difference:
    difference = Difference()
    difference.largest, difference.times = largest, list(times or (2.0,))
    return difference


def test_bf16_is_not_allowed_where_it_was_no_faster_on_a_machine_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [score("accuracy", 0.9, 0.85, 0.95)]
    monkeypatch.setattr(precision, "_has_bf16", lambda: True)
    slow = section("m", same, same, difference_of(0.02, 0.9, 1.0, 7.0))
    assert (slow["bf16"], slow["times_faster"]) == (False, 1.0)
    assert "bf16 is no faster" in precision_lines({"precision": slow})[0]
    monkeypatch.setattr(precision, "_has_bf16", lambda: False)
    emulated = section("m", same, same, difference_of(0.02, 0.01))
    assert emulated["bf16"] and "times_faster" not in emulated


def test_bf16_is_allowed_only_where_no_figure_leaves_its_interval_and_no_answer_moves_far() -> None:
    plain = [score("accuracy", 0.9, 0.85, 0.95), score("macro_f1", 0.8, 0.7, 0.9)]
    same = [score("accuracy", 0.86, 0, 0), score("macro_f1", 0.81, 0, 0)]
    worse = [score("accuracy", 0.84, 0, 0), score("macro_f1", 0.81, 0, 0)]
    assert section("m", plain, same, difference_of(0.02))["bf16"]
    assert not section("m", plain, same, difference_of(0.2))["bf16"]
    answer = section("m", plain, worse, difference_of(0.02))
    assert not answer["bf16"] and [r["within"] for r in answer["rows"]] == [False, True]


def test_the_largest_difference_is_kept_at_the_temperature_of_the_card() -> None:
    cold, hot = Difference(), Difference(temperature=10.0)
    a, b = np.array([[2.0, 0.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    for difference in (cold, hot):
        difference.note(a, b, 0.3, 0.1)
        difference.note(a, a, 0.5, 0.1)
    assert cold.times == pytest.approx([3, 5])
    assert cold.largest == pytest.approx(0.8808 - 0.7311, abs=1e-3)
    assert hot.largest == pytest.approx(0.5498 - 0.5250, abs=1e-3)


def test_boxes_are_compared_with_the_best_of_their_class_over_them_and_lost_ones_count_whole() -> None:
    corner = np.array([[0, 0, 10, 10], [30, 30, 40, 40]], np.float32)
    one = Boxes(corner, np.array([0.9, 0.6], np.float32), np.array([0, 1]))
    moved = Boxes(corner + 1, np.array([0.88, 0.61], np.float32), np.array([0, 1]))
    assert score_difference(one, moved) == pytest.approx(0.02, abs=1e-6)
    assert score_difference(one, one.take(np.array([0]))) == pytest.approx(0.6, abs=1e-6)
    other_class = Boxes(corner, one.scores, np.array([0, 0]))
    assert score_difference(one, other_class) == pytest.approx(0.6, abs=1e-6)
    none = one.take(np.array([], np.int64))
    assert score_difference(none, none) == 0


def test_a_net_that_takes_no_bf16_stays_in_float32_and_other_errors_are_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = ["dtypes must match, got BFloat16"]

    def task(experiment: Experiment, split: str) -> list[Score]:
        if experiment.nets.compare is not None:
            raise RuntimeError(messages[0])
        return [score("accuracy", 0.9, 0.8, 1.0)]

    monkeypatch.setattr(precision, "main_task", lambda name: ("pbc", task))
    answer = precision.measure("cell-kind-net", Experiment(tmp_path), lambda line: None)
    assert not answer["bf16"] and answer["rows"] == []
    assert "takes no bf16" in precision_lines({"precision": answer})[0]
    messages[0] = "out of memory"
    with pytest.raises(RuntimeError, match="out of memory"):
        precision.measure("cell-kind-net", Experiment(tmp_path), lambda line: None)


def test_a_draw_takes_whole_pictures_and_always_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "pbc" / "val"
    folder.mkdir(parents=True)
    lines = [f"{i}.png,a{j}" for i in range(20) for j in range(5)]
    (folder / "labels.csv").write_text("file,class\n" + "\n".join(lines) + "\n")
    whole = data.rows(Experiment(tmp_path), "pbc", "val")
    some, again = (data.rows(Experiment(tmp_path, most_lines=12), "pbc", "val") for _ in range(2))
    assert some == again and len(some) == 15 and len({r["file"] for r in some}) == 3
    assert some == [r for r in whole if r in some] and len(data.rows(Experiment(tmp_path), "pbc", "val")) == 100
    assert data.rows(Experiment(tmp_path, most_lines=1000), "pbc", "val") == whole


def test_the_command_refuses_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no model called dowsing"):
        call_command("precision", "dowsing", data=tmp_path)
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("precision", data=tmp_path / "no")
    with pytest.raises(CommandError, match="erythrocytes-idb/val"):
        call_command("precision", "elmanna-cell-mask", data=tmp_path)


def test_how_much_faster_bf16_was_is_told_only_by_a_machine_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(experiment: Experiment, split: str) -> list[Score]:
        load("cell-kind-net", settings=experiment.nets).classify_crops(np.zeros((2, 64, 64, 3), np.uint8))  # type: ignore[union-attr]
        return [score("accuracy", 0.9, 0.8, 1.0)]

    monkeypatch.setattr(precision, "main_task", lambda name: ("pbc", task))
    monkeypatch.setattr(precision, "_has_bf16", lambda: True)
    answer = precision.measure("cell-kind-net", Experiment(tmp_path), lambda line: None)
    assert answer["times_faster"] > 0 and "times as long as bf16" in precision_lines({"precision": answer})[1]
    monkeypatch.setattr(precision, "_has_bf16", lambda: False)
    answer = precision.measure("cell-kind-net", Experiment(tmp_path), lambda line: None)
    assert "times_faster" not in answer and "as long as" not in precision_lines({"precision": answer})[1]


@pytest.mark.parametrize("capable", [True, False])
def test_a_machine_has_bf16_where_the_device_that_models_run_on_computes_in_it(
    capable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEMAVIEW_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: capable or including_emulation)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: not capable)
    assert precision._has_bf16() is capable
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cpu")
    assert precision._has_bf16() is not capable
