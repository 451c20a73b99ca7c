"""Writes of the review: append-only events, with conflicts shown instead of lost."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.errors import Conflict, Missing, Refusal
from apps.analysis.models import Job
from apps.audit.services import record
from apps.cases.selectors import require
from apps.cases.services import hold_open
from apps.review.models import AddedCell, LabelEvent
from apps.review.selectors import last_event_of, row_json
from apps.review.state import Labels, labels_before
from hemaview.cells.schema import schema

MOST_CELLS = 20_000
ACTIONS = (
    LabelEvent.Action.RELABEL,
    LabelEvent.Action.CONFIRM,
    LabelEvent.Action.REJECT,
    LabelEvent.Action.CLEAR,
)


def label_cells(
    user: Any,
    job: Job,
    action: str,
    rows: list[int],
    added: list[str],
    label: int | None,
    base_revision: int,
    force: bool = False,
) -> LabelEvent:
    """Append one event on the given cells.

    Raises Conflict with the other person's labels where somebody else touched one of these cells after
    `base_revision` (nothing is written), unless `force` says that this person has seen them.
    """
    require(user, job.slide.case, "review")
    if action not in ACTIONS:
        raise Refusal(f"{action} is no action; there are: {', '.join(ACTIONS)}.", code="invalid")
    if not rows and not added:
        raise Refusal("Name at least one cell.", code="invalid")
    if len(rows) + len(added) > MOST_CELLS:
        raise Refusal(f"At most {MOST_CELLS:,} cells can be changed at once.", code="too-many")
    if action == LabelEvent.Action.RELABEL:
        _check_label(job, label)
    else:
        label = None
    with transaction.atomic():
        job = _locked(job, user)
        if any(not 0 <= row < job.cells for row in rows):
            raise Missing(f"This job has {job.cells} cells; one of the rows is not among them.")
        labels = labels_before(job)
        unknown = [key for key in added if key not in labels.added]
        if unknown:
            raise Missing("One of the added cells is not there any more.")
        if not force:
            _refuse_conflicts(labels, base_revision, user, [*rows, *added])
        return _append(user, job, action, sorted(set(rows)), sorted(set(added)), label)


def add_cell(user: Any, job: Job, x: float, y: float, w: float, h: float, label: int) -> LabelEvent:
    """Add a cell that the machine missed (centre and box in level-0 px)."""
    require(user, job.slide.case, "annotate")
    require(user, job.slide.case, "review")
    _check_label(job, label)
    slide = job.slide
    if not (0 <= x < slide.width and 0 <= y < slide.height and 2 <= w <= 4000 and 2 <= h <= 4000):
        raise Refusal("This cell does not lie on the slide, or its box is too small or too large.", code="invalid")
    with transaction.atomic():
        job = _locked(job, user)
        cell = AddedCell.objects.create(job=job, x=x, y=y, w=w, h=h, by=user, at=timezone.now())
        return _append(user, job, LabelEvent.Action.ADD, [], [str(cell.pk)], label)


def undo(user: Any, job: Job) -> LabelEvent:
    """Undo this person's newest event that stands, unless somebody else has touched its cells since."""
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job = _locked(job, user)
        event = last_event_of(job, user)
        if event is None:
            raise Conflict("There is nothing of yours to undo here.", code="nothing-to-undo")
        labels = labels_before(job)
        _refuse_conflicts(labels, event.revision, user, [*event.rows, *event.added])
        return _append(user, job, LabelEvent.Action.UNDO, [], [], None, undoes=event)


def _refuse_conflicts(labels: Labels, base_revision: int, user: Any, keys: list[int | str]) -> None:
    clashing = labels.changed_since(base_revision, user.pk, keys)
    if not clashing:
        return
    conflicts = []
    for key in clashing[:200]:
        if isinstance(key, int):
            conflicts.append(row_json(labels, key))
        else:
            label = labels.added.get(key)
            conflicts.append(
                {
                    "added": key,
                    "label": label.label if label else None,
                    "state": label.state if label else "",
                    "by": label.by if label else "",
                    "at": label.at if label else None,
                }
            )
    who = next((c["by"] for c in conflicts if c["by"]), "Another person")
    noun = "this cell" if len(clashing) == 1 else f"{len(clashing)} of these cells"
    raise Conflict(
        f"{who} has changed {noun} since you last saw it. Nothing of yours was written yet.",
        code="conflict",
        conflicts=conflicts,
        revision=labels.revision,
    )


def _append(
    user: Any,
    job: Job,
    action: str,
    rows: list[int],
    added: list[str],
    label: int | None,
    undoes: LabelEvent | None = None,
) -> LabelEvent:
    event = LabelEvent.objects.create(
        job=job,
        revision=job.label_revision,
        action=action,
        rows=rows,
        added=added,
        label=label,
        undoes=undoes,
        by=user,
        at=timezone.now(),
    )
    record(
        user,
        f"label.{action}",
        "job",
        job.pk,
        accession=job.slide.case.accession,
        revision=event.revision,
        cells=len(rows) + len(added),
        first_rows=rows[:20],
        label=label,
        undoes=undoes.revision if undoes else None,
    )
    return event


def _locked(job: Job, user: Any) -> Job:
    """The job with its next revision taken, its case and then its row locked until the transaction ends; raises Conflict."""
    case = hold_open(job.slide.case)
    taken = (
        Job.objects.filter(pk=job.pk)
        .exclude(cells_sha256="")
        .update(label_revision=F("label_revision") + 1, labelled_by=user.display_name)
    )
    if not taken:
        raise Conflict("This job has no finished cell file yet.", code="job-unfinished")
    locked = Job.objects.select_related("slide", "protocol").get(pk=job.pk)
    locked.slide.case = case
    return locked


def _check_label(job: Job, label: int | None) -> None:
    known = schema(job.protocol.schema)
    if label is None or not 0 <= label < len(known):
        raise Refusal(f"There is no class {label} in the schema {known.name}.", code="unknown-class")
