"""Which cells a person must see before the case is signed, and why: what the assay asks for, and who has looked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from django.utils.translation import get_language
from numpy.typing import NDArray

from apps.accounts.errors import Refusal
from apps.analysis.cellfiles import cells_of, prove_file, schema_of
from apps.analysis.models import Job
from apps.review.remembered import Remembered
from apps.review.state import Labels, labels_of_all, reading_of
from hemaview.assays import AssayError, MustSee, must_see_reasons

DEFAULT_MARGIN = 0.2


def reasons(job: Job) -> NDArray[Any]:
    """object (n,): '' or why the cell must be seen, by the classes that the job's cells have, in the reader's language."""
    margin = float(job.frozen["settings"].get("must_see_margin", DEFAULT_MARGIN))
    key = (job.pk, job.cells_sha256, schema_of(job).sha256, margin, get_language())
    return _reasons.or_make(key, lambda: _reasons_of(job, margin))


_reasons: Remembered[Any, NDArray[Any]] = Remembered(64)


def _reasons_of(job: Job, least_margin: float) -> NDArray[Any]:
    try:
        must_see = job.examination.must_see
    except AssayError:  # the package that brought the assay is gone
        must_see = MustSee()
    return must_see_reasons(cells_of(job), schema_of(job), must_see, least_margin)


_open: Remembered[Any, int] = Remembered(8192)
"""How many cells are open by job, cell file, reading and revision: a worklist asks for all cases, a cell file is large."""


def open_counts(jobs: Iterable[Job]) -> dict[uuid.UUID, int | None]:
    """How many cells of each job must still be seen; None where its cells are gone or are not those that were recorded."""
    counts: dict[uuid.UUID, int | None] = {}
    unknown = []
    for job in jobs:
        try:
            prove_file(job.cells_file, job.cells_sha256)
        except Refusal:
            counts[job.pk] = None
            continue
        counts[job.pk] = _open.get(_state(job))
        if counts[job.pk] is None:
            unknown.append(job)
    labels = labels_of_all(unknown)
    for job in unknown:
        with suppress(Refusal):
            counts[job.pk] = _open.put(_state(job), len(open_rows(job, labels[job.pk])))
    return counts


def _state(job: Job) -> tuple[Any, ...]:
    reading = reading_of(job)
    margin = job.frozen["settings"].get("must_see_margin", DEFAULT_MARGIN)
    return (job.pk, job.cells_sha256, margin, reading.pk if reading else None, reading.revision if reading else 0)


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
