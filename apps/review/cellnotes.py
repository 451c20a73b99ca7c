"""Comments on cells and the mark "to teach with": kept at the cell's place on the slide, each change recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from scipy.spatial import cKDTree

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.analysis.cellfiles import cells_of
from apps.analysis.locks import hold_job
from apps.analysis.models import Job
from apps.audit.services import record
from apps.cases.locks import hold_open
from apps.cases.selectors import require, rights_of
from apps.review.matching import boxes_of
from apps.review.models import AddedCell, CellNote
from apps.review.state import added_cells, labels_of, reads_blind
from hemaview.cells.table import CellTable
from hemaview.words import all_of

MOST_ON_A_SLIDE = 2000
SAME_PX = 0.1
COMMENT, TEACH = CellNote.Kind.COMMENT, CellNote.Kind.TEACH


@dataclass(frozen=True)
class PlacedNote:
    """A note, and the cell of an analysis that it is on."""

    note: CellNote
    """Itself."""
    row: int | None
    """Of the machine's cell; None where it is on an added cell, or on none of this analysis."""
    added: str | None
    """The id of an added cell; None likewise."""


def notes_of(user: Any, job: Job) -> list[PlacedNote]:
    """The notes on the cells of a job's slide that stand, oldest first, each at the job's own cell; who reads the case second,
    blind, sees their own alone until that is closed."""
    rows = CellNote.objects.filter(slide=job.slide_id, removed_at__isnull=True).select_related("by")
    notes = list(rows.filter(by=user) if reads_blind(user, job.slide.case_id) else rows)
    here = {str(cell.pk) for cell, _ in added_cells(job, labels_of(job))}
    cells = cells_of(job)
    own = {n.pk for n in notes if _is_of(n, job, cells, here)}
    strangers = [n for n in notes if n.pk not in own]
    rows_of = dict(zip([n.pk for n in strangers], _rows_at(cells, strangers), strict=True))
    placed = []
    for n in notes:
        if n.pk in own:
            placed.append(PlacedNote(n, n.row, str(n.added_id) if n.added_id else None))
        else:
            placed.append(PlacedNote(n, rows_of[n.pk], None))
    return placed


def _is_of(note: CellNote, job: Job, cells: CellTable, added: set[str]) -> bool:
    """Whether the note names a cell of the job as it is now: one that was begun anew may have others at its rows."""
    if note.row is None:
        return str(note.added_id) in added
    if note.job_id != job.pk or note.row >= len(cells):
        return False
    return bool(abs(cells.x[note.row] - note.x) < SAME_PX and abs(cells.y[note.row] - note.y) < SAME_PX)


def _rows_at(cells: CellTable, notes: list[CellNote]) -> list[int | None]:
    """The cell at each note's place, as `matching.partners` tells it, but that several notes may be on one cell."""
    there = boxes_of(cells)
    if not notes or not len(there):
        return [None] * len(notes)
    boxes = np.array([[n.x, n.y, n.w, n.h] for n in notes], np.float64)
    far, row = cKDTree(there[:, :2]).query(boxes[:, :2])
    reach = np.minimum(boxes[:, 2:].min(axis=1), there[row, 2:].min(axis=1)) / 2
    return [int(r) if near else None for r, near in zip(row, far < reach, strict=True)]


