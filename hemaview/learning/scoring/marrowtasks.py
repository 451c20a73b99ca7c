"""The marrow protocol on real fields, as a job runs it: plasma cells found, and red cells mistaken (`marrow-fields`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hemaview.assays import assay
from hemaview.cells.table import CellTable
from hemaview.inference import AS_SHIPPED, NetSettings, load
from hemaview.inference.pictures import rescale
from hemaview.learning.engine.segment import CHULA_MPP, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, bootstrap, share
from hemaview.learning.scoring.filmtasks import as_slide, in_boxes, whole_field
from hemaview.learning.sets import data
from hemaview.learning.sets.marrowcells import single_boxes
from hemaview.learning.sets.marrowscenes import MPP as MARROW_MPP
from hemaview.learning.sets.marrowscenes import marrow_field
from hemaview.methods.nuclearstain import MPP, nuclear, red_density
from hemaview.pipeline.finders import CellFinder, finder

PROTOCOL = "marrow"
LEAST_NUCLEUS_UM2 = 10.0
"""A cell called nucleated with less than this of nuclear stain in its box is a red cell that was mistaken."""
MINI_MPP, MIDDLE_UM = 0.08, 6.0
"""µm/px of mll-marrow-mini, by its red cells; its cell lies no farther than this from the picture's middle."""
MINI_CODES = {
    "BLA": "blast", "EBO": "erythroblast", "PEB": "erythroblast", "EOS": "eosinophil", "ABE": "eosinophil",
    "LYT": "lymphocyte", "MMZ": "metamyelocyte", "MON": "monocyte", "MYB": "myelocyte", "NGB": "band_neutrophil",
    "NGS": "segmented_neutrophil", "PLM": "plasma_cell", "PMO": "promyelocyte",
}  # fmt: skip
"""The source's codes as the marrow assay's classes; erythroblasts of any stage are one."""


def marrow_finder(nets: NetSettings = AS_SHIPPED) -> CellFinder:
    """The finder of the shipped protocol PROTOCOL with its models."""
    marrow = assay("marrow")
    order = next(o for o in marrow.orders if o.name == PROTOCOL)
    models = {role: load(name, settings=nets) for role, name in order.models.items() if role != "overview"}
    return finder(order.finder, models, marrow.schema)


def cells_of(how: CellFinder, rgb: NDArray[np.uint8], mpp: float) -> CellTable:
    """The cells of one photograph uint8 (H, W, 3)."""
    h, w = rgb.shape[:2]
    return how.cells(as_slide(rgb), whole_field(0, 0, 0, w, h), mpp, assay("marrow").schema)


def plasma_cells(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Of single outlined plasma cells the share in whose box a cell is called plasma cell; red cells called nucleated, and
    cells called nucleated, a field."""
    how, schema = marrow_finder(experiment.nets), assay("marrow").schema
    hits, red, every = [], [], []
    for file in data.files(experiment, dataset, split):
        scene = marrow_field(experiment, split, file)
        cells = cells_of(how, scene.rgb, MARROW_MPP)
        boxes = scene.boxes[single_boxes(scene.boxes)]
        plasma = cells.cls == schema.index("plasma_cell")
        hits.append(np.asarray((in_boxes(boxes, cells) & plasma).any(axis=1)))
        nucleated = schema.rows_of_kind(cells.cls, "nucleated")
        every.append(float(nucleated.sum()))
        red.append(float(without_nucleus(scene.rgb, MARROW_MPP, cells.take(np.flatnonzero(nucleated))).sum()))
    rows = [share(name, "marrow-fields", dataset, split, "plasma_recall", hits)]
    return rows + [
        _a_field(name, dataset, split, metric, values)
        for metric, values in (("false_red_cells_per_field", red), ("nucleated_cells_per_field", every))
    ]


def red_cell_fields(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """The negative control: red cells called nucleated, a field of blood (txl-pbc, chula-rbc12)."""
    how, schema = marrow_finder(experiment.nets), assay("marrow").schema
    red = []
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, dataset, split):
        lines.setdefault(row["file"], []).append(row)
    for file, rows in lines.items():
        mpp = CHULA_MPP
        if dataset == "txl-pbc":
            sides = [max(float(r["w"]), float(r["h"])) for r in rows if r["class"] == "RBC"]
            if len(sides) < 3:
                continue
            mpp = mpp_of_boxes(sides)
        rgb = data.image(experiment, dataset, split, file)
        cells = cells_of(how, rgb, mpp)
        nucleated = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated"))
        red.append(float(without_nucleus(rgb, mpp, cells.take(nucleated)).sum()))
    return [_a_field(name, dataset, split, "false_red_cells_per_field", red)]


def a_handful(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
    """Of single real marrow cells how many are named rightly, and of artefacts how many are called cells."""
    how, schema = marrow_finder(experiment.nets), assay("marrow").schema
    right, has_middle = [], []
    for row in data.rows(experiment, dataset, split):
        rgb = data.image(experiment, dataset, split, row["file"])
        cells = cells_of(how, rgb, MINI_MPP)
        cells = cells.take(np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated")))
        off = np.hypot(cells.x - rgb.shape[1] / 2, cells.y - rgb.shape[0] / 2) * MINI_MPP
        middle = int(off.argmin()) if len(off) and off.min() <= MIDDLE_UM else None
        if row["class"] == "artefact":
            has_middle.append(middle is not None)
        else:
            wanted = MINI_CODES[row["fine_class"]]
            right.append(middle is not None and schema.classes[int(cells.cls[middle])].key == wanted)
    return [
        share(name, "marrow-fields", dataset, split, metric, [np.array(of, bool)])
        for metric, of in (("cells_right", right), ("artefacts_called_cells", has_middle))
        if of
    ]


def without_nucleus(rgb: NDArray[np.uint8], mpp: float, cells: CellTable) -> NDArray[np.bool_]:
    """bool (n,): in whose box no part that is stained like a nucleus is as large as LEAST_NUCLEUS_UM2; a fixed rule without a
    net (`methods.nuclearstain`)."""
    small = rescale(rgb, mpp / MPP)
    parts, n = ndimage.label(nuclear(red_density(small)))
    sizes = np.bincount(parts.ravel(), minlength=n + 1) * MPP**2
    sizes[0] = 0
    large = (sizes >= LEAST_NUCLEUS_UM2)[parts]
    factor = mpp / MPP
    none = np.ones(len(cells), bool)
    for i in range(len(cells)):
        half_w, half_h = float(cells.w[i]) / 2, float(cells.h[i]) / 2
        x0, x1 = (max(0, int((float(cells.x[i]) + d) * factor)) for d in (-half_w, half_w))
        y0, y1 = (max(0, int((float(cells.y[i]) + d) * factor)) for d in (-half_h, half_h))
        none[i] = not large[y0 : y1 + 1, x0 : x1 + 1].any()
    return none


def _a_field(name: str, dataset: str, split: str, metric: str, values: list[float]) -> Score:
    every = np.array(values)

    def mean(rows: NDArray[np.int64]) -> float:
        return float(every[rows].mean())

    n = len(every)
    return Score.rounded(name, "marrow-fields", dataset, split, n, metric, mean(np.arange(n)), *bootstrap(n, mean))
