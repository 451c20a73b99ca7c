"""What is handed out: analyses of a case with their labels, as drafts or as they were signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.utils.translation import gettext

from apps.accounts.errors import Conflict
from apps.analysis.cellfiles import cells_of, outlines_of, prove_file, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs
from apps.cases.models import Case
from apps.reports import document
from apps.reports.models import Report
from apps.review.annotations import annotations_of
from apps.review.counts import classes_apart, effective
from apps.review.models import AddedCell, Annotation, Reading
from apps.review.state import (
    REJECTED,
    RELABELLED,
    Label,
    Labels,
    added_cells,
    label_revision,
    labels_at,
    labels_of,
    reading_of,
)
from hemaview.cells.schema import CellClass, Schema
from hemaview.cells.table import CUT, OUTSIDE, SEVERAL, CellTable
from hemaview.cells.transport import own_probability

SIGNED, DRAFT = "signed", "draft"


@dataclass(frozen=True)
class Part:
    """One analysis with the labels that are handed out with it."""

    job: Job
    labels: Labels

    @cached_property
    def schema(self) -> Schema:
        return schema_of(self.job)

    @cached_property
    def cells(self) -> CellTable:
        return cells_of(self.job)

    @cached_property
    def added(self) -> Sequence[tuple[AddedCell, Label]]:
        """Cells that people added, after those of the machine."""
        return added_cells(self.job, self.labels)

    @cached_property
    def outlines(self) -> list[Any] | None:
        """float (points, 2) in level-0 px for each row of the machine's cells, read in one go; None without masks."""
        return outlines_of(self.job)

    def prove(self) -> None:
        """Raise Conflict or Missing where the cell file or the outlines are not those that were recorded."""
        prove_file(self.job.cells_file, self.job.cells_sha256)
        if self.job.contours_sha256:
            prove_file(self.job.contours_file, self.job.contours_sha256)

    def __len__(self) -> int:
        return len(self.cells) + len(self.added)

    def final(self, row: int) -> CellClass | None:
        """The class that a row has now; None where it was rejected."""
        key = self.columns["final_class"][row]
        return self.schema.by_key.get(key)

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """Every cell, column by column: lengths in level-0 px, areas in µm², None where there is nothing to say."""
        cells, labels, schema, job = self.cells, self.labels, self.schema, self.job
        n, extra = len(cells), self.added
        keys = [c.key for c in schema.classes]
        state, by = [""] * n, [""] * n
        by_people = np.zeros(n, bool)
        for row, label in labels.rows.items():
            state[row], by[row] = label.state, label.by
            by_people[row] = bool(label.key) and label.state == RELABELLED
        classes = effective(job, labels)
        cut, outside = (cells.flags & CUT) != 0, (cells.flags & OUTSIDE) != 0
        keys_apart = classes_apart(job)
        of_section = np.array(
            [c.key not in keys_apart for c in schema.classes] + [False]
        )  # the last: rejected cells, of class -1
        in_counts = (~cut & ~outside | by_people) & of_section[classes]
        size = n + len(extra)
        return {
            "cell": [f"{job.pk}:{row}" for row in range(n)] + [f"{job.pk}:{c.pk}" for c, _ in extra],
            "accession": [job.slide.case.accession] * size,
            "slide": [job.slide.name] * size,
            "x_px": _rounded(cells.x, 2) + [round(c.x, 2) for c, _ in extra],
            "y_px": _rounded(cells.y, 2) + [round(c.y, 2) for c, _ in extra],
            "w_px": cells.w.tolist() + [round(c.w) for c, _ in extra],
            "h_px": cells.h.tolist() + [round(c.h) for c, _ in extra],
            "field": cells.field.tolist() + [None] * len(extra),
            "machine_class": [keys[i] for i in cells.cls.tolist()] + [""] * len(extra),
            "probability": _rounded(own_probability(cells), 4) + [None] * len(extra),
            "final_class": [keys[i] if i >= 0 else REJECTED for i in classes.tolist()]
            + [label.key or REJECTED for _, label in extra],
            "state": state + [label.state for _, label in extra],
            "by": by + [label.by for _, label in extra],
            "area_um2": _rounded(cells.area_um2, 3) + [None] * len(extra),
            "circularity": _rounded(cells.circularity, 3) + [None] * len(extra),
            "pallor": _rounded(cells.pallor, 3) + [None] * len(extra),
            "nc_ratio": _rounded(cells.nc_ratio, 3) + [None] * len(extra),
            "cut": cut.tolist() + [False] * len(extra),
            "outside": outside.tolist() + [False] * len(extra),
            "ambiguous": ((cells.flags & SEVERAL) != 0).tolist() + [False] * len(extra),
            "counted": in_counts.tolist() + [
                label.state != REJECTED and bool(label.key) and label.key not in keys_apart for _, label in extra
            ],
        }  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What one export is of."""

    name: str
    """What files of it are called."""
    case: Case
    """Whose results they are."""
    parts: Sequence[Part]
    """Each analysis that is in it."""
    signed: bool
    """Whether all of it is what a standing signed report froze; else it is a draft."""
    report: Report | None = None
    """The report, where the export is of one and of all of it."""

    @property
    def status(self) -> str:
        return SIGNED if self.signed else DRAFT

    @cached_property
    def document(self) -> dict[str, Any]:
        """What a report says of these analyses: the signed one's content, or as it would be signed now."""
        if self.report:
            return dict(self.report.document)
        return document.build(self.case, [part.job for part in self.parts], pictures=False)

    def annotations(self) -> Iterator[Annotation]:
        """What people wrote on the slides, each slide once; of a signed version what stood when it was signed."""
        at = self.report.signed_at if self.report else None
        for slide in {part.job.slide_id: part.job.slide for part in self.parts}.values():
            yield from annotations_of(slide, at)

    def counted(self) -> Iterator[dict[str, Any]]:
        """The examinations of the document; a report of the first format has one, a blood film's."""
        d = self.document
        if "examinations" in d:
            yield from d["examinations"]
        elif d["counts"]:
            specimen = d["case"]["specimen"]
            yield {"assay": "blood_film", "title": specimen, "specimen": specimen, "codes": {}, "counts": d["counts"]}


