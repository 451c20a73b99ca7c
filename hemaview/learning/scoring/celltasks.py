"""Scores of naming cells one by one: shapes of red cells, nucleated cells, kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, load_as
from hemaview.learning.evidence import Evidence
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, by_group, measured, scored
from hemaview.learning.recipes.elmanna import ELMANNA_EIGHT
from hemaview.learning.recipes.film import NUCLEATED_MPP, SHAPE_MPP
from hemaview.learning.recipes.kinds import kind_pool
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.pipeline.naming import held_back

PBC_GROUPS: dict[str, str] = {
    "segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "eosinophil": "eosinophil",
    "basophil": "basophil", "lymphocyte": "lymphocyte", "lymphocyte_variant": "lymphocyte", "monocyte": "monocyte",
    "promonocyte": "monocyte", "metamyelocyte": "immature_granulocyte", "myelocyte": "immature_granulocyte",
    "promyelocyte": "immature_granulocyte", "blast": "immature_granulocyte", "erythroblast": "erythroblast",
    "platelet": "platelet", "giant_platelet": "platelet", "platelet_clump": "platelet", "plasma_cell": "lymphocyte",
    "smudge": "other", "artefact": "other",
}  # fmt: skip
"""The eight classes of the pbc set from our finer ones; what the set does not have is wrong by definition."""


def red_cell_shapes(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Shapes of red cells whose places are known; also of Elmanna et al.'s eight, and as jobs call them."""
    model = load_as(Classifier, name, experiment.nets)
    points: dict[str, list[tuple[float, float, str]]] = {}
    for row in data.rows(experiment, "chula-rbc12", split):
        points.setdefault(row["file"], []).append((float(row["x"]), float(row["y"]), row["class"]))
    p, labels = [], []
    for file, cells in points.items():
        rgb = data.image(experiment, "chula-rbc12", split, file)
        p.append(model.classify(rgb, np.array([(x, y) for x, y, _ in cells]), SHAPE_MPP))
        labels += [label for _, _, label in cells]
    every = np.concatenate(p)
    truth = data.numbers(labels, model.info.classes, f"{dataset}/{split}")
    rows = scored(experiment.evidence, name, "rbc-morphology", dataset, split, every, truth, model.info.classes)
    eight, names = by_group(every, model.info.classes, ELMANNA_EIGHT)
    of_paper = np.array([names.index(ELMANNA_EIGHT[label]) for label in labels])
    rows += [
        replace(row, metric=f"{row.metric}_of_eight")
        for row in measured(name, "rbc-morphology", dataset, split, eight, of_paper)
        if row.metric in ("accuracy", "macro_f1")
    ]
    if not model.called_from:
        return rows
    # As jobs call them: what the card holds back is another shape.
    at = {model.info.classes.index(key): least for key, least in model.called_from.items()}
    return rows + [
        replace(row, metric=f"{row.metric}_as_called")
        for row in measured(name, "rbc-morphology", dataset, split, held_back(every, at), truth)
        if row.metric in ("accuracy", "macro_f1", "mean_recall")
    ]


def nucleated_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Nucleated cells in the set's own groups and in all our classes, and erythroblasts against the rest."""
    rows: list[Score] = []
    crops, p, classes = _nucleated_answers(name, dataset, experiment, split)
    grouped, groups = by_group(p, classes, PBC_GROUPS)
    truth = data.numbers(crops.labels, groups, f"{dataset}/{split}")
    rows += scored(experiment.evidence, name, "nucleated-cells", dataset, split, grouped, truth, groups)
    rows += _nrbc(
        experiment.evidence,
        name,
        dataset,
        split,
        p[:, classes.index("erythroblast")],
        np.array(crops.fine) == "erythroblast",
    )
    is_known = np.array([label in classes for label in crops.fine])
    fine = np.array([classes.index(label) for label in np.array(crops.fine)[is_known]])
    rows += scored(experiment.evidence, name, "nucleated-cells-fine", dataset, split, p[is_known], fine, classes)
    return rows


def nucleated_patients(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Nucleated cells of patients, of classes that occur at least 15 times, and erythroblasts against the rest."""
    crops, p, classes = _nucleated_answers(name, dataset, experiment, split)
    fine = np.array(crops.fine)
    rows = _nrbc(experiment.evidence, name, dataset, split, p[:, classes.index("erythroblast")], fine == "erythroblast")
    names, counts = np.unique(fine, return_counts=True)
    often = [n for n, c in zip(names, counts, strict=True) if c >= 15 and n in classes]
    if not often:
        return rows
    is_frequent = np.isin(fine, often)
    truth = np.array([classes.index(label) for label in fine[is_frequent]])
    return rows + scored(
        experiment.evidence, name, "nucleated-cells-patients", dataset, split, p[is_frequent], truth, classes
    )


def _nucleated_answers(
    name: str, dataset: str, experiment: Experiment, split: str
) -> tuple[data.Crops, NDArray[np.float32], list[str]]:
    model = load_as(Classifier, name, experiment.nets).calibrated_on(dataset)
    crops = data.cell_crops(experiment, dataset, split)
    h, w = crops.images.shape[1:3]
    centre = np.array([[w / 2, h / 2]])
    p = np.concatenate([model.classify(rgb, centre, NUCLEATED_MPP) for rgb in crops.images])
    return crops, p, list(model.info.classes)


def _nrbc(
    evidence: Evidence, name: str, dataset: str, split: str, p: NDArray[np.float32], truth: NDArray[np.bool_]
) -> list[Score]:
    """Sensitivity and specificity at the card's threshold for such blood, which was set on the set's val."""
    evidence.note_question((name, "nrbc", dataset), p, truth)
    positive = p >= cards()[name].calibration_on(dataset)[1].get("erythroblast", 0.5)

    def sensitivity(rows: NDArray[np.int64]) -> float:
        return float(positive[rows][truth[rows]].mean())

    def specificity(rows: NDArray[np.int64]) -> float:
        return float((~positive[rows][~truth[rows]]).mean())

    every, n = np.arange(len(truth)), len(truth)
    return [
        Score.rounded(name, "nrbc", dataset, split, n, metric, f(every), *bootstrap(n, f))
        for metric, f in (("sensitivity", sensitivity), ("specificity", specificity))
    ]


def kinds(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The kind of thing in the middle of a crop; where a set labels one kind alone, its accuracy and calibration."""
    model = load_as(Classifier, name, experiment.nets)
    pool = kind_pool(experiment, dataset, split)
    side = model.info.input_px
    at = (pool.images.shape[1] - side) // 2
    p = model.classify_crops(np.ascontiguousarray(pool.images[:, at : at + side, at : at + side]))
    truth = pool.allowed.argmax(axis=1).astype(np.int64)
    rows = scored(experiment.evidence, name, "kind", dataset, split, p, truth)
    # Where a set labels one kind alone, means over kinds say nothing more.
    return [r for r in rows if len(np.unique(truth)) > 1 or r.metric in ("accuracy", "ece")]
