"""What every method of the registry keeps to, and that the example of CONTRIBUTING does too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.scoring.evaluate import _TASKS, UNLEARNED
from hemaview.methods.card import cards
from hemaview.methods.registry import METHODS, Method
from hemaview.methods.seeker import STRIDE

ROOT = Path(__file__).parents[2]
ALL_CLASSES = 3


def input_of(method: Method) -> torch.Tensor:
    if method.task == "outline":
        return torch.rand(2, 43)
    side = 120 if method.name == "sun-pnet" else 64
    return torch.rand(2, 3, side, side) * 255


def keeps_to_its_task(method: Method) -> None:
    """Pictures of any batch size in, answers of the task's shape out; deterministic; weights survive half precision."""
    classes = 2 if method.name == "sun-pnet" else ALL_CLASSES
    torch.manual_seed(1)
    net = method.build(classes).eval()
    x = input_of(method)
    with torch.inference_mode():
        if method.task == "detection":
            for detections in net(x):
                assert detections.boxes.shape == (len(detections.scores), 4) and (detections.labels < classes).all()
            return
        answer = net(x)
        again = net(x)
    wanted = (2, classes) if method.task in ("classification", "outline") else (2, classes, *x.shape[2:])
    if method.task == "centres":
        wanted = (2, classes, x.shape[2] // STRIDE, x.shape[3] // STRIDE)
    assert tuple(answer.shape) == wanted
    assert torch.equal(answer, again)
    half = {k: v.half().float() if v.is_floating_point() else v for k, v in net.state_dict().items()}
    net.load_state_dict(half)
    with torch.inference_mode():
        assert float((net(x) - answer).abs().max()) < 0.05 * max(1.0, float(answer.abs().max()))
    if method.task == "segmentation":
        p = torch.softmax(answer[0], 0).numpy()
        cells = method.instances(p, 4)
        assert cells.dtype == np.int32 and cells.shape == p.shape[1:]


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_a_method_keeps_to_its_task(method: Method) -> None:
    keeps_to_its_task(method)
    assert method.title and method.summary.endswith(".") and method.source
    assert method.beside == "" or method.beside in METHODS


@pytest.mark.parametrize("name", METHODS)
def test_a_method_can_be_trained_and_is_scored(name: str) -> None:
    training = TRAININGS[name]
    assert training.limits and training.classes and training.sets
    assert name in {task.method for task in _TASKS}
    card = cards().get(name)
    if card is not None:
        assert card.classes == training.classes and card.input_px == training.input_px
        assert any("stand-in" in limit.lower() for limit in training.limits) == ("tand-in" in card.text)


def test_every_scored_name_is_a_method_or_learns_nothing() -> None:
    assert {task.method for task in _TASKS} - set(METHODS) == set(UNLEARNED)


def test_the_example_of_contributing_keeps_to_the_contract() -> None:
    code = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)
    assert len(code) == 3 and sum(len(c.strip().splitlines()) for c in code) <= 30
    names: dict[str, Any] = {}
    exec("from hemaview.learning.recipes.film import *\nfrom hemaview.learning.engine.classify import *", names)
    names |= {"Method": Method}
    exec(code[0], names)
    method = eval(code[1], names)
    exec(code[2], names)
    keeps_to_its_task(method)
    assert names["SPEC"].name == method.name and callable(names["SPEC"].run)
