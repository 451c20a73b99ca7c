"""Trainings beside each other: in order, on one core each, and an error is not lost."""

from __future__ import annotations

import pytest
import torch

from hemaview.learning.engine import everycore
from hemaview.learning.engine.everycore import on_every_core


def test_results_stand_in_the_order_of_the_tasks_and_each_had_one_core() -> None:
    before, calls = torch.get_num_threads(), []
    assert on_every_core([lambda i=i: (i, torch.get_num_threads()) for i in range(5)], lambda: calls.append(1)) == [
        (i, 1) for i in range(5)
    ]
    assert calls and torch.get_num_threads() == before


def test_what_a_task_raises_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everycore, "PAUSE_S", 0.01)
    threads = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        on_every_core([lambda: 1, lambda: 1 // 0])
    assert torch.get_num_threads() == threads
