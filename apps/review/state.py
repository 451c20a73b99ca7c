"""The present state of a reading's labels: a fold over its events, undone ones left out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.analysis.models import Job
from apps.review.models import AddedCell, LabelEvent, Reading
from apps.review.remembered import Remembered

CONFIRMED, RELABELLED, REJECTED = "confirmed", "relabelled", "rejected"
_STATE = {"relabel": RELABELLED, "confirm": CONFIRMED, "reject": REJECTED, "add": RELABELLED}


@dataclass(frozen=True, slots=True)
class Label:
    """What the last person said of a cell."""

    key: str
    """The class they gave; "" where they confirmed or rejected it."""
    state: str
    """What they did, such as CONFIRMED."""
    by: str
    """Their name."""
    by_id: int
    """Their key."""
    at: datetime
    """When."""
    revision: int
    """Of the reading."""
    carried: bool = False
    """Whether it came over from an earlier analysis."""


@dataclass
class Labels:
    """What a reading says of a job's cells."""

    reading: uuid.UUID | None = None
    """Its id; None: there is none yet."""
    revision: int = 0
    """Of the reading."""
    rows: dict[int, Label] = field(default_factory=dict)
    """By row of the cell file."""
    added: dict[str, Label] = field(default_factory=dict)
    """By id of an added cell."""
    touched: dict[int | str, tuple[int, int]] = field(default_factory=dict)
    """By row or added cell, the revision at which it was last touched, and the key of who did."""

    def changed_since(self, revision: int, but_by: int, keys: Iterable[int | str]) -> list[int | str]:
        """Of these cells, those that somebody else touched after `revision`."""
        changed = []
        for key in keys:
            last, by = self.touched.get(key, (0, but_by))
            if last > revision and by != but_by:
                changed.append(key)
        return changed


_OWN = "own_reading"


def read_by(user: Any, job: Job) -> Job:
    """The job with the labels of the reading on which this person works: their own where they read it second.

    Of the other analyses of a case that they read blind they get no labels at all.
    """
    readings = list(job.readings.all())
    own = next((r for r in readings if is_second_of(user, r)), None)
    if own is None and readings and reads_blind(user, job.slide.case_id):
        own = _unread(user, job)
    return with_reading(job, own) if own else job


def _unread(user: Any, job: Job) -> Reading:
    """A reading without labels, which is never saved; the same each time, so that nobody takes it for news."""
    return Reading(pk=uuid.uuid5(job.pk, "unread"), job=job, role=Reading.Role.SECOND, reader=user, blind=True)


def blind_readings(user: Any) -> QuerySet[Reading]:
    """The blind second readings of this person that are open."""
    return Reading.objects.filter(role=Reading.Role.SECOND, state=Reading.State.OPEN, blind=True, reader_id=user.pk)


def reads_blind(user: Any, case_id: int) -> bool:
    """Whether this person reads an analysis of the case second, blind, at the moment: the labels of others, of any of its
    analyses, are then hidden from them."""
    return blind_readings(user).filter(job__slide__case_id=case_id).exists()


def with_reading(job: Job, reading: Reading) -> Job:
    """The job with the labels of this reading in place of the counted one."""
    setattr(job, _OWN, reading)
    return job


def is_second_of(user: Any, reading: Reading) -> bool:
    """Whether it is an open second reading of this person."""
    return reading.role == Reading.Role.SECOND and reading.state == Reading.State.OPEN and reading.reader_id == user.pk


def reading_of(job: Job) -> Reading | None:
    """The reading whose labels are counted: the consensus where there is one, else the first; None before anybody read.

    Of a job that `read_by` gave to its second reader it is their own.
    """
    if (own := getattr(job, _OWN, None)) is not None:
        return own  # type: ignore[no-any-return]
    order = {Reading.Role.CONSENSUS: 0, Reading.Role.FIRST: 1, Reading.Role.SECOND: 2}
    return min(job.readings.all(), key=lambda r: order[Reading.Role(r.role)], default=None)


def labels_of(job: Job, reading: Reading | None = None) -> Labels:
    """The labels of a reading, by default of the counted one, as they are now (cached: events are never changed)."""
    reading = reading or reading_of(job)
    return labels_at(reading, reading.revision) if reading else Labels()


def labels_at(reading: Reading, revision: int) -> Labels:
    """The labels as they were at a revision."""
    return _folded.or_make((reading.pk, revision), lambda: _fold(reading.pk, revision, events_of(reading.pk, revision)))


def labels_of_all(jobs: Iterable[Job]) -> dict[uuid.UUID, Labels]:
    """`labels_of` for each job by its key, with one query for all the events that are not remembered."""
    readings = {job.pk: reading_of(job) for job in jobs}
    by_job = {pk: _folded.get((r.pk, r.revision)) if r else Labels() for pk, r in readings.items()}
    missing = {r.pk: r for pk, r in readings.items() if r and by_job[pk] is None}
    events: dict[uuid.UUID, list[LabelEvent]] = {pk: [] for pk in missing}
    if missing:
        rows = LabelEvent.objects.filter(reading__in=missing).select_related("by", "undone_by").order_by("revision")
        for event in rows:
            if event.revision <= missing[event.reading_id].revision:
                events[event.reading_id].append(event)
    folded = {
        pk: _folded.put((pk, reading.revision), _fold(pk, reading.revision, events[pk])) for pk, reading in missing.items()
    }  # fmt: skip
    return {pk: labels or folded[_key(readings[pk])] for pk, labels in by_job.items()}


def _key(reading: Reading | None) -> Any:
    return reading.pk if reading else None


def label_revision(job: Job) -> int:
    """The revision of the counted reading; 0 before anybody read."""
    reading = reading_of(job)
    return reading.revision if reading else 0


def events_of(reading_id: Any, up_to: int | None = None) -> list[LabelEvent]:
    events = LabelEvent.objects.filter(reading_id=reading_id).select_related("by", "undone_by").order_by("revision")
    return list(events if up_to is None else events.filter(revision__lte=up_to))


_folded: Remembered[tuple[uuid.UUID, int], Labels] = Remembered(256)
"""Labels by reading and revision: events are never changed."""


def _fold(reading_id: uuid.UUID, revision: int, events: Sequence[LabelEvent]) -> Labels:
    undone = {e.undoes_id for e in events if e.undoes_id}
    labels = Labels(reading=reading_id, revision=revision)
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
                class_key = event.label_key
                before = target.get(key)
                if event.action == LabelEvent.Action.CONFIRM and before is not None and before.key:
                    class_key = before.key  # a confirmed relabel stays what it was called
                state = _STATE[event.action]
                if state == CONFIRMED and class_key:
                    state = RELABELLED
                by, carried = event.by, event.carried
                target[key] = Label(class_key, state, by.display_name, by.pk, event.at, event.revision, carried)
    return labels


def added_cells(job: Job, labels: Labels) -> Sequence[tuple[AddedCell, Label]]:
    """Added cells that stand: an undone addition is gone, a rejected one stays with its state."""
    if labels.reading is None:
        return []
    cells = AddedCell.objects.filter(reading_id=labels.reading).select_related("by")
    return [(c, labels.added[str(c.pk)]) for c in cells if str(c.pk) in labels.added]
