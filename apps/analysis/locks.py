"""A job's row as it is now, its case locked: for a write about the job, or about what people say of its cells."""

from __future__ import annotations

from django.utils.translation import gettext

from apps.accounts.errors import Missing
from apps.analysis.models import Job
from apps.cases.locks import hold_open


def hold_job(job: Job) -> Job:
    """The job as it is now, its case locked and open until the caller's transaction ends; raises Conflict, and Missing where it
    was removed with its slide."""
    case = hold_open(job.slide.case)
    row = Job.objects.select_related("slide", "protocol").filter(pk=job.pk).first()
    if row is None:
        raise Missing(gettext("This analysis was removed with its slide."), code="job-gone")
    row.slide.case = case
    return row
