"""The sickle protocol on photographed fields, as a job runs it (`sickle-fields`): boxed sickle cells found, calls on fields
without any, and how far stain and light alone would tell one kind of field from the other."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemaview.assays import assay
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import AS_SHIPPED, CentreFinder, NetSettings, load
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, area_under_roc, bootstrap, share
from hemaview.learning.scoring.filmtasks import as_slide, in_boxes
from hemaview.learning.sets import data
from hemaview.pipeline.cheaplook import density_of, stained
from hemaview.pipeline.eyepiece import evenly_lit, eyepiece_of, in_equal_stain
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.finders import CellFinder, finder
from hemaview.pipeline.plan import PipelineError, RunRequest

TASK, PROTOCOL = "sickle-fields", "blood-film-sickle"
LEAST_CELLS = 25
"""Cells that are added, without a call, to each field's own before its share is taken: a call on a field of few cells is
not made more of than one on a field of many."""


@dataclass(frozen=True)
class Field:
    """A labelled field."""

    file: str
    """Its picture's name."""
    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    boxes: NDArray[np.float32]
    """(n, 4: x0, y0, x1, y1) px of sickle cells; none where it is a negative one."""

    @property
    def positive(self) -> bool:
        return bool(len(self.boxes))


def sickle_fields(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """`box_recall`: boxes with a cell called sickle in them; a field that the protocol refuses has none.
    `sickle_calls_per_100_red_cells` of negative fields. `auc` of positive against negative fields by the share of sickle cells
    to be expected of each; the same of fields made equal in light and stain (`auc_equalised`). `auc_brightness`, `auc_stain`:
    what the fields' light, or the colour of what is stained, would do alone (whichever way round), and once they are made
    equal. `fields_refused`: share of fields that the protocol does not count."""
    fields = labelled_fields(experiment, dataset, split)
    truth = np.array([f.positive for f in fields])
    how = sickle_finder(nets=experiment.nets)
    tables = [cells_of(how, f.rgb, f.file) for f in fields]
    equal = [equalised(f.rgb) for f in fields]
    hits = [_hit(f.boxes, cells) for f, cells in zip(fields, tables, strict=True) if f.positive]
    rows = [share(name, TASK, dataset, split, "box_recall", hits)]
    rows.append(_calls(name, dataset, split, [c for c, p in zip(tables, truth, strict=True) if not p]))
    measures = {
        "auc": [sickle_share(c) for c in tables],
        "auc_equalised": [sickle_share(cells_of(how, rgb, "")) for rgb in equal],
    }
    for metric, values in measures.items():
        rows.append(_auc(name, dataset, split, metric, np.array(values), truth))
    for metric, of in (("auc_brightness", brightness), ("auc_stain", stain)):
        for suffix, pictures in (("", [f.rgb for f in fields]), ("_equalised", equal)):
            picture_scores = np.array([of(rgb) for rgb in pictures])
            way = 1.0 if area_under_roc(picture_scores, truth) >= 0.5 else -1.0
            rows.append(_auc(name, dataset, split, metric + suffix, way * picture_scores, truth))
    is_refused = [np.array([c is None for c in tables])]
    return [*rows, share(name, TASK, dataset, split, "fields_refused", is_refused)]


def labelled_fields(experiment: Experiment, dataset: str, split: str) -> list[Field]:
    """Every field of a side; raises DataError where it lacks negative or positive ones."""
    lines: dict[str, list[list[float]]] = {}
    for row in data.rows(experiment, dataset, split):
        boxes = lines.setdefault(row["file"], [])
        if row["class"] == "sickle":
            x, y, w, h = (float(row[k]) for k in "xywh")
            boxes.append([x, y, x + w, y + h])
    fields = [
        Field(file, data.image(experiment, dataset, split, file), np.array(boxes, np.float32).reshape(-1, 4))
        for file, boxes in lines.items()
    ]
    if len({f.positive for f in fields}) < 2:
        raise data.DataError(f"{dataset}/{split} needs fields with boxes of sickle cells, and negative ones.")
    return fields


def sickle_finder(peak: float | None = None, nets: NetSettings = AS_SHIPPED) -> CellFinder:
    """The finder of the shipped protocol PROTOCOL with its models, its finder of sickle cells calling from a height of `peak`
    where that is not its card's."""
    order = next(o for o in assay("sickle").orders if o.name == PROTOCOL)
    models = {role: load(model, settings=nets) for role, model in order.models.items()}
    if peak is not None and isinstance(pointer := models["sickle-cell-finder"], CentreFinder):
        models["sickle-cell-finder"] = pointer = copy.copy(pointer)  # the one in use is everybody's
        pointer.least = peak
    return finder(order.finder, models, assay("sickle").schema)


def cells_of(how: CellFinder, rgb: NDArray[np.uint8], file: str) -> CellTable | None:
    """The cells of one photograph uint8 (H, W, 3) as a slide of its own; None where the protocol refuses it."""
    of, (h, w) = assay("sickle"), rgb.shape[:2]
    order = next(o for o in of.orders if o.name == PROTOCOL)
    photographs = [{"x": 0, "y": 0, "w": w, "h": h, "name": file}]
    request = RunRequest(
        Path(file), Path(), order.name, of, of.schema, order.finder, order.settings, {}, {}, None, photographs
    )  # fmt: skip
    slide = as_slide(rgb)
    try:
        plan = plan_run(slide, request, lambda phase, part: None)
    except PipelineError:
        return None
    return how.cells(slide, plan.counted_fields[0], plan.mpp, of.schema)


def sickle_share(cells: CellTable | None) -> float:
    """How many of the gradable red cells are to be expected to be sickle cells, by their probabilities; 0 where the field was
    refused."""
    if cells is None:
        return 0.0
    schema = assay("sickle").schema
    gradable = [c.index for c in schema.group_of("rbc") if c.counted]
    whole = ((cells.flags & CUT) == 0) & np.isin(cells.cls, gradable)
    expected = float(cells.p[whole, schema.index("elongated")].astype(np.float64).sum())
    return expected / (int(whole.sum()) + LEAST_CELLS)


def equalised(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The field on an even ground, with what is stained of one density in each colour; its rim black, as it was."""
    eyepiece = eyepiece_of(rgb)
    equal = in_equal_stain(evenly_lit(rgb)).copy()
    if eyepiece is not None:
        equal[~eyepiece.inside] = 0
    return equal


def brightness(rgb: NDArray[np.uint8]) -> float:
    """Mean light of the field, 0-255, without its rim."""
    eyepiece = eyepiece_of(rgb)
    return float(rgb[eyepiece.inside].mean() if eyepiece is not None else rgb.mean())


def stain(rgb: NDArray[np.uint8]) -> float:
    """How much more of red than of blue light what is stained lets through: difference of optical densities."""
    even = evenly_lit(rgb)
    where = stained(density_of(even))
    if not where.any():
        return 0.0
    red, _, blue = np.log(256 / (even[where].astype(np.float64) + 1)).mean(axis=0)
    return float(blue - red)


def counts_of(cells: CellTable) -> tuple[int, int]:
    """(cells called sickle, gradable red cells) that no edge cuts."""
    schema = assay("sickle").schema
    whole = (cells.flags & CUT) == 0
    gradable = [c.index for c in schema.group_of("rbc") if c.counted]
    return int((whole & (cells.cls == schema.index("elongated"))).sum()), int(
        (whole & np.isin(cells.cls, gradable)).sum()
    )


def _hit(boxes: NDArray[np.float32], cells: CellTable | None) -> NDArray[np.bool_]:
    if cells is None:
        return np.zeros(len(boxes), bool)
    sickle = cells.cls == assay("sickle").schema.index("elongated")
    return np.asarray((in_boxes(boxes, cells) & sickle).any(axis=1))


def _calls(name: str, dataset: str, split: str, negative: list[CellTable | None]) -> Score:
    """Cells called sickle per 100 gradable red cells of negative fields; n fields."""
    each = np.array([counts_of(cells) if cells is not None else (0, 0) for cells in negative], float)

    def per_100(rows: NDArray[np.int64]) -> float:
        sickle, red = each[rows].sum(axis=0)
        return float(100 * sickle / max(1.0, red))

    n = len(each)
    metric = "sickle_calls_per_100_red_cells"
    return Score.rounded(name, TASK, dataset, split, n, metric, per_100(np.arange(n)), *bootstrap(n, per_100))


def _auc(
    name: str, dataset: str, split: str, metric: str, values: NDArray[np.float64], truth: NDArray[np.bool_]
) -> Score:
    def area(rows: NDArray[np.int64]) -> float:
        return area_under_roc(values[rows].astype(np.float32), truth[rows])

    n = len(truth)
    return Score.rounded(name, TASK, dataset, split, n, metric, area(np.arange(n)), *bootstrap(n, area))
