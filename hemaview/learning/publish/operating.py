"""Operating points, set on sides that are no test: how sure a shape must be to be called, and what recall of nucleated red cells
costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CUT
from hemaview.counting.grades import grade_limits
from hemaview.inference import Classifier, load_as
from hemaview.learning.engine.segment import PBC_MPP
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.recipes.sun import patches
from hemaview.learning.scoring.healthytasks import cells_of, film_finder
from hemaview.learning.scoring.sickletasks import cells_of as sickle_cells_of
from hemaview.learning.scoring.sickletasks import counts_of, labelled_fields, sickle_finder
from hemaview.learning.sets import data
from hemaview.pipeline.naming import held_back

MOST_SHARE = {"schistocyte": 0.003}
"""Shape to the share of healthy red cells that may be called so: three fifths of what its bar allows."""
OF_TWO_PLUS = 0.9
"""So much of the percentage from which a shape is 2+ may be healthy red cells that are called so, of every other graded shape."""
ROUNDS = 12
"""What is held back is called the next likely shape, which may then be called too often itself: the limits are set anew."""
TRAIN_EACH = 6
"""Of pbc's train side every so many-th picture is counted beside all of val."""
SICKLE_SET = "sickle-uganda"
PEAKS = (0.16, 0.18, 0.2, 0.22, 0.26)
MOST_SICKLE = 1.4
"""Calls per 100 gradable red cells of negative fields: seven tenths of what the bar allows, for fields differ."""
RECALLS = (0.9, 0.95, 0.98, 0.99, 0.995, 1.0)


def operating_points(name: str, experiment: Experiment, log: Log) -> dict[str, Any]:
    """The section of a card that a model's operating points are, by its key; {} where it has none. Raises DataError."""
    measure: Callable[[str, Experiment, Log], dict[str, Any]] | None = _OF.get(name)
    return measure(name, experiment, log) if measure else {}


def called_from(name: str, experiment: Experiment, log: Log) -> dict[str, Any]:
    """`called_from`: of each graded shape the least probability, in hundredths, at which no more whole gradable red cells of
    people without blood disease (pbc's val, and some of train, which no red-cell net learned from) are called so than
    MOST_SHARE or OF_TWO_PLUS allows."""
    film = assay("blood_film").schema
    shapes = [c.index for c in film.group_of("rbc") if c.counted]
    how = film_finder(operating=False, nets=experiment.nets)
    p: list[NDArray[np.float32]] = []
    for side, step in (("val", 1), ("train", TRAIN_EACH)):
        for row in data.rows(experiment, "pbc", side)[::step]:
            cells = cells_of(how, data.image(experiment, "pbc", side, row["file"]), PBC_MPP)
            gradable = ((cells.flags & CUT) == 0) & np.isin(cells.cls, shapes)
            p.append(cells.p[gradable].astype(np.float32))
        log(f"pbc/{side}: {sum(map(len, p))} red cells so far")
    limits = grade_limits(assay("blood_film").rules.get("grades", {}))
    most = {key: OF_TWO_PLUS * limit.low / 100 for key, limit in limits.items() if key in film.by_key} | MOST_SHARE
    least = least_for_all(np.concatenate(p), {film.index(key): share for key, share in most.items()})
    return {"called_from": {film.classes[column].key: value for column, value in sorted(least.items())}}


def least_for_all(p: NDArray[np.float32], most: Mapping[int, float]) -> dict[int, float]:
    """Column to the least probability from which no more of p (n, classes) than its share in `most` is called the class, while
    what is held back is called the next likely; columns that need none are left out."""
    least: dict[int, float] = {}
    for _ in range(ROUNDS):
        before = dict(least)
        for column, share in most.items():
            others = {c: value for c, value in least.items() if c != column}
            value = least_for(held_back(p, others), column, share)
            least = others | ({column: value} if value > 0 else {})
        if least == before:
            break
    return least


def least_for(p: NDArray[np.float32], column: int, most: float) -> float:
    """The least probability in hundredths from which no more than the share `most` of p (n, classes) is called the class of a
    column, where it is the likeliest."""
    own = p[p.argmax(axis=1) == column, column]
    hundredths = np.arange(100) / 100
    fits = [t for t in hundredths.tolist() if (own >= t).sum() <= most * len(p)]
    return min(fits, default=1.0)


def recall_and_cost(name: str, experiment: Experiment, log: Log) -> dict[str, Any]:
    """`operating_points`: for each of RECALLS the probability from which so many of the nucleated red cells of pbc's val are
    called, and how many of 100 other nucleated cells are then called too."""
    model = load_as(Classifier, name, experiment.nets)
    crops = data.cell_crops(experiment, "pbc", "val")
    images, _ = patches(np.stack([model.as_shown(rgb) for rgb in crops.images]))
    p, true = model.classify_crops(images)[:, 1], np.array(crops.fine) == "erythroblast"
    log(f"pbc/val: {int(true.sum())} nucleated red cells, {int((~true).sum())} others")
    return {"operating_points": [{"data": "pbc/val", **point} for point in points_of(p, true)]}


def points_of(p: NDArray[np.float32], true: NDArray[np.bool_]) -> list[dict[str, float]]:
    """For each of RECALLS: `recall`, `threshold` (the greatest in thousandths that keeps it), `false_per_100`."""
    own = np.sort(p[true])[::-1]
    points = []
    for recall in RECALLS:
        needed = float(own[int(np.ceil(recall * len(own))) - 1])
        threshold = round(float(np.floor(needed * 1000)) / 1000, 3)
        false = 100 * float((p[~true] >= threshold).mean())
        points.append({"recall": recall, "threshold": threshold, "false_per_100": round(false, 2)})
    return points


def sickle_peak(name: str, experiment: Experiment, log: Log) -> dict[str, Any]:
    """`thresholds`: the lowest of PEAKS at which the sickle protocol calls no more than MOST_SICKLE cells per 100 gradable red
    cells of the negative fields of sickle-uganda's val and of every other one of train's."""
    fields = [f for f in labelled_fields(experiment, SICKLE_SET, "val") if not f.positive]
    fields += [f for f in labelled_fields(experiment, SICKLE_SET, "train") if not f.positive][::2]
    best = max(PEAKS)
    for peak in sorted(PEAKS, reverse=True):
        how = sickle_finder(peak, experiment.nets)
        counts = [counts_of(cells) for f in fields if (cells := sickle_cells_of(how, f.rgb, f.file)) is not None]
        sickle, red = np.sum(counts, axis=0)
        log(f"peak {peak}: {sickle} sickle calls of {red} gradable red cells in {len(fields)} negative fields")
        if 100 * sickle > MOST_SICKLE * red:
            break
        best = peak
    return {"thresholds": {"peak": best}}


_OF = {"red-cell-shape-committee": called_from, "sun-pnet": recall_and_cost, "sickle-cell-finder": sickle_peak}
MODELS = tuple(_OF)
