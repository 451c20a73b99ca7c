"""Cells of a site as the net that learns is shown them. Loads the models' libraries: for workers alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from apps.accounts.errors import Missing
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.teaching.labels import NamedCell
from hemaview.cells.labelled import LabelledCells
from hemaview.cells.table import CUT
from hemaview.inference import Classifier
from hemaview.inference.filmstatistics import MOST_CELLS
from hemaview.pipeline.cellcrops import cell_crops
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.lowpower import at_low_power
from hemaview.wsi.colour import colour_of
from hemaview.wsi.slide import open_slide


def shown_cells(cells: list[NamedCell], model: Classifier) -> LabelledCells:
    """The cells as the model is shown them; may raise SlideError."""
    by_job: dict[Any, list[NamedCell]] = defaultdict(list)
    for cell in cells:
        by_job[cell.job.pk].append(cell)
    pictures = [crops_at(own[0].job, np.array([[c.x, c.y] for c in own]), model) for own in by_job.values()]
    ordered = [cell for own in by_job.values() for cell in own]
    return LabelledCells(
        np.concatenate(pictures),
        tuple(c.key for c in ordered),
        tuple(c.machine for c in ordered),
        tuple(str(c.job.slide_id) for c in ordered),
        tuple(c.label.by for c in ordered),
        tuple(c.label.at.isoformat() for c in ordered),
        tuple(c.source for c in ordered),
    )


def crops_at(job: Job, points: NDArray[np.float64], model: Classifier) -> NDArray[np.uint8]:
    """Cells of an analysis at points (n, 2: x, y, level-0 px) as the model is shown them, uint8 (n, side, side, 3), each
    on the ground of its field. Raises Missing where the analysis' plan is gone, SlideError."""
    plan = RunFolder(job.folder).plan()
    side = model.info.input_px
    pictures = np.zeros((len(points), side, side, 3), np.uint8)
    if plan is None or not plan.fields:
        raise Missing(
            gettext(
                "The fields of an analysis in {accession} are missing from the disk; choose another analysis to be reported."
            ).format(accession=job.slide.case.accession),
            code="plan-gone",
        )
    if not len(points):
        return pictures
    middles = np.array([[f.x + f.w / 2, f.y + f.h / 2] for f in plan.fields])
    nearest = np.hypot(*(points[:, None] - middles[None]).transpose(2, 0, 1)).argmin(axis=1)
    with open_slide(job.slide.file, colour_of(job.colour_policy)) as slide:
        for i in np.unique(nearest):
            own = np.flatnonzero(nearest == i)
            view = at_low_power(slide, plan.fields[i], plan.mpp)
            pictures[own] = cell_crops(slide, plan.mpp, model, [(view, points[own])])
    return pictures


def film_cells(job: Job, model: Classifier, most: int = MOST_CELLS) -> NDArray[np.uint8]:
    """Nucleated cells of an analysis, whole ones, evenly over the slide, as the model is shown them: what tells it the film."""
    schema, table = schema_of(job), cells_of(job)
    rows = np.flatnonzero(schema.rows_of_kind(table.cls, "nucleated") & ((table.flags & CUT) == 0))
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)] if len(rows) else rows
    return crops_at(job, np.stack([table.x[rows], table.y[rows]], axis=1).astype(np.float64), model)
