"""How a net errs on films is measured as a job would name their cells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hemaview.counting.machine import MachineErrors
from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.publish import errors as measured
from hemaview.learning.sets.data import DataError

NAME = "nucleated-cell-net"


def test_films_of_known_stains_are_lots_of_their_cells_each_named_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    n, classes = 2 * measured.LOT + 10, 19
    images = np.random.default_rng(1).integers(60, 250, (n, 135, 135, 3), np.uint8)
    truth = np.arange(n) % 3
    allowed = np.eye(classes, dtype=bool)[truth]
    allowed[-5:, :3] = True
    fake: Any = SimpleNamespace(
        validation_pools=lambda _: [Pool(images, allowed)], adapts={}, elsewhere=None, input_px=128
    )
    monkeypatch.setattr(measured, "training_of", lambda _: fake)
    errors = measured.machine_errors(NAME, Experiment(tmp_path), lambda _: None)
    assert set(errors) == {"known"}
    table = MachineErrors.from_json(errors["known"]).tables()
    assert table.shape == (2, classes, classes + 1)
    assert table.sum() == n - 5, "cells that may be several classes tell no error"
    assert table.sum(axis=(0, 2))[:4].tolist() == [np.sum(truth[:-5] == i) for i in range(3)] + [0]


def test_a_net_without_a_val_side_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measured, "training_of", lambda _: SimpleNamespace(validation_pools=None))
    with pytest.raises(DataError, match="no val side"):
        measured.machine_errors(NAME, Experiment(tmp_path), lambda _: None)
