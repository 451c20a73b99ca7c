"""The results page: every row with its interval, the papers' figures beside, the default in bold, its pictures written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from hemaview.learning.evidence import Evidence
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, scored
from hemaview.learning.publish.published import PUBLISHED, TASKS
from hemaview.learning.publish.results import beside, write_page
from hemaview.methods.registry import METHODS


def test_the_page_shows_rows_figures_and_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(3), 80).astype(np.float32)
    truth = np.where(rng.random(80) < 0.8, p.argmax(1), rng.integers(0, 3, 80)).astype(np.int64)
    experiment, names = Experiment(tmp_path / "no-data"), ("round", "long", "odd")
    evidence = experiment.evidence
    rows = [
        row
        for method in ("red-cell-shape-committee", "elmanna-b0")
        for row in scored(evidence, method, "rbc-morphology", "chula-rbc12", "test", p, truth, names)
    ]
    evidence.note_question(("sun-pnet", "nrbc", "pbc"), p[:, 0], truth == 0)
    evidence.note_speed(("red-cell-shape-committee", "rbc-morphology", "chula-rbc12"), 80, 2.0)
    best = [Score("best", *list(s.as_json().values())[1:]) for s in rows if s.method == "red-cell-shape-committee"]
    page = tmp_path / "results.md"
    write_page(page, [*rows, *best], experiment, "test")
    text = page.read_text()
    assert "| **red-cell-shape-committee** | chula-rbc12 | 80 | accuracy |" in text
    assert "**elmanna-b0**" not in text, "as good as the default, but not it"
    assert PUBLISHED["elmanna-b0", "accuracy_of_eight"] not in text and "| 40.0 |" in text
    assert "## Per class: `red-cell-shape-committee` on chula-rbc12" in text and "| round |" in text
    assert "| best |" not in text and "Nuclei of marrow" not in text
    pictures = sorted((tmp_path / "results").glob("*.png"))
    assert {x.name for x in pictures} == {
        *(f"{kind}-{of}-chula-rbc12.png" for kind in ("confusion", "roc") for of in ("elmanna-b0", "red-cell-shape-committee")),
        "nrbc-precision-recall.png", "rbc-morphology-roc.png", "reliability.png",
    }  # fmt: skip
    assert all(f"results/{x.name}" in text and Image.open(x).width > 300 for x in pictures)


def test_a_score_stands_beside_the_baseline_of_the_same_data_and_metric() -> None:
    def score(method: str, dataset: str, value: float) -> Score:
        return Score(method, "rbc-segmentation", dataset, "test", 9, "dice", value, 0.0, 1.0)

    rows = [score("zhang-dunet", "here", 0.97), score("zhang-unet", "there", 0.9), score("zhang-unet", "here", 0.96)]
    evidence = Evidence()
    evidence.note_speed(("zhang-dunet", "rbc-segmentation", "here"), 9, 3.0)
    assert beside(rows[0], rows, evidence) == (PUBLISHED["zhang-dunet", "dice"], "0.9600 (zhang-unet)", "3.0")
    assert beside(rows[2], rows, evidence)[1:] == ("", "")


def test_the_default_is_not_held_against_itself() -> None:
    def score(method: str, task: str) -> Score:
        return Score(method, task, "here", "test", 9, "accuracy", 0.9, 0.0, 1.0)

    rows = [score(m, t) for t in ("nucleated-cells", "nrbc") for m in ("best", "nucleated-cell-net", "sun-pnet")]
    rival = {(s.method, s.task): beside(s, rows, Evidence())[1] for s in rows}
    assert (
        rival["best", "nucleated-cells"] == "" and rival["sun-pnet", "nucleated-cells"] == "0.9000 (nucleated-cell-net)"
    )
    assert rival["best", "nrbc"] == rival["nucleated-cell-net", "nrbc"] == "0.9000 (sun-pnet)"


def test_each_experiment_keeps_its_own_evidence_and_none_of_classes_without_names(tmp_path: Path) -> None:
    first, second = Experiment(tmp_path), Experiment(tmp_path)
    p, truth = np.ones((1, 2), np.float32), np.zeros(1, np.int64)
    first.evidence.note_answers(("m", "t", "d"), p, truth, ("a", "b"))
    first.evidence.note_answers(("m", "t", "nameless"), p, truth, ())
    assert list(first.evidence.answers) == [("m", "t", "d")] and second.evidence.answers == {}


def test_published_figures_are_of_methods_and_tasks_there_are() -> None:
    assert {name for name, _ in PUBLISHED} - set(METHODS) <= {"region-growing"}
    assert len(TASKS) >= 13


def test_evaluate_refuses_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Model cards hold scores of the test side"):
        call_command("evaluate", data=tmp_path, split="val", cards=True)
    with pytest.raises(CommandError, match=r"no model called dowsing; there are: .*region-growing"):
        call_command("evaluate", "dowsing", data=tmp_path)
    with pytest.raises(CommandError, match="None of the sets"):
        call_command("evaluate", "cell-outline", data=tmp_path)
    with pytest.raises(CommandError, match="None of the sets"):  # what is drawn does not make a folder one of data
        call_command("evaluate", data=tmp_path)
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("evaluate", data=tmp_path / "no")


def test_thirteen_shapes_become_the_eight_of_elmanna() -> None:
    from hemaview.learning.metrics.score import by_group
    from hemaview.learning.recipes.elmanna import ELMANNA_EIGHT
    from hemaview.learning.recipes.film import SHAPES

    p = np.zeros((1, len(SHAPES)), np.float32)
    for name, share in (("ovalocyte", 0.3), ("elliptocyte", 0.3), ("normal", 0.4)):
        p[0, SHAPES.index(name)] = share
    eight, names = by_group(p, SHAPES, ELMANNA_EIGHT)
    assert names[int(eight.argmax())] == "ovalocyte" and eight.sum() == pytest.approx(1)
    assert set(SHAPES) < set(ELMANNA_EIGHT)
