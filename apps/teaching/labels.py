"""The cells of a site: those that people named, and those that nobody has named yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.state import REJECTED, Label, added_cells, labels_of
from apps.slides.models import Site
from hemaview.cells.labelled import MOST
from hemaview.cells.table import CUT

MOST_UNLABELLED = 400
"""So many cells without a label are looked at for those to name next."""


@dataclass(frozen=True)
class NamedCell:
    """A cell that a person named."""

    job: Job
    """In which analysis."""
    row: int | None
    """Of the machine's cell; None: a person added it."""
    x: float
    """Of its centre, level-0 px."""
    y: float
    """Of its centre, level-0 px."""
    key: str
    """Of the class that it was named."""
    machine: str
    """Key of the class that the machine had called it; empty of an added cell."""
    label: Label
    """Who said so, and when."""

    @property
    def source(self) -> str:
        return f"{self.job.pk}/{self.row if self.row is not None else 'added'}"


def reported_of(site: Site, assay: str) -> list[Job]:
    """The reported analyses of the site's slides by one examination."""
    jobs = Job.objects.filter(reported_as__slide__site=site, assay=assay).exclude(cells_sha256="")
    return list(jobs.select_related("slide__case", "protocol").prefetch_related("readings").order_by("requested_at"))


def named_cells(site: Site, assay: str, classes: tuple[str, ...] | None = None) -> list[NamedCell]:
    """Nucleated cells of the site that people confirmed, named or added, whole ones; of `classes` alone where they are given."""
    cells: list[NamedCell] = []
    for job in reported_of(site, assay):
        if not any(reading.revision for reading in job.readings.all()):
            continue  # nobody has named anything: its cells need not be read
        labels, schema, table = labels_of(job), schema_of(job), cells_of(job)
        nucleated = {c.key for c in schema.of_kind("nucleated")}
        wanted = nucleated if classes is None else nucleated & set(classes)
        for row, label in sorted(labels.rows.items()):
            machine = schema.classes[int(table.cls[row])].key
            key = label.key or machine
            if label.state != REJECTED and key in wanted and not table.flags[row] & CUT:
                cells.append(NamedCell(job, row, float(table.x[row]), float(table.y[row]), key, machine, label))
        for added, label in added_cells(job, labels):
            if label.state != REJECTED and label.key in wanted:
                cells.append(NamedCell(job, None, added.x, added.y, label.key, "", label))
    return cells


def at_most(cells: list[NamedCell], most: int = MOST) -> list[NamedCell]:
    """The cells, where there are more than `most` the newest of each class in turn."""
    if len(cells) <= most:
        return cells
    by_class: dict[str, list[NamedCell]] = defaultdict(list)
    for cell in sorted(cells, key=lambda c: c.label.at):
        by_class[cell.key].append(cell)
    newest: list[NamedCell] = []
    while len(newest) < most:
        for own in by_class.values():
            if own and len(newest) < most:
                newest.append(own.pop())
    return newest


def label_counts(site: Site, assay: str) -> dict[str, int]:
    """Class to how many of the site's cells people named so, the most first."""
    return dict(Counter(cell.key for cell in named_cells(site, assay)).most_common())


def unnamed_cells(jobs: list[Job]) -> list[tuple[Job, int]]:
    """Whole nucleated cells that nobody named, as many of each analysis, those without a name of the machine's first."""
    cells: list[tuple[Job, int]] = []
    for job in jobs:
        schema, table, labels = schema_of(job), cells_of(job), labels_of(job)
        whole = schema.rows_of_kind(table.cls, "nucleated") & ((table.flags & CUT) == 0)
        rows = [int(row) for row in np.flatnonzero(whole) if int(row) not in labels.rows]
        nameless = schema.index("unidentified") if "unidentified" in schema.by_key else -1
        rows.sort(key=lambda row: (int(table.cls[row]) != nameless, row))
        cells += [(job, row) for row in rows[: max(1, MOST_UNLABELLED // len(jobs))]]
    return cells
