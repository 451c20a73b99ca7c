"""Which cells a person must see before the case is signed, and why."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.analysis.cellfiles import cells_of
from apps.analysis.models import Job
from apps.review.state import Labels
from hemaview.cells.schema import schema
from hemaview.cells.table import CUT
from hemaview.cells.transport import margin

LOW_MARGIN = "low margin"
MAYBE_WHITE = f"{LOW_MARGIN}: may be a white cell"
MAYBE_NRBC = f"{LOW_MARGIN}: may be a nucleated red cell"
LEAST_NRBC = 0.1
"""Below what calls one in most protocols (the model's threshold; where that is lower still, each is called one), above what
nearly every other cell has."""
DEFAULT_MARGIN = 0.2
_GROUPS = ("wbc", "nrbc")


def reasons(job: Job) -> NDArray[Any]:
    """object (n,): '' or why the cell must be seen: its class (NRBC, blast, schistocyte), an unsure white cell, one that may
    be a nucleated red cell, or another thing that is nearly as likely a white cell of any class: left out of the
    differential, it would never be missed."""
    return _reasons(str(job.pk), job.cells_sha256, float(job.frozen["settings"].get("must_see_margin", DEFAULT_MARGIN)))


@lru_cache(maxsize=64)
def _reasons(job_id: str, sha256: str, least_margin: float) -> NDArray[Any]:
    job = Job.objects.select_related("protocol").get(pk=job_id)
    cells = cells_of(job)
    known = schema(job.protocol.schema)
    found = np.full(len(cells), "", dtype=object)
    unsure = margin(cells) < least_margin
    white = [c.index for c in known.classes if c.group in _GROUPS]
    maybe_white = cells.p[:, white].astype(np.float32).sum(axis=1) > (1 - least_margin) / 2
    for c in known.classes:
        mine = cells.cls == c.index
        if c.group in _GROUPS:
            found[mine & unsure] = f"{LOW_MARGIN}: {c.name.lower()}"
        else:
            found[mine & maybe_white] = MAYBE_WHITE
        if c.group == "nrbc" and c.must_see:
            found[(cells.p[:, c.index] >= LEAST_NRBC) & (found == "")] = MAYBE_NRBC
        if c.must_see:
            found[mine] = c.name.lower()
    found[(cells.flags & CUT) != 0] = ""  # not whole, so not counted
    return found


def open_rows(job: Job, labels: Labels) -> NDArray[np.int64]:
    """Rows that must be seen and that nobody has confirmed, relabelled or rejected."""
    rows = np.flatnonzero(reasons(job) != "")
    return np.array([r for r in rows if int(r) not in labels.rows], np.int64)


def pooled(jobs: Iterable[tuple[Job, Labels]]) -> dict[str, Any]:
    """{"open", "total", "by_reason": [{"reason", "open", "total"}]} over jobs and their labels."""
    by: dict[str, list[int]] = {}
    for job, labels in jobs:
        why = reasons(job)
        still = set(open_rows(job, labels).tolist())
        for row in np.flatnonzero(why != "").tolist():
            counts = by.setdefault(why[row], [0, 0])
            counts[0] += row in still
            counts[1] += 1
    return {
        "open": sum(o for o, _ in by.values()),
        "total": sum(t for _, t in by.values()),
        "by_reason": [{"reason": r, "open": o, "total": t} for r, (o, t) in sorted(by.items())],
    }
