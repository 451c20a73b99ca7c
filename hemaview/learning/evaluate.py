"""Score the shipped models on labelled sets, through the very inference that jobs use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.inference import Classifier, Segmenter, load
from hemaview.learning import data
from hemaview.learning.matching import Matches, dice, match_masks
from hemaview.learning.recipes import NUCLEATED_MPP, SHAPE_MPP, kind_pools
from hemaview.learning.score import Score, accuracy, bootstrap, expected_calibration_error, macro_f1, mean_recall
from hemaview.learning.segment import RED_CELL_UM, mask_parts
from hemaview.methods.registry import cards

Log = Callable[[str], None]

PBC_GROUPS: dict[str, str] = {
    "segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil", "eosinophil": "eosinophil",
    "basophil": "basophil", "lymphocyte": "lymphocyte", "lymphocyte_variant": "lymphocyte", "monocyte": "monocyte",
    "promonocyte": "monocyte", "metamyelocyte": "immature_granulocyte", "myelocyte": "immature_granulocyte",
    "promyelocyte": "immature_granulocyte", "blast": "immature_granulocyte", "erythroblast": "erythroblast",
    "platelet": "platelet", "giant_platelet": "platelet", "platelet_clump": "platelet", "plasma_cell": "lymphocyte",
    "smudge": "other", "artefact": "other",
}  # fmt: skip
"""The eight classes of the pbc set from our finer ones; what the set does not have is wrong by definition."""


def evaluate(root: Path, split: str, names: list[str], log: Log) -> list[Score]:
    """Rows for each named model and each set that is there; sets that lack are named through `log` and left out."""
    found: list[Score] = []
    for name, dataset, function in _TASKS:
        if name not in names:
            continue
        if not data.has(root, dataset, split):
            log(f"{dataset}/{split} is not in {root}: left out")
            continue
        log(f"{name} on {dataset}/{split}")
        found += function(root, split)
    return found


def _segmentation(root: Path, split: str) -> list[Score]:
    model = load("red-cell-unet")
    assert isinstance(model, Segmenter)
    matches: list[Matches] = []
    dices: list[float] = []
    for file in data.files(root, "bbbc041seg", split):
        rgb = data.image(root, "bbbc041seg", split, file)
        parts = mask_parts(data.mask(root, "bbbc041seg", split, Path(file).stem))
        # The set tells no scale: the typical cell of each picture is taken as 7.2 µm wide, as a job does.
        mpp = RED_CELL_UM / (2 * float(np.sqrt(np.median(np.bincount(parts.ravel())[1:]) / np.pi)))
        instances = model.segment(rgb, mpp)
        matches.append(match_masks(instances, parts))
        dices.append(dice(instances > 0, parts > 0))
    n = len(matches)

    def f1(rows: NDArray[np.int64]) -> float:
        total = Matches()
        for i in rows:
            total += matches[int(i)]
        return total.f1

    every = np.arange(n)
    mean = float(np.mean(dices))
    return [
        _score("red-cell-unet", "rbc-segmentation", "bbbc041seg", split, n, "cell_f1_50", f1(every), bootstrap(n, f1)),
        _score(
            "red-cell-unet", "rbc-segmentation", "bbbc041seg", split, n, "dice", mean,
            bootstrap(n, lambda rows: float(np.mean(np.array(dices)[rows]))),
        ),
    ]  # fmt: skip


def _shapes(root: Path, split: str) -> list[Score]:
    model = load("red-cell-shape-net")
    assert isinstance(model, Classifier)
    points: dict[str, list[tuple[float, float, str]]] = {}
    for row in data.rows(root, "chula-rbc12", split):
        points.setdefault(row["file"], []).append((float(row["x"]), float(row["y"]), row["class"]))
    p, labels = [], []
    for file, cells in points.items():
        rgb = data.image(root, "chula-rbc12", split, file)
        p.append(model.classify(rgb, np.array([(x, y) for x, y, _ in cells]), SHAPE_MPP))
        labels += [label for _, _, label in cells]
    truth = np.array([model.info.classes.index(label) for label in labels])
    return _classes("red-cell-shape-net", "rbc-morphology", "chula-rbc12", split, np.concatenate(p), truth)


def _classes(
    name: str, task: str, dataset: str, split: str, p: NDArray[np.float32], truth: NDArray[np.int64]
) -> list[Score]:
    best = p.argmax(axis=1)
    n = len(truth)
    rows = []
    for metric, function in (("accuracy", accuracy), ("macro_f1", macro_f1), ("mean_recall", mean_recall)):
        value = function(truth, best)
        interval = bootstrap(n, lambda r, f=function: f(truth[r], best[r]))  # type: ignore[misc]
        rows.append(_score(name, task, dataset, split, n, metric, value, interval))
    ece = expected_calibration_error(p, truth)
    rows.append(
        _score(
            name,
            task,
            dataset,
            split,
            n,
            "ece",
            ece,
            bootstrap(n, lambda r: expected_calibration_error(p[r], truth[r]), 100),
        )
    )
    return rows


def _nucleated(root: Path, split: str) -> list[Score]:
    rows: list[Score] = []
    crops, p, classes = _nucleated_answers(root, "pbc", split)
    groups = sorted(set(PBC_GROUPS.values()))
    grouped = np.zeros((len(p), len(groups)), np.float32)
    for column, name in enumerate(classes):
        grouped[:, groups.index(PBC_GROUPS[name])] += p[:, column]
    truth = np.array([groups.index(label) for label in crops.labels])
    rows += _classes("nucleated-cell-net", "nucleated-cells", "pbc", split, grouped, truth)
    rows += _nrbc("pbc", split, p[:, classes.index("erythroblast")], np.array(crops.fine) == "erythroblast")
    known = np.array([label in classes for label in crops.fine])
    fine = np.array([classes.index(label) for label in np.array(crops.fine)[known]])
    rows += _classes("nucleated-cell-net", "nucleated-cells-fine", "pbc", split, p[known], fine)
    return rows


def _nucleated_patients(root: Path, split: str) -> list[Score]:
    crops, p, classes = _nucleated_answers(root, "jhu-aml", split)
    fine = np.array(crops.fine)
    rows = _nrbc("jhu-aml", split, p[:, classes.index("erythroblast")], fine == "erythroblast")
    names, counts = np.unique(fine, return_counts=True)
    often = [n for n, c in zip(names, counts, strict=True) if c >= 15 and n in classes]
    known = np.isin(fine, often)
    truth = np.array([classes.index(label) for label in fine[known]])
    return rows + _classes("nucleated-cell-net", "nucleated-cells-patients", "jhu-aml", split, p[known], truth)


def _nucleated_answers(root: Path, dataset: str, split: str) -> tuple[data.Crops, NDArray[np.float32], list[str]]:
    model = load("nucleated-cell-net")
    assert isinstance(model, Classifier)
    crops = data.cell_crops(root, dataset, split)
    h, w = crops.images.shape[1:3]
    centre = np.array([[w / 2, h / 2]])
    p = np.concatenate([model.classify(rgb, centre, NUCLEATED_MPP) for rgb in crops.images])
    return crops, p, list(model.info.classes)


def _nrbc(dataset: str, split: str, p: NDArray[np.float32], truth: NDArray[np.bool_]) -> list[Score]:
    """Sensitivity and specificity at the threshold of the card, which was set on val."""
    found = p >= cards()["nucleated-cell-net"].thresholds.get("erythroblast", 0.5)

    def sensitivity(rows: NDArray[np.int64]) -> float:
        return float(found[rows][truth[rows]].mean())

    def specificity(rows: NDArray[np.int64]) -> float:
        return float((~found[rows][~truth[rows]]).mean())

    every, n = np.arange(len(truth)), len(truth)
    return [
        _score("nucleated-cell-net", "nrbc", dataset, split, n, metric, f(every), bootstrap(n, f))
        for metric, f in (("sensitivity", sensitivity), ("specificity", specificity))
    ]


def _kinds(root: Path, split: str) -> list[Score]:
    model = load("cell-kind-net")
    assert isinstance(model, Classifier)
    pool = kind_pools(root, split)[0]
    side = model.info.input_px
    at = (pool.images.shape[1] - side) // 2
    p = model.classify_crops(np.ascontiguousarray(pool.images[:, at : at + side, at : at + side]))
    return _classes("cell-kind-net", "kind", "txl-pbc", split, p, pool.allowed.argmax(axis=1).astype(np.int64))


def _score(
    name: str, task: str, dataset: str, split: str, n: int, metric: str, value: float, interval: tuple[float, float]
) -> Score:
    return Score(name, task, dataset, split, n, metric, round(value, 5), round(interval[0], 5), round(interval[1], 5))


_TASKS: tuple[tuple[str, str, Callable[[Path, str], list[Score]]], ...] = (
    ("red-cell-unet", "bbbc041seg", _segmentation),
    ("cell-kind-net", "txl-pbc", _kinds),
    ("red-cell-shape-net", "chula-rbc12", _shapes),
    ("nucleated-cell-net", "pbc", _nucleated),
    ("nucleated-cell-net", "jhu-aml", _nucleated_patients),
)