def note_cell(user: Any, job: Job, kind: str, row: int | None, added: str, text: str) -> CellNote:
    """Write a comment on a cell, or mark it as one to teach with; raises Refusal, Missing."""
    require(user, job.slide.case, "annotate")
    text = text.strip()
    if kind not in CellNote.Kind.values:
        raise Refusal(
            gettext("There is no note called {kind}; there are: {values}.").format(
                kind=kind, values=all_of(CellNote.Kind.values)
            ),
            code="invalid",
        )
    if kind == COMMENT and not text:
        raise Refusal(gettext("Write a comment first."), code="invalid")
    if (row is None) == (not added):
        raise Refusal(gettext("Name one cell, by its row or by the id of an added cell."), code="invalid")
    with transaction.atomic():
        case = hold_job(job).slide.case
        x, y, w, h = _box(job, row, added)
        standing = CellNote.objects.filter(slide=job.slide_id, removed_at__isnull=True)
        if standing.count() >= MOST_ON_A_SLIDE:
            raise Refusal(
                gettext("A slide holds at most {most_on_a_slide:,} notes on cells.").format(
                    most_on_a_slide=MOST_ON_A_SLIDE
                ),
                code="too-many",
            )
        if kind == TEACH and (marked := _marked(user, job, row, added)):
            return marked
        note = CellNote.objects.create(
            slide=job.slide, job=job, kind=kind, row=row, added_id=added or None, x=x, y=y, w=w, h=h, text=text, by=user,
            at=timezone.now(),
        )  # fmt: skip
        record(
            user, "cell.commented" if kind == COMMENT else "cell.teach", "job", job.pk, accession=case.accession,
            note=str(note.pk), cell=row if row is not None else added, text=text,
        )  # fmt: skip
    return note


def _marked(user: Any, job: Job, row: int | None, added: str) -> CellNote | None:
    """The mark to teach with that the cell has already."""
    at = (row, added or None)
    return next((p.note for p in notes_of(user, job) if p.note.kind == TEACH and (p.row, p.added) == at), None)


def remove(user: Any, note: CellNote) -> CellNote:
    """Take a note away; `restore` brings it back. A comment is its writer's, a mark everybody's who may annotate."""
    with transaction.atomic():
        row = _locked_row(user, note)
        if row.removed_at is None:
            row.removed_by, row.removed_at = user, timezone.now()
            row.save(update_fields=["removed_by", "removed_at"])
            _record(user, row, "cell.note-removed")
    return row


def restore(user: Any, note: CellNote) -> CellNote:
    """Bring a note back that was taken away."""
    with transaction.atomic():
        row = _locked_row(user, note)
        if row.removed_at is not None:
            row.removed_by, row.removed_at = None, None
            row.save(update_fields=["removed_by", "removed_at"])
            _record(user, row, "cell.note-restored")
    return row


def note_for(user: Any, note_id: Any) -> CellNote:
    """The note, if the person may view its case; raises Missing."""
    row = CellNote.objects.select_related("slide__case", "by").filter(pk=note_id).first()
    if row is None or "view" not in rights_of(user, row.slide.case):
        raise Missing(gettext("There is no such note, or you may not see it."))
    return row


def _box(job: Job, row: int | None, added: str) -> tuple[float, float, float, float]:
    if row is not None:
        cells = cells_of(job)
        if not 0 <= row < len(cells):
            raise Missing(
                gettext("This job has {cells} cells; there is no cell {row}.").format(cells=len(cells), row=row)
            )
        return float(cells.x[row]), float(cells.y[row]), float(cells.w[row]), float(cells.h[row])
    cell = AddedCell.objects.filter(reading__job=job, pk=added).first()
    if cell is None:
        raise Missing(gettext("There is no such added cell."))
    return cell.x, cell.y, cell.w, cell.h


def _locked_row(user: Any, note: CellNote) -> CellNote:
    case = note.slide.case
    require(user, case, "annotate")
    hold_open(case)
    row = CellNote.objects.select_for_update().filter(pk=note.pk).first()
    if row is None:
        raise Missing(gettext("This note was removed with its slide."), code="note-gone")
    if row.kind == COMMENT and row.by_id != user.pk and not rights_of(user, case) & {"sign", "administer"}:
        raise Forbidden(gettext("Only the person who wrote a comment, or somebody who may sign, can remove it."))
    return row


def _record(user: Any, row: CellNote, action: str) -> None:
    cell = row.row if row.row is not None else str(row.added_id)
    record(
        user, action, "job", row.job_id, accession=row.slide.case.accession, note=str(row.pk), kind=row.kind, cell=cell,
        text=row.text,
    )  # fmt: skip
