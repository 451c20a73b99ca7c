"""Which cells a person must see before the case is signed, and why: what the assay asks for, and who has looked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.state import Labels
from hemaview.assays import AssayError, MustSee, must_see_reasons

DEFAULT_MARGIN = 0.2


def reasons(job: Job) -> NDArray[Any]:
    """object (n,): '' or why the cell must be seen, by the classes that the job's cells have."""
    margin = float(job.frozen["settings"].get("must_see_margin", DEFAULT_MARGIN))
    return _reasons(str(job.pk), job.cells_sha256, schema_of(job).sha256, margin)


@lru_cache(maxsize=64)
def _reasons(job_id: str, sha256: str, classes_sha256: str, least_margin: float) -> NDArray[Any]:
    job = Job.objects.get(pk=job_id)
    try:
        asked = job.examination.must_see
    except AssayError:  # the package that brought the assay is gone
        asked = MustSee()
    return must_see_reasons(cells_of(job), schema_of(job), asked, least_margin)


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