def of_report(report: Report) -> Source:
    """A signed version, at the label revisions that were signed."""
    parts = []
    for evidence in report.document["evidence"]:
        job = Job.objects.select_related("slide__case", "protocol").get(pk=evidence["job"])
        # Reports signed before readings name none: they were of the first one.
        reading = Reading.objects.filter(job=job, role=Reading.Role.FIRST).first()
        if evidence.get("reading"):
            reading = Reading.objects.get(pk=evidence["reading"])
        parts.append(Part(job, labels_at(reading, int(evidence["label_revision"])) if reading else Labels()))
    return Source(report.case.accession, report.case, parts, True, report)


def of_case(case: Case) -> Source:
    """The reported analyses of a case: as signed while the case is, else as a draft. Raises Conflict where there are none."""
    if case.locked and (report := standing_report(case)):
        return of_report(report)
    jobs = reported_jobs(case)
    if not jobs:
        raise Conflict(
            gettext("No slide of this case has been analysed; there is nothing to export."), code="nothing-counted"
        )
    return Source(case.accession, case, [Part(job, labels_of(job)) for job in jobs], False)


def of_job(job: Job) -> Source:
    """One analysis, reported or not, with the labels it has now."""
    part = Part(job, labels_of(job))
    report = standing_report(job.slide.case)
    evidence = report.document["evidence"] if report and job.slide.case.locked else []
    reading = reading_of(job)
    mine = [
        e
        for e in evidence
        if e["job"] == str(job.pk)
        and e["label_revision"] == label_revision(job)
        and e.get("reading", "") in ("", str(reading.pk) if reading else "")
    ]
    whole = report if mine and len(evidence) == 1 else None
    name = f"{job.slide.case.accession}-{str(job.pk)[:8]}"
    return Source(name, job.slide.case, [part], bool(mine), whole)


def standing_report(case: Case) -> Report | None:
    return case.reports.filter(state=Report.State.SIGNED).select_related("case", "signed_by").first()


def _rounded(values: Any, digits: int) -> list[float | None]:
    numbers = np.asarray(values, np.float64)
    return [None if number != number else round(number, digits) for number in numbers.tolist()]
