"""Do the intervals of a machine's counts hold the truth on films of other laboratories (`machine-counts`)?

A film is what one patient, day or sample gives. Each share of a film that the laboratory lists classes for is asked twice: of the
plain interval, of the cells that the machine named alone, and of the one with the machine's errors in mind.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from hemaview.counting.intervals import Interval, percent
from hemaview.counting.machine import MachineErrors, with_machine_errors
from hemaview.inference import Classifier, load_as
from hemaview.inference.filmstatistics import STRANGE_FILMS, fit_for, statistics_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap
from hemaview.learning.scoring.strangers import SETS, crops_of
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.pipeline.unidentified import CLASS, STRANGE, calls_of

TASK = "machine-counts"
LEAST_CELLS = 15
"""Films with fewer labelled cells are left out."""
NO_WHITE_CELLS = ("platelet", "giant_platelet", "platelet_clump", "smudge", "artefact")
_MERGED = {"segmented_neutrophil": "neutrophil", "band_neutrophil": "neutrophil"}


def machine_counts(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`truth_held` and `mean_width` (percent) of the intervals with the machine's errors; `truth_held_plain` of the others."""
    errors_as_json = cards()[name].machine_errors.get(STRANGE)
    if errors_as_json is None:
        raise data.DataError(f"The card of {name} tells no errors: measure them with `machine_errors {name}`.")
    errors, shipped = (
        MachineErrors.from_json(errors_as_json),
        load_as(Classifier, name, experiment.nets).calibrated_on(STRANGE_FILMS),
    )
    lines = data.rows(experiment, dataset, split)
    labels = np.array([line["class"] for line in lines])
    films = np.array([line.get("patient") or "" for line in lines])
    groups = _groups(errors.classes, set(labels))
    hits, plain, width = [], [], []
    for film in sorted(set(films)):
        rows = np.flatnonzero(films == film)
        if len(rows) < LEAST_CELLS:
            continue
        calls = _calls_of_film(
            name, shipped, [data.image(experiment, dataset, split, lines[i]["file"]) for i in rows], SETS[dataset]
        )
        likely = with_machine_errors(errors, calls, {}, groups)
        for label in sorted(set(labels)):
            truth = 100 * float((labels[rows] == label).mean())
            hits.append(_holds(likely[label], truth))
            width.append(likely[label].high - likely[label].low)
            plain.append(_holds(_plain(calls, groups, label), truth))
    return [
        _mean(name, dataset, split, "truth_held", np.array(hits, float)),
        _mean(name, dataset, split, "truth_held_plain", np.array(plain, float)),
        _mean(name, dataset, split, "mean_width", np.array(width)),
    ] if hits else []  # fmt: skip


def _groups(classes: tuple[str, ...], labels: set[str]) -> dict[str, list[str]]:
    """The laboratory's classes and ours that it does not list, to our classes."""
    merged = {"lymphocyte_variant": "lymphocyte", **(_MERGED if "neutrophil" in labels else {})}
    groups: dict[str, list[str]] = {}
    for key in classes:
        if key not in NO_WHITE_CELLS:
            groups.setdefault(merged.get(key, key), []).append(key)
    return groups


def _calls_of_film(name: str, shipped: Classifier, pictures: list[NDArray[np.uint8]], mpp: float) -> Counter[str]:
    """What a job calls the cells of one film, by class."""
    crops = crops_of(shipped, pictures, mpp)
    statistics = statistics_of(name, crops)
    model = fit_for(shipped, statistics) if statistics is not None else shipped
    classes = model.info.classes
    calls = calls_of(model.classify_crops(crops), classes, model.thresholds, model.least.get(STRANGE, {}))
    return Counter((*classes, CLASS)[i] for i in calls)


def _plain(calls: Counter[str], groups: dict[str, list[str]], label: str) -> Interval | None:
    n = sum(calls[key] for keys in groups.values() for key in keys)
    return percent(sum(calls[key] for key in groups[label]), n) if n else None


def _holds(interval: Interval | None, truth: float) -> bool:
    """No interval, where the machine named no cell, holds nothing."""
    return interval is not None and interval.low - 1e-6 <= truth <= interval.high + 1e-6


def _mean(name: str, dataset: str, split: str, metric: str, values: NDArray[np.float64]) -> Score:
    def mean(rows: NDArray[np.int64]) -> float:
        return float(values[rows].mean())

    n = len(values)
    return Score.rounded(name, TASK, dataset, split, n, metric, mean(np.arange(n)), *bootstrap(n, mean))
