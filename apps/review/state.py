"""The present state of a job's labels: a fold over its events, undone ones left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from apps.analysis.models import Job
from apps.review.models import AddedCell, LabelEvent

CONFIRMED, RELABELLED, REJECTED = "confirmed", "relabelled", "rejected"
_STATE = {"relabel": RELABELLED, "confirm": CONFIRMED, "reject": REJECTED, "add": RELABELLED}


@dataclass(frozen=True, slots=True)
class Label:
    """What the last person said of a cell; `label` is None where it was confirmed or rejected."""

    label: int | None
    state: str
    by: str
    by_id: int
    at: datetime
    revision: int


@dataclass
class Labels:
    """Labels by row and by added cell, and the revision at which each was last touched by whom."""

    revision: int = 0
    rows: dict[int, Label] = field(default_factory=dict)
    added: dict[str, Label] = field(default_factory=dict)
    touched: dict[int | str, tuple[int, int]] = field(default_factory=dict)

    def changed_since(self, revision: int, but_by: int, keys: Iterable[int | str]) -> list[int | str]:
        """Of these cells, those that somebody else touched after `revision`."""
        found = []
        for key in keys:
            last, by = self.touched.get(key, (0, but_by))
            if last > revision and by != but_by:
                found.append(key)
        return found


def labels_of(job: Job) -> Labels:
    """The labels at the job's present revision (cached by revision: events are never changed)."""
    return _fold(str(job.pk), job.label_revision)


def labels_at(job: Job, revision: int) -> Labels:
    """The labels as they were at an earlier revision."""
    return _fold(str(job.pk), revision)


def labels_before(job: Job) -> Labels:
    """The labels before the revision that this job row has just taken, inside the taking transaction."""
    return _fold(str(job.pk), job.label_revision - 1)


def events_of(job_id: Any, up_to: int | None = None) -> list[LabelEvent]:
    events = LabelEvent.objects.filter(job_id=job_id).select_related("by", "undone_by").order_by("revision")
    return list(events if up_to is None else events.filter(revision__lte=up_to))


@lru_cache(maxsize=64)
def _fold(job_id: str, revision: int) -> Labels:
    events = events_of(job_id, revision)
    undone = {e.undoes_id for e in events if e.undoes_id}
    labels = Labels(revision=revision)
    originals = {e.pk: e for e in events}
    for event in events:
        source = originals[event.undoes_id] if event.undoes_id else event
        for key in [*source.rows, *source.added]:
            labels.touched[key] = (event.revision, event.by_id)
        if event.undoes_id or event.pk in undone:
            continue
        for target, keys in ((labels.rows, event.rows), (labels.added, event.added)):
            for key in keys:
                if event.action == LabelEvent.Action.CLEAR:
                    target.pop(key, None)
                    continue
                label = event.label
                before = target.get(key)
                if event.action == LabelEvent.Action.CONFIRM and before is not None and before.label is not None:
                    label = before.label  # a confirmed relabel stays what it was called
                state = _STATE[event.action]
                if state == CONFIRMED and label is not None:
                    state = RELABELLED
                target[key] = Label(label, state, event.by.display_name, event.by_id, event.at, event.revision)
    return labels


def added_cells(job: Job, labels: Labels) -> list[tuple[AddedCell, Label]]:
    """Added cells that stand: an undone addition is gone, a rejected one stays with its state."""
    return [(c, labels.added[str(c.pk)]) for c in job.added_cells.select_related("by") if str(c.pk) in labels.added]
