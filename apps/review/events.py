"""The label events of a reading: its rows locked, and the next event appended."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Conflict
from apps.analysis.locks import hold_job
from apps.analysis.models import Job
from apps.audit.services import record
from apps.review.models import LabelEvent, Reading
from apps.review.state import is_second_of, reads_blind


def append(
    user: Any,
    reading: Reading,
    job: Job,
    action: str,
    rows: list[int],
    added: list[str],
    label_key: str,
    undoes: LabelEvent | None = None,
    carried: bool = False,
    redoes: LabelEvent | None = None,
) -> LabelEvent:
    """Write the next event of a reading that is locked, with its audit line."""
    reading.revision += 1
    reading.labelled_by = user.display_name
    reading.save(update_fields=["revision", "labelled_by"])
    event = LabelEvent.objects.create(
        reading=reading,
        revision=reading.revision,
        action=action,
        rows=rows,
        added=added,
        label_key=label_key,
        undoes=undoes,
        redoes=redoes,
        carried=carried,
        by=user,
        at=timezone.now(),
    )
    record(
        user,
        f"label.{action}",
        "job",
        job.pk,
        accession=job.slide.case.accession,
        reading=reading.role,
        revision=event.revision,
        cells=len(rows) + len(added),
        first_rows=rows[:20],
        label=label_key,
        undoes=undoes.revision if undoes else None,
        carried=carried,
        **({"redoes": redoes.revision} if redoes else {}),
    )
    return event


def locked_reading(user: Any, job: Job) -> Reading:
    """The reading of a job on which a person works, locked until the transaction ends; the case is locked already.

    The consensus where there is one; their own where they read the job second; else the first, made where there is none.

    Raises Conflict where they read another analysis of the case blind: what they write here would be weighed against labels that
    they may not see.
    """
    readings = {r.role: r for r in Reading.objects.select_for_update(no_key=True).filter(job=job)}
    second = readings.get(Reading.Role.SECOND)
    if consensus := readings.get(Reading.Role.CONSENSUS):
        return consensus
    if second and is_second_of(user, second):
        return second
    if reads_blind(user, job.slide.case_id):
        raise Conflict(
            gettext(
                "You are reading this case blind: until you close your reading, label cells only in its own analysis."
            ),
            code="blind-reading",
        )
    if Reading.Role.FIRST not in readings:
        Reading.objects.get_or_create(job=job, role=Reading.Role.FIRST)
    return Reading.objects.select_for_update(no_key=True).get(job=job, role=Reading.Role.FIRST)


def locked_job(user: Any, job: Job) -> tuple[Job, Reading]:
    """The job and the person's reading as they are now; the case, then the readings are locked until the transaction ends.
    Raises Conflict, Missing."""
    locked = hold_job(job)
    if not locked.reviewable:
        raise Conflict(gettext("This job has no finished cell file yet."), code="job-unfinished")
    return locked, locked_reading(user, locked)
