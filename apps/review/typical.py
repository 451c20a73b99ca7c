"""Typical pictures of a class, to stand beside a cell: the laboratory's own confirmed cells first, else pictures of free sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.errors import Missing, Refusal
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title, jobs_for
from apps.review.state import REJECTED, blind_readings, labels_of
from hemaview.cells.table import CUT, OUTSIDE
from hemaview.cells.transport import own_probability

MOST = 8
LEAST = 4
"""Fewer own cells than this are filled up with pictures of free sets."""
MOST_A_SLIDE = 3
MOST_JOBS = 60
"""So many of the newest reported analyses are looked through."""

FOLDER = Path(__file__).parent / "typical"
SETS = {
    "pbc": "Acevedo et al. 2020, Hospital Clínic de Barcelona (CC BY 4.0)",
    "chula-rbc12": "Chula RBC-12 (MIT)",
}
"""Folder of pictures to the source that is named beside them; `typical/README.md` holds the licences."""


def typical(user: Any, job: Job, cls: int) -> dict[str, Any]:
    """At most MOST pictures of a class (its index in the job's schema), each with its source; raises Missing.

    Own cells come from reported analyses of other cases that the person may view: cells that people confirmed, named or
    left as their own class, whole ones, the machine's surest first.
    """
    schema = schema_of(job)
    if not 0 <= cls < len(schema):
        raise Missing(
            gettext("There is no class {cls} in {name}.").format(cls=cls, name=assay_title(job)), code="unknown-class"
        )
    key = schema.classes[cls].key
    pictures = [
        {"url": f"/api/v1/jobs/{other.pk}/cells/{row}/crop.jpg", "source": other.slide.case.accession, "own": True}
        for other, row in _own(user, job, key)
    ]
    if len(pictures) < LEAST:
        pictures += [
            {"url": f"/api/v1/typical/{folder}/{name}", "source": SETS[folder], "own": False}
            for folder, name in _free(key)[: MOST - len(pictures)]
        ]
    return {"class": cls, "pictures": pictures}


def _own(user: Any, job: Job, key: str) -> list[tuple[Job, int]]:
    cells = [cell for other in _others(user, job) for cell in _confirmed(other, key)]
    cells.sort(key=lambda cell: -cell[0])
    n_of_slide: dict[Any, int] = defaultdict(int)
    picks: list[tuple[Job, int]] = []
    for _, other, row in cells:
        if n_of_slide[other.slide_id] < MOST_A_SLIDE and len(picks) < MOST:
            n_of_slide[other.slide_id] += 1
            picks.append((other, row))
    return picks


def _others(user: Any, job: Job) -> list[Job]:
    jobs = (
        jobs_for(user)
        .filter(reported_as__isnull=False, assay=job.assay, readings__revision__gt=0)
        .exclude(slide__case=job.slide.case_id)
        .exclude(slide__case__in=blind_readings(user).values("job__slide__case"))
        .exclude(cells_sha256="")
    )
    return list(jobs.prefetch_related("readings").distinct().order_by("-requested_at")[:MOST_JOBS])


def _confirmed(job: Job, key: str) -> Iterator[tuple[float, Job, int]]:
    """Probability, analysis and row of each whole cell that people left in the class."""
    try:
        schema, table = schema_of(job), cells_of(job)
    except Refusal:  # its file is gone: other analyses have pictures as well
        return
    own = own_probability(table)
    for row, label in labels_of(job).rows.items():
        machine = schema.classes[int(table.cls[row])].key
        if label.state != REJECTED and (label.key or machine) == key and not table.flags[row] & (CUT | OUTSIDE):
            # What the machine had called otherwise is rarely typical.
            yield float(own[row]) if machine == key else 0.0, job, row


@cache
def _free(key: str) -> list[tuple[str, str]]:
    return [(folder, path.name) for folder in SETS for path in sorted((FOLDER / folder).glob(f"{key}-[0-9].webp"))]


def picture_of(folder: str, name: str) -> bytes:
    """A picture of a free set; raises Missing."""
    path = FOLDER / folder / name
    if folder not in SETS or path.suffix != ".webp" or path.parent != FOLDER / folder or not path.is_file():
        raise Missing(gettext("There is no such picture."))
    return path.read_bytes()
