"""Scoring says how far it is, and measures side by side what it measures one after another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.scoring import evaluate
from hemaview.learning.scoring.evaluate import sign_of_life
from hemaview.learning.sets.data import DataError


def test_a_score_that_takes_long_gives_signs_of_life_until_it_ends() -> None:
    lines: list[str] = []
    with sign_of_life(lines.append, "a net on a set", every_s=0.02):
        while len(lines) < 2:
            time.sleep(0.01)
    assert lines[0] == "a net on a set: for 0 min so far"
    ended = len(lines)
    time.sleep(0.06)
    assert len(lines) == ended


def own_process(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """One row, whose value is the process that measured it."""
    truth = np.zeros(3, np.int64)
    experiment.evidence.note_answers((name, "nuclei", dataset), np.ones((3, 1), np.float32), truth, ["nucleus"])
    return [Score(name, "nuclei", dataset, split, 3, "process", float(os.getpid()), 0.0, 1.0)]


def torn(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """A set that cannot be used."""
    raise DataError("This set is torn.")


def test_side_by_side_gives_the_same_rows_evidence_and_words_as_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pbc" / "test").mkdir(parents=True)
    (tmp_path / "pbc" / "test" / "labels.csv").write_text("file,class,x,y\na.png,burr,1,2\n")
    tasks = [
        evaluate._Task(name, "pbc", function)
        for name, function in zip("abc", (own_process, torn, own_process), strict=True)
    ]
    monkeypatch.setattr(evaluate, "_TASKS", tuple(tasks))
    monkeypatch.setattr(evaluate, "_LONG", (torn,))
    results = {}
    for processes in (1, 2):
        experiment, lines = Experiment(tmp_path), list[str]()
        rows = evaluate.evaluate(experiment, "test", ["a", "b", "c"], lines.append, processes=processes)
        assert [row.method for row in rows] == ["a", "c"]
        assert set(experiment.evidence.answers) == {("a", "nuclei", "pbc"), ("c", "nuclei", "pbc")}
        assert set(experiment.evidence.speed) == {("a", "nuclei", "pbc"), ("c", "nuclei", "pbc")}
        assert any(line.startswith("b on pbc/test: left out. This set is torn.") for line in lines)
        assert lines[0] == ("1 of 3: a on pbc/test" if processes == 1 else "1 of 3: b on pbc/test"), "the longest first"
        results[processes] = {row.value for row in rows}
    assert results[1] == {os.getpid()} and os.getpid() not in results[2]
