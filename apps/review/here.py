"""What lies within an outline that somebody drew: counts of that place alone, beside the slide's."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import shapely

from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.counts import effective
from apps.review.state import REJECTED, added_cells, labels_of
from hemaview.cells.outlined import Outline, within
from hemaview.cells.table import CUT
from hemaview.counting.intervals import percent


def counts_within(job: Job, outline: Outline) -> dict[str, Any]:
    """Cells whose centre the outline (level-0 px) holds, by class as people left them, each class as percent of the counted
    cells of its kind there; cells that an edge cuts are left out unless a person named them."""
    schema, labels, cells = schema_of(job), labels_of(job), cells_of(job)
    classes = effective(job, labels)
    rows = np.flatnonzero(within(cells.x, cells.y, outline) & (classes >= 0))
    by_people = np.isin(rows, [row for row, label in labels.rows.items() if label.key])
    rows = rows[((cells.flags[rows] & CUT) == 0) | by_people]
    tally = Counter(classes[rows].tolist())
    for cell, label in added_cells(job, labels):
        if label.state != REJECTED and label.key and within(np.array([cell.x]), np.array([cell.y]), outline)[0]:
            tally[schema.index(label.key)] += 1
    kinds = {g.key: g.kind for g in schema.groups}
    of_kind: Counter[str] = Counter()
    for index, n in tally.items():
        if schema.classes[index].counted:
            of_kind[kinds[schema.classes[index].group]] += n
    rows_json = []
    for index, n in sorted(tally.items()):
        c = schema.classes[index]
        share = percent(n, of_kind[kinds[c.group]]) if c.counted else None
        rows_json.append(
            {
                "class": index,
                "count": n,
                "value": round(share.value, 3) if share else None,
                "low": round(share.low, 3) if share else None,
                "high": round(share.high, 3) if share else None,
            }
        )
    mpp = job.mpp or job.slide.mpp
    area = shapely.Polygon(outline).buffer(0).area
    return {"n": sum(tally.values()), "area_mm2": area * (mpp / 1000) ** 2 if mpp else None, "classes": rows_json}
